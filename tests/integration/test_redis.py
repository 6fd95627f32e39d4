"""Redis: what is in a server comes back, key by key, into a server that runs
and into one that is made from the backup's objects with stock tools alone."""
import re
import subprocess

import pytest

from harness import flow, keys, process
from harness.api import problem
from harness.testbed import Redis


class World(flow.World):
    """A Redis source, and a folder as its pool."""

    def prepare(self, folder, **connection):
        self.folder = folder
        folder.mkdir(parents=True)
        self.api.want(201, "POST", "/v1/sources", {
            "name": "db", "engine": "redis",
            "connection": flow.connection(self.server, **connection)})
        self.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(folder)}})
        return self

    def parts(self, backup):
        """Its data objects, in their order."""
        return sorted(p for p in self.folder.rglob("*.rdb.zst")
                      if backup["id"] in p.parts)


@pytest.fixture
def world(cofferd, redis, tmp_path):
    return World(cofferd, redis).prepare(tmp_path / "pool")


def test_every_type_comes_back(world, redis):
    before = keys.snapshot(keys.fill(redis))
    backup = world.backup()
    assert backup["key_count"] == len(before) - 1
    assert backup["counts"]["functions"] == 1
    assert backup["counts"]["expiring"] == 2
    assert len(backup["consistency"]["replication_id"]) == 40
    contents = world.api.items(f"/v1/backups/{backup['id']}/contents")
    for entry in contents:
        assert entry["keys"] == sum(k[0] == int(entry["name"])
                                    for k in before if k != "functions")
        assert entry["bytes"] > 0 and len(entry["digest"]) == 32
    assert len(contents) == 16
    redis.empty()
    restore = world.restore(backup)
    assert restore["key_count"] == len(before) - 1
    keys.assert_equal(before, keys.snapshot(redis))


def by_hand(world, backup):
    """Makes dump.rdb as the pool's README.txt says, in its very words."""
    readme = (world.folder / "coffer/v1/README.txt").read_text()
    unpack = re.search(r"parts in the order.*\n(.*> backup\n)", readme)[1]
    rename = re.search(r"\.rdb\.zst +(mv \S+ \S+)", readme)[1]
    assert "CONFIG SET appendonly yes" in readme
    folder = world.parts(backup)[0].parents[1]
    subprocess.run(["bash", "-e", "-o", "pipefail", "-c", unpack + rename],
                   cwd=folder, check=True, env=process.clean_environment())
    return folder / "dump.rdb"


def append_only(c):
    """Has the server keep a log from now on, and after its next start."""
    c.config_set("appendonly", "yes")

    def written():
        info = c.info("persistence")
        return not (info["aof_rewrite_in_progress"]
                    or info["aof_rewrite_scheduled"])
    process.until(written, 30, "the log is written")
    c.config_rewrite()


def test_restored_by_hand(world, redis):
    """The parts, one behind the other, are the server's own file; the way
    from there to a server with a log loses nothing."""
    before = keys.snapshot(keys.fill(redis))
    backup = world.backup()
    with keys.served(by_hand(world, backup).read_bytes()) as other:
        keys.assert_equal(before, keys.snapshot(other))
        with other.client() as c:
            append_only(c)
        (other.dir / "data" / "dump.rdb").unlink()
        other.start_again()
        keys.assert_equal(before, keys.snapshot(other))


def test_rule25_nothing_is_overwritten_unasked(world, redis):
    keys.fill_many(redis, 100)
    keys.fill_many(redis, 50, database=3)
    backup = world.backup()
    with redis.client() as c:
        c.set("mine", 1)
    mine = keys.snapshot(redis)

    def refused(code, **changes):
        reply = world.api.post("/v1/restores",
                               world.restore_body(backup, **changes))
        problem(reply, 409, code)
        keys.assert_equal(mine, keys.snapshot(redis))
    refused("target_not_empty")
    refused("confirm_required", overwrite=True)
    refused("confirm_required", overwrite=True, confirm=["0"])
    world.restore(backup, overwrite=True, confirm=["0", "3"])
    with redis.client() as c:
        assert not c.exists("mine")
        assert c.dbsize() == 100


def test_databases_under_other_numbers(world, redis):
    keys.fill_many(redis, 200)
    keys.fill_many(redis, 50, database=3, seed=2)
    before = keys.snapshot(redis)
    backup = world.backup()
    world.restore(backup, rename={"0": "7", "3": "8"})
    after = keys.snapshot(redis)
    for (database, key), value in list(before.items())[:-1]:
        assert after[database, key] == value
        assert after[{0: 7, 3: 8}[database], key] == value
    problem(world.api.post("/v1/restores", world.restore_body(
        backup, rename={"0": "9", "3": "9"})), 422, "invalid_scope")


def test_a_part_is_backed_up(world, redis):
    keys.fill_many(redis, 400)
    keys.fill_many(redis, 100, database=2)
    before = keys.snapshot(redis)
    backup = world.backup(scope={"databases": [2], "keys": ["user:1*"]})
    wanted = {k: v for k, v in before.items()
              if k[0] == 2 and k[1].startswith(b"user:1")}
    assert backup["key_count"] == len(wanted)
    redis.empty()
    world.restore(backup)
    after = keys.snapshot(redis)
    after.pop("functions")
    keys.assert_equal(wanted, after)


