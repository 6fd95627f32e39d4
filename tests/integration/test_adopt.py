"""Rule 17: a bucket that holds backups gives them back to a server that has
lost everything else, and two servers on one bucket leave each other's work
alone."""
import json
import shutil

import pytest

from harness import compare, flow, process
from harness.api import problem
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
        self.first = LocalWorld(cofferds(**settings),
                                mariadb).prepare(folder)
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
        return sorted(p for p in self.folder.rglob("*")
                      if p.is_file() and backup["id"] in p.parts)


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


def test_rule17_leftovers_of_another_server_stay(two, shop):
    """What a killed server left is its own to sweep: not another's, whatever
    it restarts or binds."""
    first = two.first
    backup = first.start_backup(shop)
    first.wait_stored(backup["job_id"])
    first.cofferd.kill()
    files = two.files_of(backup)
    assert any(p.name == "owner.json" for p in files)
    if any(p.name == "manifest.json" for p in files):
        pytest.skip("the backup was faster")
    second = two.another()
    second.cofferd.restart()
    job = second.api.want(202, "POST", "/v1/pools/pool/adopt")
    second.api.wait_job(job["id"])
    assert two.files_of(backup) == files
    first.cofferd.start()
    process.until(lambda: not two.files_of(backup), 90, "it is swept")
