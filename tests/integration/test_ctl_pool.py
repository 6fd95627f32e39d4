"""cofferctl without a server: what lies in a pool, and the streams of its
backups, which stock tools take."""
import base64
import io
import json
import os
import shutil
import subprocess
import tarfile

import pytest

from harness import compare, data, flow, keys, process, trees
from harness.ctl import Ctl, FAILED, UNREACHABLE, USAGE
from harness.trip import LocalWorld
import test_files_increments as increments
import test_files_restore as files
from test_redis import World as RedisWorld


@pytest.fixture
def ctl(binary):
    """Knows of no server."""
    return Ctl(binary, env={"COFFER_SOCKET": "/nonexistent"})


@pytest.fixture
def local(cofferd, mariadb, tmp_path):
    """Its pool is a folder."""
    return LocalWorld(cofferd, mariadb).prepare(tmp_path / "pool")


def apply(server, script):
    done = subprocess.run(server.client(), input=script, capture_output=True,
                          check=False, env=process.clean_environment())
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def s3_url(bucket, prefix=""):
    return (f"s3://{bucket.name}/{prefix}?endpoint={bucket.ceph.endpoint}"
            f"&region={bucket.ceph.region}")


def s3_keys(bucket):
    access, secret = bucket.ceph.keys()
    return {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}


# ---- SQL

def test_folder(ctl, local, shop, mariadb):
    before = compare.snapshot(mariadb, shop)
    backup = local.backup(shop)
    local.backup(shop, name="second")
    local.cofferd.stop()
    url = f"file://{local.folder}"
    listed = ctl.json("ls", url)
    assert listed["damaged"] == []
    assert {b["name"] for b in listed["items"]} == {backup["name"], "second"}
    one = next(b for b in listed["items"] if b["id"] == backup["id"])
    for member in ("engine", "method", "stored_bytes", "part_count",
                   "started_at", "finished_at", "encrypted"):
        expected = backup["source"]["engine"] if member == "engine" \
            else backup[member]
        assert one[member] == expected, member
    assert one["source"] == {"id": backup["source"]["id"], "name": "db"}
    assert one["form"] == "sql"
    rows = ctl("ls", local.folder).rows
    assert sorted(row[0] for row in rows) == sorted([backup["name"],
                                                     "second"])
    assert ctl.json("ls", url, "--source", "nobody")["items"] == []
    items = ctl.json("ls", url, backup["name"])
    assert items["backup"]["id"] == backup["id"]
    tables = {i["name"] for i in items["items"] if i["kind"] == "data"}
    assert tables == set(compare.base_tables(mariadb, shop))
    shown = ctl("ls", url, backup["id"]).out
    for table in tables:
        assert f"{shop}/{table}\n" in shown
    mariadb.drop(shop)
    apply(mariadb, ctl("cat", url, backup["name"]).raw)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    whole = ctl("cat", local.folder, backup["id"]).raw
    assert whole == ctl("cat", url, backup["name"]).raw


def test_bucket(ctl, world, shop, mariadb, tmp_path):
    before = compare.snapshot(mariadb, shop)
    backup = world.backup(shop)
    world.cofferd.stop()
    ctl.env.update(s3_keys(world.bucket))
    assert ctl.json("ls", s3_url(world.bucket))["items"][0]["id"] \
        == backup["id"]
    mariadb.drop(shop)
    apply(mariadb, ctl("cat", s3_url(world.bucket), backup["name"]).raw)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    # The same with the keys in a file, and the rest in the environment.
    access, secret = world.bucket.ceph.keys()
    path = tmp_path / "credentials"
    path.touch(0o600)
    path.write_text("[other]\naws_access_key_id = x\n[default]\n"
                    f"aws_access_key_id = {access}\n"
                    f"aws_secret_access_key = {secret}\n")
    other = Ctl(ctl.binary, env={
        "AWS_ENDPOINT_URL": world.bucket.ceph.endpoint,
        "AWS_REGION": world.bucket.ceph.region})
    bare = f"s3://{world.bucket.name}"
    said = other("ls", bare, "--credentials-file", path)
    assert backup["name"] in said.out
    path.chmod(0o644)
    other("ls", bare, "--credentials-file", path, status=USAGE)
    wrong = {**s3_keys(world.bucket), "AWS_SECRET_ACCESS_KEY": "wrong" * 8}
    said = ctl("ls", s3_url(world.bucket), env=wrong, status=FAILED)
    assert "wrong" not in said.err and secret not in said.err


