"""Parts of backups that are files, restored into servers that run: read from a
throwaway instance, compared as any restore, and nothing of it is left."""
import contextlib
import sqlite3

import pytest

from harness import (compare, data, exact, flow, instances, process,
                     snapshots, trip)
from harness.api import problem
from test_encryption import Key
from test_instances import create

pytestmark = pytest.mark.seconds(300)

# A table that nothing else names, and what it holds.
WANTED = "order_items"


@pytest.fixture
def provisioners():
    made = instances.Provisioners()
    yield made
    made.close()


@pytest.fixture
def world(cofferds, mariadb, provisioners, tmp_path):
    """MariaDB as source "db", a folder as pool "pool"."""
    server = provisioners.serve(
        cofferds(env={"COFFER_STALL_SECONDS": "60"}, start=False))
    return trip.LocalWorld(server, mariadb).prepare(tmp_path / "pool")


@pytest.fixture
def copied(mariadb):
    """The name of a database that is not there yet, and goes with the test."""
    name = flow.unique("copy").replace("-", "_")
    yield name
    mariadb.drop(name)


def only(database, *tables):
    return {"databases": [{"name": database, "tables": list(tables)}]}


def through(provider="local", **options):
    return {"provider": provider, "options": options}


def begin(world, backup, scope, provider="local", **changes):
    return world.start_restore(backup, scope=scope,
                               through=through(provider), **changes)


def restored(world, backup, scope, **changes):
    return world.restore(backup, scope=scope, through=through(), **changes)


def over(database, *tables):
    """What is there goes."""
    return {"overwrite": True,
            "confirm": [f"{database}.{table}" for table in tables]}


def log_of(world, record):
    return world.api.get(f"/v1/jobs/{record['job_id']}/log").body.decode()


def noted(world):
    """Throwaway instances that the catalog knows of."""
    path = f"file:{world.cofferd.data}/catalog.db?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True)) as db:
        return db.execute("SELECT count(*) FROM drills").fetchone()[0]


def nothing_left(world, provisioners):
    assert provisioners.left() == []
    assert noted(world) == 0
    assert world.api.fetch("/v1/sources")["total"] == 1


def test_one_table_comes_back(world, shop, small, mariadb, provisioners):
    """As somebody wants it whose table was damaged: the others go on."""
    before = exact.snapshot(mariadb, shop)
    backup = world.backup(method="physical")
    mariadb.sql(f"DELETE FROM {WANTED} WHERE quantity > 1;"
                f"ALTER TABLE {WANTED} ADD COLUMN oops INT;"
                "CREATE TABLE newer (id INT PRIMARY KEY);"
                "INSERT INTO newer VALUES (7)", shop)
    rows = int(mariadb.value(f"SELECT COUNT(*) FROM {WANTED}", shop))
    record = restored(world, backup, only(shop, WANTED), **over(shop, WANTED))
    assert record["row_count"] > rows
    assert mariadb.value("SELECT id FROM newer", shop) == "7"
    mariadb.sql("DROP TABLE newer", shop)
    compare.assert_equal(before, exact.snapshot(mariadb, shop))
    assert "throwaway" in log_of(world, record)
    nothing_left(world, provisioners)


def test_whole_databases_under_other_names(world, shop, small, copied,
                                           mariadb, provisioners):
    """By a pattern, and with all that belongs to them."""
    backup = world.backup(method="physical")
    before = compare.contents(mariadb, shop)
    record = restored(world, backup, {"include": [f"{shop}.*"]},
                      rename={shop: copied})
    assert compare.contents(mariadb, copied) == before
    assert record["row_count"] == sum(int(n) for n, _ in before.values())
    for what in ("ROUTINES", "TRIGGERS", "VIEWS", "EVENTS"):
        column = {"ROUTINES": "ROUTINE_SCHEMA", "TRIGGERS": "TRIGGER_SCHEMA",
                  "VIEWS": "TABLE_SCHEMA", "EVENTS": "EVENT_SCHEMA"}[what]
        count = (f"SELECT COUNT(*) FROM information_schema.{what} "
                 f"WHERE {column} = '%s'")
        assert mariadb.value(count % copied) == mariadb.value(count % shop)
    nothing_left(world, provisioners)


