"""Events: who did what, what came of it, and the same live."""
import json
import socket
import time

import pytest

from harness import compare, flow, process
from harness.api import problem
from harness.proxy import Proxy
from harness.rawhttp import Raw
from harness.trip import LocalWorld
from test_idempotency import local
from test_tokens import make

KINDS = ("audit", "job", "backup", "plan", "pool", "source")


class Stream:
    """A stream of events; what is in it as it comes. narrow: the system
    takes little of it for us."""

    def __init__(self, server, token=None, path="/v1/events", last=None,
                 narrow=False):
        self.raw = Raw.__new__(Raw) if narrow else Raw(server.port)
        if narrow:
            self.raw.data = b""
            self.raw.socket = socket.socket()
            self.raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                       4096)
            self.raw.socket.connect(("127.0.0.1", server.port))
        head = (f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                f"Accept: text/event-stream\r\n"
                f"Authorization: Bearer {token or server.token}\r\n")
        if last is not None:
            head += f"Last-Event-ID: {last}\r\n"
        self.raw.send(head.encode() + b"\r\n")
        self.raw.fill(lambda: b"\r\n\r\n" in self.raw.data, 30)
        head, self.raw.data = self.raw.data.split(b"\r\n\r\n", 1)
        self.head = head.decode().lower()
        self.status = int(head.split()[1])
        self.text = b""
        self.messages = []
        self.comments = 0
        self.is_over = False

    def pump(self, seconds=0.5):
        """Reads what has come."""
        self.raw.socket.settimeout(seconds)
        try:
            piece = self.raw.socket.recv(1 << 20)
            self.is_over = self.is_over or not piece
            self.raw.data += piece
        except TimeoutError:
            pass
        except ConnectionError:
            self.is_over = True
        self._unchunk()
        while b"\n\n" in self.text:
            message, self.text = self.text.split(b"\n\n", 1)
            self._take(message.decode())
        return self

    def _unchunk(self):
        while b"\r\n" in self.raw.data:
            size, rest = self.raw.data.split(b"\r\n", 1)
            n = int(size, 16)
            if len(rest) < n + 2:
                return
            self.text += rest[:n]
            self.raw.data = rest[n + 2:]
            self.is_over = self.is_over or n == 0

    def _take(self, message):
        if message.startswith(":"):
            self.comments += 1
        fields = dict(line.split(": ", 1) for line in message.split("\n")
                      if ": " in line)
        if "data" in fields:
            self.messages.append((int(fields.get("id", 0)), fields["event"],
                                  json.loads(fields["data"])))

    def until(self, condition, seconds=process.PATIENCE):
        deadline = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < deadline, self.messages[-5:]
            assert not self.is_over, self.messages[-5:]
            self.pump()
        return self

    def ids(self):
        return [id for id, _, _ in self.messages if id]

    def close(self):
        self.raw.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def newest(api, **wanted):
    """The newest event with these members."""
    return next(e for e in api.items("/v1/events?limit=50")
                if all(e[k] == v for k, v in wanted.items()))


def test_every_write_is_told(module_cofferd):
    api = module_cofferd.api
    made = api.want(201, "POST", "/v1/pools", local(module_cofferd, "told"))
    event = newest(api, act="pool.bind")
    assert event["resource"] == made["id"] and event["name"] == "told"
    assert event["kind"] == "audit" and event["result"] == "ok"
    assert event["who"] == "admin" and event["address"] == "127.0.0.1"
    assert "POST /v1/pools: 201" in event["detail"]
    # By name: the log has the id.
    assert api.call("PATCH", "/v1/pools/told",
                    {"remarks": "x"}).status == 200
    assert newest(api, act="pool.update")["resource"] == made["id"]
    api.post("/v1/pools", local(module_cofferd, "told"))
    event = newest(api, act="pool.bind")
    assert event["result"] == "failed"
    assert "409 name_taken" in event["detail"]
    problem(api.delete("/v1/pools/nobody"), 404, "not_found")
    assert newest(api, act="pool.unbind")["name"] == "nobody"
    # Reading is not.
    before = api.fetch("/v1/events?kind=audit")["total"]
    api.get("/v1/pools")
    api.post("/v1/timers/preview", {"timer": {}})
    assert api.fetch("/v1/events?kind=audit")["total"] == before