def test_bucket_with_a_prefix(ctl, make_world, small, mariadb, bucket):
    world = make_world(pool={"object_storage": flow.object_storage(
        bucket, prefix="a/b")})
    backup = world.backup(small)
    world.cofferd.stop()
    ctl.env.update(s3_keys(bucket))
    for prefix in ("a/b", "a/b/"):
        assert ctl.json("ls", s3_url(bucket, prefix))["items"]
    assert ctl.json("ls", s3_url(bucket))["items"] == []
    assert "prefix" in ctl("ls", s3_url(bucket, "a")).err
    mariadb.drop(small)
    apply(mariadb, ctl("cat", s3_url(bucket, "a/b"), backup["id"]).raw)
    table = table_of(mariadb, small)
    assert mariadb.value(f"SELECT COUNT(*) FROM {small}.{table}")


def table_of(server, database):
    return sorted(compare.base_tables(server, database))[0]


def test_items(ctl, local, shop, mariadb):
    """One table of several, into a database that is there."""
    before = compare.rows(mariadb, shop)
    backup = local.backup(shop)
    local.cofferd.stop()
    names = sorted(compare.base_tables(mariadb, shop))
    one, others = names[0], names[1:]
    for pattern in (f"{shop}/{one}", f"{shop}.{one}", f"/{shop}/{one}"):
        script = ctl("cat", local.folder, backup["id"], pattern).raw
        mariadb.sql(f"SET foreign_key_checks = 0; DROP TABLE `{one}`", shop)
        apply(mariadb, f"USE `{shop}`;\n".encode() + script)
        assert compare.rows(mariadb, shop) == before, pattern
    for other in others:
        assert f"`{other}` VALUES".encode() not in script
    assert ctl("cat", local.folder, backup["id"], shop).raw.count(b"INSERT") \
        >= len(names)
    said = ctl("cat", local.folder, backup["id"], "nothing/at_all",
               status=FAILED)
    assert not said.raw and "nothing of that name" in said.err


def test_large(ctl, cofferd, mariadb, database, tmp_path):
    """Many parts, read by a slow reader, in bounded memory."""
    name = database(data.bulky, 48)
    local = LocalWorld(cofferd, mariadb).prepare(tmp_path / "pool",
                                                 part_bytes=1 << 20)
    before = compare.snapshot(mariadb, name)
    backup = local.backup(name)
    assert backup["part_count"] > 8
    local.cofferd.stop()
    script = tmp_path / "script"
    with script.open("wb") as out:
        done = subprocess.run(
            ctl.command(("cat", local.folder, backup["id"])), stdout=out,
            stderr=subprocess.PIPE, check=False, env=ctl.environment())
    assert done.returncode == 0, done.stderr
    mariadb.drop(name)
    apply(mariadb, script.read_bytes())
    compare.assert_equal(before, compare.snapshot(mariadb, name))


# ---- encrypted

def test_encrypted(ctl, cofferd, mariadb, shop, tmp_path):
    crypt = files.encryption()
    key = tmp_path / "key.txt"
    key.touch(0o600)
    key.write_text(crypt["identity"])
    local = LocalWorld(cofferd, mariadb).prepare(tmp_path / "pool",
                                                 encryption=crypt)
    before = compare.snapshot(mariadb, shop)
    backup = local.backup(shop)
    local.cofferd.stop()
    assert ctl.json("ls", local.folder)["items"][0]["encrypted"] is True
    for words in (("cat", local.folder, backup["id"]),
                  ("ls", local.folder, backup["id"])):
        said = ctl(*words, status=FAILED)
        assert not said.raw and "identity" in said.err
    other = tmp_path / "other.txt"
    other.touch(0o600)
    other.write_text(files.encryption()["identity"])
    said = ctl("cat", local.folder, backup["id"], "-i", other, status=FAILED)
    assert not said.raw and "SECRET" not in said.err
    assert ctl.json("ls", local.folder, backup["id"], "-i", key)["items"]
    mariadb.drop(shop)
    apply(mariadb, ctl("cat", local.folder, backup["id"], "-i", key).raw)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    one = table_of(mariadb, shop)
    assert b"INSERT" in ctl("cat", local.folder, backup["id"], "-i", key,
                            f"{shop}.{one}").raw
    key.chmod(0o644)
    ctl("cat", local.folder, backup["id"], "-i", key, status=USAGE)


