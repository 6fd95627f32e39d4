"""cofferctl against the server: what it shows, what it does, and what it ends
with."""
import http.server
import json
import re
import signal
import threading

import pytest

from harness import compare, flow, process
from harness.ctl import (Ctl, FAILED, INTERRUPTED, UNREACHABLE, USAGE)


@pytest.fixture
def ctl(binary, world):
    return Ctl(binary, world.cofferd)


@pytest.fixture
def alone(binary):
    """Without a server."""
    return Ctl(binary, env={"COFFER_SOCKET": "/nonexistent/cofferd.sock"})


KINDS = ("sources", "pools", "plans", "backups", "jobs")


# ---- arguments

def test_help_tells_every_command(alone):
    said = alone("--help")
    names = re.findall(r"^  (\w+) ", said.out, re.M)
    assert set(KINDS) <= set(names)
    for name in names:
        assert f"cofferctl {name}" in alone(name, "--help").out
        assert f"cofferctl {name}" in alone("help", name).out
    assert alone("--version").out.startswith("cofferctl ")
    assert alone(status=USAGE).out == said.out


@pytest.mark.parametrize("words", [
    ("nonsense",), ("--nonsense",), ("sources",), ("sources", "drop"),
    ("sources", "list", "x"), ("sources", "show"), ("backup",),
    ("backup", "a", "b"), ("backup", "a", "--pool"), ("sources", "list", "-x"),
    ("api", "EAT", "/v1/system"), ("api", "GET", "v1/system"),
    ("api", "POST", "/v1/plans", "/nonexistent"), ("sources", "list", "-n0"),
    ("restore", "b"), ("restore", "b", "--to", "a", "--path", "/x"),
    ("restore", "b", "--new", "a"), ("help", "nonsense"),
    ("restore", "b", "--to", "a", "--rename", "x"),
    ("--server", "ftp://x", "sources", "list"),
    ("--server", "http://x", "--socket", "/x", "sources", "list"),
    ("--token-file", "/nonexistent", "sources", "list"),
])
def test_wrong_words_are_2(alone, words):
    said = alone(*words, status=USAGE)
    assert said.err.startswith("cofferctl: ") and said.err.count("\n") == 1
    assert not said.out


def test_no_server_is_3(alone):
    for words in (("sources", "list"), ("backup", "db", "--pool", "p"),
                  ("--server", "http://127.0.0.1:1", "jobs", "list")):
        said = alone(*words, status=UNREACHABLE)
        assert "--socket or --server" in said.err
    told = json.loads(alone("jobs", "list", "--json", status=UNREACHABLE).err)
    assert told["code"] == "unreachable"


# ---- ways to the server

def test_token_from_a_file(binary, world, tmp_path):
    ctl = Ctl(binary)
    server = ("--server", f"http://127.0.0.1:{world.cofferd.port}")
    token = tmp_path / "token"
    token.write_text(world.cofferd.token + "\n")
    token.chmod(0o644)
    assert "chmod 600" in ctl(*server, "--token-file", token, "jobs", "list",
                              status=USAGE).err
    token.chmod(0o600)
    assert ctl.json("sources", "list", *server, "--token-file", token)
    found = ctl.json("sources", "list", env={
        "COFFER_SERVER": server[1] + "/", "COFFER_TOKEN_FILE": str(token)})
    assert found["total"] == 1
    said = ctl(*server, "jobs", "list", status=FAILED)
    assert said.err.startswith("cofferctl: ")
    token.write_text("wrong")
    said = ctl(*server, "--token-file", token, "jobs", "list", status=FAILED)
    assert "wrong" not in said.err


def test_not_a_coffer(alone, ceph):
    said = alone("--server", ceph.endpoint, "jobs", "list", status=FAILED)
    assert "no cofferd" in said.err


# ---- lists

def test_lists_and_documents(ctl, world, small):
    backup = world.backup(small)
    for kind in KINDS:
        shown = ctl.json(kind, "list")
        expected = world.api.fetch(f"/v1/{kind}?limit=500")
        assert shown["total"] == expected["total"]
        assert ([item["id"] for item in shown["items"]]
                == [item["id"] for item in expected["items"]])
        for item in expected["items"]:
            one = ctl.json(kind, "show", item["id"])
            assert one["id"] == item["id"]
    assert ctl("sources", "list").rows[0][:3] == ["db", "mysql", "available"]
    assert ctl("backups", "list").rows[0][0] == backup["name"]
    said = ctl("backups", "show", backup["name"])
    assert re.search(rf"^source\.name +db$", said.out, re.M), said.out
    said = ctl("backups", "show", "nothing", status=FAILED)
    assert "nothing" in said.err or "no " in said.err


