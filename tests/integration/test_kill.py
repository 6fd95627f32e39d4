"""Thirty random moments of a backup and of a restore. At each one something
dies: the connections to MariaDB, the S3 server, or cofferd itself. After each,
a backup that says `completed` restores equal, and a restore that says so is."""
import collections
import random

import pytest

from harness import compare, data, flow, process
from harness.api import ENDED
from harness.proxy import Halt, Proxy

SEED = 20240229
MOMENTS = 30
MEGABYTES = 24
PATIENCE = {"COFFER_STALL_SECONDS": "10", "COFFER_RETRY_SECONDS": "1"}

pytestmark = pytest.mark.seconds(900)


class Kills:
    """One world, in which things die at moments of our choice: when so many
    bytes have passed a relay before MariaDB."""

    def __init__(self, world, ceph, mariadb, name):
        self.world, self.ceph, self.mariadb = world, ceph, mariadb
        self.name = name
        self.relay = Proxy(mariadb, chunk=1 << 16)
        world.through(self.relay)
        self.before = compare.snapshot(mariadb, name)
        self.outcomes = collections.Counter()

    def measure(self):
        """How many bytes an undisturbed backup and restore take."""
        self.relay.reset()
        self.good = self.world.backup(self.name)
        self.backup_bytes = self.relay.down
        self.mariadb.drop(self.name)
        self.relay.reset()
        self.world.restore(self.good)
        self.restore_bytes = self.relay.up
        self.compare()

    def compare(self):
        compare.assert_equal(self.before,
                             compare.snapshot(self.mariadb, self.name))

    def strike(self, what, job_id):
        """Kills at a point of a job, or at its end, and returns when the
        world may go on."""
        kill, revive = {
            "cofferd": (self.world.cofferd.kill, self.world.cofferd.start),
            "mariadb": (self.mariadb.kill_connections, lambda: None),
            "store": (self.ceph.kill_gateway, self.ceph.start_gateway),
        }[what]
        with self.halt as halt:
            process.until(lambda: halt.has_come() or self.world.api.fetch(
                f"/v1/jobs/{job_id}")["status"] in ENDED, 240,
                "its moment has come", 0.01)
            kill()
        revive()

    def at(self, **point):
        """From now on all stands still when so many bytes have passed."""
        self.relay.reset()
        self.halt = Halt(self.relay, **point)

    def in_backup(self, what, at):
        self.at(down=int(at * self.backup_bytes))
        backup = self.world.start_backup(self.name)
        self.strike(what, backup["job_id"])
        record = self.world.ended_backup(backup)
        self.outcomes[f"backup, {what}: {record['status']}"] += 1
        if record["status"] == "completed":
            self.must_restore(record)
        else:
            assert record["status"] == "failed", record
            assert record["error"]["code"], record
            self.must_be_gone(record)
        self.delete(record)

    def in_restore(self, what, at):
        self.mariadb.drop(self.name)
        self.at(up=int(at * self.restore_bytes))
        restore = self.world.start_restore(self.good)
        self.strike(what, restore["job_id"])
        record = self.world.ended_restore(restore)
        self.outcomes[f"restore, {what}: {record['status']}"] += 1
        assert self.world.record(self.good["id"])["status"] == "completed"
        if record["status"] == "completed":
            self.compare()
        else:
            assert record["status"] == "failed", record
            assert record["error"]["code"], record
            self.must_restore(self.good)

    def must_restore(self, backup):
        self.mariadb.drop(self.name)
        self.world.restore(backup)
        self.compare()

    def must_be_gone(self, backup):
        """A failed backup is none: no manifest, and soon no object."""
        bucket = self.world.bucket
        assert not [k for k in bucket.manifests() if backup["id"] in k]
        if bucket.keys_of(backup["id"]):
            # It may wait for its turn when the store was away.
            self.world.cofferd.restart()
        process.until(lambda: not bucket.keys_of(backup["id"]), 60,
                      "the parts are swept")

    def delete(self, backup):
        path = f"/v1/backups/{backup['id']}"
        self.world.api.want((200, 202, 204), "DELETE", path)
        self.world.api.wait_gone(path, 60)


def plan():
    """The same thirty each time: job, victim, and moment as a share of the
    bytes that the job takes."""
    chance = random.Random(SEED)
    victims = ["cofferd", "mariadb", "store"]
    for number in range(MOMENTS):
        job = "backup" if number % 2 == 0 else "restore"
        yield job, victims[number // 2 % 3], chance.uniform(0, 1.05)


@pytest.fixture(scope="module")
def kills(module_cofferds, mariadb, ceph, module_bucket):
    """One server for all thirty: each must leave it fit for the next."""
    name = data.bulky(mariadb, "killed", MEGABYTES)
    world = flow.World(module_cofferds(env=PATIENCE), mariadb, module_bucket)
    world.prepare(part_bytes=1048576)
    kills = Kills(world, ceph, mariadb, name)
    kills.measure()
    yield kills
    kills.relay.close()
    mariadb.drop(name)


@pytest.mark.parametrize("job, what, at", [
    pytest.param(*entry, id=f"{n:02d}-{entry[0]}-{entry[1]}-{entry[2]:.2f}")
    for n, entry in enumerate(plan())])
def test_kill(kills, job, what, at):
    getattr(kills, f"in_{job}")(what, at)


def test_after_all_of_it(kills):
    """The server still does its work, and nothing was left anywhere."""
    print(dict(kills.outcomes))
    assert sum(kills.outcomes.values()) == MOMENTS
    # Had little ever been hit, the moments would have been no test.
    failures = sum(n for outcome, n in kills.outcomes.items()
                   if outcome.endswith("failed"))
    assert failures >= MOMENTS // 3, kills.outcomes
    again = kills.world.backup(kills.name)
    kills.must_restore(again)
    ids = {b["id"] for b in kills.world.api.items("/v1/backups")
           if b["status"] == "completed"}
    assert ids == {kills.good["id"], again["id"]}
    for key in kills.world.bucket.objects():
        assert any(f"/{i}/" in key for i in ids) or "README" in key \
            or "/servers/" in key, key
