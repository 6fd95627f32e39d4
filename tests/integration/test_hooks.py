"""The snapshot hooks of contrib/hooks: btrfs on a file system in a file; lvm
and zfs with stand-ins for their commands, since these need a kernel that has
them: what is shown of them is their part of the contract and what they call,
not what the commands do."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from harness import contracts, process
from harness.btrfs import command, mounted
from harness.contracts import Refused, new_id

HOOKS = contracts.CONTRIB / "hooks"
FAKES = process.TOP / "tests" / "integration" / "harness" / "fakevolumes"
MOMENTS = process.setting("MOMENTS", 6)


class Hook(contracts.Program):
    """With a folder of its own, and data in self.data."""

    def __init__(self, name, folder, data, mounts=None, **more):
        self.folder = pathlib.Path(folder)
        self.data = pathlib.Path(data)
        self.owner = new_id("srv")
        super().__init__("hook", HOOKS / name, self.folder / "hooks.conf",
                         mounts)
        self.settings = more
        self.configure()

    def configure(self, **more):
        values = {"snapshots": self.folder / "snapshots",
                  "records": self.folder / "records",
                  **self.settings, **more}
        lines = ["[hooks]", *(f"{k} = {v}" for k, v in values.items())]
        self.config.write_text("\n".join(lines) + "\n")

    def create(self, ident, path=None):
        return self("create", id=ident, owner=self.owner,
                    path=str(path or self.data))

    def open(self, ident):
        found = self("open", id=ident, owner=self.owner)["directory"]
        assert found.startswith(str(self.folder / "snapshots") + "/")
        return pathlib.Path(found)

    def release(self, ident):
        assert self("release", id=ident, owner=self.owner) == {}

    def list(self, owner=None):
        return [s["id"] for s in
                self("list", owner=owner or self.owner)["snapshots"]]

    def why_not(self, path=None):
        """The reason of a probe that says no; create says the same."""
        path = str(path or self.data)
        reply = self("probe", path=path)
        assert not reply["can"]
        with pytest.raises(Refused) as refused:
            self.create(new_id("bak"), path)
        assert str(refused.value) == reply["reason"]
        assert self.list() == []
        return reply["reason"]

    def release_all(self):
        """With mounts that a test may have left."""
        for path in (self.folder / "records").glob("srv_*.json"):
            owner, _, ident = path.stem.partition("-")
            self("release", id=ident, owner=owner)

    def left(self):
        """Files of ours, mounts, and what the file system has."""
        files = [p.name for p in (self.folder / "records").glob("*")
                 if p.name != "top"]
        files += [p.name for p in (self.folder / "snapshots").glob("*")]
        return files, self.snapshots()

    def snapshots(self):
        raise NotImplementedError


# ---- btrfs, real

class Btrfs(Hook):
    def __init__(self, folder, point, data, top):
        self.point = point
        self.top = top
        super().__init__("btrfs", folder, data)

    def snapshots(self):
        """Also the folder that they are kept in."""
        lines = command("btrfs", "subvolume", "list", str(self.top))
        found = [line for line in lines.splitlines() if "coffer-" in line]
        place = self.top / ".coffer-snapshots"
        return found + ([str(place)] if place.exists() else [])


@pytest.fixture(params=["top", "subvolume"])
def btrfs(has_btrfs, request):
    """The data is a folder of a subvolume, which is seen through the mount
    of the whole file system, or mounted by itself."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
    try:
        with mounted(folder) as top:
            command("btrfs", "subvolume", "create", str(top / "vol"))
            point = top / "vol"
            if request.param == "subvolume":
                point = folder / "vol"
                point.mkdir()
                source = command("findmnt", "-no", "SOURCE", str(top)).strip()
                options = ["-o", "subvol=vol"]
                if os.path.isfile(source):
                    options = ["-o", "loop,subvol=vol"]
                command("mount", "-t", "btrfs", *options, source, str(point))
            (point / "mysql" / "shop").mkdir(parents=True)
            (point / "mysql" / "shop" / "t.ibd").write_bytes(b"before" * 999)
            hook = Btrfs(folder, point, point / "mysql", top)
            try:
                yield hook
            finally:
                hook.release_all()
                if point != top / "vol":
                    command("umount", "--recursive", str(point))
    finally:
        shutil.rmtree(folder)


