"""The servers of tests/console, which are driven from there:

    python3 -m harness.console --cofferd PATH

starts MariaDB, Redis and Ceph, does what lines of JSON on its standard input
ask for ({"call": "sql", "with": {"text": "SELECT 1"}}), answers each with a line
({"result": ...} or {"error": "..."}), and ends all that it has started when that
input ends, or when it gets a TERM."""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

from . import data, flow, keys, process
from .bucket import Bucket
from .instances import Provisioners
from .proxy import Halt, Proxy
from .server import Cofferd
from .testbed import Ceph, MariaDB, Redis

# Where tests/bench/parts/catalog.py is: a catalog of many backups.
PARTS = process.TOP / "tests" / "bench"


class Under:
    """A server under test with what belongs to it."""

    def __init__(self, world, number, args):
        self.world = world
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
        self.server = Cofferd(world.binary, self.base, args, sections={})
        self.name = f"server-{number}"
        self.relay = None
        self.held = []
        self.provisioners = None

    @property
    def api(self):
        return self.server.api

    def told(self):
        return {"name": self.name, "token": self.server.token,
                "base": f"http://127.0.0.1:{self.server.port}",
                "data": str(self.server.data), "folder": str(self.base)}

    def empty(self):
        self.server.start()

    def full(self):
        """Sources shop (MariaDB, through a relay that can be held) and
        cache (Redis), pools main (Ceph) and local (a folder)."""
        self.server.start()
        self._fill()

    def behind(self):
        """The same, with a plan of shop, also called behind, that owes the
        backup of the day before: as if that day had gone by."""
        self.full()
        plan = self.api.want(201, "POST", "/v1/plans", {
            "name": "behind", "source": "shop", "pool": "local",
            "strategy": "timer", "method": "logical", "retention_days": 7,
            "scope": {"databases": [{"name": "hr"}]},
            # So far away that nothing of it runs meanwhile.
            "timer": {"cycle": "once", "date": "2037-05-01", "at": "04:00",
                      "timezone": "Europe/Berlin"}})
        self.server.stop()
        with contextlib.closing(sqlite3.connect(
                self.server.data / "catalog.db")) as catalog:
            catalog.execute("UPDATE plans SET unmet_due_at = (unixepoch() -"
                            " 86400) * 1000 WHERE id = ?", [plan["id"]])
            catalog.commit()
        self.server.start()

    def provisioned(self):
        """The same, with a provisioner that makes instances, a source tree
        (files), and a folder "restored" that may be restored into."""
        self.provisioners = Provisioners()
        restored, tree = self.base / "restored", self.base / "tree"
        restored.mkdir()
        (tree / "docs").mkdir(parents=True)
        for name in ("a.txt", "docs/b.txt", "docs/c.txt"):
            (tree / name).write_text(name * 100)
        self.server.args += ["--restore-dirs", str(restored)]
        self.provisioners.serve(self.server)
        self._fill()
        self.api.want(201, "POST", "/v1/sources", {
            "name": "tree", "engine": "files",
            "connection": {"path": str(tree)}})

    def _fill(self):
        self.relay = Proxy(self.world.mariadb)
        self.server.secrets.add(self.world.mariadb.password)
        self.api.want(201, "POST", "/v1/sources", flow.source_body(
            self.world.mariadb, "shop", region="eu-1", remarks="orders",
            connection=flow.connection(self.world.mariadb,
                                       port=self.relay.port)))
        self.api.want(201, "POST", "/v1/sources", flow.source_body(
            self.world.redis, "cache", engine="redis", region="eu-1"))
        self.api.want(201, "POST", "/v1/pools",
                      flow.pool_body(self.world.bucket(), "main"))
        self.api.want(201, "POST", "/v1/pools", self.folder("local"))

    def folder(self, name):
        path = self.base / name
        path.mkdir()
        return {"name": name, "storage_type": "local_directory",
                "local_directory": {"path": str(path)}}

    def large(self):
        """10,000 backups and 500 plans, written behind the server's back."""
        sys.path.insert(0, str(PARTS))
        from parts import catalog
        self.server.start()
        self.server.stop()
        catalog.fill(self.server.data / "catalog.db", self.base / "pool",
                     10_000, 500)
        self.server.start()

    def let_go(self):
        for halt in self.held:
            halt.let_go()
        self.held = []
        if self.relay:
            self.relay.rate = None
            self.relay.reset()

    def end(self):
        try:
            self.let_go()
            if self.relay:
                self.relay.close()
            self.server.finish()
        finally:
            self.remove()

    def remove(self):
        if self.provisioners:
            self.provisioners.close()
        if self.server.process and self.server.process.poll() is None:
            self.server.kill()
        shutil.rmtree(self.base, ignore_errors=True)


