"""A server whose clock runs faster than ours (faketime), also over its
restarts: its time goes on where it would have been."""
import os
import pathlib
import subprocess
import time

from . import flow, process
from .api import Api
from .trip import LocalWorld

LIBRARY = "/usr/lib/{}/faketime/libfaketime.so.1"


def library():
    """The library that makes time go by; None: it is not installed."""
    machine = os.uname().machine + "-linux-gnu"
    path = pathlib.Path(LIBRARY.format(machine))
    return path if path.exists() else None


def _preload(binary):
    """The sanitizer's own library must come first, where there is one."""
    libraries = subprocess.run(["ldd", str(binary)], capture_output=True,
                               text=True, check=True).stdout.split()
    asan = [w for w in libraries if w.startswith("/") and "libasan" in w]
    return " ".join([*asan, str(library())])


class Hurried:
    """Starts and kills one server, whose time is `speed` times ours. minute:
    its first one, so that no test begins where an hour or a day ends."""

    def __init__(self, cofferd, speed, minute=None):
        self.cofferd = cofferd
        self.speed = speed
        # When it was set, and what it showed then.
        self.set_at = self.showed = time.time()
        if minute is not None:
            self.showed += (60 * minute - self.showed) % 3600
        cofferd.env["LD_PRELOAD"] = _preload(cofferd.binary)
        self._set_clock()

    def _set_clock(self):
        ahead = self.now() - time.time()
        self.cofferd.env["FAKETIME"] = f"+{ahead:.3f} x{self.speed}"

    def now(self):
        """What its clock shows, in seconds since 1970."""
        return self.showed + self.speed * (time.time() - self.set_at)

    def start(self):
        self._set_clock()
        self.cofferd.start()

    def kill(self):
        self.cofferd.kill()

    def restart(self, skip=0, speed=None):
        """As if it had been stopped for so many seconds. speed: of its clock
        from now on; at 1 no connection is given up too soon."""
        self.cofferd.stop()
        self.showed, self.set_at = self.now() + skip, time.time()
        self.speed = speed or self.speed
        self.start()


class Patient(Api):
    """Asks again when a server whose clock runs has taken us for somebody
    who is slow. What must not be done twice is asked once."""

    def call(self, method, path, *args, **more):
        for _ in range(20 if method in ("GET", "PATCH") else 0):
            try:
                return super().call(method, path, *args, **more)
            except ConnectionResetError:
                pass
        return super().call(method, path, *args, **more)


class HurriedWorld(LocalWorld):
    """With several sources that are all the same server, so that several
    plans run at once."""

    @property
    def api(self):
        api = self.cofferd.api
        return Patient(api.port, api.token, api.transcript)

    def prepare_sources(self, folder, count):
        self.prepare(folder)
        for number in range(1, count):
            self.api.want(201, "POST", "/v1/sources",
                          flow.source_body(self.server, f"db{number}"))
        return self

    def plan(self, name, source="db", scope=None, **changes):
        return self.api.want(201, "POST", "/v1/plans", {
            "name": name, "source": source, "pool": "pool",
            "strategy": "timer", "scope": scope, **changes})

    def runs(self, plan):
        """What was decided about its due times, the oldest first."""
        items = self.api.items(f"/v1/plans/{plan['id']}/runs?limit=500")
        return sorted(items, key=lambda r: r["due_at"])

    def pause(self, plans):
        for plan in plans:
            self.api.want(200, "PATCH", f"/v1/plans/{plan['id']}",
                          {"enabled": False})

    def idle(self, seconds=180):
        """Until nothing is queued or runs."""
        process.until(lambda: not self.api.items("/v1/jobs?status=queued")
                      and not self.api.items("/v1/jobs?status=running"),
                      seconds, "no job is left")
