"""Files on bad days: restores that get in each other's way, servers that are
lost, stores that are cut, files that are written to, folders that are closed."""
import os
import shutil

import pytest

from harness import process, trees
from harness.api import problem
from harness.forest import Folder, World, held, write
from harness.proxy import Proxy


@pytest.fixture
def make_world(cofferds, tmp_path):
    """make_world(bucket): its pool is there; else in a folder."""
    def make(bucket=None, env=None, **pool):
        cofferd = cofferds(args=["--restore-dirs", tmp_path / "restored"],
                           env=env)
        return World(cofferd, Folder(), bucket).prepare(tmp_path, bucket,
                                                        **pool)
    return make


def through(world, relay):
    """From now on the store is reached by way of a relay."""
    world.api.want(200, "PATCH", "/v1/pools/pool", {"object_storage": {
        "endpoint": f"http://127.0.0.1:{relay.port}"}})
    relay.reset()


@pytest.fixture
def relay(bucket):
    relay = Proxy(bucket.ceph)
    yield relay
    relay.close()


def test_two_restores_never_share_a_folder(make_world, bucket):
    with held(make_world, bucket, to="deep/new") as (world, backup, first,
                                                     halt):
        world.api.want(201, "POST", "/v1/sources", {
            "name": "around", "engine": "files",
            "connection": {"path": str(world.out / "deep")}})

        def is_busy(**changes):
            body = world.restore_body(backup, **changes)
            reply = world.api.post("/v1/restores", body)
            problem(reply, 409, "source_busy")
            assert first["id"] in reply.json["detail"]
            assert str(world.out / "deep/new") in reply.json["detail"]
        for to in ("deep/new", "deep/new/in/it", "deep"):
            is_busy(to=to, overwrite=True, confirm=[str(world.out / to)])
        is_busy(target={"source": "around"}, overwrite=True,
                confirm=[str(world.out / "deep")])
        # What only begins with the same letters is another folder.
        beside = world.start_restore(backup, to="deep/newer")
        halt.let_go()
        for restore, to in ((first, "deep/new"), (beside, "deep/newer")):
            record = world.ended_restore(restore)
            assert record["status"] == "completed", record
            trees.assert_equal(trees.read(world.top),
                               trees.read(world.out / to))
    # It is over, and the folder free.
    world.restore(backup, to="deep/new", **world.over("deep/new"))


def another(cofferds, world, tmp_path):
    """A new server that has the first one's pool, and no source."""
    second = World(cofferds(args=["--restore-dirs", world.out]), Folder())
    second.out = world.out
    second.folder = world.folder
    second.pool = second.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path / "pool")}})
    return second


def is_told(world, server_id):
    """Whether the server has written of its source into its pool."""
    path = world.folder / f"coffer/v1/servers/{server_id}.json"
    return path.exists() and world.source["id"] in path.read_text()


def test_a_lost_server_loses_no_file(make_world, cofferds, tmp_path):
    world = make_world()
    trees.make_all(world.top, levels=40)
    before = trees.read(world.top)
    backup = world.backup()
    old = backup["owner"]["server_id"]
    process.until(lambda: is_told(world, old), 60, "the source is in the pool")
    world.cofferd.kill()
    shutil.rmtree(world.cofferd.data)
    shutil.rmtree(world.top)

    second = another(cofferds, world, tmp_path)
    found = second.record(backup["id"])
    assert found["owner"] == {"server_id": old, "this": False}
    assert found["counts"] == backup["counts"]
    assert found["method"] == "snapshot"
    second.restore(backup, to="adopted")
    trees.assert_equal(before, trees.read(world.out / "adopted"))

    second.api.want(200, "POST", "/v1/pools/pool/takeover", {"server": old})
    assert second.record(backup["id"])["owner"]["this"] is True
    # The source came along, and what is restored to its path is it again.
    source = second.api.fetch("/v1/sources/tree")
    assert source["id"] == backup["source"]["id"]
    second.restore(backup, to="taken")
    trees.assert_equal(before, trees.read(world.out / "taken"))
    shutil.copytree(world.out / "taken/names", world.top, symlinks=True)
    again = second.backup()
    second.restore(again, to="again")
    trees.assert_equal(trees.read(world.top),
                       trees.read(world.out / "again"))
    second.api.want((200, 202, 204), "DELETE", f"/v1/backups/{backup['id']}")
    second.api.wait_gone(f"/v1/backups/{backup['id']}")
    assert not [p for p in world.folder.rglob("*")
                if p.is_file() and backup["id"] in p.parts]