# ---- lvm and zfs, as far as stand-ins go

class Fake(Hook):
    """The commands are links to a stand-in, on a PATH of its own."""

    def __init__(self, name, folder, kind, source):
        folder = pathlib.Path(folder)
        self.state = folder / "state.json"
        self.set(kind=kind, source=source, snapshots=[], active=[], mounted={},
                 extra=[], fails=[], full="41.20", segtype="thin", slow=0)
        (folder / "copies").mkdir()
        data = folder / "origin" / "mysql"
        (data / "shop").mkdir(parents=True)
        (data / "shop" / "t.ibd").write_bytes(b"before" * 999)
        for tool in ("lvs", "lvcreate", "lvchange", "lvremove", "zfs",
                     "mount", "umount", "mounts"):
            (folder / tool).symlink_to(FAKES)
        super().__init__(name, folder, data, folder / "mountinfo",
                         path=folder)
        command(str(folder / "mounts"))

    def set(self, **values):
        before = {}
        if self.state.exists():
            before = json.loads(self.state.read_text())
        self.state.write_text(json.dumps({**before, **values}))
        if before:
            command(str(self.folder / "mounts"))

    def calls(self, name):
        lines = (self.folder / "calls").read_text().splitlines()
        return [words for words in map(json.loads, lines) if words[0] == name]

    def snapshots(self):
        return json.loads(self.state.read_text())["snapshots"]


@contextlib.contextmanager
def fake(*args):
    folder = tempfile.mkdtemp(prefix="coffer-it.")
    try:
        yield Fake(args[0], folder, *args[1:])
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["ext4", "xfs"])
def lvm(request):
    with fake("lvm", request.param, "/dev/mapper/vg-origin") as hook:
        yield hook


@pytest.fixture
def zfs():
    with fake("zfs", "zfs", "tank/db") as hook:
        yield hook


@pytest.fixture(params=["btrfs-top", "btrfs-subvolume", "lvm", "zfs"])
def hook(request):
    """Each of them."""
    name, _, form = request.param.partition("-")
    if name == "btrfs":
        request.getfixturevalue("has_btrfs")
        generator = btrfs.__wrapped__(None, _Param(form))
    elif name == "lvm":
        generator = lvm.__wrapped__(_Param("ext4"))
    else:
        generator = zfs.__wrapped__()
    yield from generator


class _Param:
    def __init__(self, param):
        self.param = param


# ---- all of them

def test_life(hook):
    """Each operation twice; what is read is the moment of create."""
    ident, file = new_id("bak"), hook.data / "shop" / "t.ibd"
    assert hook("probe", path=str(hook.data))["can"]
    assert hook("probe", path=str(hook.data))["atomic"]
    assert hook.list() == []
    for _ in range(2):
        assert hook.create(ident) == {"id": ident}
        file.write_bytes(b"after")
    (hook.data / "new").write_text("later")
    assert hook.list() == [ident]
    assert hook.list(new_id("srv")) == []
    directory = hook.open(ident)
    assert hook.open(ident) == directory
    assert (directory / "shop" / "t.ibd").read_bytes() == b"before" * 999
    assert not (directory / "new").exists()
    for _ in range(2):
        hook.release(ident)
        assert hook.list() == []
    assert hook.left() == ([], [])
    assert file.read_bytes() == b"after"


def test_two_snapshots(hook):
    first, second = sorted([new_id("bak"), new_id("bak")])
    file = hook.data / "shop" / "t.ibd"
    hook.create(first)
    file.write_bytes(b"second")
    hook.create(second)
    assert hook.list() == [first, second]
    assert (hook.open(first) / "shop" / "t.ibd").read_bytes()[:6] == b"before"
    assert (hook.open(second) / "shop" / "t.ibd").read_bytes() == b"second"
    hook.release(first)
    assert (hook.open(second) / "shop" / "t.ibd").read_bytes() == b"second"
    hook.release(second)
    assert hook.left() == ([], [])


