"""What the guard before the HTTP parser must stop, byte by byte."""
import concurrent.futures
import json
import socket
import time

import pytest

from harness import process
from harness.api import PROBLEM
from harness.rawhttp import Raw, exchange

# The longest that the server may take to give up on a slow client.
DEADLINE_SECONDS = 90


@pytest.fixture(scope="module")
def server(module_cofferd):
    return module_cofferd


def head(server, *lines, method="GET", path="/v1/system", host=True):
    """A request up to the empty line, with the token."""
    wanted = [f"{method} {path} HTTP/1.1"]
    if host:
        wanted.append(f"Host: 127.0.0.1:{server.port}")
    wanted.append(f"Authorization: Bearer {server.token}")
    return ("\r\n".join([*wanted, *lines]) + "\r\n\r\n").encode("latin-1")


def alive(server):
    return server.api.get("/v1/system").status == 200


def refused(server, data, statuses=(400,)):
    """An answer that refuses, then the end of the connection."""
    status, answer = exchange(server.port, data)
    assert status in statuses, answer[:500]
    # One answer: nothing was taken for a second request.
    assert answer.count(b"HTTP/1.1 ") == 1, answer[:500]
    assert alive(server)
    return answer


def body_of(answer):
    headers, body = answer.split(b"\r\n\r\n", 1)
    return headers.lower(), body


def test_two_content_lengths(server):
    answer = refused(server, head(
        server, "Content-Type: application/json", "Content-Length: 2",
        "Content-Length: 30", method="POST", path="/v1/sources")
        + b"{}GET /v1/pools HTTP/1.1\r\n\r\n")
    headers, body = body_of(answer)
    assert PROBLEM.encode() in headers
    assert json.loads(body)["status"] == 400


def test_two_equal_content_lengths(server):
    """Allowed to be merged (RFC 9110), allowed to be refused; never two
    requests."""
    refused(server, head(server, "Content-Length: 0", "Content-Length: 0",
                         "Connection: close"), (200, 400))


@pytest.mark.parametrize("length", ["-1", "+2", "0x2", "2 2", "2, 3", "",
                                    "99999999999999999999", "2e1"])
def test_content_lengths_that_are_none(server, length):
    refused(server, head(server, "Content-Type: application/json",
                         f"Content-Length: {length}", method="POST",
                         path="/v1/sources") + b"{}", (400, 411, 413))


