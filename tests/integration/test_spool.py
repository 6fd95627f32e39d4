"""A store that hangs does not hold the source: what it does not take waits on
the server's disk, and the source is let go."""
import pytest

from harness import compare, data, process

# Small parts, so that a store that hangs is felt soon.
PART = 1 << 20
# So much has come from the source when the store begins to hang.
BEGUN = 6 << 20
MEGABYTES = 32


@pytest.fixture
def heavy(database):
    return database(data.bulky, MEGABYTES)


@pytest.fixture
def hang(make_world, ceph, heavy, halts):
    """A world, a backup of it under way, and a store that hangs from its
    first megabytes on: hang({settings})."""
    def make(**env):
        world = make_world(env=env, pool={"part_bytes": PART})
        with halts(world, down=BEGUN) as halt:
            backup = world.start_backup(heavy)
            halt.reached()
            world.wait_stored(backup["job_id"])
            ceph.pause()
        return world, backup
    yield make
    ceph.resume()


def test_the_source_is_let_go_while_the_store_hangs(hang, ceph, mariadb,
                                                    heavy, tmp_path):
    before = compare.snapshot(mariadb, heavy)
    world, backup = hang(COFFER_STALL_SECONDS="300",
                         COFFER_PROBE_SECONDS="600",
                         COFFER_SPOOL_DIR=str(tmp_path / "room"))
    process.until(lambda: not mariadb.connections(), 120,
                  "nobody is connected to the source")
    record = world.record(backup["id"])
    assert record["status"] == "backing_up", record
    job = world.api.fetch(f"/v1/jobs/{backup['job_id']}")
    assert job["progress"]["bytes_stored"] < MEGABYTES << 19, job
    # Files without a name: there is nothing to find.
    assert list((tmp_path / "room").iterdir()) == []
    ceph.resume()
    record = world.ended_backup(backup)
    assert record["status"] == "completed", record
    mariadb.drop(heavy)
    world.restore(record)
    compare.assert_equal(before, compare.snapshot(mariadb, heavy))


def test_a_small_spool_holds_the_source(hang, ceph, mariadb, heavy):
    """Where there is no room left the source waits, and a store that hangs
    for too long fails the backup as one without a spool does."""
    world, backup = hang(COFFER_STALL_SECONDS="10",
                         COFFER_SPOOL_BYTES=str(4 << 20))
    record = world.ended_backup(backup)
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "store_stalled", record
    process.until(lambda: not mariadb.connections(), 60,
                  "nobody is connected to the source")
    ceph.resume()
    process.until(lambda: not world.bucket.keys_of(backup["id"]), 120,
                  "the parts of the failed backup are gone")
    world.backup(heavy)
