"""A restore that writes over several connections: all of them, past other
sessions' locks, and into a target that takes small packets."""
import pytest

from harness import compare, data, flow, process
from harness.compare import quote
from harness.proxy import Proxy


def make_local(cofferd, mariadb, folder, port):
    """A server with a pool in a folder: no object store is needed."""
    folder.mkdir()
    world = flow.World(cofferd, mariadb)
    world.api.want(201, "POST", "/v1/sources", flow.source_body(
        mariadb, connection=flow.connection(mariadb, port=port)))
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        # Enough parts for each connection to have some.
        "part_bytes": 1 << 20,
        "local_directory": {"path": str(folder)}})
    return world


@pytest.fixture
def local(cofferd, mariadb, tmp_path):
    return make_local(cofferd, mariadb, tmp_path / "pool", mariadb.port)


@pytest.fixture
def relayed(cofferd, mariadb, tmp_path):
    """The same, with a relay before the database server."""
    relay = Proxy(mariadb)
    yield make_local(cofferd, mariadb, tmp_path / "pool", relay.port), relay
    relay.close()


def with_other_engines(server, name):
    """Text enough for several connections, and tables that no ROLLBACK
    takes back."""
    data.bulky(server, name, 24)
    for engine in ("MyISAM", "Aria"):
        server.sql(f"CREATE TABLE {engine} (a INT, b CHAR(200)) "
                   f"ENGINE={engine}; INSERT INTO {engine} "
                   "SELECT seq, MD5(seq) FROM seq_1_to_20000", name)
    return name


@pytest.fixture
def logged(mariadb):
    """Statements go into a table, with the connection that sent them."""
    mariadb.sql("TRUNCATE mysql.general_log; SET GLOBAL log_output = 'TABLE';"
                "SET GLOBAL general_log = 1")
    try:
        yield lambda where: int(mariadb.value(
            "SELECT COUNT(DISTINCT thread_id) FROM mysql.general_log "
            f"WHERE {where}"))
    finally:
        mariadb.sql("SET GLOBAL general_log = 0; "
                    "SET GLOBAL log_output = 'FILE'; "
                    "TRUNCATE mysql.general_log")


@pytest.mark.parametrize("connections", [1, 3])
def test_rows_over_connections(local, database, mariadb, logged, connections):
    name = database(with_other_engines)
    before = compare.snapshot(mariadb, name)
    backup = local.backup(name)
    mariadb.drop(name)
    mariadb.sql("TRUNCATE mysql.general_log")
    local.restore(backup, options={"parallelism": connections})
    compare.assert_equal(before, compare.snapshot(mariadb, name))
    assert logged("argument LIKE 'INSERT INTO%'") == connections
    assert logged("argument LIKE 'CREATE TABLE%'") == 1


def test_a_small_packet(local, database, mariadb):
    """Rows of a KiB in statements of a MiB: those are cut."""
    name = database(data.bulky, 4)
    before = compare.snapshot(mariadb, name)
    backup = local.backup(name)
    packet = mariadb.value("SELECT @@GLOBAL.max_allowed_packet")
    mariadb.drop(name)
    try:
        mariadb.sql("SET GLOBAL max_allowed_packet = 65536")
        local.restore(backup)
    finally:
        mariadb.sql(f"SET GLOBAL max_allowed_packet = {packet}")
    compare.assert_equal(before, compare.snapshot(mariadb, name))


def two_tables(server, name):
    """So small that their rows share a frame and so a transaction."""
    server.sql(f"CREATE DATABASE {quote(name)}")
    for table in ("y", "z"):
        server.sql(f"CREATE TABLE {table} (a INT PRIMARY KEY, b INT);"
                   f"INSERT INTO {table} SELECT seq, seq FROM seq_1_to_100",
                   name)
    return name


def is_locked_out(mariadb):
    return int(mariadb.value("SELECT COUNT(*) FROM "
                             "information_schema.INNODB_LOCK_WAITS"))


