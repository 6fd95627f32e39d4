"""Rule 10: sources of very many tables. COFFER_TEST_SCALE_TABLES=500000 is the
long form: that many tables of the engine BLACKHOLE, backed up only. It needs
a server whose folder of plugins has ha_blackhole: COFFER_TEST_SCALE_PLUGINS names
one (Debian's mariadb-server package has it)."""
import concurrent.futures
import os

import pytest

from harness import flow, process
from harness.compare import quote
from harness.testbed import MariaDB

LONG = process.setting("SCALE_TABLES", 0)
PLUGINS = process.setting("SCALE_PLUGINS", "/usr/lib/mysql/plugin")
TABLES = LONG or 20_000
CLIENTS = 4
# For a machine that does much else; three minutes are enough on an idle one.
pytestmark = pytest.mark.seconds(7200 if LONG else 900)
# One connection checksums so many tables in a statement.
PER_STATEMENT = 500


def databases():
    return [f"many_{n:02}" for n in range(8 if not LONG else 100)]


def table_name(n):
    """Some names need care."""
    return f"t{n:05}" if n % 50 else f"t {n}`é"


def rows_of(n):
    return n % 4


def columns_of(n):
    """Plain tables, and one in ten with what a definition tells otherwise."""
    more = ", g INT GENERATED ALWAYS AS (id + 1) VIRTUAL, " \
           "f FLOAT, e ENUM('', 'x')" if n % 10 == 3 else ""
    return f"id INT UNSIGNED NOT NULL PRIMARY KEY, v VARCHAR(40){more}"


def make_some(server, name, count, engine):
    """A database's tables, a few rows in each, by one client."""
    script = [f"CREATE DATABASE {name}; USE {name}"]
    for n in range(count):
        table = quote(table_name(n))
        script.append(f"CREATE TABLE {table} ({columns_of(n)}) "
                      f"ENGINE={engine}")
        values = ", ".join(f"({i}, '{name} {n} {i}')"
                           for i in range(rows_of(n)))
        if values and engine == "InnoDB":
            script.append(f"INSERT INTO {table} (id, v) VALUES {values}")
    # A piece for each call: a call has a time limit.
    for begin in range(0, len(script), 2000):
        server.sql(";\n".join(script[begin:begin + 2000]),
                   name if begin else None)


def by_database(work):
    """Runs work(name) for each database, CLIENTS at a time; the results."""
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return dict(zip(databases(), pool.map(work, databases())))


def state_of(server, name):
    """Names, checksums and row counts of all tables of a database."""
    tables = sorted(row[0] for row in server.sql(f"SHOW TABLES FROM {name}"))
    found = []
    for begin in range(0, len(tables), PER_STATEMENT):
        some = tables[begin:begin + PER_STATEMENT]
        counts = server.sql(" UNION ALL ".join(
            f"SELECT {i}, COUNT(*), SUM(CRC32(CONCAT_WS('|', id, v))) "
            f"FROM {quote(t)}" for i, t in enumerate(some)), name)
        counts.sort(key=lambda row: int(row[0]))
        found += [(t, *row[1:]) for t, row in zip(some, counts)]
    return found


@pytest.fixture(scope="module")
def many():
    """A server of its own: all tables in one file."""
    options = ["--no-binlog", "--set", "innodb_file_per_table=0",
               "--set", "sync_frm=0"]
    if LONG:
        assert os.path.exists(f"{PLUGINS}/ha_blackhole.so"), \
            f"{PLUGINS} has no ha_blackhole.so: set COFFER_TEST_SCALE_PLUGINS"
        options += ["--set", f"plugin_dir={PLUGINS}",
                    "--set", "plugin_load_add=ha_blackhole"]
    server = MariaDB(*options)
    try:
        server.await_ready()
        engine = "BLACKHOLE" if LONG else "InnoDB"
        by_database(lambda name: make_some(
            server, name, TABLES // len(databases()), engine))
        yield server
    finally:
        server.stop()


@pytest.fixture
def world_of(cofferds, tmp_path):
    """Makes a world with settings and a folder as its pool."""
    def make(server, **settings):
        world = flow.World(cofferds(**settings), server)
        world.folder = tmp_path / "pool"
        world.folder.mkdir()
        world.api.want(201, "POST", "/v1/sources", flow.source_body(server))
        world.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(world.folder)}})
        return world
    return make


def objects_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def definitions_told(server):
    return server.sql("SHOW GLOBAL STATUS LIKE 'Com_show_create_table'")


def test_rule10_one_table_too_many(many, world_of):
    world = world_of(many, env={"COFFER_MAX_TABLES": str(TABLES - 1)})
    before = definitions_told(many)
    record = world.ended_backup(world.start_backup(*databases()))
    assert record["status"] == "failed"
    assert record["error"]["code"] == "too_many_tables", record["error"]
    assert str(TABLES) in record["error"]["detail"].replace(",", "")
    # It was told by listing them: none was read.
    assert definitions_told(many) == before
    assert not [p for p in objects_in(world.folder) if "part" in p.name]


def test_rule10_many_tables(many, world_of):
    world = world_of(many)
    backup = world.backup(*databases(), seconds=7000 if LONG else 600)
    assert backup["counts"]["tables"] == TABLES
    # Tables share frames, and frames share objects.
    assert len(objects_in(world.folder)) < 20 + TABLES // 5000
    if LONG:
        print(f"{TABLES} tables, peak "
              f"{world.cofferd.peak_bytes() >> 20} MiB")
        return
    copies = {name: f"copy_of_{name}" for name in databases()}
    restore = world.restore(backup, seconds=800, rename=copies)
    assert restore["row_count"] == backup["row_count"]
    before = by_database(lambda name: state_of(many, name))
    after = by_database(lambda name: state_of(many, copies[name]))
    assert sum(len(tables) for tables in before.values()) == TABLES
    for name in databases():
        assert before[name] == after[name], name
