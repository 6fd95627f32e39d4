"""Rule 17: a bucket that holds backups gives them back to a server that has
lost everything else, and two servers on one bucket leave each other's work
alone."""
import contextlib
import json
import os
import shutil
import signal

import pytest

from harness import compare, data, flow, process
from harness.api import problem
from harness.hurried import Hurried, library
from harness.trip import LocalWorld

GONE = (200, 202, 204)
# What another server cannot know: where the backup's job ran, and when it was
# asked for rather than begun.
OWN = {"job_id", "created_at", "owner", "phases", "bottleneck", "pool",
       "revision", "save_path", "held"}


def local_pool(folder, name="pool"):
    return {"name": name, "storage_type": "local_directory",
            "local_directory": {"path": str(folder)}}


def whole_seconds(record):
    """Manifests keep whole seconds, and so does the API."""
    return {k: v for k, v in record.items() if k not in OWN}


class Two:
    """Two servers, one source, one folder as the pool of both."""

    def __init__(self, cofferds, mariadb, folder, **settings):
        self.folder = folder
        self.first = LocalWorld(cofferds(**settings), mariadb).prepare(
            folder, part_bytes=1 << 20)
        self.cofferds, self.mariadb = cofferds, mariadb
        self.settings = settings

    def another(self, source="target"):
        """A new server on the same folder, with the instance registered
        under another name."""
        world = LocalWorld(self.cofferds(**self.settings), self.mariadb)
        world.folder = self.folder
        world.api.want(201, "POST", "/v1/sources",
                       flow.source_body(self.mariadb, source))
        world.pool = world.api.want(201, "POST", "/v1/pools",
                                    local_pool(self.folder))
        world.restore_body = lambda backup, **changes: {
            "backup": backup["id"], "target": {"source": source}, **changes}
        return world

    def files_of(self, backup):
        """Objects: what a killed writer has begun is none, and goes later."""
        return sorted(p for p in self.folder.rglob("*")
                      if p.is_file() and backup["id"] in p.parts
                      and not p.name.startswith(".coffer-tmp_"))


@pytest.fixture
def begin(database, halts):
    """Begins a backup that stands still when some of it is stored, and goes
    on when the block ends: with begin(world) as backup."""
    @contextlib.contextmanager
    def begin(world):
        name = database(data.bulky, 12)
        with halts(world, down=10 << 20):
            backup = world.start_backup(name)
            world.wait_stored(backup["job_id"])
            yield backup
    return begin


@pytest.fixture
def two(cofferds, mariadb, tmp_path):
    return Two(cofferds, mariadb, tmp_path / "pool")


def test_rule17_lost_server_loses_nothing(two, shop, mariadb):
    """Killed, its folder deleted: another one sees every field and restores
    what was backed up."""
    first = two.first
    before = compare.snapshot(mariadb, shop)
    told = [first.backup(shop, description="Before the fire, 50 % off"),
            first.backup(shop)]
    first.cofferd.kill()
    shutil.rmtree(first.cofferd.data)

    second = two.another()
    assert second.pool["status"] == "available", second.pool
    assert second.pool["backup_count"] == 2
    for backup in told:
        found = second.record(backup["id"])
        assert whole_seconds(found) == whole_seconds(backup)
        assert found["save_path"] == backup["save_path"]
        assert found["owner"] == {
            "server_id": backup["owner"]["server_id"], "this": False}
        assert found["pool"]["id"] == second.pool["id"]
    mariadb.drop(shop)
    second.restore(told[0])
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_rule17_adopted_is_read_only(two, small):
    """Neither deleted nor swept by a server that did not make it."""
    backup = two.first.backup(small)
    second = two.another()
    files = two.files_of(backup)
    problem(second.api.delete(f"/v1/backups/{backup['id']}"), 409,
            "not_owner")
    assert two.files_of(backup) == files
    assert second.record(backup["id"])["status"] == "completed"
    # Its owner may, and reading again shows it.
    two.first.api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
    two.first.api.wait_gone(f"/v1/backups/{backup['id']}")
    job = second.api.want(202, "POST", "/v1/pools/pool/adopt")
    assert job["kind"] == "adopt"
    assert second.api.wait_job(job["id"])["status"] == "completed"
    assert second.api.get(f"/v1/backups/{backup['id']}").status == 404


