"""Sequences as they stand, and tables that keep their past."""
import pytest

from harness import byhand, flow
from harness.compare import assert_equal, quote, text
from harness.testbed import MariaDB

SEQUENCES = [
    # what CREATE SEQUENCE says, and what is taken from it
    ("plain", "", "DO NEXTVAL(s)"),
    ("untouched", "", "DO 0"),
    ("no_cache", "NOCACHE", "DO NEXTVAL(s); DO NEXTVAL(s)"),
    ("down", "INCREMENT BY -3 MINVALUE -1000 MAXVALUE 50 START WITH 20",
     "DO NEXTVAL(s); DO NEXTVAL(s)"),
    ("down_no_cache", "INCREMENT BY -1 NOCACHE", "DO NEXTVAL(s)"),
    ("at_its_end", "MINVALUE 1 MAXVALUE 3 NOCYCLE NOCACHE",
     "DO NEXTVAL(s); DO NEXTVAL(s); DO NEXTVAL(s)"),
    ("cycled", "MINVALUE 1 MAXVALUE 3 CYCLE NOCACHE",
     "DO NEXTVAL(s); DO NEXTVAL(s); DO NEXTVAL(s); DO NEXTVAL(s)"),
    ("cycled_down", "INCREMENT -2 MINVALUE -3 MAXVALUE 3 START 3 CYCLE "
                    "NOCACHE", "DO NEXTVAL(s); " * 5 + "DO 0"),
    ("limits", "MINVALUE -9223372036854775807 "
               "MAXVALUE 9223372036854775806 START WITH "
               "9223372036854775800 CACHE 5", "DO NEXTVAL(s)"),
    ("set", "", "DO SETVAL(s, 12345)"),
    ("set_not_used", "", "DO SETVAL(s, 12345, 0)"),
    ("myisam", "ENGINE=MyISAM", "DO NEXTVAL(s)"),
    ("od`d; na'me", "", "DO NEXTVAL(s)"),
]

VERSIONED = {
    "plain": "(id INT PRIMARY KEY, v VARCHAR(40)) WITH SYSTEM VERSIONING",
    "named": "(id INT PRIMARY KEY, v VARCHAR(40), "
             "`fr``om` TIMESTAMP(6) GENERATED ALWAYS AS ROW START, "
             "upto TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, "
             "PERIOD FOR SYSTEM_TIME(`fr``om`, upto)) "
             "WITH SYSTEM VERSIONING",
    "back_to_front": "(upto TIMESTAMP(6) GENERATED ALWAYS AS ROW END "
                     "INVISIBLE, frm TIMESTAMP(6) GENERATED ALWAYS AS ROW "
                     "START INVISIBLE, id INT PRIMARY KEY, v VARCHAR(40), "
                     "PERIOD FOR SYSTEM_TIME(frm, upto)) "
                     "WITH SYSTEM VERSIONING",
    "one_column": "(id INT PRIMARY KEY, v VARCHAR(40) WITH SYSTEM "
                  "VERSIONING, w INT DEFAULT 1)",
    "parts": "(id INT PRIMARY KEY, v VARCHAR(40)) WITH SYSTEM VERSIONING "
             "PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, "
             "PARTITION p1 CURRENT)",
    "no_key": "(id INT, v VARCHAR(40), KEY(id)) WITH SYSTEM VERSIONING",
    "computed": "(id INT PRIMARY KEY, v VARCHAR(40), c VARCHAR(50) AS "
                "(CONCAT(v, '!')) STORED, d VARCHAR(50) AS (UPPER(v)) "
                "VIRTUAL) WITH SYSTEM VERSIONING",
    "myisam": "(id INT PRIMARY KEY, v VARCHAR(40)) ENGINE=MyISAM "
              "WITH SYSTEM VERSIONING",
    "it's `odd`, WITH SYSTEM": "(id INT PRIMARY KEY, v VARCHAR(40)) "
                               "COMMENT 'unsigned GENERATED' "
                               "WITH SYSTEM VERSIONING",
}

