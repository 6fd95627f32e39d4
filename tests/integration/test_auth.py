"""Who may: one token, checked in one place, and the unix socket."""
import http.client
import os
import socket

import pytest

from harness.api import Api, problem
from test_tokens import make

OPEN = ("/healthz", "/readyz")
CLOSED = ("/v1/sources", "/v1/pools", "/v1/backups", "/v1/restores",
          "/v1/jobs", "/v1/system", "/metrics", "/openapi.json",
          "/v1/backups/x", "/v1/nothing-there")


@pytest.mark.parametrize("path", OPEN)
def test_probes_need_no_token(module_cofferd, path):
    assert Api(module_cofferd.port).get(path).status == 200


@pytest.mark.parametrize("path", CLOSED)
def test_everything_else_does(module_cofferd, path):
    reply = Api(module_cofferd.port).get(path)
    problem(reply, 401, reply.json["code"])
    assert "bearer" in reply.headers["www-authenticate"].lower()


@pytest.mark.parametrize("header", [
    "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "TOKEN",
    "Bearer TOKEN extra", "Bearer TOKENx", "Bearer x" + "y" * 4000])
def test_wrong_tokens_are_401(module_cofferd, header):
    header = header.replace("TOKEN", module_cofferd.token)
    reply = Api(module_cofferd.port).get(
        "/v1/system", headers={"Authorization": header})
    assert reply.status in (400, 401, 431), repr(reply)


def test_nearly_right_token_is_wrong(module_cofferd):
    token = module_cofferd.token
    for other in (token[:-1], token.swapcase(), token[1:] + token[0]):
        if other != token:
            assert Api(module_cofferd.port, other).get(
                "/v1/system").status == 401


def test_scheme_is_not_case_sensitive(module_cofferd):
    reply = Api(module_cofferd.port).get("/v1/system", headers={
        "Authorization": f"bearer {module_cofferd.token}"})
    assert reply.status == 200, repr(reply)


def test_body_is_not_read_without_a_token(module_cofferd):
    reply = Api(module_cofferd.port).post("/v1/sources", {"bad": "body"})
    assert reply.status == 401


def test_roles_that_are_too_low_are_403(module_cofferd):
    made = make(module_cofferd, "looker", "read")
    looker = module_cofferd.api.with_token(made["token"])
    assert looker.get("/v1/system").status == 200
    for method, path in (("POST", "/v1/backups"), ("POST", "/v1/restores"),
                         ("DELETE", "/v1/sources/x"), ("POST", "/v1/pools")):
        body = {} if method == "POST" else None
        problem(looker.call(method, path, body), 403, "forbidden")


def own_address():
    """One that is not loopback, where there is one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        return probe.getsockname()[0]


def ask_from(address, server, token):
    connection = http.client.HTTPConnection(address, server.port, timeout=30)
    try:
        connection.request("GET", "/v1/system", headers={
            "Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()
    finally:
        connection.close()


def test_wrong_tokens_are_counted(cofferds):
    """20 a minute from one address; then not even the right one is looked
    at, and loopback goes on."""
    address = own_address()
    if address is None or address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    server = cofferds(start=False)
    server.args += ["--listen", f"0.0.0.0:{server.port}",
                    "--allow-plain-http", "on"]
    server.start()
    for _ in range(20):
        assert ask_from(address, server, "wrong")[0] == 401
    status, headers, body = ask_from(address, server, server.token)
    assert status == 429, body
    assert 1 <= int(headers["Retry-After"]) <= 61
    assert server.api.get("/v1/system").status == 200


def test_token_is_one_line_and_survives(cofferds):
    server = cofferds()
    text = (server.data / "admin-token").read_text()
    assert text.count("\n") == 1 and text.endswith("\n")
    assert len(text.strip()) >= 32 and " " not in text.strip()
    server.restart()
    assert (server.data / "admin-token").read_text() == text


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def by_socket(path, target):
    connection = UnixConnection(path)
    try:
        connection.request("GET", target)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def test_owner_is_admin_on_the_socket(module_cofferd):
    path = module_cofferd.data / "cofferd.sock"
    assert path.is_socket()
    status, body = by_socket(str(path), "/v1/system")
    assert status == 200, body


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_stranger_is_nobody_on_the_socket(cofferds):
    server = cofferds()
    path = server.data / "cofferd.sock"
    # Even where the folder lets everybody in.
    os.chmod(server.base, 0o755)
    os.chmod(server.data, 0o755)
    os.chmod(path, 0o777)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            status, _ = by_socket(str(path), "/v1/system")
        except OSError:
            status = 401
        os._exit(0 if status in (401, 403) else 1)
    assert os.waitpid(child, 0)[1] == 0
    os.chmod(server.data, 0o700)