def test_list_filters_and_limits(ctl, world, small):
    names = [world.backup(small)["name"] for _ in range(3)]
    assert len(ctl.json("backups", "list", "--limit", 2)["items"]) == 2
    found = ctl.json("backups", "list", "--search", names[1])
    assert [b["name"] for b in found["items"]] == [names[1]]
    assert ctl.json("backups", "list", "--status", "failed")["items"] == []
    said = ctl("backups", "list", "--engine", "mysql", status=FAILED)
    assert "engine" in said.err


def test_more_than_a_page(ctl, world):
    """Lists of the server have pages, those of cofferctl have not."""
    for i in range(503):
        world.api.want(201, "POST", "/v1/plans", {
            "name": f"p{i}", "source": "db", "pool": "pool",
            "strategy": "manual"})
    assert len(ctl.json("plans", "list")["items"]) == 503
    assert len(ctl.json("plans", "list", "-n", "501")["items"]) == 501
    assert len(ctl("plans", "list").out.splitlines()) == 504


def test_on_a_terminal(ctl, world):
    world.api.want(200, "PATCH", "/v1/sources/db", {
        "remarks": "a remark that is much too long for the line " * 4})
    said = ctl.on_terminal("sources", "list", columns=70)
    assert "\033[32mavailable\033[0m" in said.out
    for line in said.out.splitlines():
        assert len(re.sub(r"\033\[\d*m", "", line)) <= 70, line
    assert "~" in said.out
    plain = ctl("sources", "list")
    assert "\033" not in plain.out and "~" not in plain.out
    ctl.env["NO_COLOR"] = "1"
    assert "\033" not in ctl.on_terminal("sources", "list").out


class Hostile(http.server.BaseHTTPRequestHandler):
    """Answers whatever it is asked with what a terminal would obey."""
    BAD = "x\x1b[31m\u009b2J\u202e\x7fy"
    SHOWN = "x?[31m?2J??y"

    def do_GET(self):
        status = 404 if "nothing" in self.path else 200
        if self.path.endswith("/log"):
            body, kind = self.BAD.encode(), "text/plain"
        else:
            body, kind = json.dumps(self.document(status)).encode(), "x/json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def document(self, status):
        item = {"name": self.BAD, "remarks": self.BAD, self.BAD: self.BAD}
        fault = {"pointer": self.BAD, "detail": self.BAD}
        return {"items": [item], "next": None, "total": 1, **item} \
            if status == 200 else \
            {"code": "not_found", "title": self.BAD, "detail": self.BAD,
             "errors": [fault]}

    def log_message(self, *_):
        pass


@pytest.fixture
def hostile(binary):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Ctl(binary, env={
        "COFFER_SERVER": f"http://127.0.0.1:{server.server_address[1]}"})
    server.shutdown()
    thread.join()
    server.server_close()


def test_hostile_text_does_not_reach_the_terminal(hostile):
    for words, status in (
            (("sources", "list"), 0), (("sources", "show", "db"), 0),
            (("api", "GET", "/v1/sources/db"), 0), (("logs", "x"), 0),
            (("sources", "show", "nothing"), FAILED)):
        said = hostile.on_terminal(*words, columns=200, status=status)
        out = re.sub("\033\\[\\d*m", "", said.out)
        for bad in "\x1b\x7f\u009b\u202e":
            assert bad not in out, (words, out)
        if words[0] != "api":
            assert Hostile.SHOWN in out, (words, out)
    # A program gets what there is.
    assert hostile.json("sources", "show", "db")["remarks"] == Hostile.BAD


# ---- api

def test_api(ctl, world, tmp_path):
    assert ctl("api", "GET", "/v1/system").json["version"]
    body = tmp_path / "plan.json"
    body.write_text(json.dumps({"name": "p", "source": "db", "pool": "pool",
                                "strategy": "manual"}))
    made = ctl("api", "POST", "/v1/plans", body).json
    patch = json.dumps({"remarks": "new"}).encode()
    now = ctl("api", "PATCH", "/v1/plans/p", "-", stdin=patch).json
    assert now["remarks"] == "new"
    ctl("api", "PATCH", "/v1/plans/p", "-", "--if-match", made["revision"],
        stdin=patch, status=FAILED)
    assert "coffer_" in ctl("api", "GET", "/metrics").out
    ctl("api", "DELETE", "/v1/plans/p")
    said = ctl("api", "GET", "/v1/plans/p", "--json", status=FAILED)
    assert json.loads(said.err)["code"] == "not_found"


def test_every_fault_is_told(ctl):
    said = ctl("api", "POST", "/v1/sources", "-",
               stdin=b'{"name": "x y", "engine": "mysql", "odd": 1}',
               status=FAILED)
    for pointer in ("/name", "/connection", "/odd"):
        assert f"  {pointer}: " in said.err, said.err
    told = json.loads(ctl("api", "POST", "/v1/sources", "-", "--json",
                          stdin=b'{"name": "x y"}', status=FAILED).err)
    assert {e["pointer"] for e in told["errors"]} >= {"/name"}


