"""Sources of objects: buckets of all that there can be, in backups that stock
tools unpack to the same objects."""
import concurrent.futures
import json
import subprocess
import tarfile
import urllib.parse

import pytest

from harness import flow, process, trees
from harness.api import problem
from harness.proxy import Proxy
from harness.stored import InFolder

pytestmark = pytest.mark.seconds(120)

MIB = 1024 * 1024

# Keys that are no file names, or that look like something else.
ODD_KEYS = ("a", "a/b", "../up", "c//d", "/begins", "ends/", "//", ".", "..",
            " leading", "trailing ", "plus+and space", "per%cent%2F",
            "quo\"te'<>&", "new\nline", "tab\tand\x01control", "Ünïcödé 備份",
            "emoji 🗄", "x" * 1024, "q?x=1&y=2#z", "objects/00000001",
            "back\\slash", "PaxHeaders/x", "-rf *")


class Store:
    """What a world asks of a server."""
    password = "none at all"


class World(InFolder, flow.World):
    """A source of objects "bucket", and a folder as its pool."""

    def __init__(self, cofferd, bucket, base):
        super().__init__(cofferd, Store(), bucket)
        self.folder = base / "pool"

    def prepare(self, **connection):
        self.source = self.api.want(201, "POST", "/v1/sources", {
            "name": "bucket", "engine": "objects",
            "connection": flow.object_storage(self.bucket, **connection)})
        self.make_pool()
        return self

    def through(self, relay):
        self.api.want(200, "PATCH", "/v1/sources/bucket", {
            "connection": {"endpoint": f"http://127.0.0.1:{relay.port}"}})

    def backup_body(self, *_, **changes):
        return {"source": "bucket", "pool": "pool", "method": "snapshot",
                "name": flow.unique("backup"), "description": "", **changes}

    def unpacked(self, backup, folder):
        """By hand: what GNU tar makes of its parts, by key: the bytes, and
        what the header of its member tells."""
        folder.mkdir()
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c",
             "find data -type f | sort | xargs cat | zstd -dc "
             f"| tee {folder}/tar | tar --warning=no-unknown-keyword -x "
             f"-C {folder}"],
            cwd=self.of(backup), check=True, env=process.clean_environment())
        found = {}
        with tarfile.open(folder / "tar") as archive:
            for member in archive:
                key = member.pax_headers["COFFER.key"]
                facts = json.loads(member.pax_headers["COFFER.object"])
                content = (folder / member.name).read_bytes()
                assert len(content) == member.size == facts["size"]
                found[key] = (content, facts)
        return found

    def assert_unpacks(self, backup, expected, folder):
        found = self.unpacked(backup, folder)
        assert sorted(found) == sorted(expected)
        for key, content in expected.items():
            assert found[key][0] == content, key
        return found


@pytest.fixture
def world(cofferds, bucket, tmp_path):
    cofferd = cofferds(env={"COFFER_RETRY_SECONDS": "1"})
    return World(cofferd, bucket, tmp_path).prepare()


@pytest.fixture
def relay(ceph):
    relay = Proxy(ceph)
    yield relay
    relay.close()


def codes(backup):
    return [w["code"] for w in backup["warnings"]]


def fill(bucket, objects):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(bucket.write, objects, objects.values()))
    return objects


