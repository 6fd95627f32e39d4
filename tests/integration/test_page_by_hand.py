"""The commands that the console shows on the page of a backup restore it: word
for word in one shell, with the server gone, for each form that a backup can
have. (tests/console has those of SQL typed off the page itself.)"""
import json

import pytest

from harness import compare, data, flow, keys, page, physical, process, trees
from harness.bucket import Bucket
from harness.snapshots import Script, sections
from harness.trip import LocalWorld
import test_buckets_increments as buckets
import test_files_increments as files
import test_files_restore as trees_of
import test_objects_restore as objects
import test_physical as physicals
from test_redis import World as RedisWorld

pytestmark = pytest.mark.seconds(300)

both = pytest.mark.parametrize("is_encrypted", (False, True),
                               ids=("plain", "encrypted"))


def sealed(is_encrypted):
    """Settings of a pool, and the files that somebody has then."""
    if not is_encrypted:
        return {}, {}
    crypt = trees_of.encryption()
    return {"encryption": crypt}, {"key.txt": crypt["identity"]}


def shell(world, backup, own):
    """What the page shows is read; then the server goes."""
    steps = page.steps(world, backup)
    world.cofferd.stop()
    return page.Shell(steps, own)


# ---- Redis

@both
def test_redis(cofferd, redis, tmp_path, is_encrypted):
    """With a log at the end, as the last step says."""
    pool, own = sealed(is_encrypted)
    world = RedisWorld(cofferd, redis)
    world.folder = tmp_path / "pool"
    world.folder.mkdir()
    world.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "redis",
        "connection": flow.connection(redis)})
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}, **pool})
    before = keys.snapshot(keys.fill(redis))
    backup = world.backup()
    with shell(world, backup, own) as typed:
        copy = page.Cache(typed)
        keys.assert_equal(before, keys.snapshot(copy))
        typed.run([typed.text("byhand.aof")])
        with copy.client() as c:
            assert c.config_get("appendonly") == {"appendonly": "yes"}
            # Until then it does not end.
            process.until(lambda: not (
                c.info("persistence")["aof_rewrite_in_progress"]
                or c.info("persistence")["aof_rewrite_scheduled"]), 60,
                "the log is written")
        keys.assert_equal(before, keys.snapshot(copy))


# ---- trees of files

@pytest.fixture
def make_tree_world(cofferds, tmp_path):
    def make(**pool):
        cofferd = cofferds(args=["--restore-dirs", str(tmp_path / "restored")])
        world = files.World(cofferd, files.Folder(), None)
        return world.prepare(tmp_path, None, **pool)
    return make


@both
def test_files(make_tree_world, is_encrypted):
    pool, own = sealed(is_encrypted)
    world = make_tree_world(**pool)
    trees.make_all(world.top, levels=20)
    before = trees.read(world.top)
    backup = world.backup()
    with shell(world, backup, own) as typed:
        trees.assert_equal(before, trees.read(typed.folder / "copy"))


@both
def test_files_in_packs(make_tree_world, is_encrypted):
    """Of a later backup, with files that got another owner, mode and time."""
    pool, own = sealed(is_encrypted)
    world = make_tree_world(**pool)
    world.plan()
    files.make_tree(world.top)
    for step in range(1, 4):
        files.change(world.top, step)
        backup = world.step()
    expected = trees.read(world.top)
    assert len(world.packs(backup)) > 1
    with shell(world, backup, own) as typed:
        trees.assert_equal(expected, trees.read(typed.folder / "copy"))


# ---- buckets

@pytest.fixture
def out(ceph):
    bucket = Bucket(ceph)
    yield bucket
    bucket.destroy()


def found_in(typed):
    """By key: what the last step tells of each object, and its bytes."""
    found = {}
    typed.run([f"{{\n{typed.text('byhand.keys')}\n}} > told"])
    for line in (typed.folder / "told").read_text().split("\n")[:-1]:
        member, key, facts = line.split("\t")
        key = json.loads(key)
        assert key not in found
        body = (typed.folder / "copy" / member).read_bytes()
        found[key] = (json.loads(facts), body)
        assert found[key][0]["size"] == len(body)
    return found


def test_objects(cofferd, bucket, out, tmp_path):
    world = objects.World(cofferd, bucket, out, tmp_path).prepare()
    wanted = objects.fill(bucket, {
        **{key: key.encode() for key in objects.ODD_KEYS}, "empty": b"",
        "large": trees.content("large", objects.MIB + 1)})
    objects.dress(bucket, "dressed", b"dressed")
    backup = world.backup()
    with shell(world, backup, {}) as typed:
        found = found_in(typed)
    facts, body = found.pop("dressed")
    assert (facts["tags"], body) == (objects.TAGS, b"dressed")
    assert facts["metadata"] == objects.DRESS["Metadata"]
    assert {key: body for key, (_, body) in found.items()} == wanted


@both
def test_objects_in_packs(cofferd, bucket, out, tmp_path, is_encrypted):
    """Of a later backup, with members of several."""
    pool, own = sealed(is_encrypted)
    world = buckets.World(cofferd, bucket, out, tmp_path)
    try:
        world.prepare(encrypted=pool.get("encryption"))
        buckets.make_objects(bucket)
        for step in (1, 2):
            buckets.change(bucket, step)
            world.settle()
            backup = world.step()
        expected = world.state()
        assert len(world.packs(backup)) > 1
    finally:
        world.relay.close()
    with shell(world, backup, own) as typed:
        found = found_in(typed)
    assert {key: body for key, (_, body) in found.items()} == {
        key: seen["body"] for key, seen in expected.items()}
    for key, (facts, _) in found.items():
        assert facts.get("metadata", {}) == expected[key]["metadata"], key
        assert facts.get("tags", {}) == expected[key]["tags"], key


# ---- files of a MariaDB

def assert_holds(typed, source, before, *databases):
    with page.Database(typed, source) as copy:
        compare.assert_equal(before, physical.snapshot(copy, *databases))


@both
def test_physical(cofferds, mariadb, database, tmp_path, is_encrypted):
    """The last of a chain, and the first of it, which is full."""
    pool, own = sealed(is_encrypted)
    name = database(data.small)
    world = LocalWorld(cofferds(helper={}), mariadb).prepare(
        tmp_path / "pool", **pool)
    physicals.incremental_plan(world)
    points = []
    for step in range(1, 4):
        physicals.change(mariadb, name, step)
        backup = physicals.execute(world)
        points.append((page.steps(world, backup),
                       physical.snapshot(mariadb, name)))
    world.cofferd.stop()
    for steps, before in (points[0], points[2]):
        with page.Shell(steps, own) as typed:
            assert_holds(typed, mariadb, before, name)


def test_snapshot(cofferds, plain_mariadb, database, tmp_path):
    """An archive of the data directory."""
    name = database(data.small, server=plain_mariadb)
    script = Script(tmp_path / "script")
    world = LocalWorld(cofferds(helper=sections(
        {"script": (script.program, script.home)},
        [script.home / "snapshots"])), plain_mariadb)
    world.prepare(tmp_path / "pool")
    before = physical.snapshot(plain_mariadb, name)
    backup = world.backup(method="snapshot", options={"snapshot_hook": "script"})
    with shell(world, backup, {}) as typed:
        assert_holds(typed, plain_mariadb, before, name)