class Rig:
    """All that was started; its methods without an underscore are calls."""

    def __init__(self, binary):
        self.binary = binary
        self.mariadb, self.ceph, self.redis = MariaDB(), Ceph(), Redis()
        self._real = [self.mariadb, self.ceph, self.redis]
        self._under = {}
        self._made = 0

    # ---- the real servers

    def ready(self):
        for server in self._real:
            server.await_ready()
        data.shop(self.mariadb, "shop")
        data.small(self.mariadb, "hr")
        keys.fill_many(self.redis, 2000)
        return self.addresses()

    def addresses(self):
        return {"mariadb": self._address(self.mariadb),
                "redis": self._address(self.redis),
                "s3": {"endpoint": self.ceph.endpoint}}

    @staticmethod
    def _address(server):
        return {"host": server.host, "port": server.port,
                "user": server.user, "password": server.password}

    def sql(self, text, database=None):
        return self.mariadb.sql(text, database)

    def bulky(self, name, megabytes):
        """A database whose backup takes its time."""
        return data.bulky(self.mariadb, name, megabytes)

    def drop(self, names):
        self.mariadb.drop(*names)

    def shell(self, commands, files=None):
        """Runs commands one after the other in one shell, in an empty folder
        with these files, as who has the stock client's settings."""
        with tempfile.TemporaryDirectory(prefix="coffer-it.") as home:
            folder = pathlib.Path(home)
            shutil.copy(self.mariadb.dir / "client.cnf", folder / ".my.cnf")
            (folder / "work").mkdir()
            for name, text in (files or {}).items():
                (folder / "work" / name).write_text(text)
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", "\n".join(commands)],
                cwd=folder / "work", capture_output=True, text=True,
                timeout=300, check=False, stdin=subprocess.DEVNULL,
                env=process.clean_environment(HOME=home))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def age(self):
        """A new pair of keys."""
        done = subprocess.run(["age-keygen"], capture_output=True, text=True,
                              timeout=60, check=True)
        words = done.stdout.split()
        return {"identity": words[-1],
                "recipient": next(w for w in words if w.startswith("age1"))}

    def bucket(self):
        """A new one, as the object_storage of a pool or the connection of a
        source."""
        return flow.object_storage(Bucket(self.ceph))

    def put(self, bucket, objects):
        """Objects by their keys: [text, content type, metadata, tags]."""
        s3 = self.ceph.client()
        for key, (text, kind, metadata, tags) in objects.items():
            s3.put_object(Bucket=bucket, Key=key, Body=text.encode(),
                          ContentType=kind, Metadata=metadata)
            s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={
                "TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})

    def lies(self, bucket):
        """What a reader sees of all objects of a bucket, as put() takes it.
        """
        s3 = self.ceph.client()
        listed = s3.list_objects_v2(Bucket=bucket)
        assert not listed["IsTruncated"]
        return {item["Key"]: self._seen(s3, bucket, item["Key"])
                for item in listed.get("Contents", [])}

    @staticmethod
    def _seen(s3, bucket, key):
        got = s3.get_object(Bucket=bucket, Key=key)
        tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        return [got["Body"].read().decode(), got["ContentType"],
                got["Metadata"], {t["Key"]: t["Value"] for t in tags}]

    def gateway(self, act):
        """pause or resume: Ceph's gateway answers nothing meanwhile."""
        getattr(self.ceph, act)()

    # ---- the servers under test

    def cofferd(self, kind, args=()):
        self._made += 1
        world = _World(self.binary, self.mariadb, self.redis, self.ceph)
        under = Under(world, self._made, args)
        self._under[under.name] = under
        getattr(under, kind)()
        return under.told()

    def start(self, server):
        self._under[server].server.start()

    def stop(self, server):
        self._under[server].server.stop()

    def folder(self, server, name):
        """An empty one, as the directory of a pool."""
        return self._under[server].folder(name)["local_directory"]["path"]

    def tail(self, server):
        return self._under[server].server.tail(30, quiet=True)

    def finish(self, servers):
        """Each must end with status 0, without a report of a sanitizer."""
        found = []
        for name in servers:
            try:
                self._under.pop(name).end()
            except AssertionError as error:
                found.append(str(error))
        assert not found, "\n".join(found)

    def hold(self, server, text=None, down=None):
        """Connections to the source shop stand still at this text, or when
        so many bytes have come from it."""
        under = self._under[server]
        under.relay.reset()
        under.held.append(Halt(
            under.relay, down=down, text=text and text.encode()))

    def slow(self, server, rate):
        """So many bytes a second come from the source shop at most, on each
        connection, until it is let go."""
        self._under[server].relay.rate = rate

    def reached(self, server):
        for halt in self._under[server].held:
            halt.reached()

    def let_go(self, server):
        self._under[server].let_go()

    # ---- the end

    def _stop(self):
        for under in self._under.values():
            with contextlib.suppress(OSError):
                under.remove()
        for server in reversed(self._real):
            server.stop()


class _World:
    def __init__(self, binary, mariadb, redis, ceph):
        self.binary, self.mariadb, self.redis = binary, mariadb, redis
        self.bucket = lambda: Bucket(ceph)


def _answer(rig, line):
    asked = json.loads(line)
    name = asked["call"]
    try:
        assert not name.startswith("_"), name
        return {"result": getattr(rig, name)(**asked.get("with", {}))}
    except Exception as error:  # told to who has asked
        return {"error": f"{name}: {type(error).__name__}: {error}"}


def _interrupt(*_):
    # A second one must not disturb the cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--cofferd", type=pathlib.Path, required=True)
    binary = options.parse_args().cofferd.resolve()
    signal.signal(signal.SIGTERM, _interrupt)
    clean = process.clean_environment()
    os.environ.clear()
    os.environ.update(clean)
    # Whatever prints by mistake does not come between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    rig = Rig(binary)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            for line in sys.stdin:
                print(json.dumps(_answer(rig, line)), file=out, flush=True)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            rig._stop()


if __name__ == "__main__":
    main()
