"""One view over several connections, and schema changes while it is read.

COFFER_TEST_BANK_BACKUPS says how many backups the bank makes on each server
(20; at most 50, the quota)."""
import subprocess
import threading

import pytest

from harness import byhand, compare, data, flow, process
from harness.testbed import MariaDB

BACKUPS = process.setting("BANK_BACKUPS", 20)
SOON = {"COFFER_RETRY_SECONDS": "1"}
TABLES, ACCOUNTS, EACH = 6, 500, 1000


@pytest.fixture(scope="module")
def logging_mariadb():
    """With a binary log, and without waiting for an object store."""
    server = MariaDB()
    try:
        yield server.await_ready()
    finally:
        server.stop()


class Local(flow.World):
    """A pool that is a folder."""

    def __init__(self, cofferd, server, folder):
        super().__init__(cofferd, server)
        self.folder = folder

    def prepare(self, **_):
        self.source = self.api.want(201, "POST", "/v1/sources",
                                    flow.source_body(self.server))
        self.pool = self.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(self.folder)}})
        return self

    def directory(self, backup):
        return next(self.folder.rglob(f"{backup['id']}/manifest.json")).parent

    def job(self, backup):
        return self.api.fetch(f"/v1/jobs/{backup['job_id']}")


@pytest.fixture
def make_local(cofferds, tmp_path):
    def make(server, **env):
        folder = tmp_path / flow.unique("pool")
        folder.mkdir()
        return Local(cofferds(env={**SOON, **env}), server, folder).prepare()
    return make


@pytest.fixture
def local(make_local, plain_mariadb):
    return make_local(plain_mariadb)


# ---- the bank

def open_bank(server, name, engine="InnoDB"):
    """Tables of accounts, and a routine that moves money between them until
    it is told to stop."""
    tables = "".join(f"""
        CREATE TABLE a{t} (id INT PRIMARY KEY, v BIGINT NOT NULL, pad TEXT)
            ENGINE={engine};
        INSERT INTO a{t} SELECT seq, {EACH}, REPEAT('x', 200)
            FROM {data.numbers(server, ACCOUNTS)};""" for t in range(TABLES))
    moves = "".join(f"""
            WHEN {t} THEN
                UPDATE {name}.a{t} SET v = v - x WHERE id = i;
                UPDATE {name}.a{(t + 1) % TABLES} SET v = v + x WHERE id = j;
        """ for t in range(TABLES))
    server.sql(f"""
        DROP DATABASE IF EXISTS {name};
        DROP DATABASE IF EXISTS {name}_teller;
        CREATE DATABASE {name}; USE {name}; {tables}
        CREATE DATABASE {name}_teller; USE {name}_teller;
        CREATE TABLE moved (n INT PRIMARY KEY, stop INT NOT NULL);
        INSERT INTO moved VALUES (1, 0);
        DELIMITER //
        CREATE PROCEDURE work() MODIFIES SQL DATA
        BEGIN
            DECLARE i, j, x INT;
            WHILE (SELECT stop FROM moved) = 0 DO
                SET i = 1 + FLOOR(RAND() * {ACCOUNTS});
                SET j = 1 + FLOOR(RAND() * {ACCOUNTS}), x = 1 + RAND() * 9;
                move: BEGIN
                    -- A deadlock takes back the whole of it: no half may
                    -- go on without the other.
                    DECLARE EXIT HANDLER FOR 1213, 1205 ROLLBACK;
                    START TRANSACTION;
                    CASE FLOOR(RAND() * {TABLES}) {moves} END CASE;
                    COMMIT;
                END move;
            END WHILE;
        END//
        DELIMITER ;""")


def total(server, name):
    union = " UNION ALL ".join(f"SELECT v FROM {name}.a{t}"
                               for t in range(TABLES))
    return server.value(f"SELECT CONCAT(COUNT(*), ' ', SUM(v)) "
                        f"FROM ({union}) AS t")


class Tellers:
    """Sessions that move money while the block runs."""

    def __init__(self, server, name, n=3):
        self.server, self.name = server, name
        self.threads = [threading.Thread(target=self.work) for _ in range(n)]
        self.errors = []

    def work(self):
        try:
            self.server.sql(f"CALL {self.name}_teller.work()")
        except AssertionError as error:
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.server.sql(f"UPDATE {self.name}_teller.moved SET stop = 1")
        for thread in self.threads:
            thread.join(60)
        assert not self.errors


@pytest.mark.seconds(240 + 20 * BACKUPS)
@pytest.mark.parametrize("has_binlog", [True, False],
                         ids=["binlog", "no-binlog"])
