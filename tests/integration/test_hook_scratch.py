"""The hook "scratch" of contrib/hooks: folders that a server writes to, until
they are opened. They belong to who writes there, then to nobody else; one that
is still written to is not taken away."""
import os
import pathlib
import shutil
import tempfile
import threading

import pytest

from harness import contracts, process
from harness.contracts import Refused, new_id

MOMENTS = process.setting("MOMENTS", 6)
SERVER = 61234  # whom the data directory belongs to


class Scratch(contracts.Program):
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.top = self.folder / "scratch"
        self.data = self.folder / "mysql"
        self.data.mkdir()
        os.chown(self.data, SERVER, SERVER)
        self.owner = new_id("srv")
        super().__init__("hook", contracts.CONTRIB / "hooks" / "scratch",
                         self.folder / "hooks.conf")
        self.config.write_text(f"[hooks]\nscratch = {self.top}\n")
        self.config.chmod(0o644)

    def create(self, ident):
        reply = self("create", id=ident, owner=self.owner,
                     path=str(self.data))
        assert reply["id"] == ident
        return pathlib.Path(reply["directory"])

    def open(self, ident):
        return pathlib.Path(self("open", id=ident,
                                 owner=self.owner)["directory"])

    def release(self, ident):
        assert self("release", id=ident, owner=self.owner) == {}

    def list(self, owner=None):
        return [s["id"] for s in
                self("list", owner=owner or self.owner)["snapshots"]]


@pytest.fixture
def hook():
    folder = tempfile.mkdtemp(prefix="coffer-it.")
    os.chmod(folder, 0o755)
    try:
        yield Scratch(folder)
    finally:
        shutil.rmtree(folder)


def owner_of(path):
    found = path.stat()
    return found.st_uid, found.st_mode & 0o777


def test_life(hook):
    ident = new_id("bak")
    reply = hook("probe", path=str(hook.data))
    assert reply["can"] and reply["scratch"] and not reply["atomic"]
    assert hook.list() == []
    with pytest.raises(Refused, match="create its folder first"):
        hook.open(ident)
    place = hook.create(ident)
    assert not place.exists() and list(place.parent.iterdir()) == []
    assert owner_of(place.parent) == (SERVER, 0o700)
    assert owner_of(hook.top) == (0, 0o711)
    with pytest.raises(Refused, match="create its folder first"):
        hook.open(ident)
    place.mkdir()
    (place / "mysql.ibd").write_text("half a copy")
    assert hook.create(ident) == place and not place.exists()
    place.mkdir()
    (place / "mysql.ibd").write_text("a copy")
    for _ in range(2):
        assert hook.open(ident) == place
        assert (place / "mysql.ibd").read_text() == "a copy"
        assert owner_of(place.parent) == (0, 0o700)
    assert hook.list() == [ident] and hook.list(new_id("srv")) == []
    for _ in range(2):
        hook.release(ident)
        assert hook.list() == [] and list(hook.top.iterdir()) == []


def test_refused(hook):
    reply = hook("probe", path=str(hook.folder / "none"))
    assert not reply["can"] and "no folder" in reply["reason"]
    # From where anybody can run it.
    for part in ("hooks", "lib"):
        shutil.copytree(contracts.CONTRIB / part, hook.folder / part)
    hook.path = hook.folder / "hooks" / "scratch"
    hook.prefix = ["setpriv", f"--reuid={SERVER + 1}", "--clear-groups"]
    reply = hook("probe", path=str(hook.data))
    assert not reply["can"] and "run the helper as root" in reply["reason"]
    with pytest.raises(Refused, match="run the helper as root"):
        hook.create(new_id("bak"))
    hook.prefix = []
    hook.top.mkdir()
    hook.top.chmod(0o777)
    reply = hook("probe", path=str(hook.data))
    assert "writable by nobody else" in reply["reason"]


def test_what_is_written_to_stays(hook):
    ident = new_id("bak")
    place = hook.create(ident)
    place.mkdir()
    with open(place / "t.ibd", "wb"):
        thread = threading.Thread(target=hook.release, args=(ident,))
        thread.start()
        # Shut out, and waited for.
        process.until(lambda: owner_of(place.parent)[0] == 0, 30,
                      "the release has begun")
        assert (place / "t.ibd").exists()
    thread.join()
    assert hook.list() == []


@pytest.mark.parametrize("operation", ["create", "open", "release"])
def test_killed_anywhere(hook, operation):
    """A call that was killed at some line, and made again, does what it
    should."""
    asked = {"id": new_id("bak"), "owner": hook.owner}
    if operation == "create":
        asked["path"] = str(hook.data)

    def fill():
        place = hook.create(asked["id"])
        place.mkdir()
        (place / "t.ibd").write_text("a copy")
        return place
    fill()
    lines = hook.count(hook.folder, operation, **asked)
    for moment in range(MOMENTS):
        place = fill()
        hook.killed(operation, max(1, lines * (moment + 1) // MOMENTS),
                    **asked)
        assert hook.list() in ([], [asked["id"]])
        hook(operation, **asked)
        if operation == "open":
            assert (place / "t.ibd").read_text() == "a copy"
        assert place.exists() == (operation == "open")
    hook.release(asked["id"])
    assert list(hook.top.iterdir()) == []