def test_everything_comes_back(world, bucket, tmp_path):
    objects = fill(bucket, {key: key.encode() for key in ODD_KEYS})
    objects |= fill(bucket, {
        "empty": b"", "large": trees.content("large", 40 * MIB + 4711),
        "piece": trees.content("piece", MIB),
        "piece and one": trees.content("more", MIB + 1),
        "frame": trees.content("frame", MIB - 100)})
    bucket.s3.put_object(
        Bucket=bucket.name, Key="dressed", Body=b"dressed",
        ContentType="text/x-odd; a=\"b\"", CacheControl="no-cache",
        ContentDisposition="attachment; filename=\"a b\"",
        ContentEncoding="gzip", ContentLanguage="de",
        Metadata={"Colour": "dark  red", "empty": "", "n": "v" * 1000},
        Tagging="team=a%20b&empty=")
    objects["dressed"] = b"dressed"
    backup = world.backup()
    assert backup["warnings"] == []
    found = world.assert_unpacks(backup, objects, tmp_path / "out")
    facts = found["dressed"][1]
    assert facts["headers"] == {
        "content-type": "text/x-odd; a=\"b\"", "cache-control": "no-cache",
        "content-disposition": "attachment; filename=\"a b\"",
        "content-encoding": "gzip", "content-language": "de"}
    assert facts["metadata"] == {"colour": "dark  red", "empty": "",
                                 "n": "v" * 1000}
    assert facts["tags"] == {"team": "a b", "empty": ""}
    listed = bucket.s3.list_objects_v2(Bucket=bucket.name, Prefix="dressed")
    assert facts["etag"] == listed["Contents"][0]["ETag"]
    assert facts["last_modified_ms"] == round(
        listed["Contents"][0]["LastModified"].timestamp() * 1000)
    counts = backup["counts"]
    assert counts["objects"] == counts["rows"] == len(objects)
    assert counts["rows"] == backup["row_count"]
    assert counts["content_bytes"] == sum(map(len, objects.values()))
    lines = world.lines(backup)
    assert [line["name"] for line in lines] == list(bucket.objects())
    assert {line["type"] for line in lines} == {"object"}
    assert {line["name"]: line["facts"] for line in lines} == {
        key: value[1] for key, value in found.items()}
    # What is in it, by key.
    path = f"/v1/backups/{backup['id']}/contents"
    shown = world.api.fetch(f"{path}?folder=c/")["items"]
    assert [(i["name"], i["type"], i["bytes"]) for i in shown] == [
        ("c//d", "object", 4)]
    seen, after = [], ""
    while after is not None:
        page = world.api.fetch(
            f"{path}?limit=7&after={urllib.parse.quote(after)}")
        seen += [i["path"] for i in page["items"]]
        after = page["next"]
    assert seen == list(found)
    # The source tells what it is, and no secret.
    shown = world.api.fetch("/v1/sources/bucket")
    assert shown["connection"]["secret_key"] == {"set": True}
    assert shown["version"] == "Ceph" and shown["methods"] == ["snapshot"]
    # What was stored is what the manifest says.
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/verify",
                         {"read": "all"})
    assert world.api.wait_job(job["id"])["status"] == "completed"
    assert world.record(backup["id"])["verify_status"] == "passed"


def test_many_in_pages(world, bucket, tmp_path):
    objects = fill(bucket, {f"many/{n:05}": b"%d" % n for n in range(2500)})
    backup = world.backup(options={"parallelism": 8})
    world.assert_unpacks(backup, objects, tmp_path / "out")
    assert backup["counts"]["objects"] == 2500
    # As is a bucket with nothing in it, of which no key fits.
    backup = world.backup(scope={"include": ["other/**"]})
    assert world.unpacked(backup, tmp_path / "none") == {}
    assert backup["counts"]["objects"] == 0


def test_prefix_and_scope(cofferd, bucket, tmp_path):
    world = World(cofferd, bucket, tmp_path).prepare(prefix="logs/2")
    fill(bucket, {key: key.encode() for key in (
        "logs/1/a", "logs/2", "logs/2/a.txt", "logs/2/b.tmp", "logs/20/c.txt",
        "logs/2/old/", "logs/2/old/d.txt", "other")})

    def keys(**changes):
        return [x["name"] for x in world.lines(world.backup(**changes))]
    assert keys() == ["logs/2", "logs/2/a.txt", "logs/2/b.tmp", "logs/2/old/",
                      "logs/2/old/d.txt", "logs/20/c.txt"]
    assert keys(scope={"include": ["*.txt"], "exclude": ["logs/2/old/"]}) == [
        "logs/2/a.txt", "logs/20/c.txt"]
    assert keys(scope={"include": ["/logs/2/**"], "exclude": ["*.tmp"]}) == [
        "logs/2/a.txt", "logs/2/old/", "logs/2/old/d.txt"]
    problem(world.api.post("/v1/backups", world.backup_body(
        scope={"databases": [{"name": "a"}]})), 422, "invalid_scope",
        ["/scope"])


