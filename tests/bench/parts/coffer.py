"""The way through cofferd."""
import contextlib
import pathlib
import time

from harness import flow
from harness.api import ENDED
from harness.server import Cofferd

from .data import DATABASE
from .measure import Run
from .usage import HZ

HOURS = 3 * 3600
POLL_SECONDS = 0.02
VERIFYING = ("verify", "record")


def own_seconds(pid, n=2):
    """CPU seconds of a process; with n=4 and of its children that it has
    waited for."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = stat.rsplit(")", 1)[1].split()
    return sum(int(f) for f in fields[11:11 + n]) / HZ


def cpu_seconds(pid):
    """Of a process, of its children that it has waited for, and the same of
    those that run: the helper's are the programs that it has run."""
    own = own_seconds(pid, 4)
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return own + sum(map(_cpu_of_child, children.split()))


def _cpu_of_child(pid):
    """One that has just ended is counted by who has waited for it."""
    try:
        return cpu_seconds(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0


@contextlib.contextmanager
def running(binary, folder, server, bucket=None, engine="mysql", helper=None):
    """A cofferd with its pools: "local", and "s3" where there is a bucket.
    helper: sections of its helper.conf."""
    # As the stock client of each connects: redis-cli by the socket.
    how = {} if engine != "redis" else {"connection": {
        "socket": server.socket, "user": server.user,
        "password": server.password}}
    cofferd = Cofferd(binary, folder / "server", sections=helper)
    source = flow.source_body(server, engine=engine, **how)
    with serving(cofferd, folder, server, source, bucket) as world:
        yield world


class Folder:
    """A tree of files, as a server."""
    password = "none at all"


@contextlib.contextmanager
def running_files(binary, folder, top):
    """A cofferd with the tree at top as its source, which may restore into
    the folder "restored"."""
    cofferd = Cofferd(binary, folder / "server", args=[
        "--restore-dirs", str(folder / "restored")])
    (folder / "restored").mkdir()
    source = {"name": "db", "engine": "files",
              "connection": {"path": str(top)}}
    with serving(cofferd, folder, Folder(), source) as world:
        yield world


@contextlib.contextmanager
def serving(cofferd, folder, server, source, bucket=None):
    try:
        world = flow.World(cofferd.start(), server, bucket)
        world.api.want(201, "POST", "/v1/sources", source)
        world.api.want(201, "POST", "/v1/pools", {
            "name": "local", "storage_type": "local_directory",
            "local_directory": {"path": str(folder / "pool")}})
        if bucket:
            world.api.want(201, "POST", "/v1/pools",
                           flow.pool_body(bucket, "s3"))
        yield world
        cofferd.stop()
    finally:
        if cofferd.process and cofferd.process.poll() is None:
            cofferd.kill()


class Taken:
    """What a cofferd that has done nothing before takes for its work."""

    def __init__(self, world):
        world.cofferd.restart()
        self.world = world
        self.cpu = cpu_seconds(world.cofferd.pid)
        self.own = own_seconds(world.cofferd.pid)
        self.begin = time.monotonic()

    def run(self, stored_bytes=0):
        seconds = time.monotonic() - self.begin
        pid = self.world.cofferd.pid
        run = Run(seconds, cpu_seconds(pid) - self.cpu,
                  self.world.cofferd.peak_bytes(), stored_bytes)
        own = own_seconds(pid) - self.own
        run.programs = {"cofferd": own,
                        "what it runs": run.cpu_seconds - own}
        return run


def forget(world, record):
    path = f"/v1/backups/{record['id']}"
    world.api.want((200, 202, 204), "DELETE", path)
    world.api.wait_gone(path, 600)


def back_up(world, pool, options, database=DATABASE, **more):
    """A Run and the record of the backup."""
    taken = Taken(world)
    scope = [database] if database else []
    record = world.backup(*scope, pool=pool, seconds=HOURS, options=options,
                          **more)
    return taken.run(record["stored_bytes"]), record


def backup_run(world, pool, options, database=DATABASE, **more):
    """The same, and the backup is gone afterwards."""
    run, record = back_up(world, pool, options, database, **more)
    forget(world, record)
    return run


def plan_run(world, plan):
    """A Run of the plan and the record of its backup."""
    taken = Taken(world)
    backup = world.api.want(202, "POST", f"/v1/plans/{plan['id']}/execute")
    record = world.ended_backup(backup, HOURS)
    if record["status"] != "completed":
        raise SystemExit(f"the backup failed: {record}")
    return taken.run(record["stored_bytes"]), record


def verify_run(world, record):
    """A verification that reads all."""
    taken = Taken(world)
    job = world.api.want(202, "POST", f"/v1/backups/{record['id']}/verify",
                         {"read": "all"})
    world.api.wait_job(job.get("id") or job["job_id"], HOURS)
    run = taken.run()
    if world.record(record["id"])["verify_status"] != "passed":
        raise SystemExit("the verification failed")
    return run


def contents_run(world, record, folder, after):
    """The first page of the members of a folder, and the one after that
    member, which has to be the last."""
    taken = Taken(world)
    path = f"/v1/backups/{record['id']}/contents?limit=500&folder={folder}"
    first = world.api.fetch(path)
    last = world.api.fetch(f"{path}&after={after}")
    run = taken.run()
    if not first["next"] or last["next"] or not last["items"]:
        raise SystemExit("these are not the pages of that folder")
    return run


def restore_run(world, record, **changes):
    """A restore; its seconds are those until its verification begins."""
    taken = Taken(world)
    restore = world.start_restore(record, **changes)
    path = f"/v1/jobs/{restore['job_id']}"
    loaded = None
    while True:
        job = world.api.fetch(path)
        if loaded is None and job["progress"]["phase"] in VERIFYING:
            loaded = taken.run()
        if job["status"] in ENDED:
            break
        time.sleep(POLL_SECONDS)
    whole = taken.run()
    ended = world.ended_restore(restore)
    if ended["status"] != "completed" or ended["verified"] is not True:
        raise SystemExit(f"the restore failed: {ended}")
    run = loaded or whole
    run.verify_seconds = whole.seconds - run.seconds
    run.peak_bytes = whole.peak_bytes
    return run


def instance_run(world, record):
    """An instance that is made of a backup, and destroyed again."""
    run = restore_run(world, record, target={
        "provision": {"provider": "local", "name": "copy"}})
    path = "/v1/sources/copy"
    world.api.want((200, 202, 204), "DELETE", path + "?destroy=true")
    world.api.wait_gone(path, 600)
    return run
