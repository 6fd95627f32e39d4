"""Method snapshot: what is restored from the objects alone is the server as it
was while it held still; it holds still no longer than it may; and however that
goes wrong, no lock and no snapshot is left."""
import json
import threading
import time

import pytest

from harness import (btrfs, compare, data, flow, instances, physical,
                     process)
from harness.api import ENDED, problem
from harness.snapshots import (Btrfs, OnBtrfs, Script, Stall, by_hand, copy_of,
                               refill, sections, shipped)
from harness.testbed import MariaDB, MySQL
from harness.trip import LocalWorld
from test_consistency import TABLES, Tellers, open_bank, total
from test_encryption import Key
from test_instances import create

DEADLINE = 5
SOON = {"COFFER_RETRY_SECONDS": "1",
        "COFFER_SNAPSHOT_SECONDS": str(DEADLINE)}
# Its redo log is a part of each archive.
SMALL = ("--set", "innodb_log_file_size=16M",
         "--set", "innodb_buffer_pool_size=64M")

pytestmark = pytest.mark.seconds(300)


@pytest.fixture(scope="module")
def fs(has_btrfs, tmp_path_factory):
    with Btrfs(tmp_path_factory.mktemp("fs")) as fs:
        yield fs


@pytest.fixture(scope="module")
def on_btrfs(fs):
    server = OnBtrfs(fs, *SMALL)
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server():
    """On whatever file system: what is not about the files."""
    server = MariaDB(*SMALL)
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture
def make(cofferds, tmp_path):
    """A world whose helper has these hooks."""
    def make(server, hooks, opened, env=None, **pool):
        world = LocalWorld(cofferds(env={**SOON, **(env or {})},
                                    helper=sections(hooks, opened)), server)
        return world.prepare(tmp_path / "pool", **pool)
    return make


@pytest.fixture
def world(make, on_btrfs, tmp_path):
    """With the hook for btrfs that is shipped."""
    hook, opened = shipped(tmp_path, "btrfs")
    return make(on_btrfs, {"btrfs": hook}, [opened])


@pytest.fixture
def script(tmp_path):
    return Script(tmp_path / "script")


@pytest.fixture
def scripted(make, server, script):
    return make(server, {"script": (script.program, script.home)},
                [script.home / "snapshots"])


@pytest.fixture
def database(request):
    """Makes one for the test on whatever server the world has."""
    world = request.getfixturevalue(
        "world" if "world" in request.fixturenames else "scripted")
    name = flow.unique("snap").replace("-", "_")
    data.small(world.server, name)
    yield name
    world.server.drop(name)


def snap(world, **changes):
    return world.backup(method="snapshot", **changes)


def failed(world, code, **changes):
    """The error of a backup that must fail; nothing of it is left."""
    backup = world.ended_backup(world.start_backup(method="snapshot",
                                                   **changes))
    assert backup["status"] == "failed", backup
    assert backup["error"]["code"] == code, backup
    assert not [p for p in world.folder.rglob("*")
                if backup["id"] in p.parts and p.is_file()]
    return backup["error"]


def manifest(world, backup):
    return world.api.fetch(f"/v1/backups/{backup['id']}/manifest")


def is_free(server, name, seconds=1.0):
    """Whether somebody who writes now need not wait."""
    began = time.monotonic()
    server.sql("CREATE TABLE IF NOT EXISTS free (n INT); "
               "INSERT INTO free VALUES (1)", name)
    return time.monotonic() - began < seconds


# ---- what comes back

def test_whole_server_comes_back(world, database, on_btrfs, fs):
    on_btrfs.sql("""
        CREATE TABLE old (id INT PRIMARY KEY, t TEXT) ENGINE=MyISAM;
        INSERT INTO old SELECT seq, REPEAT('x', 100) FROM seq_1_to_1000;
        CREATE TABLE aria (id INT PRIMARY KEY, t TEXT) ENGINE=Aria;
        INSERT INTO aria SELECT seq, REPEAT('y', 100) FROM seq_1_to_1000;
        CREATE SEQUENCE numbers; CREATE VIEW v AS SELECT * FROM old;""",
                 database)
    long = "t" + "ä" * 63
    on_btrfs.sql(f"CREATE TABLE `{long}` (a INT)", database)
    before = physical.snapshot(on_btrfs, database)
    backup = snap(world)
    assert backup["method"] == "snapshot"
    assert backup["consistency"]["state"] == "consistent"
    assert backup["consistency"]["binlog_file"]
    assert backup["warnings"] == []
    found = manifest(world, backup)
    assert found["physical"]["hook"] == "btrfs"
    assert 0 <= found["physical"]["stall_ms"] < DEADLINE * 1000
    assert len(found["names_digest"]) == 32
    assert fs.snapshots() == []
    with copy_of(world, backup) as copy:
        compare.assert_equal(before, physical.snapshot(copy, database))
        for table in ("old", "aria"):
            assert copy.sql(f"CHECK TABLE {table} EXTENDED", database) == \
                [[f"{database}.{table}", "check", "status", "OK"]]
        assert backup["table_count"] == int(copy.value(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_type "
            "IN ('BASE TABLE', 'SYSTEM VERSIONED') AND table_schema NOT IN "
            "('mysql', 'sys', 'performance_schema', 'information_schema')"))


