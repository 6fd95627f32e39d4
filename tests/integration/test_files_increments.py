"""Increments of trees of files: each point comes back alone, whatever else is
deleted, and what is unchanged is neither opened nor stored again."""
import ctypes
import os
import pathlib
import re
import shutil
import struct
import subprocess
import time

import pytest

from harness import flow, process, trees
from harness.stored import Steps
from test_files_restore import Folder, World as Restores, encryption


class World(Steps, Restores):
    """A plan "steps" of the tree, whose backups build upon each other."""

    def plan(self, **options):
        return self.api.want(201, "POST", "/v1/plans", {
            "name": "steps", "source": "tree", "pool": "pool",
            "strategy": "manual", "method": "snapshot",
            "options": {"incremental": True, **options}})

    def settle(self):
        """Until what was changed last is older than a backup that begins."""
        newest = max(os.lstat(os.path.join(folder, name)).st_ctime
                     for folder, folders, files in os.walk(
                         os.fsencode(self.top))
                     for name in [b".", *folders, *files])
        process.until(lambda: time.time() > newest + 2.1, 10,
                      "the tree is older than a second")

    def comes_back(self, backup, expected):
        to = flow.unique("to")
        self.restore(backup, to=to)
        trees.assert_equal(expected, trees.read(self.out / to))
        subprocess.run(["chmod", "-R", "u+rwx", self.out / to], check=True)
        shutil.rmtree(self.out / to)

    def lines(self, backup):
        """By path."""
        return {line.get("name", line.get("name_base64")): line
                for line in super().lines(backup)}

    def delete(self, backup):
        job = self.api.want(202, "DELETE", f"/v1/backups/{backup['id']}")
        self.api.wait_job(job["job_id"], 60)
        process.until(lambda: not any(
            backup["id"] in p.parts for p in self.folder.rglob("*")), 60,
            "its folder is gone")


@pytest.fixture
def make_world(cofferds, tmp_path):
    def make(bucket=None, **pool):
        cofferd = cofferds(args=["--restore-dirs", str(tmp_path / "restored")])
        world = World(cofferd, Folder(), bucket)
        return world.prepare(tmp_path, bucket, **pool)
    return make


@pytest.fixture
def world(make_world):
    return make_world()


IN_OPEN = 0x20


class Opened:
    """Which names are opened in the folders below the top, meanwhile."""

    def __init__(self, top):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.top = top

    def __enter__(self):
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK)
        for folder, _, _ in os.walk(os.fsencode(self.top)):
            assert self.libc.inotify_add_watch(self.fd, folder, IN_OPEN) > 0
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def names(self):
        """Of files; folders have to be listed."""
        found = set()
        try:
            while events := os.read(self.fd, 1 << 16):
                while events:
                    _, mask, _, n = struct.unpack_from("iIII", events)
                    name = events[16:16 + n].rstrip(b"\0")
                    if name and not mask & 0x40000000:
                        found.add(os.fsdecode(name))
                    events = events[16 + n:]
        except BlockingIOError:
            return found


def change(top, step):
    """Something of each kind that can become of a tree."""
    folder = top / f"step {step}"
    folder.mkdir()
    (folder / "new").write_bytes(trees.content(step, 200_000))
    (folder / "small").write_bytes(b"%d" % step)
    (top / "grows").open("ab").write(trees.content(step, 3_000_000))
    (top / "same size").write_bytes(trees.content(f"same {step}", 700_000))
    # Others of the same size and times.
    secret = top / "secret"
    secret.write_bytes(b"%04d" % step)
    os.utime(secret, ns=(10 ** 18, 10 ** 18))
    os.chmod(top / "touched", 0o600 + step)
    # Now before 1970, now after it, with a fraction.
    os.utime(top / "touched large",
             ns=(step, (-1) ** step * step * 10 ** 9 + 7))
    if os.geteuid() == 0:
        os.chown(top / "touched large", step, step + 1)
    if step > 1:
        shutil.rmtree(top / f"step {step - 1}" / "kept", True)
        (top / f"step {step - 1}" / "small").unlink()
        (top / f"step {step - 1}").rename(top / f"moved {step - 1}")
    os.link(top / "linked", top / f"linked {step}")
    turn = top / "turns"
    if turn.is_symlink() or turn.is_file():
        turn.unlink()
    elif turn.is_dir():
        shutil.rmtree(turn)
    if step % 3 == 0:
        turn.symlink_to("nowhere")
    elif step % 3 == 1:
        turn.mkdir()
        (turn / "inside").write_bytes(b"inside")
    else:
        turn.write_bytes(b"a file")
    if trees.has_acls(top):
        os.setxattr(top / "attributed", "user.step", b"%d" % step)


def make_tree(top):
    trees.make_all(top, levels=5, large=9_000_000)
    for name, size in (("touched", 100), ("touched large", 2_000_000),
                       ("linked", 50), ("attributed", 300_000),
                       ("grows", 0)):
        (top / name).write_bytes(trees.content(name, size))


