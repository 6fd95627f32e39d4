"""Plans run when they are due. Under faketime a minute of the server is half a
second of ours, or the server's clock is set to where something is due."""
import datetime
import time

import pytest

from harness import compare, data, flow, process
from harness.hurried import Hurried, HurriedWorld, library
from harness.trip import LocalWorld

FAST = 120  # connections time out early, too: one may fail on a busy machine
MINUTELY = {"cycle": "cron", "cron": "* * * * *"}

needs_faketime = pytest.mark.skipif(
    library() is None, reason="faketime is not installed")


def instant(text):
    return datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")).timestamp()


def due_times(runs):
    """Each due time that a decision covers, with the decision."""
    for run in runs:
        first, last = instant(run["due_at"]), instant(run["last_at"])
        for number in range(run["count"]):
            yield first + 60 * number, run["decision"]
        assert first + 60 * (run["count"] - 1) == last, run


def assert_each_minute_once(runs):
    """No minute is missing between the first and the last, none is there
    twice."""
    minutes = [at for at, _ in due_times(runs)]
    assert minutes == [minutes[0] + 60 * n for n in range(len(minutes))]


@pytest.fixture
def small(plain_mariadb):
    name = data.small(plain_mariadb, "planned", 50)
    yield name
    plain_mariadb.drop(name)


@pytest.fixture
def world(cofferds, plain_mariadb, tmp_path):
    """With our clock."""
    world = HurriedWorld(cofferds(env={"COFFER_RETRY_SECONDS": "1"}),
                         plain_mariadb)
    return world.prepare_sources(tmp_path / "pool", 1)


@pytest.fixture
def make_hurried(cofferds, plain_mariadb, tmp_path):
    """With a clock that runs."""
    def make(speed, minute=10):
        cofferd = cofferds(start=False, env={"COFFER_RETRY_SECONDS": "5"})
        world = HurriedWorld(cofferd, plain_mariadb)
        world.clock = Hurried(cofferd, speed, minute)
        world.clock.start()
        return world.prepare_sources(tmp_path / "pool", 2)
    return make


@pytest.fixture
def hurried(make_hurried):
    """With our speed, and a clock that can be set."""
    return make_hurried(1)


def scope_of(name):
    return {"databases": [{"name": name}]}


def have_run(world, plan):
    """Many minutes, some of them with a backup of its own that went well."""
    runs = world.runs(plan)
    return (len(list(due_times(runs))) >= 20
            and sum(r["decision"] == "run" for r in runs) > 3
            and world.api.items(f"/v1/plans/{plan['id']}/backups"
                                "?status=completed"))


@needs_faketime
def test_rule21_minutes_of_a_fast_clock(make_hurried, plain_mariadb, small):
    """Two plans for many minutes: each minute is decided once, and what is
    completed restores."""
    hurried = make_hurried(FAST)
    before = compare.snapshot(plain_mariadb, small)
    plans = [hurried.plan("one", "db", scope_of(small), timer=MINUTELY),
             hurried.plan("two", "db1", scope_of(small), timer=MINUTELY)]
    process.until(lambda: all(have_run(hurried, p) for p in plans), 150,
                  "twenty minutes are decided, and backups are completed")
    hurried.pause(plans)
    hurried.idle()
    for plan in plans:
        runs = hurried.runs(plan)
        assert_each_minute_once(runs)
        ran = [r for r in runs if r["decision"] == "run"]
        made = {b["id"]: b for b in hurried.api.items(
            f"/v1/plans/{plan['id']}/backups?limit=500")}
        assert {r["backup_id"] for r in ran} == set(made)
        for backup in made.values():
            if backup["status"] == "completed":
                good = backup
            else:
                assert backup["error"]["code"] == "connection_failed", backup
            assert backup["type"] == "automated"
            assert backup["trigger"] in ("timer", "catch_up")
            assert backup["plan"] == {"id": plan["id"], "name": plan["name"]}
        for run in ran:
            made_at = instant(made[run["backup_id"]]["started_at"])
            assert made_at >= instant(run["due_at"])
    hurried.clock.restart(speed=1)
    plain_mariadb.drop(small)
    hurried.restore(good)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, small))


@needs_faketime
@pytest.mark.parametrize("missed", ["run_once", "skip"])
def test_rule21_downtime(hurried, small, missed):
    """What was missed while the server was down: one run for all, or none."""
    plan = hurried.plan("daily", "db", scope_of(small), timer={
        "cycle": "hourly", "at": "00:00", "missed": missed})
    due = [instant(at) for at in plan["next_runs"][:3]]
    hurried.clock.restart(skip=due[2] + 300 - hurried.clock.now())
    process.until(lambda: hurried.runs(plan), 30, "it is decided")
    hurried.pause([plan])
    hurried.idle()
    runs = hurried.runs(plan)
    backups = hurried.api.items(f"/v1/plans/{plan['id']}/backups")
    if missed == "skip":
        assert [(r["decision"], r["count"]) for r in runs] == [("skipped", 3)]
        assert not backups
        return
    assert [(r["decision"], r["count"]) for r in runs] == [("merged", 2),
                                                           ("run", 1)]
    assert [instant(r["due_at"]) for r in runs] == [due[0], due[2]]
    assert [b["trigger"] for b in backups] == ["catch_up"]
    assert [b["status"] for b in backups] == ["completed"]


