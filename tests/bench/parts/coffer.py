"""The way through cofferd."""
import contextlib
import os
import pathlib
import time

from harness import flow
from harness.api import ENDED
from harness.server import Cofferd

from .data import DATABASE
from .measure import Run

HOURS = 3 * 3600
POLL_SECONDS = 0.02
VERIFYING = ("verify", "record")


def cpu_seconds(pid):
    """Of a process, and of its children that it has waited for."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = stat.rsplit(")", 1)[1].split()
    return sum(int(f) for f in fields[11:15]) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(binary, folder, server, bucket=None, engine="mysql"):
    """A cofferd with its pools: "local", and "s3" where there is a bucket."""
    cofferd = Cofferd(binary, folder / "server")
    try:
        world = flow.World(cofferd.start(), server, bucket)
        world.api.want(201, "POST", "/v1/sources",
                       flow.source_body(server, engine=engine))
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
        self.begin = time.monotonic()

    def run(self, stored_bytes=0):
        seconds = time.monotonic() - self.begin
        pid = self.world.cofferd.pid
        return Run(seconds, cpu_seconds(pid) - self.cpu,
                   self.world.cofferd.peak_bytes(), stored_bytes)


def forget(world, record):
    path = f"/v1/backups/{record['id']}"
    world.api.want((200, 202, 204), "DELETE", path)
    world.api.wait_gone(path, 600)


def back_up(world, pool, options, database=DATABASE):
    """A Run and the record of the backup."""
    taken = Taken(world)
    scope = [database] if database else []
    record = world.backup(*scope, pool=pool, seconds=HOURS, options=options)
    return taken.run(record["stored_bytes"]), record


def backup_run(world, pool, options, database=DATABASE):
    """The same, and the backup is gone afterwards."""
    run, record = back_up(world, pool, options, database)
    forget(world, record)
    return run


def restore_run(world, record):
    """A restore; its seconds are those until its verification begins."""
    taken = Taken(world)
    restore = world.start_restore(record)
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