def test_rule17_a_reading_that_was_cut_is_begun_again(
        cofferds, mariadb, tmp_path, small):
    """The pool was away while it was read. It is read again when it answers,
    or at the next start: nobody has to ask."""
    two = Two(cofferds, mariadb, tmp_path / "pool",
              env={"COFFER_PROBE_SECONDS": "1"})
    second, away = two.another(), two.folder.with_name("away")
    status = lambda: second.api.fetch("/v1/pools/pool")["status"]
    for is_killed in (False, True):
        backup = two.first.backup(small)
        two.folder.rename(away)
        two.folder.write_text("no folder")
        process.until(lambda: status() == "unreachable", 60, "it is away")
        job = second.api.want(202, "POST", "/v1/pools/pool/adopt")
        assert second.api.wait_job(job["id"])["status"] == "failed"
        if is_killed:
            second.cofferd.kill()
        two.folder.unlink()
        away.rename(two.folder)
        if is_killed:
            second.cofferd.start()
        process.until(lambda: second.api.get(
            f"/v1/backups/{backup['id']}").status == 200, 60, "it is read")
        process.until(lambda: status() == "available", 60, "it answers")


def test_rule17_names_collide_and_quota_does_not_count(
        cofferds, mariadb, tmp_path, small):
    two = Two(cofferds, mariadb, tmp_path / "pool",
              env={"COFFER_MANUAL_BACKUPS_MAX": "2"})
    mine = [two.first.backup(small, name=name)
            for name in ("Nightly", "weekly")]
    second = LocalWorld(cofferds(env={"COFFER_MANUAL_BACKUPS_MAX": "2"}),
                        mariadb).prepare(tmp_path / "other")
    own = second.backup(small, name="NIGHTLY")
    second.api.want(201, "POST", "/v1/pools",
                    local_pool(two.folder, "shared"))
    names = {b["id"]: b["name"] for b in second.api.items("/v1/backups")}
    assert names == {own["id"]: "NIGHTLY", mine[0]["id"]: "Nightly-2",
                     mine[1]["id"]: "weekly"}
    second.backup(small, name="second-of-two")
    problem(second.api.post("/v1/backups", second.backup_body(small)), 409,
            "quota_exceeded")


def test_rule17_damaged_ones_are_not_adopted(two, small):
    """A manifest that was changed, or that somebody else wrote for a backup
    that is known, is none."""
    good, bad = two.first.backup(small), two.first.backup(small)
    path = two.first.folder_of(bad) / "manifest.json"
    document = json.loads(path.read_text())
    document["name"] = "forged"
    path.write_text(json.dumps(document, sort_keys=True,
                               separators=(",", ":")))
    second = two.another()
    assert [b["id"] for b in second.api.items("/v1/backups")] == [good["id"]]
    job = second.api.want(202, "POST", "/v1/pools/pool/adopt")
    second.api.wait_job(job["id"])
    log = second.api.get(f"/v1/jobs/{job['id']}/log").body.decode()
    assert bad["id"] in log and "1 are damaged" in log, log


def test_rule17_leftovers_of_another_server_stay(two, begin):
    """What a killed server left is its own to sweep: not another's, whatever
    it restarts or binds."""
    first = two.first
    with begin(first) as backup:
        first.cofferd.kill()
    files = two.files_of(backup)
    assert any(p.name == "owner.json" for p in files)
    assert not any(p.name == "manifest.json" for p in files)
    second = two.another()
    second.cofferd.restart()
    job = second.api.want(202, "POST", "/v1/pools/pool/adopt")
    second.api.wait_job(job["id"])
    assert two.files_of(backup) == files
    first.cofferd.start()
    process.until(lambda: not two.files_of(backup), 90, "it is swept")


def server_files(folder):
    return {p.stem: json.loads(p.read_text())
            for p in (folder / "coffer" / "v1" / "servers").glob("*.json")}


def plan_body(**changes):
    return {"name": "nightly", "source": "db", "pool": "pool",
            "strategy": "timer", "method": "logical", "retention_days": 9,
            "timer": {"cycle": "daily", "at": "02:30",
                      "timezone": "Europe/Berlin"}, **changes}


def published(world, plan):
    """Until the pool says that there is this plan."""
    process.until(
        lambda: plan["id"] in [p["id"] for f in
                               server_files(world.folder).values()
                               for p in f["plans"]], 30, "it is published")


def take_over(world, server_id):
    return world.api.want(200, "POST", "/v1/pools/pool/takeover",
                          {"server": server_id})


