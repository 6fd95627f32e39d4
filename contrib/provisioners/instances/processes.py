"""Servers as processes. Each is written down before it runs, as its number
with its start time and the boot that these belong to: so it is found again
after a crash at any moment, and a number that was given to somebody else in
the meantime is left alone."""
import os
import select
import signal
import subprocess
import time

from contract import Refusal

# What a server of ours sees of the environment.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
KILL_SECONDS = 30


def environment():
    env = dict(ENVIRONMENT)
    if "TZ" in os.environ:
        env["TZ"] = os.environ["TZ"]
    return env


def _boot():
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def start_time(pid):
    """In ticks since the boot; None when it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8",
                  errors="replace") as file:
            # The name, in parentheses, may hold anything.
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def record(pid):
    return {"pid": pid, "start": start_time(pid), "boot": _boot()}


def is_alive(process):
    """process: a record, or None."""
    return (process is not None and process["boot"] == _boot()
            and start_time(process["pid"]) == process["start"])


def launch(argv, directory, owner, log, note):
    """Starts a server in a session of its own, with no descriptor of ours.
    note(record) is called before it runs, and lasts: a server that cannot
    be written down is never run. Returns nothing; that it cannot be executed
    stands in the log."""
    hold, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(go)
            _become(argv, directory, owner, log, hold)
        finally:
            os._exit(127)
    os.close(hold)
    try:
        note(record(pid))
        os.write(go, b"g")
    finally:
        os.close(go)


def _become(argv, directory, owner, log, hold):
    """In the child. The end of the pipe without a word: our parent has
    gone, and nobody knows of us."""
    os.setsid()
    if os.read(hold, 1) != b"g":
        return
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND
                  | os.O_NOFOLLOW, 0o600)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(directory)
    if owner:
        os.setgroups([])
        os.setgid(owner[1])
        os.setuid(owner[0])
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(argv[0], argv, environment())
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())


def run(argv, directory, owner, log, seconds):
    """Runs a tool to its end; whether that was a good one. It ends with our
    process group."""
    as_owner = {}
    if owner:
        as_owner = {"user": owner[0], "group": owner[1], "extra_groups": []}
    with open(log, "ab") as out:
        try:
            done = subprocess.run(
                argv, cwd=directory, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, env=environment(), timeout=seconds, check=False,
                **as_owner)
        except subprocess.TimeoutExpired:
            return False
        except OSError as error:
            out.write(f"{argv[0]}: {error.strerror}\n".encode())
            return False
    return done.returncode == 0


def end(process, seconds):
    """TERM, then KILL; returns when it is gone."""
    if not is_alive(process):
        return
    try:
        fd = os.pidfd_open(process["pid"])
    except ProcessLookupError:
        return
    try:
        # The descriptor holds the process: now look again who it is.
        if is_alive(process):
            _end(fd, process, seconds)
    finally:
        os.close(fd)


def _end(fd, process, seconds):
    for number, patience in ((signal.SIGTERM, seconds),
                             (signal.SIGKILL, KILL_SECONDS)):
        try:
            signal.pidfd_send_signal(fd, number)
            # One that was stopped takes it only when it goes on.
            signal.pidfd_send_signal(fd, signal.SIGCONT)
        except ProcessLookupError:
            return
        if _await(fd, process, patience):
            return
    raise Refusal(f"process {process['pid']} does not end, not even when it "
                  "is killed: its disk may be stuck; try again later")


def _await(fd, process, seconds):
    """A descriptor is ready when its process is a zombie, too."""
    waiter = select.poll()
    waiter.register(fd, select.POLLIN)
    deadline = time.monotonic() + seconds
    while is_alive(process):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        waiter.poll(min(left, 1) * 1000)
    return True


def strays(uid, folder, argument):
    """Records of processes of the user uid that a call which was killed has
    left: those that were started with this argument, or, of a user that is
    not ours, those that work in the folder. Users alone would not tell:
    provisioners with other folders may use the same ones."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            process = record(int(name))
            if process["start"] and _belongs(name, uid, folder, argument):
                found.append(process)
    return found


def _belongs(name, uid, folder, argument):
    try:
        if os.stat(f"/proc/{name}").st_uid != uid:
            return False
        with open(f"/proc/{name}/cmdline", "rb") as file:
            if os.fsencode(argument) in file.read().split(b"\0"):
                return True
        if uid == os.geteuid():
            return False
        return os.readlink(f"/proc/{name}/cwd").startswith(folder + "/")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def has_processes(uid):
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:
                return True
        except FileNotFoundError:
            pass
    return False
