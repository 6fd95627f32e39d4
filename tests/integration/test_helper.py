"""coffer-helper by itself: whom it serves, what it refuses, what the programs
see, and that none outlives who asked for it."""
import ctypes
import errno
import json
import os
import pathlib
import socket
import struct
import subprocess
import tempfile

import pytest

from harness import helper, process
from harness.helper import Helper, Running, script, until_dead

SECRET = "s3cr#t \"quoted\" \\ ;x"


@pytest.fixture
def program(binary):
    return pathlib.Path(binary).parent / "coffer-helper"


@pytest.fixture
def folder():
    """One that a path of a socket may be in."""
    base = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
    base.chmod(0o755)
    yield base
    subprocess.run(["rm", "-rf", base], check=True)


@pytest.fixture
def make(program, folder):
    """Makes helpers: make(sections, shell={name: script})."""
    made = []

    def start(sections=None, shell=None):
        sections = dict(sections or {})
        for name, text in (shell or {}).items():
            sections[f"provisioner {name}"] = {
                "program": script(folder / name, text),
                "arguments": folder}
        made.append(Helper(program, folder, sections))
        return made[-1]
    yield start
    for one in made:
        assert one.stop() == 0
        for report in ("Sanitizer", "runtime error"):
            assert report not in one.log.read_text()


def provision(name):
    return {"verb": "provision", "name": name,
            "fields": {"operation": "describe"}}


def number(path):
    """What a script wrote there, once it is whole."""
    return int(process.until(
        lambda: path.exists() and path.read_text().strip(), 30, path))


# ---- what a program sees

def test_a_program_sees_nothing_of_the_helper(make, folder):
    shell = make(shell={"look": """#!/usr/bin/python3
import json, os, sys
print(json.dumps({
    "argv": sys.argv[1:], "environment": sorted(os.environ), "cwd": os.getcwd(),
    "fds": sorted(int(n) for n in os.listdir("/proc/self/fd")),
    "session": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
    "signals": [line.split()[1] for line in open("/proc/self/status")
                if line.startswith(("SigBlk", "SigIgn"))]}))
"""})
    end, out, _ = shell.run("provision", "look", operation="describe")
    seen = json.loads(out)
    assert end == {"status": 0, "signal": 0}
    assert seen["argv"] == [str(folder), "describe"]
    assert set(seen["environment"]) <= {"PATH", "LANG", "TZ", "LC_CTYPE"}
    assert seen["cwd"] == "/"
    # The fourth is the listing's own.
    assert seen["fds"] == [0, 1, 2, 3]
    assert seen["session"] == [True, True]
    # Python itself ignores SIGPIPE and SIGXFSZ, the C library two of its own.
    assert seen["signals"] in (["0" * 16, "0000000181001000"],
                               ["0" * 16, "0000000001001000"])


def test_ends_are_told(make):
    shell = make(shell={"status": "exit 9", "signal": "kill -TERM $$"})
    assert shell.run("provision", "status", operation="x")[0] == {
        "status": 9, "signal": 0}
    assert shell.run("provision", "signal", operation="x")[0] == {
        "status": -1, "signal": 15}


def test_more_than_pipes_hold(make):
    shell = make(shell={"cat": "exec cat"})
    given = os.urandom(1 << 20) * 9
    end, out, _ = shell.run("provision", "cat", given, operation="x")
    assert end["status"] == 0 and out == given


def test_several_at_once(make):
    shell = make(shell={"slow": "read line; echo \"$line\""})
    running = [shell.start(provision("slow")) for _ in range(20)]
    for i, one in reversed(list(enumerate(running))):
        assert one.finish(b"%d\n" % i)[1] == b"%d\n" % i


# ---- nothing outlives who asked

def test_a_dropped_connection_ends_the_group(make, folder):
    shell = make(shell={"tree": """sleep 1000 & echo $! > $1/other
echo $$ > $1/leader; wait"""})
    running = shell.start(provision("tree"))
    pids = [number(folder / "leader"), number(folder / "other")]
    assert running.pid == pids[0]
    running.drop()
    until_dead(*pids)