def test_a_file_written_to_while_it_was_read(make_world, bucket, relay):
    """It is in the archive twice, and the second one comes back."""
    world = make_world(bucket, env={"COFFER_BUFFER_BYTES": str(24 << 20)},
                       part_bytes=4 << 20)
    write(world.top, {"a-first": "first", "z-last": "last"})
    large = world.top / "large"
    # More than there are buffers for: it is being read when some is stored.
    large.write_bytes(os.urandom(96 << 20))
    through(world, relay)
    # Not so slow that the spool takes what the store does not.
    relay.up_rate = 6 << 20
    backup = world.start_backup()
    world.wait_stored(backup["job_id"])
    with open(large, "r+b") as file:
        file.write(b"written meanwhile")
        file.seek(0, os.SEEK_END)
        file.write(os.urandom(1 << 20))
    relay.up_rate = None
    record = world.ended_backup(backup)
    assert record["status"] == "completed", record
    assert record["counts"]["files"] == 3
    # The first reading of it is in the archive beside the second.
    assert record["counts"]["bytes"] > 192 << 20, record["counts"]
    assert record["counts"]["content_bytes"] == sum(
        p.stat().st_size for p in world.top.iterdir())
    listed = world.api.fetch(f"/v1/backups/{record['id']}/contents")["items"]
    assert [i["path"] for i in listed] == ["a-first", "large", "z-last"]
    assert listed[1]["bytes"] == large.stat().st_size
    before = trees.read(world.top)
    world.restore(record)
    trees.assert_equal(before, trees.read(world.out / "new"))
    # Alone, too: it is found behind what it supersedes.
    world.restore(record, to="part", scope={"include": ["large"]})
    assert (world.out / "part/large").read_bytes() == large.read_bytes()


def bulky(world, files=10):
    for number in range(files):
        path = world.top / f"folder-{number % 3}/large-{number:02}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(4 << 20))
    write(world.top, {"a-first": "first", "z/last": "last"})


def test_a_store_that_is_cut(make_world, bucket, relay):
    """For a moment, twice, while it is written to and while it is read."""
    world = make_world(bucket, part_bytes=4 << 20)
    bulky(world)
    through(world, relay)
    for at in (9 << 20, 25 << 20):
        relay.at(relay.cut, up=at)
    backup = world.backup()
    assert all(trigger.check() for trigger in relay.triggers)
    relay.reset()
    for at in (9 << 20, 25 << 20):
        relay.at(relay.cut, down=at)
    world.restore(backup)
    assert all(trigger.check() for trigger in relay.triggers)
    trees.assert_equal(trees.read(world.top), trees.read(world.out / "new"))


def test_a_store_that_is_gone(make_world, bucket, relay):
    """For good, in the middle of a restore: what is there stays, it is said,
    and it can be gone on with."""
    world = make_world(bucket, env={"COFFER_STALL_SECONDS": "5",
                                    "COFFER_RETRY_SECONDS": "1"},
                       part_bytes=4 << 20)
    bulky(world)
    backup = world.backup()
    through(world, relay)
    relay.rate = 4 << 20
    restore = world.start_restore(backup)
    process.until((world.out / "new/a-first").exists, 60, "it has begun")
    bucket.ceph.pause()
    try:
        record = world.ended_restore(restore, 240)
    finally:
        bucket.ceph.resume()
    assert record["status"] == "failed", record
    assert record["error"]["code"] in ("store_failed", "store_stalled")
    assert "restore again with \"overwrite\"" in record["error"]["detail"]
    assert (world.out / "new/a-first").read_text() == "first"
    relay.rate = None
    world.restore(backup, **world.over())
    trees.assert_equal(trees.read(world.top), trees.read(world.out / "new"))


@pytest.fixture
def limited(cofferds, tmp_path):
    """A server that may not write where others alone may, also where root
    runs the tests."""
    server = cofferds(args=["--restore-dirs", tmp_path / "restored"],
                      start=False)
    if os.geteuid() == 0:
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        command = server.command()
        server.command = lambda: [*drop, *command]
    return World(server.start(), Folder()).prepare(tmp_path)


def test_a_folder_that_may_not_be_written_to(limited):
    world = limited
    write(world.top, {"a/f": "one", "b/g": "two"})
    backup = world.backup()
    closed = world.out / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    if os.geteuid() == 0:
        os.chown(closed, 12345, 12345)
    inner = world.out / "half" / "b"
    inner.mkdir(parents=True)
    inner.chmod(0o555)
    if os.geteuid() == 0:
        os.chown(inner, 12345, 12345)
    reply = world.api.post("/v1/restores",
                           world.restore_body(backup, "closed/new"))
    error = (reply.json if reply.status != 202 else world.ended_restore(
        reply.json)["error"])
    assert "closed" in error["detail"], error
    assert "give the server's user the right" in error["detail"], error
    assert list(closed.iterdir()) == []
    # In the middle: it says which, and goes on when it may.
    error = world.fails(backup, "half", **world.over("half"))
    assert error["code"] == "target_failed" and "b/g" in error["detail"]
    assert "give the server's user the right" in error["detail"], error
    inner.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(inner, 0, 0)
    world.restore(backup, to="half", **world.over("half"))
    trees.assert_equal(trees.read(world.top), trees.read(world.out / "half"))
