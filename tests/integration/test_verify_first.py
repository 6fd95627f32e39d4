"""Where something is overwritten, all of a backup is read before: one that is
damaged leaves the target as it is (options.verify_first)."""
import contextlib
import os

import pytest

from harness import compare, data, flow, keys, trees
from harness.forest import Folder, World as Forest
from harness.proxy import Halt, Proxy
from harness.stored import InFolder
from test_files_increments import World as Tree
from test_files_restore import encryption

MIB = 1024 * 1024


def flip(path, at=None):
    body = bytearray(path.read_bytes())
    body[len(body) // 2 if at is None else at] ^= 4
    path.write_bytes(body)


def parts_of(world, backup):
    return sorted(world.of(backup).glob("data/*"))


def fails_before(world, backup, **changes):
    """The restore fails and says that the target is as it was."""
    record = world.ended_restore(world.start_restore(backup, **changes))
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "damaged_backup", record
    assert "the target is as it was" in record["error"]["detail"]
    return record


def fails_half_way(world, backup, **changes):
    record = world.ended_restore(world.start_restore(
        backup, options={"verify_first": False}, **changes))
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "damaged_backup", record
    assert "the target is as it was" not in record["error"]["detail"]


def was_read_before(world, record):
    log = world.api.get(f"/v1/jobs/{record['job_id']}/log").body
    return b"before anything is written" in log


class Local(InFolder, flow.World):
    """Small parts in a folder."""

    def prepare(self, folder, body, **pool):
        self.folder = folder
        self.api.want(201, "POST", "/v1/sources", body)
        self.make_pool(part_bytes=MIB, **pool)
        return self


@pytest.fixture(params=["plain", "encrypted"])
def local(request, cofferd, mariadb, tmp_path):
    pool = {}
    if request.param == "encrypted":
        pool["encryption"] = encryption()
    return Local(cofferd, mariadb).prepare(
        tmp_path / "pool", flow.source_body(mariadb), **pool)


def test_a_database(local, database, mariadb):
    name = database(data.bulky, 8)
    backup = local.backup(name)
    over = {"overwrite": True, "confirm": [name]}
    mariadb.sql("DELETE FROM t1 WHERE id % 2; CREATE TABLE later (id INT)",
                name)
    before = compare.snapshot(mariadb, name)
    part = parts_of(local, backup)[-2]
    flip(part)
    record = fails_before(local, backup, **over)
    assert part.name in record["error"]["detail"]
    compare.assert_equal(before, compare.snapshot(mariadb, name))
    # That it was not by chance: without it the target is no more.
    fails_half_way(local, backup, **over)
    assert "later" not in compare.base_tables(mariadb, name)
    flip(part)
    assert was_read_before(local, local.restore(backup, **over))
    assert "later" not in compare.base_tables(mariadb, name)


def test_some_tables(local, database, mariadb):
    """Of which pieces of parts are read alone."""
    name = database(data.bulky, 8)
    backup = local.backup(name)
    table = sorted(compare.base_tables(mariadb, name))[-1]
    over = {"overwrite": True, "confirm": [f"{name}.{table}"],
            "scope": {"databases": [{"name": name, "tables": [table]}]}}
    mariadb.sql(f"DELETE FROM {table} WHERE id % 2", name)
    before = compare.snapshot(mariadb, name)
    parts = parts_of(local, backup)
    for part in parts:
        flip(part)
    fails_before(local, backup, **over)
    compare.assert_equal(before, compare.snapshot(mariadb, name))
    for part in parts:
        flip(part)
    local.restore(backup, **over)


def test_asked_for_where_nothing_is(local, database, mariadb):
    name = database(data.bulky, 8)
    backup = local.backup(name)
    before = compare.snapshot(mariadb, name)
    mariadb.drop(name)
    first = {"options": {"verify_first": True}}
    part = parts_of(local, backup)[-2]
    flip(part)
    fails_before(local, backup, **first)
    assert name not in mariadb.databases()
    # As ever: nothing is lost by it, and it is read once.
    record = local.ended_restore(local.start_restore(backup))
    assert record["error"]["code"] == "damaged_backup"
    assert not was_read_before(local, record)
    mariadb.drop(name)
    flip(part)
    local.restore(backup, **first)
    compare.assert_equal(before, compare.snapshot(mariadb, name))


def test_a_part_that_is_gone(local, database, mariadb):
    name = database(data.bulky, 8)
    backup = local.backup(name)
    before = compare.snapshot(mariadb, name)
    parts_of(local, backup)[-2].unlink()
    fails_before(local, backup, overwrite=True, confirm=[name])
    compare.assert_equal(before, compare.snapshot(mariadb, name))


def test_redis(cofferd, redis, tmp_path):
    world = Local(cofferd, redis).prepare(tmp_path / "pool", {
        "name": "db", "engine": "redis",
        "connection": flow.connection(redis)})
    keys.fill_many(redis, 20000)
    backup = world.backup()
    over = {"overwrite": True, "confirm": ["0"]}
    with redis.client() as c:
        c.set("mine", 1)
    before = keys.snapshot(redis)
    part = parts_of(world, backup)[-1]
    flip(part)
    fails_before(world, backup, **over)
    keys.assert_equal(before, keys.snapshot(redis))
    fails_half_way(world, backup, **over)
    with redis.client() as c:
        assert not c.exists("mine")
    flip(part)
    world.restore(backup, **over)


def test_a_tree_with_increments(cofferds, tmp_path):
    """Parts that another backup has stored, too."""
    cofferd = cofferds(args=["--restore-dirs", str(tmp_path / "restored")])
    world = Tree(cofferd, Folder()).prepare(tmp_path)
    world.plan()
    for number in range(4):
        (world.top / f"{number}").write_bytes(trees.content(number, 2 * MIB))
    world.settle()
    world.step()
    (world.top / "later").write_bytes(os.urandom(2 * MIB))
    backup = world.step()
    over = {"target": {"source": "tree"}, "overwrite": True,
            "confirm": [str(world.top)]}
    for path in world.top.iterdir():
        path.write_text("now")
    before = trees.read(world.top)
    packs = sorted(world.folder.rglob("packs/*"))
    assert len(packs) > 1
    for pack in packs:
        flip(pack)
        fails_before(world, backup, **over)
        trees.assert_equal(before, trees.read(world.top))
        flip(pack)
    world.restore(backup, **over)
    assert (world.top / "3").read_bytes() == trees.content(3, 2 * MIB)


@contextlib.contextmanager
def reading(world, bucket, backup, **changes):
    """A restore that has looked at its target and reads the backup before it
    writes: it stands there."""
    relay = Proxy(bucket.ceph)
    try:
        world.api.want(200, "PATCH", "/v1/pools/pool", {"object_storage": {
            "endpoint": f"http://127.0.0.1:{relay.port}"}})
        relay.reset()
        with Halt(relay, text=b"/data/") as halt:
            restore = world.start_restore(backup, overwrite=True, **changes)
            halt.reached()
            yield restore
    finally:
        relay.close()


def refused(world, restore, code="confirm_required"):
    record = world.ended_restore(restore)
    assert record["status"] == "failed", record
    assert record["error"]["code"] == code, record
    assert was_read_before(world, record)


def test_files_came_meanwhile(cofferds, bucket, tmp_path):
    """Into a folder that was not there when it was looked at."""
    cofferd = cofferds(args=["--restore-dirs", str(tmp_path / "restored")])
    world = Forest(cofferd, Folder(), bucket).prepare(tmp_path, bucket)
    (world.top / "f").write_text("of the backup")
    backup = world.backup()
    mine = world.out / "new/f"
    with reading(world, bucket, backup) as restore:
        mine.parent.mkdir()
        mine.write_text("mine")
    refused(world, restore)
    assert mine.read_text() == "mine"
    world.restore(backup, **world.over())
    assert mine.read_text() == "of the backup"


def test_a_database_came_meanwhile(world, bucket, database, mariadb):
    name = database(data.bulky, 2)
    backup = world.backup(name)
    mariadb.drop(name)
    with reading(world, bucket, backup) as restore:
        mariadb.sql(f"CREATE DATABASE {name}")
        mariadb.sql("CREATE TABLE mine (id INT)", name)
    refused(world, restore)
    assert compare.base_tables(mariadb, name) == ["mine"]


def test_a_database_went_meanwhile(world, bucket, database, mariadb):
    """What an earlier look found there and the next did not is made as the
    backup says, defaults and all."""
    name = database(data.bulky, 2)
    mariadb.sql(f"ALTER DATABASE {name} CHARACTER SET latin2"
                " COLLATE latin2_czech_cs")
    backup = world.backup(name)
    with reading(world, bucket, backup, confirm=[f"{name}.t1"], scope={
            "databases": [{"name": name, "tables": ["t1"]}]}) as restore:
        mariadb.drop(name)
    assert world.ended_restore(restore)["verified"] is True
    made = mariadb.sql(f"SHOW CREATE DATABASE {name}")
    assert "latin2_czech_cs" in str(made), made


@pytest.mark.parametrize("expiring", [False, True])
def test_keys_came_meanwhile(cofferd, redis, bucket, expiring):
    world = flow.World(cofferd, redis, bucket)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "redis",
        "connection": flow.connection(redis)})
    world.api.want(201, "POST", "/v1/pools", flow.pool_body(bucket))
    keys.fill_many(redis, 2000)
    with redis.client() as c:
        c.set("goes", 1, px=3_600_000 if expiring else None)
    before = keys.snapshot(redis)
    backup = world.backup()
    with redis.client() as c:
        c.flushall()
        with reading(world, bucket, backup) as restore:
            c.set("mine", 1)
        refused(world, restore)
        assert c.keys() == [b"mine"]
        # And none came: what is read twice is restored once.
        c.flushall()
    with reading(world, bucket, backup) as restore:
        pass
    assert world.ended_restore(restore)["verified"] is True
    keys.assert_equal(before, keys.snapshot(redis))