def test_through_a_link(hook):
    """The data directory may be a symbolic link."""
    link = hook.folder / "link"
    link.symlink_to(hook.data)
    ident = new_id("bak")
    hook.create(ident, link)
    assert (hook.open(ident) / "shop" / "t.ibd").exists()
    hook.release(ident)


def test_unknown(hook):
    ident = new_id("bak")
    hook.release(ident)
    with pytest.raises(Refused, match="create it first"):
        hook.open(ident)
    assert hook.left() == ([], [])


def test_wrong_paths(hook):
    assert "is no whole path" in refusal(hook, "create", path="mysql")
    assert "no folder" in hook.why_not(hook.data / "nothing")
    assert "no folder" in hook.why_not(hook.data / "shop" / "t.ibd")
    ident = new_id("bak")
    hook.create(ident)
    with pytest.raises(Refused, match="of another path: release it first"):
        hook.create(ident, hook.data / "shop")
    hook.release(ident)


def test_paths_of_the_configuration(hook, tmp_path):
    """Only those, and what lies beneath; by way of links, too."""
    hook.configure(paths="/nowhere")
    assert "add it to paths" in hook.why_not()
    hook.configure(paths=f"/nowhere:{hook.data}x:{hook.data}/shop")
    assert "add it to paths" in hook.why_not()
    assert "add it to paths" in hook.why_not(hook.data / "shop" / "..")
    (tmp_path / "link").symlink_to(hook.data.parent)
    for paths in (hook.data, f"/nowhere:{hook.data.parent}/",
                  tmp_path / "link"):
        hook.configure(paths=paths)
        assert hook("probe", path=str(hook.data))["can"]
    ident = new_id("bak")
    hook.create(ident)
    # What was taken once can be let go of all the same.
    hook.configure(paths="/nowhere")
    hook.release(ident)
    assert hook.left() == ([], [])
    hook.configure(paths="mysql")
    assert "paths has to be a whole path" in refusal(hook, "list")


def refusal(hook, operation, **request):
    """Of a request that no schema allows."""
    request = {"id": new_id("bak"), "owner": hook.owner, **request}
    status, out, _ = hook.raw(operation, json.dumps(request))
    assert status == 1
    reply = json.loads(out)
    contracts.schema("error").validate(reply)
    return reply["error"]["detail"]


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"id":1}'])
def test_wrong_requests(hook, text):
    for operation in ("probe", "create", "open", "release", "list"):
        status, out, _ = hook.raw(operation, text)
        assert status == 1
        contracts.schema("error").validate(json.loads(out))


@pytest.mark.parametrize("bad", [
    "../../etc", "bak_short", "", "bak_01JDB3Z5Q0000000000000000A@x",
    "-rf", "bak_01JDB3Z5Q0000000000000000A\n"])
def test_wrong_names(hook, bad):
    """Neither a name of a volume nor a path can be made of an id."""
    for operation in ("create", "open", "release"):
        for name in ("id", "owner"):
            text = refusal(hook, operation, path=str(hook.data),
                           **{name: bad})
            assert name in text


def test_other_file_system(hook):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        reason = hook.why_not(folder)
        assert folder in reason or "no thin" in reason


def test_mount_beneath(hook):
    """What would be empty in the snapshot is refused."""
    if isinstance(hook, Fake):
        hook.set(extra=[str(hook.data / "shop")])
    else:
        command("mount", "-t", "tmpfs", "none", str(hook.data / "shop"))
    reason = hook.why_not()
    assert "is a file system of its own" in reason
    assert str(hook.data / "shop") in reason


@pytest.mark.parametrize("group", [False, True], ids=["program", "group"])
@pytest.mark.seconds(1200)
def test_killed_anywhere(hook, group):
    """Killed at any moment and called again, it does what it should; or it
    is released, and nothing is left: by turns."""
    for number, (step, line) in enumerate(kills(hook)):
        ident = new_id("bak")
        walk(hook, ident, (step, line, group), is_left=number % 3 == 0)
        for known in {ident, *hook.list()}:
            hook.release(known)
        assert hook.left() == ([], []), (step, line)


