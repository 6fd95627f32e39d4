"""The provisioner contrib/provisioners/local: what it refuses, two calls at
once, and what it keeps from others."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from harness import contracts, process
from harness import local as library
from harness.contracts import Refused, new_id
from harness.local import keys, put_physical, put_rdb, sql


@pytest.fixture
def local():
    with library.usual() as made:
        yield made


# ---- nothing, half of something, two at once

def test_unknown(local):
    ident = new_id("src")
    for _ in range(2):
        assert local("destroy", id=ident) == {"state": "absent"}
    assert local("status", id=ident) == {"state": "absent"}
    for operation in ("start", "stop"):
        with pytest.raises(Refused, match="prepare it first"):
            local(operation, id=ident)
    assert local.left() == ([], [])


def test_half_made(local):
    ident = new_id("src")
    for name in (ident, f".{ident}.new"):
        (local.instances / name / "data").mkdir(parents=True)
        (local.instances / name / "data" / "ibdata1").write_text("x")
    os.chmod(local.instances, 0o755)
    assert local("status", id=ident) == {"state": "absent"}
    assert local.prepare(ident)["wants"] == "data_dir"
    assert list((local.instances / ident / "data").iterdir()) == []
    (local.instances / ident / "state.json").unlink()
    local("destroy", id=ident)
    assert local.left() == ([], [])


def test_prepare_again(local):
    """What an earlier try has left is gone; another wish is refused."""
    ident = new_id("src")
    data = pathlib.Path(local.prepare(ident)["data_dir"])
    (data / "dump.rdb").write_text("half")
    local.prepare(ident)
    assert list(data.iterdir()) == []
    with pytest.raises(Refused, match="another version: destroy it"):
        local.prepare(ident, version="6.2.1")


def test_many_at_once(local):
    """Each has its own port and user; the same one twice is one."""
    idents = [new_id("src") for _ in range(6)]
    local.configure(ports="24000-24005")
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(local.prepare, idents + idents))
    assert replies[:6] == replies[6:]
    states = [local.state_of(ident) for ident in idents]
    assert len({state["port"] for state in states}) == 6
    if os.geteuid() == 0:
        assert len({state["owner"][0] for state in states}) == 6
    with pytest.raises(Refused, match="no port from 24000 to 24005"):
        local.prepare(new_id("src"))


def test_start_twice_at_once(local, redis):
    ident = new_id("src")
    local.prepare(ident)
    put_rdb(local, ident, redis)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda _: local("start", id=ident), range(3)))
    assert replies[0] == replies[1] == replies[2]
    mark = os.fsencode(f":{replies[0]['connection']['port']}")
    assert len([1 for _, _, words in contracts.processes()
                if mark in words]) == 1


# ---- refusals

@contextlib.contextmanager
def occupied(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", port))
        s.listen()
        yield


def test_port_taken(local, redis):
    base = process.free_port()
    local.configure(ports=f"{base}-{base + 1}")
    ident = new_id("src")
    with occupied(base):
        local.prepare(ident)
        assert local.state_of(ident)["port"] == base + 1
        with pytest.raises(Refused, match="or set another range ports"):
            local.prepare(new_id("src"))
    put_rdb(local, ident, redis)
    # Between prepare and the first start: another one is taken.
    with occupied(base + 1):
        started = local("start", id=ident)
        assert started["connection"]["port"] == base
    local("stop", id=ident)
    # From then on others know it.
    with occupied(base):
        with pytest.raises(Refused, match="is used by another program"):
            local("start", id=ident)
    assert local("start", id=ident) == started


@pytest.mark.parametrize("engine, version, method", [
    ("redis", "7.0.15", "logical"), ("mysql", "10.11.2-MariaDB", "physical")])
def test_server_that_does_not_start(local, engine, version, method):
    ident = new_id("src")
    data = pathlib.Path(
        local.prepare(ident, engine, version, method)["data_dir"])
    name = "dump.rdb" if engine == "redis" else "ibdata1"
    (data / name).write_bytes(b"REDIS" + b"\xff" * 4 + b"nonsense" * 999)
    said = []
    for _ in range(2):
        with pytest.raises(Refused, match="the end of its log") as refused:
            local("start", id=ident)
        said.append(str(refused.value))
    word = "RDB" if engine == "redis" else "[ERROR]"
    assert word in said[0]
    assert local.state_of(ident)["password"] not in "".join(said)
    assert local("status", id=ident) == {"state": "prepared"}
    local("destroy", id=ident)
    assert local.left() == ([], [])


def test_server_that_hangs(local, redis):
    """It never serves: it is ended after start_seconds."""
    script = local.folder / "hang"
    script.write_text(f'#!/bin/sh\ncase $1 in --version) exec {local.folder}'
                      '/redis-server --version ;; esac\n'
                      'echo "waiting for nobody"\nexec sleep 1000\n')
    script.chmod(0o755)
    local.servers = f"[redis hang]\nserver = {script}\n"
    local.configure(start_seconds=2)
    ident = new_id("src")
    local.prepare(ident)
    put_rdb(local, ident, redis)
    with pytest.raises(Refused, match="not ready after 2 s.*for nobody"):
        local("start", id=ident)
    assert local("status", id=ident) == {"state": "prepared"}


def test_without_data(local):
    for engine, version, method in (
            ("redis", "7.0.1", "logical"),
            ("mysql", "10.11.1-MariaDB", "snapshot")):
        ident = new_id("src")
        local.prepare(ident, engine, version, method)
        with pytest.raises(Refused, match="put it there first"):
            local("start", id=ident)


def test_no_room(local):
    with pytest.raises(Refused, match="make room"):
        local.prepare(new_id("src"), size=1 << 60)
    assert local.left() == ([], [])


@pytest.mark.parametrize("engine, version, method", [
    ("redis", "99.1.0", "logical"), ("redis", "7.2.0-Valkey", "logical"),
    ("mysql", "10.6.1-MariaDB", "physical"),
    ("mysql", "11.4.2-MariaDB", "snapshot"),
    ("mysql", "9.7.0", "physical"), ("mysql", "8.0.30", "logical")])
def test_wrong_version(local, engine, version, method):
    with pytest.raises(Refused, match="install one") as refused:
        local.prepare(new_id("src"), engine, version, method)
    assert version in str(refused.value)
    assert local.left() == ([], [])


def test_versions_that_fit(local):
    for engine, version, method in (
            ("redis", "5.0.1", "logical"),
            ("mysql", "10.11.99-MariaDB", "physical"),
            ("mysql", "10.3.1-MariaDB-log", "logical"),
            ("mysql", "12.1.1-MariaDB", "logical")):
        local.prepare(new_id("src"), engine, version, method)
    # Statements of the other family, when somebody says so.
    local.prepare(new_id("src"), "mysql", "8.0.30", "logical",
                  options={"server": "maria"})


@pytest.mark.parametrize("options, word", [
    ({"colour": 1}, "no option colour"), ({"server": "none"}, "none here"),
    ({"settings": {"datadir": "/etc"}}, "no setting datadir"),
    ({"settings": {"maxmemory": "1\nuser x"}}, "cannot be")])
def test_wrong_options(local, options, word):
    with pytest.raises(Refused, match=word):
        local.prepare(new_id("src"), options=options)


def test_settings(local):
    ident = new_id("src")
    local.prepare(ident, "mysql", "10.11.1-MariaDB", options={
        "settings": {"lower_case_table_names": 1, "sql_mode": ""}})
    started = local("start", id=ident)
    assert sql(started, "SELECT @@lower_case_table_names, "
               "LENGTH(@@global.sql_mode)") == ["1", "0"]


@pytest.mark.parametrize("text", [
    "", "[]", "nonsense", "{}", '{"id":5}', '{"id":"../../etc"}',
    '{"id":"src_01JDB3Z5Q0000000000000000A/x"}', '{"id":"src_short"}',
    '{"id":"src_01JDB3Z5Q0000000000000000A\\n"}', "[" * 100000,
    '{"id":"' + "x" * 1200000 + '"}'])
def test_wrong_requests(local, text):
    for operation in ("prepare", "start", "status", "stop", "destroy"):
        status, out, _ = local.raw(operation, text)
        assert status == 1
        contracts.schema("error").validate(json.loads(out))
    assert local.left() == ([], [])


def test_unknown_operation(local):
    status, out, _ = local.raw("explode", "{}")
    assert status == 1
    contracts.schema("error").validate(json.loads(out))


def test_configuration_of_others(local):
    local.config.chmod(0o666)
    with pytest.raises(Refused, match="may be written by others"):
        local("describe")
    local.config.chmod(0o644)
    local.instances.mkdir()
    local.instances.chmod(0o777)
    with pytest.raises(Refused, match="writable by nobody else"):
        local.prepare(new_id("src"))
    local.instances.chmod(0o755)


def test_folder_that_users_cannot_enter(local):
    if os.geteuid() != 0:
        pytest.skip("servers have users of their own only with root")
    os.chmod(local.folder, 0o700)
    with pytest.raises(Refused, match="chmod o\\+x"):
        local.prepare(new_id("src"))


# ---- what does not concern others

def test_outlives_its_caller(local, redis):
    """The server has a session of its own and no pipe of its caller."""
    ident = new_id("src")
    local.prepare(ident)
    put_rdb(local, ident, redis)
    with subprocess.Popen(
            local.argv("start"), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True) as caller:
        out, errors = caller.communicate(
            json.dumps({"id": ident}).encode(), timeout=60)
        # Both pipes have ended though the server runs.
        assert caller.returncode == 0 and errors == b""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(caller.pid, signal.SIGKILL)
    pid = local.pid(ident)
    assert os.getsid(pid) == pid
    links = {int(p.name): os.readlink(p) for p in
             pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    assert links[0] == "/dev/null"
    assert links[1] == links[2] == str(local.instances / ident / "log")
    assert not any(str(local.instances / name) in link
                   for link in links.values() for name in (".lock", ".src"))
    with keys(json.loads(out)) as client:
        assert client.ping()


def watch(stop, seen):
    while not stop.is_set():
        seen.update(words for _, _, words in contracts.processes())


@pytest.mark.parametrize("engine", ["redis", "mysql"])
def test_secrets(local, redis, engine):
    """The password: in no arguments, no log, no file of others."""
    stop, seen = threading.Event(), set()
    watcher = threading.Thread(target=watch, args=(stop, seen))
    watcher.start()
    ident = new_id("src")
    try:
        if engine == "redis":
            local.prepare(ident)
            put_rdb(local, ident, redis)
        else:
            local.prepare(ident, "mysql", "10.11.1-MariaDB")
        started = local("start", id=ident)
    finally:
        stop.set()
        watcher.join()
    password = started["connection"]["password"].encode()
    folder = local.instances / ident
    # It has looked meanwhile: Redis shows its own arguments only shortly.
    assert any(str(local.config).encode() in words for words in seen)
    assert not any(password in words for words in seen)
    holders = [p for p in folder.rglob("*") if p.is_file()
               and password in p.read_bytes()]
    assert folder / "state.json" in holders
    assert set(holders) <= {folder / "state.json", folder / "redis.conf"}
    for path in holders:
        assert path.stat().st_mode & 0o077 == 0
    assert (folder / "state.json").stat().st_uid == os.geteuid()


def test_as_anybody(local, redis):
    """Without root all runs as who calls it."""
    if os.geteuid() != 0:
        pytest.skip("the other tests have shown it")
    copy = local.folder / "contrib"
    shutil.copytree(contracts.CONTRIB / "provisioners", copy / "provisioners")
    shutil.copytree(contracts.CONTRIB / "lib", copy / "lib")
    subprocess.run(["chmod", "-R", "go=rX", copy], check=True)
    local.instances.mkdir()
    os.chown(local.instances, 65534, 65534)
    local.path = copy / "provisioners" / "local"
    local.prefix = ["setpriv", "--reuid=65534", "--regid=65534",
                    "--clear-groups"]
    ident = new_id("src")
    for engine, version in (("redis", "7.0.15"), ("mysql", "10.11.1-MariaDB")):
        local.prepare(ident, engine, version)
        if engine == "redis":
            put_rdb(local, ident, redis)
            os.chown(local.instances / ident / "data" / "dump.rdb", 65534, 0)
        local("start", id=ident)
        assert os.stat(f"/proc/{local.pid(ident)}").st_uid == 65534
        local("stop", id=ident)
        local("destroy", id=ident)
    assert local.left() == ([], [])


def test_users_of_their_own(local, redis):
    if os.geteuid() != 0:
        pytest.skip("servers have users of their own only with root")
    ident = new_id("src")
    local.prepare(ident)
    put_rdb(local, ident, redis)
    local("start", id=ident)
    uid = local.state_of(ident)["owner"][0]
    assert 60000 <= uid <= 60999
    status = pathlib.Path(f"/proc/{local.pid(ident)}/status").read_text()
    assert f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}" in status
    assert "Groups:\t \n" in status or "Groups:\t\n" in status
    folder = local.instances / ident
    assert folder.stat().st_uid == 0
    assert (folder / "data" / "dump.rdb").stat().st_uid == uid
    assert (folder / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["symbolic", "hard", "device"])
def test_hostile_data(local, kind):
    """Nothing that the data leads to is given away."""
    ident = new_id("src")
    data = pathlib.Path(local.prepare(ident)["data_dir"])
    victim = local.folder / "victim"
    victim.write_text("precious")
    victim.chmod(0o644)
    (data / "dump.rdb").write_bytes(b"REDIS0009\xff" + bytes(8))
    if kind == "symbolic":
        (data / "x").symlink_to(victim)
    elif kind == "hard":
        os.link(victim, data / "x")
    else:
        try:
            os.mknod(data / "x", 0o666 | 0o020000, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("devices cannot be made here")
    with pytest.raises(Refused, match="take a logical backup"):
        local("start", id=ident)
    found = victim.stat()
    assert (found.st_uid, found.st_mode & 0o777) == (os.geteuid(), 0o644)
    local("destroy", id=ident)
    assert victim.read_text() == "precious"
    assert local.left() == ([], [])


def test_leftovers_of_the_copied_server(local):
    ident = new_id("src")
    data = pathlib.Path(local.prepare(ident)["data_dir"])
    (data / "dump.rdb").write_bytes(b"REDIS0009\xff" + bytes(8))
    os.mkfifo(data / "pipe")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(data / "sock"))
    local("start", id=ident)
    assert [p.name for p in data.iterdir()] == ["dump.rdb"]


def test_options_of_the_data_are_checked(local, mariadb):
    """backup-my.cnf comes with the data: what is strange in it is not
    taken."""
    ident = new_id("src")
    wanted = local.prepare(ident, "mysql", mariadb.value("SELECT VERSION()"),
                           "physical")
    put_physical(mariadb, wanted["data_dir"])
    with open(f"{wanted['data_dir']}/backup-my.cnf", "a",
              encoding="ascii") as file:
        file.write("innodb_data_file_path=../../x:12M\nplugin_load=evil\n")
    local("start", id=ident)
    text = (local.instances / ident / "my.cnf").read_text()
    assert "evil" not in text and ".." not in text
    assert "innodb_page_size = 16384" in text


def test_users_of_another_folder(local, redis):
    """Two provisioners that do not know of each other may use one user:
    neither ends the other's servers."""
    if os.geteuid() != 0:
        pytest.skip("servers have users of their own only with root")
    with library.usual() as other:
        idents = []
        for one in (local, other):
            one.configure(uids="60999-60999")
            idents.append(new_id("src"))
            one.prepare(idents[-1])
            put_rdb(one, idents[-1], redis)
        local("start", id=idents[0])
        for operation in ("start", "stop", "destroy"):
            other(operation, id=idents[1])
            assert local("status", id=idents[0]) == {"state": "running"}


def test_a_strangers_process_is_left_alone(local, redis):
    ident = new_id("src")
    local.prepare(ident)
    put_rdb(local, ident, redis)
    local("start", id=ident)
    local("stop", id=ident)
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        path = local.instances / ident / "state.json"
        state = json.loads(path.read_text())
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text()
        for start, number in ((1, boot.strip()), (None, "other")):
            state["process"] = {"pid": stranger.pid, "start": start,
                                "boot": number}
            path.write_text(json.dumps(state))
            assert local("status", id=ident) == {"state": "stopped"}
            local("stop", id=ident)
        local("destroy", id=ident)
        assert stranger.poll() is None
        stranger.kill()
