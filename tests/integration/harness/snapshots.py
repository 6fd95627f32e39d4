"""A database on a file system that has snapshots, hooks that do as they are
told, and copies of a data directory out of a tar archive."""
import json
import pathlib
import re
import shutil
import tempfile
import threading

from . import btrfs, physical, process
from .testbed import MariaDB

HOOKS = process.TOP / "contrib" / "hooks"
MEGABYTES = 1500


class Btrfs:
    """btrfs in a file of its own, with a subvolume for a database."""

    def __init__(self, folder):
        self.mounted = btrfs.mounted(folder, MEGABYTES)

    def __enter__(self):
        self.top = self.mounted.__enter__()
        btrfs.command("btrfs", "subvolume", "create", str(self.top / "db"))
        self.data = self.top / "db" / "data"
        self.data.mkdir()
        return self

    def __exit__(self, *error):
        return self.mounted.__exit__(*error)

    def snapshots(self):
        """The names of those that are there."""
        lines = btrfs.command("btrfs", "subvolume", "list", "-s",
                              str(self.top))
        return [line.rsplit("/", 1)[-1] for line in lines.splitlines()]


# What the scripted hook is: a copy of the files stands in for a snapshot, and
# what it does beside that is told by files in its folder.
SCRIPT = r'''#!/usr/bin/python3 -IB
import json, os, shutil, sys, time
home, operation = sys.argv[1:3]
request = json.load(sys.stdin)


def told(what):
    try:
        with open(f"{home}/{what}-{operation}") as f:
            return f.read() or "yes"
    except FileNotFoundError:
        return None


def note(text):
    with open(f"{home}/log", "a") as f:
        f.write(text + "\n")


name = f"{request.get('owner')}-{request.get('id')}"
place = f"{home}/snapshots/{name}"
note(f"begin {operation} {request.get('id', '')}")
if told("stubborn"):
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while told("wait"):
    time.sleep(0.02)
if told("fail"):
    print(json.dumps({"error": {"detail": told("fail").strip()}}))
    sys.exit(1)
reply = {}
if operation == "probe":
    reply = {"contract": 1, "can": os.path.isdir(request["path"]),
             "atomic": True, "reason": "no such folder"}
elif operation == "create":
    if not os.path.isdir(place):
        shutil.copytree(request["path"], place + ".new", symlinks=True,
                        ignore=shutil.ignore_patterns("*.sock"))
        os.rename(place + ".new", place)
    reply = {"id": request["id"]}
elif operation == "open":
    reply = {"directory": place}
elif operation == "release":
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(place + ".new", ignore_errors=True)
elif operation == "list":
    owner = request["owner"] + "-"
    names = {n.removesuffix(".new") for n in os.listdir(f"{home}/snapshots")}
    reply = {"snapshots": [{"id": n[len(owner):], "created_at":
                            "2026-01-01T00:00:00Z"}
                           for n in names if n.startswith(owner)]}
reply.update(json.loads(told("say") or "{}"))
if told("stay"):
    note(f"done {operation}")
while told("stay"):
    time.sleep(0.02)
note(f"end {operation} {request.get('id', '')}")
print(json.dumps(reply))
'''


class Script:
    """The scripted hook: told("wait", "create") lets its create wait until
    untold, ("stay", "create") the same when all is done but the answer,
    ("fail", "open", "why") lets open fail, ("say", "create", {...}) changes
    what it answers, ("stubborn", "create") lets it ignore a TERM."""

    def __init__(self, folder):
        self.home = folder
        (folder / "snapshots").mkdir(parents=True)
        self.program = folder / "hook"
        self.program.write_text(SCRIPT)
        self.program.chmod(0o700)

    def tell(self, what, operation, value=""):
        text = json.dumps(value) if isinstance(value, dict) else value
        new = self.home / "new"
        new.write_text(text)
        new.rename(self.home / f"{what}-{operation}")

    def untell(self, what, operation):
        (self.home / f"{what}-{operation}").unlink()

    def log(self):
        path = self.home / "log"
        return path.read_text().splitlines() if path.exists() else []

    def forget(self):
        """What was called until now."""
        (self.home / "log").unlink(missing_ok=True)

    def has_begun(self, operation):
        return any(line.startswith(f"begin {operation} ")
                   for line in self.log())

    def has_done(self, operation):
        """It stays."""
        return f"done {operation}" in self.log()

    def snapshots(self):
        return [p.name for p in (self.home / "snapshots").iterdir()]