def test_a_deadlock_loses_nothing(relayed, database, mariadb):
    """Another session holds a gap in z, where the restore waits with rows of
    y in its transaction, and then wants those: one of the two must go, and
    it is the restore, since the other has changed more."""
    local, relay = relayed
    name = database(two_tables)
    before = compare.snapshot(mariadb, name)
    # One connection reads y before z, into one frame.
    backup = local.backup(name, options={"parallelism": 1})
    mariadb.drop(name)
    heavy = database(data.small)
    deadlocks = ("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
                 " WHERE VARIABLE_NAME = 'Innodb_deadlocks'")
    earlier = int(mariadb.value(deadlocks))
    with mariadb.session() as other:
        other.run("SET SESSION autocommit = 0;"
                  f"INSERT INTO {quote(heavy)}.t SELECT seq, 'x' "
                  "FROM seq_10000_to_60000")
        locks = relay.at(
            lambda: other.run(f"SELECT * FROM {quote(name)}.z FOR UPDATE"),
            text=b"INSERT INTO `y`")
        restore = local.start_restore(backup, options={"parallelism": 1})
        process.until(locks.check, 60, "rows of y are about to come")
        process.until(lambda: is_locked_out(mariadb), 60,
                      "the restore waits")
        other.run(f"SELECT * FROM {quote(name)}.y FOR UPDATE; ROLLBACK")
        record = local.ended_restore(restore)
    assert record["status"] == "completed", record
    assert int(mariadb.value(deadlocks)) > earlier
    compare.assert_equal(before, compare.snapshot(mariadb, name))


def with_definer(server, name):
    data.small(server, name)
    server.sql("CREATE USER IF NOT EXISTS gone@nowhere;"
               "CREATE DEFINER = gone@nowhere SQL SECURITY DEFINER VIEW v AS "
               "SELECT 'CREATE DEFINER=`a`@`b`' AS x;"
               "CREATE DEFINER = gone@nowhere TRIGGER tr BEFORE INSERT ON t "
               "FOR EACH ROW SET @x = 1;"
               # Printed with double quotes ever after.
               "SET sql_mode = 'ANSI_QUOTES';"
               "CREATE DEFINER = gone@nowhere PROCEDURE p() "
               'SELECT 1 AS "a";'
               "CREATE DEFINER = gone@nowhere FUNCTION f() RETURNS INT "
               "DETERMINISTIC "
               "RETURN 1;"
               "CREATE DEFINER = gone@nowhere EVENT e ON SCHEDULE EVERY 1 "
               "YEAR STARTS '2037-01-01' DO DO 1;"
               "DROP USER gone@nowhere", name)
    return name


DEFINERS = ("SELECT DEFINER FROM information_schema.VIEWS "
            "WHERE TABLE_SCHEMA = '{0}' UNION SELECT DEFINER FROM "
            "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{0}' "
            "UNION SELECT DEFINER FROM information_schema.ROUTINES "
            "WHERE ROUTINE_SCHEMA = '{0}' UNION SELECT DEFINER FROM "
            "information_schema.EVENTS WHERE EVENT_SCHEMA = '{0}'")


def test_definers(local, database, mariadb):
    name = database(with_definer)
    backup = local.backup(name)
    mariadb.drop(name)
    body = local.restore_body(backup)
    found = local.api.want(200, "POST", "/v1/restores/check", body)
    assert "definer_missing" in str(found) and "gone@nowhere" in str(found)
    local.restore(backup)
    assert mariadb.sql(DEFINERS.format(name)) == [["gone@nowhere"]]
    mariadb.drop(name)
    body["options"] = {"definer": "replace"}
    found = local.api.want(200, "POST", "/v1/restores/check", body)
    assert "definer_missing" not in str(found)
    local.restore(backup, options={"definer": "replace"})
    assert mariadb.sql(DEFINERS.format(name)) == [[f"{mariadb.user}@%"]]
    assert mariadb.value("SELECT x FROM v", name) == "CREATE DEFINER=`a`@`b`"
    assert mariadb.value("CALL p()", name) == "1"


def test_half_a_restore_can_be_run_again(relayed, database, mariadb):
    """It tells what is there, and overwriting it makes it whole."""
    local, relay = relayed
    name = database(data.bulky, 8)
    before = compare.snapshot(mariadb, name)
    backup = local.backup(name)
    mariadb.drop(name)
    killed = relay.at(mariadb.kill_connections, text=b"INSERT INTO `t2`")
    record = local.ended_restore(local.start_restore(backup))
    assert killed.check(), "no row went in"
    assert record["status"] == "failed"
    assert "4 new tables" in record["error"]["detail"], record["error"]
    local.restore(backup, overwrite=True, confirm=[name])
    compare.assert_equal(before, compare.snapshot(mariadb, name))
