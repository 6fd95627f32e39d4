"""Rules 4, 16 and 18 to 22: plans and what they make, against a real server
and pools that are folders. What plans make is restored and compared."""
import contextlib
import datetime
import re
import sqlite3

import pytest

from harness import compare, data, flow, process
from harness.api import problem
from harness.proxy import Proxy
from harness.trip import LocalWorld

DAILY = {"cycle": "daily", "at": "02:30"}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{3,63}")


@pytest.fixture(scope="module")
def local(module_cofferd, mariadb, tmp_path_factory):
    """One server for the tests that leave no plan behind."""
    world = LocalWorld(module_cofferd, mariadb)
    return world.prepare(tmp_path_factory.mktemp("rules") / "pool")


@pytest.fixture
def own(cofferd, mariadb, tmp_path):
    """One for a test that takes source or pool away."""
    return LocalWorld(cofferd, mariadb).prepare(tmp_path / "pool")


def make(world, *databases, **changes):
    body = {"name": flow.unique("plan"), "source": "db", "pool": "pool",
            "strategy": "manual", **changes}
    if databases:
        body["scope"] = flow.scope_of(*databases)
    return world.api.want(201, "POST", "/v1/plans", body)


def read(world, plan):
    return world.api.fetch(f"/v1/plans/{plan['id']}")


def patch(world, plan, change):
    return world.api.want(200, "PATCH", f"/v1/plans/{plan['id']}", change)


def execute(world, plan, body=None):
    return world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute",
                          body)


def run(world, plan):
    """A backup by the plan that must be completed; its record."""
    record = world.ended_backup(execute(world, plan))
    assert record["status"] == "completed", record
    return record


def remove(world, plan, query=""):
    world.api.want(204, "DELETE", f"/v1/plans/{plan['id']}{query}")


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def lifetime(backup):
    return instant(backup["expires_at"]) - instant(backup["finished_at"])


# ---- rule 4

def test_rule4_a_source_takes_plans_and_automated_backups_along(
        own, mariadb, shop):
    before = compare.snapshot(mariadb, shop)
    plan = make(own, shop, strategy="timer", timer=DAILY)
    automated = run(own, plan)
    manual = own.backup(shop)
    preview = own.api.want(200, "DELETE", "/v1/sources/db?dry_run=true")
    assert preview == {"would_delete": [
        {"id": plan["id"], "name": plan["name"], "stored_bytes": 0},
        {"id": automated["id"], "name": automated["name"],
         "stored_bytes": automated["stored_bytes"]}]}
    assert read(own, plan)["last_run"]["backup_id"] == automated["id"]
    own.api.want(204, "DELETE", "/v1/sources/db")
    assert own.api.get(f"/v1/plans/{plan['id']}").status == 404
    own.api.wait_gone(f"/v1/backups/{automated['id']}")
    assert not [p for p in own.folder.rglob("*")
                if p.is_file() and automated["id"] in p.parts]
    record = own.record(manual["id"])
    assert record["status"] == "completed"
    assert record["source"]["name"] == "db"
    own.api.want(201, "POST", "/v1/sources",
                 flow.source_body(mariadb, "again"))
    mariadb.drop(shop)
    own.restore(manual, target={"source": "again"})
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_rule4_a_held_automated_backup_keeps_its_source(own, small):
    plan = make(own, small)
    backup = run(own, plan)
    own.api.want(200, "PATCH", f"/v1/backups/{backup['id']}",
                 {"held": True})
    document = problem(own.api.delete("/v1/sources/db"), 409, "backup_held")
    assert backup["name"] in document["detail"]
    assert own.record(backup["id"])["status"] == "completed"
    assert read(own, plan)["source"]["name"] == "db"


# ---- rules 16 and 18

def test_rule16_a_pool_of_plans_is_not_unbound(own):
    plan = make(own)
    document = problem(own.api.delete("/v1/pools/pool"), 409, "pool_in_use")
    assert plan["name"] in document["detail"]
    problem(own.api.delete("/v1/pools/pool?confirm=pool"), 409,
            "pool_in_use")
    problem(own.api.delete("/v1/pools/pool?dry_run=true"), 409,
            "pool_in_use")
    remove(own, plan)
    own.api.want(200, "DELETE", "/v1/pools/pool?dry_run=true")
    own.api.want(204, "DELETE", "/v1/pools/pool")