def sections(hooks, opened):
    """Of a helper.conf with these hooks, each a program and its arguments;
    where their snapshots are opened."""
    return {"helper": {"snapshots": opened},
            **{f"hook {name}": {"program": program,
                                "arguments": " ".join(map(str, arguments))}
               for name, (program, *arguments) in hooks.items()}}


def shipped(folder, name):
    """The hook of contrib/hooks with folders of its own: what sections()
    takes of it, and where its snapshots are opened."""
    config = folder / f"{name}.conf"
    config.write_text(f"[hooks]\nsnapshots = {folder}/open\n"
                      f"records = {folder}/records\n")
    config.chmod(0o600)
    (folder / "open").mkdir(mode=0o700)
    return (HOOKS / name, "--config", config), folder / "open"


def by_hand(world, backup, identity=None):
    """Unpacks a backup with the very words of the pool's README.txt. The
    folder, with the data directory "copy" in it."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
    text = (world.folder / "coffer/v1/README.txt").read_text()
    words = physical.recipes(world.folder)
    if identity:
        shutil.copy(identity, place / "key.txt")
    shutil.copytree(world.folder_of(backup) / "data", place / "data")
    physical.run(words["sealed" if identity else "unpack"], place)
    physical.run(re.search(r"\.tar\.zst +(.*)\n", text)[1], place)
    shutil.rmtree(place / "data")
    (place / "backup").unlink()
    return place


def copy_of(world, backup, identity=None):
    """with copy_of(world, backup) as server: what the backup holds."""
    return physical.Copy(by_hand(world, backup, identity), world.server)


def refill(server, place, source):
    """Starts a server of the testbed again, on the data directory of place;
    its accounts are those of the source then."""
    process.end(server.process, 60)
    shutil.rmtree(server.dir / "data")
    shutil.move(place / "copy", server.dir / "data")
    shutil.rmtree(place)
    line = re.compile(r"(?m)^password *=.*$")
    client = server.dir / "client.cnf"
    theirs = line.search((source.dir / "client.cnf").read_text())[0]
    client.write_text(line.sub(theirs, client.read_text()))
    server.start_again()


class Stall:
    """Commits all the time, each on its own: the longest that one took."""

    def __init__(self, server, database, engine="InnoDB"):
        self.server, self.database = server, database
        server.sql(f"CREATE TABLE beat (n INT, t DOUBLE) ENGINE={engine}; "
                   "INSERT INTO beat VALUES (0, 0)", database)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.longest_ms = 0.0
        self.done = 0

    def _run(self):
        with self.server.session() as session:
            session.run(f"USE {self.database}")
            while not self.stop.is_set():
                took = session.run(
                    "SET @b = NOW(6); UPDATE beat SET n = n + 1; "
                    "SELECT TIMESTAMPDIFF(MICROSECOND, @b, SYSDATE(6))")[-1]
                self.longest_ms = max(self.longest_ms, int(took) / 1000)
                self.done += 1

    def __enter__(self):
        self.thread.start()
        process.until(lambda: self.done > 20, 60, "commits go on")
        self.longest_ms = 0.0
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class OnBtrfs(MariaDB):
    """A server whose data directory is on btrfs."""

    def __init__(self, fs, *options):
        super().__init__("--set", f"datadir={fs.data}", *options)
