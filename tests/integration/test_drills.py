"""POST /v1/backups/{id}/drill and the plan option: a throwaway instance proves
a backup exactly, and whatever happens nothing of it is left. The verdict is
about the backup, never about who was to make the instance."""
import contextlib
import datetime
import sqlite3
import threading
import zoneinfo

import pytest

from harness import data, flow, instances, keys, process, snapshots, trip
from harness.api import problem
from test_redis import World as RedisWorld

ZONE = "Asia/Shanghai"
# Half a day away: a due time that is noted shortly before the timer's own would
# be taken for one that a change of the zone has put off.
DAILY = {"cycle": "daily", "timezone": ZONE,
         "at": (datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)) +
                datetime.timedelta(hours=12)).strftime("%H:%M")}


@pytest.fixture
def provisioners():
    made = instances.Provisioners()
    yield made
    made.close()


@pytest.fixture
def world(cofferds, plain_mariadb, provisioners, tmp_path):
    """MariaDB as source "db", a folder as pool "pool"."""
    server = provisioners.serve(
        cofferds(env={"COFFER_STALL_SECONDS": "20"}, start=False))
    return trip.LocalWorld(server, plain_mariadb).prepare(tmp_path / "pool")


@pytest.fixture
def drilled(plain_mariadb):
    name = data.small(plain_mariadb, "drilled", 500)
    yield name
    plain_mariadb.drop(name)


@pytest.fixture
def backed_up(world, drilled):
    return world.backup(drilled)


def begin(world, backup, provider="local", **body):
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/drill",
                         {"provider": provider, **body})
    assert (job["kind"], job["resource"]) == ("drill", backup["id"])
    return job


def ended(world, job, seconds=180):
    """The job when it has ended, and what its backup says after it."""
    job = world.api.wait_job(job["id"], seconds)
    return job, world.record(job["resource"])["last_drill"]


def drill(world, backup, **changes):
    return ended(world, begin(world, backup, **changes))


def passed(world, backup, **changes):
    """One that must pass; what the backup says."""
    job, last = drill(world, backup, **changes)
    assert job["status"] == "completed", job
    assert job["progress"]["percent"] == 100
    assert last["verdict"] == "passed" and last["error"] is None
    assert last["job_id"] == job["id"]
    assert last["backup_id"] == backup["id"]
    assert job["created_at"] <= last["at"] <= job["finished_at"]
    assert 1 <= last["seconds"] < 120
    return last


def log_of(world, job):
    return world.api.get(f"/v1/jobs/{job['id']}/log").body.decode()


def acts(world, resource):
    return [e["act"] for e in world.api.items(
        f"/v1/events?resource={resource}")]


# ---- what is proven

def test_a_mariadb_backup_passes(world, backed_up, provisioners):
    job = begin(world, backed_up)
    process.until(provisioners.servers, 60, "the instance runs")
    assert world.api.fetch("/v1/sources")["total"] == 1
    job, last = ended(world, job)
    assert job["status"] == "completed", job
    assert last["verdict"] == "passed"
    assert last["rows"] == backed_up["row_count"] > 0
    assert provisioners.left() == []
    assert world.api.fetch("/v1/sources")["total"] == 1
    assert "proven after" in log_of(world, job)
    told = acts(world, backed_up["id"])
    assert "drill.started" in told and "drill.passed" in told
    assert "backup.drill" in told


def test_a_second_drill_takes_the_place_of_the_first(world, backed_up):
    first = passed(world, backed_up)
    second = passed(world, backed_up)
    assert second["job_id"] != first["job_id"]


def test_a_damaged_part_fails_it(world, backed_up, provisioners):
    part = sorted((world.folder_of(backed_up) / "data").iterdir())[0]
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 4
    part.write_bytes(content)
    job, last = drill(world, backed_up)
    assert (job["status"], job["error"]["code"]) == ("failed",
                                                     "damaged_backup")
    assert last["verdict"] == "failed"
    assert last["error"]["code"] == "damaged_backup"
    assert provisioners.left() == []
    assert "drill.failed" in acts(world, backed_up["id"])


def test_a_missing_manifest_fails_it(world, backed_up):
    (world.folder_of(backed_up) / "manifest.json").unlink()
    job, last = drill(world, backed_up)
    assert job["status"] == "failed"
    assert last["verdict"] == "failed", job


