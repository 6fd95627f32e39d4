"""Where something is overwritten, all of a backup is read before: one that is
damaged leaves the target as it is (options.verify_first)."""
import os

import pytest

from harness import compare, data, flow, keys, trees
from harness.stored import InFolder
from test_files_increments import World as Tree
from test_files_restore import Folder, encryption

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
