"""Idempotency-Key: what is sent twice is done once."""
import concurrent.futures
import http.server
import json
import threading

import pytest

from harness import process
from harness.api import problem
from harness.rawhttp import Raw
from test_tokens import make


class Store:
    """An object store that answers nothing until it is told to; then it
    refuses everything."""

    def __init__(self):
        self.told = threading.Event()
        self.asked = threading.Event()
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def refuse(self):
                store.asked.set()
                store.told.wait(60)
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()
            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = refuse

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def pool(self, name):
        host, port = self.server.server_address
        return {"name": name, "storage_type": "object_storage",
                "object_storage": {
                    "endpoint": f"http://{host}:{port}", "bucket": "bucket",
                    "region": "r", "access_key": "a", "secret_key": "sesam",
                    "path_style": True}}

    def close(self):
        self.told.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def store():
    store = Store()
    yield store
    store.close()


def local(server, name):
    folder = server.base / name
    folder.mkdir(exist_ok=True)
    return {"name": name, "storage_type": "local_directory",
            "local_directory": {"path": str(folder)}}


def send(api, body, key, path="/v1/pools"):
    return api.post(path, body, headers={"Idempotency-Key": key})


def test_the_first_reply_again(module_cofferd):
    api = module_cofferd.api
    body = local(module_cofferd, "one")
    first = send(api, body, "k-one")
    assert first.status == 201, repr(first)
    again = send(api, body, "k-one")
    assert (again.status, again.body) == (201, first.body)
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    # Without the key it is another request.
    problem(api.post("/v1/pools", body), 409, "name_taken")
    assert len([p for p in api.items("/v1/pools")
                if p["name"] == "one"]) == 1
    # One act, one event.
    acts = api.items("/v1/events?resource=one&kind=audit")
    assert [(e["act"], e["result"]) for e in acts] == \
        [("pool.bind", "failed"), ("pool.bind", "ok")]


def test_refusals_are_kept_too(module_cofferd):
    api = module_cofferd.api
    body = local(module_cofferd, "9 lives")
    first = send(api, body, "k-bad")
    problem(first, 422, "invalid_name")
    assert send(api, body, "k-bad").body == first.body


def test_the_same_key_for_something_else(module_cofferd):
    api = module_cofferd.api
    assert send(api, local(module_cofferd, "two"), "k-two").status == 201
    problem(send(api, local(module_cofferd, "three"), "k-two"), 422,
            "idempotency_key_reused")
    problem(send(api, {}, "k-two", "/v1/pools/two/test"), 422,
            "idempotency_key_reused")
    assert api.get("/v1/pools/three").status == 404


def test_keys_belong_to_tokens(module_cofferd):
    other = module_cofferd.api.with_token(
        make(module_cofferd, "other", "admin")["token"])
    assert send(module_cofferd.api, local(module_cofferd, "mine"),
                "shared").status == 201
    made = send(other, local(module_cofferd, "theirs"), "shared")
    assert made.status == 201 and made.json["name"] == "theirs"


@pytest.mark.parametrize("key", ["", "a b", "k\x7f", "ä", "x" * 256])
def test_keys_that_are_none(module_cofferd, key):
    api = module_cofferd.api
    body = json.dumps(local(module_cofferd, "nokey")).encode()
    with Raw(module_cofferd.port) as raw:
        raw.send(f"POST /v1/pools HTTP/1.1\r\nHost: localhost\r\n"
                 f"Authorization: Bearer {api.token}\r\n"
                 f"Content-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n"
                 f"Idempotency-Key: {key}\r\n\r\n".encode("latin-1") + body)
        status, _, answer = raw.read_reply()
    assert status == 400 and json.loads(answer)["code"] == "malformed"
    assert api.get("/v1/pools/nokey").status == 404


def test_longest_key(module_cofferd):
    body = local(module_cofferd, "longkey")
    key = "~!" + "x" * 253
    assert send(module_cofferd.api, body, key).status == 201
    assert send(module_cofferd.api, body, key).status == 201


def test_while_the_first_is_under_way(module_cofferd, store):
    api = module_cofferd.api
    module_cofferd.secrets.add("sesam")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, api, store.pool("slow"), "k-slow")
        assert store.asked.wait(30)
        second = send(api, store.pool("slow"), "k-slow")
        problem(second, 409, "request_in_progress")
        assert int(second.headers["retry-after"]) >= 1
        problem(send(api, store.pool("other"), "k-slow"), 422,
                "idempotency_key_reused")
        store.told.set()
        first = first.result()
    again = send(api, store.pool("slow"), "k-slow")
    if first.status >= 500:
        # What the server could not help is tried again.
        assert "idempotency-replayed" not in again.headers
    else:
        assert again.body == first.body


def test_the_client_may_leave(module_cofferd, store):
    """What it began goes on, and the reply waits for it."""
    api = module_cofferd.api
    body = json.dumps(store.pool("left")).encode()
    raw = Raw(module_cofferd.port)
    raw.send(f"POST /v1/pools HTTP/1.1\r\nHost: localhost\r\n"
             f"Authorization: Bearer {api.token}\r\n"
             f"Content-Type: application/json\r\n"
             f"Content-Length: {len(body)}\r\n"
             f"Idempotency-Key: k-left\r\n\r\n".encode() + body)
    assert store.asked.wait(30)
    raw.close()
    process.until(lambda: "the client left" in module_cofferd.log(), 30,
                  "the server has seen it leave")
    problem(send(api, body, "k-left"), 409, "request_in_progress")
    store.told.set()
    process.until(lambda: send(api, body, "k-left").json["code"]
                  != "request_in_progress", 60, "the first has ended")
    again = send(api, body, "k-left")
    problem(again, 422, "pool_check_failed")
    assert again.headers["idempotency-replayed"] == "true"


def test_kept_over_a_kill(cofferds):
    server = cofferds()
    body = local(server, "kept")
    first = send(server.api, body, "k")
    assert first.status == 201
    # A reply is on disk when what came after it is.
    assert send(server.api, body, "k").body == first.body
    server.kill()
    server.start()
    assert send(server.api, body, "k").body == first.body


def test_under_way_at_a_kill(cofferds, store):
    """The server died over it: the key can be used again."""
    server = cofferds()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        lost = pool.submit(send, server.api, store.pool("slow"), "k")
        assert store.asked.wait(30)
        server.kill()
        with pytest.raises(Exception):
            lost.result()
    server.start()
    store.told.set()
    reply = send(server.api, store.pool("slow"), "k")
    assert reply.status == 422, repr(reply)
    assert "idempotency-replayed" not in reply.headers
