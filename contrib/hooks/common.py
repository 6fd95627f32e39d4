"""What the snapshot hooks have in common (doc/reference/hooks.md).

A snapshot is written down before it is made, with the path it is of, and
forgotten when nothing of it is left: so list() knows of each, whatever was
cut in the middle. Its record is RECORDS/OWNER-ID.json, its name on the file
system coffer-OWNER-ID, and it is mounted, read-only, on SNAPSHOTS/OWNER-ID.
"""
import contextlib
import datetime
import json
import os
import re
import subprocess
import sys

import contract
import files
from contract import Refusal

CONTRACT = 1
DEFAULT = "/etc/coffer/hooks.conf"
LOCK_SECONDS = 120
COMMAND_SECONDS = 120
MOUNTINFO = "/proc/self/mountinfo"
MOUNT_OPTIONS = "ro,nodev,nosuid,noexec"

_KEYS = {
    "snapshots": "/run/coffer/snapshots",
    "scratch": "/var/lib/coffer-scratch",
    "records": "/var/lib/coffer-snapshots",
    "paths": "",
    "path": "/usr/sbin:/usr/bin:/sbin:/bin",
    "full_percent": "80",
}


class Config:
    def __init__(self, values):
        self.snapshots = _folder("snapshots", values["snapshots"])
        self.scratch = _folder("scratch", values["scratch"])
        self.records = _folder("records", values["records"])
        # Also as what they are links to; none: whatever is asked for.
        self.paths = [os.path.realpath(_folder("paths", value)) for value
                      in values["paths"].split(":") if value]
        self.path = values["path"]
        if not re.fullmatch(r"[1-9]?\d|100", values["full_percent"]):
            raise Refusal("full_percent has to be a number up to 100")
        self.full_percent = int(values["full_percent"])
        # The lock's descriptor, for commands: one that outlives this
        # program, which was killed, keeps others from the snapshot.
        self.held = ()


def _folder(key, value):
    if not value.startswith("/"):
        raise Refusal(f"{key} has to be a whole path, not {value!r}")
    return os.path.normpath(value)


def load(path):
    parser = contract.read_config(path or DEFAULT, path is not None)
    values = dict(_KEYS)
    values.update(contract.section(parser, "hooks", _KEYS) or {})
    return Config(values)


# ---- commands