def test_from_a_point_of_a_chain(world, shop, small, copied, mariadb,
                                 provisioners, tmp_path):
    """What the last of its backups holds, which needs the others; sealed."""
    key = Key(tmp_path, "key.txt")
    world.cofferd.secrets.add(key.secret)
    (tmp_path / "sealed").mkdir()
    world.api.want(201, "POST", "/v1/pools", {
        "name": "sealed", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path / "sealed")},
        "encryption": {"recipients": [key.public], "identity": key.text,
                       "confirm_stored": True}})
    world.api.want(201, "POST", "/v1/plans", {
        "name": "chain", "source": "db", "pool": "sealed", "strategy": "manual",
        "method": "physical", "options": {"incremental": True}})
    points = []
    for quantity in (1, 2):
        mariadb.sql(f"UPDATE {WANTED} SET quantity = quantity + {quantity}",
                    shop)
        points.append(world.ended_backup(world.api.want(
            202, "POST", "/v1/plans/chain/execute")))
        assert points[-1]["status"] == "completed", points[-1]
    assert points[1]["depends_on"] == [points[0]["id"]]
    before = compare.contents(mariadb, shop)[WANTED]
    mariadb.sql(f"UPDATE {WANTED} SET quantity = 0", shop)
    restored(world, points[1], only(shop, WANTED), rename={shop: copied})
    assert compare.contents(mariadb, copied) == {WANTED: before}
    nothing_left(world, provisioners)


def test_what_was_copied_in_part(world, shop, small, copied, mariadb,
                                 provisioners):
    """An instance of it starts and holds just that; so does what is read from
    a throwaway one."""
    tables = ["customers", "orders"]
    backup = world.backup(method="physical", scope={"databases": [
        {"name": shop, "tables": tables}, {"name": small}]})
    before = {t: compare.contents(mariadb, shop)[t] for t in tables}
    restored(world, backup, only(shop, "customers"), rename={shop: copied})
    assert compare.contents(mariadb, copied) == {
        "customers": before["customers"]}
    nothing_left(world, provisioners)
    made = create(world, backup)
    server = instances.MadeMariaDB(provisioners, made)
    world.cofferd.secrets.add(server.password)
    assert server.databases() == {shop, small}
    assert compare.contents(server, shop) == before
    assert compare.contents(server, small) == compare.contents(mariadb, small)


@pytest.mark.seconds(400)
def test_from_a_snapshot_into_another_server(has_btrfs, cofferds, mariadb,
                                             provisioners, copied, tmp_path):
    with snapshots.Btrfs(tmp_path) as fs:
        server = snapshots.OnBtrfs(
            fs, "--set", "innodb_log_file_size=16M",
            "--set", "innodb_buffer_pool_size=64M")
        try:
            server.await_ready()
            data.shop(server, "shop")
            before = compare.contents(server, "shop")
            hook, opened = snapshots.shipped(tmp_path, "btrfs")
            world = trip.LocalWorld(provisioners.serve(
                cofferds(start=False),
                snapshots.sections({"btrfs": hook}, [opened])), server)
            world.prepare(tmp_path / "pool")
            backup = world.backup(method="snapshot")
        finally:
            server.stop()
    # It is gone, and its backup is not.
    world.cofferd.secrets.add(mariadb.password)
    world.api.want(201, "POST", "/v1/sources",
                   flow.source_body(mariadb, "other"))
    restored(world, backup, only("shop", "customers", WANTED),
             target={"source": "other"}, rename={"shop": copied})
    assert compare.contents(mariadb, copied) == {
        t: before[t] for t in ("customers", WANTED)}
    assert provisioners.left() == [] and noted(world) == 0


# ---- what is said before

def test_a_check_makes_nothing(world, shop, small, copied, provisioners):
    backup = world.backup(method="physical")
    body = world.restore_body(backup, scope=only(shop, WANTED),
                              through=through("scripted"))

    def told(**changes):
        return world.api.want(200, "POST", "/v1/restores/check",
                              {**body, **changes})
    codes = [b["code"] for b in told()["blockers"]]
    assert codes == ["target_not_empty"]
    problem(world.api.post("/v1/restores", body), 409, "target_not_empty")
    silent = told(overwrite=True)
    assert [b["code"] for b in silent["blockers"]] == ["confirm_required"]
    sure = told(**over(shop, WANTED))
    assert sure["blockers"] == []
    assert sure["would_replace"] == [f"{shop}.{WANTED}"]
    assert sure["download_bytes"] == backup["stored_bytes"]
    other = told(rename={shop: copied}, scope=flow.scope_of(shop))
    assert other["blockers"] == [] and other["would_create"] == [copied]
    provisioners.acts(describe={"answer": {
        "contract": 1, "engines": [{"engine": "redis", "versions": ["7.0.1"],
                                    "methods": ["physical"]}]}})
    lacks = told(rename={shop: copied})
    assert [b["code"] for b in lacks["blockers"]] == ["target_incompatible"]
    assert "redis 7.0.1" in lacks["blockers"][0]["detail"]
    provisioners.acts(describe="silent")
    mute = told(rename={shop: copied})
    assert [b["code"] for b in mute["blockers"]] == ["provisioner_failed"]
    assert {c.split()[0] for c in provisioners.calls()} == {"describe"}
    assert world.api.fetch("/v1/restores")["total"] == 0