def test_one_that_ignores_term_is_killed(make, folder):
    shell = make(shell={"stubborn": """trap '' TERM
echo $$ > $1/leader; while :; do sleep 0.1; done"""})
    running = shell.start(provision("stubborn"))
    pid = number(folder / "leader")
    running.drop()
    until_dead(pid)


def test_a_group_whose_leader_went_first(make, folder):
    """The leader obeys, the other does not: both are gone after 5 s."""
    shell = make(shell={"orphan": """
(trap '' TERM; sh -c 'echo $PPID' > $1/other; while :; do sleep 0.1; done) &
echo $$ > $1/leader; wait"""})
    running = shell.start(provision("orphan"))
    pids = [number(folder / "leader"), number(folder / "other")]
    running.drop()
    until_dead(*pids)


def test_what_was_left_behind_goes_on(make, folder):
    """A server that a provisioner starts has a session of its own."""
    shell = make(shell={"daemon": """
setsid sh -c 'echo $$ > '$1'/pid; exec sleep 1000' <&- >&- 2>&- &
while [ ! -s $1/pid ]; do sleep 0.01; done"""})
    assert shell.run("provision", "daemon", operation="x")[0]["status"] == 0
    pid = number(folder / "pid")
    assert helper.is_alive(pid)
    os.kill(pid, 9)


def test_the_helper_itself_may_go(make, folder):
    """Programs go on until their own connection ends."""
    shell = make(shell={"wait": "echo $$ > $1/leader; exec cat"})
    running = shell.start(provision("wait"))
    pid = number(folder / "leader")
    shell.process.terminate()
    shell.process.wait(30)
    assert helper.is_alive(pid)
    running.drop()
    until_dead(pid)


# ---- how it is started

def test_started_by_systemd(program, folder):
    """With a listening socket as descriptor 3 (sd_listen_fds(3))."""
    config = helper.prepare(folder, {})
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(folder / "activated"))
    listener.listen()
    started = subprocess.Popen(
        ["/bin/bash", "-c", "exec 3<&$2; LISTEN_PID=$$ LISTEN_FDS=1 "
         "exec \"$0\" --config \"$1\"", program, config,
         str(listener.fileno())], pass_fds=[listener.fileno()])
    try:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(60)
        connection.connect(str(folder / "activated"))
        assert "reply" in Running(connection, {"verb": "list"}).answer
    finally:
        started.terminate()
        assert started.wait(30) == 0


@pytest.mark.parametrize("arguments", [
    [], ["--fd", "0"], ["--fd", "77"], ["--fd", "x"], ["--nonsense", "x"],
    ["--socket"], ["--socket", "/nowhere/at/all"],
    ["--socket", "/tmp/" + "x" * 200]], ids=range(8))
def test_wrong_starts(program, arguments):
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode in (1, 2) and done.stderr.count("\n") == 1


