"""cofferctl: the state of the server for people and for monitoring, timers,
tokens."""
import datetime
import json
import re

import pytest

from harness import flow, process
from harness.ctl import Ctl, FAILED, UNREACHABLE, USAGE

WARNING, CRITICAL, UNKNOWN = 1, 2, 3


@pytest.fixture
def ctl(binary, world):
    return Ctl(binary, world.cofferd)


def make_plan(world, **changes):
    return world.api.want(201, "POST", "/v1/plans", {
        "name": "p", "source": "db", "pool": "pool", "strategy": "manual",
        **changes})


def fail_a_run(world):
    make_plan(world, scope=flow.scope_of("no_such_database"))
    record = world.api.want(202, "POST", "/v1/plans/p/execute")
    assert world.api.wait_job(record["job_id"])["status"] == "failed"


def age_of(world):
    at = world.api.fetch("/v1/sources/db")["last_backup_at"]
    made = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
    return (datetime.datetime.now(datetime.timezone.utc)
            - made).total_seconds()


# ---- status

def test_status(ctl, world, small):
    said = ctl("status")
    assert said.out.startswith("cofferd ") and " stored\n" in said.out
    assert re.search(r"^db +mysql +available +- +never$", said.out, re.M)
    world.backup(small)
    assert re.search(r"^db +mysql +available +20\S+ \d\d:\d\dZ +\d+s$",
                     ctl("status").out, re.M)
    assert "failed" not in said.out
    fail_a_run(world)
    said = ctl("status")
    assert re.search(r"last run failed:\n  p: bak_", said.out), said
    shown = ctl.json("status")
    assert set(shown) == {"system", "running", "queued", "overdue",
                          "unreachable_sources", "unreachable_pools",
                          "sources", "failed"}
    assert [plan["name"] for plan in shown["failed"]] == ["p"]


def test_status_tells_what_runs(ctl, world, halts, shop):
    with halts(world, down=200 * 1024) as halt:
        backup = world.start_backup(shop)
        halt.reached()
        said = ctl("status")
        assert f"  backup {backup['job_id']}  " in said.out
        assert ctl.json("status")["running"][0]["id"] == backup["job_id"]


# ---- check

def test_check(ctl, world, small):
    said = ctl("check", "--max-age", "26h", status=CRITICAL)
    assert said.out == "COFFER CRITICAL - source db has no backup\n"
    world.backup(small)
    said = ctl("check", "--max-age", "26h")
    assert said.out == "COFFER OK - 1 sources backed up within 26h 0m\n"
    assert ctl.json("check", "--max-age", "1m") == {
        "verdict": "OK", "sources": 1, "findings": []}
    fail_a_run(world)
    said = ctl("check", "--max-age", "26h", status=WARNING)
    assert said.out == "COFFER WARNING - plan p has failed last time\n"
    ctl("check", "--max-age", "1h", "--source", "db", status=WARNING)
    # A run that fails takes more than a second from the backup on, or not.
    process.until(lambda: age_of(world) > 1, 30, "the backup is old")
    found = ctl.json("check", "--max-age", "1s", status=CRITICAL)
    assert found["verdict"] == "CRITICAL"
    assert [f["kind"] for f in found["findings"]] == ["source", "plan"]


def test_check_that_knows_nothing(ctl, binary, cofferds):
    for words in ((), ("--max-age", "x"), ("--max-age",), ("--nothing",),
                  ("--max-age", "1h", "--source", "nobody")):
        ctl("check", *words, status=UNKNOWN)
    alone = Ctl(binary, env={"COFFER_SOCKET": "/nonexistent"})
    said = alone("check", "--max-age", "1h", status=UNKNOWN)
    assert said.out.startswith("COFFER UNKNOWN - cannot reach the server")
    empty = Ctl(binary, cofferds())
    said = empty("check", "--max-age", "1h", status=UNKNOWN)
    assert said.out == "COFFER UNKNOWN - there is no source\n"


# ---- timers

def test_timers(ctl, world):
    timer = {"cycle": "weekly", "at": "02:30", "weekdays": ["mon", "thu"],
             "timezone": "Europe/Berlin"}
    expected = world.api.want(200, "POST", "/v1/timers/preview",
                              {"timer": timer, "count": 3})
    words = ("timers", "preview", "--cycle", "weekly", "--at", "02:30",
             "--weekdays", "mon,thu", "--timezone", "Europe/Berlin",
             "--count", 3)
    assert ctl.json(*words) == expected
    assert [row[0] for row in ctl(*words).rows] == [
        run["at"] for run in expected["runs"]]
    make_plan(world, strategy="timer", timer=timer)
    assert len(ctl.json("timers", "preview", "p")["runs"]) == 5
    days = ctl.json("timers", "preview", "--cycle", "monthly", "--at",
                    "00:00", "--month-days", "1,last", "--count", 2)
    assert len(days["runs"]) == 2
    said = ctl("timers", "preview", "--cycle", "weekly", status=FAILED)
    assert "  /timer/" in said.err
    ctl("timers", "preview", "nothing", status=FAILED)
    ctl("timers", "other", status=USAGE)


def test_a_plan_without_a_timer(ctl, world):
    make_plan(world)
    assert "has no timer" in ctl("timers", "preview", "p", status=FAILED).err


# ---- tokens

def test_tokens(ctl, world, binary, tmp_path):
    said = ctl("token", "create", "reader", "--role", "read")
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(said.out)
    world.cofferd.secrets.add(said.out.strip())
    reader = Ctl(binary, env={
        "COFFER_SERVER": f"http://127.0.0.1:{world.cofferd.port}",
        "COFFER_TOKEN_FILE": str(token)})
    assert reader.json("sources", "list")["total"] == 1
    reader("backup", "db", "--pool", "pool", status=FAILED)
    made = ctl.json("token", "create", "other", "--role", "operate",
                    "--expires-at", "2099-01-01T00:00:00Z")
    world.cofferd.secrets.add(made["token"])
    listed = ctl.json("token", "list")["items"]
    assert {t["name"] for t in listed} >= {"reader", "other"}
    assert made["token"] not in ctl("token", "list").out
    one = next(t for t in listed if t["name"] == "reader")
    ctl("token", "delete", one["id"])
    reader("sources", "list", status=FAILED)
    ctl("token", "create", "x", status=USAGE)
    ctl("token", "create", "x", "--role", "king", status=FAILED)


def test_problem_document_with_json(ctl):
    said = ctl("token", "create", "x", "--role", "king", "--json",
               status=FAILED)
    assert json.loads(said.err)["errors"][0]["pointer"] == "/role"


def test_unreachable_is_3(binary):
    alone = Ctl(binary, env={"COFFER_SOCKET": "/nonexistent"})
    for words in (("status",), ("token", "list"),
                  ("timers", "preview", "--cycle", "hourly")):
        alone(*words, status=UNREACHABLE)