def test_rule26_a_part_is_restored(world, redis):
    keys.fill(redis)
    keys.fill_many(redis, 400)
    before = keys.snapshot(redis)
    backup = world.backup()
    redis.empty()
    with redis.client() as c:
        c.set("mine", 1)
        c.set("order:7", "old")  # fits the pattern
    scope = {"databases": [0], "keys": ["order:*", "hash:*"]}
    problem(world.api.post("/v1/restores", world.restore_body(
        backup, scope=scope)), 409, "target_not_empty")
    world.restore(backup, scope=scope, overwrite=True, confirm=["0"])
    wanted = {k: v for k, v in before.items()
              if k != "functions" and k[0] == 0
              and k[1].startswith((b"order:", b"hash:"))}
    after = keys.snapshot(redis)
    after.pop("functions")
    assert after.pop((0, b"mine"))
    keys.assert_equal(wanted, after)


def test_what_has_expired_stays_gone(world, redis):
    with redis.client() as c:
        c.set("stays", 1)
        c.set("goes", 1, px=1500)
        backup = world.backup()
        process.until(lambda: not c.exists("goes"), 10, "it has expired")
        c.flushall()
        restore = world.restore(backup)
        assert c.keys() == [b"stays"]
    assert restore["key_count"] == 1


def test_names_that_do_not_suit(world, redis):
    keys.fill_many(redis, 4)
    for scope in ({"databases": [{"name": "a"}]}, {"include": ["a.*"]}):
        problem(world.api.post("/v1/backups",
                               world.backup_body(scope=scope)),
                422, "invalid_scope")
    backup = world.backup()
    problem(world.api.post("/v1/restores", world.restore_body(
        backup, scope={"databases": [5]})), 422, "invalid_scope")


def test_an_account_of_its_own(cofferd, redis, tmp_path):
    """The rights that the documentation names are enough; without one of them
    the error says which."""
    keys.fill_many(redis, 10)
    rights = ["+psync", "+replconf", "+ping", "+info", "+acl|whoami", "+role"]

    def allow(*given):
        with redis.client() as c:
            c.execute_command("ACL", "SETUSER", "backup", "reset", "on",
                              ">secret of it", "-@all", *given)
    allow(*rights)
    try:
        world = World(cofferd, redis).prepare(
            tmp_path / "pool", user="backup", password="secret of it")
        world.backup()
        allow(*[r for r in rights if r != "+psync"])
        record = world.ended_backup(world.start_backup())
        assert record["status"] == "failed"
        assert record["error"]["code"] == "access_denied"
        assert "+psync" in record["error"]["detail"]
        assert "secret of it" not in str(record)
    finally:
        with redis.client() as c:
            c.execute_command("ACL", "DELUSER", "backup")


def test_how_far_it_is(world, redis, halts):
    """Progress is told in keys. (And that the source is busy is told without
    asking the server, which may not answer.)"""
    before = keys.snapshot(keys.fill_many(redis, 3000, size=10_000))
    keys.fill_many(redis, 500, database=3, size=10)
    with halts(world, down=12 << 20) as halt:
        backup = world.start_backup(scope={"databases": [0]})
        halt.reached()

        def progress():
            return world.api.fetch(
                f"/v1/jobs/{backup['job_id']}")["progress"]
        process.until(lambda: progress()["items_done"] > 0, 30,
                      "keys have passed")
        seen = progress()
        assert seen["items_total"] == 3000
        assert 0 < seen["items_done"] < 2400
        assert seen["percent"] == seen["items_done"] * 100 // 3000
        with redis.frozen():
            problem(world.api.post("/v1/backups", world.backup_body()),
                    409, "source_busy")
    record = world.ended_backup(backup)
    assert record["status"] == "completed", record
    assert record["key_count"] == 3000
    seen = progress()
    assert seen["items_done"] == seen["items_total"] == 3000
    redis.empty()
    world.restore(record)
    keys.assert_equal(before, keys.snapshot(redis))


def test_rule2_a_replica_is_refused(world, redis):
    other = Redis()
    try:
        other.await_ready()
        with other.client() as c:
            c.replicaof(redis.host, redis.port)
        reply = world.api.post("/v1/sources", {
            "name": "other", "engine": "redis",
            "connection": flow.connection(other)})
        assert reply.status == 201, reply.json
        reply = world.api.post("/v1/backups",
                               world.backup_body(source="other"))
        problem(reply, 409, "source_is_replica")
    finally:
        other.stop()


def test_plan_verification_and_another_server(world, redis, cofferds, tmp_path):
    """A plan's backup is read back in full, and restored by a server that
    knows nothing but the pool."""
    before = keys.snapshot(keys.fill(redis))
    plan = world.api.want(201, "POST", "/v1/plans", {
        "name": "nightly", "source": "db", "pool": "pool",
        "strategy": "manual", "scope": {"databases": [0, 3]}})
    started = world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute")
    backup = world.ended_backup(started)
    assert backup["status"] == "completed", backup
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/verify",
                         {"read": "all"})
    assert world.api.wait_job(job["id"])["status"] == "completed"
    assert world.record(backup["id"])["verify_status"] == "passed"
    world.cofferd.stop()
    other = World(cofferds(), redis)
    other.folder = world.folder
    other.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "redis",
        "connection": flow.connection(redis)})
    other.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}})
    process.until(lambda: other.api.items("/v1/backups"), 60, "it is adopted")
    redis.empty()
    other.restore(backup)
    after = keys.snapshot(redis)
    keys.assert_equal({k: v for k, v in before.items()
                       if k[0] in (0, 3)},
                      {k: v for k, v in after.items() if k != "functions"})