def test_versions(world, bucket, tmp_path):
    bucket.s3.put_bucket_versioning(
        Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    large = trees.content("versioned", 3 * MIB)
    fill(bucket, {"a": b"first", "gone": b"x", "large": large})
    bucket.write("a", b"second")
    bucket.remove("gone")
    backup = world.backup()
    found = world.assert_unpacks(
        backup, {"a": b"second", "large": large}, tmp_path / "out")
    head = bucket.s3.head_object(Bucket=bucket.name, Key="a")
    assert found["a"][1]["version_id"] == head["VersionId"]
    for item in bucket.s3.list_object_versions(Bucket=bucket.name).get(
            "Versions", []):
        bucket.s3.delete_object(Bucket=bucket.name, Key=item["Key"],
                                VersionId=item["VersionId"])


# ---- what changes while it is read

def request(bucket, key, method=b"GET"):
    return method + f" /{bucket.name}/{key} ".encode()


def test_small_ones_that_change(world, bucket, relay, tmp_path):
    """What is there when it is read is what is backed up, longer or shorter,
    and what is gone is told."""
    objects = fill(bucket, {f"k{n}": b"as listed" for n in range(6)})
    world.through(relay)
    relay.at(lambda: bucket.write("k1", b"now!"), text=request(bucket, "k1"))
    relay.at(lambda: bucket.write("k2", b"longer than before" * 10),
             text=request(bucket, "k2"))
    relay.at(lambda: bucket.write("k3", trees.content("3", 3 * MIB)),
             text=request(bucket, "k3"))
    relay.at(lambda: bucket.remove("k4"), text=request(bucket, "k4"))
    backup = world.backup()
    del objects["k4"]
    objects |= {"k1": b"now!", "k2": b"longer than before" * 10,
                "k3": trees.content("3", 3 * MIB)}
    found = world.assert_unpacks(backup, objects, tmp_path / "out")
    for key in objects:
        head = bucket.s3.head_object(Bucket=bucket.name, Key=key)
        assert found[key][1]["etag"] == head["ETag"], key
    assert codes(backup) == ["object_vanished"] * 2
    assert "k4" in backup["warnings"][1]["detail"]
    assert backup["counts"]["objects"] == 5


LATER = b"ange: bytes=2097152-3145727"


def test_a_large_one_that_changes(world, bucket, relay, tmp_path):
    """No content is of two versions: it is read again, and what was read of
    the version before does not count."""
    after = trees.content("after", 5 * MIB + 9)
    fill(bucket, {"large": trees.content("before", 5 * MIB), "z": b"z"})
    world.through(relay)
    change = relay.at(lambda: bucket.write("large", after), text=LATER)
    backup = world.backup()
    assert change.check() and backup["warnings"] == []
    world.assert_unpacks(backup, {"large": after, "z": b"z"}, tmp_path / "out")
    assert [(x["name"], x["type"]) for x in world.lines(backup)] in (
        [("large", "superseded"), ("large", "object"), ("z", "object")],
        # It was changed before anything of it had left.
        [("large", "object"), ("z", "object")])


def change_always(bucket, relay, key, text):
    """Each time that it is come to; how often is in what is returned."""
    state = {"n": 0}

    def change():
        state["n"] += 1
        bucket.write(key, trees.content(f"version {state['n']}", 5 * MIB))
        trigger.fired.clear()
    trigger = relay.at(change, text=text)
    return state


@pytest.mark.parametrize("strict", [False, True])
def test_a_large_one_that_changes_always(world, bucket, relay, strict):
    fill(bucket, {"a": b"a", "large": trees.content("0", 5 * MIB), "z": b"z"})
    world.through(relay)
    changes = change_always(bucket, relay, "large", LATER)
    backup = world.ended_backup(world.start_backup(
        options={"strict": strict, "parallelism": 1}))
    assert changes["n"] >= 3
    if strict:
        assert backup["status"] == "failed"
        assert backup["error"]["code"] == "source_changed"
        assert "large" in backup["error"]["detail"]
        return
    assert codes(backup) == ["object_changed"] * 2
    lines = [x for x in world.lines(backup) if x["name"] == "large"]
    assert [x["type"] for x in lines] == ["superseded", "superseded", "object"]
    assert lines[-1]["facts"]["changed"] is True
    assert [x["rows"] for x in lines] == [0, 0, 1]
    assert backup["counts"]["objects"] == 3


def test_a_large_one_that_vanishes(world, bucket, relay, tmp_path):
    fill(bucket, {"large": trees.content("0", 5 * MIB), "z": b"z"})
    world.through(relay)
    relay.at(lambda: bucket.remove("large"), text=LATER)
    backup = world.backup(options={"parallelism": 1})
    assert codes(backup) == ["object_vanished"] * 2
    assert [(x["name"], x["type"]) for x in world.lines(backup)] == [
        ("large", "superseded"), ("z", "object")]
    assert world.unpacked(backup, tmp_path / "out")["z"][0] == b"z"


# ---- what may not be read

def as_other(world, bucket):
    access, secret = bucket.ceph.keys(other=True)
    world.cofferd.secrets.add(secret)
    world.api.want(200, "PATCH", "/v1/sources/bucket", {
        "connection": {"access_key": access, "secret_key": secret}})


def deny(bucket, *statements):
    """The other user may list and read, less what statements deny."""
    arn = f"arn:aws:s3:::{bucket.name}"
    who = {"AWS": [f"arn:aws:iam:::user/{bucket.ceph.other_user}"]}
    bucket.s3.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": who,
             "Action": ["s3:ListBucket", "s3:GetObject"],
             "Resource": [arn, arn + "/*"]},
            *({"Effect": "Deny", "Principal": who, "Action": [action],
               "Resource": [f"{arn}/{what}"]} for action, what in statements),
        ]}))