@needs_faketime
def test_rule21_overdue_and_finished(hurried, small):
    """A run that fails is owed, and when its grace is over the plan is
    overdue, until one is completed; a plan with no run left is finished."""
    soon = datetime.datetime.fromtimestamp(
        hurried.clock.now() + 1800, datetime.timezone.utc)
    once = {"cycle": "once", "date": f"{soon:%Y-%m-%d}",
            "at": f"{soon:%H:%M}"}
    bad = hurried.plan("bad", "db", scope_of("nowhere"), timer=once,
                       options={"grace_seconds": 60})
    good = hurried.plan("good", "db1", scope_of(small), timer=once)

    def status_of(plan):
        return hurried.api.fetch(f"/v1/plans/{plan['id']}")["status"]
    due = instant(good["next_runs"][0])
    hurried.clock.restart(skip=due - 3 - hurried.clock.now())
    process.until(lambda: status_of(good) == "finished", 60, "it is finished")
    failed, = process.until(lambda: hurried.api.items(
        f"/v1/plans/{bad['id']}/backups?status=failed"), 60, "one has failed")
    assert failed["trigger"] == "timer"
    hurried.clock.restart(skip=120)
    process.until(lambda: status_of(bad) == "overdue", 60, "it is overdue")
    assert failed["error"]["code"] == "invalid_scope"
    hurried.api.want(200, "PATCH", f"/v1/plans/{bad['id']}",
                     {"scope": scope_of(small)})
    job = hurried.api.want(202, "POST", f"/v1/plans/{bad['id']}/execute")
    assert hurried.ended_backup(job)["status"] == "completed"
    assert status_of(bad) == "finished"


@needs_faketime
def test_rule03_due_run_waits_for_its_source(hurried, small, halts):
    """While a manual backup is made, the due run of a plan is queued; then it
    is made."""
    plan = hurried.plan("patient", "db", scope_of(small), timer=MINUTELY,
                        enabled=False)
    # Not to wait long for the end of a minute; that it is far does no harm.
    hurried.clock.restart(skip=(50 - hurried.clock.now()) % 60)
    with halts(hurried, text=f"FROM `{small}`.".encode()) as halt:
        manual = hurried.start_backup(small)
        halt.reached()
        hurried.api.want(200, "PATCH", f"/v1/plans/{plan['id']}",
                         {"enabled": True})
        made, = process.until(lambda: hurried.api.items(
            f"/v1/plans/{plan['id']}/backups"), 150, "it is due")
        assert made["status"] == "queued"
        assert hurried.record(manual["id"])["status"] == "backing_up"
    hurried.pause([plan])
    manual = hurried.ended_backup(manual)
    assert manual["status"] == "completed", manual
    made = hurried.ended_backup(made)
    assert made["status"] == "completed", made
    assert instant(made["started_at"]) >= instant(manual["finished_at"])


@needs_faketime
def test_rule14_expiry_and_its_brake(hurried, plain_mariadb, small):
    """Backups go when their days are over, the last one never; none goes
    while the newest one is much smaller than the one before."""
    plan = hurried.plan("kept", "db", scope_of(small), strategy="manual",
                        timer=None, retention_days=1)
    path = f"/v1/plans/{plan['id']}"

    def execute():
        return hurried.ended_backup(
            hurried.api.want(202, "POST", f"{path}/execute"))["id"]

    def kept():
        return [b["id"] for b in hurried.api.items(f"{path}/backups")]
    first, second = execute(), execute()
    # A battery that is empty: the clock is far ahead, and is put right.
    hurried.clock.restart(skip=3650 * 86400)
    held = process.until(lambda: hurried.api.fetch(path)["expiry_held"], 30,
                         "the clock is doubted")
    assert "the clock of the server" in held["reason"]
    assert kept() == [second, first]
    hurried.clock.restart(skip=-3650 * 86400)
    process.until(lambda: not hurried.api.fetch(path)["expiry_held"], 30,
                  "the clock is believed")
    assert kept() == [second, first]
    hurried.clock.restart(skip=36 * 3600)
    process.until(lambda: kept() == [second], 30, "the first is gone")
    table = compare.base_tables(plain_mariadb, small)[0]
    plain_mariadb.sql(f"DELETE FROM {compare.quote(table)} LIMIT 40", small)
    third = execute()
    held = hurried.api.fetch(path)["expiry_held"]
    assert held and "%" in held["reason"], held
    hurried.clock.restart(skip=36 * 3600)
    expiry = {e["id"]: e for e in hurried.api.items(f"{path}/expiry")}
    assert set(expiry) == {second, third}
    assert kept() == [third, second]
    hurried.api.want(200, "POST", f"{path}/release")
    process.until(lambda: kept() == [third], 30, "the second is gone")
    assert hurried.api.fetch(path)["expiry_held"] is None
    process.until(lambda: [p.parent.name for p in hurried.folder.rglob(
        "manifest.json")] == [third], 30, "only the last one's objects lie")
    assert first not in kept()
    told = hurried.api.items("/v1/events?kind=backup")
    assert [(e["act"], e["resource"], e["who"]) for e in told] == [
        ("backup.expired", gone, "server") for gone in (second, first)]
    jobs = hurried.api.items("/v1/jobs?kind=expire")
    assert [j["status"] for j in jobs] == ["completed", "completed"]
    for event, job in zip(told, jobs, strict=True):
        log = hurried.api.get(f"/v1/jobs/{job['id']}/log").body.decode()
        assert event["resource"] in log and '(plan "kept")' in log, log
        assert job["id"] in event["detail"], event


