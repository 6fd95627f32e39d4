"""Bad days of a source and of a target, each at a chosen point: connections
that are cut or killed, schema changes, rights that go, a server that dies, a
target that is full. The right code, nothing left behind, and nothing that says
`completed` and lacks something."""
import itertools
import random
import threading

import pytest

from harness import compare, data, flow, process
from harness.compare import quote
from harness.proxy import Proxy
from harness.testbed import MariaDB
from harness.trip import LocalWorld

POINTS = process.setting("KILL_POINTS", 50)
LOST = ("connection_failed",)
CHANGED = ("source_changed", "ddl_in_progress", "lock_not_obtained")
QUICK = {"COFFER_RETRY_SECONDS": "0", "COFFER_STALL_SECONDS": "30"}


class Rig:
    """cofferd, a folder as its pool, and the relay before its source."""

    def __init__(self, cofferd, server, folder, user=None):
        self.server = server
        self.proxy = Proxy(server)
        self.world = LocalWorld(cofferd, server)
        self.world.folder = folder
        self.api = cofferd.api
        account = user or {"user": server.user, "password": server.password}
        body = flow.source_body(server)
        body["connection"] = {"host": server.host, "port": self.proxy.port,
                              "tls": "disabled", **account}
        self.api.want(201, "POST", "/v1/sources", body)
        self.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(folder)}})

    def try_backup(self, name):
        """The record of a backup that may fail, or None when it was refused
        because its source could not be reached."""
        reply = self.api.post("/v1/backups", self.world.backup_body(name))
        if reply.status == 202:
            return self.world.ended_backup(reply.json)
        assert reply.status == 409, (reply.status, reply.json)
        assert reply.json["code"] == "source_unavailable", reply.json
        return None

    def try_restore(self, backup, **changes):
        """The same of a restore."""
        reply = self.api.post("/v1/restores",
                              self.world.restore_body(backup, **changes))
        if reply.status == 202:
            return self.world.ended_restore(reply.json)
        assert reply.status == 409, (reply.status, reply.json)
        assert reply.json["code"] == "source_unavailable", reply.json
        return None

    def contents(self, backup, name):
        """What a backup holds: restored under another name, and read."""
        other = f"{name}_copy"
        self.server.drop(other)
        self.world.restore(backup, rename={name: other})
        found = compare.rows(self.server, other)
        self.server.drop(other)
        return found

    def assert_free(self):
        """Soon no session of cofferd's and no lock is left."""
        process.until(lambda: not self.server.connections(), 60,
                      "no session is left")
        self.server.sql("SET lock_wait_timeout = 20; "
                        "FLUSH TABLES WITH READ LOCK; UNLOCK TABLES")

    def assert_swept(self, backup):
        process.until(
            lambda: not any(backup["id"] in str(path) for path
                            in self.world.folder.rglob("*.zst")),
            90, "what a failed backup stored is gone")


@pytest.fixture
def rig(cofferds, mariadb, tmp_path):
    made = []

    def make(server=mariadb, **more):
        made.append(Rig(cofferds(env=QUICK), server, tmp_path / "pool",
                        **more))
        return made[-1]
    yield make
    for one in made:
        one.proxy.close()


def kill_one(server):
    ids = server.connections()
    if ids:
        server.sql(f"KILL CONNECTION {random.choice(ids)}", force=True)


def judge(rig, name, before, record):
    """A failure says why; a success holds everything."""
    if record is None:
        return
    if record["status"] == "completed":
        assert rig.contents(record, name) == before
        rig.api.want(202, "DELETE", f"/v1/backups/{record['id']}")
        return
    assert record["status"] == "failed", record
    assert record["error"]["code"] in LOST, record["error"]
    assert len(record["error"]["detail"]) > 20, record["error"]


def losses(rig, total):
    """Connections are cut by the network, or one is killed by an
    administrator: in turns, at POINTS amounts of bytes, spread evenly."""
    ways = itertools.cycle([rig.proxy.cut, lambda: kill_one(rig.server)])
    for k in range(POINTS):
        yield next(ways), int((k + 0.5) * total / POINTS)


@pytest.mark.seconds(400)
def test_connections_lost_during_a_dump(rig, mariadb, shop):
    rig = rig()
    before = compare.rows(mariadb, shop)
    rig.proxy.reset()
    rig.world.backup(shop)
    lost = 0
    for lose, point in losses(rig, rig.proxy.down):
        rig.proxy.reset()
        rig.proxy.at(lose, down=point)
        record = rig.try_backup(shop)
        judge(rig, shop, before, record)
        lost += record is None or record["status"] == "failed"
        rig.assert_free()
    # A connection that was idle for good may be lost without harm.
    assert lost > POINTS // 3
    rig.proxy.reset()
    assert rig.contents(rig.world.backup(shop), shop) == before


