"""Increments of buckets: each point comes back alone, whatever else is deleted,
and what is unchanged is neither fetched nor stored again."""
import concurrent.futures
import json
import re
import shutil
import subprocess
import time
import urllib.parse

import pytest

from harness import flow, process, trees
from harness.bucket import Bucket
from harness.proxy import Proxy
from harness.stored import Steps
from test_files_restore import encryption
from test_objects_restore import (ODD_KEYS, World as Restores,
                                  dress, seen)

pytestmark = pytest.mark.seconds(180)

MIB = 1024 * 1024


class Recorder(Proxy):
    """Keeps the requests that pass: method and target of each."""

    def __init__(self, server):
        super().__init__(server)
        self.text = b""

    def _count(self, chunk, is_up):
        if is_up:
            with self.gate:
                self.text += chunk
        super()._count(chunk, is_up)

    def requests(self):
        """Since the last call: of objects, by key, those of the listing left
        out."""
        with self.gate:
            text, self.text = self.text, b""
        found = []
        for method, target in re.findall(
                rb"^(GET|HEAD|PUT|DELETE) /[^/? ]+/([^ ]*) HTTP/1.1\r$", text,
                re.MULTILINE):
            key, _, query = target.decode().partition("?")
            if key or "list-type" not in query:
                found.append((method.decode(), urllib.parse.unquote(key),
                              query))
        return found

    def fetched(self):
        return {key for _, key, _ in self.requests()}


class World(Steps, Restores):
    """A plan "steps" of the bucket, whose backups build upon each other; the
    bucket is read through a relay that keeps the requests."""

    def __init__(self, cofferd, bucket, out, base):
        super().__init__(cofferd, bucket, out, base)
        self.base = base
        self.relay = Recorder(bucket.ceph)

    def prepare(self, encrypted=None, options=None, part_bytes=MIB):
        self.add("bucket", self.bucket,
                 endpoint=f"http://127.0.0.1:{self.relay.port}")
        self.add("out", self.out)
        self.make_pool(part_bytes=part_bytes,
                       **({"encryption": encrypted} if encrypted else {}))
        plan = self.api.want(201, "POST", "/v1/plans", {
            "name": "steps", "source": "bucket", "pool": "pool",
            "strategy": "manual",
            "options": {"incremental": True, **(options or {})}})
        assert plan["options"]["incremental"] is True
        return self

    def settle(self):
        """Until what was changed last is older than what is in doubt."""
        pages = self.bucket.s3.get_paginator("list_objects_v2")
        newest = max((item["LastModified"].timestamp()
                      for page in pages.paginate(Bucket=self.bucket.name)
                      for item in page.get("Contents", [])), default=0)
        process.until(lambda: time.time() > newest + 4.1, 10,
                      "the objects are older than a moment")

    def state(self):
        """All that a reader sees of the bucket."""
        return state_of(self.bucket)

    def comes_back(self, backup, expected):
        prefix = flow.unique("to") + "/"
        self.restore(backup, target={"source": "out", "prefix": prefix})
        found = {key[len(prefix):]: value
                 for key, value in state_of(self.out, prefix).items()}
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert found[key] == value, key
        for key in list(self.out.objects(prefix)):
            self.out.remove(key)

    def delete(self, backup):
        job = self.api.want(202, "DELETE", f"/v1/backups/{backup['id']}")
        ended = self.api.wait_job(job["job_id"], 60)
        assert ended["status"] == "completed", ended
        assert not [p for p in self.folder.rglob("*")
                    if backup["id"] in p.parts]


def state_of(bucket, prefix=""):
    keys = list(bucket.objects(prefix))
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        return dict(zip(keys, threads.map(lambda k: seen(bucket, k), keys)))


def fill(bucket, objects):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(bucket.write, objects, objects.values()))
    return objects


@pytest.fixture
def out(ceph):
    bucket = Bucket(ceph)
    yield bucket
    bucket.destroy()