CHANGES = """
INSERT INTO {t} (id, v) VALUES (1, 'one'), (2, 'it''s two'), (3, NULL),
    (-5, '\\\\'), (900, 'far');
UPDATE {t} SET v = CONCAT(IFNULL(v, ''), ' again') WHERE id <= 2;
UPDATE {t} SET v = CONCAT(v, ' and again') WHERE id = 1;
DELETE FROM {t} WHERE id IN (-5, 900);
INSERT INTO {t} (id, v) VALUES (2000, 'late');
DELETE FROM {t} WHERE id = 2000
"""


@pytest.fixture(scope="module")
def server():
    server = MariaDB("--no-binlog")
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture
def world(cofferd, server, tmp_path):
    world = flow.World(cofferd, server)
    world.folder = tmp_path / "pool"
    world.folder.mkdir()
    world.api.want(201, "POST", "/v1/sources", flow.source_body(server))
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}})
    server.drop("hist")
    yield world
    server.drop("hist")


def folder_of(world, backup):
    return next(p.parent for p in world.folder.rglob("manifest.json")
                if backup["id"] in p.parts)


def both_ways(world, look):
    """Backs up, restores by Coffer and by hand; what look() tells is the
    same each time. The record of the backup."""
    before = look()
    backup = world.backup("hist")
    world.server.drop("hist")
    world.restore(backup)
    assert_equal(before, look())
    world.server.drop("hist")
    byhand.restore(folder_of(world, backup), world.server)
    assert_equal(before, look())
    return backup


def sequences(server):
    script = [f"SHOW CREATE SEQUENCE {quote(n)}; SELECT * FROM {quote(n)}"
              for n, *_ in SEQUENCES]
    return ["\t".join(row) for row in server.sql(";".join(script), "hist")]


def test_sequences_stand_where_they_stood(world, server):
    server.sql("CREATE DATABASE hist")
    for name, options, taken in SEQUENCES:
        server.sql(f"CREATE SEQUENCE {quote(name)} {options}; "
                   + taken.replace("(s", "(" + quote(name)), "hist")
    # What is in a cache is lost with every restart: not what matters.
    server.sql("FLUSH TABLES", "hist")
    both_ways(world, lambda: sequences(server))


def test_values_that_come_next(world, server):
    server.sql("CREATE DATABASE hist; USE hist; "
               "CREATE SEQUENCE up NOCACHE; "
               "CREATE SEQUENCE down INCREMENT BY -7 START WITH 100 "
               "MAXVALUE 100 NOCACHE; "
               "DO NEXTVAL(up); DO NEXTVAL(down); DO NEXTVAL(down); "
               "CREATE TABLE t (id BIGINT DEFAULT NEXTVAL(up) PRIMARY KEY, "
               "v INT); INSERT INTO t (v) VALUES (1), (2)")
    backup = world.backup("hist")
    server.drop("hist")
    world.restore(backup)
    assert server.sql("SELECT NEXTVAL(up), NEXTVAL(down)", "hist") == [
        ["4", "86"]]
    assert server.sql("SELECT id FROM t ORDER BY 1", "hist") == [
        ["2"], ["3"]]


def test_sequence_never_gives_what_the_rows_hold(world, server):
    """Its state is read again after the rows: those may be newer than its
    definition."""
    server.sql("CREATE DATABASE hist; USE hist; CREATE SEQUENCE s NOCACHE; "
               "CREATE TABLE t (id BIGINT DEFAULT NEXTVAL(s) PRIMARY KEY, "
               "v INT); INSERT INTO t (v) SELECT seq FROM seq_1_to_10")
    backup = world.backup("hist")
    lines = byhand.plain_text(folder_of(world, backup)).decode().splitlines()
    places = [n for n, line in enumerate(lines) if "SETVAL(`s`" in line]
    rows = next(n for n, line in enumerate(lines) if "INSERT INTO `t`" in line)
    assert len(places) == 2 and places[0] < rows < places[1], places


