"""What a server once let in comes back, though it would not let it in again;
and a binary log that leaves things out is no proof of one view."""
import pytest

from harness import byhand, process, trip
from harness.testbed import MariaDB
from test_consistency import EACH, ACCOUNTS, TABLES, Tellers, open_bank, total

BACKUPS = process.setting("BANK_BACKUPS", 3)


@pytest.fixture
def lenient(plain_mariadb, cofferds, tmp_path):
    return trip.LocalWorld(cofferds(), plain_mariadb).prepare(
        tmp_path / "pool")


def unchecked(server, name):
    server.sql(f"""
        CREATE DATABASE {name}; USE {name};
        CREATE TABLE late (id INT PRIMARY KEY, v INT);
        INSERT INTO late VALUES (1, 5), (2, -5);
        SET check_constraint_checks = 0;
        ALTER TABLE late ADD CONSTRAINT positive CHECK (v > 0);""")


def too_wide(server, name):
    columns = ", ".join(f"c{n} TEXT" for n in range(20))
    server.sql(f"""
        CREATE DATABASE {name}; USE {name};
        SET innodb_strict_mode = 0;
        CREATE TABLE wide (id INT PRIMARY KEY, {columns})
            ROW_FORMAT=COMPACT;
        INSERT INTO wide (id, c0) VALUES (1, 'x');""")


@pytest.mark.parametrize("make", [unchecked, too_wide])
def test_what_was_let_in_comes_back(lenient, plain_mariadb, make):
    make(plain_mariadb, "lenient")
    try:
        trip.round_trip(lenient, "lenient")
    finally:
        plain_mariadb.drop("lenient")


@pytest.fixture(scope="module")
def filtering_mariadb():
    """Its binary log leaves the bank out."""
    server = MariaDB("--set", "binlog_ignore_db=bank",
                     "--set", "binlog_ignore_db=bank_teller")
    try:
        yield server.await_ready()
    finally:
        server.stop()


def test_bank_that_the_log_leaves_out(cofferds, filtering_mariadb,
                                      plain_mariadb, tmp_path):
    server, copy = filtering_mariadb, plain_mariadb
    world = trip.LocalWorld(cofferds(), server).prepare(tmp_path / "pool")
    open_bank(server, "bank")
    before = total(server, "bank")
    assert before == f"{TABLES * ACCOUNTS} {TABLES * ACCOUNTS * EACH}"
    copy.drop("bank")
    with Tellers(server, "bank"):
        for _ in range(BACKUPS):
            backup = world.backup("bank", options={"parallelism": 4})
            byhand.restore(world.folder_of(backup), copy)
            try:
                assert total(copy, "bank") == before
            finally:
                copy.drop("bank")
    assert total(server, "bank") == before, "the bank itself is wrong"
    server.drop("bank", "bank_teller")


def test_view_of_a_table_that_goes_by_the_databases_name(lenient,
                                                         plain_mariadb):
    server = plain_mariadb
    server.sql("""
        CREATE DATABASE lenient; USE lenient;
        CREATE TABLE orders (id INT); INSERT INTO orders VALUES (1), (2);
        CREATE VIEW v AS SELECT SUM(lenient.id) FROM orders lenient;""")
    try:
        lenient.restore(lenient.backup("lenient"),
                        rename={"lenient": "lenient_copy"})
        server.sql("DELETE FROM lenient.orders")
        assert server.value("SELECT * FROM lenient_copy.v") == "3"
    finally:
        server.drop("lenient", "lenient_copy")
