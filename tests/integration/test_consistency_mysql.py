"""On MySQL: one view over several connections, its place in the log, and
schema changes while it is read."""
import pytest

from harness import compare, data, flow, process, trip
from harness.testbed import MySQL
from test_consistency import (ACCOUNTS, EACH, MIDDLE, SLOWLY, SOON, TABLES,
                              Change, Tellers, grant, open_bank, total)

BACKUPS = process.setting("BANK_BACKUPS", 3)
WAITING = ("SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE "
           "object_type = 'BACKUP LOCK' AND lock_status = 'PENDING'")
HELD = ("SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE "
        "object_type = 'BACKUP LOCK' AND lock_status = 'GRANTED'")

# The last is of a database of its own, since all wait at the same time.
CHANGES = {
    "add column": "ALTER TABLE zz0 ADD COLUMN n INT DEFAULT 5",
    "drop column": "ALTER TABLE zz1 DROP COLUMN w",
    "drop table": "DROP TABLE zz2",
    "rename": "RENAME TABLE zz3 TO yy",
    "truncate": "TRUNCATE TABLE zz4",
    "create table": "CREATE TABLE zzz (a INT)",
    "create index": "CREATE INDEX wi ON zz5 (w)",
    "drop database": "DROP DATABASE changing_too",
}


@pytest.fixture(scope="module")
def gtid_mysql(mysql_programs):
    """With GTIDs in its binary log."""
    server = MySQL("--set", "gtid_mode=ON",
                   "--set", "enforce_gtid_consistency=ON")
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture
def make_local(cofferds, tmp_path, gtid_mysql):
    def make(**env):
        return trip.LocalWorld(cofferds(env={**SOON, **env}),
                               gtid_mysql).prepare(
            tmp_path / flow.unique("pool"))
    return make


@pytest.fixture
def local(make_local):
    return make_local()