def walk(hook, ident, kill, is_left):
    """All operations, one of them killed first; is_left: and nothing after
    that. One that was killed before it was finished is of the moment of the
    next call."""
    file, (step, line, group) = hook.data / "shop" / "t.ibd", kill
    expected = b"first"
    file.write_bytes(expected)
    for operation in ("create", "open", "release"):
        request = {"id": ident, "owner": hook.owner}
        if operation == "create":
            request["path"] = str(hook.data)
        if operation == step:
            hook.killed(operation, line, group, **request)
            if is_left:
                return
            if operation == "create" and not is_finished(hook, ident):
                expected = b"second"
                file.write_bytes(expected)
        reply = hook(operation, **request)
        if operation == "open":
            found = pathlib.Path(reply["directory"]) / "shop" / "t.ibd"
            assert found.read_bytes() == expected, kill


def kills(hook):
    """Operations, each with lines spread over all of it."""
    ident = new_id("bak")
    request = {"id": ident, "owner": hook.owner}
    totals = {
        "create": hook.count(hook.folder, "create", path=str(hook.data),
                             **request),
        "open": hook.count(hook.folder, "open", **request),
        "release": hook.count(hook.folder, "release", **request)}
    for step, total in totals.items():
        for i in range(MOMENTS):
            yield step, 1 + total * i // MOMENTS


def is_finished(hook, ident):
    path = hook.folder / "records" / f"{hook.owner}-{ident}.json"
    return path.exists() and json.loads(path.read_text())["is_made"]


def test_at_once(hook):
    """Two calls for one snapshot make one, and different ones do not
    disturb each other."""
    if isinstance(hook, Fake):
        pytest.skip("the stand-ins keep their state in one file")
    idents = [new_id("bak") for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(hook.create, idents + idents))
        assert len(hook.snapshots()) == 5
        assert sorted(idents) == hook.list()
        opened = list(pool.map(hook.open, idents + idents))
        assert len(set(opened)) == 4
        list(pool.map(hook.release, idents + idents))
    assert hook.left() == ([], [])


# ---- one of them

def test_btrfs_cannot_be_written(btrfs):
    ident = new_id("bak")
    btrfs.create(ident)
    with pytest.raises(OSError):
        (btrfs.open(ident) / "x").write_text("x")


def test_btrfs_nested_subvolume(btrfs):
    """Elsewhere in the same subvolume it does no harm."""
    command("btrfs", "subvolume", "create", str(btrfs.point / "other"))
    ident = new_id("bak")
    btrfs.create(ident)
    btrfs.release(ident)
    command("btrfs", "subvolume", "create", str(btrfs.data / "nested"))
    assert "nested" in btrfs.why_not()
    assert "would be empty" in btrfs.why_not(btrfs.point)


def test_btrfs_whole_subvolume(btrfs):
    ident = new_id("bak")
    btrfs.create(ident, btrfs.point)
    assert (btrfs.open(ident) / "mysql" / "shop" / "t.ibd").exists()
    btrfs.release(ident)
    assert btrfs.left() == ([], [])


def test_btrfs_top(btrfs):
    if btrfs.point != btrfs.top / "vol":
        pytest.skip("seen through the mount of the whole")
    command("btrfs", "subvolume", "delete", str(btrfs.point))
    assert "top of its file system" in btrfs.why_not(btrfs.top)
    btrfs.data.mkdir(parents=True)
    ident = new_id("bak")
    btrfs.create(ident)
    btrfs.release(ident)


def test_btrfs_bind_mount(btrfs):
    """A part of a subvolume that is mounted by itself is refused."""
    point = btrfs.folder / "bind"
    point.mkdir()
    command("mount", "--bind", str(btrfs.data), str(point))
    try:
        assert "mount" in btrfs.why_not(point)
    finally:
        command("umount", str(point))


def test_btrfs_leaves_no_mount(btrfs):
    """Its own mounts are seen by nobody and go with it."""
    before = pathlib.Path("/proc/self/mountinfo").read_text()
    ident = new_id("bak")
    btrfs.create(ident)
    assert pathlib.Path("/proc/self/mountinfo").read_text() == before
    btrfs.open(ident)
    btrfs.release(ident)
    assert pathlib.Path("/proc/self/mountinfo").read_text() == before


