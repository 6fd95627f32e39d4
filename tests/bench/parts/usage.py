"""CPU seconds by program: of children that have ended, and of servers."""
import collections
import os
import pathlib

from harness import process

HZ = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The name of a process and its own CPU seconds; None: it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    name, rest = text.split("(", 1)[1].rsplit(")", 1)
    fields = rest.split()
    return name, (int(fields[11]) + int(fields[12])) / HZ


def idle_seconds():
    """Of all cores since the machine began, waiting for disks included."""
    with open("/proc/stat") as lines:
        fields = next(lines).split()
    return (int(fields[4]) + int(fields[5])) / HZ


class Servers:
    """What the processes below those of the testbed take in a run."""

    def __init__(self, servers):
        self.tops = [server.process.pid for server in servers]
        self.before = self._now()

    def _now(self):
        now = {}
        for top in self.tops:
            for pid, start in process.family(top):
                stat = _stat(pid)
                if stat:
                    now[pid, start] = stat
        return now

    def taken(self):
        """Name -> CPU seconds since it was made."""
        taken = collections.Counter()
        for key, (name, seconds) in self._now().items():
            taken[name] += seconds - self.before.get(key, (name, 0))[1]
        return {name: s for name, s in taken.items() if s >= 0.05}


def words_of(by_name):
    return ", ".join(f"{name} {seconds:.2f}" for name, seconds in sorted(
        by_name.items(), key=lambda pair: -pair[1]))