def test_what_cannot_be_done_is_refused(world, cofferds, small, copied,
                                        mariadb, provisioners, tmp_path):
    backup = world.backup(method="physical")

    def refused(status, code, **changes):
        body = {**world.restore_body(backup, scope=flow.scope_of(small),
                                     rename={small: copied}), **changes}
        reply = world.api.post("/v1/restores", body)
        problem(reply, status, code)
        return reply.json["detail"]
    assert '"local", "scripted"' in refused(422, "invalid_value")
    assert "nobody" in refused(422, "invalid_value", through=through("nobody"))
    refused(422, "invalid_value", through=through(),
            options={"accounts": True})
    refused(422, "invalid_value", through=through(),
            target={"provision": {"provider": "local", "name": "copy"}})
    refused(422, "required", through={})
    refused(400, "unknown_field", through={"provider": "local", "size": 1})
    refused(422, "invalid_scope", through=through(),
            scope={"databases": [0]})
    # What the files do not hold is known when somebody has looked.
    ended = world.ended_restore(begin(world, backup, only(small, "t", "u"),
                                      rename={small: copied}))
    assert ended["status"] == "failed", ended
    assert ended["error"]["code"] == "invalid_scope"
    assert f"{small}.u" in ended["error"]["detail"]
    assert copied not in mariadb.databases()
    nothing_left(world, provisioners)

    alone = trip.LocalWorld(cofferds(helper={}), mariadb)
    alone.prepare(tmp_path / "alone")
    backup = alone.backup(method="physical")
    world = alone
    assert "no provisioner is configured" in refused(409,
                                                     "target_incompatible")


# ---- bad days

@pytest.mark.parametrize("act", [
    "forget",
    {"answer": {"version": "10.11.1-MariaDB", "connection": {
        "host": "127.0.0.1", "port": 1, "user": "x", "password": "y"}}}])
def test_a_provisioner_that_fails_leaves_the_target_alone(
        world, small, mariadb, provisioners, act):
    before = compare.contents(mariadb, small)
    backup = world.backup(method="physical")
    provisioners.acts(start=act)
    ended = world.ended_restore(begin(
        world, backup, only(small, "t"), "scripted", **over(small, "t")))
    assert ended["status"] == "failed", ended
    assert ended["error"]["code"] in ("provisioner_failed",
                                      "connection_failed")
    assert compare.contents(mariadb, small) == before
    nothing_left(world, provisioners)


def test_canceled_where_it_is(world, small, copied, mariadb, halts,
                              provisioners):
    """While the instance is made, and while rows flow."""
    backup = world.backup(method="physical")
    provisioners.acts(start="wait")
    restore = begin(world, backup, flow.scope_of(small), "scripted",
                    rename={small: copied})
    provisioners.waits("start")
    world.api.want(202, "POST", f"/v1/restores/{restore['id']}/cancel")
    ended = world.ended_restore(restore)
    assert ended["status"] == "canceled", ended
    assert "in the target" not in ended["error"]["detail"]
    nothing_left(world, provisioners)

    halt = halts(world, text=b"INSERT INTO")
    restore = begin(world, backup, flow.scope_of(small),
                    rename={small: copied})
    halt.reached()
    assert len(provisioners.servers()) > 0 and noted(world) == 1
    world.api.want(202, "POST", f"/v1/restores/{restore['id']}/cancel")
    ended = world.ended_restore(restore)
    assert ended["status"] == "canceled", ended
    assert "still in the target" in ended["error"]["detail"]
    nothing_left(world, provisioners)


@pytest.mark.parametrize("moment", ["start", "rows"])
def test_killed_where_it_is(world, small, copied, halts, provisioners,
                            moment):
    """The next start destroys what there is, and says what happened."""
    backup = world.backup(method="physical")
    if moment == "rows":
        halt = halts(world, text=b"INSERT INTO")
        restore = begin(world, backup, flow.scope_of(small),
                        rename={small: copied})
        halt.reached()
    else:
        provisioners.acts(start="late")
        restore = begin(world, backup, flow.scope_of(small), "scripted",
                        rename={small: copied})
        provisioners.waits("start")
    assert noted(world) == 1
    world.cofferd.kill()
    provisioners.acts()
    world.cofferd.start()
    ended = world.api.fetch(f"/v1/restores/{restore['id']}")
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "interrupted"
    provisioners.gone(120)
    process.until(lambda: noted(world) == 0, 60, "it is forgotten")
    nothing_left(world, provisioners)


def test_a_stop_of_the_server(world, small, copied, provisioners):
    """It has no time for a provisioner; its next start has."""
    backup = world.backup(method="physical")
    provisioners.acts(start="late")
    restore = begin(world, backup, flow.scope_of(small), "scripted",
                    rename={small: copied})
    provisioners.waits("start")
    world.cofferd.stop()
    provisioners.acts()
    world.cofferd.start()
    ended = world.api.fetch(f"/v1/restores/{restore['id']}")
    assert ended["status"] in ("failed", "canceled"), ended
    provisioners.gone(120)
    process.until(lambda: noted(world) == 0, 60, "it is forgotten")
