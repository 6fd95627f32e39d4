"""Addresses that sources and pools may not have: the server would ask there
with its own place in the network (SSRF)."""
import http.server
import threading

import pytest

from harness.api import problem

HOSTS = ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255",
         "100.100.100.200", "::", "fe80::1", "ff02::1", "fd00:ec2::254",
         "::ffff:169.254.169.254", "0xa9fea9fe", "2852039166"]


@pytest.fixture(scope="module")
def server(module_cofferd):
    return module_cofferd


def endpoint(host, port=80):
    return f"http://[{host}]:{port}" if ":" in host else \
        f"http://{host}:{port}"


def pool(url):
    return {"name": "there", "storage_type": "object_storage",
            "object_storage": {"endpoint": url, "region": "r",
                               "bucket": "bucket", "access_key": "a",
                               "secret_key": "secret-of-a-pool",
                               "path_style": True}}


def source(engine, host):
    return {"name": "there", "engine": engine,
            "connection": {"host": host, "port": 6379, "user": "u",
                           "password": "secret-of-a-source",
                           "tls": "disabled"}}


@pytest.mark.parametrize("host", HOSTS)
def test_pools(server, host):
    reply = server.api.post("/v1/pools", pool(endpoint(host)))
    document = problem(reply, 422, "pool_check_failed")
    assert "link-local" in str(document), document
    assert server.api.items("/v1/pools") == []


@pytest.mark.parametrize("engine", ["mysql", "redis"])
@pytest.mark.parametrize("host", HOSTS)
def test_sources(server, engine, host):
    reply = server.api.post("/v1/sources", source(engine, host))
    document = problem(reply, 422, "source_check_failed")
    assert "link-local" in str(document), document
    assert server.api.items("/v1/sources") == []


class Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(307)
        self.send_header("Location", self.server.to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_HEAD = do_DELETE = do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def elsewhere():
    """Two servers; the first sends everybody to the second."""
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
               for _ in range(2)]
    for one in servers:
        one.asked = []
        one.to = f"http://localhost:{servers[1].server_port}/"
        threading.Thread(target=one.serve_forever, daemon=True).start()
    yield servers
    for one in servers:
        one.shutdown()
        one.server_close()


def test_redirects_are_not_followed(server, elsewhere):
    first, second = elsewhere
    reply = server.api.post(
        "/v1/pools", pool(f"http://127.0.0.1:{first.server_port}"))
    problem(reply, 422, "pool_check_failed")
    assert first.asked and not second.asked
