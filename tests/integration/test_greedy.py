"""Clients that hold connections: what they get, and what a good one gets
meanwhile."""
import resource
import socket
import statistics
import time

import pytest

from harness import process
from harness.rawhttp import Raw
from test_auth import own_address

# COFFER_TEST_GREEDY_SECONDS=60: as long as was promised.
SECONDS = process.setting("GREEDY_SECONDS", 6)
SLOW, IDLE, PER_ADDRESS = 1000, 3000, 16
# A good client's answer; 200 ms on a machine that does nothing else.
ANSWER_SECONDS = float(process.setting("GREEDY_ANSWER", 10.0))


@pytest.fixture
def descriptors():
    """As many as all these clients need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SLOW + IDLE + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"only {hard} files may be open at once (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(port, host="127.0.0.1"):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex((host, port))
    return s


def test_one_address_gets_its_share(cofferds):
    address = own_address()
    if address is None or address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    server = cofferds(start=False)
    server.args += ["--listen", f"0.0.0.0:{server.port}",
                    "--allow-plain-http", "on"]
    server.start()
    held = [socket.create_connection((address, server.port), 30)
            for _ in range(PER_ADDRESS)]
    with Raw(server.port) as local:
        local.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert local.read_reply()[0] == 200
    with socket.create_connection((address, server.port), 30) as more:
        more.settimeout(30)
        answer = more.recv(4096)
    assert answer.startswith(b"HTTP/1.1 503 "), answer
    assert b"too_many_connections" in answer
    for s in held:
        s.close()

    def is_let_in():
        with socket.create_connection((address, server.port), 30) as s:
            s.settimeout(30)
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return s.recv(4096).startswith(b"HTTP/1.1 200 ")
    process.until(is_let_in, 30, "the address may connect again")


def drip(clients):
    """A byte from each of those that are still there."""
    for s in list(clients):
        try:
            s.send(b"a")
        except BlockingIOError:
            pass
        except OSError:
            clients.remove(s)
            s.close()


def test_slow_and_idle_ones_do_not_stop_a_good_one(cofferd, descriptors):
    """Whoever was there first is served; those beyond the limit are told so
    or wait in the system's queue."""
    good = Raw(cofferd.port)
    ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    good.send(ask)
    assert good.read_reply()[0] == 200
    slow = [connect(cofferd.port) for _ in range(SLOW)]
    idle = [connect(cofferd.port) for _ in range(IDLE)]
    until, took, next_drip = time.monotonic() + SECONDS, [], 0
    try:
        while (begun := time.monotonic()) < until:
            if begun >= next_drip:
                drip(slow)
                next_drip, begun = begun + 1, time.monotonic()
            good.send(ask)
            assert good.read_reply(60)[0] == 200
            took.append(time.monotonic() - begun)
        assert max(took) < ANSWER_SECONDS, max(took)
        assert statistics.median(took) < 1
    finally:
        good.close()
        for s in slow + idle:
            s.close()
    process.until(lambda: cofferd.api.get("/healthz").status == 200, 60,
                  "it takes connections again")