def test_bank_transfers(make_local, logging_mariadb, plain_mariadb,
                        has_binlog):
    server, copy = logging_mariadb, plain_mariadb
    if not has_binlog:
        server, copy = copy, server
    world = make_local(server)
    open_bank(server, "bank")
    before = total(server, "bank")
    assert before == f"{TABLES * ACCOUNTS} {TABLES * ACCOUNTS * EACH}"
    copy.drop("bank")
    with Tellers(server, "bank"):
        seen = set()
        for _ in range(BACKUPS):
            backup = world.backup("bank", options={"parallelism": 4})
            assert not [w for w in backup["warnings"]
                        if w["code"] == "fewer_connections"], backup
            byhand.restore(world.directory(backup), copy)
            assert total(copy, "bank") == before
            seen.add(str(compare.contents(copy, "bank")))
            copy.drop("bank")
    assert total(server, "bank") == before, "the bank itself is wrong"
    # Money did move, or the sums would say nothing.
    assert len(seen) > 1 or BACKUPS == 1
    server.drop("bank", "bank_teller")


# ---- schema changes in the middle

# Of a backup that is to be met in the middle: one connection reads all, the
# last table last, and stands still when so many bytes have come.
SLOWLY = {"parallelism": 1}
MIDDLE = 1 << 20

CHANGES = {
    "add column": "ALTER TABLE zz ADD COLUMN n INT DEFAULT 5",
    "drop column": "ALTER TABLE zz DROP COLUMN w",
    "drop table": "DROP TABLE zz",
    "rename": "RENAME TABLE zz TO yy",
    "truncate": "TRUNCATE TABLE zz",
    "create table": "CREATE TABLE zzz (a INT)",
    "create index": "CREATE INDEX wi ON zz (w)",
    "drop database": "DROP DATABASE changing",
}


@pytest.fixture
def changing(plain_mariadb):
    """Takes its time to read; its last table is one to change."""
    data.bulky(plain_mariadb, "changing", 4, tables=2)
    plain_mariadb.sql("""
        CREATE TABLE zz (id INT PRIMARY KEY, w INT);
        INSERT INTO zz SELECT seq, seq FROM seq_1_to_1000;""", "changing")
    yield "changing"
    plain_mariadb.drop("changing")


class Change:
    """A statement on a session of its own, which may have to wait."""

    def __init__(self, server, statement):
        self.process = subprocess.Popen(
            server.client("changing", "-e", statement),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=process.clean_environment())

    def is_over(self):
        return self.process.poll() is not None

    def is_held_off(self, server):
        """Whether it waits, for a lock of any kind."""
        return not self.is_over() and server.sql(
            "SELECT 1 FROM information_schema.processlist "
            "WHERE db = 'changing' AND state LIKE 'Waiting%'")

    def wait(self):
        _, errors = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, errors


def copied(world, backup, server):
    """What the backup holds, seen on another server."""
    byhand.restore(world.directory(backup), server)
    try:
        return compare.snapshot(server, "changing")
    finally:
        server.drop("changing")


@pytest.mark.parametrize("change", CHANGES)
def test_schema_changes_wait(local, plain_mariadb, logging_mariadb, changing,
                             change, halts):
    before = compare.snapshot(plain_mariadb, changing)
    with halts(local, down=MIDDLE) as halt:
        backup = local.start_backup(changing, options=SLOWLY)
        halt.reached()
        statement = Change(plain_mariadb, CHANGES[change])
        process.until(lambda: statement.is_over() or plain_mariadb.sql(
            "SELECT 1 FROM information_schema.processlist "
            "WHERE state = 'Waiting for backup lock'"), 20, "it waits")
        assert not statement.is_over()
    record = local.ended_backup(backup)
    assert record["status"] == "completed", record
    statement.wait()
    assert copied(local, record, logging_mariadb) == before


# A table that came after the view was taken is none of the backup.
@pytest.mark.parametrize("change", [c for c in CHANGES if c != "create table"])
def test_schema_changes_are_found_without_a_guard(
        make_local, plain_mariadb, logging_mariadb, changing, change, halts):
    world = make_local(plain_mariadb, COFFER_GUARD_SECONDS="0",
                       COFFER_RETRY_SECONDS="3600")
    before = compare.snapshot(plain_mariadb, changing)
    with halts(world, down=MIDDLE) as halt:
        backup = world.start_backup(changing, options=SLOWLY)
        halt.reached()
        statement = Change(plain_mariadb, CHANGES[change])
        process.until(lambda: statement.is_over()
                      or statement.is_held_off(plain_mariadb), 60,
                      "it is made, or waits for what is just read")
    statement.wait()

    def noticed():
        job = world.job(backup)
        record = world.record(backup["id"])
        return job["progress"]["phase"] == "pause" or \
            record["status"] != "backing_up"
    process.until(noticed, 120, "the change is noticed")
    record = world.record(backup["id"])
    # TRUNCATE changes no definition: it is an error of who has yet to read
    # the table, and no concern of who has read it.
    assert record["status"] != "completed" or change == "truncate", record
    if record["status"] == "completed":
        assert copied(world, record, logging_mariadb) == before


