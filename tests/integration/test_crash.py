"""Rule 30: kill -9 of the server at bad moments, and what the next start
makes of it."""
import pytest

from harness import compare, data, process

GONE = (200, 202, 204)


# Bytes of the rows of `slow`: the first, and so many that some are stored.
BEGUN, STORED = 1 << 20, 28 << 20


@pytest.fixture
def slow(database):
    return database(data.bulky, 32)


def crash(world):
    world.cofferd.kill()
    world.cofferd.start()


def interrupted(world, backup):
    """Failed, told so, swept, and the source is free."""
    record = world.record(backup["id"])
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "interrupted", record["error"]
    job = world.api.fetch(f"/v1/jobs/{backup['job_id']}")
    assert job["status"] == "failed", job
    process.until(lambda: not world.bucket.keys_of(backup["id"]), 60,
                  "its parts are swept")
    assert not world.bucket.manifests()
    assert world.api.fetch("/v1/sources/db")["status"] == "available"


def test_rule30_interrupted_backup(world, mariadb, slow, halts):
    with halts(world, down=STORED):
        backup = world.start_backup(slow, name="interrupted-one")
        world.wait_stored(backup["job_id"])
        process.until(lambda: world.bucket.keys_of(backup["id"]), 30,
                      "objects lie in the bucket")
        crash(world)
    interrupted(world, backup)
    # The name is free, and a new one runs.
    before = compare.snapshot(mariadb, slow)
    again = world.backup(slow, name="interrupted-one")
    mariadb.drop(slow)
    world.restore(again)
    compare.assert_equal(before, compare.snapshot(mariadb, slow))


def test_rule30_right_after_it_was_accepted(world, slow, halts):
    """202 was answered: it is known afterwards, whatever became of it."""
    with halts(world, down=BEGUN):
        backup = world.start_backup(slow)
        crash(world)
    interrupted(world, backup)
    world.backup(slow)


def test_rule30_interrupted_restore(world, mariadb, slow, halts):
    before = compare.snapshot(mariadb, slow)
    backup = world.backup(slow)
    mariadb.drop(slow)
    with halts(world, text=b"INSERT INTO `t") as halt:
        restore = world.start_restore(backup)
        halt.reached()
        crash(world)
    record = world.api.fetch(f"/v1/restores/{restore['id']}")
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "interrupted"
    assert record["verified"] is not True
    kept = world.record(backup["id"])
    assert kept["status"] == "completed" and kept["restoring"] is False
    world.restore(backup, overwrite=True, confirm=[slow])
    compare.assert_equal(before, compare.snapshot(mariadb, slow))


def test_rule30_nothing_acknowledged_is_lost(world, mariadb, small):
    """Killed right after each answer."""
    backup = world.backup(small)
    crash(world)
    assert world.record(backup["id"])["status"] == "completed"
    assert world.api.fetch("/v1/sources/db")["id"] == world.source["id"]
    world.api.want(200, "PATCH", "/v1/sources/db", {"remarks": "kept"})
    crash(world)
    assert world.api.fetch("/v1/sources/db")["remarks"] == "kept"
    world.api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
    crash(world)
    world.api.wait_gone(f"/v1/backups/{backup['id']}", 60)
    assert not world.bucket.keys_of(backup["id"])


def test_rule30_interrupted_delete_is_finished(make_world, database):
    world = make_world(pool={"part_bytes": 1048576})
    backup = world.backup(database(data.bulky, 48))
    world.api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
    crash(world)
    reply = world.api.get(f"/v1/backups/{backup['id']}")
    assert reply.status == 404 or reply.json["status"] == "deleting"
    world.api.wait_gone(f"/v1/backups/{backup['id']}", 60)
    process.until(lambda: not world.bucket.keys_of(backup["id"]), 30,
                  "the objects are gone")


def test_rule30_sessions_of_the_dead_do_not_linger(world, mariadb, slow,
                                                   halts):
    """What the dead server held at MariaDB does not keep a lock for ever."""
    with halts(world, down=STORED):
        backup = world.start_backup(slow)
        world.wait_stored(backup["job_id"])
        world.cofferd.kill()
    process.until(lambda: not mariadb.connections(), 60,
                  "MariaDB has noticed")
    mariadb.sql("ALTER TABLE t1 ADD COLUMN later INT", slow)
    world.cofferd.start()
    interrupted(world, backup)


def test_rule30_only_own_leftovers_are_swept(make_world, slow, halts):
    """A stranger's unfinished backup in the same bucket is not ours."""
    world = make_world()
    foreign = ("coffer/v1/src_01ARZ3NDEKTSV4RRFFQ69G5FAV/"
               "bak_01ARZ3NDEKTSV4RRFFQ69G5FAV/")
    world.bucket.write(foreign + "owner.json",
                       b'{"server_id":"srv_01ARZ3NDEKTSV4RRFFQ69G5FAV"}')
    world.bucket.write(foreign + "data/00000001.sql.zst", b"x")
    with halts(world, down=STORED):
        backup = world.start_backup(slow)
        world.wait_stored(backup["job_id"])
        crash(world)
    interrupted(world, backup)
    assert foreign + "data/00000001.sql.zst" in world.bucket.objects()


def test_rule30_again_and_again(world, slow, halts):
    """A crash in the recovery is another crash, no more."""
    with halts(world, down=STORED):
        backup = world.start_backup(slow)
        world.wait_stored(backup["job_id"])
        world.cofferd.kill()
    for _ in range(5):
        before = world.cofferd.log_path.stat().st_size
        child = process.spawn(world.cofferd.command(), world.cofferd.log_path,
                              world.cofferd.environment())
        process.until(lambda: world.cofferd.log_path.stat().st_size > before,
                      10, "it runs")
        child.kill()
        child.wait()
    world.cofferd.start()
    interrupted(world, backup)
    world.backup(slow)
