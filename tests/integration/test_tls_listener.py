"""The API by TLS: who gets in by what, and what is said to all others."""
import concurrent.futures
import http.client
import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings

import pytest

from harness import process
from harness.certificates import Authority
from harness.ctl import Ctl, UNREACHABLE
from harness.rawhttp import Raw, exchange

# The longest that the server may take to give up on a slow client.
DEADLINE_SECONDS = 90


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority):
    return authority.sign("server")


def started(make, authority, pair, *more, client=None):
    server = make(["--tls-cert", pair[0], "--tls-key", pair[1], *more],
                  start=False)
    server.tls = authority.client(client)
    return server.start()


@pytest.fixture(scope="module")
def server(module_cofferds, authority, pair):
    return started(module_cofferds, authority, pair)


def shake(server, context, name="localhost"):
    """One request on a connection of its own; the connection's facts."""
    with socket.create_connection(("127.0.0.1", server.port), 30) as plain:
        with context.wrap_socket(plain, server_hostname=name) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                      b"Connection: close\r\n\r\n")
            answer = b""
            while piece := s.recv(65536):
                answer += piece
            assert answer.startswith(b"HTTP/1.1 200 "), answer[:300]
            return s.version(), s.cipher()[0]


def lax(authority):
    """A client that would take anything."""
    context = authority.client()
    context.check_hostname = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_versions_of_today(server, authority, version):
    context = authority.client()
    context.minimum_version = ssl.TLSVersion[version]
    context.maximum_version = ssl.TLSVersion[version]
    said, cipher = shake(server, context)
    assert said == version.replace("_", ".")
    assert "GCM" in cipher or "CHACHA20" in cipher


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_versions_of_yesterday(server, authority, version):
    context = lax(authority)
    context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(ssl.SSLError):
        shake(server, context)
    assert server.api.get("/healthz").status == 200


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256",
                                    "ECDHE-ECDSA-AES128-SHA256",
                                    "ECDHE-ECDSA-AES256-SHA", "NULL"])
def test_weak_ciphers(server, authority, cipher):
    context = lax(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        shake(server, context)


def test_a_name_that_is_not_ours(server, authority):
    """Whether the name is right is for the client to judge."""
    context = authority.client()
    context.check_hostname = False
    shake(server, context, name="elsewhere.example")


def test_strict_transport_and_a_secure_cookie(server, cofferd):
    reply = server.api.get("/healthz")
    assert reply.headers["strict-transport-security"].startswith("max-age=")
    reply = server.api.post("/v1/sessions", {"token": server.token})
    assert "; Secure" in reply.headers["set-cookie"]
    reply = cofferd.api.post("/v1/sessions", {"token": cofferd.token})
    assert "Secure" not in reply.headers["set-cookie"]
    assert "strict-transport-security" not in reply.headers


def test_refusals_come_by_tls(server, authority):
    with socket.create_connection(("127.0.0.1", server.port), 30) as plain:
        with authority.client().wrap_socket(
                plain, server_hostname="localhost") as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            answer = b""
            while piece := s.recv(65536):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:300]
    assert b'"malformed"' in answer