@pytest.fixture
def make_world(cofferd, bucket, out, tmp_path):
    made = []

    def make(**changes):
        made.append(World(cofferd, bucket, out, tmp_path).prepare(**changes))
        return made[-1]
    yield make
    for world in made:
        world.relay.close()


@pytest.fixture
def world(make_world):
    return make_world()


def make_objects(bucket):
    fill(bucket, {key: key.encode() for key in ODD_KEYS})
    fill(bucket, {f"many/{n:03}": trees.content(n, n * 97)
                  for n in range(150)})
    fill(bucket, {"empty": b"", "large": trees.content("large", 9 * MIB + 7),
                  "rewritten": b"the same", "dropped": b"x",
                  "grows": b"", "same size": trees.content("0", 700_000)})
    dress(bucket, "dressed", b"dressed")
    dress(bucket, "dressed large", trees.content("dressed", 3 * MIB))


def change(bucket, step):
    """Something of each kind that can become of a bucket."""
    fill(bucket, {
        f"step {step}/new": trees.content(step, 200_000),
        f"!{step} comes first": b"%d" % step,
        f"~{step} comes last": b"%d" % step,
        "grows": trees.content(step, step * 900_000),
        "same size": trees.content(f"same {step}", 700_000),
        # Again, with another time.
        "rewritten": b"the same",
        f"many/{step:03}.between": b"between"})
    # Another metadata of the same content.
    bucket.s3.put_object(Bucket=bucket.name, Key="dressed", Body=b"dressed",
                         Metadata={"step": str(step)})
    bucket.remove(f"many/{step:03}")
    if step > 1:
        bucket.remove(f"step {step - 1}/new")
        bucket.write(f"many/{step - 1:03}", b"again")


@pytest.mark.seconds(600)
def test_each_of_five_points_comes_back(world, bucket):
    """Also when all before it are deleted; and nothing is left in the end."""
    make_objects(bucket)
    points = []
    for step in range(1, 6):
        change(bucket, step)
        if step < 4:  # not always: what is in doubt is read again
            world.settle()
        points.append((world.step(), world.state()))
    for number, (backup, expected) in enumerate(points):
        counts = backup["counts"]
        assert counts["objects"] == len(expected) == backup["row_count"]
        assert counts["content_bytes"] == sum(
            len(x["body"]) for x in expected.values())
        assert [x["name"] for x in world.lines(backup)
                if x["type"] == "object"] == list(expected)
        assert number == 0 or 0 < 2 * backup["stored_bytes"] < points[0][0][
            "stored_bytes"]
    for backup, expected in points:
        world.comes_back(backup, expected)
        world.assert_sound(backup)
    while len(points) > 1:
        world.delete(points.pop(0)[0])
        world.assert_sound(points[0][0])
        needed = set().union(*(world.packs(b) for b, _ in points))
        assert world.stored_packs() == needed
    world.comes_back(*points[0])
    world.delete(points[0][0])
    assert world.stored_packs() == set()


def test_nothing_is_fetched_again(world, bucket):
    """Of what is unchanged there is no request at all, and but for the
    archive's end nothing is stored."""
    make_objects(bucket)
    expected = world.state()
    world.settle()
    first = world.step()
    assert world.relay.fetched() >= expected.keys()
    second = world.step()
    assert world.relay.requests() == []
    assert second["stored_bytes"] < 1000
    assert second["counts"] == {**first["counts"],
                                "bytes": second["counts"]["bytes"]}
    assert world.lines(second) == world.lines(first)
    assert world.packs(first) < world.packs(second)
    world.comes_back(second, expected)
    # What is changed is fetched, and nothing else.
    change(bucket, 1)
    world.relay.requests()
    third = world.step()
    assert world.relay.fetched() == {
        "step 1/new", "!1 comes first", "~1 comes last", "grows", "same size",
        "rewritten", "many/001.between", "dressed"}
    world.comes_back(third, world.state())