def test_a_pool_that_is_away_is_no_verdict(world, backed_up):
    passed(world, backed_up)
    away = world.folder.with_name("away")
    world.folder.rename(away)
    job, last = drill(world, backed_up)
    away.rename(world.folder)
    assert job["status"] == "failed"
    assert last["verdict"] == "passed"


def test_an_instance_that_differs_fails_it(world, mariadb, database,
                                           provisioners):
    """Somebody takes a row away while the rest is still on its way."""
    name = database(data.small, 40, server=world.server)
    world.server.sql(
        f"USE {name}; CREATE TABLE {name}.zz (id INT PRIMARY KEY, b VARBINARY(1024));"
        f"INSERT INTO {name}.zz SELECT seq, RANDOM_BYTES(1024)"
        " FROM seq_1_to_30000")
    table = world.server.value(
        "SELECT table_name FROM information_schema.tables WHERE"
        f" table_schema = '{name}' AND table_type = 'BASE TABLE'"
        " AND table_name <> 'zz' ORDER BY 1 LIMIT 1")
    backup = world.backup(name)
    place = flow.connection(mariadb)
    provisioners.acts(
        prepare={"answer": {"wants": "connection"}},
        start={"answer": {"connection": place,
                          "version": backup["source"]["version"]}},
        destroy={"answer": {"state": "absent"}})
    is_over = threading.Event()

    def thief():
        while not is_over.is_set():
            with contextlib.suppress(AssertionError):  # not there yet
                mariadb.sql(f"DELETE FROM {name}.{table} LIMIT 1")

    stealing = threading.Thread(target=thief)
    stealing.start()
    try:
        job, last = drill(world, backup, provider="scripted")
    finally:
        is_over.set()
        stealing.join()
        mariadb.drop(name)
    assert job["status"] == "failed"
    assert job["error"]["code"] == "verification_failed", log_of(world, job)
    assert last["verdict"] == "failed"
    assert table in last["error"]["detail"]


# ---- files

def test_a_physical_backup_passes(world, drilled, provisioners):
    backup = world.backup(method="physical")
    last = passed(world, backup)
    assert last["rows"] >= 500
    assert provisioners.left() == []


def test_files_that_lack_a_table_fail_it(world, drilled, provisioners):
    backup = world.backup(method="physical")
    provisioners.acts(start="wait")
    job = begin(world, backup, provider="scripted")
    provisioners.waits("start")
    files = sorted(provisioners.instances.glob(
        f"src_*/data/{drilled}/*.frm"))
    files[0].unlink()
    provisioners.go()
    job, last = ended(world, job)
    assert job["error"]["code"] == "verification_failed", job
    assert last["verdict"] == "failed"
    assert provisioners.left() == []


@pytest.mark.seconds(300)
def test_a_snapshot_passes(has_btrfs, cofferds, provisioners, tmp_path):
    with snapshots.Btrfs(tmp_path) as fs:
        server = snapshots.OnBtrfs(
            fs, "--set", "innodb_log_file_size=16M",
            "--set", "innodb_buffer_pool_size=64M")
        try:
            server.await_ready()
            data.shop(server, "shop")
            hook, opened = snapshots.shipped(tmp_path, "btrfs")
            world = trip.LocalWorld(provisioners.serve(
                cofferds(start=False),
                snapshots.sections({"btrfs": hook}, [opened])), server)
            world.prepare(tmp_path / "pool")
            assert passed(world, world.backup(method="snapshot"))["rows"] > 0
        finally:
            server.stop()
    assert provisioners.left() == []


# ---- Redis

@pytest.fixture
def redis_world(cofferds, redis, provisioners, tmp_path):
    server = provisioners.serve(cofferds(start=False))
    return RedisWorld(server, redis).prepare(tmp_path / "pool")


def test_a_redis_backup_passes(redis_world, redis, provisioners):
    before = keys.snapshot(keys.fill(redis))
    last = passed(redis_world, redis_world.backup())
    assert last["keys"] == len(before) - 1
    assert last["rows"] == 0
    assert provisioners.left() == []


def test_a_redis_that_holds_something_else_fails_it(redis_world, redis,
                                                    provisioners):
    with redis.client() as c:
        c.mset({"a": 1, "b": 2})
    backup = redis_world.backup()
    provisioners.acts(start="wait")
    job = begin(redis_world, backup, provider="scripted")
    provisioners.waits("start")
    (dump,) = provisioners.instances.glob("src_*/data/dump.rdb")
    with redis.client() as c:
        c.set("b", 3)
        c.save()
    dump.write_bytes((redis.dir / "data" / "dump.rdb").read_bytes())
    provisioners.go()
    job, last = ended(redis_world, job)
    assert job["error"]["code"] == "verification_failed"
    assert last["verdict"] == "failed"
    assert provisioners.left() == []