def test_two_on_one_socket(make, program, folder):
    """The second one does not take it away; a dead one's is taken."""
    first = make()
    done = subprocess.run([program, "--socket", first.socket],
                          capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 1 and "in use" in done.stderr
    assert "reply" in first.run("list")[0]
    first.process.kill()
    first.process.wait()
    assert first.socket.exists()
    second = Helper(program, folder, {})
    assert "reply" in second.run("list")[0]
    assert second.stop() == 0
    first.process = second.process


# ---- who may ask

ASK = """
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.send(b'{"verb":"list"}')
print(s.recv(65536).decode())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_strangers_are_refused(make):
    server = make({"helper": {"allow": ["65533", "daemon"]}})

    def ask(uid):
        done = helper.run_as(uid, ["/usr/bin/python3", "-c", ASK,
                                   server.socket])
        return json.loads(done.stdout)
    assert ask(65534)["error"]["code"] == "helper_failed"
    assert "does not serve user 65534" in ask(65534)["error"]["detail"]
    assert "reply" in ask(65533)
    assert "reply" in ask(1)
    assert server.run("list")[0]["reply"]["provisioners"] == []


HOLD = """
import socket, sys
held = []
for _ in range(int(sys.argv[2])):
    held.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    held[-1].connect(sys.argv[1])
print("held", flush=True)
for one in held:
    try:
        one.recv(65536)
        assert one.recv(65536) == b""
    except ConnectionResetError:
        pass
print("dropped", flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_strangers_take_nobodys_place(make):
    """However many of them come and say nothing."""
    server = make()
    flood = subprocess.Popen(
        ["/usr/bin/python3", "-c", HOLD, server.socket, "300"], user=65534,
        group=65534, extra_groups=[], stdout=subprocess.PIPE, text=True)
    most = 0
    while flood.poll() is None:
        most = max(most, len(process.family(server.process.pid)))
        assert "reply" in server.run("list")[0]
    assert flood.stdout.read() == "held\ndropped\n" and flood.wait() == 0
    flood.stdout.close()
    # Our own, of which the last may not have gone yet.
    assert most <= 4 + 2


# ---- what is asked

BAD = [
    b"", b"[]", b"{", b"null", b"\xff\xfe", b'{"verb":"list","verb":"hook"}',
    {"verb": "shell"}, {"verb": 1}, {}, {"verb": "list", "more": 1},
    {"verb": "list", "name": "x"}, {"verb": "list", "fields": {"a": 1}},
    {"verb": "list", "fields": []}, {"verb": "list", "secret": "x"},
    {"verb": "provision"}, {"verb": "provision", "name": "../x"},
    {"verb": "provision", "name": "x" * 65}, {"verb": "provision", "name": ""},
    {"verb": "provision", "name": "ok"},
    {"verb": "provision", "name": "ok", "fields": {"operation": "a b"}},
    {"verb": "provision", "name": "ok", "fields": {"operation": "--help"}},
    {"verb": "provision", "name": "ok", "fields": {"operation": ""}},
    {"verb": "provision", "name": "ok", "fields": {"operation": 7}},
    {"verb": "provision", "name": "ok",
     "fields": {"operation": "x", "directory": "/"}},
    {"verb": "provision", "name": "ok", "fields": {"operation": "x"},
     "secret": "y"},
]


@pytest.mark.parametrize("message", BAD, ids=range(len(BAD)))
def test_bad_requests_start_nothing(make, folder, message):
    shell = make(shell={"ok": "touch $1/ran"})
    if message == b"":
        shell.connect().close()
    else:
        assert shell.refusal(message)[0] == "program_refused"
    assert shell.run("provision", "ok", operation="x")[0]["status"] == 0
    assert (folder / "ran").exists()


def test_too_long_a_request_is_refused(make):
    shell = make(shell={"ok": "true"})
    message = json.dumps(provision("ok")).encode()
    running = Running(shell.connect(), message + b" " * 70000)
    assert running.code == "program_refused"
    assert Running(shell.connect(), message + b" " * 60000).finish()[
        0]["status"] == 0


def test_descriptors_in_a_request_are_refused(make):
    connection = make().connect()
    socket.send_fds(connection, [b'{"verb":"list"}'], [0, 1, 2])
    assert b"program_refused" in connection.recv(65536)


def test_unknown_names(make):
    server = make()
    for verb in ("provision", "hook"):
        code, detail = server.refusal({"verb": verb, "name": "local",
                                       "fields": {"operation": "x"}})
        assert code == "not_configured"
        assert f"[{verb.replace('provision', 'provisioner')} local]" in detail


# ---- paths

def tricks(base):
    """Folders that lead out of instances, or are none."""
    return ["instances/x", "/", "", "/etc", f"{base}", f"{base}/instances",
            f"{base}/instances/", f"{base}/instances/.",
            f"{base}/instances/..", f"{base}/instances/../snapshots/there",
            f"{base}/instances/a/../../snapshots/there",
            f"{base}/instances//etc", f"{base}/instancesmore",
            f"{base}/instances/link", f"{base}/instances/link/passwd",
            f"{base}/instances/inner/link", f"{base}/instances/missing",
            f"{base}/instances/file", f"{base}/instances/a\x00b",
            f"{base}/instances/a\nb", f"{base}/instances/" + "x" * 5000,
            f"{base}/instances/" + "x/" * 2400 + "x", 7, None, ["x"]]


@pytest.fixture
def trap(make, folder):
    """A helper with folders full of traps."""
    server = make()
    (folder / "instances" / "inner").mkdir()
    (folder / "instances" / "file").write_text("x")
    (folder / "instancesmore").mkdir()
    (folder / "snapshots" / "there").mkdir()
    (folder / "victim").mkdir()
    (folder / "victim" / "kept").write_text("x")
    (folder / "instances" / "link").symlink_to(folder / "victim")
    (folder / "instances" / "inner" / "link").symlink_to("../../victim")
    return server


@pytest.mark.parametrize("i", range(len(tricks(""))))
def test_no_path_leads_out(trap, folder, i):
    path = tricks(folder)[i]
    unpacks = [("unpack", "rdb"), ("unpack", "tar")]
    if str(path).endswith("/missing"):
        unpacks = []  # make it
    for verb, name in (*unpacks, ("prepare", "mariadb-backup"),
                       ("pack", "tar")):
        code, _ = trap.refusal({"verb": verb, "name": name,
                                "fields": {"directory": path}})
        assert code == "program_refused"
    assert os.listdir(folder / "victim") == ["kept"]


@pytest.mark.parametrize("i", range(len(tricks(""))))
def test_nothing_outside_is_removed(trap, folder, i):
    path = tricks(folder)[i]
    running = trap.start({"verb": "remove", "fields": {"directory": path}})
    # A link and a file in there may go; what they lead to may not.
    inside = isinstance(path, str) and path.startswith(
        f"{folder}/instances/") and path.endswith(("link", "missing", "file"))
    assert running.code == (None if inside else "program_refused"), path
    running.drop()
    assert (folder / "victim" / "kept").exists()
    assert (folder / "snapshots" / "there").exists()
    assert (folder / "instances").exists()


def test_remove_empties_a_folder_and_leaves_what_links_lead_to(trap, folder):
    deep = folder / "instances" / "gone" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    (deep / "out").symlink_to(folder / "victim")
    (deep / "kept").hardlink_to(folder / "victim" / "kept")
    for _ in range(2):
        reply, _, _ = trap.run("remove",
                               directory=f"{folder}/instances/gone")
        assert reply == {"reply": {}}
        assert not (folder / "instances" / "gone").exists()
    assert (folder / "victim" / "kept").read_text() == "x"


# ---- files in and out

def test_tar_round_trip(make, folder):
    server = make()
    there = folder / "snapshots" / "one"
    (there / "db").mkdir(parents=True)
    (there / "db" / "t.ibd").write_bytes(os.urandom(300000))
    with open(there / "holes", "wb") as f:
        f.seek(50 << 20)
        f.write(b"end")
    back = folder / "instances" / "one"
    back.mkdir()
    end, packed, _ = server.run("pack", "tar", directory=str(there))
    assert end["status"] == 0
    assert len(packed) < 1 << 20
    end, _, lines = server.run("unpack", "tar", packed, directory=str(back))
    assert end["status"] == 0, lines
    subprocess.run(["diff", "-r", there, back], check=True)
    assert (back / "holes").stat().st_blocks < 1000


def test_a_tar_that_leads_out(make, folder):
    """Members with "..", absolute ones and ones through links."""
    (folder / "victim").mkdir()
    server = make()
    back = folder / "instances" / "one"
    back.mkdir()
    packed = subprocess.run(
        ["/usr/bin/python3", "-c", """
import io, sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
def add(name, **how):
    member = tarfile.TarInfo(name)
    for key, value in how.items():
        setattr(member, key, value)
    member.size = 4 if member.isreg() else 0
    t.addfile(member, io.BytesIO(b"evil"))
add("../../victim/up")
add(sys.argv[1] + "/victim/absolute")
add("link", type=tarfile.SYMTYPE, linkname=sys.argv[1] + "/victim")
add("link/through")
t.close()
""", folder], check=True, capture_output=True).stdout
    server.run("unpack", "tar", packed, directory=str(back))
    assert os.listdir(folder / "victim") == []


@pytest.mark.skipif("not has_landlock()", reason="the kernel has none")
def test_links_are_not_unpacked(make, folder):
    """prepare would copy what one in an increment leads to, as root."""
    (folder / "victim").write_text("x")
    server = make()
    back = folder / "instances" / "one"
    packed = subprocess.run(
        ["/usr/bin/python3", "-c", """
import sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
for name, to in (("far.CSV", sys.argv[1]), ("near.CSV", "far.CSV")):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, to
    t.addfile(member)
t.close()
""", folder / "victim"], check=True, capture_output=True).stdout
    end, _, lines = server.run("unpack", "tar", packed, directory=str(back))
    assert end["status"] != 0 and "symlink" in lines, lines
    assert not [name for name in os.listdir(back)
                if (back / name).is_symlink()]


def test_a_tar_chooses_no_rights(make, folder):
    """A file of root's with a setuid bit would be anybody's way to root."""
    server = make()
    back = folder / "instances" / "one"
    packed = subprocess.run(
        ["/usr/bin/python3", "-c", """
import io, sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
for name, mode, kind in (("sub", 0o6777, tarfile.DIRTYPE),
                         ("sub/tool", 0o6755, tarfile.REGTYPE)):
    member = tarfile.TarInfo(name)
    member.mode, member.type = mode, kind
    t.addfile(member, io.BytesIO())
t.close()
"""], check=True, capture_output=True).stdout
    end, _, lines = server.run("unpack", "tar", packed, directory=str(back))
    assert end["status"] == 0, lines
    assert (back / "sub").stat().st_mode & 0o7777 == 0o700
    assert (back / "sub" / "tool").stat().st_mode & 0o7777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
@pytest.mark.parametrize("at", ["one", "one/deep/in"])
def test_what_is_mounted_is_not_emptied(make, folder, at):
    server = make()
    (folder / "other").mkdir()
    (folder / "other" / "kept").write_text("x")
    there = folder / "instances" / at
    there.mkdir(parents=True)
    if subprocess.run(["mount", "--bind", folder / "other", there],
                      check=False, capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    one = {"directory": str(folder / "instances" / "one")}
    try:
        code, _ = server.refusal({"verb": "remove", "fields": one})
        assert code == "program_refused"
        assert os.listdir(folder / "other") == ["kept"]
    finally:
        subprocess.run(["umount", there], check=True)
    server.start({"verb": "remove", "fields": one}).drop()
    assert not (folder / "instances" / "one").exists()


def test_rdb_is_a_new_file(make, folder):
    server = make()
    there = folder / "instances" / "one"
    there.mkdir()
    given = os.urandom(3 << 20)
    end, out, _ = server.run("unpack", "rdb", given, directory=str(there))
    assert (end["status"], out) == (0, b"")
    assert (there / "dump.rdb").read_bytes() == given
    assert (there / "dump.rdb").stat().st_mode & 0o777 == 0o600
    answer, _, _ = server.run("unpack", "rdb", b"x", directory=str(there))
    assert answer["error"]["code"] == "program_refused"
    assert (there / "dump.rdb").read_bytes() == given


def has_landlock():
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


@pytest.mark.skipif(not has_landlock(), reason="the kernel has no Landlock")
def test_tools_write_nowhere_else(make, folder):
    """Even a tool that is deceived altogether."""
    deceived = script(folder / "deceived", f"""cd /
for there in {folder}/snapshots {folder} /tmp {folder}/instances \\
        {folder}/instances/one {folder}/instances/two; do
    (echo evil > $there/made) 2> /dev/null && echo made $there
    (echo evil >> $there/old) 2> /dev/null && echo changed $there
    rm -f $there/old 2> /dev/null && echo removed $there
done""")
    server = make({"tool tar": {"program": deceived},
                   "tool mariadb-backup": {"program": deceived}})
    folders = [folder, folder / "snapshots", folder / "instances",
               folder / "instances" / "one", folder / "instances" / "two",
               folder / "snapshots" / "there"]

    def lay():
        for there in folders:
            there.mkdir(exist_ok=True)
            (there / "old").write_text("x")

    def did(verb, name, **fields):
        lay()
        end, out, _ = server.run(verb, name, **fields)
        assert "signal" in end, end
        return {line.decode() for line in out.splitlines()
                if not line.endswith(b" /tmp")}

    def all_of(*there):
        return {f"{what} {folder}/{name}" for name in there
                for what in ("made", "changed", "removed")}
    one = str(folder / "instances" / "one")
    two = str(folder / "instances" / "two")
    assert did("unpack", "tar", directory=one) == all_of("instances/one")
    assert did("prepare", "mariadb-backup", directory=two,
               incremental_directory=one) == all_of("instances/one",
                                                    "instances/two")
    assert did("pack", "tar", directory=str(folder / "snapshots" / "there")
               ) == set()
    for name in ("made", "old"):
        assert not pathlib.Path("/tmp", name).exists()


class Refused:
    """Of a process that is to be started: a system call that its kernel does
    not have (seccomp(2))."""

    def __init__(self, number):
        steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number),
                 (0x06, 0, 0, 0x50000 | errno.ENOSYS),
                 (0x06, 0, 0, 0x7fff0000)]
        code = b"".join(struct.pack("HBBI", *step) for step in steps)
        self.code = ctypes.create_string_buffer(code)
        self.program = struct.pack("HxxxxxxP", len(steps),
                                   ctypes.addressof(self.code))
        self.libc = ctypes.CDLL(None, use_errno=True)

    def __call__(self):
        assert self.libc.prctl(38, 1, 0, 0, 0) == 0
        assert self.libc.prctl(22, 2, self.program) == 0


@pytest.mark.parametrize("is_there", [True, False])
def test_a_kernel_without_landlock_is_told_of(program, folder, is_there):
    """Once, in the log; all else works."""
    if is_there and not has_landlock():
        pytest.skip("the kernel has none")
    log = folder / "log"
    with open(log, "wb") as out:
        started = subprocess.Popen(
            [program, "--socket", folder / "sock", "--config",
             helper.prepare(folder, {})], stderr=out, stdout=out,
            preexec_fn=None if is_there else Refused(444))
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(60)
    process.until(lambda: connection.connect_ex(str(folder / "sock")) == 0,
                  30, "it listens")
    back = folder / "instances" / "one"
    try:
        running = Running(connection, {
            "verb": "unpack", "name": "rdb",
            "fields": {"directory": str(back)}})
        assert running.finish(b"x")[0]["status"] == 0
        assert (back / "dump.rdb").read_bytes() == b"x"
    finally:
        started.terminate()
        assert started.wait(30) == 0
    assert log.read_text().count("Landlock") == (0 if is_there else 1)


# ---- the configuration

def test_changes_need_no_restart(make, folder):
    server = make()
    assert server.run("list")[0]["reply"]["hooks"] == []
    helper.prepare(folder, {"hook one": {"program": "/bin/true"}})
    assert server.run("list")[0]["reply"]["hooks"] == ["one"]
    server.config.unlink()
    code, detail = server.refusal({"verb": "list"})
    assert code == "not_configured" and str(server.config) in detail


def test_what_others_may_change_is_not_believed(make, folder):
    server = make(shell={"ok": "touch $1/ran"})

    def refused():
        code, detail = server.refusal(provision("ok"))
        assert code == "helper_failed"
        return detail

    server.config.chmod(0o620)
    assert "others may write" in refused()
    server.config.chmod(0o600)
    folder.chmod(0o777)
    assert "others may write" in refused()
    folder.chmod(0o755)
    (folder / "ok").chmod(0o722)
    assert "others may write" in refused()
    (folder / "ok").chmod(0o600)
    assert "not executable" in refused()
    (folder / "ok").unlink()
    assert server.refusal(provision("ok"))[0] == "not_configured"
    (folder / "ok").mkdir()
    assert "not a file" in refused()
    assert not (folder / "ran").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_what_belongs_to_others_is_not_believed(make, folder):
    server = make(shell={"ok": "touch $1/ran"})
    for path in (server.config, folder / "ok", folder):
        os.chown(path, 65534, 65534)
        code, detail = server.refusal(provision("ok"))
        assert code == "helper_failed" and "belongs to user 65534" in detail
        os.chown(path, 0, 0)
    assert server.run("provision", "ok", operation="x")[0]["status"] == 0


def test_links_that_others_can_change_are_not_followed(make, folder):
    """What they lead to may be trusted: who holds the link chooses it."""
    server = make(shell={"ok": "touch $1/ran"})
    held = folder / "held"
    held.mkdir()
    (held / "link").symlink_to(folder / "ok")
    helper.prepare(folder, {"provisioner ok": {"program": held / "link",
                                               "arguments": folder}})
    assert server.run("provision", "ok", operation="x")[0]["status"] == 0
    (folder / "ran").unlink()
    held.chmod(0o777)
    code, detail = server.refusal(provision("ok"))
    assert code == "helper_failed" and f"others may write to {held}" in detail
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("kind", ["instances", "snapshots"])
def test_folders_that_others_can_replace_are_not_used(make, folder, kind):
    """A folder beneath one of the server's own can become a link to /etc."""
    server = make()
    state = folder / "state"
    (folder / "victim" / "one").mkdir(parents=True)
    (folder / "victim" / "one" / "kept").write_text("x")
    state.mkdir()
    (state / kind).symlink_to(folder / "victim")
    helper.prepare(folder, {"helper": {kind: state / kind}})
    there = {"directory": f"{state}/{kind}/one"}

    def asked():
        if kind == "snapshots":
            return server.start({"verb": "pack", "name": "tar",
                                 "fields": there})
        return server.start({"verb": "unpack", "name": "tar",
                             "fields": there})
    running = asked()
    assert running.code is None, running.answer
    running.drop()
    state.chmod(0o777)
    running = asked()
    assert running.code == "helper_failed", running.answer
    running.connection.close()
    code, detail = server.refusal({"verb": "remove", "fields": there}) \
        if kind == "instances" else (running.code,
                                     running.answer["error"]["detail"])
    assert code == "helper_failed" and "others may write" in detail
    assert (folder / "victim" / "one" / "kept").exists()


# ---- as whom servers are copied

SERVE = """
import socket, sys
if len(sys.argv) > 1:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    print(0, flush=True)
else:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
taken = []
while True:
    taken.append(listener.accept()[0])
    taken[-1].sendall(b"welcome")
"""
NOBODY = 65534


@pytest.fixture
def serve(folder):
    """Makes servers of a user's: serve(uid, kind) is where it is, as fields
    of the verb "backup"."""
    started = []

    def start(uid, kind):
        there = folder / f"theirs-{len(started)}"
        there.mkdir()
        os.chown(there, uid, uid)
        path = [there / "sock"] if kind == "unix" else []
        started.append(subprocess.Popen(
            ["/usr/bin/python3", "-c", SERVE, *map(str, path)], user=uid,
            group=uid, extra_groups=[], stdout=subprocess.PIPE, text=True))
        port = int(started[-1].stdout.readline())
        return ({"socket": str(path[0])} if path
                else {"host": "127.0.0.1", "port": port})
    yield start
    for one in started:
        one.kill()
        one.wait()
        one.stdout.close()


WHO = """echo "$(id -u) $(id -g) $(id -G) $(stat -c '%u %a' .)"
grep NoNewPrivs /proc/self/status
head -n 1 /dev/fd/3
pwd
echo > made"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs users")
@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_a_server_is_copied_with_the_rights_of_its_user(make, folder, serve,
                                                        kind):
    """Whatever files it says are its own."""
    script(folder / "who", WHO).chmod(0o755)
    server = make({"helper": {"servers": ["root", NOBODY]},
                   "tool mariadb-backup": {"program": folder / "who"}})
    end, out, lines = server.run("backup", "mariadb-backup", user="x",
                                 secret=SECRET, **serve(NOBODY, kind))
    assert end["status"] == 0, lines
    said = out.decode().splitlines()
    assert said[0] == f"{NOBODY} {NOBODY} {NOBODY} {NOBODY} 700"
    assert said[1].split() == ["NoNewPrivs:", "1"]
    assert said[2] == "[mariadb-backup]"
    process.until(lambda: not os.path.exists(said[3]), 30,
                  "its folder has gone")
    end, out, _ = server.run("backup", "mariadb-backup", user="x",
                             **serve(0, kind))
    assert out.decode().startswith("0 0 0 0 700\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs users")
@pytest.mark.parametrize("kind", ["unix", "tcp"])
@pytest.mark.parametrize("allowed, uid", [([], 0), ([1], NOBODY),
                                          ([NOBODY], 0)])
def test_servers_of_others_are_not_copied(make, folder, serve, kind, allowed,
                                          uid):
    """Unless it is said so, those of root are none of ours either."""
    script(folder / "who", f"touch {folder}/ran").chmod(0o755)
    server = make({"helper": {"servers": allowed},
                   "tool mariadb-backup": {"program": folder / "who"}})
    code, detail = server.refusal({
        "verb": "backup", "name": "mariadb-backup",
        "fields": {"user": "x", **serve(uid, kind)}})
    assert code == "program_refused"
    assert f"servers = {uid}" in detail
    assert not (folder / "ran").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs users")
def test_servers_that_nobody_knows_are_not_copied(make, folder, serve):
    server = make({"tool mariadb-backup": {"program": "/bin/true"}})
    for where, word in (({}, "socket or its host"),
                        ({"host": "127.0.0.1",
                          "socket": f"{folder}/sock"}, "socket or its host"),
                        ({"host": "127.0.0.1", "port": process.free_port()},
                         "refused"),
                        ({"socket": f"{folder}/sock"}, "No such file"),
                        ({"socket": "/" + "x" * 120}, "too long")):
        code, detail = server.refusal({
            "verb": "backup", "name": "mariadb-backup",
            "fields": {"user": "x", **where}})
        assert code == "program_refused" and word in detail


# ---- the real tool

def test_backup_and_prepare(make, folder, mariadb, shop):
    """What is in the option file reaches the tool and nobody else."""
    user = "helper_backup"
    mariadb.sql(f"CREATE OR REPLACE USER {user} IDENTIFIED BY "
                f"'{SECRET.replace(chr(92), chr(92) * 2)}';"
                f"GRANT ALL ON *.* TO {user}")
    server = make()
    there = folder / "instances" / "one"
    there.mkdir()
    try:
        running = server.start({
            "verb": "backup", "name": "mariadb-backup", "secret": SECRET,
            "fields": {"socket": f"{mariadb.dir}/sock", "user": user,
                       "parallel": 2}})
        arguments = pathlib.Path(f"/proc/{running.pid}/cmdline").read_bytes()
        environment = pathlib.Path(
            f"/proc/{running.pid}/environ").read_bytes()
        end, stream, lines = running.finish()
    finally:
        mariadb.sql(f"DROP USER {user}")
    assert end["status"] == 0 and "completed OK!" in lines, lines
    assert SECRET not in lines
    for place in (arguments, environment):
        assert SECRET.encode() not in place and user.encode() not in place
    end, _, lines = server.run("unpack", "xbstream", stream,
                               directory=str(there), parallel=2)
    assert end["status"] == 0, lines
    end, _, lines = server.run("prepare", "mariadb-backup",
                               directory=str(there))
    assert end["status"] == 0 and "completed OK!" in lines, lines
    assert list((there / shop).glob("*.ibd"))
    process.until(lambda: not list(pathlib.Path("/tmp").glob(
        "coffer-helper.*")), 10, "no folder of the tool's is left")