def test_the_request_is_named(module_cofferd):
    api = module_cofferd.api
    reply = api.post("/v1/pools", {"name": "9"})
    event = newest(api, act="pool.bind")
    assert reply.headers["x-request-id"] in event["detail"]


def test_denied_ones_once_a_second(module_cofferd):
    api = module_cofferd.api
    looker = api.with_token(make(module_cofferd, "denied", "read")["token"])
    begin = time.monotonic()
    for _ in range(40):
        problem(looker.post("/v1/pools", {}), 403, "forbidden")
    seconds = time.monotonic() - begin
    found = [e for e in api.items("/v1/events?result=denied&limit=500")
             if e["who"] == "denied"]
    assert 1 <= len(found) <= seconds + 2
    assert found[0]["act"] == "pool.bind" and found[0]["result"] == "denied"
    assert "403 forbidden" in found[0]["detail"]


def test_wrong_tokens_are_told(cofferds):
    server = cofferds()
    assert server.api.with_token("wrong").get("/v1/pools").status == 401
    event = newest(server.api, result="denied")
    assert event["who"] is None and "401 unauthorized" in event["detail"]
    server.secrets.add("wrong")


def test_filters_and_pages(cofferds):
    server = cofferds()
    api = server.api
    for i in range(5):
        api.want(201, "POST", "/v1/pools", local(server, f"p{i}"))
    api.post("/v1/pools", {})
    assert api.fetch("/v1/events?result=failed&kind=audit")["total"] == 1
    assert api.fetch("/v1/events?result=ok&kind=audit")["total"] == 5
    assert api.fetch("/v1/events?resource=p3&kind=audit")["total"] == 1
    one = api.items("/v1/pools?q=p3")[0]
    assert api.fetch(f"/v1/events?resource={one['id']}&kind=audit")[
        "total"] == 1
    seen, after = [], ""
    while after is not None:
        page = api.fetch(f"/v1/events?kind=audit&limit=2&after={after}")
        seen += [e["id"] for e in page["items"]]
        after = page["next"]
    assert seen == sorted(seen, reverse=True) and len(seen) == 6
    middle = api.items("/v1/events?kind=audit")[3]["at"]
    assert api.fetch(f"/v1/events?kind=audit&until={middle}")["total"] + \
        api.fetch(f"/v1/events?kind=audit&since={middle}")["total"] == 6
    problem(api.get("/v1/events?kind=other"), 400, "invalid_parameter")
    problem(api.get("/v1/events?result=maybe"), 400, "invalid_parameter")


def test_audit_is_for_admins(module_cofferd):
    """A decision about the last paragraph of the API's contract: reading
    events needs read, the audit log among them admin."""
    api = module_cofferd.api
    restorer = api.with_token(
        make(module_cofferd, "restorer", "restore")["token"])
    assert api.fetch("/v1/events")["total"] > 0
    assert all(e["kind"] != "audit"
               for e in restorer.items("/v1/events?limit=500"))
    problem(restorer.get("/v1/events?kind=audit"), 403, "forbidden")
    assert restorer.get("/v1/events?kind=job").status == 200


def test_live(module_cofferd):
    api = module_cofferd.api
    with Stream(module_cofferd, path="/v1/events?kind=audit") as stream:
        assert stream.status == 200
        assert "content-type: text/event-stream" in stream.head
        made = api.want(201, "POST", "/v1/pools",
                        local(module_cofferd, "live"))
        stream.until(lambda s: s.messages)
        id, kind, event = stream.messages[0]
        assert kind == event["kind"] == "audit" and id == event["id"]
        assert event["resource"] == made["id"]
        assert event == api.items("/v1/events?kind=audit")[0]


def test_what_was_missed(module_cofferd):
    """More than one page of it, and what happens meanwhile: each once."""
    api = module_cofferd.api
    api.post("/v1/pools", {})
    first = api.items("/v1/events?limit=1")[0]["id"]
    # Each names ids, so each gives as many events.
    ids = [f"bak_{i:026d}" for i in range(50)]
    for _ in range(12):
        api.post("/v1/backups/batch-delete", {"ids": ids})
    with Stream(module_cofferd, last=first) as stream:
        for _ in range(2):
            api.post("/v1/backups/batch-delete", {"ids": ids})
        last = api.items("/v1/events?limit=1")[0]["id"]
        stream.until(lambda s: s.messages and s.messages[-1][0] >= last)
        assert stream.ids() == list(range(first + 1, last + 1))
        assert len(stream.ids()) > 600