def test_many_in_pages(world, bucket, out):
    """More than a page lists, or a frame has lines of."""
    fill(bucket, {f"many/{n:05}": b"%d" % n for n in range(2600)})
    world.settle()
    first = world.step()
    bucket.write("many/01300.new", b"new")
    bucket.remove("many/02599")
    world.relay.requests()
    second = world.step()
    assert world.relay.fetched() == {"many/01300.new"}
    assert second["stored_bytes"] < 2000 < first["stored_bytes"]
    assert second["counts"]["objects"] == 2600
    assert [x["name"] for x in world.lines(second)] == list(bucket.objects())
    world.delete(first)
    world.assert_sound(second)
    world.restore(second)
    assert out.objects() == bucket.objects()
    for n in (0, 1299, 1300, 2598):
        assert out.read(f"many/{n:05}") == b"%d" % n


def test_what_was_read_a_moment_after_its_change(world, bucket):
    """It could have been changed again within the same second: it is read
    once more, and then no more."""
    fill(bucket, {f"old {n}": b"old" for n in range(9)})
    world.settle()
    bucket.write("new", b"new")
    first = world.step()
    assert {x["name"] for x in world.lines(first)
            if x["facts"].get("recent")} == {"new"}
    world.settle()
    world.relay.requests()
    second = world.step()
    assert world.relay.fetched() == {"new"}
    assert not any("recent" in x["facts"] for x in world.lines(second))
    world.step()
    assert world.relay.requests() == []


def test_tags(world, bucket):
    """At Ceph an object whose tags are changed has another time: it is read
    again. (Where it has not, they are those of when it was read.)"""
    fill(bucket, {f"{n}": b"%d" % n for n in range(9)})
    dress(bucket, "k", b"k")
    world.settle()
    world.step()
    bucket.s3.put_object_tagging(Bucket=bucket.name, Key="k", Tagging={
        "TagSet": [{"Key": "new", "Value": "tag"}]})
    world.relay.requests()
    second = world.step()
    assert world.relay.fetched() == {"k"}
    assert world.state()["k"]["tags"] == {"new": "tag"}
    world.comes_back(second, world.state())


def test_full_every(make_world, bucket):
    world = make_world(options={"full_every": 3})
    make_objects(bucket)
    world.settle()
    backups = [world.step() for _ in range(5)]
    packs = [world.packs(b) for b in backups]
    assert packs[0] < packs[1] and packs[0] < packs[2]
    assert not packs[2] & packs[3] and packs[3] < packs[4]
    sizes = [b["stored_bytes"] for b in backups]
    assert sizes[3] > sizes[0] / 2 and max(sizes[1], sizes[4]) < 10_000
    expected = world.state()
    for backup in backups[2], backups[4]:
        world.comes_back(backup, expected)
    # One by hand shares nothing.
    manual = world.backup()
    assert all(p["key"].startswith("data/")
               for p in world.manifest(manual)["parts"])
    assert manual["stored_bytes"] > sizes[0] / 2


def test_packs_of_little_use_leave(make_world, bucket):
    """What is still in use of one is stored again when it is less than half."""
    world = make_world(options={"full_every": 100})
    fill(bucket, {f"{n:02}": trees.content(n, 200_000) for n in range(64)})
    world.settle()
    first = world.step()
    for n in range(64):
        if n % 4:
            bucket.remove(f"{n:02}")
    world.step()
    world.relay.requests()
    third = world.step()
    assert len(world.relay.fetched()) == 16
    assert not world.packs(third) & world.packs(first)
    fourth = world.step()
    assert fourth["stored_bytes"] < 1000
    world.comes_back(fourth, world.state())


