"""The steps that nearly every test takes: register, bind, back up, restore."""
import itertools

from .api import ENDED
from . import process

_numbers = itertools.count(1)


def unique(prefix):
    """A name that no other step has used."""
    return f"{prefix}-{next(_numbers)}"


def connection(server, **changes):
    return {"host": server.host, "port": server.port, "user": server.user,
            "password": server.password, **changes}


def source_body(server, name="db", /, **changes):
    return {"name": name, "engine": "mysql",
            "connection": connection(server), **changes}


def object_storage(bucket, /, **changes):
    access, secret = bucket.ceph.keys()
    return {"endpoint": bucket.ceph.endpoint, "region": bucket.ceph.region,
            "bucket": bucket.name, "prefix": "", "path_style": True,
            "access_key": access, "secret_key": secret, **changes}


def pool_body(bucket, name="pool", /, **changes):
    return {"name": name, "storage_type": "object_storage",
            "object_storage": object_storage(bucket, **changes)}


def scope_of(*databases):
    return {"databases": [{"name": name} for name in databases]}


class World:
    """A server with a source "db" and a pool "pool"."""

    def __init__(self, cofferd, server, bucket=None):
        self.cofferd = cofferd
        self.server = server
        self.bucket = bucket
        cofferd.secrets.add(server.password)
        if bucket:
            cofferd.secrets.add(bucket.ceph.keys()[1])

    @property
    def api(self):
        return self.cofferd.api

    def prepare(self, **pool_changes):
        self.source = self.api.want(201, "POST", "/v1/sources",
                                    source_body(self.server))
        self.pool = self.api.want(201, "POST", "/v1/pools",
                                  {**pool_body(self.bucket), **pool_changes})
        return self

    def through(self, relay):
        """From now on the source is reached by way of a relay."""
        self.api.want(200, "PATCH", "/v1/sources/db", {
            "connection": {"host": "127.0.0.1", "port": relay.port}})

    def backup_body(self, *databases, **changes):
        body = {"source": "db", "pool": "pool", "method": "logical",
                "name": unique("backup"), "description": ""}
        if databases:
            body["scope"] = scope_of(*databases)
        return {**body, **changes}

    def start_backup(self, *databases, **changes):
        return self.api.want(202, "POST", "/v1/backups",
                             self.backup_body(*databases, **changes))

    def ended_backup(self, backup, seconds=180):
        """The record of a backup when its job has ended."""
        self.api.wait_job(backup["job_id"], seconds)
        return self.record(backup["id"])

    def record(self, backup_id):
        return self.api.fetch(f"/v1/backups/{backup_id}")

    def backup(self, *databases, seconds=180, **changes):
        """Makes a backup that must be completed; its record."""
        record = self.ended_backup(self.start_backup(*databases, **changes),
                                   seconds)
        assert record["status"] == "completed", record
        assert record["error"] is None
        return record

    def restore_body(self, backup, **changes):
        return {"backup": backup["id"], "target": {"source": "db"},
                **changes}

    def start_restore(self, backup, **changes):
        return self.api.want(202, "POST", "/v1/restores",
                             self.restore_body(backup, **changes))

    def ended_restore(self, restore, seconds=300):
        self.api.wait_job(restore["job_id"], seconds)
        return self.api.fetch(f"/v1/restores/{restore['id']}")

    def restore(self, backup, seconds=300, **changes):
        """Makes a restore that must be completed; its record."""
        record = self.ended_restore(self.start_restore(backup, **changes),
                                    seconds)
        assert record["status"] == "completed", record
        assert record["verified"] is True
        return record

    def wait_phase(self, job_id, phase, seconds=60):
        """Until a job has reached a phase (or has ended)."""
        def reached():
            job = self.api.fetch(f"/v1/jobs/{job_id}")
            return (job["progress"]["phase"] == phase
                    or job["status"] in ENDED)
        process.until(reached, seconds, f"the job is in phase {phase}")

    def wait_stored(self, job_id, seconds=60):
        """Until a running backup has stored something, or has ended."""
        def stored():
            job = self.api.fetch(f"/v1/jobs/{job_id}")
            return (job["progress"]["bytes_stored"] > 0
                    or job["status"] in ENDED)
        process.until(stored, seconds, "something is stored", 0.01)
