"""What happens to plans, pools and sources by itself is told as events: once,
when it changes."""
import contextlib
import pathlib
import shutil
import sqlite3

import pytest

from harness import compare, data, flow, process
from harness.proxy import Proxy
from harness.trip import LocalWorld
from test_events import Stream
from test_pools_monitor import reopen

DAY_MS = 86400 * 1000
LOOKS = {"COFFER_PROBE_SECONDS": "1", "COFFER_RETRY_SECONDS": "1"}


@pytest.fixture
def world(cofferds, plain_mariadb, tmp_path):
    return LocalWorld(cofferds(env=LOOKS), plain_mariadb).prepare(
        tmp_path / "pool")


def plan(world, name, *databases, **changes):
    return world.api.want(201, "POST", "/v1/plans", {
        "name": name, "source": "db", "pool": "pool", "strategy": "timer",
        "timer": {"cycle": "daily", "at": "02:30", "timezone": "UTC"},
        "scope": flow.scope_of(*databases), **changes})


def acts(world, about):
    """What was told of a resource by itself, the oldest first."""
    items = world.api.items(f"/v1/events?resource={about['id']}&limit=100")
    return [e["act"] for e in reversed(items)
            if e["kind"] in ("plan", "pool", "source")]


def told(world, about, *wanted, seconds=40):
    process.until(lambda: acts(world, about) == list(wanted), seconds,
                  f"{wanted} is told, not {acts(world, about)}")


def newest(world, about, act):
    items = world.api.items(f"/v1/events?resource={about['id']}&limit=100")
    return next(e for e in items if e["act"] == act)


def meanwhile(world, *statements):
    """As if so much time had gone by: in the catalog of a dead server."""
    world.cofferd.kill()
    with contextlib.closing(sqlite3.connect(
            world.cofferd.data / "catalog.db")) as catalog:
        for statement, *values in statements:
            catalog.execute(statement, values)
        catalog.commit()
    world.cofferd.start()


def execute(world, what):
    record = world.ended_backup(world.api.want(
        202, "POST", f"/v1/plans/{what['id']}/execute", {}))
    assert record["status"] == "completed", record
    return record


def test_rule21_plans_that_fall_behind_or_end(world, database, plain_mariadb):
    """Overdue, once however often it is looked; on time again; finished."""
    shop = database(data.shop, server=plain_mariadb)
    behind, last = plan(world, "behind", shop), plan(world, "last", shop)
    meanwhile(world, ("UPDATE plans SET unmet_due_at = (unixepoch() * 1000 - "
                      "?) WHERE id = ?", DAY_MS, behind["id"]),
              ("UPDATE plans SET next_due_at = 0 WHERE id = ?", last["id"]))
    told(world, behind, "plan.overdue")
    told(world, last, "plan.finished")
    event = newest(world, behind, "plan.overdue")
    assert event["kind"] == "plan" and event["name"] == "behind"
    assert event["result"] == "failed" and event["who"] == "server"
    assert "has not completed" in event["detail"]
    world.cofferd.restart()
    with Stream(world.cofferd, path="/v1/events?kind=plan") as stream:
        stream.pump()
        before = compare.snapshot(plain_mariadb, shop)
        backup = execute(world, behind)
        stream.until(lambda s: s.messages)
        assert stream.messages[0][2]["act"] == "plan.active"
    told(world, behind, "plan.overdue", "plan.active")
    told(world, last, "plan.finished")
    plain_mariadb.drop(shop)
    world.restore(backup)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, shop))


def test_rule14_the_brake_is_told(world, plain_mariadb):
    plain_mariadb.sql(
        "DROP DATABASE IF EXISTS shrinks; CREATE DATABASE shrinks; USE "
        "shrinks; CREATE TABLE t (a INT PRIMARY KEY); "
        "INSERT INTO t SELECT seq FROM seq_1_to_1000")
    held = plan(world, "held", "shrinks")
    execute(world, held)
    plain_mariadb.sql("DELETE FROM shrinks.t WHERE a > 10")
    execute(world, held)
    told(world, held, "plan.expiry_held")
    assert "released" in newest(world, held, "plan.expiry_held")["detail"]
    execute(world, held)
    # Let go and pulled again: news again.
    world.api.want(200, "POST", f"/v1/plans/{held['id']}/release", {})
    plain_mariadb.sql("DELETE FROM shrinks.t WHERE a > 1")
    execute(world, held)
    told(world, held, "plan.expiry_held", "plan.expiry_held")
    plain_mariadb.drop("shrinks")