@pytest.mark.seconds(400)
def test_connections_lost_during_a_restore(rig, mariadb, shop):
    rig = rig()
    before = compare.snapshot(mariadb, shop)
    backup = rig.world.backup(shop)
    again = {"overwrite": True, "confirm": [shop]}
    rig.proxy.reset()
    rig.world.restore(backup, **again)
    lost = 0
    for lose, point in losses(rig, rig.proxy.up):
        rig.proxy.reset()
        rig.proxy.at(lose, up=point)
        record = rig.try_restore(backup, **again)
        if record is not None and record["status"] == "completed":
            assert record["verified"]
            compare.assert_equal(before, compare.snapshot(mariadb, shop))
        elif record is not None:
            assert record["error"]["code"] in ("connection_failed",
                                               "target_failed"), record
            assert record["verified"] is not True
            lost += 1
        rig.assert_free()
    assert lost > POINTS // 3
    rig.proxy.reset()
    rig.world.restore(backup, **again)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def several(server, name):
    """A few tables of some 100 KiB each."""
    server.sql(f"CREATE DATABASE {quote(name)}")
    server.sql("".join(f"""
        CREATE TABLE t{n} (id INT PRIMARY KEY, a INT NOT NULL, v TEXT);
        INSERT INTO t{n} SELECT seq, seq * {n}, CONCAT('row ', SHA2(seq, 512))
            FROM seq_1_to_1000;""" for n in range(8)), name)
    return name


DDL = {
    "add column": "ALTER TABLE {}.t4 ADD COLUMN b INT DEFAULT 7",
    "drop column": "ALTER TABLE {}.t4 DROP COLUMN a",
    "modify column": "ALTER TABLE {}.t4 MODIFY v VARCHAR(200)",
    "create index": "CREATE INDEX i ON {}.t4 (a)",
    "rename table": "RENAME TABLE {0}.t4 TO {0}.other",
    "truncate": "TRUNCATE TABLE {}.t4",
    "drop table": "DROP TABLE {}.t4",
    "create table": "CREATE TABLE {}.more AS SELECT 1 AS one",
    "drop database": "DROP DATABASE {}",
}
MOMENTS = {
    "before": {"text": b"SHOW GRANTS"},
    "copy": {"down": None},
    "end": {"text": b"information_schema.ROUTINES"},
}


class Change:
    """A schema change by somebody else, who waits as long as he has to."""

    def __init__(self, server, statement):
        self.server, self.statement = server, statement
        self.thread = threading.Thread(target=self._run)
        self.error = None

    def _run(self):
        try:
            self.server.sql(f"SET lock_wait_timeout = 150; {self.statement}")
        except AssertionError as error:
            self.error = error

    def _is_waiting(self):
        rows = self.server.sql(
            "SELECT 1 FROM information_schema.processlist "
            "WHERE state LIKE 'Waiting%' AND info LIKE "
            f"'{self.statement[:20]}%'")
        return not self.thread.is_alive() or rows

    def begin(self):
        """Until it is over, or waits for a lock."""
        self.thread.start()
        process.until(self._is_waiting, 20, "the change is made, or waits")

    def end(self):
        self.thread.join(180)
        assert not self.thread.is_alive(), "the change still waits"
        assert self.error is None, self.error


@pytest.mark.parametrize("moment", MOMENTS)
def test_rule09_schema_changes(rig, mariadb, database, moment):
    """Nine kinds, each at this moment: it waits, or it is found. (All in one
    test, since starting the server takes longer.)"""
    rig = rig()
    name = "changing"
    for kind, statement in DDL.items():
        database(several, name=name)
        before = compare.rows(mariadb, name)
        point = dict(MOMENTS[moment])
        if "down" in point:
            rig.proxy.reset()
            rig.world.backup(name)
            point["down"] = int(rig.proxy.down * 0.6)
        change = Change(mariadb, statement.format(name))
        rig.proxy.reset()
        trigger = rig.proxy.at(change.begin, **point)
        record = rig.try_backup(name)
        assert trigger.check(), f"{kind}: nothing happened"
        change.end()
        rig.assert_free()
        _judge_change(rig, name, before, record, kind)
        mariadb.drop(name)


def _judge_change(rig, name, before, record, kind):
    server = rig.server
    if record["status"] == "failed":
        codes = CHANGED + ("invalid_scope",) * (kind == "drop database")
        assert record["error"]["code"] in codes, (kind, record["error"])
        assert name in record["error"]["detail"], (kind, record["error"])
        return
    assert record["status"] == "completed", (kind, record)
    after = (compare.rows(server, name) if name in server.databases()
             else None)
    assert rig.contents(record, name) in (before, after), kind