# ---- who cannot make an instance says nothing about the backup

@pytest.mark.parametrize("operation,act", [
    ("prepare", "refuse"), ("prepare", "babble"), ("start", "refuse"),
    ("start", "forget"), ("prepare", "late")])
def test_a_provisioner_that_fails_is_no_verdict(world, backed_up,
                                                provisioners, operation,
                                                act):
    before = passed(world, backed_up)
    provisioners.acts(**{operation: act})
    job, last = drill(world, backed_up, provider="scripted")
    assert (job["status"], job["error"]["code"]) == ("failed",
                                                     "provisioner_failed")
    assert operation in job["error"]["detail"]
    assert last == before
    assert provisioners.left() == []


def test_a_server_that_dies_is_no_verdict(world, backed_up, provisioners):
    """It runs, and is gone when the data come."""
    provisioners.acts(start={"answer": {
        "version": backed_up["source"]["version"], "connection": {
            "host": "127.0.0.1", "port": 1, "user": "x", "password": "y"}}})
    job, last = drill(world, backed_up, provider="scripted")
    assert job["status"] == "failed"
    assert last is None
    assert provisioners.left() == []


def test_what_cannot_be_destroyed_keeps_its_verdict(world, backed_up,
                                                    provisioners):
    provisioners.acts(destroy="refuse")
    job, last = drill(world, backed_up, provider="scripted")
    assert job["status"] == "completed"
    assert last["verdict"] == "passed"
    assert "not destroyed" in log_of(world, job)
    assert provisioners.left()
    provisioners.acts()
    world.cofferd.restart()
    provisioners.gone()


# ---- what is asked for

@pytest.mark.parametrize("body,code,words", [
    ({}, "invalid_value", ["local", "scripted"]),
    ({"provider": "nobody"}, "invalid_value", ["nobody", "local"]),
    ({"provider": 5}, "invalid_type", []),
    ({"provider": "local", "options": 5}, "invalid_type", []),
    ({"provider": "local", "speed": 5}, "unknown_field", [])])
def test_rule28_what_cannot_be(world, backed_up, body, code, words):
    reply = world.api.post(f"/v1/backups/{backed_up['id']}/drill", body)
    problem(reply, reply.status, code)
    assert reply.status in (400, 422)
    for word in words:
        assert word in reply.body.decode()
    assert world.api.fetch("/v1/jobs?kind=drill")["total"] == 0


def test_without_a_helper_it_says_so(cofferds, plain_mariadb, drilled,
                                     tmp_path):
    server = cofferds()
    world = trip.LocalWorld(server, plain_mariadb).prepare(tmp_path / "p")
    backup = world.backup(drilled)
    reply = world.api.post(f"/v1/backups/{backup['id']}/drill", {})
    assert reply.status >= 400
    assert "helper" in reply.body.decode()


def test_rule13_a_drilled_backup_stays(world, backed_up, provisioners):
    provisioners.acts(start="wait")
    job = begin(world, backed_up, provider="scripted")
    provisioners.waits("start")
    assert world.record(backed_up["id"])["restoring"] is True
    problem(world.api.delete(f"/v1/backups/{backed_up['id']}"), 409,
            "backup_in_use")
    problem(world.api.post(f"/v1/backups/{backed_up['id']}/drill",
                           {"provider": "local"}), 409, "backup_in_use")
    # The source itself is nobody's: it is backed up meanwhile.
    world.backup(source="db")
    provisioners.go()
    job, last = ended(world, job)
    assert last["verdict"] == "passed"
    world.api.want(202, "DELETE", f"/v1/backups/{backed_up['id']}")


@pytest.mark.parametrize("operation", ["prepare", "start"])
def test_rule12_canceled(world, backed_up, provisioners, operation):
    provisioners.acts(**{operation: "wait"})
    job = begin(world, backed_up, provider="scripted")
    provisioners.waits(operation)
    world.api.want(202, "POST", f"/v1/jobs/{job['id']}/cancel")
    job, last = ended(world, job)
    assert job["status"] == "canceled"
    assert last is None
    assert provisioners.left() == []


