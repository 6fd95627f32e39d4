"""Restores of increments over folders in any state: whatever stands in the way,
all of the backup is there in the end, and what lies outside is untouched."""
import os
import random
import shutil

import pytest

from harness import process, trees
from harness.forest import Folder
from test_files_increments import World

# COFFER_TEST_FILES_OVER=100, say, by hand: each takes some five seconds.
SEEDS = process.setting("FILES_OVER", 3)
STEPS = 3


@pytest.fixture(params=("root", "nobody's rights"))
def world(request, cofferds, tmp_path):
    """With the rights of root, and without those over modes."""
    server = cofferds(args=["--restore-dirs", str(tmp_path / "restored")],
                      start=False)
    if request.param != "root" and os.geteuid() == 0:
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        command = server.command()
        server.command = lambda: [*drop, *command]
    return World(server.start(), Folder()).prepare(tmp_path)


def inside(top):
    """All that is in it, the deepest first, links not followed."""
    for folder, folders, files in os.walk(top, topdown=False):
        for name in (*files, *folders):
            yield os.path.join(folder, name)


def is_folder(path):
    return os.path.isdir(path) and not os.path.islink(path)


def remove(path):
    if is_folder(path):
        for below in inside(path):
            if is_folder(below):
                os.chmod(below, 0o700)
        os.chmod(path, 0o700)
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def something(path, rng, outside):
    """Anything but a folder."""
    kind = rng.randrange(4)
    if kind == 0:
        os.symlink(rng.choice((outside, os.path.join(outside, "kept"),
                               "..", "nowhere", "/proc/self/cwd")), path)
    elif kind == 1:
        os.mkfifo(path)
    else:
        with open(path, "wb") as f:
            f.write(rng.randbytes(rng.choice((0, 10, 5000))))


def change(top, rng):
    """What is changed, a folder among others, is stored again."""
    there = list(inside(top))
    for path in rng.sample(there, len(there) // 5):
        if not os.path.lexists(path):
            continue
        if rng.random() < 0.3:
            remove(path)
        elif is_folder(path):
            os.utime(path, ns=(0, rng.randrange(10 ** 18)))
        elif rng.random() < 0.3:
            remove(path)
            os.mkdir(path)
    folders = [top, *(p for p in inside(top) if is_folder(p))]
    files = [p for p in inside(top)
             if os.path.isfile(p) and not os.path.islink(p)]
    for number in range(rng.randrange(5, 30)):
        path = os.path.join(rng.choice(folders), f"{rng.randrange(999)}")
        if os.path.lexists(path):
            continue
        if rng.random() < 0.4:
            os.mkdir(path)
            folders.append(path)
        elif rng.random() < 0.2:
            os.symlink(rng.choice(("..", "x", "/etc")), path)
        elif files and rng.random() < 0.2:
            os.link(rng.choice(files), path)
        else:
            with open(path, "wb") as f:
                f.write(rng.randbytes(rng.choice((0, 1, 3000, 300_000))))
            files.append(path)
    for folder in rng.sample(folders, len(folders) // 4):
        os.chmod(folder, rng.choice((0o555, 0o755, 0o700, 0o511)))


def spoil(target, expected, rng, outside):
    """Nothing that a restore would refuse: a folder where it has none."""
    for path in inside(target):
        name = os.fsencode(os.path.relpath(path, target))
        wanted = expected.get(name)
        if is_folder(path) and wanted and wanted["type"] != "directory":
            remove(path)
    for path in list(inside(target)):
        if rng.random() < 0.3 and os.path.lexists(path):
            os.chmod(os.path.dirname(path), 0o700)
            remove(path)
            something(path, rng, outside)
    for path in inside(target):
        if is_folder(path) and rng.random() < 0.3:
            os.chmod(path, rng.choice((0o555, 0, 0o111, 0o300)))


@pytest.mark.seconds(300)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_over_anything(world, tmp_path, seed):
    rng = random.Random(seed)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"kept")
    before = trees.read(outside)
    world.plan()
    points = []
    target = world.out / "to"
    target.mkdir()
    for _ in range(STEPS):
        for _ in range(2):
            change(str(world.top), rng)
        points.append((world.step(), trees.read(world.top)))
    for _ in range(4):
        backup, expected = rng.choice(points)
        spoil(str(target), expected, rng, str(outside))
        os.chmod(target, 0o700)
        world.restore(backup, to="to", **world.over("to"))
        found = trees.read(target)
        trees.assert_equal(expected, {k: v for k, v in found.items()
                                      if k in expected})
        assert trees.read(outside) == before