# ---- what is wrong

def test_damage_is_never_written(ctl, cofferd, mariadb, database, tmp_path):
    name = database(data.bulky, 12)
    local = LocalWorld(cofferd, mariadb).prepare(tmp_path / "pool",
                                                 part_bytes=1 << 20)
    backup = local.backup(name)
    local.cofferd.stop()
    whole = ctl("cat", local.folder, backup["id"]).raw
    parts = sorted((local.folder_of(backup) / "data").iterdir())
    last = parts[-2]
    raw = last.read_bytes()
    last.chmod(0o600)
    for bad in (raw[:-1], raw + b"\0", raw[:50] + bytes([raw[50] ^ 1])
                + raw[51:]):
        last.write_bytes(bad)
        said = ctl("cat", local.folder, backup["id"], status=FAILED)
        assert last.name in said.err
        if said.raw:
            assert "NOT whole" in said.err
        assert whole.startswith(said.raw) and len(said.raw) < len(whole)
    last.unlink()
    said = ctl("cat", local.folder, backup["id"], status=FAILED)
    assert last.name in said.err
    last.write_bytes(raw)
    assert ctl("cat", local.folder, backup["id"]).raw == whole
    manifest = local.folder_of(backup) / "manifest.json"
    text = manifest.read_bytes()
    manifest.chmod(0o600)
    manifest.write_bytes(text.replace(b'"mysql"', b'"MYSQL"'))
    listed = ctl.json("ls", local.folder, status=FAILED)
    assert listed["items"] == []
    assert [d["id"] for d in listed["damaged"]] == [backup["id"]]
    said = ctl("cat", local.folder, backup["id"], status=FAILED)
    assert not said.raw and "manifest.json" in said.err
    manifest.unlink()
    assert ctl.json("ls", local.folder)["items"] == []


def test_reader_that_leaves(ctl, local, shop):
    backup = local.backup(shop)
    local.cofferd.stop()
    running = ctl.start("cat", local.folder, backup["id"])
    running.stdout.close()
    err = running.stderr.read()
    assert running.wait(60) == FAILED and b"takes no more" in err, err


def test_terminal_is_refused(ctl, local, small):
    backup = local.backup(small)
    said = ctl.on_terminal("cat", local.folder, backup["id"], status=USAGE)
    assert "terminal" in said.out


@pytest.mark.parametrize("url", [
    "/nonexistent", "ftp://x", "s3://", "s3:///x", "file://x", "",
    "s3://b?nothing=1", "s3://b?endpoint=%zz", "s3://b", "file:///nonexistent",
])
def test_wrong_urls(ctl, url):
    said = ctl("ls", url, status=USAGE)
    assert said.err.startswith("cofferctl: ")


def test_store_that_is_away(ctl, bucket):
    ctl.env.update(s3_keys(bucket))
    url = f"s3://{bucket.name}?endpoint=http://127.0.0.1:1"
    ctl("ls", url, status=UNREACHABLE)
    told = ctl("cat", url, "x", "--json", status=UNREACHABLE)
    assert json.loads(told.err)["code"] == "store_failed"