def test_one_at_a_time(world, backed_up, drilled, provisioners):
    other = world.backup(drilled)
    provisioners.acts(prepare="wait")
    first = begin(world, backed_up, provider="scripted")
    provisioners.waits("prepare")
    second = begin(world, other, provider="local")
    assert world.api.fetch(f"/v1/jobs/{second['id']}")["status"] == "queued"
    world.api.want(202, "POST", f"/v1/jobs/{first['id']}/cancel")
    assert ended(world, second)[1]["verdict"] == "passed"
    provisioners.gone()


# ---- cut

@pytest.mark.parametrize("operation,act", [
    ("prepare", "wait"), ("start", "wait"), ("start", "late"),
    ("destroy", "wait")])
def test_rule30_killed(world, backed_up, provisioners, operation, act):
    provisioners.acts(**{operation: act})
    job = begin(world, backed_up, provider="scripted")
    provisioners.waits(operation)
    world.cofferd.kill()
    provisioners.acts()
    world.cofferd.start()
    job, last = ended(world, job)
    assert (job["status"], job["error"]["code"]) == ("failed", "interrupted")
    assert last is None
    provisioners.gone()
    assert passed(world, backed_up, provider="local")


@pytest.mark.parametrize("phase", ["data", "verify"])
def test_rule30_killed_while_data_flows(world, database, provisioners,
                                        phase):
    backup = world.backup(database(data.bulky, 60, server=world.server))
    job = begin(world, backup)
    world.wait_phase(job["id"], phase)
    world.cofferd.kill()
    world.cofferd.start()
    assert ended(world, job)[0]["error"]["code"] == "interrupted"
    provisioners.gone()


def test_rule30_stopped(world, backed_up, provisioners):
    provisioners.acts(start="wait")
    job = begin(world, backed_up, provider="scripted")
    provisioners.waits("start")
    world.cofferd.stop()
    provisioners.acts()
    world.cofferd.start()
    job, last = ended(world, job)
    assert (job["status"], job["error"]["code"]) == ("failed", "interrupted")
    assert last is None
    provisioners.gone()


# ---- plans

def plan(world, name="nightly", **changes):
    body = {"name": name, "source": "db", "pool": "pool",
            "strategy": "manual", "retention_days": 7,
            "options": {"drill": {"timer": DAILY, "provider": "local"}}}
    return world.api.want(201, "POST", "/v1/plans", {**body, **changes})


def execute(world, plan_):
    made = world.api.want(202, "POST", f"/v1/plans/{plan_['id']}/execute",
                          {})
    return world.ended_backup(made)


def due(world, minutes=5):
    """The server was away when a drill of each plan was due."""
    world.cofferd.stop()
    with sqlite3.connect(world.cofferd.data / "catalog.db") as catalog:
        catalog.execute(
            "UPDATE plans SET next_drill_at ="
            " (CAST(strftime('%s', 'now') AS INTEGER) - ?) * 1000"
            " WHERE next_drill_at > 0", (60 * minutes,))
    catalog.close()
    world.cofferd.start()


def shown(world, plan_):
    return world.api.fetch(f"/v1/plans/{plan_['id']}")


def last_of(world, plan_, seconds=120):
    process.until(lambda: shown(world, plan_)["last_drill"] is not None,
                  seconds, "the plan has drilled")
    return shown(world, plan_)["last_drill"]


def test_a_due_drill_proves_the_newest_backup(world, drilled, provisioners):
    made = plan(world, scope=flow.scope_of(drilled))
    assert made["next_drill_at"] > made["created_at"]
    assert made["last_drill"] is None
    execute(world, made)
    newest = execute(world, made)
    due(world, 3 * 24 * 60)
    last = last_of(world, made)
    assert last["verdict"] == "passed"
    assert last["backup_id"] == newest["id"]
    assert last["rows"] == newest["row_count"]
    assert world.record(newest["id"])["last_drill"] == last
    # Three were missed: they are run once.
    assert world.api.fetch("/v1/jobs?kind=drill")["total"] == 1
    assert shown(world, made)["next_drill_at"] > last["at"]
    assert provisioners.left() == []


def test_a_plan_without_a_backup_says_so(world, provisioners):
    made = plan(world)
    for _ in range(2):
        due(world)
        last = last_of(world, made)
        assert (last["verdict"], last["error"]["code"]) == ("none",
                                                            "no_backup")
    assert acts(world, made["id"]).count("plan.drill_failed") == 1


