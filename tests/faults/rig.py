"""What the fault tests stand on: the harness of the integration tests, small
sources of three engines, a server with pools, and the counting."""
import argparse
import collections
import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "integration"))

from harness import compare, data, flow, keys, process, trees  # noqa: E402
from harness.server import Cofferd  # noqa: E402

BUILD = pathlib.Path(os.environ.get("FAULTS_BUILD",
                                    process.TOP / "build")).resolve()
QUICK = {"COFFER_RETRY_SECONDS": "0", "COFFER_STALL_SECONDS": "5"}


# ---- programs and their counting

class Tally:
    """What passed and what failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def good(self):
        self.passed += 1

    def bad(self, what, why):
        self.failed += 1
        print(f"FAILED: {what}: {why}", flush=True)

    @contextlib.contextmanager
    def case(self, what):
        """One thing that passes or fails."""
        try:
            yield
        except Exception as error:  # what went wrong is told, and counted
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.bad(what, f"{error!r} ({pathlib.Path(where.filename).name}"
                     f":{where.lineno})"[:3000])
        else:
            self.good()

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def interrupt(*_):
    # A second one must not disturb the first one's cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit("ended by a TERM")


def program(run, *options):
    """Runs run(tally, given) of a program: --short or --long, --seed, and
    options of its own: (name, settings of add_argument)."""
    words = argparse.ArgumentParser()
    form = words.add_mutually_exclusive_group(required=True)
    form.add_argument("--short", dest="long", action="store_false")
    form.add_argument("--long", dest="long", action="store_true")
    words.add_argument("--seed", type=int, default=20240229)
    for name, settings in options:
        words.add_argument(name, **settings)
    given = words.parse_args()
    os.environ.update(process.clean_environment())
    for name in set(os.environ) - set(process.clean_environment()):
        del os.environ[name]
    signal.signal(signal.SIGTERM, interrupt)
    if not os.access(BUILD / "cofferd", os.X_OK):
        sys.exit(f"there is no server to test in {BUILD}: build it, or name "
                 "another folder (FAULTS_BUILD)")
    tally = Tally()
    begin = time.monotonic()
    run(tally, given)
    print(f"{time.monotonic() - begin:.0f} s, seed {given.seed}")
    sys.exit(tally.end())


@contextlib.contextmanager
def folder():
    # Paths of sockets are short.
    made = pathlib.Path(tempfile.mkdtemp(prefix="coffer-ft."))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def digest(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()


# ---- sources: each can be changed, told apart, and left

class Maria:
    """A database with one table."""
    name, engine, database = "maria", "mysql", "kept"

    def __init__(self, server):
        self.server = server
        self.server.drop(self.database)
        data.small(self.server, self.database, 400)

    def body(self):
        return flow.source_body(self.server, self.name)

    def backup(self):
        return {"method": "logical", "scope": flow.scope_of(self.database)}

    def change(self, number):
        self.server.sql(f"INSERT INTO t VALUES ({1000 + number}, "
                        f"SHA2('{number}', 224))", self.database)

    def print(self):
        return digest(compare.snapshot(self.server, self.database))

    def prepare_target(self):
        """What a restore of its takes, and fingerprint() of what it made."""
        self.server.drop(self.database)
        return {"target": {"source": self.name}}

    print_target = print

    def held(self):
        """What somebody has left on the server."""
        ids = self.server.connections()
        if ids:
            return f"{len(ids)} connections"
        try:
            self.server.sql("SET lock_wait_timeout = 2; FLUSH TABLES WITH "
                            "READ LOCK; UNLOCK TABLES")
        except AssertionError:
            return "a lock"
        return None


class Keys:
    """Some keys of Redis."""
    name, engine = "keys", "redis"

    def __init__(self, server):
        self.server = server
        self.server.empty()
        keys.fill_many(self.server, 400)

    def body(self):
        return {"name": self.name, "engine": "redis",
                "connection": flow.connection(self.server)}

    def backup(self):
        return {"method": "logical"}

    def change(self, number):
        with self.server.client() as c:
            c.hset(f"more:{number}", "n", number)

    def print(self):
        found = keys.snapshot(self.server, 2)
        return digest(sorted((str(k), v) for k, v in found.items()))

    def prepare_target(self):
        self.server.empty()
        return {"target": {"source": self.name}}

    print_target = print

    def held(self):
        with self.server.client() as c:
            # Ours are by the socket, the server's by TCP.
            left = [one for one in c.client_list()
                    if one["addr"].startswith("127.")]
        return f"{len(left)} connections" if left else None


class Tree:
    """A folder with some files; restored beside itself."""
    name, engine = "tree", "files"

    def __init__(self, base, name="tree"):
        self.name = name
        self.top, self.out = base / name, base / "restored"
        self.top.mkdir()
        self.out.mkdir(exist_ok=True)
        for number in range(40):
            path = self.top / f"d{number % 4}" / f"f{number}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(trees.content(number, number * 997))
        (self.top / "large").write_bytes(os.urandom(3 << 20))
        trees.freeze_times(self.top)

    def body(self):
        return {"name": self.name, "engine": "files",
                "connection": {"path": str(self.top)}}

    def backup(self):
        return {"method": "snapshot"}

    def change(self, number):
        (self.top / f"d{number % 4}" / f"f{number % 40}").write_bytes(
            trees.content(-number, 5000))
        (self.top / f"new{number % 7}").write_bytes(os.urandom(200_000))

    def print(self):
        return self._read(self.top)

    def prepare_target(self):
        shutil.rmtree(self.out / self.name, ignore_errors=True)
        return {"target": {"path": str(self.out / self.name)}}

    def print_target(self):
        return self._read(self.out / self.name)

    @staticmethod
    def _read(top):
        found = trees.read(top)
        for entry in found.values():
            # Folders' times are those of the last change within.
            entry.pop("inode", None)
        return digest(sorted((k, sorted(v.items(), key=str))
                             for k, v in found.items()))

    def held(self):
        return None


# ---- the server and its pools

class Server(Cofferd):
    """With words before its command, and pools that must stay readable."""
    prefix = ()

    def command(self):
        return [*self.prefix, *super().command()]


class Rig:
    """One server, its sources by name, and its pools."""

    def __init__(self, base, sources, env=None):
        self.base, self.sources = base, {s.name: s for s in sources}
        self.cofferd = Server(
            BUILD / "cofferd", base,
            ["--restore-dirs", str(base / "restored")],
            {**QUICK, **(env or {})})
        # Hundreds of thousands of replies in the long forms.
        self.cofferd.transcript = collections.deque(maxlen=100)
        (base / "restored").mkdir(exist_ok=True)
        self.pool_folder = base / "pool"
        self.bucket = None

    @property
    def api(self):
        return self.cofferd.api

    def prepare(self, **pool):
        self.cofferd.start()
        for source in self.sources.values():
            self.api.want(201, "POST", "/v1/sources", source.body())
        self.bind_folder("pool", self.pool_folder, **pool)
        return self

    def bind_folder(self, name, path, **more):
        path.mkdir(exist_ok=True)
        return self.api.want(201, "POST", "/v1/pools", {
            "name": name, "storage_type": "local_directory",
            "local_directory": {"path": str(path)},
            "part_bytes": 1 << 20, **more})

    def bind_bucket(self, bucket, name="bucket", **more):
        self.bucket = bucket
        storage = flow.object_storage(bucket, **more)
        return self.api.want(201, "POST", "/v1/pools", {
            "name": name, "storage_type": "object_storage",
            "object_storage": storage, "part_bytes": 1 << 20})

    def backup_body(self, source, pool="pool", **more):
        return {"source": source, "pool": pool, "description": "",
                "name": flow.unique("backup"), **self.sources[source].backup(),
                **more}

    def backup(self, source, pool="pool", **more):
        """One that must be completed."""
        begun = self.api.want(202, "POST", "/v1/backups",
                              self.backup_body(source, pool, **more))
        return self.completed(begun)

    def completed(self, begun):
        self.api.wait_job(begun["job_id"], 180)
        record = self.api.fetch(f"/v1/backups/{begun['id']}")
        assert record["status"] == "completed", record
        return record

    def restore(self, backup, **changes):
        """The record of a restore, and the fingerprint of what it made; a
        refusal has none."""
        source = self.sources[backup["source"]["name"]]
        reply = self.api.post("/v1/restores", {
            "backup": backup["id"], **source.prepare_target(), **changes})
        if reply.status != 202:
            return reply.json, None
        self.api.wait_job(reply.json["job_id"], 180)
        record = self.api.fetch(f"/v1/restores/{reply.json['id']}")
        if record["status"] != "completed":
            return record, None
        return record, source.print_target()

    def objects(self):
        """Keys of all that lies in the pools."""
        found = [str(p.relative_to(self.pool_folder))
                 for p in self.pool_folder.rglob("*") if p.is_file()]
        return found + (list(self.bucket.objects()) if self.bucket else [])

    def idle(self, seconds=120):
        """Until no job waits or runs."""
        process.until(
            lambda: not any(self.api.fetch(f"/v1/jobs?status={s}&limit=1")[
                "total"] for s in ("queued", "running")),
            seconds, "no job is left")

    def close(self):
        if self.cofferd.process and self.cofferd.process.poll() is None:
            self.cofferd.kill()
