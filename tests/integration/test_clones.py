"""Two servers of one id, since a data directory was copied while it was in
use (doc/explanation/clones.md): neither removes anything of the other's."""
import shutil
import signal

import pytest

from harness import compare, data, flow, process
from harness.api import problem
from harness.trip import LocalWorld
from test_news import LOOKS, acts, told


@pytest.fixture
def world(cofferds, plain_mariadb, tmp_path):
    return LocalWorld(cofferds(env=LOOKS), plain_mariadb).prepare(
        tmp_path / "pool")


def copy_of(world, cofferds):
    """A server on a copy of its data directory, as it is at one instant;
    not started."""
    other = cofferds(env=LOOKS, start=False)
    world.cofferd.signal(signal.SIGSTOP)
    try:
        shutil.copytree(world.cofferd.data, other.data,
                        ignore=shutil.ignore_patterns("*.sock"))
    finally:
        world.cofferd.signal(signal.SIGCONT)
    return LocalWorld(other, world.server)


def pool_of(world):
    return world.api.fetch("/v1/pools/pool")


def test_copies_leave_each_other_alone(world, cofferds, database, halts,
                                       plain_mariadb):
    """What one was making when it was copied, and what it began since, is
    nothing that the other left."""
    shop = database(data.bulky, 8, server=plain_mariadb)
    before = compare.snapshot(plain_mariadb, shop)
    done = world.backup(shop)
    halt = halts(world, down=1 << 20)
    running = world.start_backup(shop)
    halt.reached()
    copy = copy_of(world, cofferds)
    # The copy takes the running one for interrupted.
    copy.cofferd.start()
    assert copy.record(running["id"])["status"] == "failed"
    pool = pool_of(world)
    told(world, pool, "pool.contested")
    told(copy, pool, "pool.contested")
    for one in (world, copy):
        assert "copy" in pool_of(one)["status_reason"]
        problem(one.api.delete(f"/v1/backups/{done['id']}"), 409,
                "pool_contested")
    process.until(lambda: "cannot sweep" in copy.cofferd.log()
                  and "cannot look for leftovers" in copy.cofferd.log(),
                  40, "the copy would have removed something")
    halt.let_go()
    ended = world.ended_backup(running)
    assert ended["status"] == "completed", ended
    # One is stopped; somebody says that the other is the right one.
    copy.cofferd.stop()
    server = world.api.fetch("/v1/backups/" + done["id"])["owner"]["server_id"]
    world.api.want(200, "POST", "/v1/pools/pool/takeover", {"server": server})
    assert pool_of(world)["status_reason"] is None
    problem(world.api.post("/v1/pools/pool/takeover", {"server": server}),
            422, "invalid_value")
    # Should the copy come again, it is still the one that stops.
    copy.cofferd.start()
    process.until(lambda: copy.cofferd.log().count("cannot sweep") > 1, 40,
                  "the copy has looked again")
    assert pool_of(copy)["status_reason"]
    assert pool_of(world)["status_reason"] is None
    copy.cofferd.stop()
    world.api.want(202, "DELETE", f"/v1/backups/{done['id']}")
    process.until(lambda: not list(world.folder.rglob(
        f"{done['id']}/owner.json")), 40, "what is deleted goes")
    plain_mariadb.drop(shop)
    world.restore(ended)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, shop))


def test_a_server_is_no_copy_of_itself(world, plain_mariadb, database):
    """Killed or stopped and started again: it removes at once."""
    shop = database(data.small, server=plain_mariadb)
    for _ in range(2):
        backup = world.backup(shop)
        world.cofferd.kill()
        world.cofferd.start()
        world.api.want(202, "DELETE", f"/v1/backups/{backup['id']}")
        process.until(lambda: not list(world.folder.rglob(backup["id"])), 20,
                      "it goes")
        world.cofferd.restart()
    assert "nothing is removed" not in world.cofferd.log()
    assert acts(world, pool_of(world)) == []


def test_a_server_that_was_moved(world, cofferds, plain_mariadb, database):
    """The only one, but elsewhere: it looks first, then goes on."""
    shop = database(data.small, server=plain_mariadb)
    backup = world.backup(shop)
    copy = copy_of(world, cofferds)
    world.cofferd.stop()
    copy.cofferd.start()
    copy.api.want(202, "DELETE", f"/v1/backups/{backup['id']}")
    process.until(lambda: not list(world.folder.rglob(
        f"{backup['id']}/owner.json")), 40, "it goes after a while")
    assert "looked at first" in copy.cofferd.log()
    assert acts(copy, pool_of(copy)) == []


@pytest.mark.parametrize("text", [b"", b"{}", b"no start at all", b"{" * 5000])
def test_a_start_that_cannot_be_read(world, plain_mariadb, database, text):
    """It speaks of no other server: it is written over, and waited for."""
    shop = database(data.small, server=plain_mariadb)
    backup = world.backup(shop)
    process.until(lambda: list(world.folder.rglob("servers/*.start")), 40,
                  "the pool has been looked at")
    [start] = world.folder.rglob("servers/*.start")
    start.write_bytes(text)
    world.api.want(202, "DELETE", f"/v1/backups/{backup['id']}")
    process.until(lambda: not list(world.folder.rglob(
        f"{backup['id']}/owner.json")), 40, "it goes after a while")
    # When it was written over, and when it was looked at after that.
    assert world.cofferd.log().count("could not be read") > 1
    assert b"start_id" in start.read_bytes()
    assert pool_of(world)["status_reason"] is None
    assert acts(world, pool_of(world)) == []
