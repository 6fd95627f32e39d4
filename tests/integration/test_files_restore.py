"""Files that come back: whole, in part, over others, and not at all."""
import json
import os
import re
import subprocess

import pytest

from harness import trees
from harness.forest import Folder, World, held, write


@pytest.fixture
def make_world(cofferds, tmp_path):
    """make_world(bucket): its pool is there; else in a folder."""
    def make(bucket=None, dirs=None, **pool):
        cofferd = cofferds(args=["--restore-dirs",
                                 str(dirs or tmp_path / "restored")])
        world = World(cofferd, Folder(), bucket)
        return world.prepare(tmp_path, bucket, **pool)
    return make


@pytest.fixture
def world(make_world):
    return make_world()


def names(folder):
    """Paths of all that is in it, but for folders."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")
                  if p.is_symlink() or not p.is_dir())


def test_everything_comes_back(world):
    trees.make_all(world.top, levels=50)
    before = trees.read(world.top)
    backup = world.backup()
    found = world.check(backup)
    assert found["blockers"] == [] and found["would_replace"] == []
    assert found["would_create"] == [str(world.out / "new")]
    assert not (world.out / "new").exists()
    record = world.restore(backup)
    assert record["target_path"] == str(world.out / "new")
    assert record["target_source"] is None
    trees.assert_equal(before, trees.read(world.out / "new"))
    listed = world.api.fetch("/v1/restores")["items"]
    assert [r["target_path"] for r in listed] == [str(world.out / "new")]
    # Once more over it, and a tree that has changed meanwhile: what is
    # another's stays, what is the backup's is as it was.
    new = world.out / "new"
    (new / "sizes/1").write_text("changed")
    (new / "links/absolute").unlink()
    (new / "links/absolute").mkdir()
    (new / "links/absolute").rmdir()
    os.chmod(new / "modes", 0o500)
    (new / "another's").write_text("kept")
    blocked = world.check(backup)["blockers"]
    assert [b["code"] for b in blocked] == ["target_not_empty"]
    refused = world.api.post("/v1/restores", world.restore_body(backup))
    assert refused.status == 409, refused
    assert refused.json["code"] == "target_not_empty"
    blocked = world.check(backup, overwrite=True)["blockers"]
    assert [b["code"] for b in blocked] == ["confirm_required"]
    world.restore(backup, **world.over())
    assert (new / "another's").read_text() == "kept"
    after = trees.read(new)
    del after[b"another's"]
    trees.assert_equal(before, after)


def test_what_a_system_has(world):
    trees.copy_of_share(world.top)
    before = trees.read(world.top)
    assert len(before) > 1000
    world.restore(world.backup())
    trees.assert_equal(before, trees.read(world.out / "new"))


def encryption():
    """A pool's, with a key of its own."""
    made = subprocess.run(["age-keygen"], check=True, capture_output=True,
                          text=True).stdout
    public = re.search(r"age1\w+", made)[0]
    return {"recipients": [public], "identity": made, "confirm_stored": True}


def test_back_into_its_source_encrypted(make_world, bucket):
    world = make_world(bucket, encryption=encryption())
    write(world.top, {"a/f": "one", "g": "two"})
    (world.top / "large").write_bytes(os.urandom(3 << 20))
    os.link(world.top / "g", world.top / "a/h")
    before = trees.read(world.top)
    backup = world.backup()
    target = {"target": {"source": "tree"}}
    blocked = world.check(backup, **target)["blockers"]
    assert [b["code"] for b in blocked] == ["target_not_empty"]
    (world.top / "g").write_text("too")
    (world.top / "a/f").unlink()
    record = world.restore(backup, overwrite=True, confirm=[str(world.top)],
                           **target)
    assert record["target_source"]["name"] == "tree"
    assert record["target_path"] is None
    trees.assert_equal(before, trees.read(world.top))
    world.restore(backup, scope={"include": ["h", "large"]})
    assert names(world.out / "new") == ["a/h", "large"]
    assert (world.out / "new/a/h").read_text() == "two"
    assert ((world.out / "new/large").read_bytes()
            == (world.top / "large").read_bytes())


def test_what_is_wanted(make_world, bucket):
    """By globs, with the folders above; of the store only what holds it."""
    world = make_world(bucket)
    write(world.top, {"a/x.txt": "x", "a/y.log": "y", "a/b/z.txt": "z",
                      "c/x.txt": "cx", "c/skip/x.txt": "no"})
    for number in range(12):
        path = world.top / f"m/large-{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(3 << 20))
    (world.top / "n").mkdir()
    (world.top / "n/first").write_text("hard")
    os.link(world.top / "n/first", world.top / "z-second")
    os.link(world.top / "n/first", world.top / "z-third")
    os.chmod(world.top / "a", 0o710)
    os.utime(world.top / "a/b", ns=(5, 5))
    before = trees.read(world.top)
    backup = world.backup()

    def restored(to, include=None, exclude=None):
        scope = {k: v for k, v in (("include", include),
                                   ("exclude", exclude)) if v}
        world.restore(backup, to=to, scope=scope)
        after = trees.read(world.out / to)
        for path, entry in after.items():
            if path not in (b"", b".") and path in before:
                assert entry.get("mode") == before[path].get("mode"), path
        return names(world.out / to)

    assert restored("txt", ["*.txt"], ["c/skip"]) == [
        "a/b/z.txt", "a/x.txt", "c/x.txt"]
    assert (world.out / "txt/a").stat().st_mode & 0o777 == 0o710
    assert (world.out / "txt/a/b").stat().st_mtime_ns == 5
    assert not (world.out / "txt/m").exists()
    assert restored("b", ["a/b/"]) == ["a/b/z.txt"]
    assert restored("rest", None, ["m/", "/n", "z-*"]) == [
        "a/b/z.txt", "a/x.txt", "a/y.log", "c/skip/x.txt", "c/x.txt"]
    # A file of which only other names are wanted.
    assert restored("links", ["z-*"]) == ["z-second", "z-third"]
    assert (world.out / "links/z-third").read_text() == "hard"
    assert ((world.out / "links/z-second").stat().st_ino
            == (world.out / "links/z-third").stat().st_ino)
    # One of twelve large files is about a twelfth of what is fetched.
    whole = world.check(backup)["download_bytes"]
    part = world.check(backup, scope={"include": ["m/large-7"]})
    assert whole > 36 << 20 and part["download_bytes"] < whole / 6
    assert restored("one", ["m/large-7"]) == ["m/large-7"]
    assert ((world.out / "one/m/large-7").read_bytes()
            == (world.top / "m/large-7").read_bytes())