def zones(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pathlib.Path("/usr/share/zoneinfo") / name, folder / name)
    return folder


def test_rule21_a_zone_that_is_gone(cofferds, plain_mariadb, database,
                                    tmp_path):
    """Its plans wait, and say so; others go on; nothing due is lost."""
    folder = zones(tmp_path / "zones", "Europe/Berlin", "Europe/Paris")
    world = LocalWorld(cofferds(env={**LOOKS, "TZDIR": str(folder)}),
                       plain_mariadb).prepare(tmp_path / "pool")
    shop = database(data.small, server=plain_mariadb)
    lost = plan(world, "lost", shop, timer={
        "cycle": "daily", "at": "02:30", "timezone": "Europe/Berlin"})
    # Not overdue, however long its run takes.
    fine = plan(world, "fine", shop, options={"grace_seconds": 7 * 86400},
                timer={"cycle": "daily", "at": "02:30",
                       "timezone": "Europe/Paris"})
    (folder / "Europe/Berlin").unlink()
    meanwhile(world, ("UPDATE plans SET next_due_at = (unixepoch() * 1000 - "
                      "?)", DAY_MS))
    told(world, lost, "plan.undecided", "plan.overdue")
    assert "Europe/Berlin" in newest(world, lost, "plan.undecided")["detail"]
    shown = {p["id"]: p for p in world.api.items("/v1/plans")}
    assert shown[lost["id"]]["status"] == "overdue"
    assert "Europe/Berlin" in shown[lost["id"]]["status_reason"]
    process.until(lambda: len(world.api.items(
        f"/v1/backups?plan={fine['id']}&status=completed")) == 1, 60,
        "the other plan has run")
    assert shown[fine["id"]]["status"] == "active"
    assert not world.api.items(f"/v1/backups?plan={lost['id']}")
    world.cofferd.restart()
    told(world, lost, "plan.undecided", "plan.overdue")
    zones(folder, "Europe/Berlin")
    world.cofferd.restart()
    told(world, lost, "plan.undecided", "plan.overdue", "plan.active")
    backups = world.api.items(f"/v1/backups?plan={lost['id']}")
    assert [b["status"] for b in backups] == ["completed"]
    lost = world.api.fetch(f"/v1/plans/{lost['id']}")
    assert lost["status"] == "active" and lost["status_reason"] is None
    assert acts(world, fine) == []


def test_pools_and_sources_that_go_and_come(world, plain_mariadb):
    proxy = Proxy(plain_mariadb)
    far = world.api.want(201, "POST", "/v1/sources", {
        "name": "far", "engine": "mysql",
        "connection": flow.connection(plain_mariadb, port=proxy.port)})
    pool = world.api.fetch("/v1/pools/pool")
    proxy.close()
    away = world.folder.with_name("away")
    world.folder.rename(away)
    told(world, pool, "pool.unreachable")
    told(world, far, "source.unreachable")
    event = newest(world, pool, "pool.unreachable")
    assert event["kind"] == "pool" and event["result"] == "failed"
    assert event["name"] == "pool" and "mount" in event["detail"]
    # Not once more for who asks, nor for the next looks, nor a new start.
    world.api.post("/v1/pools/pool/test", {})
    world.cofferd.restart()
    away.rename(world.folder)
    reopen(proxy)
    told(world, pool, "pool.unreachable", "pool.available")
    told(world, far, "source.unreachable", "source.available")
    assert newest(world, far, "source.available")["result"] == "ok"
    assert acts(world, world.api.fetch("/v1/sources/db")) == []
    proxy.close()