def test_btrfs_is_read_by_others_meanwhile(btrfs):
    """Release of a snapshot that somebody reads says so; then again."""
    ident = new_id("bak")
    btrfs.create(ident)
    with open(btrfs.open(ident) / "shop" / "t.ibd", "rb"):
        with pytest.raises(Refused, match="busy"):
            btrfs.release(ident)
        assert btrfs.list() == [ident]
    btrfs.release(ident)
    assert btrfs.left() == ([], [])


def test_lvm_calls(lvm):
    ident = new_id("bak")
    name = f"coffer-{lvm.owner}-{ident}"
    lvm.create(ident)
    assert lvm.calls("lvcreate") == [
        ["lvcreate", "--quiet", "--snapshot", "--name", name, "vg/origin"]]
    assert lvm.calls("mount") == lvm.calls("lvchange") == []
    lvm.open(ident)
    kind = json.loads(lvm.state.read_text())["kind"]
    options = "ro,nodev,nosuid,noexec" + (",nouuid" if kind == "xfs" else "")
    assert lvm.calls("mount") == [
        ["mount", "-t", kind, "-o", options, f"/dev/vg/{name}",
         str(lvm.folder / "snapshots" / f"{lvm.owner}-{ident}")]]
    lvm.release(ident)
    assert lvm.calls("lvremove") == [
        ["lvremove", "--quiet", "--yes", "--force", f"vg/{name}"]]


def test_lvm_refusals(lvm):
    lvm.set(segtype="linear")
    assert "is no thin logical volume" in lvm.why_not()
    lvm.set(segtype="thin", source="/dev/sdz1")
    assert "is no thin logical volume" in lvm.why_not()
    lvm.set(source="/dev/mapper/vg-origin", full="80.00")
    assert "data_percent of the thin pool vg/pool is 80.00" in lvm.why_not()
    lvm.configure(path=lvm.folder, full_percent=90)
    assert lvm("probe", path=str(lvm.data))["can"]
    lvm.set(kind="vfat")
    assert "is on vfat" in lvm.why_not()


def test_zfs_calls(zfs):
    ident = new_id("bak")
    name = f"tank/db@coffer-{zfs.owner}-{ident}"
    zfs.create(ident)
    assert zfs.calls("zfs") == [["zfs", "snapshot", name]]
    zfs.open(ident)
    assert zfs.calls("mount")[0][:3] == ["mount", "-t", "zfs"]
    assert name in zfs.calls("mount")[0]
    zfs.release(ident)
    assert zfs.calls("zfs")[-1] == ["zfs", "destroy", name]


@pytest.mark.parametrize("name, tool", [
    ("lvm", "lvcreate"), ("zfs", "zfs")])
def test_command_that_fails(name, tool, request):
    """It is told, and what has been begun is released."""
    kind = ("ext4", "/dev/vg/origin") if name == "lvm" else ("zfs", "tank/db")
    with fake(name, *kind) as hook:
        hook.set(fails=[tool])
        ident = new_id("bak")
        with pytest.raises(Refused, match="failed: the disk is on fire"):
            hook.create(ident)
        assert hook.list() == [ident]
        hook.set(fails=[])
        hook.release(ident)
        assert hook.left() == ([], [])


def test_missing_commands(lvm):
    (lvm.folder / "lvs").unlink()
    assert "there is no program lvs: install it" in lvm.why_not()


def test_hook_that_is_stopped(lvm):
    """At its deadline the server ends the hook with its process group. What
    was being done then is done, and released."""
    lvm.set(slow=30)
    ident = new_id("bak")
    with subprocess.Popen(lvm.argv("create"), stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, cwd="/",
                          start_new_session=True) as program:
        program.stdin.write(json.dumps(
            {"id": ident, "owner": lvm.owner,
             "path": str(lvm.data)}).encode())
        program.stdin.close()
        process.until(lambda: (lvm.folder / "calls").exists(), 30,
                      "it has begun")
        os.killpg(program.pid, signal.SIGTERM)
        program.wait()
    lvm.set(slow=0)
    lvm.release(ident)
    assert lvm.left() == ([], [])
