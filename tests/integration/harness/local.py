"""contrib/provisioners/local with a folder of its own, and data for it."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import redis

from . import contracts, process

LOCAL = contracts.CONTRIB / "provisioners" / "local"
MARIADB = "/usr/sbin/mariadbd"


def redis_server(folder):
    """Redis' server by its name, in that folder: the tools are the same
    program under others, and the package of the server would start one."""
    path = pathlib.Path(folder) / "redis-server"
    path.symlink_to("/usr/bin/redis-check-rdb")
    return path


def servers(folder):
    """Sections for the system's MariaDB and Redis."""
    return (f"[mysql maria]\nserver = {MARIADB}\n"
            f"[redis plain]\nserver = {redis_server(folder)}\n")


class Local(contracts.Program):
    """With a folder of its own, and calls by the instance's id."""

    def __init__(self, folder, servers):
        self.folder = pathlib.Path(folder)
        self.instances = self.folder / "i"
        self.servers = servers
        super().__init__("provisioner", LOCAL, self.folder / "local.conf")
        self.configure()

    def configure(self, **changes):
        values = {"instances": self.instances, "start_seconds": 120,
                  "stop_seconds": 60, **changes}
        lines = ["[local]", *(f"{k} = {v}" for k, v in values.items())]
        self.config.write_text("\n".join([*lines, self.servers]) + "\n")

    def prepare(self, ident, engine="redis", version="7.0.15",
                method="logical", size=1000, **more):
        return self("prepare", id=ident, name="copy", engine=engine,
                    version=version, method=method, bytes=size, **more)

    def state_of(self, ident):
        return json.loads((self.instances / ident / "state.json").read_text())

    def pid(self, ident):
        return self.state_of(ident)["process"]["pid"]

    def left(self):
        """What there still is: files and processes."""
        files = [p.name for p in self.instances.glob("*")
                 if p.name != ".lock"]
        mark = os.fsencode(f"{self.instances}/")
        return files, [words for _, _, words in contracts.processes()
                       if mark in words]

    def destroy_all(self):
        for path in self.instances.glob("src_*"):
            self("destroy", id=path.name)


@contextlib.contextmanager
def provisioner(servers):
    folder = tempfile.mkdtemp(prefix="coffer-it.")
    # Servers with users of their own pass through.
    os.chmod(folder, 0o711)
    local = Local(folder, servers)
    try:
        yield local
    finally:
        local.configure()
        local.destroy_all()
        shutil.rmtree(folder)


def mysql_tree(folder):
    """A copy of the testbed's MySQL that every user may read."""
    found = pathlib.Path(subprocess.run(
        [process.TESTBED / "suite", "sid", "mysql-server-core",
         "mysql-client-core"], check=True, capture_output=True, text=True,
        stdin=subprocess.DEVNULL).stdout.strip())
    subprocess.run(["cp", "-a", "--reflink=auto", found, folder], check=True)
    return pathlib.Path(folder) / found.name


def sql(started, text, client=("mariadb",)):
    """Runs statements through the connection that start has answered with;
    what was printed."""
    c = started["connection"]
    with tempfile.NamedTemporaryFile("w") as options:
        options.write(f"[client]\nuser={c['user']}\npassword={c['password']}\n"
                      f"host={c['host']}\nport={c['port']}\n"
                      "protocol=tcp\n")
        options.flush()
        done = subprocess.run(
            [*client, f"--defaults-file={options.name}", "--batch",
             "--skip-column-names"], input=text, text=True, check=False,
            capture_output=True, env=process.clean_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def keys(started):
    """A connection through what start has answered with."""
    c = started["connection"]
    return redis.Redis(c["host"], c["port"], username=c["user"],
                               password=c["password"])


def put_rdb(local, ident, server):
    """What a server holds, as the restore of a backup puts it there."""
    data = local.instances / ident / "data"
    with server.client() as client:
        client.save()
    shutil.copy(server.dir / "data" / "dump.rdb", data / "dump.rdb")


def put_physical(server, data):
    """A prepared copy of a running MariaDB."""
    subprocess.run(
        ["sh", "-ec", 'mariadb-backup --defaults-file="$1" --backup '
         '--stream=xbstream --datadir="$2" --parallel=2 | mbstream -x; '
         "mariadb-backup --prepare --target-dir=.", "-",
         f"{server.dir}/client.cnf", f"{server.dir}/data"],
        cwd=data, check=True, capture_output=True)


@contextlib.contextmanager
def usual():
    """With the system's MariaDB and Redis."""
    with provisioner("") as made:
        made.servers = servers(made.folder)
        made.configure()
        yield made