def test_what_is_missed_meanwhile(module_cofferd):
    """Stored while the client has not yet taken what was before: it comes
    after that, and once."""
    api = module_cofferd.api
    api.post("/v1/pools", {})
    first = api.items("/v1/events?limit=1")[0]["id"]
    ids = [f"bak_{i:026d}" for i in range(50)]
    for _ in range(9):  # less than a page
        api.post("/v1/backups/batch-delete", {"ids": ids})
    with Stream(module_cofferd, last=first, narrow=True) as stream:
        for _ in range(2):
            api.post("/v1/backups/batch-delete", {"ids": ids})
        last = api.items("/v1/events?limit=1")[0]["id"]
        stream.until(lambda s: s.messages and s.messages[-1][0] >= last)
        assert stream.ids() == list(range(first + 1, last + 1))


def test_missed_by_filter_and_role(module_cofferd):
    api = module_cofferd.api
    looker = make(module_cofferd, "streamer", "read")["token"]
    one = api.want(201, "POST", "/v1/pools", local(module_cofferd, "fil"))
    path = f"/v1/events?kind=audit&resource={one['id']}"
    with Stream(module_cofferd, last=0, path=path) as stream, \
            Stream(module_cofferd, looker, last=0) as other:
        assert api.delete(f"/v1/pools/{one['id']}").status == 204
        stream.until(lambda s: len(s.messages) >= 2)
        assert [m[2]["act"] for m in stream.messages] == \
            ["pool.bind", "pool.unbind"]
        other.pump(1.5)
        assert all(kind != "audit" for _, kind, _ in other.messages)


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "99999999999999999999"])
def test_last_ids_that_are_none(module_cofferd, last):
    reply = module_cofferd.api.get("/v1/events", headers={
        "Accept": "text/event-stream", "Last-Event-ID": last})
    problem(reply, 400, "malformed")


def test_a_last_id_of_the_future(module_cofferd):
    """Of a catalog that was lost: live goes on all the same."""
    with Stream(module_cofferd, last=10**12) as stream:
        stream.pump()
        module_cofferd.api.post("/v1/pools", {})
        stream.until(lambda s: s.messages)


def test_a_heartbeat_each_15_seconds(module_cofferd):
    begin = time.monotonic()
    with Stream(module_cofferd, path="/v1/events?kind=plan") as stream:
        stream.until(lambda s: s.comments)
    # Not with every second one; on a busy machine it comes late.
    assert 14 <= time.monotonic() - begin < 29


def test_ends_with_its_token(module_cofferd):
    made = make(module_cofferd, "leaver", "admin")
    with Stream(module_cofferd, made["token"]) as stream:
        stream.pump()
        assert module_cofferd.api.delete(
            f"/v1/tokens/{made['id']}").status == 204
        process.until(lambda: stream.pump().is_over, 60, "it ends", 0)


def test_no_more_than_32(cofferd):
    streams = []
    try:
        for _ in range(32):
            streams.append(Stream(cofferd))
            assert streams[-1].status == 200
        problem(cofferd.api.get("/v1/events", headers={
            "Accept": "text/event-stream"}), 503, "too_many_streams")
        assert cofferd.api.get("/v1/events").status == 200
    finally:
        for stream in streams:
            stream.close()

    def is_free():
        with Stream(cofferd) as stream:
            return stream.status == 200
    process.until(is_free, 10, "places are given back")


def test_a_deaf_reader_is_dropped(module_cofferd):
    """It must not cost memory, nor keep others back."""
    api = module_cofferd.api
    ids = [f"bak_{i:026d}" for i in range(50)]
    deaf = Stream(module_cofferd, narrow=True)
    try:
        def is_dropped():
            api.post("/v1/backups/batch-delete", {"ids": ids})
            return "client is too slow" in module_cofferd.log()
        process.until(is_dropped, 60, "it is dropped", 0)
    finally:
        deaf.close()


def test_streams_do_not_keep_the_server_from_ending(cofferds):
    server = cofferds()
    with Stream(server) as stream:
        stream.pump()
        server.stop()
        server.start()