# ---- jobs

def test_backup_restore_verify(ctl, world, small, mariadb):
    before = compare.snapshot(mariadb, small)
    said = ctl("backup", "db", "--include", small, "--name", "by-hand",
               "--description", "why", "--wait")
    assert "by-hand: completed" in said.err and not said.out
    backup = world.record(world.api.items("/v1/backups")[0]["id"])
    assert backup["name"] == "by-hand" and backup["status"] == "completed"
    assert backup["scope"] == {"include": [small]}
    ctl("verify", "by-hand", "--wait")
    assert world.record(backup["id"])["verify_status"] == "passed"
    mariadb.sql("DROP TABLE IF EXISTS gone; CREATE TABLE gone (i INT)", small)
    checked = ctl.json("restore", "by-hand", "--to", "db", "--check",
                       status=FAILED)
    assert checked["blockers"]
    ctl("restore", "by-hand", "--to", "db", "--wait", status=FAILED)
    job = ctl.json("restore", "by-hand", "--to", "db", "--overwrite",
                   "--confirm", small, "--wait")
    assert job["kind"] == "restore" and job["status"] == "completed"
    compare.assert_equal(before, compare.snapshot(mariadb, small))
    renamed = small + "_copy"
    try:
        ctl("restore", "by-hand", "--to", "db", "--rename",
            f"{small}={renamed}", "--wait")
        assert mariadb.sql(f"SHOW TABLES FROM {renamed}")
    finally:
        mariadb.drop(renamed)


def test_backup_without_waiting(ctl, world, small):
    world.api.want(201, "POST", "/v1/plans", {
        "name": "p", "source": "db", "pool": "pool", "strategy": "manual",
        "scope": flow.scope_of(small)})
    record = ctl.json("run", "p")
    assert world.api.wait_job(record["job_id"])["status"] == "completed"
    said = ctl("backup", "db", "--include", small)
    name, job = re.match(r"backup (\S+): job (\S+)\n", said.out).groups()
    assert re.fullmatch(r"db-\d{8}T\d{6}Z", name)
    assert world.api.wait_job(job)["status"] == "completed"
    said = ctl("logs", job)
    assert said.out.splitlines() == world.api.get(
        f"/v1/jobs/{job}/log").body.decode().splitlines()
    assert ctl.json("logs", job)["lines"] == said.out.splitlines()


def test_backup_needs_a_pool_when_there_are_two(ctl, world, tmp_path):
    (tmp_path / "p").mkdir()
    world.api.want(201, "POST", "/v1/pools", {
        "name": "other", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path / "p")}})
    assert "--pool" in ctl("backup", "db", status=USAGE).err


def test_a_job_that_fails_is_1(ctl, world):
    said = ctl("backup", "db", "--include", "no_such_database", "--wait",
               status=FAILED)
    assert said.err
    said = ctl("backup", "nothing", "--wait", status=FAILED)
    assert "nothing" in said.err or "source" in said.err


@pytest.fixture
def held(world, halts, shop):
    """A backup in the middle, that does not go on."""
    halt = halts(world, down=200 * 1024)
    return halt, shop


def begin_held(ctl, world, held, *more):
    halt, shop = held
    waiting = ctl.start("backup", "db", "--include", shop, "--name",
                        "held", "--wait", *more)
    halt.reached()
    job = process.until(
        lambda: world.api.items("/v1/jobs?kind=backup&status=running"), 60,
        "the backup runs")[0]
    return halt, waiting, job


def test_interrupt_leaves_the_job_alone(ctl, world, held):
    halt, waiting, job = begin_held(ctl, world, held)
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == INTERRUPTED, err
    assert b"the job goes on" in err and job["id"].encode() in err
    assert world.api.fetch(f"/v1/jobs/{job['id']}")["status"] == "running"
    halt.let_go()
    assert world.api.wait_job(job["id"])["status"] == "completed"


def test_cancel_ends_what_waits(ctl, world, held):
    halt, waiting, job = begin_held(ctl, world, held)
    following = ctl.start("logs", "-f", job["id"])
    said = ctl("cancel", job["id"])
    assert job["id"] in said.out
    halt.let_go()
    out, err = waiting.communicate(timeout=120)
    assert waiting.returncode == FAILED
    assert b"canceled" in err
    shown, err = following.communicate(timeout=120)
    assert following.returncode == 0, err
    assert (shown.decode().splitlines()
            == ctl("logs", job["id"]).out.splitlines())


def test_bar_on_a_terminal(ctl, world, small):
    said = ctl.on_terminal("backup", "db", "--include", small, "--name",
                           "seen", "--wait")
    assert "seen: completed" in said.out
    assert "\r\033[K" in said.out