def test_rule18_pools_and_sources_show_their_plans(own):
    def shown(kind):
        one = own.api.fetch(f"/v1/{kind}")
        assert own.api.items(f"/v1/{kind.split('/')[0]}")[0]["plans"] \
            == one["plans"]
        return one["plans"]
    assert shown("pools/pool") == shown("sources/db") == []
    plans = [make(own), make(own)]
    refs = [{"id": p["id"], "name": p["name"]} for p in plans]
    assert shown("pools/pool") == shown("sources/db") == refs
    pool = own.api.fetch("/v1/pools/pool")
    assert plans[0]["pool"] == {"id": pool["id"], "name": "pool"}
    remove(own, plans[0])
    assert shown("pools/pool") == shown("sources/db") == refs[1:]


# ---- rule 19

@pytest.mark.parametrize("strategy", [
    {"strategy": "manual"}, {"strategy": "timer", "timer": DAILY},
    {"strategy": "timer", "timer": DAILY, "enabled": False}],
    ids=["manual", "timer", "paused"])
def test_rule19_every_plan_can_be_executed(local, mariadb, shop, strategy):
    before = compare.snapshot(mariadb, shop)
    plan = make(local, shop, retention_days=3, **strategy)
    queued = execute(local, plan, {"description": "by hand"})
    assert queued["type"] == "automated" and queued["trigger"] == "user"
    backup = local.ended_backup(queued)
    assert backup["status"] == "completed", backup
    assert backup["description"] == "by hand"
    assert backup["plan"] == {"id": plan["id"], "name": plan["name"]}
    assert NAME.fullmatch(backup["name"])
    stamp = backup["name"].removeprefix(plan["name"] + "-")
    assert re.fullmatch(r"\d{8}T\d{6}Z", stamp), backup["name"]
    assert lifetime(backup) == datetime.timedelta(days=3)
    listed = local.api.fetch(f"/v1/plans/{plan['id']}/backups")
    assert listed["items"] == [backup] and listed["total"] == 1
    assert local.api.items(f"/v1/backups?plan={plan['name']}") == [backup]
    assert read(local, plan)["last_run"]["backup_id"] == backup["id"]
    assert read(local, plan)["last_run"]["status"] == "completed"
    mariadb.drop(shop)
    local.restore(backup)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    remove(local, plan, "?delete_backups=true")


def test_rule19_what_cannot_be_executed(local):
    plan = make(local, "there_is_no_such_database")
    path = f"/v1/plans/{plan['id']}/execute"
    for body, code, pointer in (
            ({"description": "<b>"}, "invalid_description", "/description"),
            ({"more": 1}, "unknown_field", "/more")):
        reply = local.api.post(path, body)
        problem(reply, reply.status, code, [pointer])
    problem(local.api.post("/v1/plans/nothing/execute"), 404, "not_found")
    assert local.api.items(f"/v1/plans/{plan['id']}/backups") == []
    failed = local.ended_backup(execute(local, plan))
    assert failed["status"] == "failed"
    assert failed["error"]["code"] == "invalid_scope"
    assert read(local, plan)["last_run"]["status"] == "failed"
    remove(local, plan)


# ---- rule 20

def test_rule20_one_timer_for_each_plan(local):
    plan = make(local, strategy="timer", timer=DAILY)
    first = plan["next_runs"]
    assert len(first) == 5
    again = patch(local, plan, {"timer": {"at": "03:30"}})["next_runs"]
    assert len(again) == 5 and not set(first) & set(again)
    with contextlib.closing(sqlite3.connect(
            local.cofferd.data / "catalog.db")) as catalog:
        tasks = "SELECT count(*) FROM plans WHERE next_due_at > 0"
        assert catalog.execute(tasks).fetchone() == (1,)
        gone = patch(local, plan, {"strategy": "manual"})
        assert gone["timer"] is None and gone["next_runs"] == []
        assert catalog.execute(tasks).fetchone() == (0,)
        back = patch(local, plan, {"strategy": "timer", "timer": DAILY})
        assert back["next_runs"] == first
        assert catalog.execute(tasks).fetchone() == (1,)
        remove(local, plan)
        assert catalog.execute(tasks).fetchone() == (0,)