class Lying(InFolder, Forest):
    """A tree, and what lies in its pool."""


def test_damage_in_what_is_not_wanted(cofferds, tmp_path):
    """Some files of a backup that is damaged elsewhere, in bytes that are
    fetched between theirs: what a restore does not need is not asked for."""
    cofferd = cofferds(args=["--restore-dirs", str(tmp_path / "restored")])
    world = Lying(cofferd, Folder()).prepare(tmp_path)
    for name, body in (("a", os.urandom(2 * MIB)), ("b", b"b" * 8 * MIB),
                       ("c", os.urandom(2 * MIB)), ("d", os.urandom(MIB))):
        (world.top / name).write_bytes(body)
    before = trees.read(world.top)
    backup = world.backup()
    at = {x["name"]: x["extents"][0] for x in world.lines(backup)}
    begin, end = sum(at["a"][1:]), at["c"][1]
    assert 0 < end - begin < 64 << 10, "or they are not fetched together"
    flip(parts_of(world, backup)[0], (begin + end) // 2)
    over = {"overwrite": True, "confirm": [str(world.top)],
            "target": {"source": "tree"}}
    for name in "abc":
        (world.top / name).write_text("now")
    fails_before(world, backup, **over)
    assert (world.top / "a").read_text() == "now"
    record = world.restore(backup, scope={"include": ["a", "c"]}, **over)
    assert was_read_before(world, record)
    assert (world.top / "b").read_text() == "now"
    (world.top / "b").write_bytes(b"b" * 8 * MIB)
    after = trees.read(world.top)
    for name in (b"a", b"c"):
        assert after[name] == before[name]