def test_plain_http_is_told_so(server):
    for method in (b"GET", b"POST", b"HEAD"):
        status, answer = exchange(
            server.port, method + b" /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status == 400 and b'"tls_required"' in answer, answer
        head, body = answer.split(b"\r\n\r\n", 1)
        assert f"Content-Length: {len(body)}".encode() in head
        assert json.loads(body)["code"] == "tls_required"


@pytest.mark.parametrize("bytes_", [
    b"\0" * 4096, b"\xff" * 70000, b"\x16\x03\x01\xff\xff" + b"a" * 66000,
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00" + b"\x80" * 99,
    b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_garbage_ends(server, bytes_):
    with Raw(server.port) as raw:
        try:
            raw.send(bytes_)
        except ConnectionError:
            pass
        raw.socket.shutdown(socket.SHUT_WR)
        raw.read_all()
    assert server.api.get("/healthz").status == 200


def test_a_handshake_that_does_not_end(server):
    """Silent, or a byte at a time: no more time than any request has."""
    begun = time.monotonic()
    with Raw(server.port) as silent, Raw(server.port) as drip:
        silent.socket.settimeout(DEADLINE_SECONDS)
        drip.socket.settimeout(1)
        drip.send(b"\x16\x03\x01\x02\x00")
        while True:
            assert time.monotonic() - begun < DEADLINE_SECONDS
            try:
                drip.send(b"\x01")
                if drip.socket.recv(1) == b"":
                    break
            except socket.timeout:
                continue
            except ConnectionError:
                break
        silent.read_all(DEADLINE_SECONDS)
    assert server.api.get("/healthz").status == 200


def test_a_large_answer_and_one_that_is_not_read(server, authority):
    """openapi.json, whole, also by a client that reads nothing for long."""
    body = server.api.get("/openapi.json").body
    ask = ("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n"
           f"Authorization: Bearer {server.token}\r\n\r\n").encode()
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(60)
        plain.connect(("127.0.0.1", server.port))
        with authority.client().wrap_socket(
                plain, server_hostname="localhost") as s:
            for _ in range(4):
                s.sendall(ask)
            for _ in range(5):
                assert server.api.get("/healthz").status == 200
            answer = b""
            while answer.count(b"HTTP/1.1 200") < 4 or \
                    len(answer) < 4 * len(body):
                piece = s.recv(65536)
                assert piece, len(answer)
                answer += piece
    assert answer.count(body) == 4


def test_a_large_body(server):
    names = ["x" * 60 + str(i) for i in range(15000)]
    reply = server.api.post("/v1/backups/batch-delete", {"ids": names})
    assert reply.status in (400, 422)
    reply = server.api.post("/v1/backups/batch-delete",
                            {"ids": ["x" * (1 << 20)]})
    assert reply.status == 413


def test_events_come_live(server):
    connection = server.api.connection(60)
    connection.request("GET", "/v1/events", headers={
        "Authorization": f"Bearer {server.token}",
        "Accept": "text/event-stream"})
    answer = connection.getresponse()
    assert answer.status == 200
    server.api.want(201, "POST", "/v1/tokens",
                    {"name": "told-live", "role": "read"})
    while b"told-live" not in (line := answer.readline()):
        assert line
    connection.close()


def test_keeps_a_connection(server):
    connection = server.api.connection()
    for _ in range(50):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
    connection.close()


def test_the_socket_stays_plain(server, binary):
    assert "tls" not in Ctl(binary, server)("status").err


def test_cofferctl_checks_the_certificate(server, binary, authority, tmp_path):
    ctl = Ctl(binary)
    token = tmp_path / "token"
    token.write_text(server.token)
    token.chmod(0o600)
    way = ["--server", f"https://127.0.0.1:{server.port}",
           "--token-file", token]
    ctl(*way, "--ca-file", authority.certificate, "sources", "list")
    ctl(*way, "sources", "list", status=UNREACHABLE)


# ---- certificates of clients

def refused_without(server, context):
    with pytest.raises((OSError, http.client.HTTPException)):
        shake(server, context)


def test_clients_need_a_certificate(cofferds, authority, pair, tmp_path):
    strangers = Authority(tmp_path, "strangers")
    client = authority.sign("client")
    server = started(cofferds, authority, pair, "--tls-client-ca",
                     authority.certificate, client=client)
    shake(server, authority.client(client))
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for own in (None, strangers.sign("client")):
            context = authority.client(own)
            context.maximum_version = context.minimum_version = version
            refused_without(server, context)
    # It opens the door, and is no token.
    assert server.api.with_token(None).get("/v1/system").status == 401


# ---- reloading

def reloaded(server, text):
    before = server.log().count(text)
    server.signal(signal.SIGHUP)
    process.until(lambda: server.log().count(text) > before, 30, text)


def serial(server):
    pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    return ssl.PEM_cert_to_DER_cert(pem)


def ask_until(server, stop):
    """Requests, one after the other, old and new connections in turn; how
    many there were. Any error ends it."""
    n, connection = 0, server.api.connection()
    while not stop.is_set():
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
        n += 1
        if n % 3 == 0:
            connection.close()
    connection.close()
    return n


def test_reload_under_load(cofferds, authority, tmp_path):
    files = tmp_path / "a.pem", tmp_path / "a.key"
    for name in ("first", "second"):
        authority.sign(name)

    def put(name):
        for kind, path in zip(("pem", "key"), files):
            shutil.copy(authority.folder / f"{name}.{kind}", path)
    put("first")
    server = started(cofferds, authority, files)
    stop, first = threading.Event(), serial(server)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_until, server, stop) for _ in range(4)]
        try:
            for i in range(10):
                put(("second", "first")[i % 2])
                reloaded(server, "certificate and key read again")
                assert (serial(server) != first) == (i % 2 == 0)
        finally:
            stop.set()
        assert all(f.result(60) > 0 for f in asking)


def test_a_bad_reload_changes_nothing(cofferds, authority, tmp_path):
    cert, key = tmp_path / "b.pem", tmp_path / "b.key"
    for path, name in zip((cert, key), authority.sign("whole")):
        shutil.copy(name, path)
    other = authority.sign("another")
    server = started(cofferds, authority, (cert, key))
    was, whole = serial(server), (cert.read_bytes(), key.read_bytes())
    for change in (lambda: cert.write_text("no certificate"),
                   lambda: key.write_text("no key"),
                   lambda: shutil.copy(other[1], key),
                   lambda: key.chmod(0o644),
                   cert.unlink, key.unlink):
        change()
        reloaded(server, "certificate and key stay as they are")
        assert serial(server) == was
        assert server.api.get("/healthz").status == 200
        cert.write_bytes(whole[0])
        key.write_bytes(whole[1])
        key.chmod(0o600)
    reloaded(server, "certificate and key read again")


# ---- what does not start

def test_not_beyond_this_machine_without_tls(cofferds):
    for address in ("0.0.0.0:0", "[::]:0", "*:0"):
        said = cofferds(
            ["--listen", address], start=False).refuses()
        assert "tls_cert" in said and "allow_plain_http" in said


def test_beyond_this_machine(cofferds, authority, pair):
    server = cofferds(["--allow-plain-http", "on"], start=False)
    server.args += ["--listen", f"0.0.0.0:{server.port}"]
    server.start().stop()
    server = cofferds(["--tls-cert", pair[0], "--tls-key", pair[1]],
                      start=False)
    server.tls = authority.client()
    server.args += ["--listen", f"0.0.0.0:{server.port}"]
    server.start()


def test_files_that_are_wrong(cofferds, authority, pair, tmp_path):
    cert, key = pair
    opened = tmp_path / "open.key"
    shutil.copy(key, opened)
    opened.chmod(0o644)
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "pkey", "-aes256", "-passout", "pass:xyz",
                    "-in", key, "-out", locked], check=True,
                   capture_output=True)
    locked.chmod(0o600)
    other = authority.sign("other")
    for args, said in (
            (["--tls-cert", cert], "go together"),
            (["--tls-key", key], "go together"),
            (["--tls-client-ca", cert], "wants tls_cert"),
            (["--tls-cert", key, "--tls-key", key], "no certificate"),
            (["--tls-cert", cert, "--tls-key", cert], "chmod 600"),
            (["--tls-cert", cert, "--tls-key", opened], "chmod 600"),
            (["--tls-cert", cert, "--tls-key", locked], "password"),
            (["--tls-cert", cert, "--tls-key", other[1]], "not the key"),
            (["--tls-cert", cert, "--tls-key", key, "--tls-client-ca",
              tmp_path / "none"], "tls_client_ca")):
        assert said in cofferds(args, start=False).refuses(), args