def test_rule09_a_change_that_waits_is_named(rig, mariadb, database):
    """Somebody's transaction holds a table, somebody's ALTER waits for it:
    one retry, then both causes, with who it is."""
    rig = rig()
    name = database(several)
    change = Change(mariadb, f"ALTER TABLE {name}.t1 ADD COLUMN z INT")
    with mariadb.session() as session:
        session.run(f"BEGIN; SELECT COUNT(*) FROM {name}.t1")
        change.begin()
        record = rig.try_backup(name)
        session.run("COMMIT")
    change.end()
    assert record["status"] == "failed"
    assert record["error"]["code"] in ("ddl_in_progress", "lock_not_obtained")
    assert "ALTER TABLE" in record["error"]["detail"], record["error"]
    assert len(record["error"]["attempts"]) == 2, record["error"]
    rig.assert_free()
    rig.world.backup(name)


def limited(server, *databases):
    """An account that may back up these databases and nothing else."""
    grants = "".join(
        "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE "
        f"ON {quote(d)}.* TO limited@'127.0.0.1';" for d in databases)
    server.sql("CREATE OR REPLACE USER limited@'127.0.0.1' "
               f"IDENTIFIED BY 'limited-one'; {grants}"
               "GRANT SELECT ON mysql.proc TO limited@'127.0.0.1'")
    return {"user": "limited", "password": "limited-one"}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("rights", ["ALL", "TRIGGER", "EXECUTE", "EVENT"])
def test_rights_that_go_in_the_middle(rig, mariadb, shop, rights, share):
    """What the account may not see any more must not be missing silently."""
    rig = rig(user=limited(mariadb, shop))
    rig.proxy.reset()
    before = set(_objects(rig, rig.world.backup(shop)))
    down = rig.proxy.down

    def revoke():
        mariadb.sql(f"REVOKE {rights} ON {quote(shop)}.* "
                    "FROM limited@'127.0.0.1'")
    rig.proxy.reset()
    trigger = rig.proxy.at(revoke, down=int(down * share))
    record = rig.try_backup(shop)
    assert trigger.check()
    if record["status"] == "completed":
        assert set(_objects(rig, record)) == before
    else:
        assert record["error"]["code"] == "access_denied", record["error"]


def _objects(rig, backup):
    counts = rig.api.fetch(f"/v1/backups/{backup['id']}/manifest")["counts"]
    # Bytes depend on how the connections shared the tables.
    return {(kind, number) for kind, number in counts.items()
            if kind != "bytes"}


def test_server_that_dies_in_the_middle(rig, tmp_path):
    server = MariaDB().await_ready()
    try:
        name = several(server, "dying")
        rig = rig(server)
        rig.proxy.reset()
        rig.world.backup(name)
        point = rig.proxy.down // 2
        rig.proxy.reset()
        rig.proxy.at(server.kill, down=point)
        record = rig.try_backup(name)
        assert record["status"] == "failed", record
        assert record["error"]["code"] in LOST
        rig.assert_swept(record)
        server.start_again()
        rig.proxy.reset()
        # It may have lost what it had not yet written.
        left = compare.rows(server, name)
        assert rig.contents(rig.world.backup(name), name) == left > 0
    finally:
        server.stop()


@pytest.fixture
def target(rig):
    """A second server, of its own settings, as source "target"."""
    made = []

    def make(rig, **settings):
        server = MariaDB(*[word for key, value in settings.items()
                           for word in ("--set", f"{key}={value}")])
        made.append(server)
        server.await_ready()
        rig.api.want(201, "POST", "/v1/sources",
                     flow.source_body(server, "target"))
        return server
    yield make
    for server in made:
        server.stop()


def test_target_that_is_full(rig, target, database):
    """A tablespace that may not grow is to the server as a full disk is."""
    rig = rig()
    name = database(data.bulky, 48)
    backup = rig.world.backup(name)
    server = target(rig, innodb_file_per_table=0,
                    innodb_data_file_path="ibdata1:32M")
    record = rig.world.ended_restore(rig.world.start_restore(
        backup, target={"source": "target"}))
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "target_failed", record["error"]
    assert "full" in record["error"]["detail"], record["error"]
    process.until(lambda: not server.connections(), 60, "no session is left")
    assert rig.world.record(backup["id"])["status"] == "completed"


def test_target_that_takes_no_such_row(rig, target, mariadb, database):
    rig = rig()
    name = database(data.small)
    mariadb.sql(f"CREATE TABLE {name}.wide (v LONGTEXT); "
                f"INSERT INTO {name}.wide VALUES (REPEAT('x', 3000000))")
    backup = rig.world.backup(name)
    server = target(rig, max_allowed_packet="1M")
    reply = rig.api.post("/v1/restores", rig.world.restore_body(
        backup, target={"source": "target"}))
    assert reply.status == 409, reply.json
    assert reply.json["code"] == "target_incompatible"
    assert "max_allowed_packet" in reply.json["detail"]
    assert name not in server.databases()
