"""The provisioner contrib/provisioners/local: a life of each server, and
calls that are killed in the middle."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from harness import contracts, process
from harness import local as library
from harness.contracts import new_id
from harness.helper import Helper
from harness.local import LOCAL, keys, put_physical, put_rdb, sql

# How many moments of each operation are tried.
MOMENTS = process.setting("MOMENTS", 6)


@pytest.fixture
def local():
    with library.usual() as made:
        yield made


@pytest.fixture(scope="module")
def nine(mysql_programs):
    """The provisioner with a real MySQL 9."""
    with tempfile.TemporaryDirectory(prefix="coffer-it.") as folder:
        os.chmod(folder, 0o755)
        tree = library.mysql_tree(folder)
        with library.provisioner(
                f"[mysql nine]\ncommand = {tree}/run\nserver = mysqld\n"
                f"basedir = {tree}/usr\nmemory = 32M\n") as made:
            made.client = [f"{tree}/run", "mysql"]
            yield made


# ---- what it can

def test_describe(local):
    reply = local("describe")
    assert reply == local("describe")
    found = {e["server"]: e for e in reply["engines"]}
    assert set(found) == {"maria", "plain"}
    assert "MariaDB" in found["maria"]["versions"][0]
    assert found["plain"]["methods"] == ["logical"]


def test_servers_are_found_without_configuration(local):
    local.servers = ""
    local.configure()
    engines = {e["engine"] for e in local("describe")["engines"]}
    assert "mysql" in engines
    # Of Redis only the tools may be there, which are no server by their name.
    assert ("redis" in engines) == any(
        pathlib.Path("/usr/bin", name).exists()
        for name in ("redis-server", "valkey-server"))


# ---- a life, each step twice

def live(local, ident, ask, put=None, look=None):
    """Each operation twice; look(started) must see the same after a stop."""
    assert local("status", id=ident) == {"state": "absent"}
    wanted = local.prepare(ident, **ask)
    assert local.prepare(ident, **ask) == wanted
    assert local("status", id=ident) == {"state": "prepared"}
    if put:
        assert wanted["wants"] == "data_dir"
        put(pathlib.Path(wanted["data_dir"]))
    started = local("start", id=ident)
    pid = local.pid(ident)
    assert local("start", id=ident) == started
    assert local.pid(ident) == pid
    assert local.prepare(ident, **ask) == wanted
    assert local("status", id=ident) == {"state": "running"}
    seen = look(started)
    for _ in range(2):
        assert local("stop", id=ident) == {"state": "stopped"}
        assert local("status", id=ident) == {"state": "stopped"}
    assert local("start", id=ident) == started
    assert look(started) == seen
    for _ in range(2):
        assert local("destroy", id=ident) == {"state": "absent"}
        assert local("status", id=ident) == {"state": "absent"}
    assert local.left() == ([], [])
    return started


def test_redis(local, redis):
    redis.client().mset({f"key:{i}": i * i for i in range(500)})
    ident = new_id("src")

    def look(started):
        with keys(started) as client:
            assert client.get("key:7") == b"49"
            return client.dbsize()
    started = live(local, ident, {}, look=look,
                   put=lambda data: put_rdb(local, ident, redis))
    assert started["version"] == "7.0.15" or started["version"][0] in "78"


def test_redis_keeps_what_is_written(local, redis):
    redis.client().set("first", 1)
    ident = new_id("src")
    local.prepare(ident)
    put_rdb(local, ident, redis)
    with keys(local("start", id=ident)) as client:
        client.set("second", 2)
    local("stop", id=ident)
    with keys(local("start", id=ident)) as client:
        assert client.mget("first", "second") == [b"1", b"2"]


def test_mariadb_logical(local):
    version = local("describe")["engines"][0]["versions"][0]

    def look(started):
        return sql(started,
                   "CREATE DATABASE IF NOT EXISTS d;"
                   "CREATE TABLE IF NOT EXISTS d.t (a INT PRIMARY KEY);"
                   "INSERT IGNORE INTO d.t VALUES (1), (2);"
                   "SELECT SUM(a) FROM d.t; SHOW DATABASES;")
    started = live(local, new_id("src"), look=look, ask={
        "engine": "mysql", "version": version, "method": "logical"})
    assert started["version"] == version


def test_mariadb_physical(local, mariadb, shop):
    version = mariadb.value("SELECT VERSION()")
    tables = [row[0] for row in mariadb.sql("SHOW TABLES", shop)]
    check = "CHECKSUM TABLE " + ", ".join(f"`{shop}`.`{t}`" for t in tables)
    before = sum(mariadb.sql(check), [])
    assert len(before) > 6

    def look(started):
        # The accounts of the data are there, and ours is another one.
        assert sql(started, "SELECT COUNT(*) FROM mysql.user WHERE "
                   "user = 'coffer'") != ["0"]
        return sql(started, check)
    started = live(local, new_id("src"), look=look,
                   put=lambda data: put_physical(mariadb, data), ask={
                       "engine": "mysql", "version": version.split("-log")[0],
                       "method": "physical"})
    assert started["connection"]["user"].startswith("coffer_")


def test_mariadb_physical_content(local, mariadb, shop):
    """The same rows, compared by what the server makes of them."""
    ident = new_id("src")
    wanted = local.prepare(ident, "mysql", mariadb.value("SELECT VERSION()"),
                           "physical")
    put_physical(mariadb, wanted["data_dir"])
    started = local("start", id=ident)
    for (table,) in mariadb.sql("SHOW TABLES", shop):
        text = f"CHECKSUM TABLE `{shop}`.`{table}`"
        assert sql(started, text) == mariadb.sql(text)[0], table


def test_mysql(nine):
    """Empty, and from a copy of its files."""
    version = nine("describe")["engines"][0]["versions"][0]
    assert version.startswith("9.")

    def look(started):
        return sql(started,
                   "CREATE DATABASE IF NOT EXISTS d;"
                   "CREATE TABLE IF NOT EXISTS d.t (a INT PRIMARY KEY);"
                   "INSERT IGNORE INTO d.t VALUES (1), (2);"
                   "SELECT SUM(a) FROM d.t; SELECT @@global.event_scheduler;",
                   nine.client)
    ask = {"engine": "mysql", "version": version, "method": "logical"}
    live(nine, new_id("src"), ask, look=look)
    first = new_id("src")
    nine.prepare(first, **ask)
    look(nine("start", id=first))
    nine("stop", id=first)

    def put(data):
        shutil.copytree(nine.instances / first / "data", data,
                        dirs_exist_ok=True)
    second = new_id("src")
    nine.prepare(second, **{**ask, "method": "snapshot"})
    put(nine.instances / second / "data")
    assert look(nine("start", id=second))[0] == "3"
    uuids = [(nine.instances / i / "data" / "auto.cnf").read_text()
             for i in (first, second)]
    assert uuids[0] != uuids[1]
    for ident in (first, second):
        nine("destroy", id=ident)
    assert nine.left() == ([], [])


def test_no_password_opens_a_new_mysql(nine):
    """The account that it is made with has none at first."""
    ident = new_id("src")
    nine.prepare(ident, "mysql", "9.0.0", "logical")
    c = nine("start", id=ident)["connection"]
    done = subprocess.run(
        [*nine.client, "--no-defaults", "--user=root", "--execute=SELECT 1",
         f"--socket={c['socket']}"], capture_output=True, text=True,
        check=False)
    nine("destroy", id=ident)
    assert "Access denied" in done.stderr


# ---- by the helper

def test_through_the_helper(binary, local, mariadb, shop):
    """As the server does it: the copy is unpacked and prepared by the helper
    in the folder that the provisioner has named. The instance is there when
    the helper has gone."""
    helper = Helper(binary.parent / "coffer-helper", local.folder / "helper", {
        "helper": {"instances": local.instances},
        "provisioner local": {"program": LOCAL,
                              "arguments": f"--config {local.config}"}})
    ident = new_id("src")

    def call(operation, **request):
        end, out, errors = helper.run(
            "provision", "local", json.dumps(request).encode(),
            operation=operation)
        assert end == {"status": 0, "signal": 0}, (end, out, errors)
        return json.loads(out)
    wanted = call("prepare", id=ident, name="copy", engine="mysql",
                  version=mariadb.value("SELECT VERSION()"),
                  method="physical", bytes=1, options={})
    stream = subprocess.run(
        ["mariadb-backup", f"--defaults-file={mariadb.dir}/client.cnf",
         "--backup", "--stream=xbstream", f"--datadir={mariadb.dir}/data"],
        capture_output=True, check=True).stdout
    for verb, name, given in (("unpack", "xbstream", stream),
                              ("prepare", "mariadb-backup", b"")):
        end, _, errors = helper.run(verb, name, given,
                                    directory=wanted["data_dir"])
        assert end == {"status": 0, "signal": 0}, errors
    started = call("start", id=ident)
    assert helper.stop() == 0
    assert local("status", id=ident) == {"state": "running"}
    for (table,) in mariadb.sql("SHOW TABLES", shop):
        text = f"CHECKSUM TABLE `{shop}`.`{table}`"
        assert sql(started, text) == mariadb.sql(text)[0], table


# ---- killed in the middle

def moments(total, count=None):
    """Lines to be killed at, spread over all of an operation."""
    count = count or MOMENTS
    return sorted({1 + total * i // count for i in range(count)})


@pytest.mark.parametrize("group", [False, True], ids=["program", "group"])
@pytest.mark.seconds(1200)
def test_redis_killed_anywhere(local, redis, group):
    redis.client().mset({"a": 1, "b": 2})

    def whole(step=None, line=0):
        """All steps; one is killed at a line and called again."""
        ident = new_id("src")
        for operation in ("prepare", "start", "stop", "start", "destroy"):
            request = {"id": ident}
            if operation == "prepare":
                request.update(name="x", engine="redis", version="7.0.15",
                               method="logical", bytes=1)
            if operation == step:
                local.killed(operation, line, group, **request)
            local(operation, **request)
            if operation == "prepare":
                put_rdb(local, ident, redis)
            if operation == "start":
                with keys(local("start", id=ident)) as client:
                    assert client.dbsize() == 2
        assert local.left() == ([], [])

    for step, total in totals(local, redis).items():
        for line in moments(total):
            whole(step, line)


def totals(local, redis):
    """How many lines each operation runs."""
    ident = new_id("src")
    found = {"prepare": local.count(
        local.folder, "prepare", id=ident, name="x", engine="redis",
        version="7.0.15", method="logical", bytes=1)}
    put_rdb(local, ident, redis)
    for operation in ("start", "stop", "destroy"):
        found[operation] = local.count(local.folder, operation, id=ident)
    return found


@pytest.mark.seconds(1200)
def test_mariadb_killed_in_start(local):
    """Killed at its start, an empty instance is made again, or taken away
    without a trace: by turns."""
    ask = {"engine": "mysql", "version": "10.11.1-MariaDB",
           "method": "logical"}
    ident = new_id("src")
    local.prepare(ident, **ask)
    total = local.count(local.folder, "start", id=ident)
    local("destroy", id=ident)
    for number, line in enumerate(moments(total)):
        ident = new_id("src")
        local.prepare(ident, **ask)
        local.killed("start", line, number % 2 == 0, id=ident)
        if number % 4 < 2:
            started = local("start", id=ident)
            assert sql(started, "SELECT 1") == ["1"]
        local("destroy", id=ident)
        assert local.left() == ([], [])


@pytest.mark.parametrize("then", ["start", "destroy"])
def test_killed_while_a_tool_runs(local, then):
    """What makes an empty database goes on when the provisioner is killed:
    the next call ends it first."""
    ident = new_id("src")
    local.prepare(ident, "mysql", "10.11.1-MariaDB")
    mark = f"--defaults-file={local.instances}/{ident}/my.cnf".encode()

    def tools():
        return [pid for pid, _, words in contracts.processes()
                if mark in words and b"--bootstrap" in words]
    with subprocess.Popen(
            local.argv("start"), stdin=subprocess.PIPE, cwd="/",
            stdout=subprocess.DEVNULL, start_new_session=True) as caller:
        caller.stdin.write(json.dumps({"id": ident}).encode())
        caller.stdin.close()
        found = process.until(tools, 60, "the tool runs", 0.005)
        # Such that it surely outlives the provisioner.
        os.kill(found[0], signal.SIGSTOP)
        caller.kill()
    assert set(found) & set(tools())
    if then == "start":
        assert sql(local("start", id=ident), "SELECT 1") == ["1"]
    local("destroy", id=ident)
    assert tools() == []
    assert local.left() == ([], [])


def test_server_killed(local, redis):
    """As by the kernel when memory runs out: it is started again."""
    redis.client().set("a", 1)
    ident = new_id("src")
    local.prepare(ident)
    put_rdb(local, ident, redis)
    started = local("start", id=ident)
    pid = local.pid(ident)
    os.kill(pid, signal.SIGKILL)
    process.until(lambda: local("status", id=ident)["state"] == "stopped", 10,
                  "the server is gone")
    assert local("start", id=ident) == started
    assert local.pid(ident) != pid