@pytest.mark.seconds(600)
def test_each_of_five_points_comes_back(world):
    """Also when all before it are deleted; and nothing is left in the end."""
    world.plan()
    make_tree(world.top)
    points = []
    for step in range(1, 6):
        change(world.top, step)
        points.append((world.step(), trees.read(world.top)))
    for number, (backup, expected) in enumerate(points):
        counts = backup["counts"]
        assert counts["rows"] == len(expected) == backup["row_count"]
        assert number == 0 or 0 < backup["stored_bytes"] < 5_000_000
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


def test_nothing_changed(world):
    """It is not opened, and but for the archive's end not stored."""
    world.plan()
    make_tree(world.top)
    expected = trees.read(world.top)
    world.settle()
    first = world.step()
    with Opened(world.top) as opened:
        (world.top / "links" / "first").read_bytes()
        assert opened.names() == {"first"}
        second = world.step()
        assert opened.names() == set()
    assert second["stored_bytes"] < 1000
    assert second["counts"] == {**first["counts"],
                                "bytes": second["counts"]["bytes"]}
    assert world.lines(second) == world.lines(first)
    assert world.packs(first) < world.packs(second)
    world.comes_back(second, expected)
    # What is changed is opened, and nothing else.
    (world.top / "sizes" / "1").write_bytes(b"other")
    os.utime(world.top / "sizes" / "512")
    with Opened(world.top) as opened:
        third = world.step()
        assert opened.names() == {"1", "512"}
    world.comes_back(third, trees.read(world.top))


def test_part_of_an_increment(world):
    world.plan()
    make_tree(world.top)
    world.step()
    change(world.top, 1)
    backup = world.step()
    expected = trees.read(world.top)
    world.restore(backup, to="part", scope={
        "include": ["touched*", "sizes/", "linked 1", "step 1/new"]})
    found = trees.read(world.out / "part")
    assert {b"touched", b"touched large", b"sizes/1", b"linked 1",
            b"step 1/new"} <= found.keys()
    assert b"secret" not in found and b"linked" not in found
    assert found[b"touched"] == expected[b"touched"]
    assert found[b"touched large"] == expected[b"touched large"]
    assert found[b"linked 1"]["sha256"] == expected[b"linked"]["sha256"]
    contents = world.api.fetch(f"/v1/backups/{backup['id']}/contents")
    assert "touched" in {item["name"] for item in contents["items"]}


def test_full_every(world):
    world.plan(full_every=3)
    make_tree(world.top)
    backups = [world.step() for _ in range(5)]
    packs = [world.packs(b) for b in backups]
    assert packs[0] < packs[1] and packs[0] < packs[2]
    assert not packs[2] & packs[3] and packs[3] < packs[4]
    sizes = [b["stored_bytes"] for b in backups]
    assert sizes[3] > sizes[0] / 2 and max(sizes[1], sizes[4]) < 10_000
    for backup in backups[2], backups[4]:
        world.comes_back(backup, trees.read(world.top))


def test_packs_of_little_use_leave(make_world):
    """What is still in use of one is stored again when it is less than half."""
    world = make_world(part_bytes=1_048_576)
    world.plan(full_every=100)
    for number in range(64):
        (world.top / f"{number:02}").write_bytes(
            trees.content(number, 200_000))
    first = world.step()
    for number in range(64):
        if number % 4:
            (world.top / f"{number:02}").unlink()
    second = world.step()
    third = world.step()
    assert world.packs(second) >= world.packs(first)
    assert not world.packs(third) & world.packs(first)
    assert third["stored_bytes"] > 16 * 60_000
    fourth = world.step()
    assert fourth["stored_bytes"] < 1000
    assert world.packs(third) < world.packs(fourth)
    for backup in second, third, fourth:
        world.comes_back(backup, trees.read(world.top))
    for backup in first, second, third:
        world.delete(backup)
    assert world.stored_packs() == world.packs(fourth)
    world.comes_back(fourth, trees.read(world.top))


@pytest.mark.seconds(120)
def test_over_what_is_there(world):
    """Folders that were stored again come after what is in them, and in their
    place may be a file, a link that leads out, or a folder that is closed."""
    world.plan()
    for name in ("a", "b/deep", "c", "d"):
        (world.top / name).mkdir(parents=True)
        (world.top / name / "f").write_bytes(trees.content(name, 100_000))
    world.step()
    for name in ("a", "b/deep", "b", "c", "d"):
        (world.top / name / "new").write_text("new")
    second = world.step()
    new = world.out / "new"
    new.mkdir(parents=True)
    (new / "a").write_text("a file")
    outside = world.out / "outside"
    outside.mkdir()
    (outside / "f").write_text("kept")
    (new / "b").symlink_to("../outside")
    (new / "c").mkdir()
    (new / "c/f").symlink_to("../../outside/f")
    (new / "c").chmod(0o555)
    (new / "d").symlink_to("c")
    world.restore(second, **world.over())
    trees.assert_equal(trees.read(world.top), trees.read(new))
    assert [p.name for p in outside.iterdir()] == ["f"]
    assert (outside / "f").read_text() == "kept"


# ---- by hand