def run(config, *argv):
    """What it printed. Refusal, with its last line, when it failed; the
    others go to the log."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=COMMAND_SECONDS, env=_environment(config),
            pass_fds=config.held)
    except FileNotFoundError:
        raise Refusal(f"there is no program {argv[0]}: install it") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refusal(f"{argv[0]} cannot be run: {error}") from None
    said = done.stderr.decode("utf-8", "replace")
    sys.stderr.write(said)
    if done.returncode != 0:
        lines = [line for line in said.splitlines() if line.strip()]
        last = lines[-1].strip() if lines else f"status {done.returncode}"
        raise Refusal(f"{' '.join(argv[:2])} failed: {last}")
    return done.stdout.decode("utf-8", "surrogateescape")


def _environment(config):
    # The tools of LVM speak of descriptors that their callers have.
    return {"PATH": config.path, "LC_ALL": "C.UTF-8",
            "LVM_SUPPRESS_FD_WARNINGS": "1"}


# ---- mounts

class Mount:
    """A line of mountinfo: where it is, which folder of its file system
    that shows, and what is mounted."""

    def __init__(self, line):
        left, _, right = line.partition(" - ")
        self.root, self.point = map(_decode, left.split(" ")[3:5])
        self.kind, source = right.split(" ")[:2]
        self.source = _decode(source)


def _decode(text):
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), text)


def _mounts():
    with open(MOUNTINFO, encoding="utf-8",
              errors="surrogateescape") as file:
        return [Mount(line.rstrip("\n")) for line in file]


def is_beneath(path, folder):
    return path.startswith(folder.rstrip("/") + "/")


def mount_of(path):
    """The one that path lies in; the last one where several lie upon each
    other."""
    found = None
    for mount in _mounts():
        if path == mount.point or is_beneath(path, mount.point):
            if found is None or len(mount.point) >= len(found.point):
                found = mount
    if found is None:
        raise Refusal(f"{path} is in no file system")
    return found


def _is_mount(path):
    return any(mount.point == path for mount in _mounts())


def _check_mounts(path):
    """What is mounted beneath is not in a snapshot of what is around it."""
    for mount in _mounts():
        if is_beneath(mount.point, path):
            raise Refusal(f"{mount.point} is a file system of its own, and "
                          f"would be empty in a snapshot of {path}")


# ---- the operations

class Hook:
    """What a kind of file system does. A record is a dict: what look() has
    found, and id, owner, name, path, created_at."""
    kinds = ()  # of file systems, as mountinfo calls them

    def look(self, config, path, mount):
        """Where path lies, as a dict that JSON can keep. Refusal: no
        snapshot can be taken of that."""
        raise NotImplementedError

    def take(self, config, record):
        """Takes it, atomically."""
        raise NotImplementedError

    def mount(self, config, record, point):
        raise NotImplementedError

    def inside(self, record):
        """path, as seen from where the snapshot is mounted."""
        raise NotImplementedError

    def drop(self, config, record):
        """Removes it; also when it was never made."""
        raise NotImplementedError


def main(hook):
    operations = {
        "probe": lambda config, request: _probe(hook, config, request),
        "create": lambda config, request: _create(hook, config, request),
        "open": lambda config, request: _open(hook, config, request),
        "release": lambda config, request: _release(hook, config, request),
        "list": lambda config, request: _list(hook, config, request),
    }
    return contract.main(operations, load)


def _look(hook, config, path):
    if not path.startswith("/"):
        raise Refusal("path of the request is no whole path")
    path = os.path.realpath(path)
    if config.paths and not any(path == folder or is_beneath(path, folder)
                                for folder in config.paths):
        raise Refusal(f"{path} is not beneath a folder that the hook may be "
                      "asked for: add it to paths in its configuration")
    if not os.path.isdir(path):
        raise Refusal(f"there is no folder {path}")
    mount = mount_of(path)
    if mount.kind not in hook.kinds:
        raise Refusal(f"{path} is on {mount.kind}, not on "
                      + " or ".join(hook.kinds))
    _check_mounts(path)
    return path, hook.look(config, path, mount)


def _probe(hook, config, request):
    path = contract.field(request, "path", str)
    try:
        _look(hook, config, path)
    except Refusal as refusal:
        return {"contract": CONTRACT, "can": False, "atomic": True,
                "reason": str(refusal)}
    return {"contract": CONTRACT, "can": True, "atomic": True,
            "reason": None}


class _Snapshot:
    """The record of one, which may not be there."""

    def __init__(self, config, request):
        owner = contract.id_field(request, "owner")
        ident = contract.id_field(request)
        files.ensure_folder(config.records, 0o700, "records")
        self.config = config
        self.base = {"id": ident, "owner": owner,
                     "name": f"coffer-{owner}-{ident}"}
        self.file = f"{config.records}/{owner}-{ident}.json"
        self.lock_file = f"{config.records}/.{owner}-{ident}.lock"
        self.point = f"{config.snapshots}/{owner}-{ident}"
        self.record = None

    @contextlib.contextmanager
    def locked(self):
        what = f"snapshot {self.base['id']}"
        with files.locked(self.lock_file, LOCK_SECONDS, what) as fd:
            self.config.held = (fd,)
            try:
                yield
            finally:
                self.config.held = ()

    def load(self, hook):
        self.record = _read(self.file)
        if self.record and self.record["hook"] != type(hook).__name__:
            raise Refusal(f"snapshot {self.base['id']} was made by another "
                          "hook")
        return self.record

    def save(self, record):
        self.record = record
        files.write(self.file, json.dumps(record) + "\n", 0o600)

    def forget(self):
        files.forget(self.file)
        files.forget(self.lock_file)


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def _create(hook, config, request):
    """One that a call before this has left unfinished is of an unknown
    moment: it is taken anew."""
    path = contract.field(request, "path", str)
    snapshot = _Snapshot(config, request)
    with snapshot.locked():
        record = snapshot.load(hook)
        if record and record["is_made"]:
            if record["path"] != os.path.realpath(path):
                raise Refusal(f"snapshot {record['id']} is of another path: "
                              "release it first")
            return {"id": record["id"]}
        if record:
            hook.drop(config, record)
        path, found = _look_or_forget(hook, config, path, snapshot)
        record = {**snapshot.base, **found, "hook": type(hook).__name__,
                  "path": path, "created_at": _now(), "is_made": False}
        snapshot.save(record)
        hook.take(config, record)
        snapshot.save({**record, "is_made": True})
        return {"id": record["id"]}


def _look_or_forget(hook, config, path, snapshot):
    try:
        return _look(hook, config, path)
    except Refusal:
        snapshot.forget()
        raise


def _now():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _open(hook, config, request):
    snapshot = _Snapshot(config, request)
    files.ensure_folder(config.snapshots, 0o700, "snapshots")
    with snapshot.locked():
        record = snapshot.load(hook)
        if not record or not record["is_made"]:
            if not record:
                snapshot.forget()
            raise Refusal(f"there is no snapshot {snapshot.base['id']}: "
                          "create it first")
        if not _is_mount(snapshot.point):
            os.makedirs(snapshot.point, 0o700, exist_ok=True)
            hook.mount(config, record, snapshot.point)
        directory = os.path.join(snapshot.point, hook.inside(record))
        return {"directory": os.path.normpath(directory)}


def _release(hook, config, request):
    snapshot = _Snapshot(config, request)
    with snapshot.locked():
        while _is_mount(snapshot.point):
            run(config, "umount", snapshot.point)
        if os.path.isdir(snapshot.point):
            os.rmdir(snapshot.point)
        record = snapshot.load(hook)
        if record:
            hook.drop(config, record)
        snapshot.forget()
    return {}


def _list(hook, config, request):
    owner = contract.id_field(request, "owner")
    found = []
    names = os.listdir(config.records) if os.path.isdir(config.records) else []
    for name in sorted(names):
        if name.startswith(owner + "-") and name.endswith(".json"):
            record = _read(f"{config.records}/{name}")
            if record and record["hook"] == type(hook).__name__:
                found.append({"id": record["id"],
                              "created_at": record["created_at"]})
    return {"snapshots": found}