@pytest.fixture
def world(cofferds, plain_mariadb, tmp_path):
    world = LocalWorld(cofferds(), plain_mariadb).prepare(
        tmp_path / "pool")
    plain_mariadb.sql(
        "CREATE DATABASE live; USE live; CREATE TABLE t (a LONGTEXT); "
        "INSERT INTO t SELECT repeat(sha2(seq, 512), 4096) "
        "FROM seq_1_to_8")
    yield world
    plain_mariadb.sql("DROP DATABASE live")


def test_jobs_from_begin_to_end(world):
    """Started, how far each second, and how it ended, to readers too."""
    api, server = world.api, world.cofferd
    reader = make(server, "watcher", "read")["token"]
    slow = Proxy(world.server, rate=1 << 20)
    api.want(201, "POST", "/v1/sources", flow.source_body(
        world.server, "slow",
        connection=flow.connection(world.server, port=slow.port)))
    with Stream(server, reader) as stream:
        stream.pump()
        backup = api.want(202, "POST", "/v1/backups", {
            "source": "slow", "pool": "pool", "name": "live-one",
            "scope": flow.scope_of("live")})
        api.wait_job(backup["job_id"])
        stream.until(lambda s: any(m[2].get("act") == "backup.completed"
                                   for m in s.messages))
    slow.close()
    told = [m[2] for m in stream.messages if m[1] == "job"]
    assert [e["act"] for e in told] == ["backup.started", "backup.completed"]
    assert all(e["resource"] == backup["id"] and e["name"] == "live-one"
               and e["result"] == "ok" and backup["job_id"] in e["detail"]
               for e in told)
    progress = [(id, m) for id, kind, m in stream.messages
                if kind == "progress"]
    assert len(progress) >= 2
    for id, message in progress:
        assert id == 0 and message["job_id"] == backup["job_id"]
        assert message["kind"] == "backup"
    read = [m["progress"]["bytes_read"] for _, m in progress]
    assert read == sorted(read) and read[-1] > 0


def test_what_becomes_of_jobs(world):
    """Failed, canceled, restored, deleted, cut short by a crash."""
    api, server = world.api, world.cofferd
    backup = world.backup("live", name="made")
    job = api.want(202, "POST", f"/v1/backups/{backup['id']}/verify", {})
    api.wait_job(job.get("job_id") or job["id"])
    before = compare.snapshot(world.server, "live")
    world.server.sql("DROP DATABASE live")
    world.restore(backup)
    compare.assert_equal(before, compare.snapshot(world.server, "live"))
    assert api.delete("/v1/backups/made").status == 202
    process.until(lambda: "delete.completed" in [
        e["act"] for e in api.items("/v1/events?kind=job&limit=1")], 20,
        "the deletion is told of")
    acts = [e["act"] for e in api.items("/v1/events?kind=job&limit=8")]
    assert acts == ["delete.completed", "delete.started",
                    "restore.completed", "restore.started",
                    "verify.completed", "verify.started",
                    "backup.completed", "backup.started"]
    slow = Proxy(world.server, rate=1 << 18)
    api.want(201, "POST", "/v1/sources", flow.source_body(
        world.server, "slower",
        connection=flow.connection(world.server, port=slow.port)))
    body = {"source": "slower", "pool": "pool",
            "scope": flow.scope_of("live")}

    def newest_job():
        return api.items("/v1/events?kind=job&limit=1")[0]
    one = api.want(202, "POST", "/v1/backups", {**body, "name": "cancel-me"})
    process.until(lambda: newest_job()["act"] == "backup.started", 30,
                  "it has begun")
    assert api.post(f"/v1/backups/{one['id']}/cancel").status == 202
    api.wait_job(one["job_id"])
    process.until(lambda: newest_job()["act"] == "backup.canceled", 30,
                  "its end is told of")
    assert newest_job()["result"] == "ok"
    one = api.want(202, "POST", "/v1/backups", {**body, "name": "kill-me"})
    process.until(lambda: newest_job()["act"] == "backup.started", 30,
                  "it has begun")
    server.kill()
    server.start()
    event = next(e for e in api.items("/v1/events?kind=job&limit=5")
                 if e["resource"] == one["id"] and e["result"] == "failed")
    assert event["act"] == "backup.failed" and event["name"] == "kill-me"
    assert "interrupted" in event["detail"]
    slow.close()
