"""Starting and ending processes, and waiting for what they do."""
import ctypes
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[3]
TESTBED = TOP / "contrib" / "testbed"
# Seconds in which whatever is waited for has come on a slow machine, too.
PATIENCE = 90

_FOREIGN = re.compile(r"(COFFER|AWS|MYSQL|MARIADB|CEPH|S3)_.*|.*_proxy"
                      r"|.*_CA_BUNDLE|SSL_CERT_(FILE|DIR)", re.IGNORECASE)
_SETTINGS = dict(os.environ)
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def setting(name, default):
    """How long a form of a test is wanted: COFFER_TEST_<name>. The servers
    under test do not see it."""
    value = _SETTINGS.get(f"COFFER_TEST_{name}", default)
    return type(default)(value)


def clean_environment(**changes):
    """The environment without what would change settings or routes."""
    env = {k: v for k, v in os.environ.items() if not _FOREIGN.fullmatch(k)}
    env["LC_ALL"] = "C.UTF-8"
    env["PATH"] = env.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    env.update(changes)
    return env


def _die_with_parent():
    """In the child: gets a TERM when the tests go, however they go."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(args, log, env=None, **more):
    """A child in a session of its own, so that Ctrl-C reaches the tests
    alone, which then end it in order."""
    with open(log, "ab") as out:
        return subprocess.Popen(
            [str(a) for a in args], stdin=subprocess.DEVNULL, stdout=out,
            stderr=out, env=env or clean_environment(), close_fds=True,
            start_new_session=True, preexec_fn=_die_with_parent, **more)


def end(process, seconds=30):
    """TERM, then KILL; the exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def until(condition, seconds, what, interval=0.05):
    """Calls condition until it returns something true, and returns that. On
    a machine that does much else it may come late: PATIENCE at least."""
    seconds = max(seconds, PATIENCE)
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(interval)


def stat_of(pid):
    """State, parent and start time of a process; None: it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    words = text.rsplit(")", 1)[1].split()
    return words[0], int(words[1]), int(words[19])


def family(pid):
    """Children of a process, and theirs: (number, start time) of each."""
    stats = {int(p): stat_of(p) for p in os.listdir("/proc") if p.isdigit()}
    found, more = {}, [pid]
    while more:
        parent = more.pop()
        for child, stat in stats.items():
            if stat and stat[1] == parent and child not in found:
                found[child] = stat[2]
                more.append(child)
    return list(found.items())


def alive(processes):
    """Those of a family that are still there, zombies apart."""
    return [(pid, start) for pid, start in processes
            if (stat := stat_of(pid)) and stat[2] == start
            and stat[0] not in "ZX"]


def free_port():
    """A port below those that the kernel hands out by itself, and none of
    another process of the same tests: its server may just be restarting."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    share = int(re.sub(r"\D", "", worker) or 0) % 4
    for _ in range(500):
        port = random.SystemRandom().randrange(12000 + share, 32000, 4)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port was found")


def read_env(path):
    """The NAME=VALUE lines that a server of the testbed has written."""
    lines = pathlib.Path(path).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