def test_rule17_takeover(two, shop, mariadb):
    """All that a server was goes to another: its backups can be deleted
    there, its source works when its secret is given, its plan is paused."""
    first = two.first
    plan = first.api.want(201, "POST", "/v1/plans", plan_body())
    run = first.api.want(202, "POST", "/v1/plans/nightly/execute")
    kept = first.ended_backup(run)
    assert kept["status"] == "completed"
    gone = first.backup(shop)
    published(first, plan)
    old = kept["owner"]["server_id"]
    text = json.dumps(server_files(two.folder)[old])
    assert mariadb.password not in text
    first.cofferd.kill()
    shutil.rmtree(first.cofferd.data)

    second = two.another()
    problem(second.api.delete(f"/v1/backups/{gone['id']}"), 409, "not_owner")
    report = take_over(second, old)
    assert report == {"backups": 2, "sources": 1, "plans": 1,
                      "secrets_needed": ["db"]}
    # Once more, as after a cut: the same, and nothing twice.
    assert take_over(second, old) == {**report, "backups": 0}

    found = second.record(kept["id"])
    assert found["owner"]["this"] is True
    assert found["plan"] == {"id": plan["id"], "name": "nightly"}
    assert found["type"] == "automated" and found["trigger"] == "user"
    assert found["expires_at"] == kept["expires_at"]
    assert found["source"] == kept["source"]
    taken = second.api.fetch("/v1/plans/nightly")
    assert taken["id"] == plan["id"] and taken["enabled"] is False
    assert taken["status"] == "paused", taken
    for member in ("timer", "retention_days", "scope", "method", "strategy"):
        assert taken[member] == plan[member]
    assert taken["pool"]["id"] == second.pool["id"]
    source = second.api.fetch("/v1/sources/db")
    assert source["id"] == kept["source"]["id"]
    assert source["status"] == "unreachable"
    second.api.want(200, "PATCH", "/v1/sources/db", {
        "connection": {"password": mariadb.password}})
    second.api.want(200, "PATCH", "/v1/plans/nightly", {"enabled": True})
    run = second.api.want(202, "POST", "/v1/plans/nightly/execute")
    assert second.ended_backup(run)["status"] == "completed"

    second.api.want(GONE, "DELETE", f"/v1/backups/{gone['id']}")
    second.api.wait_gone(f"/v1/backups/{gone['id']}")
    assert not two.files_of(gone)
    assert server_files(two.folder)[old]["taken_over"]["by"] == \
        found["owner"]["server_id"]


def test_rule17_takeover_of_leftovers(two, small, begin):
    """What a lost server left half is the new owner's to sweep."""
    first = two.first
    first.backup(small)
    with begin(first) as backup:
        first.cofferd.kill()
    shutil.rmtree(first.cofferd.data)
    second = two.another()
    assert second.api.get(f"/v1/backups/{backup['id']}").status == 404
    assert two.files_of(backup)
    report = take_over(second, backup["owner"]["server_id"])
    assert report["backups"] == 2
    process.until(lambda: not two.files_of(backup), 30, "it is swept")
    assert second.api.fetch("/v1/backups")["total"] == 1


def test_rule17_the_old_server_lets_go(two, small):
    """It lives after all: it does not delete what another one has taken."""
    first = two.first
    backup = first.backup(small)
    second = two.another()
    take_over(second, backup["owner"]["server_id"])
    files = two.files_of(backup)
    # Its catalog does not know; the pool does.
    gone = first.api.call("DELETE", f"/v1/backups/{backup['id']}")
    assert gone.status in GONE
    job = first.record(backup["id"])["job_id"]
    assert first.api.wait_job(job)["status"] == "failed"
    assert [p for p in two.files_of(backup)] == files
    # It reads the pool again, and knows.
    process.until(lambda: first.record(backup["id"])["status"] == "completed",
                  30, "it is shown as the other server's")
    assert first.record(backup["id"])["owner"]["this"] is False
    problem(first.api.delete(f"/v1/backups/{backup['id']}"), 409,
            "not_owner")


def test_rule17_taken_over_while_it_is_made(two, begin):
    """A server that seems to be dead wakes up in the middle of a backup that
    another one has taken over and swept: it is not called completed."""
    first = two.first
    with begin(first) as backup:
        os.kill(first.cofferd.pid, signal.SIGSTOP)
    try:
        second = two.another()
        take_over(second, backup["owner"]["server_id"])
        process.until(lambda: not two.files_of(backup), 30, "it is swept")
    finally:
        os.kill(first.cofferd.pid, signal.SIGCONT)
    ended = first.ended_backup(backup)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "not_owner")
    assert not any(p.name == "manifest.json" for p in two.files_of(backup))


