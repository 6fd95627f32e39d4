"""A store that gives other bytes than it has: what is read wrongly once is
read again, what is wrong twice is damage."""
import urllib.parse

import pytest

from harness import compare, data, flow
from harness.proxy import Proxy
from test_files_restore import encryption

MIB = 1024 * 1024


class Twister(Proxy):
    """Before the store; turns a bit in the middle of a part that is fetched,
    as often as `twists` tells; `seen`: of these targets."""

    def __init__(self, ceph):
        url = urllib.parse.urlsplit(ceph.endpoint)

        class Place:
            host, port = url.hostname, url.port
        self.twists = 0
        self.seen = []
        self.asked = b""
        super().__init__(Place)

    def passed(self, chunk, is_up):
        with self.gate:
            if is_up:
                self.asked = chunk.split(b"\r\n", 1)[0]
            elif (self.twists > 0 and self.asked.startswith(b"GET ")
                  and b"/data/" in self.asked and len(chunk) > 4096
                  and not chunk.startswith(b"HTTP/")):
                self.twists -= 1
                self.seen.append(self.asked)
                middle = len(chunk) // 2
                chunk = (chunk[:middle] + bytes([chunk[middle] ^ 4])
                         + chunk[middle + 1:])
        return chunk


@pytest.fixture(params=["plain", "encrypted"])
def twisted(request, make_world, ceph, bucket):
    twister = Twister(ceph)
    pool = {"object_storage": flow.object_storage(
        bucket, endpoint=f"http://127.0.0.1:{twister.port}"),
        "part_bytes": MIB}
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
