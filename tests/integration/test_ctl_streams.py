"""cofferctl cat without a server, of what is no SQL: files of a MariaDB, buckets,
and Redis in a bucket. What it writes is taken by stock tools alone, and
compared with what the source had."""
import io
import json
import pathlib
import shutil
import tarfile
import tempfile

import pytest

from harness import compare, data, flow, keys, physical, trees
from harness.bucket import Bucket
from harness.ctl import Ctl, FAILED, USAGE
from harness.trip import LocalWorld
import test_buckets_increments as increments
import test_objects_restore as objects
import test_physical as physicals
from test_ctl_pool import s3_keys, s3_url
from test_encryption import Key

pytestmark = pytest.mark.seconds(300)


@pytest.fixture
def ctl(binary):
    """Knows of no server."""
    return Ctl(binary, env={"COFFER_SOCKET": "/nonexistent"})


# ---- files of a MariaDB

def unpack(ctl, url, ids, place):
    """Makes the files of the last of these backups, each of which is what
    `cofferctl cat` writes of it."""
    for number, one in enumerate(ids):
        to, more = ("copy", "") if number == 0 else \
            ("more", " --incremental-dir=more")
        (place / "backup").write_bytes(ctl("cat", url, one).raw)
        physical.run(f"mkdir {to}; mbstream -x -C {to} < backup; "
                     f"mariadb-backup --prepare --target-dir=copy{more}",
                     place)
        shutil.rmtree(place / "more", ignore_errors=True)


def assert_holds(ctl, url, ids, source, before, *databases):
    # Paths of sockets are short: not below pytest's own folder.
    place = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
    try:
        unpack(ctl, url, ids, place)
        with physical.Copy(place, source) as copy:
            compare.assert_equal(before, physical.snapshot(copy, *databases))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def test_physical_in_a_bucket(ctl, make_world, shop, mariadb, bucket):
    world = make_world(helper={})
    before = physical.snapshot(mariadb, shop)
    backup = world.backup(method="physical")
    mariadb.sql("DELETE FROM order_items", shop)
    world.cofferd.stop()
    ctl.env.update(s3_keys(bucket))
    url = s3_url(bucket)
    listed, = ctl.json("ls", url)["items"]
    assert (listed["form"], listed["method"]) == ("xbstream", "physical")
    said = ctl("cat", url, backup["id"], f"{shop}/orders", status=USAGE)
    assert not said.raw and "xbstream" in said.err
    assert_holds(ctl, url, [backup["name"]], mariadb, before, shop)


@pytest.mark.parametrize("is_encrypted", (False, True))
def test_physical_increments(ctl, cofferds, mariadb, database, tmp_path,
                             is_encrypted):
    """Each point of a chain, whose earlier ones are told by the last."""
    more = {}
    if is_encrypted:
        key = Key(tmp_path, "key.txt")
        key.path.chmod(0o600)
        ctl.env["COFFER_IDENTITY_FILE"] = str(key.path)
        more["encryption"] = {"recipients": [key.public],
                              "confirm_stored": True}
    name = database(data.small)
    world = LocalWorld(cofferds(helper={}), mariadb).prepare(
        tmp_path / "pool", **more)
    physicals.incremental_plan(world)
    points = []
    for step in range(1, 4):
        physicals.change(mariadb, name, step)
        points.append((physicals.execute(world)["id"],
                       physical.snapshot(mariadb, name)))
    world.cofferd.stop()
    ids = [one for one, _ in points]
    said = ctl("cat", world.folder, ids[2])
    told = said.err[said.err.index("apply these first"):].split()
    assert [word for word in told if word in ids] == ids[:2]
    assert "apply" not in ctl("cat", world.folder, ids[0]).err
    for number in (0, 2):
        assert_holds(ctl, world.folder, ids[:number + 1], mariadb,
                     points[number][1], name)


def test_physical_that_is_damaged(ctl, cofferds, mariadb, database, tmp_path):
    """Not a byte of a part that is not whole is written."""
    database(data.bulky, 8)
    world = LocalWorld(cofferds(helper={}), mariadb).prepare(
        tmp_path / "pool", part_bytes=1 << 20)
    backup = world.backup(method="physical")
    assert backup["part_count"] > 1
    world.cofferd.stop()
    whole = ctl("cat", world.folder, backup["id"]).raw
    last = sorted((world.folder_of(backup) / "data").iterdir())[-1]
    raw = last.read_bytes()
    last.chmod(0o600)
    last.write_bytes(raw[:50] + bytes([raw[50] ^ 1]) + raw[51:])
    said = ctl("cat", world.folder, backup["id"], status=FAILED)
    assert last.name in said.err
    assert len(said.raw) < len(whole) and whole.startswith(said.raw)