def grant(server, user, rights):
    server.sql(f"CREATE USER {user} IDENTIFIED BY '{server.password}'; "
               f"GRANT {rights} ON *.* TO {user}")


def test_without_the_right_to_lock(make_local, plain_mariadb, database):
    small = database(data.small, server=plain_mariadb)
    grant(plain_mariadb, "meek", "SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE")
    world = make_local(plain_mariadb)
    world.api.want(200, "PATCH", "/v1/sources/db", {
        "connection": flow.connection(plain_mariadb, user="meek")})
    try:
        record = world.backup(small, options={"parallelism": 2})
    finally:
        plain_mariadb.sql("DROP USER meek")
    codes = {w["code"] for w in record["warnings"]}
    assert {"no_ddl_guard", "fewer_connections"} <= codes, record


# ---- locks

def test_lock_held_by_another_session(local, plain_mariadb, database):
    small = database(data.small, server=plain_mariadb)
    with plain_mariadb.session() as holder:
        holder.run("BACKUP STAGE START")
        holder.run("DO 'nothing'")
        record = local.ended_backup(local.start_backup(small))
    error = record["error"]
    assert record["status"] == "failed"
    assert error["code"] == "lock_not_obtained", error
    assert "root@localhost" in str(error), error


def test_cancel_leaves_no_lock(local, plain_mariadb, changing, halts):
    with halts(local, down=MIDDLE) as halt:
        backup = local.start_backup(changing, options=SLOWLY)
        halt.reached()
        local.api.want((200, 202), "POST",
                       f"/v1/backups/{backup['id']}/cancel")
    process.until(lambda: not plain_mariadb.connections(), 60,
                  "no session is left")
    plain_mariadb.sql("SET lock_wait_timeout = 1;"
                      "ALTER TABLE zz ADD COLUMN n INT; FLUSH TABLES "
                      "WITH READ LOCK; UNLOCK TABLES", changing)
    assert local.ended_backup(backup)["status"] == "canceled"


def test_server_killed_leaves_no_lock(local, plain_mariadb, changing, halts):
    with halts(local, down=MIDDLE) as halt:
        local.start_backup(changing, options=SLOWLY)
        halt.reached()
        local.cofferd.kill()
    process.until(lambda: not plain_mariadb.connections(), 60,
                  "no session is left")
    plain_mariadb.sql("SET lock_wait_timeout = 1; DROP TABLE zz", changing)


# ---- tables without transactions

def test_writes_to_myisam_are_not_held_off(local, plain_mariadb, changing,
                                           halts):
    """Out of the scope as well: the guard goes for them."""
    plain_mariadb.sql("CREATE DATABASE aside; "
                      "CREATE TABLE aside.m (a INT) ENGINE=MyISAM")
    # The session with the guard goes on.
    with halts(local, down=MIDDLE, alone=True) as halt:
        backup = local.start_backup(changing, options=SLOWLY)
        halt.reached()
        plain_mariadb.sql("SET lock_wait_timeout = 60; "
                          "INSERT INTO aside.m VALUES (1)")
    record = local.ended_backup(backup)
    plain_mariadb.drop("aside")
    assert record["status"] == "completed", record


@pytest.mark.parametrize("is_locking", [True, False])
def test_tables_without_transactions(local, plain_mariadb, changing,
                                     logging_mariadb, is_locking, halts):
    plain_mariadb.sql("""
        CREATE TABLE m (a INT) ENGINE=MyISAM;
        INSERT INTO m SELECT seq FROM seq_1_to_1000""", changing)
    before = compare.snapshot(plain_mariadb, changing)
    options = {**SLOWLY, "lock_non_transactional": is_locking}
    with halts(local, down=MIDDLE) as halt:
        backup = local.start_backup(changing, options=options)
        halt.reached()
        write = Change(plain_mariadb, "INSERT INTO m VALUES (0)")
        if is_locking:
            process.until(lambda: write.is_held_off(plain_mariadb), 60,
                          "it waits")
        else:
            write.wait()
    record = local.ended_backup(backup)
    write.wait()
    assert record["status"] == "completed", record
    assert record["consistency"]["state"] == (
        "consistent" if is_locking else "partial")
    codes = [w["code"] for w in record["warnings"]]
    assert ("non_transactional" in codes) is not is_locking
    if is_locking:
        assert copied(local, record, logging_mariadb) == before
