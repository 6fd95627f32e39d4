"""Backups that run as long as something else is measured."""
import os
import threading

from harness import data, flow
from harness.testbed import MariaDB

MEGABYTES = 128


class Backups:
    """So many at once, each of a source of its own, begun again when it
    ends: `with Backups(server, folder, 4):`"""

    def __init__(self, server, folder, n):
        self.api, self.folder, self.n = server.api, folder, n
        self.is_over = threading.Event()
        self.ended = 0
        self.error = None

    def __enter__(self):
        self.database = MariaDB().await_ready()
        data.bulky(self.database, "bulk", MEGABYTES)
        self.api.want(201, "POST", "/v1/pools", {
            "name": "load", "storage_type": "local_directory",
            "local_directory": {"path": str(self.folder)}})
        for i in range(self.n):
            self.api.want(201, "POST", "/v1/sources",
                          flow.source_body(self.database, f"load-{i}"))
        self.thread = threading.Thread(target=self._work)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()
        self.database.stop()
        if self.error:
            raise self.error

    def _begin(self, i):
        name = f"load-{i}-{self.ended}-{os.urandom(4).hex()}"
        backup = self.api.want(202, "POST", "/v1/backups", {
            "source": f"load-{i}", "pool": "load", "name": name})
        return backup["id"], backup["job_id"]

    def _work(self):
        try:
            jobs = {i: self._begin(i) for i in range(self.n)}
            while not self.is_over.wait(0.2):
                for i, (backup, job) in jobs.items():
                    record = self.api.fetch(f"/v1/jobs/{job}")
                    if record["status"] in ("queued", "running"):
                        continue
                    assert record["status"] == "completed", record
                    self.api.call("DELETE", f"/v1/backups/{backup}")
                    self.ended += 1
                    jobs[i] = self._begin(i)
            for _, job in jobs.values():
                self.api.call("POST", f"/v1/jobs/{job}/cancel", {})
        except Exception as error:  # told by __exit__
            self.error = error
