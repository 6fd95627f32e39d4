"""Increments of trees and buckets that share packs: whatever is backed up, deleted, killed
or lost in between, each living backup comes back whole, and when the last one
is gone nothing of the source is left in the pool."""
import os
import random
import re
import shutil

import pytest

from harness import flow, process, trees
from harness.bucket import Bucket
from harness.forest import Folder, World
from test_buckets_increments import World as Buckets
from test_files_restore import encryption

STEPS = 9
# More of them by hand: each takes some ten seconds.
TREES = process.setting("HISTORIES", 5)
BUCKETS = process.setting("BUCKET_HISTORIES", 3)

pytestmark = pytest.mark.seconds(300)


class Kept:
    """A plan with increments, and what each backup must come back as."""

    @property
    def objects(self):
        """What lies in the pool of the source."""
        return sorted(
            str(p.relative_to(self.folder)) for p in self.folder.rglob("*")
            if p.is_file() and "/src_" in str(p)
            and not p.name.startswith(".coffer-tmp_"))

    @property
    def packs(self):
        return [key for key in self.objects if "/packs/" in key]

    def begin(self):
        return self.api.want(202, "POST", "/v1/plans/nightly/execute")

    def execute(self):
        state = self.state()
        record = self.ended_backup(self.begin())
        assert record["status"] == "completed", record
        self.kept[record["id"]] = state
        return record

    def delete(self, backup_id):
        record = self.api.want(202, "DELETE", f"/v1/backups/{backup_id}")
        self.kept.pop(backup_id, None)
        return self.api.wait_job(record["job_id"])

    def verify(self, backup_id):
        job = self.api.want(202, "POST", f"/v1/backups/{backup_id}/verify",
                            {"read": "all"})
        self.api.wait_job(job["id"])
        assert self.record(backup_id)["verify_status"] == "passed"

    def expect_whole(self):
        """Each of those that live, verified, restored and compared."""
        for backup_id, state in self.kept.items():
            self.verify(backup_id)
            self.comes_back({"id": backup_id}, state)

    def expect_nothing(self):
        process.until(lambda: not self.objects, 90,
                      "nothing is left in the pool")


class History(Kept, World):
    def prepare(self, base, **pool):
        super().prepare(base, part_bytes=1 << 20, **pool)
        self.plan = self.api.want(201, "POST", "/v1/plans", {
            "name": "nightly", "source": "tree", "pool": "pool",
            "strategy": "manual", "method": "snapshot",
            "options": {"incremental": True, "full_every": 5}})
        self.kept = {}
        return self

    def state(self):
        return trees.read(self.top)

    def change(self, rng):
        change(self.top, rng)

    def comes_back(self, backup, state):
        to = flow.unique("out")
        self.restore(backup, to=to)
        trees.assert_equal(state, trees.read(self.out / to))
        shutil.rmtree(self.out / to)


class BucketHistory(Kept, Buckets):
    """The same of a bucket."""

    def prepare(self, **changes):
        super().prepare(options={"full_every": 5}, **changes)
        self.kept = {}
        return self

    def begin(self):
        return self.start()

    def share(self, rng):
        """Two that share, so that each history has something to lose."""
        for number in range(20):
            self.bucket.write(f"kept/{number}", rng.randbytes(50_000))
        self.settle()
        self.execute()
        self.bucket.write("one/more", b"1")
        self.execute()

    def change(self, rng):
        """Some new, some changed, in their metadata alone, too, some gone: often
        within the second in which the backup before read them."""
        keys = list(self.bucket.objects())
        for key in rng.sample(keys, min(len(keys), 6)):
            if rng.random() < 0.3:
                self.bucket.remove(key)
            elif rng.random() < 0.5:
                self.bucket.write(key, self.bucket.read(key)[::-1])
            else:
                self.bucket.s3.put_object(
                    Bucket=self.bucket.name, Key=key,
                    Body=self.bucket.read(key),
                    Metadata={"n": str(rng.random())})
        for _ in range(rng.randrange(1, 9)):
            self.bucket.write(f"{rng.randrange(4)}/{rng.randrange(99)}",
                              rng.randbytes(rng.choice(
                                  (0, 1, 5000, 300_000, 1_100_000))))
        if rng.random() < 0.4:
            self.settle()


