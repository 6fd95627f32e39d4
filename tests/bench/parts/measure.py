"""What a run took, and how runs are compared."""
import os
import statistics

from . import usage

MB, MIB = 1000 * 1000, 1024 * 1024


class Run:
    def __init__(self, seconds, cpu_seconds, peak_bytes, stored_bytes=0):
        self.seconds = seconds
        self.cpu_seconds = cpu_seconds
        self.peak_bytes = peak_bytes
        self.stored_bytes = stored_bytes
        self.verify_seconds = 0
        self.programs = {}  # name -> CPU seconds, together cpu_seconds
        self.servers = {}  # those of the servers beside them
        self.idle_seconds = 0  # of the machine's cores


class Medians:
    """Of the runs of one way; of the peaks the largest."""

    def __init__(self, runs):
        for name in ("seconds", "cpu_seconds", "stored_bytes",
                     "verify_seconds"):
            setattr(self, name,
                    statistics.median(getattr(r, name) for r in runs))
        self.peak_bytes = max(r.peak_bytes for r in runs)
        self.programs = medians_by_name([r.programs for r in runs])
        self.servers = medians_by_name([r.servers for r in runs])

    def cpu_with_servers(self):
        return self.cpu_seconds + sum(self.servers.values())


def medians_by_name(counts):
    names = {name for count in counts for name in count}
    return {name: statistics.median(count.get(name, 0) for count in counts)
            for name in names}


def load_average():
    return os.getloadavg()[0]


def observed(take, servers):
    before, idle = usage.Servers(servers), usage.idle_seconds()
    run = take()
    run.servers = before.taken()
    run.idle_seconds = usage.idle_seconds() - idle
    return run


def interleave(ways, runs, text_bytes, servers=()):
    """Each way once, then each again: a machine that others use too treats
    all alike. ways: name -> function that gives a Run. servers: those of the
    testbed whose CPU seconds are told beside the ways' own."""
    results = {name: [] for name in ways}
    for number in range(runs):
        for name, take in ways.items():
            run = observed(take, servers)
            results[name].append(run)
            print(f"  run {number + 1}: {name:34}{run.seconds:8.2f} s "
                  f"{run.cpu_seconds:7.2f} CPU s, load {load_average():.1f}, "
                  f"idle {run.idle_seconds:.1f} s", flush=True)
    medians = {name: Medians(taken) for name, taken in results.items()}
    print(f"\n  {'':34}{'seconds':>8}{'MB/s':>8}{'CPU s':>8}{'peak MiB':>10}"
          f"{'stored MB':>11}")
    for name, m in medians.items():
        print(f"  {name:34}{m.seconds:8.2f}{text_bytes / MB / m.seconds:8.1f}"
              f"{m.cpu_seconds:8.2f}{m.peak_bytes / MIB:10.1f}"
              f"{m.stored_bytes / MB:11.1f}")
    for name, m in medians.items():
        if m.programs:
            print(f"  CPU s of {name}: {usage.words_of(m.programs)}")
        if m.servers:
            print(f"    servers beside it: {usage.words_of(m.servers)}")
    print()
    return medians


class Verdicts:
    """Figures beside their targets."""

    def __init__(self):
        self.lines = []
        self.missed = 0

    def at_most(self, what, value, target, unit=""):
        word = "PASS" if value <= target else "FAIL"
        self.missed += value > target
        self.lines.append(f"{word}  {what:60}{value:8.2f}{unit}, target "
                          f"{target:g}{unit}")
        print("  " + self.lines[-1], flush=True)

    def tell(self, what, value, unit=""):
        """One that has no target."""
        self.lines.append(f"      {what:60}{value:8.2f}{unit}")
        print("  " + self.lines[-1], flush=True)

    def miss(self, what):
        """One that could not be taken."""
        self.missed += 1
        self.lines.append(f"MISS  {what}")
        print("  " + self.lines[-1], flush=True)

    def is_good(self):
        return self.missed == 0

    def show(self):
        print("\nall figures")
        for line in self.lines:
            print("  " + line)