def test_what_is_refused(world, tmp_path):
    write(world.top, {"a/f": "text"})
    backup = world.backup()

    def refused(status, code, **body):
        for path in ("/v1/restores", "/v1/restores/check"):
            reply = world.api.post(path, {**world.restore_body(backup),
                                          **body})
            if path.endswith("check") and reply.status == 200:
                assert [b["code"] for b in reply.json["blockers"]] == [code]
                continue
            assert reply.status == status, (body, reply)
            if status == 422:
                assert code in reply.body.decode(), reply
            else:
                assert reply.json["code"] == code, reply

    def to(path):
        return {"target": {"path": path}}

    out = str(world.out)
    for path in ("relative", "/", out + "/../x", out + "//x", out + "/x/",
                 out + "/./x", "", 5, "/" + "x" * 5000):
        refused(422, "inva", **to(path))
    for path in (out, "/srv/other/x", out + "x/y", "/etc"):
        refused(409, "target_incompatible", **to(path))
    (world.out / "link").symlink_to(tmp_path)
    refused(409, "target_incompatible", **to(out + "/link/x"))
    refused(409, "target_incompatible", **to(out + "/link"))
    (world.out / "file").write_text("x")
    refused(409, "target_incompatible", **to(out + "/file"))
    refused(422, "inva", target={"path": out + "/x", "source": "tree"})
    refused(422, "invalid_scope", rename={"a": "b"})
    refused(422, "invalid_scope", scope={"databases": [{"name": "a"}]})
    refused(422, "invalid_scope", scope={"include": ["a/../b"]})
    refused(422, "invalid_scope", scope={"include": ["nothing/like/it"]})
    assert sorted(p.name for p in world.out.iterdir()) == ["file", "link"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "pool", "restored", "tree"]


def test_nothing_configured(cofferds, tmp_path):
    world = World(cofferds(), Folder()).prepare(tmp_path)
    write(world.top, {"f": "text"})
    reply = world.api.post("/v1/restores",
                           world.restore_body(world.backup()))
    assert reply.status == 409
    assert "restore_dirs" in reply.json["detail"]
    assert not (world.out / "new").exists()


def only_new(world, tmp_path):
    """Nothing is anywhere but in the target."""
    assert [p.name for p in world.out.iterdir()] == ["new"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["restored", "tree"]


def test_canceled_and_begun_again(make_world, bucket, tmp_path):
    with held(make_world, bucket) as (world, backup, restore, halt):
        world.api.want(202, "POST",
                       f"/v1/restores/{restore['id']}/cancel")
        record = world.ended_restore(restore)
        halt.let_go()
        assert record["status"] == "canceled"
        assert "still in the target" in json.dumps(record["error"])
        assert (world.out / "new/a-first").read_text() == "first"
        only_new(world, tmp_path)
        world.restore(backup, **world.over())
        trees.assert_equal(trees.read(world.top),
                           trees.read(world.out / "new"))


def test_killed_in_the_middle(make_world, bucket, tmp_path):
    with held(make_world, bucket) as (world, backup, restore, halt):
        world.cofferd.kill()
        halt.let_go()
        assert (world.out / "new/a-first").read_text() == "first"
        only_new(world, tmp_path)
        world.cofferd.start()
        record = world.ended_restore(restore)
        assert record["status"] == "failed"
        assert record["error"]["code"] == "interrupted"
        assert world.check(backup)["blockers"][0]["code"] == \
            "target_not_empty"
        world.restore(backup, **world.over())
        trees.assert_equal(trees.read(world.top),
                           trees.read(world.out / "new"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_the_disk_is_full(make_world, tmp_path):
    world = make_world()
    write(world.top, {"a": "a"})
    (world.top / "large").write_bytes(os.urandom(12 << 20))
    backup = world.backup()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "coffer-it",
                    world.out], check=True)
    try:
        assert [w["code"] for w in world.check(backup)["warnings"]] == [
            "space_low"]
        error = world.fails(backup)
        assert error["code"] == "target_failed"
        assert "large" in error["detail"] and "make room" in error["detail"]
        assert (world.out / "new/a").read_text() == "a"
        subprocess.run(["mount", "-o", "remount,size=64m", world.out],
                       check=True)
        world.restore(backup, **world.over())
        assert ((world.out / "new/large").read_bytes()
                == (world.top / "large").read_bytes())
    finally:
        subprocess.run(["umount", world.out], check=True)


def test_a_wrong_byte_is_seen(make_world, bucket):
    """One that came into a file after it was restored, before it is
    compared."""
    with held(make_world, bucket) as (world, _, restore, halt):
        (world.out / "new/a-first").write_text("fir5t")
        halt.let_go()
        record = world.ended_restore(restore)
        assert record["status"] == "failed" and not record["verified"]
        assert record["error"]["code"] == "verification_failed"
        assert "a-first" in record["error"]["detail"]
