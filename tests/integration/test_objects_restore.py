"""Objects that come back: whole, in part, elsewhere, over others, and not at
all."""
import contextlib
import json
import uuid

import pytest

from harness import flow, process, trees
from harness.bucket import Bucket
from harness.proxy import Halt, Proxy
from harness.stored import InFolder

MIB = 1024 * 1024

# Keys that are no file names, or that look like something else.
ODD_KEYS = ("a", "a/b", "../up", "c//d", "/begins", "ends/", "//", ".", "..",
            " leading", "trailing ", "plus+and space", "per%cent%2F",
            "quo\"te'<>&", "new\nline", "tab\tand\x01control", "Ünïcödé 備份",
            "emoji 🗄", "x" * 1000, "q?x=1&y=2#z", "objects/00000001",
            "back\\slash", "PaxHeaders/x", "-rf *")

DRESS = {
    "ContentType": "text/x-odd; a=\"b\"", "CacheControl": "no-cache",
    "ContentDisposition": "attachment; filename=\"a b\"",
    "ContentEncoding": "gzip", "ContentLanguage": "de",
    "Metadata": {"colour": "dark  red", "empty": "", "n": "v" * 1000}}
TAGS = {"team": "a b", "empty": "", "odd": "+-=._:/@"}


class Store:
    """What a world asks of a server."""
    password = "none at all"


class World(InFolder, flow.World):
    """A source of objects "bucket", another one "out" to restore into, and a
    folder as pool."""

    def __init__(self, cofferd, bucket, out, base):
        super().__init__(cofferd, Store(), bucket)
        self.out = out
        self.folder = base / "pool"

    def prepare(self, **connection):
        self.add("bucket", self.bucket, **connection)
        self.add("out", self.out)
        self.make_pool()
        return self

    def add(self, name, bucket, **connection):
        self.api.want(201, "POST", "/v1/sources", {
            "name": name, "engine": "objects",
            "connection": flow.object_storage(bucket, **connection)})

    def through(self, relay):
        self.api.want(200, "PATCH", "/v1/sources/out", {
            "connection": {"endpoint": f"http://127.0.0.1:{relay.port}"}})

    def backup_body(self, *_, **changes):
        return {"source": "bucket", "pool": "pool", "method": "snapshot",
                "name": flow.unique("backup"), "description": "", **changes}

    def restore_body(self, backup, **changes):
        return {"backup": backup["id"], "target": {"source": "out"},
                **changes}

    def check(self, backup, **changes):
        return self.api.want(200, "POST", "/v1/restores/check",
                             self.restore_body(backup, **changes))

    def blockers(self, backup, **changes):
        return [b["code"] for b in self.check(backup, **changes)["blockers"]]

    def fails(self, backup, **changes):
        """A restore that is begun and does not succeed; its error."""
        record = self.ended_restore(self.start_restore(backup, **changes))
        assert record["status"] == "failed", record
        return record["error"]

    def over(self, place=None):
        return {"overwrite": True, "confirm": [place or self.out.name]}


@pytest.fixture
def out(ceph):
    bucket = Bucket(ceph)
    yield bucket
    bucket.destroy()


@pytest.fixture
def world(cofferd, bucket, out, tmp_path):
    return World(cofferd, bucket, out, tmp_path).prepare()


@pytest.fixture
def relay(ceph):
    relay = Proxy(ceph)
    yield relay
    relay.close()


def fill(bucket, objects):
    for key, content in objects.items():
        bucket.write(key, content)
    return objects


def dress(bucket, key, content):
    bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=content, **DRESS)
    bucket.s3.put_object_tagging(
        Bucket=bucket.name, Key=key, Tagging={"TagSet": [
            {"Key": k, "Value": v} for k, v in TAGS.items()]})


def seen(bucket, key):
    """All that a reader sees of an object."""
    got = bucket.s3.get_object(Bucket=bucket.name, Key=key)
    tags = bucket.s3.get_object_tagging(Bucket=bucket.name, Key=key)
    return {"body": got["Body"].read(), "metadata": got["Metadata"],
            "tags": {t["Key"]: t["Value"] for t in tags["TagSet"]},
            **{name: got.get(name) for name in DRESS if name != "Metadata"}}


def assert_same(bucket, out, front=""):
    """The same objects, but for what is put before the keys of out."""
    mine, theirs = bucket.objects(), out.objects(front)
    assert {front + key: size for key, size in mine.items()} == theirs
    for key in mine:
        assert seen(bucket, key) == seen(out, front + key), key


def uploads(bucket):
    found = bucket.s3.list_multipart_uploads(Bucket=bucket.name)
    return [u["Key"] for u in found.get("Uploads", [])]