# ---- buckets

HEADERS = {"content-type": "ContentType", "cache-control": "CacheControl",
           "content-disposition": "ContentDisposition",
           "content-encoding": "ContentEncoding",
           "content-language": "ContentLanguage"}


def members(raw):
    """By key: what the archive says of each object and its bytes."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        for member in archive:
            records = member.pax_headers
            key = records["COFFER.key"]
            assert key not in found
            found[key] = (json.loads(records["COFFER.object"]),
                          archive.extractfile(member).read())
    assert raw.endswith(bytes(1024))
    return found


def bodies(raw):
    return {key: body for key, (_, body) in members(raw).items()}


@pytest.fixture
def out(ceph):
    bucket = Bucket(ceph)
    yield bucket
    bucket.destroy()


def test_objects(ctl, cofferd, bucket, out, tmp_path):
    world = objects.World(cofferd, bucket, out, tmp_path).prepare()
    wanted = objects.fill(bucket, {
        **{key: key.encode() for key in objects.ODD_KEYS}, "empty": b"",
        "large": trees.content("large", 3 * objects.MIB + 1)})
    objects.dress(bucket, "dressed", b"dressed")
    wanted["dressed"] = b"dressed"
    seen = objects.seen(bucket, "dressed")
    backup = world.backup()
    world.cofferd.stop()
    for key in wanted:
        bucket.remove(key)
    url = f"file://{world.folder}"
    found = members(ctl("cat", url, backup["name"]).raw)
    assert {key: body for key, (_, body) in found.items()} == wanted
    told = found["dressed"][0]
    assert told["metadata"] == seen["metadata"]
    assert told["tags"] == seen["tags"]
    assert told["headers"] == {name: seen[theirs]
                               for name, theirs in HEADERS.items()}
    # One of them, and some, by their keys.
    for key in ("large", "Ünïcödé 備份", "emoji 🗄"):
        assert bodies(ctl("cat", url, backup["id"], key).raw) \
            == {key: wanted[key]}
    said = ctl("cat", url, backup["id"], "nothing", status=FAILED)
    assert not said.raw and "nothing of that name" in said.err
    listed = ctl.json("ls", url, backup["id"])["items"]
    assert {i["name"] for i in listed if i["type"] == "object"} == set(wanted)


@pytest.mark.parametrize("is_encrypted", (False, True))
def test_objects_in_packs(ctl, cofferd, bucket, out, tmp_path, is_encrypted):
    """Of parts that several backups share no more than is this one's."""
    crypt = None
    if is_encrypted:
        crypt = increments.encryption()
        key = tmp_path / "key.txt"
        key.touch(0o600)
        key.write_text(crypt["identity"])
        ctl.env["COFFER_IDENTITY_FILE"] = str(key)
    world = increments.World(cofferd, bucket, out, tmp_path)
    try:
        world.prepare(encrypted=crypt)
        increments.make_objects(bucket)
        points = []
        for step in (1, 2):
            increments.change(bucket, step)
            world.settle()
            points.append((world.step(), world.state()))
        assert len(world.packs(points[1][0])) > 1
    finally:
        world.relay.close()
    world.cofferd.stop()
    for backup, state in points:
        expected = {k: v["body"] for k, v in state.items()}
        assert bodies(ctl("cat", world.folder, backup["id"]).raw) == expected
        one = sorted(expected)[-1]
        assert bodies(ctl("cat", world.folder, backup["id"], one).raw) \
            == {one: expected[one]}


# ---- Redis

@pytest.mark.parametrize("is_encrypted", (False, True))
def test_redis_in_a_bucket(ctl, cofferd, redis, bucket, tmp_path,
                           is_encrypted):
    before = keys.snapshot(keys.fill(redis))
    more = {}
    if is_encrypted:
        key = Key(tmp_path, "key.txt")
        key.path.chmod(0o600)
        more["encryption"] = {"recipients": [key.public],
                              "confirm_stored": True}
    world = flow.World(cofferd, redis, bucket)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "redis",
        "connection": flow.connection(redis)})
    world.api.want(201, "POST", "/v1/pools",
                   {**flow.pool_body(bucket, prefix="a/b"), **more})
    backup = world.backup()
    world.cofferd.stop()
    redis.empty()
    ctl.env.update(s3_keys(bucket))
    url = s3_url(bucket, "a/b")
    if is_encrypted:
        said = ctl("cat", url, backup["id"], status=FAILED)
        assert not said.raw and "identity" in said.err
        ctl.env["COFFER_IDENTITY_FILE"] = str(key.path)
    rdb = ctl("cat", url, backup["name"]).raw
    assert rdb.startswith(b"REDIS")
    with keys.served(rdb) as other:
        keys.assert_equal(before, keys.snapshot(other))