def test_under_writes(world, database, on_btrfs):
    """The copy is exactly what the server was at the position that the backup
    tells."""
    with physical.Load(on_btrfs, database) as load:
        for _ in range(3):
            backup = snap(world)
            done = len(load.done)
            process.until(lambda: len(load.done) > done + 5, 60,
                          "writes go on")
            with copy_of(world, backup) as copy:
                assert load.found(copy) == \
                    load.expect(backup["consistency"]["gtid"])


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
def test_bank_transfers(world, on_btrfs, engine):
    """Money on its way between tables is in neither or in both; of tables
    without transactions, each table is sound."""
    open_bank(on_btrfs, "bank", engine)
    before = total(on_btrfs, "bank")
    try:
        with Tellers(on_btrfs, "bank"):
            backups = [snap(world) for _ in range(2)]
        for backup in backups:
            with copy_of(world, backup) as copy:
                if engine == "InnoDB":
                    assert total(copy, "bank") == before
                for table in range(TABLES):
                    assert copy.sql(f"CHECK TABLE a{table}", "bank")[-1][2:] \
                        == ["status", "OK"]
    finally:
        on_btrfs.drop("bank", "bank_teller")


def test_one_statement_of_myisam_is_whole(world, database, on_btrfs):
    """Rows that one statement changes together are the same in the copy."""
    on_btrfs.sql("CREATE TABLE pair (id INT PRIMARY KEY, n INT) ENGINE=MyISAM;"
                 "INSERT INTO pair SELECT seq, 0 FROM seq_1_to_2000",
                 database)
    stop = threading.Event()

    def work():
        with on_btrfs.session() as session:
            session.run(f"USE {database}")
            while not stop.is_set():
                session.run("UPDATE pair SET n = n + 1")
    thread = threading.Thread(target=work)
    thread.start()
    try:
        process.until(lambda: int(on_btrfs.value(
            "SELECT MIN(n) FROM pair", database)) > 5, 60, "writes go on")
        backup = snap(world)
    finally:
        stop.set()
        thread.join()
    with copy_of(world, backup) as copy:
        count, low, high = copy.sql(
            "SELECT COUNT(*), MIN(n), MAX(n) FROM pair", database)[0]
        assert count == "2000" and low == high != "0"


@pytest.mark.parametrize("flush", [1, 0])
def test_writers_wait_as_long_as_is_told(world, database, on_btrfs, flush):
    stalls = []
    on_btrfs.sql(f"SET GLOBAL innodb_flush_log_at_trx_commit = {flush}")
    with Stall(on_btrfs, database) as beat:
        for _ in range(3):
            beat.longest_ms = 0.0
            backup = snap(world)
            told = manifest(world, backup)["physical"]["stall_ms"]
            stalls.append((told, beat.longest_ms))
    print("told, seen (ms):", stalls)
    on_btrfs.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0")
    for told, seen in stalls:
        assert told < DEADLINE * 1000
        assert seen <= told + 500


def test_encrypted(make, on_btrfs, tmp_path):
    hook, opened = shipped(tmp_path, "btrfs")
    key = Key(tmp_path, "key.txt")
    world = make(on_btrfs, {"btrfs": hook}, [opened],
                 encryption={"recipients": [key.public],
                             "confirm_stored": True})
    data.small(on_btrfs, "sealed")
    before = physical.snapshot(on_btrfs, "sealed")
    backup = snap(world)
    with copy_of(world, backup, key.path) as copy:
        compare.assert_equal(before, physical.snapshot(copy, "sealed"))
    on_btrfs.drop("sealed")