# ---- as others see it

# Of what testssl finds above LOW: these are about the tests' own authority,
# about the console's pages, which are compressed and hold no secret, and about
# the openssl that it looks with, where that has no GOST.
NOT_OURS = {"cert_revocation", "BREACH", "engine_problem"}


def test_testssl(cofferds, authority, tmp_path):
    """COFFER_TEST_TESTSSL=long: its whole program, which takes minutes."""
    if not shutil.which("testssl"):
        pytest.skip("testssl is not installed: contrib/install-deps")
    server = started(cofferds, authority, authority.sign("looked-at", 300))
    # Protocols, ciphers, forward secrecy, the certificate, and what was wrong
    # with others.
    parts = ["-p", "-s", "-f", "-S", "-H", "-I", "-T", "-BB", "-R", "-C",
             "-Z"]
    if process.setting("TESTSSL", "short") == "long":
        parts = []
    found = tmp_path / "found.json"
    subprocess.run(
        ["testssl", "--quiet", "--warnings", "off", "--color", "0", "--nodns",
         "none", "--add-ca", authority.certificate, "--jsonfile", found,
         *parts, f"127.0.0.1:{server.port}"], check=False,
        stdin=subprocess.DEVNULL, capture_output=True,
        timeout=900, env=process.clean_environment())
    findings = json.loads(found.read_text())
    assert any(f["id"] == "TLS1_3" for f in findings), findings
    assert [f for f in findings if f["id"] not in NOT_OURS and
            f["severity"] not in ("OK", "INFO", "LOW", "DEBUG")] == []