def test_names_that_are_not_there(ctl, local, small):
    backup = local.backup(small)
    for name in ("nothing", "bak_01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        assert name in ctl("cat", local.folder, name, status=FAILED).err
    source = local.folder_of(backup).parent
    copy = source / "bak_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    shutil.copytree(source / backup["id"], copy)
    # A backup that lies in another one's place is none.
    listed = ctl.json("ls", local.folder, status=FAILED)
    assert [d["id"] for d in listed["damaged"]] == [copy.name]
    assert ctl("cat", local.folder, backup["name"]).raw


# ---- Redis

def test_redis(ctl, cofferd, redis, tmp_path):
    world = RedisWorld(cofferd, redis).prepare(tmp_path / "pool")
    before = keys.snapshot(keys.fill(redis))
    backup = world.backup()
    world.cofferd.stop()
    ctl("cat", world.folder, backup["id"], "0", status=USAGE)
    rdb = ctl("cat", world.folder, backup["id"]).raw
    with keys.served(rdb) as other:
        keys.assert_equal(before, keys.snapshot(other))


# ---- files

@pytest.fixture
def make_tree_world(cofferds, tmp_path):
    def make(**pool):
        cofferd = cofferds(args=["--restore-dirs", str(tmp_path / "restored")])
        world = increments.World(cofferd, files.Folder(), None)
        return world.prepare(tmp_path, None, **pool)
    return make


def unpack(ctl, world, to, *words, **more):
    archive = world.out / f"{to}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.write_bytes(ctl("cat", world.folder, *words, **more).raw)
    done = trees.unpack(archive, world.out / to)
    assert done.returncode == 0, done.stderr
    return world.out / to


def amend(ctl, world, backup, folder):
    """What the archive's headers do not have yet; by the index."""
    items = ctl.json("ls", world.folder, backup["id"])["items"]
    amended = [i for i in items if i["facts"].get("amended")]
    for item in amended:
        name = base64.b64decode(item["name_base64"]) \
            if "name_base64" in item else item["name"].encode()
        path, facts = os.fsencode(folder) + b"/" + name, item["facts"]
        os.chown(path, facts["uid"], facts["gid"])
        os.chmod(path, int(facts["mode"], 8))
        at = facts["mtime"][0] * 10 ** 9 + facts["mtime"][1]
        os.utime(path, ns=(at, at))
    return amended


def test_tree(ctl, make_tree_world):
    world = make_tree_world()
    trees.make_all(world.top, levels=20)
    before = trees.read(world.top)
    backup = world.backup()
    world.cofferd.stop()
    trees.assert_equal(before, trees.read(unpack(ctl, world, "to",
                                                 backup["id"])))
    some = unpack(ctl, world, "some", backup["id"], "sizes/**")
    found = {p.name for p in (some / "sizes").iterdir()}
    assert found == {p.name for p in (world.top / "sizes").iterdir()}
    assert [p.name for p in some.iterdir()] == ["sizes"]
    trees.assert_equal(trees.read(world.top / "sizes"),
                       trees.read(some / "sizes"), but=("mtime",))


@pytest.mark.parametrize("is_encrypted", (False, True))
def test_increments(ctl, make_tree_world, is_encrypted, tmp_path):
    """Parts that several backups share."""
    pool, more = {}, []
    if is_encrypted:
        pool["encryption"] = files.encryption()
        key = tmp_path / "key.txt"
        key.touch(0o600)
        key.write_text(pool["encryption"]["identity"])
        ctl.env["COFFER_IDENTITY_FILE"] = str(key)
    world = make_tree_world(**pool)
    world.plan()
    increments.make_tree(world.top)
    points = []
    for step in range(1, 4):
        increments.change(world.top, step)
        points.append((world.step(), trees.read(world.top)))
    world.cofferd.stop()
    for number in (0, 2):
        backup, expected = points[number]
        to = unpack(ctl, world, f"to{number}", backup["id"], *more)
        amended = amend(ctl, world, backup, to)
        assert bool(amended) == (number > 0)
        trees.assert_equal(expected, trees.read(to))


def test_archive_is_whole(ctl, make_tree_world):
    """One that was cut can be told from one that was not."""
    world = make_tree_world()
    world.plan()
    (world.top / "a").write_bytes(os.urandom(100_000))
    backup = world.step()
    world.cofferd.stop()
    raw = ctl("cat", world.folder, backup["id"], "a").raw
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        assert archive.getnames() == ["a"]
    assert raw.endswith(bytes(1024))