def test_objects_that_may_not_be_read(world, bucket, tmp_path):
    fill(bucket, {"open/a": b"a", "closed/b": b"b", "open/c": b"c"})
    bucket.s3.put_object(Bucket=bucket.name, Key="open/tagged", Body=b"t",
                         Tagging="a=b")
    deny(bucket, ("s3:GetObject", "closed/*"))
    as_other(world, bucket)
    backup = world.backup()
    # Tags are told of once, however many objects have some.
    assert codes(backup) == ["object_unreadable"] * 2 + ["tags_unreadable"]
    assert "closed/b" in backup["warnings"][1]["detail"]
    found = world.unpacked(backup, tmp_path / "out")
    assert sorted(found) == ["open/a", "open/c", "open/tagged"]
    assert found["open/tagged"][1]["tags_unread"] is True
    strict = world.ended_backup(world.start_backup(options={"strict": True}))
    assert strict["status"] == "failed"
    assert strict["error"]["code"] == "object_unreadable"
    assert "closed/b" in strict["error"]["detail"]
    # Nothing at all is no backup.
    deny(bucket, ("s3:GetObject", "*"))
    none = world.ended_backup(world.start_backup())
    assert none["status"] == "failed"
    assert none["error"]["code"] == "access_denied"


def test_what_is_wrong_with_a_source(api, bucket, ceph):
    good = flow.object_storage(bucket)

    def refused(code="source_check_failed", **changes):
        answer = api.post("/v1/sources", {
            "name": "wrong", "engine": "objects",
            "connection": {**good, **changes}})
        return problem(answer, 422, code)["detail"]
    assert "access_key and secret_key" in refused(secret_key="x" * 40)
    assert "access_key and secret_key" in refused(access_key="nobody")
    assert "make the bucket" in refused(bucket="no-such-bucket-here")
    assert "could not reach" in refused(endpoint="http://127.0.0.1:1")
    access, secret = ceph.keys(other=True)
    assert "let this key list" in refused(access_key=access, secret_key=secret)
    assert api.items("/v1/sources") == []
    for member in ("endpoint", "bucket", "access_key", "secret_key"):
        connection = {k: v for k, v in good.items() if k != member}
        answer = api.post("/v1/sources", {
            "name": "wrong", "engine": "objects", "connection": connection})
        assert member in str(answer.json) and answer.status == 422