def test_rule20_backups_outlive_their_plan(local, small):
    plan = make(local, small, retention_days=5)
    backup = run(local, plan)
    path = f"/v1/plans/{plan['id']}"
    assert local.api.want(200, "DELETE", path + "?dry_run=true") == \
        {"would_delete": []}
    remove(local, plan)
    assert local.api.get(path).status == 404
    record = local.record(backup["id"])
    assert record["status"] == "completed"
    assert record["plan"] == {"id": plan["id"], "name": plan["name"]}
    assert record["expires_at"] == backup["expires_at"]
    local.restore(record, overwrite=True, confirm=[small])


def test_rule20_backups_go_with_their_plan_when_asked(local, small):
    plan = make(local, small)
    going, held = run(local, plan), run(local, plan)
    local.api.want(200, "PATCH", f"/v1/backups/{held['id']}",
                   {"held": True})
    path = f"/v1/plans/{plan['id']}?delete_backups=true"
    assert local.api.want(200, "DELETE", path + "&dry_run=true") == {
        "would_delete": [{"id": going["id"], "name": going["name"],
                          "stored_bytes": going["stored_bytes"]}]}
    assert local.record(going["id"])["status"] == "completed"
    remove(local, plan, "?delete_backups=true")
    local.api.wait_gone(f"/v1/backups/{going['id']}")
    assert not [p for p in local.folder.rglob("*")
                if p.is_file() and going["id"] in p.parts]
    assert local.record(held["id"])["status"] == "completed"


# ---- rule 21: what a plan says of itself (when it runs: test_scheduler)

def test_rule21_words_of_status(own):
    names = {"active": {}, "paused": {"enabled": False}, "overdue": {},
             "finished": {"timer": {"cycle": "once", "date": "2099-12-31",
                                    "at": "23:59"}}}
    plans = {status: make(own, **{"strategy": "timer", "timer": DAILY,
                                  **changes})
             for status, changes in names.items()}
    assert [p["status"] for p in plans.values()] == \
        ["active", "paused", "active", "active"]
    assert plans["paused"]["next_runs"] == []
    assert plans["finished"]["next_runs"] == ["2099-12-31T23:59:00Z"]
    own.cofferd.kill()
    with contextlib.closing(sqlite3.connect(
            own.cofferd.data / "catalog.db")) as catalog:
        # A run that was due a day ago and has not completed; one that was
        # the only one.
        catalog.execute("UPDATE plans SET unmet_due_at = "
                        "(unixepoch() - 86400) * 1000 WHERE id = ?",
                        (plans["overdue"]["id"],))
        catalog.execute("UPDATE plans SET next_due_at = 0 WHERE id = ?",
                        (plans["finished"]["id"],))
        catalog.commit()
    own.cofferd.start()
    for status, plan in plans.items():
        now = read(own, plan)
        assert now["status"] == status, now
        assert (now["status_reason"] is None) == (status == "active")
        assert [p["id"] for p in own.api.items(
            f"/v1/plans?status={status}")] == [plan["id"]]
    # Paused and let go on, nothing is owed any more.
    patch(own, plans["overdue"], {"enabled": False})
    now = patch(own, plans["overdue"], {"enabled": True})
    assert now["status"] == "active" and len(now["next_runs"]) == 5
    assert patch(own, plans["finished"], {"remarks": "over"})["status"] == \
        "finished"


# ---- rule 22

def test_rule22_a_running_backup_keeps_its_settings(
        local, mariadb, database, tmp_path):
    shop, other = database(data.shop), database(data.small)
    (tmp_path / "pool").mkdir()
    local.api.want(201, "POST", "/v1/pools", {
        "name": "second", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path / "pool")}})
    proxy = Proxy(mariadb)
    body = flow.source_body(mariadb, "through")
    body["connection"].update(host="127.0.0.1", port=proxy.port)
    local.api.want(201, "POST", "/v1/sources", body)
    before = compare.snapshot(mariadb, shop)
    plan = make(local, shop, source="through", retention_days=2)
    changes = {"name": flow.unique("renamed"), "remarks": "new",
               "enabled": False, "source": "db", "pool": "second",
               "strategy": "timer", "timer": DAILY,
               "scope": flow.scope_of(other), "retention_days": 9,
               "options": {"compression_level": 19, "grace_seconds": 7}}

    def change():
        busy = local.api.post(f"/v1/plans/{plan['id']}/execute")
        problem(busy, 409, "plan_busy")
        problem(local.api.delete(f"/v1/plans/{plan['id']}"), 409,
                "plan_busy")
        patch(local, plan, changes)
    # Everything stands still before the first rows are asked for.
    trigger = proxy.at(change, text=f"FROM `{shop}`.".encode())
    backup = local.ended_backup(execute(local, plan))
    assert trigger.check(), "nothing was changed while it ran"
    assert backup["status"] == "completed", backup
    assert backup["source"]["name"] == "through"
    assert backup["pool"]["name"] == "pool"
    assert backup["scope"] == plan["scope"]
    assert lifetime(backup) == datetime.timedelta(days=2)
    now = read(local, plan)
    for member, value in changes.items():
        if member in ("source", "pool"):
            assert now[member]["name"] == value
        elif member in ("timer", "options"):
            assert value.items() <= now[member].items()
        else:
            assert now[member] == value
    mariadb.drop(shop)
    local.restore(backup)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    after = run(local, plan)
    assert after["source"]["name"] == "db"
    assert after["pool"]["name"] == "second"
    assert after["scope"] == flow.scope_of(other)
    assert after["name"].startswith(changes["name"])
    assert lifetime(after) == datetime.timedelta(days=9)
    remove(local, plan)
    proxy.close()


