"""The real servers: MariaDB, MySQL, Redis and S3 (Ceph's radosgw)."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.parse
import uuid

import boto3
import redis
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from . import process
from .compare import quote


class Server:
    """A server of contrib/testbed, run in the foreground by its script."""
    script = None

    def __init__(self, *options):
        # Paths of sockets are short: not below pytest's own folder.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
        self.options = options
        self.start()

    def start(self):
        self.process = process.spawn(
            [process.TESTBED / self.script, "run", self.dir, *self.options],
            self.dir / "script.log")

    def await_ready(self):
        """Waits until it serves; several may start at the same time."""
        def written():
            if self.process.poll() is not None:
                text = (self.dir / "script.log").read_text()
                raise AssertionError(f"{self.script} does not start: {text}")
            return (self.dir / "env").exists()
        process.until(written, 180, f"{self.script} is ready")
        self.env = process.read_env(self.dir / "env")
        return self

    def start_again(self):
        process.end(self.process, 30)
        before = (self.dir / "env").stat().st_mtime_ns
        self.start()
        process.until(lambda: (self.dir / "env").stat().st_mtime_ns != before,
                      120, f"{self.script} is ready again")

    def stop(self):
        process.end(self.process, 60)
        shutil.rmtree(self.dir, ignore_errors=True)


class MariaDB(Server):
    script = "mariadb"
    prefix = "MARIADB_"
    is_mysql = False
    host = "127.0.0.1"

    @property
    def port(self):
        return int(self.env[self.prefix + "PORT"])

    @property
    def user(self):
        return self.env[self.prefix + "USER"]

    @property
    def password(self):
        return self.env[self.prefix + "PASSWORD"]

    def client(self, *args):
        """The command line of the stock client, as root by the socket."""
        return [self.program(), f"--defaults-file={self.dir}/client.cnf",
                "--batch", "--skip-column-names", "--comments", *args]

    def program(self):
        return "mariadb"

    def kill(self):
        """As a power cut ends it."""
        pid = int((self.dir / "mariadbd.pid").read_text())
        os.kill(pid, signal.SIGKILL)

    def sql(self, text, database=None, force=False):
        """Runs statements; the rows as lists of strings."""
        args = self.client(*(["--force"] if force else []),
                           *([database] if database else []))
        done = subprocess.run(args, input=text.encode(), timeout=300,
                              capture_output=True, check=False,
                              env=process.clean_environment())
        if done.returncode != 0 and not force:
            raise AssertionError("the statement failed: "
                                 + done.stderr.decode(errors="replace"))
        # Not splitlines(): names may hold what it takes for a line's end.
        return [line.split("\t") for line in
                done.stdout.decode("utf-8", "replace").split("\n")[:-1]]

    def value(self, text, database=None):
        return self.sql(text, database)[0][0]

    def databases(self):
        own = {"information_schema", "mysql", "performance_schema", "sys"}
        names = {row[0] for row in self.sql("SHOW DATABASES")}
        return names - own

    def drop(self, *names):
        """Fails soon, and names the sessions, when somebody holds a lock."""
        try:
            self.sql("SET lock_wait_timeout = 20, foreign_key_checks = 0;"
                     + "".join(
                f"DROP DATABASE IF EXISTS {quote(n)};" for n in names))
        except AssertionError as error:
            sessions = self.sql("SHOW FULL PROCESSLIST")
            raise AssertionError(f"{error}; sessions: {sessions}") from None

    def connections(self):
        """The ids of the sessions that the server under test has here."""
        rows = self.sql("SELECT id FROM information_schema.processlist "
                        f"WHERE user = '{self.user}'")
        return [row[0] for row in rows]

    def kill_connections(self):
        """KILL CONNECTION for all of them; how many there were."""
        ids = self.connections()
        # One that left by itself meanwhile is no error.
        self.sql("".join(f"KILL CONNECTION {i};" for i in ids), force=True)
        return len(ids)

    def session(self):
        return Session(self)


class Unavailable(Exception):
    """A server that cannot be had here; why."""


class MySQL(MariaDB):
    """A real MySQL 9 beside the system; its own client restores by hand."""
    script = "mysql"
    prefix = "MYSQL_"
    is_mysql = True

    @classmethod
    def fetch(cls, seconds=400):
        """Downloads it when it is not here yet, or raises Unavailable."""
        try:
            done = subprocess.run(
                [process.TESTBED / cls.script, "fetch"], timeout=seconds,
                stdin=subprocess.DEVNULL, capture_output=True, check=False,
                text=True, env=process.clean_environment())
        except subprocess.TimeoutExpired:
            raise Unavailable(f"no end after {seconds} s") from None
        if done.returncode != 0:
            raise Unavailable(" ".join(done.stderr.split())
                              or f"status {done.returncode}")

    def program(self):
        return self.env["MYSQL_CLIENT"]

    def kill(self):
        pid = int((self.dir / "mysqld.pid").read_text())
        os.kill(pid, signal.SIGKILL)


class Redis(Server):
    script = "redis"
    host = "127.0.0.1"

    @property
    def port(self):
        return int(self.env["REDIS_PORT"])

    @property
    def socket(self):
        return self.env["REDIS_SOCKET"]

    @property
    def user(self):
        return self.env["REDIS_USER"]

    @property
    def password(self):
        return self.env["REDIS_PASSWORD"]

    def client(self, database=0):
        """A connection of the stock library, by the socket."""
        return redis.Redis(unix_socket_path=self.socket, db=database,
                           password=self.password)

    def empty(self):
        with self.client() as c:
            c.flushall()
            c.execute_command("FUNCTION", "FLUSH")

    @contextlib.contextmanager
    def frozen(self):
        """Meanwhile it takes connections and answers nothing."""
        with self.client() as c:
            pid = c.info("server")["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


class Session:
    """A connection of the stock client that stays open, to hold a lock or
    to act at once."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            server.client("--unbuffered", "--force"), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=process.clean_environment())

    def run(self, text):
        """Runs statements and returns the lines that they printed."""
        mark = uuid.uuid4().hex
        self.process.stdin.write(f"{text};\nSELECT '{mark}';\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.strip() == mark:
                return lines
            lines.append(line.rstrip("\n"))
        raise AssertionError("the session has ended: " + "\n".join(lines))

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        process.end(self.process, 5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Ceph(Server):
    script = "ceph"

    def __init__(self, *options):
        super().__init__(*options)
        self.replacement = None

    @property
    def endpoint(self):
        return self.env["S3_ENDPOINT"]

    @property
    def host(self):
        return urllib.parse.urlsplit(self.endpoint).hostname

    @property
    def port(self):
        return urllib.parse.urlsplit(self.endpoint).port

    @property
    def region(self):
        return self.env["S3_REGION"]

    def keys(self, other=False):
        """Access and secret key; other: of a user who owns nothing."""
        who = "S3_OTHER_" if other else "S3_"
        return self.env[who + "ACCESS_KEY"], self.env[who + "SECRET_KEY"]

    @property
    def other_user(self):
        return self.env["S3_OTHER_USER"]

    def client(self, attempts=3):
        access, secret = self.keys()
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=self.region,
            aws_access_key_id=access, aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}, proxies={},
                          connect_timeout=5, read_timeout=60,
                          retries={"total_max_attempts": attempts}))

    # What happens to the gateway in the tests of bad days.

    def _gateway(self):
        return int((self.dir / "gateway").read_text())

    def pause(self):
        """It takes connections, and answers nothing any more."""
        os.kill(self._gateway(), signal.SIGSTOP)

    def resume(self):
        os.kill(self._gateway(), signal.SIGCONT)

    def kill_gateway(self):
        """Gone at once: connections break, new ones are refused."""
        pid = self._gateway()
        os.kill(pid, signal.SIGKILL)
        if self.replacement:
            self.replacement.wait()
        process.until(lambda: not self._serving(), 30, "the gateway is gone")

    def start_gateway(self):
        self.replacement = process.spawn(
            [process.TESTBED / self.script, "gateway", self.dir],
            self.dir / "script.log")
        process.until(self._serving, 60, "the gateway is back")

    def _serving(self):
        try:
            self.client(attempts=1).list_buckets()
        except BotoCoreError:
            return False
        return True

    def stop(self):
        try:
            self.resume()
        except OSError:
            pass
        if self.replacement:
            process.end(self.replacement, 5)
        super().stop()