def test_the_pool_in_the_bucket(cofferd, bucket, tmp_path):
    """What the backup itself writes is not in it."""
    world = World(cofferd, bucket, tmp_path).prepare()
    world.api.want(201, "POST", "/v1/pools",
                   flow.pool_body(bucket, "inside", prefix="keep/backups"))
    fill(bucket, {"a": b"a", "keep/b": b"b", "keep/backups-of-mine": b"c"})
    backup = world.backup(pool="inside")
    assert codes(backup)[0] == "pool_left_out"
    assert backup["counts"]["objects"] == 3
    assert world.backup()["counts"]["objects"] > 3


# ---- bad days

def test_the_store_is_cut(world, bucket, relay, tmp_path):
    objects = fill(bucket, {
        **{f"small/{n}": b"%d" % n for n in range(50)},
        "large": trees.content("cut", 20 * MIB)})
    world.through(relay)
    cuts = [relay.at(relay.cut, down=at * MIB) for at in (1, 5, 12)]
    backup = world.backup()
    assert all(cut.check() for cut in cuts)
    assert backup["warnings"] == []
    world.assert_unpacks(backup, objects, tmp_path / "out")


def test_cancel(world, bucket):
    fill(bucket, {"large": trees.content("0", 8 * MIB)})
    relay = Proxy(bucket.ceph, rate=256 * 1024)
    world.through(relay)
    backup = world.start_backup()
    process.until(lambda: relay.down > MIB // 2, 60, "something has come")
    world.api.want(202, "POST", f"/v1/jobs/{backup['job_id']}/cancel")
    assert world.ended_backup(backup)["status"] == "canceled"
    assert list(world.folder.rglob("data")) == []
    relay.close()


def test_kill(world, bucket, tmp_path):
    """At any moment: what was cut is failed, and nothing of it is left."""
    objects = fill(bucket, {f"{n}": trees.content(n, 2 * MIB)
                            for n in range(6)})
    relay = Proxy(bucket.ceph, rate=8 * MIB)
    world.through(relay)
    for at in (1000, 3 * MIB, 9 * MIB):
        relay.reset()
        reached = relay.at(world.cofferd.kill, down=at)
        backup = world.start_backup()
        process.until(reached.check, 60, "it is killed")
        world.cofferd.start()
        record = world.record(backup["id"])
        assert record["status"] == "failed"
        assert record["error"]["code"] == "interrupted"
    relay.close()
    world.api.want(200, "PATCH", "/v1/sources/bucket", {
        "connection": {"endpoint": bucket.ceph.endpoint}})
    backup = world.backup()
    world.assert_unpacks(backup, objects, tmp_path / "out")
    process.until(lambda: len(list(world.folder.rglob("owner.json"))) == 1,
                  60, "what was cut is swept")


def test_plan(world, bucket, tmp_path):
    objects = fill(bucket, {"a": b"a"})
    plan = world.api.want(201, "POST", "/v1/plans", {
        "name": "nightly", "source": "bucket", "pool": "pool",
        "strategy": "manual", "scope": {"exclude": ["*.tmp"]},
        "options": {"parallelism": 2}})
    assert plan["method"] == "snapshot"
    fill(bucket, {"b.tmp": b"b"})
    made = world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute")
    backup = world.ended_backup(made)
    assert backup["status"] == "completed"
    world.assert_unpacks(backup, objects, tmp_path / "out")