# ---- rule 2

@pytest.fixture
def replica(mariadb, plain_mariadb):
    """A second server, which replicates what the first one does from now
    on."""
    position = mariadb.value("SELECT @@GLOBAL.gtid_binlog_pos")
    plain_mariadb.sql(
        f"SET GLOBAL server_id = 2; SET GLOBAL gtid_slave_pos = '{position}';"
        f"CHANGE MASTER TO MASTER_HOST = '{mariadb.host}', "
        f"MASTER_PORT = {mariadb.port}, MASTER_USER = '{mariadb.user}', "
        f"MASTER_PASSWORD = '{mariadb.password}', "
        "MASTER_USE_GTID = slave_pos; START SLAVE")
    yield plain_mariadb
    plain_mariadb.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL server_id = 1;"
                      "SET GLOBAL gtid_slave_pos = ''")


def test_rule2_plans_read_through_a_replica(local, mariadb, replica,
                                            database):
    shop = database(data.shop)
    # It goes from the second server with the first one's.
    position = mariadb.value("SELECT @@GLOBAL.gtid_binlog_pos")
    assert replica.value(f"SELECT MASTER_GTID_WAIT('{position}', 120)") == "0"
    local.cofferd.secrets.add(replica.password)
    body = flow.source_body(mariadb, "primary")
    body["read_from"] = flow.connection(mariadb)
    document = problem(local.api.post("/v1/sources", body), 422,
                       "source_check_failed")
    assert "read_from" in document["detail"], "it is no replica"
    body["read_from"] = flow.connection(replica)
    source = local.api.want(201, "POST", "/v1/sources", body)
    assert source["read_from"]["port"] == replica.port
    assert source["read_from"]["password"] == {"set": True}
    # Of a replica's own are AUTO_INCREMENT and the status of events.
    assert compare.contents(mariadb, shop) == compare.contents(replica, shop)
    before = {"plan": compare.snapshot(replica, shop),
              "manual": compare.snapshot(mariadb, shop)}
    plan = make(local, shop, source="primary")
    proxied = Proxy(replica)
    try:
        local.api.want(200, "PATCH", "/v1/sources/primary", {
            "read_from": {"host": "127.0.0.1", "port": proxied.port}})
        rows = proxied.at(lambda: None, text=f"FROM `{shop}`.".encode())
        backup = run(local, plan)
        assert rows.check(), "it was read from the primary"
        proxied.reset()
        manual = local.backup(shop, source="primary")
        assert proxied.down == 0, "a manual one reads the primary"
    finally:
        proxied.close()
    assert "read_from_replica" in [w["code"] for w in backup["warnings"]]
    local.api.want(200, "PATCH", "/v1/sources/primary",
                   {"read_from": {"port": replica.port}})
    replica.sql("STOP SLAVE")
    stale = local.ended_backup(execute(local, plan))
    assert stale["status"] == "failed", "what a stopped replica has is old"
    assert stale["error"]["code"] == "source_unavailable"
    assert manual["source"]["id"] == source["id"]
    for kind, one in (("plan", backup), ("manual", manual)):
        mariadb.drop(shop)
        local.restore(one, target={"source": "primary"})
        compare.assert_equal(before[kind], compare.snapshot(mariadb, shop))
    remove(local, plan)
