"""The setting allowed_addresses: what the server may connect to, by the
address that it is about to connect to."""
import contextlib
import socket
import subprocess
import threading

import pytest

from harness import compare, data, flow, process
from harness.api import problem
from harness.trip import LocalWorld
from test_addresses import elsewhere, endpoint, pool, source

ONE = "127.0.0.1"
OTHER = "127.0.0.2"


@pytest.fixture(scope="module")
def server(module_cofferds):
    """May connect to the second address of this machine alone."""
    return module_cofferds(env={
        "COFFER_ALLOWED_ADDRESSES": f"{OTHER}/32, 2001:db8::/32"})


class Ear:
    """Accepts, says nothing, counts."""

    def __init__(self, host):
        self.heard = 0
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                one = self.listener.accept()[0]
                self.heard += 1
                one.close()

    def close(self):
        # The thread is in accept(): a close alone leaves it there.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def ears():
    """One at each address: ears[host]."""
    both = {host: Ear(host) for host in (ONE, OTHER)}
    yield both
    for ear in both.values():
        ear.close()


def at_port(body, port):
    body["connection"]["port"] = port
    return body


@pytest.mark.parametrize("host", [
    ONE, "127.1", "0x7f000001", "localhost", "::ffff:127.0.0.1",
    "169.254.169.254"])
def test_refused(server, ears, host):
    """Nobody is even connected to."""
    port = ears[ONE].port
    for kind, body in (
            ("pool", pool(endpoint(host, port))),
            ("source", at_port(source("mysql", host), port)),
            ("source", at_port(source("redis", host), port))):
        reply = server.api.post(f"/v1/{kind}s", body)
        document = problem(reply, 422, f"{kind}_check_failed")
        assert "allowed_addresses" in str(document), document
        assert server.api.items(f"/v1/{kind}s") == []
    assert ears[ONE].heard == 0


@pytest.mark.parametrize("host", [OTHER, "127.2", "::ffff:127.0.0.2"])
def test_allowed(server, ears, host):
    """These are connected to, and fail for what they say then."""
    port, before = ears[OTHER].port, 0
    for kind, body in (
            ("pool", pool(endpoint(host, port))),
            ("source", at_port(source("mysql", host), port)),
            ("source", at_port(source("redis", host), port))):
        reply = server.api.post(f"/v1/{kind}s", body)
        document = problem(reply, 422, f"{kind}_check_failed")
        assert "allowed_addresses" not in str(document), document
        assert ears[OTHER].heard > before, kind
        before = ears[OTHER].heard


def test_redirects_lead_nowhere(module_cofferds, elsewhere):
    server = module_cofferds(env={"COFFER_ALLOWED_ADDRESSES": f"{ONE}/32"})
    first, second = elsewhere
    for to in (f"http://{ONE}:{second.server_port}/",
               f"http://{OTHER}:{second.server_port}/"):
        first.to = to
        reply = server.api.post("/v1/pools",
                                pool(f"http://{ONE}:{first.server_port}"))
        problem(reply, 422, "pool_check_failed")
    assert first.asked and not second.asked


def restarted(world, networks):
    world.cofferd.env["COFFER_ALLOWED_ADDRESSES"] = networks
    world.cofferd.restart()


def test_each_connection(cofferds, plain_mariadb, redis_server, tmp_path):
    """What was registered before the setting is held to it, too; what it
    allows is backed up and restored."""
    maria = plain_mariadb
    world = LocalWorld(cofferds(env={"COFFER_RETRY_SECONDS": "0"}),
                       maria).prepare(tmp_path / "pool")
    api = world.api
    api.want(201, "POST", "/v1/sources", {
        "name": "cache", "engine": "redis",
        "connection": flow.connection(redis_server)})
    name = data.small(maria, "for_addresses")
    try:
        before = compare.snapshot(maria, name)
        restarted(world, "2001:db8::/32")
        for one in ("db", "cache"):
            answer = world.api.post(f"/v1/sources/{one}/test")
            assert "allowed_addresses" in str(answer.json), repr(answer)
            reply = world.api.post("/v1/backups", world.backup_body(
                *([name] if one == "db" else []), source=one))
            said = reply.json
            if reply.status == 202:
                said = world.ended_backup(said)
                assert said["status"] == "failed"
            assert "allowed_addresses" in str(said), said
        restarted(world, f"{ONE},2001:db8::/32")
        backup = world.backup(name)
        maria.drop(name)
        world.restore(backup)
        compare.assert_equal(before, compare.snapshot(maria, name))
    finally:
        maria.drop(name)


def test_unix_sockets_always(cofferds, plain_mariadb, tmp_path):
    maria = plain_mariadb
    path = maria.value("SELECT @@socket")
    world = LocalWorld(cofferds(env={
        "COFFER_ALLOWED_ADDRESSES": "2001:db8::/32"}), maria)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "mysql", "connection": {
            "socket": path, "user": maria.user, "password": maria.password}})
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path)}})
    name = data.small(maria, "for_sockets")
    try:
        before = compare.snapshot(maria, name)
        backup = world.backup(name)
        maria.drop(name)
        world.restore(backup)
        compare.assert_equal(before, compare.snapshot(maria, name))
    finally:
        maria.drop(name)


@pytest.mark.parametrize("value", [
    "10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0.0/8,", "::1/127"])
def test_wrong_values_stop_the_start(binary, value):
    done = subprocess.run(
        [binary, "--check-config", "--allowed-addresses", value],
        capture_output=True, text=True, timeout=60, check=False,
        env=process.clean_environment())
    assert done.returncode == 2, done
    assert "allowed_addresses" in done.stderr and "CIDR" in done.stderr
