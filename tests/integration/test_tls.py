"""A source that is reached by TLS."""
import subprocess

import pytest

from harness import compare, data, flow
from harness.proxy import CHUNK
from harness.testbed import MariaDB
from harness.trip import LocalWorld


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """With a certificate that nobody has signed."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
         "/CN=localhost", "-days", "9", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    server = MariaDB("--no-binlog", "--set", f"ssl_key={key}",
                     "--set", f"ssl_cert={certificate}")
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture
def world(cofferd, server, tmp_path):
    world = LocalWorld(cofferd, server).prepare(tmp_path / "pool")
    world.api.want(200, "PATCH", "/v1/sources/db",
                   {"connection": {"tls": "required"}})
    return world


def test_half_a_record_does_not_stop_the_api(world, server, database, halts):
    """A record of TLS is longer than what passes the relay at a time: the
    rest of one is held back, and everything else goes on."""
    name = database(data.bulky, 4, server=server)
    before = compare.snapshot(server, name)
    with halts(world, down=1 << 20) as halt:
        assert CHUNK < 16384
        backup = world.start_backup(name)
        halt.reached()
        for _ in range(10):
            assert world.api.get("/healthz", timeout=30).status == 200
        assert world.record(backup["id"])["status"] == "backing_up"
    assert world.ended_backup(backup)["status"] == "completed"
    server.drop(name)
    with halts(world, up=1 << 20) as halt:
        restore = world.start_restore(backup)
        halt.reached()
        assert world.api.get("/healthz", timeout=30).status == 200
    assert world.ended_restore(restore)["status"] == "completed"
    compare.assert_equal(before, compare.snapshot(server, name))