def test_part_of_an_increment(world, bucket, out):
    make_objects(bucket)
    world.settle()
    world.step()
    change(bucket, 1)
    backup = world.step()
    expected = world.state()
    world.restore(backup, scope={"include": ["dressed*", "many/00?", "large",
                                             "step 1/new"]})
    found = state_of(out)
    assert sorted(found) == ["dressed", "dressed large", "large"] + [
        f"many/00{n}" for n in range(10) if n != 1] + ["step 1/new"]
    for key, value in found.items():
        assert value == expected[key], key
    listed = world.api.fetch(
        f"/v1/backups/{backup['id']}/contents?folder=step")
    assert [i["path"] for i in listed["items"]] == ["step 1/new"]


def test_a_bucket_with_versions(world, bucket):
    bucket.s3.put_bucket_versioning(
        Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    fill(bucket, {"a": b"first", "b": b"b", "large": trees.content(1, 3 * MIB),
                  "gone": b"gone"})
    world.settle()
    world.step()
    bucket.write("a", b"second")
    bucket.remove("gone")
    world.settle()
    world.relay.requests()
    second = world.step()
    assert world.relay.fetched() == {"a"}
    world.comes_back(second, world.state())
    # The version before is the current one again, as old as it was.
    head = bucket.s3.head_object(Bucket=bucket.name, Key="a")
    bucket.s3.delete_object(Bucket=bucket.name, Key="a",
                            VersionId=head["VersionId"])
    third = world.step()
    assert world.relay.fetched() == {"a"}
    assert world.state()["a"]["body"] == b"first"
    world.comes_back(third, world.state())
    found = {x["name"]: x["facts"] for x in world.lines(third)}
    for key in ("a", "b", "large"):
        head = bucket.s3.head_object(Bucket=bucket.name, Key=key)
        assert found[key]["version_id"] == head["VersionId"], key
    for item in bucket.s3.list_object_versions(Bucket=bucket.name).get(
            "Versions", []):
        bucket.s3.delete_object(Bucket=bucket.name, Key=item["Key"],
                                VersionId=item["VersionId"])


def test_another_bucket_is_no_base(world, bucket, ceph):
    """Though all that it lists is the same."""
    fill(bucket, {"a": b"a", "b": b"b"})
    world.settle()
    first = world.step()
    other = Bucket(ceph)
    fill(other, {"a": b"a", "b": b"b"})
    world.api.want(200, "PATCH", "/v1/sources/bucket", {
        "connection": {"bucket": other.name}})
    world.bucket = other
    world.settle()
    world.relay.requests()
    second = world.step(["not_incremental"])
    assert world.relay.fetched() == {"a", "b"}
    assert not world.packs(first) & world.packs(second)
    world.comes_back(second, state_of(other))
    # It counts as a full one: there may be two increments more.
    world.api.want(200, "PATCH", "/v1/plans/steps", {
        "options": {"incremental": True, "full_every": 3}})
    third, fourth, fifth = (world.step() for _ in range(3))
    assert world.packs(second) < world.packs(third)
    assert world.packs(second) < world.packs(fourth)
    assert not world.packs(second) & world.packs(fifth)
    other.destroy()


def test_what_is_changed_while_it_is_read(world, bucket):
    """Nothing that is superseded, or of no whole version, is carried over."""
    fill(bucket, {"a": b"a", "large": trees.content("0", 5 * MIB), "z": b"z"})
    world.settle()
    state = {"n": 0}

    def alter():
        state["n"] += 1
        bucket.write("large", trees.content(f"v{state['n']}", 5 * MIB))
        trigger.fired.clear()
    trigger = world.relay.at(alter, text=b"ange: bytes=2097152-3145727")
    first = world.step(["object_changed"] * 2)
    world.relay.reset()
    # It was superseded when its header had left, else read anew.
    assert world.lines(first)[-2]["facts"]["changed"] is True
    world.settle()
    world.relay.requests()
    second = world.step()
    assert "large" in world.relay.fetched()
    assert [(x["name"], x["type"]) for x in world.lines(second)] == [
        ("a", "object"), ("large", "object"), ("z", "object")]
    world.comes_back(second, world.state())
    # Once only: what is superseded lies in a pack that is shared.
    trigger = world.relay.at(
        lambda: bucket.write("large", trees.content("later", 5 * MIB)),
        text=b"ange: bytes=2097152-3145727")
    bucket.write("large", trees.content("soon", 5 * MIB))
    world.step()
    world.relay.reset()
    bucket.write("y", b"y")
    world.settle()
    last = world.step()
    world.comes_back(last, world.state())
    world.assert_sound(last)


@pytest.mark.parametrize("has_identity", (True, False))
def test_encrypted(make_world, bucket, has_identity):
    """Without an identity the index of the one before cannot be read."""
    crypt = encryption()
    identity = crypt["identity"]
    if not has_identity:
        del crypt["identity"]
    world = make_world(encrypted=crypt)
    make_objects(bucket)
    world.settle()
    first = world.step()
    change(bucket, 1)
    second = world.step([] if has_identity else ["not_incremental"])
    assert all(key.endswith(".tar.zst.age") for key in world.packs(second))
    assert bool(world.packs(first) & world.packs(second)) == has_identity
    if not has_identity:
        world.api.want(200, "PATCH", "/v1/pools/pool", {
            "encryption": {**crypt, "identity": identity}})
    world.delete(first)
    world.comes_back(second, world.state())
    world.assert_sound(second)


def test_killed_in_an_increment(world, bucket):
    """What it has carried over stays what it was; the next one is right."""
    make_objects(bucket)
    world.settle()
    first = world.step()
    expected = world.state()
    for number, at in enumerate((1000, 400_000, 5 * MIB)):
        change(bucket, number + 1)
        bucket.write("huge", trees.content(number, 12 * MIB))
        world.relay.reset()
        reached = world.relay.at(world.cofferd.kill, down=at)
        backup = world.start()
        process.until(reached.check, 60, "it is killed")
        world.cofferd.start()
        assert world.record(backup["id"])["status"] == "failed"
        world.comes_back(first, expected)
    world.relay.reset()
    last = world.step()
    world.comes_back(last, world.state())
    world.delete(first)
    world.comes_back(last, world.state())
    process.until(lambda: world.stored_packs() == world.packs(last), 60,
                  "what was cut is swept")


def by_hand(world, backup, to):
    """Does what the pool's README.txt says, in its very words. What it says of
    each key, and the content."""
    readme = (world.folder / "coffer/v1/README.txt").read_text()
    told = readme[readme.index("whose parts are packs"):]
    told = told[:told.index("Each line of keys")]
    first, last = told.split("Of a bucket, in the place")
    lines = re.findall(r"^ {5}(.*)$", first[:first.index("done | tar")],
                       re.MULTILINE)
    lines += re.findall(r"^ {5}(.*)$", last, re.MULTILINE)
    there = world.base / to
    shutil.copytree(world.of(backup), there / backup["id"])
    (there / "packs").mkdir()
    for key in world.packs(backup):
        shutil.copy(world.of(backup) / key, there / "packs")
    done = subprocess.run(["bash", "-e", "-c", "\n".join(lines)],
                          cwd=there / backup["id"], capture_output=True,
                          text=True, check=False,
                          env={**process.clean_environment(),
                               "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    found = {}
    for line in (there / backup["id"] / "keys").read_text().splitlines():
        member, key = line.split("\t")
        content = (there / backup["id"] / "copy" / member).read_bytes()
        found[json.loads(key)] = content
    return found


def test_by_hand(world, bucket):
    """With stock tools; here with packs that hold what is no more, and members
    of several backups."""
    make_objects(bucket)
    points = []
    for step in range(1, 4):
        change(bucket, step)
        world.settle()
        points.append((world.step(), world.state()))
    assert len(world.packs(points[2][0])) > 1
    for number in (0, 2):
        backup, expected = points[number]
        assert by_hand(world, backup, f"hand {number}") == {
            key: value["body"] for key, value in expected.items()}