@pytest.fixture
def changing(gtid_mysql):
    """Takes its time to read; its last tables are some to change."""
    server = gtid_mysql
    data.bulky(server, "changing", 4, tables=2)
    server.sql("".join(f"CREATE TABLE zz{t} (id INT PRIMARY KEY, w INT);"
                       f"INSERT INTO zz{t} VALUES (1, 1), (2, 2);"
                       for t in range(6)), "changing")
    server.sql("CREATE DATABASE changing_too; USE changing_too;"
               "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    yield "changing"
    server.drop("changing", "changing_too")


def codes(record):
    return {w["code"] for w in record["warnings"]}


def assert_left_alone(server):
    """No session of ours, and so no lock."""
    process.until(lambda: not server.connections(), 60, "no session is left")
    assert server.value(HELD) == "0"


@pytest.mark.parametrize("parallelism", [4, 9])
def test_bank_transfers(local, gtid_mysql, parallelism):
    server = gtid_mysql
    open_bank(server, "bank")
    before = f"{TABLES * ACCOUNTS} {TABLES * ACCOUNTS * EACH}"
    seen = set()
    try:
        with Tellers(server, "bank"):
            for _ in range(BACKUPS):
                backup = local.backup("bank", options={
                    "parallelism": parallelism})
                assert not codes(backup), backup
                local.restore(backup, rename={"bank": "copy"})
                assert total(server, "copy") == before
                seen.add(str(compare.contents(server, "copy")))
                server.drop("copy")
        assert len(seen) > 1
    finally:
        server.drop("bank", "bank_teller", "copy")
    assert_left_alone(server)


def test_place_in_the_log(local, gtid_mysql):
    """The GTIDs are those of the rows in the backup, not one more or less:
    each transaction is a row."""
    server = gtid_mysql
    server.sql("""
        CREATE DATABASE steps; USE steps;
        CREATE TABLE t (n INT AUTO_INCREMENT PRIMARY KEY);
        CREATE TABLE other (a INT);
        CREATE DATABASE bank_teller; USE bank_teller;
        CREATE TABLE moved (n INT PRIMARY KEY, stop INT NOT NULL);
        INSERT INTO moved VALUES (1, 0);
        DELIMITER //
        CREATE PROCEDURE work() MODIFIES SQL DATA
        WHILE (SELECT stop FROM moved) = 0 DO
            INSERT INTO steps.t VALUES ();
        END WHILE//
        DELIMITER ;""")
    start = _last(server.value("SELECT @@GLOBAL.gtid_executed"))
    try:
        with Tellers(server, "bank", n=2):
            process.until(lambda: server.value("SELECT COUNT(*) FROM steps.t")
                          != "0", 60, "they are at work")
            backups = [local.backup("steps", options={"parallelism": 4})
                       for _ in range(BACKUPS)]
        for backup in backups:
            place = backup["consistency"]
            assert place["binlog_file"].startswith("binlog"), place
            assert place["binlog_position"] > 0
            local.restore(backup, rename={"steps": "copy"})
            rows = server.value("SELECT COUNT(*) FROM t", "copy")
            server.drop("copy")
            assert int(rows) == _last(place["gtid"]) - start > 0
    finally:
        server.drop("steps", "bank_teller", "copy")


def _last(gtids):
    """The last number of "uuid:1-42"."""
    return int(gtids.rsplit("-", 1)[-1].rsplit(":", 1)[-1])


def test_schema_changes_wait(local, gtid_mysql, changing, halts):
    server = gtid_mysql
    before = [compare.snapshot(server, name)
              for name in (changing, "changing_too")]
    with halts(local, down=MIDDLE) as halt:
        backup = local.start_backup(changing, "changing_too", options=SLOWLY)
        halt.reached()
        statements = [Change(server, s) for s in CHANGES.values()]
        process.until(lambda: any(s.is_over() for s in statements)
                      or server.value(WAITING) == str(len(CHANGES)), 20,
                      "all of them wait")
        assert not [s.is_over() for s in statements if s.is_over()]
        server.sql("INSERT INTO zz0 VALUES (9, 9)", changing)
    record = local.ended_backup(backup)
    assert record["status"] == "completed", record
    assert not codes(record)
    for statement in statements:
        statement.wait()
    assert_left_alone(server)
    server.drop(changing)
    local.restore(record)
    assert [compare.snapshot(server, name)
            for name in (changing, "changing_too")] == before


def test_schema_change_that_is_at_work(local, gtid_mysql, changing):
    server = gtid_mysql
    with server.session() as reader:
        reader.run(f"BEGIN; SELECT COUNT(*) FROM {changing}.zz0")
        change = Change(server, CHANGES["add column"])
        process.until(lambda: server.sql(
            "SELECT 1 FROM information_schema.processlist WHERE "
            "state = 'Waiting for table metadata lock'"), 20, "it waits")
        record = local.ended_backup(local.start_backup(changing))
        reader.run("COMMIT")
    change.wait()
    error = record["error"]
    assert record["status"] == "failed"
    assert error["code"] == "ddl_in_progress", error
    assert "ALTER TABLE zz0" in str(error), error
    assert_left_alone(server)


def test_lock_held_by_another_session(local, gtid_mysql, changing):
    with gtid_mysql.session() as holder:
        holder.run(f"LOCK TABLES {changing}.zz0 WRITE")
        record = local.ended_backup(local.start_backup(
            changing, options={"parallelism": 2}))
    error = record["error"]
    assert record["status"] == "failed"
    assert error["code"] == "lock_not_obtained", error
    assert "root@localhost" in str(error), error
    assert_left_alone(gtid_mysql)


def test_cancel_leaves_no_lock(local, gtid_mysql, changing, halts):
    with halts(local, down=MIDDLE) as halt:
        backup = local.start_backup(changing, options=SLOWLY)
        halt.reached()
        assert gtid_mysql.value(HELD) == "1"
        local.api.want((200, 202), "POST",
                       f"/v1/backups/{backup['id']}/cancel")
    assert_left_alone(gtid_mysql)
    assert local.ended_backup(backup)["status"] == "canceled"


def test_without_the_right_to_lock(local, gtid_mysql, changing):
    server = gtid_mysql
    grant(server, "meek", "SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE, "
          "SHOW_ROUTINE")
    local.api.want(200, "PATCH", "/v1/sources/db", {
        "connection": flow.connection(server, user="meek")})
    try:
        record = local.backup(changing, options={"parallelism": 2})
    finally:
        server.sql("DROP USER meek")
    assert {"no_ddl_guard", "fewer_connections"} <= codes(record), record
