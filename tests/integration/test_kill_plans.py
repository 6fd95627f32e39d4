"""cofferd is killed at random moments while four plans run every minute, of
which its clock makes a few seconds (faketime). In the end each due time was
decided once and its run started again at most once (because it was
interrupted), every backup that is completed is sound, and nothing else lies in
the pool. COFFER_TEST_SCHEDULE_KILLS: how often."""
import collections
import random
import time

import pytest

from harness import compare, data, process
from harness.hurried import Hurried, HurriedWorld, library
from test_schedule import MINUTELY, assert_each_minute_once, scope_of

KILLS = process.setting("SCHEDULE_KILLS", 8)
SPEED = 30
PLANS = 4
LONGEST = 3.0  # seconds between two kills

pytestmark = [
    pytest.mark.seconds(600 + 10 * KILLS),
    pytest.mark.skipif(library() is None, reason="faketime is not installed")]


@pytest.fixture
def world(cofferds, plain_mariadb, tmp_path):
    cofferd = cofferds(start=False, env={"COFFER_RETRY_SECONDS": "5"})
    world = HurriedWorld(cofferd, plain_mariadb)
    world.clock = Hurried(cofferd, SPEED, minute=10)
    world.clock.start()
    return world.prepare_sources(tmp_path / "pool", PLANS)


@pytest.fixture
def database(plain_mariadb):
    name = data.bulky(plain_mariadb, "killedplans", 12)
    yield name
    plain_mariadb.drop(name)


def strike(world):
    """At moments that are the same in each session; every second one comes
    while a backup runs, however fast the machine is."""
    chance = random.Random(20240229)
    for number in range(KILLS):
        moment = time.monotonic() + chance.uniform(0, LONGEST)
        process.until(lambda: time.monotonic() > moment, 2 * LONGEST,
                      "its moment has come")
        if number % 2:
            process.until(lambda: world.api.items("/v1/jobs?status=running"),
                          30, "a backup runs", 0.01)
        world.clock.kill()
        world.clock.start()


def all_backups(world):
    """Every backup there is, page by page."""
    found, after = [], ""
    while True:
        page = world.api.fetch(f"/v1/backups?limit=500{after}")
        found += page["items"]
        if not page["next"]:
            return found
        after = f"&after={page['next']}"


def check_runs(world, plan, backups):
    """Each minute is decided once; a run that is interrupted is started again
    once for each decision that it serves: later due times may have been merged
    into it while it waited. How many were interrupted."""
    runs = world.runs(plan)
    assert_each_minute_once(runs)
    of_due = collections.defaultdict(list)
    for backup in backups:
        if backup["plan"]["id"] == plan["id"]:
            of_due[backup["name"].split("Z")[0]].append(backup)
    again = 0
    for made in of_due.values():
        made.sort(key=lambda b: b["id"])
        assert sum(b["status"] == "completed" for b in made) <= 1, made
        started = [b for b in made if b["started_at"]]
        served = [r for r in runs if r["backup_id"] == made[-1]["id"]]
        assert len(started) <= 1 + len(served), (made, served)
        for backup in made[:-1]:
            assert backup["error"]["code"] == "interrupted", made
        again += len(made) - 1
    ran = {r["backup_id"] for r in runs if r["decision"] == "run"}
    assert ran == {made[-1]["id"] for made in of_due.values()}
    return again


def check_sound(world, backup):
    """All of it is read again and compared."""
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/verify",
                         {"read": "all"})
    assert world.api.wait_job(job["id"])["status"] == "completed"
    assert world.record(backup["id"])["verify_status"] == "passed"


def leftovers(world, completed):
    """What lies in the pool and belongs to no completed backup."""
    ids = {b["id"] for b in completed}
    return {str(path) for path in world.folder.rglob("*") if path.is_file()
            and any(part.startswith("bak_") for part in path.parts)
            and not ids & set(path.parts)}


def test_rule30_killed_while_plans_run(world, plain_mariadb, database):
    before = compare.snapshot(plain_mariadb, database)
    plans = [world.plan(f"p{n}", "db" if n == 0 else f"db{n}",
                        scope_of(database), timer=MINUTELY)
             for n in range(PLANS)]
    strike(world)
    process.until(lambda: world.api.fetch("/v1/backups?status=completed")[
        "total"] >= KILLS // 4, 150, "some backups are completed")
    world.pause(plans)
    world.idle()
    backups = all_backups(world)
    interrupted = sum(check_runs(world, plan, backups) for plan in plans)
    completed = [b for b in backups if b["status"] == "completed"]
    # Had nothing been hit, it were no test.
    assert interrupted >= KILLS // 8, backups
    for backup in completed:
        check_sound(world, backup)
    try:
        process.until(lambda: not leftovers(world, completed), 60,
                      "what was interrupted is swept")
    except AssertionError:
        assert leftovers(world, completed) == set()
        raise
    world.clock.restart(speed=1)
    plain_mariadb.drop(database)
    world.restore(completed[0])
    compare.assert_equal(before, compare.snapshot(plain_mariadb, database))