def test_rule24_an_instance_from_a_snapshot(cofferds, on_btrfs, tmp_path):
    """The local provisioner makes it, and it is proven: the tables that were
    listed under the lock, each of them sound."""
    made = instances.Provisioners()
    try:
        hook, opened = shipped(tmp_path, "btrfs")
        server = made.serve(cofferds(start=False),
                            sections({"btrfs": hook}, [opened]))
        world = LocalWorld(server, on_btrfs)
        world.prepare(tmp_path / "pool")
        data.small(on_btrfs, "lively")
        with physical.Load(on_btrfs, "lively") as load:
            backup = snap(world)
            process.until(lambda: len(load.done) > 50, 60, "writes go on")
        source = create(world, backup)
        server = instances.MadeMariaDB(made, source)
        assert load.found(server) == \
            load.expect(backup["consistency"]["gtid"])
        on_btrfs.drop("lively")
    finally:
        made.close()


def test_plan(world, database, on_btrfs):
    world.api.want(201, "POST", "/v1/plans", {
        "name": "nightly", "source": "db", "pool": "pool",
        "strategy": "manual", "method": "snapshot",
        "options": {"snapshot_hook": "btrfs"}})
    run = world.api.want(202, "POST", "/v1/plans/nightly/execute", {})
    backup = world.ended_backup(run)
    assert backup["status"] == "completed", backup
    assert backup["type"] == "automated"
    with copy_of(world, backup) as copy:
        assert database in copy.databases()


def test_mysql(make, fs, mysql_programs, tmp_path):
    """A real MySQL 9: money on its way is in one table or in the other, and
    the binary log ends where the backup says."""
    hook, opened = shipped(tmp_path, "btrfs")
    server = MySQL("--set", f"datadir={fs.top}/db/mysql")
    copy = MySQL()
    try:
        server.await_ready()
        copy.await_ready()
        world = make(server, {"btrfs": hook}, [opened])
        open_bank(server, "bank")
        before = total(server, "bank")
        with Tellers(server, "bank"):
            backup = snap(world)
        print("stall:", manifest(world, backup)["physical"])
        assert backup["consistency"]["state"] == "consistent"
        place = by_hand(world, backup)
        log = place / "copy" / backup["consistency"]["binlog_file"]
        assert log.stat().st_size == backup["consistency"]["binlog_position"]
        refill(copy, place, server)
        assert total(copy, "bank") == before
        for table in range(TABLES):
            assert copy.sql(f"CHECK TABLE a{table}", "bank")[-1][2:] == \
                ["status", "OK"]
    finally:
        server.stop()
        copy.stop()


# ---- refused, before anything happens

def test_scope_is_refused(scripted, database):
    for scope in ({"databases": [{"name": database}]},
                  {"exclude": [f"{database}.t"]}):
        reply = scripted.api.post(
            "/v1/backups",
            scripted.backup_body(method="snapshot", scope=scope))
        assert "whole instance" in json.dumps(
            problem(reply, 422, "invalid_scope", ["/scope"]))


def test_hooks_that_do_not_do(make, server, script, tmp_path):
    world = make(server, {"script": (script.program, script.home)},
                 [script.home / "snapshots"])
    script.tell("say", "probe", {"atomic": False})
    assert "not atomic" in failed(world, "snapshot_refused")["detail"]
    script.tell("say", "probe", {"can": False, "reason": "no such disk"})
    assert "no such disk" in failed(world, "snapshot_refused")["detail"]
    error = failed(world, "snapshot_refused",
                   options={"snapshot_hook": "other"})
    assert "other" in error["detail"]
    assert not script.has_begun("create")


def test_no_hook(make, server):
    world = make(server, {}, [])
    reply = world.api.post("/v1/backups",
                           world.backup_body(method="snapshot"))
    document = problem(reply, 422, "source_check_failed")
    assert "[hook NAME]" in document["detail"], document