def test_a_paused_plan_does_not_drill(world, drilled, provisioners):
    made = plan(world, enabled=False, scope=flow.scope_of(drilled))
    other = plan(world, "other")
    execute(world, made)
    assert made["next_drill_at"] is None
    due(world)
    last_of(world, other)
    assert shown(world, made)["last_drill"] is None
    assert world.api.fetch("/v1/jobs?kind=drill")["total"] == 0


def test_a_due_drill_that_fails_is_the_plans_news(world, drilled,
                                                  provisioners):
    provisioners.acts(prepare="refuse")
    made = plan(world, scope=flow.scope_of(drilled), options={
        "drill": {"timer": DAILY, "provider": "scripted"}})
    newest = execute(world, made)
    due(world)
    last = last_of(world, made)
    assert (last["verdict"], last["error"]["code"]) == (
        "none", "provisioner_failed")
    assert "the moon" in last["error"]["detail"]
    assert world.record(newest["id"])["last_drill"] is None
    assert "plan.drill_failed" in acts(world, made["id"])


def test_rule30_a_due_drill_that_is_cut_is_told(world, drilled,
                                                provisioners):
    provisioners.acts(start="wait")
    made = plan(world, scope=flow.scope_of(drilled), options={
        "drill": {"timer": DAILY, "provider": "scripted"}})
    execute(world, made)
    due(world)
    provisioners.waits("start")
    world.cofferd.kill()
    provisioners.acts()
    world.cofferd.start()
    last = last_of(world, made)
    assert (last["verdict"], last["error"]["code"]) == ("none",
                                                        "interrupted")
    provisioners.gone()


@pytest.mark.parametrize("drill_,code,pointer", [
    ({"timer": {**DAILY, "at": "25:00"}}, "invalid_timer",
     "/options/drill/timer/at"),
    ({"timer": {**DAILY, "timezone": "Mars/Base"}}, "invalid_timer",
     "/options/drill/timer/timezone"),
    ({"timer": {**DAILY, "colour": 1}}, "unknown_field",
     "/options/drill/timer/colour"),
    ({"timer": {"cycle": "once", "date": "2001-01-01", "at": "02:30"}},
     "invalid_timer", "/options/drill/timer"),
    ({}, "required", "/options/drill/timer"),
    ({"timer": DAILY, "provider": 5}, "invalid_type",
     "/options/drill/provider"),
    ({"timer": DAILY, "when": 5}, "unknown_field", "/options/drill/when"),
    (5, "invalid_type", "/options/drill")])
def test_rule28_drills_that_cannot_be(world, drill_, code, pointer):
    reply = world.api.post("/v1/plans", {
        "name": "nightly", "source": "db", "pool": "pool",
        "strategy": "manual", "options": {"drill": drill_}})
    assert reply.status in (400, 422), repr(reply)
    problem(reply, reply.status, code, [pointer])
    assert world.api.fetch("/v1/plans")["total"] == 0


def patched(world, plan_, options):
    return world.api.want(200, "PATCH", f"/v1/plans/{plan_['id']}",
                          {"options": options})


def test_rule22_a_plans_drill_changes(world):
    made = plan(world)
    timer = made["options"]["drill"]["timer"]
    assert timer["cycle"] == "daily" and timer["at"] == DAILY["at"]
    same = patched(world, made, {"compression_level": 5})
    assert same["next_drill_at"] == made["next_drill_at"]
    assert same["options"]["drill"] == made["options"]["drill"]
    weekly = patched(world, made, {"drill": {"timer": {
        "cycle": "weekly", "weekdays": ["mon"]}}})
    assert weekly["options"]["drill"]["timer"]["weekdays"] == ["mon"]
    assert weekly["options"]["drill"]["timer"]["at"] == DAILY["at"]
    assert weekly["options"]["drill"]["provider"] == "local"
    cron = patched(world, made, {"drill": {"timer": {
        "cycle": "cron", "cron": "7 3 * * *"}}})
    assert cron["options"]["drill"]["timer"]["cron"] == "7 3 * * *"
    assert cron["next_drill_at"].endswith(":07:00Z")
    # What was read may be written.
    assert patched(world, made, cron["options"])["options"] == \
        cron["options"]
    paused = world.api.want(200, "PATCH", f"/v1/plans/{made['id']}",
                            {"enabled": False})
    assert paused["next_drill_at"] is None
    none = patched(world, made, {"drill": None})
    assert none["options"]["drill"] is None
    again = world.api.want(200, "PATCH", f"/v1/plans/{made['id']}",
                           {"enabled": True})
    assert again["next_drill_at"] is None
