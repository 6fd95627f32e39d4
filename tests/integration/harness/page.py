"""The commands that the console shows on the page of a backup ("Restore by
hand"), by the page's own byhand.js, and what they run on."""
import json
import pathlib
import shutil
import subprocess
import tempfile

from . import local, physical, process
from .testbed import Redis

BY_HAND = process.TOP / "src" / "console" / "app" / "pages" / "byhand.js"
# Those that run a server, until it is ended.
START = {"byhand.start", "byhand.redis"}


def steps(world, backup):
    """What the page shows: [(its text's key, commands), ...]."""
    facts = {"backup": world.record(backup["id"]),
             "pool": world.api.fetch("/v1/pools/pool"),
             "manifest": world.api.fetch(
                 f"/v1/backups/{backup['id']}/manifest")}
    tail = ("\nprocess.stdout.write(JSON.stringify(byHand("
            f"{json.dumps(facts)})));\n")
    done = subprocess.run(
        ["node", "--input-type=module", "-"],
        input=BY_HAND.read_text() + tail, capture_output=True, text=True,
        timeout=120, check=False, env=process.clean_environment())
    assert done.returncode == 0, done.stderr
    return [tuple(step) for step in json.loads(done.stdout)]


# What stands between the page's words and the machine of the test: a server
# beside others, and one that has no account "mysql".
MARIADBD = """#!/bin/sh
[ $# = 2 ] && [ "$2" = --user=mysql ] || exit 9
exec /usr/sbin/mariadbd --no-defaults "$1" --user=root --socket={home}/sock \\
    --skip-networking --pid-file={home}/mariadbd.pid \\
    --log-error={home}/error.log --character-set-server=utf8mb4 \\
    --event-scheduler=OFF --innodb-buffer-pool-size=64M
"""
CHOWN = """#!/bin/sh
[ "$*" != "-R mysql: copy" ] || exit 0
exec /bin/chown "$@"
"""
REDIS_SERVER = """#!/bin/sh
exec {home}/redis/redis-server "$@" --port 0 --unixsocket {home}/sock --save ""
"""
REDIS_CLI = """#!/bin/sh
exec /usr/bin/redis-cli -s {home}/sock "$@"
"""


class Shell:
    """Somebody's shell, in an empty folder, and a server that they start."""

    def __init__(self, commands, files=None):
        self.commands = commands
        # Paths of sockets are short: not below pytest's own folder.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
        self.server = None
        self.folder = self.home / "work"
        self.folder.mkdir()
        for name, text in (files or {}).items():
            (self.folder / name).write_text(text)
        (self.home / "redis").mkdir()
        local.redis_server(self.home / "redis")
        (self.home / "bin").mkdir()
        for name, text in (("mariadbd", MARIADBD), ("chown", CHOWN),
                           ("redis-server", REDIS_SERVER),
                           ("redis-cli", REDIS_CLI)):
            path = self.home / "bin" / name
            path.write_text(text.replace("{home}", str(self.home)))
            path.chmod(0o755)

    def __enter__(self):
        try:
            self.run([text for key, text in self.commands
                      if key not in START | {"byhand.aof"}])
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.server:
            process.end(self.server, 60)
        shutil.rmtree(self.home, ignore_errors=True)

    def environment(self):
        clean = process.clean_environment()
        return {**clean, "HOME": str(self.home),
                "PATH": f"{self.home}/bin:{clean['PATH']}"}

    def run(self, texts):
        """One after the other; where that ends is where it goes on. Without
        pipefail: `tail | head` of packs ends with a broken pipe."""
        end = f"\npwd > '{self.home}/folder'\n"
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(texts) + end],
            cwd=self.folder, capture_output=True, timeout=300, check=False,
            stdin=subprocess.DEVNULL, env=self.environment())
        assert done.returncode == 0, \
            (done.stdout + done.stderr).decode(errors="replace")[-3000:]
        self.folder = pathlib.Path(
            (self.home / "folder").read_text().removesuffix("\n"))

    def text(self, key):
        return dict(self.commands)[key]

    def start(self, key):
        """The commands of that step, the last of which is a server."""
        *before, last = self.text(key).split("\n")
        self.server = process.spawn(
            ["bash", "-e", "-c", "\n".join([*before, f"exec {last}"])],
            self.home / "out.log", self.environment(), cwd=self.folder)

    def said(self):
        return "".join((self.home / name).read_text(errors="replace")[-2000:]
                       for name in ("out.log", "error.log")
                       if (self.home / name).exists())


class Database(physical.Copy):
    """The server that the last step starts; accounts are the source's."""

    def __init__(self, shell, source):
        self.shell = shell
        super().__init__(shell.home, source)

    def start(self):
        self.write_client()
        self.shell.start("byhand.start")
        self.process = self.shell.server

    def stop(self):
        process.end(self.process, 60)


class Cache(Redis):
    """Likewise of Redis."""

    def __init__(self, shell):
        self.shell = shell
        shell.start("byhand.redis")
        self.await_ready()

    @property
    def socket(self):
        return str(self.shell.home / "sock")

    @property
    def password(self):
        return None

    def await_ready(self):
        def serves():
            if self.shell.server.poll() is not None:
                raise AssertionError(self.shell.said())
            done = subprocess.run(
                ["redis-cli", "PING"], capture_output=True, check=False,
                env=self.shell.environment())
            return done.stdout == b"PONG\n"
        process.until(serves, 60, "the copy serves")
        return self