@pytest.mark.parametrize("server, status, code", [
    ("srv_00000000000000000000000000", 404, "not_found"),
    ("nonsense", 422, "invalid_value"), (None, 422, "required")])
def test_takeover_of_nobody(two, server, status, code):
    reply = two.first.api.post("/v1/pools/pool/takeover", {"server": server})
    problem(reply, status, code)


def test_takeover_of_oneself(two, small):
    own = two.first.backup(small)["owner"]["server_id"]
    problem(two.first.api.post("/v1/pools/pool/takeover", {"server": own}),
            422, "invalid_value")


def test_rule17_on_a_bucket(world, cofferds, bucket, mariadb, shop):
    """The same on S3: seen, restored, taken over, deleted."""
    before = compare.snapshot(mariadb, shop)
    backup = world.backup(shop)
    old = backup["owner"]["server_id"]
    process.until(lambda: f"coffer/v1/servers/{old}.json" in bucket.objects(),
                  30, "it is published")
    world.cofferd.kill()
    second = flow.World(cofferds(), mariadb, bucket).prepare()
    assert whole_seconds(second.record(backup["id"])) == whole_seconds(backup)
    mariadb.drop(shop)
    second.restore(backup)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    assert take_over(second, old)["backups"] == 1
    second.api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
    second.api.wait_gone(f"/v1/backups/{backup['id']}")
    assert not bucket.keys_of(backup["id"])


def planned(world, **changes):
    """Two backups of a plan, the older first."""
    world.api.want(201, "POST", "/v1/plans",
                   plan_body(strategy="manual", timer=None, **changes))
    return [world.ended_backup(world.api.want(
        202, "POST", "/v1/plans/nightly/execute")) for _ in range(2)]


@pytest.mark.skipif(library() is None, reason="faketime is not installed")
def test_rule17_only_the_owner_expires(two, small):
    """Two days later each server removes what is over of its own, but for the
    last, and nothing of the other's."""
    theirs = planned(two.first, retention_days=1)
    second = two.another()
    own = planned(second, source="target", retention_days=1)
    files = {b["id"]: two.files_of(b) for b in theirs + own}
    assert all(files.values())
    Hurried(second.cofferd, 1).restart(36 * 3600)
    process.until(lambda: not two.files_of(own[0]), 30, "its older one goes")
    for backup in (*theirs, own[1]):
        assert two.files_of(backup) == files[backup["id"]]
        assert second.record(backup["id"])["status"] == "completed"
    Hurried(two.first.cofferd, 1).restart(36 * 3600)
    process.until(lambda: not two.files_of(theirs[0]), 30, "and the other's")
    for backup in (theirs[1], own[1]):
        assert two.files_of(backup) == files[backup["id"]]


def test_rule17_takeover_of_many(two, small):
    """More owner files than are rewritten at once: each is, once."""
    made = two.first.backup(small)
    old = made["owner"]["server_id"]
    two.first.cofferd.kill()
    place = two.first.folder_of(made)
    left = [made["id"][:-2] + f"{n:02d}" for n in range(30)]
    left = [name for name in left if name != made["id"]]
    for name in left:
        other = place.with_name(name)
        other.mkdir()
        (other / "owner.json").write_text(
            (place / "owner.json").read_text().replace(made["id"], name))
    second = two.another()
    assert take_over(second, old)["backups"] == len(left) + 1
    problem(second.api.post("/v1/pools/pool/takeover", {"server": old}), 404,
            "not_found")
    assert second.record(made["id"])["owner"]["this"] is True
    # What had no manifest is this server's to sweep now.
    process.until(lambda: not [n for n in left if (
        place.with_name(n) / "owner.json").exists()], 40, "they are swept")
    second.restore(made, rename={small: "copied"})
    two.first.server.drop("copied")


def test_rule17_takeover_after_a_cut(two, small):
    """Cut when one of two owner files was written anew: done again, both are
    this server's, in the pool and in its catalog."""
    made = [two.first.backup(small) for _ in range(2)]
    old = made[0]["owner"]["server_id"]
    second = two.another()
    new = second.backup(small, source="target")["owner"]["server_id"]
    path = two.first.folder_of(made[0]) / "owner.json"
    path.write_text(path.read_text().replace(old, new))
    assert take_over(second, old)["backups"] == 1
    for backup in made:
        assert second.record(backup["id"])["owner"] == {
            "server_id": new, "this": True}
        second.api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
        second.api.wait_gone(f"/v1/backups/{backup['id']}")
        assert not two.files_of(backup)