def put(path, size, rng):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(rng.randbytes(size))


def change(top, rng):
    """Some new, some changed, some gone."""
    names = [p for p in top.rglob("*") if p.is_file()]
    for path in rng.sample(names, min(len(names), 3)):
        if rng.random() < 0.5:
            path.unlink()
        else:
            put(path, rng.choice((0, 100, 40_000, 700_000)), rng)
    for _ in range(rng.randrange(1, 5)):
        put(top / f"d{rng.randrange(4)}/f{rng.randrange(99)}",
            rng.choice((1, 5000, 300_000, 2_500_000)), rng)


@pytest.fixture
def make(cofferds, tmp_path):
    def make(base=tmp_path, **settings):
        server = cofferds(
            args=["--restore-dirs", str(base / "restored")], **settings)
        return History(server, Folder())
    return make


def strike(world, rng):
    """A backup is begun, and the server killed before it has ended."""
    try:
        backup = world.begin()
        process.until(
            lambda: rng.random() < 0.2 or world.api.fetch(
                f"/v1/jobs/{backup['job_id']}")["status"] == "completed",
            60, "the moment has come", 0.005)
    finally:
        world.cofferd.kill()
    world.cofferd.start()
    return world.record(backup["id"])


def go_through(world, rng):
    for _ in range(STEPS):
        world.change(rng)
        if rng.random() < 0.4:
            state = world.state()
            record = strike(world, rng)
            if record["status"] == "completed":
                world.kept[record["id"]] = state
            else:
                assert record["error"]["code"] == "interrupted", record
        else:
            world.execute()
        while len(world.kept) > rng.randrange(1, 5):
            job = world.delete(rng.choice(list(world.kept)))
            assert job["status"] == "completed", job
    world.expect_whole()
    for backup_id in list(world.kept):
        world.delete(backup_id)
    world.expect_nothing()


@pytest.mark.parametrize("seed", range(TREES))
def test_histories(make, tmp_path, seed):
    go_through(make().prepare(
        tmp_path, **({"encryption": encryption()} if seed == 1 else {})),
        random.Random(seed))


@pytest.mark.parametrize("seed", range(BUCKETS))
def test_histories_of_a_bucket(cofferd, bucket, ceph, tmp_path, seed):
    out = Bucket(ceph)
    world = BucketHistory(cofferd, bucket, out, tmp_path).prepare(
        encrypted=encryption() if seed == 1 else None)
    world.share(random.Random(seed))
    go_through(world, random.Random(seed))
    assert re.search(r"[1-9]\d* of the \d+ parts of the backup before are "
                     "needed again", cofferd.log())
    world.relay.close()
    out.destroy()


def test_deleting_the_first_keeps_what_is_shared(make, tmp_path):
    world = make().prepare(tmp_path)
    rng = random.Random(1)
    put(world.top / "large", 3_000_000, rng)
    first = world.execute()
    put(world.top / "small", 10, rng)
    second = world.execute()
    shared = [key for key in world.packs if first["id"] in key]
    assert len(shared) > 2
    world.delete(first["id"])
    # What the second one needs of it is there still, and nothing else.
    assert [key for key in world.packs if first["id"] in key] == shared
    assert not [key for key in world.objects if f"/{first['id']}/" in key]
    assert second["stored_bytes"] < 100_000
    # Little was read, yet the tree has not shrunk: nothing to be braked for.
    assert world.api.fetch("/v1/plans/nightly")["expiry_held"] is None
    world.expect_whole()
    world.delete(second["id"])
    world.expect_nothing()


def test_a_server_that_lost_its_catalog(make, tmp_path):
    world = make().prepare(tmp_path)
    rng = random.Random(2)
    for _ in range(3):
        change(world.top, rng)
        world.execute()
    first, second, third = sorted(world.kept)
    old = world.api.fetch("/v1/system")["server_id"]
    world.cofferd.kill()
    heir = make()
    heir.top, heir.out, heir.folder = world.top, world.out, world.folder
    heir.kept = world.kept
    pool = heir.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}})
    if pool.get("job_id"):
        heir.api.wait_job(pool["job_id"])
    process.until(lambda: len(heir.api.items("/v1/backups")) == 3, 60,
                  "the backups are adopted")
    heir.api.want(200, "POST", "/v1/pools/pool/takeover", {"server": old})
    heir.expect_whole()
    assert heir.delete(first)["status"] == "completed"
    assert heir.delete(second)["status"] == "completed"
    heir.expect_whole()
    assert heir.delete(third)["status"] == "completed"
    heir.expect_nothing()