def test_rule19_executed_is_automated(world, plain_mariadb, small):
    """By hand, of either strategy; it expires, and it restores."""
    before = compare.snapshot(plain_mariadb, small)
    for name, changes in (
            ("byhand", {"strategy": "manual", "timer": None}),
            ("timed", {"timer": {"cycle": "daily", "at": "02:30"}})):
        plan = world.plan(name, "db", scope_of(small), **changes)
        job = world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute",
                             {"description": "before the update"})
        backup = world.ended_backup(job)
        assert backup["status"] == "completed", backup
        assert (backup["type"], backup["trigger"]) == ("automated", "user")
        assert backup["description"] == "before the update"
        assert backup["name"].startswith(name + "-2")
        kept = instant(backup["expires_at"]) - instant(backup["finished_at"])
        assert kept == 7 * 86400
        plan = world.api.fetch(f"/v1/plans/{plan['id']}")
        assert plan["last_run"]["backup_id"] == backup["id"]
        assert plan["last_run"]["status"] == "completed"
    plain_mariadb.drop(small)
    world.restore(backup)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, small))


def test_rule09_rule11_executed_fails_with_the_reason(world, small):
    """What is wrong with connection or scope is the backup's error."""
    manual = {"strategy": "manual", "timer": None}
    world.server.sql("CREATE USER leaving@'%' IDENTIFIED BY 'a-secret'; "
                     "GRANT ALL ON *.* TO leaving@'%'")
    world.cofferd.secrets.add("a-secret")
    world.api.want(201, "POST", "/v1/sources", {
        "name": "left", "engine": "mysql", "connection": flow.connection(
            world.server, user="leaving", password="a-secret")})
    world.server.sql("DROP USER leaving@'%'")
    plan = world.plan("nobody", "left", scope_of(small), **manual)
    job = world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute")
    assert world.ended_backup(job)["error"]["code"] == "access_denied"
    plan = world.plan("lost", "db", scope_of("nowhere"), **manual)
    job = world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute")
    assert world.ended_backup(job)["error"]["code"] == "invalid_scope"
    world.api.want(200, "PATCH", f"/v1/plans/{plan['id']}",
                   {"scope": scope_of(small)})
    job = world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute")
    assert world.ended_backup(job)["status"] == "completed"


@needs_faketime
def test_rule21_a_clock_that_was_far_ahead(make_hurried, small):
    """A machine starts with a wrong time, and is put right: what was decided
    for the time between does not count, and the plan goes on."""
    hurried = make_hurried(1)
    # Far from now: what comes within three hours is waited for.
    far = time.gmtime(hurried.clock.now() + 12 * 3600)
    plan = hurried.plan("daily", "db", scope_of(small), timer={
        "cycle": "daily", "at": time.strftime("%H:%M", far),
        "timezone": "UTC"})
    path = f"/v1/plans/{plan['id']}"
    hurried.clock.restart(400 * 86400)
    process.until(lambda: hurried.api.items(f"{path}/backups?status=completed"),
                  30, "it is caught up")
    hurried.clock.restart(-400 * 86400)
    process.until(lambda: len(hurried.api.items(f"{path}/backups")) == 2,
                  30, "it does not wait for a year")
    hurried.idle()
    assert hurried.api.fetch(path)["next_runs"][0] in plan["next_runs"][:2]
    hurried.clock.restart(2 * 86400)
    process.until(lambda: len(hurried.api.items(f"{path}/backups")) == 3,
                  30, "its next due time is decided")