def test_length_and_chunks(server):
    refused(server, head(
        server, "Content-Type: application/json", "Content-Length: 4",
        "Transfer-Encoding: chunked", method="POST", path="/v1/sources")
        + b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n")


def test_space_before_the_colon(server):
    refused(server, head(
        server, "Content-Type: application/json",
        "Transfer-Encoding : chunked", "Content-Length: 2", method="POST",
        path="/v1/sources") + b"{}")


@pytest.mark.parametrize("value", ["gzip", "chunked, gzip", "identity",
                                   "xchunked"])
def test_other_transfer_encodings(server, value):
    refused(server, head(
        server, "Content-Type: application/json",
        f"Transfer-Encoding: {value}", method="POST", path="/v1/sources")
        + b"0\r\n\r\n", (400, 501))


def test_folded_header(server):
    refused(server, head(server, "X-Folded: a", " b: c", "Connection: close"),
            (400, 200))


def test_no_host(server):
    refused(server, head(server, host=False))


def test_two_hosts(server):
    refused(server, head(server, "Host: other.example"))


def test_hosts(cofferds):
    """A page of elsewhere whose name points here (DNS rebinding)."""
    server = cofferds(["--allowed-hosts", "a.example, b.example:443"])

    def status(host, path):
        return server.api.get(path, headers={"Host": host}).status
    for path in ("/", "/healthz", "/v1/system", "/none"):
        own = server.api.get(path).status
        assert own in (200, 404)
        for host in ("localhost", "127.0.0.1:1", "[::1]", "A.example:8443",
                     "b.example"):
            assert status(host, path) == own, (host, path)
        for host in ("evil.example", "example", "c.a.example:7420"):
            assert status(host, path) == 421, (host, path)
    reply = server.api.get("/v1/system", headers={"Host": "evil.example"})
    assert reply.json["code"] == "host_not_allowed"
    assert "allowed_hosts" in reply.json["detail"]


def test_http_10_needs_no_host(server):
    status, _ = exchange(server.port, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert status in (200, 400, 505)
    assert alive(server)


@pytest.mark.parametrize("target", [
    "http://elsewhere.example/v1/system", "*", "v1/system",
    "/v1/system\x01", "/v1/%zz", "/v1/%00", "/" + "a" * 20000])
def test_odd_targets(server, target):
    status, answer = exchange(server.port, head(
        server, "Connection: close", path=target))
    assert status in (400, 404, 414, 431) or (
        status is None and answer == b""), answer[:300]
    assert alive(server)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW", "get"])
def test_odd_methods(server, method):
    status, answer = exchange(server.port, head(
        server, "Connection: close", method=method))
    assert status in (400, 405, 501) or status is None, answer[:300]
    assert alive(server)


@pytest.mark.parametrize("data", [
    b"\r\n\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    b"GET /\r\n\r\n", b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n",
    b"A" * 100000])
def test_garbage(server, data):
    with Raw(server.port) as raw:
        try:
            raw.send(data)
            raw.socket.shutdown(socket.SHUT_WR)
            raw.read_all(DEADLINE_SECONDS)
        except ConnectionError:
            pass
    assert alive(server)


@pytest.mark.parametrize("path", ["/healthz", "/v1/system", "/v1/sources",
                                  "/v1/nowhere"])
def test_head_has_no_body(server, path):
    """Were there one, the next answer would begin in the middle of it."""
    with Raw(server.port) as raw:
        raw.send(head(server, method="HEAD", path=path))
        status, _, _ = raw.read_reply(has_body=False)
        assert status in (200, 404, 405)
        raw.send(head(server, "Connection: close"))
        rest = raw.read_all()
    # A 405 may close instead of answering the second one.
    assert rest == b"" or rest.startswith(b"HTTP/1.1 200 "), rest[:200]


def test_many_headers(server):
    lines = [f"X-{n}: {'y' * 50}" for n in range(5000)]
    status, answer = exchange(server.port, head(server, *lines))
    assert status in (400, 413, 431) or answer == b"", answer[:300]
    assert alive(server)


def test_one_long_header(server):
    status, answer = exchange(server.port, head(server,
                                                "X-Long: " + "y" * 2000000))
    assert status in (400, 413, 431) or answer == b"", answer[:300]
    assert alive(server)


def test_large_body(server):
    """Announced or not: it is not collected."""
    answer = refused(server, head(
        server, "Content-Type: application/json",
        "Content-Length: 100000000000", method="POST", path="/v1/sources"),
        (413,))
    assert b"413" in answer
    chunks = b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n"
                      for _ in range(200))
    status, answer = exchange(server.port, head(
        server, "Content-Type: application/json",
        "Transfer-Encoding: chunked", method="POST", path="/v1/sources")
        + chunks)
    assert status in (400, 413) or answer == b"", answer[:300]
    assert alive(server)


def test_chunked_body_is_read(server):
    body = json.dumps({"nmae": 1}).encode()
    with Raw(server.port) as raw:
        raw.send(head(server, "Content-Type: application/json",
                      "Transfer-Encoding: chunked", method="POST",
                      path="/v1/sources")
                 + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
        status, _, answer = raw.read_reply()
    assert status in (400, 422) and b"unknown_field" in answer


def test_keep_alive_and_pipelining(server):
    with Raw(server.port) as raw:
        raw.send(head(server) * 3)
        assert [raw.read_reply()[0] for _ in range(3)] == [200, 200, 200]
        raw.send(head(server, "Connection: close"))
        assert raw.read_reply()[0] == 200
        assert raw.is_closed(30)


def drip(server, first, piece):
    """Seconds until the server has had enough of a byte now and then."""
    begin = time.monotonic()
    with Raw(server.port, DEADLINE_SECONDS) as raw:
        try:
            raw.send(first)
            while time.monotonic() - begin < DEADLINE_SECONDS:
                if raw.is_closed(0.5):
                    return time.monotonic() - begin
                raw.send(piece)
        except ConnectionError:
            return time.monotonic() - begin
    return None


def test_slow_clients_are_ended(server):
    """Each byte is new life for an idle timeout; the deadline is absolute.
    All at once, since they take a while."""
    request = head(server, "Content-Type: application/json",
                   "Content-Length: 5000", method="POST", path="/v1/sources")
    cases = {"request line": (b"G", b"E"),
             "headers": (request[:40], b"x"),
             "body": (request, b" "),
             "silence": (b"", b"")}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ends = {name: pool.submit(drip, server, *case)
                for name, case in cases.items()}
        ended = {name: end.result() for name, end in ends.items()}
    assert None not in ended.values(), ended
    assert alive(server)


def test_many_slow_clients_do_not_stop_the_others(server):
    slow = []
    try:
        for _ in range(300):
            try:
                slow.append(Raw(server.port, 5).send(b"GET /v1/sy"))
            except OSError:
                break
        begin = time.monotonic()
        # Over a limit a newcomer waits, but not for ever.
        process.until(lambda: _answers(server), DEADLINE_SECONDS,
                      "others are served")
        assert time.monotonic() - begin < DEADLINE_SECONDS
    finally:
        for raw in slow:
            raw.close()
    process.until(lambda: _answers(server), 30, "all is well again")


def _answers(server):
    try:
        return server.api.get("/v1/system", timeout=5).status == 200
    except OSError:
        return False


def test_client_that_does_not_read(server):
    """Answers that nobody takes do not grow without bound."""
    with Raw(server.port) as raw:
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.socket.settimeout(2)
        try:
            for _ in range(3000):
                raw.send(head(server, path="/openapi.json"))
        except (socket.timeout, ConnectionError):
            pass
        before = server.peak_bytes()
        assert alive(server)
        assert before < 2 << 30


def test_reset_in_the_middle(server):
    for data in (b"GET /v1", head(server), head(
            server, "Content-Length: 100", method="POST") + b"{"):
        raw = Raw(server.port).send(data)
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              b"\1\0\0\0\0\0\0\0")
        raw.close()
    assert alive(server)


def test_client_that_leaves_a_waiting_request(server):
    """?wait= is answered to nobody."""
    with Raw(server.port) as raw:
        raw.send(head(server, path="/v1/jobs/"
                      "job_01ARZ3NDEKTSV4RRFFQ69G5FAV?wait=30"))
    assert alive(server)


def test_every_answer_has_a_request_id_and_is_not_sniffed(server):
    for path in ("/healthz", "/v1/system", "/v1/nowhere"):
        reply = server.api.get(path)
        assert reply.headers.get("x-request-id"), reply.headers
        assert reply.headers.get("x-content-type-options") == "nosniff"
    failed = server.api.get("/v1/nowhere")
    assert failed.json["request_id"] == failed.headers["x-request-id"]