def past(server, tables):
    """All rows that were ever there, each with its time."""
    lines = []
    for name in tables:
        columns = [row[0] for row in server.sql(
            "SELECT column_name FROM information_schema.columns WHERE "
            f"table_schema = 'hist' AND table_name = {text(name)}")]
        if "upto" not in columns:
            columns += ["row_start", "row_end"]
        columns = ", ".join(quote(c) for c in columns)
        lines += ["\t".join(row) for row in server.sql(
            f"SHOW CREATE TABLE {quote(name)}; "
            f"SELECT 'now', COUNT(*) FROM {quote(name)}; "
            f"SELECT {columns} FROM {quote(name)} FOR SYSTEM_TIME ALL "
            f"ORDER BY {columns}", "hist")]
    return lines


def make(server, tables):
    server.sql("CREATE DATABASE hist")
    for name, definition in tables.items():
        server.sql(f"CREATE TABLE {quote(name)} {definition};"
                   + CHANGES.format(t=quote(name)), "hist")


def test_past_of_versioned_tables(world, server):
    make(server, VERSIONED)
    server.sql("CREATE TABLE plain_after (id INT PRIMARY KEY, row_end INT); "
               "INSERT INTO plain_after VALUES (1, 2)", "hist")
    before = past(server, VERSIONED)
    assert sum("late" in line for line in before) >= len(VERSIONED)
    backup = both_ways(world, lambda: past(server, VERSIONED))
    assert {w["code"] for w in backup["warnings"]} <= {"non_transactional"}
    # It goes on from there.
    server.sql("UPDATE plain SET v = 'new' WHERE id = 1; "
               "DELETE FROM named WHERE id = 1", "hist")
    assert server.value("SELECT COUNT(*) FROM plain FOR SYSTEM_TIME ALL "
                        "WHERE id = 1", "hist") == "4"
    assert server.value("SELECT COUNT(*) FROM named", "hist") == "2"


def test_past_of_many_rows(world, server):
    """More than a frame, over a key that would be cut into ranges."""
    server.sql("CREATE DATABASE hist; USE hist; CREATE TABLE t "
               "(id INT PRIMARY KEY, v VARCHAR(200)) "
               "WITH SYSTEM VERSIONING; "
               "INSERT INTO t SELECT seq, CONCAT(seq, ' ', SHA2(seq, 512)) "
               "FROM seq_1_to_30000; "
               "UPDATE t SET v = CONCAT('new ', v) WHERE id % 3 = 0; "
               "DELETE FROM t WHERE id < 100 OR id > 29900")
    both_ways(world, lambda: ["\t".join(row) for row in server.sql(
        "SELECT COUNT(*), BIT_XOR(CRC32(CONCAT_WS(',', id, v, row_start, "
        "row_end))) FROM t FOR SYSTEM_TIME ALL; "
        "SELECT COUNT(*) FROM t", "hist")])


def test_versions_by_transaction_have_no_past(world, server):
    """Their numbers mean nothing on another server."""
    make(server, {"trx": "(id INT PRIMARY KEY, v VARCHAR(40), "
                  "frm BIGINT UNSIGNED GENERATED ALWAYS AS ROW START "
                  "INVISIBLE, upto BIGINT UNSIGNED GENERATED ALWAYS AS ROW "
                  "END INVISIBLE, PERIOD FOR SYSTEM_TIME(frm, upto)) "
                  "WITH SYSTEM VERSIONING"})
    backup = both_ways(world, lambda: ["\t".join(row) for row in server.sql(
        "SELECT id, v FROM trx ORDER BY id", "hist")])
    told = {w["code"]: w["detail"] for w in backup["warnings"]}
    assert set(told) == {"history_not_included"}
    assert "hist.trx" in told["history_not_included"]