def test_everything_comes_back(world, bucket, out):
    fill(bucket, {key: key.encode() for key in ODD_KEYS})
    fill(bucket, {"empty": b"", "part": trees.content("part", 8 * MIB),
                  "part and one": trees.content("one", 8 * MIB + 1)})
    dress(bucket, "dressed", b"dressed")
    dress(bucket, "dressed and large", trees.content("large", 40 * MIB + 4711))
    backup = world.backup()
    assert backup["warnings"] == []
    found = world.check(backup)
    assert found["blockers"] == found["warnings"] == []
    assert found["would_create"] == [out.name]
    assert out.objects() == {}
    record = world.restore(backup)
    assert record["target_source"]["name"] == "out"
    assert_same(bucket, out)
    assert uploads(out) == []
    # Once more over it, changed meanwhile: what is another's stays.
    dress(out, "empty", b"changed")
    out.remove("a/b")
    out.write("another's", b"kept")
    assert world.blockers(backup) == ["target_not_empty"]
    refused = world.api.post("/v1/restores", world.restore_body(backup))
    assert (refused.status, refused.json["code"]) == (409, "target_not_empty")
    assert world.blockers(backup, overwrite=True) == ["confirm_required"]
    assert world.check(backup, **world.over())["would_replace"] == [out.name]
    world.restore(backup, **world.over())
    assert out.read("another's") == b"kept"
    out.remove("another's")
    assert_same(bucket, out)


def test_elsewhere(world, bucket, out, ceph):
    """Into a prefix, back into its own bucket, and into one that is new."""
    fill(bucket, {"photos/a": b"a", "photos/b/c": b"c", "notes": b"n"})
    backup = world.backup()
    out.write("restored", b"beside the prefix")
    place = {"source": "out", "prefix": "restored/"}
    assert world.check(backup, target=place)["would_create"] == [
        f"{out.name}/restored/"]
    world.restore(backup, target=place)
    assert_same(bucket, out, "restored/")
    assert world.blockers(backup, target=place) == ["target_not_empty"]
    bucket.write("notes", b"changed")
    bucket.remove("photos/a")
    world.restore(backup, target={"source": "bucket"},
                  **world.over(bucket.name))
    assert bucket.read("notes") == b"n" and bucket.read("photos/a") == b"a"
    name = f"new-{uuid.uuid4().hex[:12]}"
    place = {"source": "out", "bucket": name}
    found = world.check(backup, target=place)
    assert [w["code"] for w in found["warnings"]] == ["bucket_absent"]
    assert found["would_create"] == [name]
    listed = [b["Name"] for b in bucket.s3.list_buckets()["Buckets"]]
    assert name not in listed
    world.restore(backup, target=place)
    new = Bucket(ceph, name)
    assert_same(bucket, new)
    new.destroy()


def test_many_small_ones_and_a_part_of_them(world, bucket, out):
    objects = fill(bucket, {f"{n % 7}/{n:04}.{'txt' if n % 3 else 'log'}":
                            b"%d" % n * (n % 50) for n in range(1500)})
    large = fill(bucket, {f"large/{n}": trees.content(n, 3 * MIB)
                          for n in range(8)})
    backup = world.backup()
    assert backup["counts"]["objects"] == 1508
    world.restore(backup, options={"parallelism": 16})
    assert out.objects() == bucket.objects()
    some = out.objects("3/")
    assert {k: out.read(k) for k in some} == {k: objects[k] for k in some}

    def restored(prefix, **scope):
        target = {"source": "out", "prefix": prefix}
        found = world.check(backup, target=target, scope=scope)
        world.restore(backup, target=target, scope=scope)
        return found["download_bytes"], {
            k.removeprefix(prefix) for k in out.objects(prefix)}

    assert restored("txt:", include=["5/*.txt"], exclude=["*1.txt"])[1] == {
        k for k in objects if k[:2] == "5/" and k.endswith(".txt")
        and not k.endswith("1.txt")}
    assert restored("rest:", exclude=["[0-5]/", "large"])[1] == {
        k for k in objects if k[:2] == "6/"}
    # One of eight large ones is about an eighth of what is fetched.
    whole = world.check(backup, **world.over())["download_bytes"]
    size, keys = restored("one:", include=["large/3"])
    assert keys == {"large/3"} and size < whole / 5
    assert out.read("one:large/3") == large["large/3"]
    assert world.api.post("/v1/restores/check", world.restore_body(
        backup, scope={"include": ["none/like/it"]})).status == 422


def test_nothing_at_all(world, out):
    backup = world.backup()
    world.restore(backup)
    assert out.objects() == {}


