"""A store that gives other bytes than it has: what is read wrongly once is
read again, what is wrong twice is damage."""
import re
import urllib.parse

import pytest

from harness import compare, data, flow, process
from harness.proxy import Proxy
from test_files_restore import encryption
from test_news import LOOKS, acts

MIB = 1024 * 1024


class Twister(Proxy):
    """Before the store; changes what is fetched of targets with `of` in them,
    as often as `twists` tells."""

    def __init__(self, ceph, of, change):
        url = urllib.parse.urlsplit(ceph.endpoint)

        class Place:
            host, port = url.hostname, url.port
        self.of, self.change = of, change
        self.twists = 0
        self.asked = b""
        super().__init__(Place)

    def pool(self, bucket):
        return {"object_storage": flow.object_storage(
            bucket, endpoint=f"http://127.0.0.1:{self.port}")}

    def passed(self, chunk, is_up):
        with self.gate:
            if is_up:
                self.asked = chunk.split(b"\r\n", 1)[0]
            elif (self.twists > 0 and self.asked.startswith(b"GET ")
                  and self.of in self.asked):
                changed = self.change(chunk)
                self.twists -= changed != chunk
                return changed
        return chunk


def a_bit(chunk):
    """In the middle of a long body."""
    if len(chunk) < 4096 or chunk.startswith(b"HTTP/"):
        return chunk
    middle = len(chunk) // 2
    return chunk[:middle] + bytes([chunk[middle] ^ 4]) + chunk[middle + 1:]


def another_start(chunk):
    return re.sub(rb'("start_id":"sta_)(.{5})', rb"\g<1>00000", chunk)


@pytest.fixture(params=["plain", "encrypted"])
def twisted(request, make_world, ceph, bucket):
    twister = Twister(ceph, b"/data/", a_bit)
    pool = {**twister.pool(bucket), "part_bytes": MIB}
    if request.param == "encrypted":
        pool["encryption"] = encryption()
    world = make_world(pool=pool)
    world.twister = twister
    yield world
    twister.close()


@pytest.fixture
def backup(twisted, database):
    name = database(data.bulky, 6)
    backup = twisted.backup(name)
    backup["database"] = name
    return backup


def told(world):
    return world.cofferd.log().count("it is read once more")


def verified(world, backup):
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/verify",
                         {"read": "all"})
    world.api.wait_job(job["id"], 60)
    return world.record(backup["id"])["verify_status"]


def test_once(twisted, backup, mariadb):
    name = backup["database"]
    before = compare.snapshot(mariadb, name)
    twisted.twister.twists = 1
    assert verified(twisted, backup) == "passed"
    assert twisted.twister.twists == 0
    twisted.twister.twists = 1
    twisted.restore(backup, overwrite=True, confirm=[name])
    assert twisted.twister.twists == 0
    compare.assert_equal(before, compare.snapshot(mariadb, name))
    assert told(twisted) == 2


def test_always(twisted, backup, mariadb):
    name = backup["database"]
    before = compare.snapshot(mariadb, name)
    twisted.twister.twists = 1000
    record = twisted.ended_restore(twisted.start_restore(
        backup, overwrite=True, confirm=[name]))
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "damaged_backup", record
    compare.assert_equal(before, compare.snapshot(mariadb, name))
    assert verified(twisted, backup) == "failed"
    twisted.twister.twists = 0
    assert verified(twisted, backup) == "passed"


def test_another_start_once(make_world, ceph, bucket, database):
    """One answer that tells of another server with this one's id: it is no
    rival, but nothing is removed until it was looked at for a while."""
    twister = Twister(ceph, b".start", another_start)
    world = make_world(pool=twister.pool(bucket), env=LOOKS)
    backup = world.backup(database(data.small))
    process.until(lambda: "coffer/v1/servers/" in "".join(bucket.objects())
                  and ".start" in "".join(bucket.objects()), 40,
                  "the pool has been looked at")
    twister.twists = 1
    world.api.want(202, "DELETE", f"/v1/backups/{backup['id']}")
    process.until(lambda: not bucket.keys_of(backup["id"]), 40,
                  "it goes after a while")
    assert twister.twists == 0
    assert "could not be read for sure" in world.cofferd.log()
    pool = world.api.fetch("/v1/pools/pool")
    assert pool["status_reason"] is None
    assert acts(world, pool) == []
    twister.close()