def test_a_catalog_put_back_removes_nothing_that_it_does_not_know(
        make, tmp_path):
    # Of one that may be put back it is first looked whether its server is in
    # two places.
    world = make(env={"COFFER_PROBE_SECONDS": "1",
                      "COFFER_RETRY_SECONDS": "1"}).prepare(tmp_path)
    rng = random.Random(3)
    put(world.top / "large", 3_000_000, rng)
    first = world.execute()
    world.cofferd.stop()
    copy = tmp_path / "copy.db"
    shutil.copy(world.cofferd.data / "catalog.db", copy)
    world.cofferd.start()
    put(world.top / "small", 10, rng)
    second = world.execute()
    world.cofferd.stop()
    for name in ("catalog.db", "catalog.db-wal", "catalog.db-shm"):
        if os.path.exists(world.cofferd.data / name):
            os.unlink(world.cofferd.data / name)
    shutil.copy(copy, world.cofferd.data / "catalog.db")
    world.cofferd.start()
    before = world.packs
    job = world.delete(first["id"])
    assert job["status"] == "failed", job
    assert job["error"]["code"] in ("pool_contested", "pool_unread"), job
    process.until(lambda: "which this server does not know"
                  in world.cofferd.log(), 60,
                  "a sweep has refused, too")
    assert world.packs == before
    job = world.api.want(202, "POST", "/v1/pools/pool/adopt")
    world.api.wait_job(job["id"])
    process.until(lambda: not [k for k in world.objects
                               if f"/{first['id']}/" in k], 90,
                  "the first one is gone")
    world.expect_whole()
    world.delete(second["id"])
    world.expect_nothing()


def test_without_an_identity_all_are_full(make, tmp_path):
    """What it has cannot be looked up, which a warning says; packs go with
    their backups all the same."""
    keys = encryption()
    world = make().prepare(tmp_path, encryption={
        "recipients": keys["recipients"], "confirm_stored": True})
    put(world.top / "large", 1_500_000, random.Random(4))
    first, second = world.execute(), world.execute()
    assert first["warnings"] == []
    assert [w["code"] for w in second["warnings"]] == ["not_incremental"]
    assert second["stored_bytes"] > 1_000_000
    assert [key for key in world.packs if second["id"] in key]
    world.delete(first["id"])
    assert not [key for key in world.packs if first["id"] in key]
    world.verify(second["id"])
    world.delete(second["id"])
    world.expect_nothing()


def test_an_heir_sweeps_the_packs_of_what_was_begun(make, tmp_path):
    """Its server died in the middle of an increment, with its catalog: what it
    had written goes, what it shares with those that live stays."""
    world = make().prepare(tmp_path)
    rng = random.Random(5)
    put(world.top / "large", 3_000_000, rng)
    first = world.execute()
    old = world.api.fetch("/v1/system")["server_id"]
    for number in range(12):
        put(world.top / f"more-{number}", 5_000_000, rng)
    begun = world.begin()
    process.until(lambda: [k for k in world.packs if begun["id"] in k], 60,
                  "a pack is written", 0.001)
    world.cofferd.kill()
    assert not list(world.folder.rglob(f"{begun['id']}/manifest.json"))
    heir = make()
    heir.top, heir.out, heir.folder = world.top, world.out, world.folder
    heir.kept = world.kept
    heir.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}})
    process.until(lambda: len(heir.api.items("/v1/backups")) == 1, 60,
                  "the backup is adopted")
    heir.api.want(200, "POST", "/v1/pools/pool/takeover", {"server": old})
    process.until(lambda: not [k for k in heir.objects if begun["id"] in k],
                  60, "what was begun is swept")
    heir.expect_whole()
    assert heir.delete(first["id"])["status"] == "completed"
    heir.expect_nothing()