def test_data_elsewhere(scripted, server, database, script, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    server.sql(f"CREATE TABLE far (a INT) DATA DIRECTORY='{elsewhere}'",
               database)
    assert "far" in failed(scripted, "snapshot_refused")["detail"]
    server.sql("DROP TABLE far", database)
    server.sql(f"CREATE TABLE far (a INT) ENGINE=MyISAM "
               f"DATA DIRECTORY='{elsewhere}'", database)
    assert "far.MYD" in failed(scripted, "snapshot_refused")["detail"]
    process.until(lambda: not script.snapshots(), 20, "it is released")


def test_somebody_has_a_lock(scripted, server, database, script):
    """Rule 9: one more try, and who is in the way."""
    with server.session() as session:
        session.run("BACKUP STAGE START")
        error = failed(scripted, "lock_not_obtained")
        assert "session" in error["detail"]
        assert [a["code"] for a in error["attempts"]] == \
            ["lock_not_obtained"] * 2
    assert not script.has_begun("create")
    assert is_free(server, database)


# ---- hooks that fail, hang and lie

def test_hook_fails(scripted, server, database, script):
    script.tell("fail", "create", "the pool is full")
    assert "the pool is full" in failed(scripted, "snapshot_failed")["detail"]
    script.untell("fail", "create")
    script.tell("fail", "open", "cannot mount it")
    assert "cannot mount it" in failed(scripted, "snapshot_failed")["detail"]
    process.until(lambda: not script.snapshots(), 20, "it is released")
    script.untell("fail", "open")
    assert is_free(server, database)
    before = physical.snapshot(server, database)
    backup = snap(scripted)
    with copy_of(scripted, backup) as copy:
        compare.assert_equal(before, physical.snapshot(copy, database))


def test_release_fails(scripted, script):
    """The data is there: a warning; and it is tried again."""
    def stop_releasing():
        process.until(lambda: script.has_begun("open"), 60, "it is open")
        script.tell("fail", "release", "busy")
    thread = threading.Thread(target=stop_releasing)
    thread.start()
    backup = snap(scripted)
    thread.join()
    assert [w["code"] for w in backup["warnings"]] == \
        ["snapshot_not_released"]
    assert script.snapshots() != []
    script.untell("fail", "release")
    process.until(lambda: not script.snapshots(), 30, "it is released")


LIES = {
    "another id": ("create", {"id": "bak_other"}),
    "no directory": ("open", {"directory": "snap"}),
    "a directory of nobody's": ("open", {"directory": "/etc"}),
    "one that is not there": ("open", {"directory": None}),
}


@pytest.mark.parametrize("lie", LIES)
def test_hook_lies(scripted, script, lie):
    operation, answer = LIES[lie]
    if answer.get("directory", "") is None:
        answer = {"directory": f"{script.home}/snapshots/none"}
    script.tell("say", operation, answer)
    failed(scripted, "snapshot_failed")
    process.until(lambda: not script.snapshots(), 30, "it is released")


def test_hook_gives_an_older_state(scripted, server, database, script):
    """All looks well, but it is not the server of now."""
    script.tell("say", "release", {})
    first = snap(scripted)
    process.until(lambda: not script.snapshots(), 20, "it is released")
    kept = script.home / "snapshots" / "old"
    btrfs.command("cp", "-a", f"{server.dir}/data", str(kept))
    server.sql("CREATE TABLE later (a INT); INSERT INTO later VALUES (1)",
               database)
    script.tell("say", "open", {"directory": str(kept)})
    error = failed(scripted, "snapshot_failed")
    assert "not of the moment" in error["detail"] or \
        "tables and views" in error["detail"]
    assert first["status"] == "completed"


@pytest.mark.parametrize("stubborn", [False, True],
                         ids=["idle", "stubborn"])
def test_hook_hangs(scripted, server, database, script, stubborn):
    """Past the deadline somebody else can write, whatever the hook does."""
    if stubborn:
        script.tell("stubborn", "create")
    script.tell("wait", "create")
    began = time.monotonic()
    backup = scripted.start_backup(method="snapshot")
    process.until(lambda: script.has_begun("create"), 60, "it hangs")
    # The hook hangs for good: that this ends shows the deadline.
    server.sql("CREATE TABLE waits (n INT)", database)
    assert time.monotonic() - began > DEADLINE
    backup = scripted.ended_backup(backup)
    assert backup["error"]["code"] == "snapshot_timed_out", backup
    process.until(lambda: script.log()[-1].startswith("end release"), 30,
                  "it is released")
    assert script.snapshots() == []
    process.until(lambda: server.connections() == [], 20, "no session")


# ---- the end of it in the middle

MOMENTS = ["create", "open", "pack"]


class Moment:
    """A backup that is kept where the hook (or the archive) is under way."""

    def __init__(self, world, script, moment):
        self.world, self.script, self.moment = world, script, moment
        if moment != "pack":
            script.tell("wait", moment)
        else:
            data.bulky(world.server, "bulky", 60)
        self.backup = world.start_backup(method="snapshot")
        if moment == "pack":
            world.wait_phase(self.backup["job_id"], "data")
        else:
            process.until(lambda: script.has_begun(moment), 60,
                          f"{moment} waits")

    def go_on(self):
        if self.moment != "pack":
            self.script.untell("wait", self.moment)
        else:
            self.world.server.drop("bulky")


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed(scripted, server, database, script, moment):
    """kill -9 of cofferd: locks gone at once, the snapshot at the next
    start."""
    at = Moment(scripted, script, moment)
    scripted.cofferd.kill()
    assert is_free(server, database)
    process.until(lambda: server.connections() == [], 20, "no session")
    at.go_on()
    scripted.cofferd.start()
    record = scripted.record(at.backup["id"])
    assert record["status"] == "failed"
    assert record["error"]["code"] == "interrupted"
    process.until(lambda: script.log()[-1].startswith("end release")
                  or not script.snapshots(), 30, "it is released")
    process.until(lambda: not script.snapshots(), 30, "nothing is left")
    assert snap(scripted)["status"] == "completed"


@pytest.mark.parametrize("moment", MOMENTS)
def test_canceled(scripted, server, database, script, moment):
    at = Moment(scripted, script, moment)
    scripted.api.want(202, "POST", f"/v1/jobs/{at.backup['job_id']}/cancel",
                      {})
    began = time.monotonic()
    assert is_free(server, database)
    assert time.monotonic() - began < 1
    scripted.api.wait_job(at.backup["job_id"], 60)
    assert scripted.record(at.backup["id"])["status"] == "canceled"
    at.go_on()
    process.until(lambda: not script.snapshots(), 30, "it is released")
    process.until(lambda: server.connections() == [], 20, "no session")


@pytest.mark.parametrize("moment", MOMENTS)
def test_stopped(scripted, server, script, moment):
    """A stop in order leaves nothing either."""
    at = Moment(scripted, script, moment)
    scripted.cofferd.stop()
    process.until(lambda: not script.snapshots(), 20, "it is released")
    process.until(lambda: server.connections() == [], 20, "no session")
    at.go_on()
    scripted.cofferd.start()


def test_session_is_killed(scripted, server, database, script):
    """The server ends the session that has the locks: what the hook takes
    then is no state of one moment."""
    script.tell("wait", "create")
    backup = scripted.start_backup(method="snapshot")
    process.until(lambda: script.has_begun("create"), 60, "it waits")
    server.kill_connections()
    script.untell("wait", "create")
    backup = scripted.ended_backup(backup)
    assert backup["status"] == "failed", backup
    process.until(lambda: not script.snapshots(), 30, "it is released")


def test_two_sources_at_once(make, on_btrfs, fs, server, script, tmp_path):
    hook, opened = shipped(tmp_path, "btrfs")
    world = make(on_btrfs, {"btrfs": hook,
                            "script": (script.program, script.home)},
                 [opened, script.home / "snapshots"])
    world.api.want(201, "POST", "/v1/sources",
                   {**flow.source_body(server), "name": "other"})
    before = {}
    for name, one in (("db", on_btrfs), ("other", server)):
        data.small(one, f"both_{name}")
        before[name] = physical.snapshot(one, f"both_{name}")
    script.tell("wait", "create")
    second = world.start_backup(method="snapshot", source="other",
                                options={"snapshot_hook": "script"})
    process.until(lambda: script.has_begun("create"), 60, "it waits")
    first = snap(world)
    script.untell("wait", "create")
    second = world.ended_backup(second)
    assert second["status"] in ("completed", "failed")
    if second["status"] == "failed":  # its deadline came first
        second = snap(world, source="other",
                      options={"snapshot_hook": "script"})
    assert manifest(world, first)["physical"]["hook"] == "btrfs"
    with copy_of(world, first) as copy:
        compare.assert_equal(before["db"],
                             physical.snapshot(copy, "both_db"))
        assert "both_other" not in copy.databases()
    world.server = server
    with copy_of(world, second) as copy:
        compare.assert_equal(before["other"],
                             physical.snapshot(copy, "both_other"))
    on_btrfs.drop("both_db")
    server.drop("both_other")
    assert fs.snapshots() == []


def test_what_was_found_in_the_log(scripted, script):
    """The job's log says which hook, and how long writers waited."""
    backup = snap(scripted)
    lines = scripted.api.get(
        f"/v1/jobs/{backup['job_id']}/log").body.decode()
    assert "the hook script took the snapshot; writers waited" in lines
    assert scripted.api.fetch(f"/v1/jobs/{backup['job_id']}")["status"] \
        in ENDED