def by_hand(world, backup, to):
    """Does what the pool's README.txt says, in its very words."""
    readme = (world.folder / "coffer/v1/README.txt").read_text()
    told = readme[readme.index("whose parts are packs"):]
    lines = re.findall(r"^ {5}(.*)$", told[:told.index("The last loop")],
                       re.MULTILINE)
    there = world.out / to
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
    return trees.read(there / backup["id"] / "copy")


def test_by_hand(world):
    """With stock tools; here with parts that hold what is no more."""
    world.plan()
    make_tree(world.top)
    points = []
    for step in range(1, 4):
        change(world.top, step)
        points.append((world.step(), trees.read(world.top)))
    assert len(world.packs(points[2][0])) > 1
    assert any(line["facts"].get("amended")
               for line in world.lines(points[2][0]).values())
    for number in (0, 2):
        backup, expected = points[number]
        trees.assert_equal(expected, by_hand(world, backup, f"hand {number}"))


def test_packs_that_nobody_names(world):
    """As the reference says in its very words: of a folder that was removed by
    hand its own packs, and none that is still needed."""
    world.plan()
    make_tree(world.top)
    points = []
    for step in range(1, 4):
        change(world.top, step)
        points.append((world.step(), trees.read(world.top)))
    text = (pathlib.Path(__file__).parents[2] / "doc/reference/files.md"
            ).read_text()
    told = text[text.index("This shows them"):text.index("Only while no")]
    script = "\n".join(re.findall(r"^ {4}(.*)$", told, re.MULTILINE))
    for name in ("there", "named"):
        script = script.replace(f"/tmp/{name}", f"'{world.out}/{name}'")
    source = world.of(points[0][0]).parent

    def shown():
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=source,
            check=True, capture_output=True, text=True,
            env=process.clean_environment())
        assert done.stderr == ""
        return {f"../packs/{name}" for name in done.stdout.splitlines()}

    assert shown() == set()
    needed = set().union(*(world.packs(b) for b, _ in points[:2]))
    shutil.rmtree(world.of(points[2][0]))
    assert shown() == world.stored_packs() - needed != set()
    # The server knows it, and so removes them itself.
    world.delete(points[2][0])
    assert world.stored_packs() == needed
    assert shown() == set()
    for backup, expected in points[:2]:
        world.comes_back(backup, expected)
    unfinished = source / "bak_01JD0000000000000000000001"
    unfinished.mkdir()
    assert f"../packs/{unfinished.name} is not finished" in shown()
    unfinished.rmdir()


def lose(pack):
    pack.unlink()


def cut(pack):
    pack.write_bytes(pack.read_bytes()[:-1])


@pytest.mark.parametrize("harm", (lose, cut))
def test_a_pack_of_the_base_is_harmed(world, harm):
    """A rule of the store has removed it, say: what would name it again is a
    full one instead, which restores, and is built upon."""
    world.plan()
    make_tree(world.top)
    first = world.step()
    harm(min(world.folder.rglob("packs/*.tar.zst*")))
    change(world.top, 1)
    second = world.step(["not_incremental"])
    assert not world.packs(first) & world.packs(second)
    assert "of its packs are not in the pool as they were written" in \
        world.cofferd.log()
    world.comes_back(second, trees.read(world.top))
    change(world.top, 2)
    third = world.step()
    assert world.packs(second) & world.packs(third)
    world.comes_back(third, trees.read(world.top))


# ---- encrypted pools

@pytest.mark.parametrize("has_identity", (True, False))
def test_encrypted(make_world, has_identity):
    """Without an identity the index of the one before cannot be read."""
    crypt = encryption()
    identity = crypt["identity"]
    if not has_identity:
        del crypt["identity"]
    world = make_world(encryption=crypt)
    world.plan()
    make_tree(world.top)
    first = world.step()
    change(world.top, 1)
    second = world.step([] if has_identity else ["not_incremental"])
    assert all(key.endswith(".tar.zst.age") for key in world.packs(second))
    shared = world.packs(first) & world.packs(second)
    assert bool(shared) == has_identity
    assert ("no identity to read its index with" in world.cofferd.log()) \
        != has_identity
    if has_identity:
        assert second["stored_bytes"] < first["stored_bytes"] / 2
    else:
        world.api.want(200, "PATCH", "/v1/pools/pool", {
            "encryption": {**crypt, "identity": identity}})
    world.comes_back(second, trees.read(world.top))
    world.assert_sound(second)


# ---- cut anywhere

def test_killed_in_an_increment(world):
    """What it has carried over stays what it was; the next one is right."""
    world.plan()
    make_tree(world.top)
    first = world.step()
    expected = trees.read(world.top)
    for round_number in range(3):
        change(world.top, round_number + 1)
        (world.top / "huge").write_bytes(
            trees.content(round_number, 60_000_000))
        backup = world.start()
        process.until(lambda: world.api.fetch(
            f"/v1/jobs/{backup['job_id']}")["progress"]["phase"]
            not in ("queued", "connect", None), 60, "it has begun", 0.005)
        world.cofferd.kill()
        world.cofferd.start()
        world.comes_back(first, expected)
    last = world.step()
    world.comes_back(last, trees.read(world.top))
    world.assert_sound(last)
    world.delete(first)
    world.comes_back(last, trees.read(world.top))