def test_what_is_refused(world, bucket, out, ceph):
    fill(bucket, {"photos/a": b"a"})
    backup = world.backup()

    def refused(status, code, **body):
        for path in ("/v1/restores", "/v1/restores/check"):
            reply = world.api.post(path, {**world.restore_body(backup),
                                          **body})
            if path.endswith("check") and reply.status == 200:
                assert [b["code"] for b in reply.json["blockers"]] == [code]
                continue
            assert reply.status == status, (body, reply)
            assert code in reply.body.decode(), (body, reply)

    def to(**target):
        return {"target": {"source": "out", **target}}

    refused(422, "inva", **to(bucket=""))
    refused(422, "inva", **to(bucket=5))
    refused(422, "inva", **to(prefix="x" * 2000))
    refused(422, "inva", target={"path": "/srv/x", "bucket": "other"})
    refused(409, "target_incompatible", target={"path": "/srv/x"})
    refused(422, "invalid_scope", rename={"a": "b"})
    refused(422, "invalid_scope", scope={"databases": [{"name": "a"}]})
    world.add("elsewhere", out, prefix="pictures/")
    refused(409, "target_incompatible", target={"source": "elsewhere"})
    world.restore(backup, target={"source": "elsewhere",
                                  "prefix": "pictures/"})
    assert list(out.objects()) == ["pictures/photos/a"]
    out.remove("pictures/photos/a")
    # One who may look and not write; and a bucket that he may not make.
    access, secret = ceph.keys(other=True)
    world.cofferd.secrets.add(secret)
    out.let_other_read()
    world.add("other", out, access_key=access, secret_key=secret)
    error = world.fails(backup, target={"source": "other"})
    assert error["code"] == "target_failed" and "403" in error["detail"]
    # Another user's bucket may not even be looked at.
    refused(503, "access_denied", target={"source": "other",
                                          "bucket": bucket.name})
    assert out.objects() == {}


def test_the_store_breaks_off(world, bucket, out, relay):
    """Connections break in the middle: what was sent is sent again."""
    objects = fill(bucket, {"large": trees.content("large", 24 * MIB),
                            **{f"n{n}": b"n" * n for n in range(50)}})
    backup = world.backup()
    world.through(relay)
    cuts = [relay.at(relay.cut, up=n * MIB) for n in (5, 12, 20)]
    world.restore(backup)
    assert all(cut.check() for cut in cuts)
    assert {k: out.read(k) for k in out.objects()} == objects


@contextlib.contextmanager
def held(world, bucket, relay):
    """A restore that stands while the second part of an object goes."""
    fill(bucket, {"a": b"first", "large": trees.content("large", 30 * MIB),
                  "z": b"last"})
    backup = world.backup()
    world.through(relay)
    with Halt(relay, text=b"partNumber=2") as halt:
        restore = world.start_restore(backup)
        halt.reached()
        yield backup, restore, halt


def test_canceled_and_begun_again(world, bucket, out, relay):
    with held(world, bucket, relay) as (backup, restore, halt):
        world.api.want(202, "POST", f"/v1/restores/{restore['id']}/cancel")
        record = world.ended_restore(restore)
        halt.let_go()
        assert record["status"] == "canceled"
        assert "still in the target" in json.dumps(record["error"])
        process.until(lambda: uploads(out) == [], 30, "nothing is left of it")
        assert "large" not in out.objects()
        world.restore(backup, **world.over())
        assert_same(bucket, out)


def test_killed_in_the_middle(world, bucket, out, relay):
    with held(world, bucket, relay) as (backup, restore, halt):
        world.cofferd.kill()
        halt.let_go()
        assert "large" not in out.objects()
        world.cofferd.start()
        record = world.ended_restore(restore)
        assert record["status"] == "failed"
        assert record["error"]["code"] == "interrupted"
        world.restore(backup, **world.over())
        assert_same(bucket, out)


def test_stopped_in_the_middle(world, bucket, out, relay):
    """A server that is told to stop leaves no parts behind."""
    with held(world, bucket, relay) as (backup, restore, halt):
        halt.let_go()
        world.cofferd.stop()
        assert uploads(out) == []
        world.cofferd.start()
        record = world.ended_restore(restore)
        if record["status"] != "completed":
            assert record["error"]["code"] == "interrupted"


def test_a_part_that_is_damaged(world, bucket, out):
    fill(bucket, {"a": trees.content("a", 2 * MIB),
                  "b": trees.content("b", 2 * MIB)})
    backup = world.backup()
    part = next(p for p in world.folder.rglob("data/*")
                if backup["id"] in p.parts)
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    error = world.fails(backup)
    assert error["code"] == "damaged_backup"
    assert out.objects() == {}
    error = world.fails(backup, scope={"include": ["b"]}, **world.over())
    assert error["code"] in ("damaged_backup",)
