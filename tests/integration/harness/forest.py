"""Trees of files that are backed up and restored."""
import contextlib
import os

from . import flow, process
from .proxy import Halt, Proxy


class Folder:
    """What a world asks of a server."""
    password = "none at all"


class World(flow.World):
    """A source of files "tree", a pool, and a folder to restore into."""

    def prepare(self, base, bucket=None, **pool):
        self.top = base / "tree"
        self.top.mkdir(exist_ok=True)
        self.out = base / "restored"
        self.out.mkdir(exist_ok=True)
        self.source = self.api.want(201, "POST", "/v1/sources", {
            "name": "tree", "engine": "files",
            "connection": {"path": str(self.top)}})
        if bucket:
            body = {**flow.pool_body(bucket), **pool}
        else:
            self.folder = base / "pool"
            self.folder.mkdir()
            body = {"name": "pool", "storage_type": "local_directory",
                    "local_directory": {"path": str(self.folder)}, **pool}
        self.pool = self.api.want(201, "POST", "/v1/pools", body)
        return self

    def backup_body(self, *_, **changes):
        return {"source": "tree", "pool": "pool", "method": "snapshot",
                "name": flow.unique("backup"), "description": "", **changes}

    def restore_body(self, backup, to="new", **changes):
        return {"backup": backup["id"],
                "target": {"path": str(self.out / to)}, **changes}

    def check(self, backup, to="new", **changes):
        return self.api.want(200, "POST", "/v1/restores/check",
                             self.restore_body(backup, to, **changes))

    def fails(self, backup, to="new", **changes):
        """A restore that is begun and does not succeed; its error."""
        record = self.ended_restore(self.start_restore(backup, to=to,
                                                       **changes))
        assert record["status"] == "failed", record
        return record["error"]

    def over(self, to="new"):
        return {"overwrite": True, "confirm": [str(self.out / to)]}


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@contextlib.contextmanager
def held(make_world, bucket, to="new"):
    """A restore that stands in the middle: its store gives no more."""
    relay = Proxy(bucket.ceph)
    try:
        world = make_world(bucket, part_bytes=4 << 20)
        for number in range(12):
            (world.top / f"large-{number:02}").write_bytes(
                os.urandom(5 << 20))
        write(world.top, {"a-first": "first"})
        backup = world.backup()
        world.api.want(200, "PATCH", "/v1/pools/pool", {"object_storage": {
            "endpoint": f"http://127.0.0.1:{relay.port}"}})
        relay.reset()
        with Halt(relay, down=30 << 20) as halt:
            restore = world.start_restore(backup, to=to)
            halt.reached()
            process.until((world.out / to / "a-first").exists, 60,
                          "something is restored")
            yield world, backup, restore, halt
    finally:
        relay.close()
