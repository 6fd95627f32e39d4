"""MySQL's settings of a target that would change tables, or refuse them."""
import contextlib

import pytest

from harness import compare, exact, flow, trip

DEMANDING = ("sql_require_primary_key", "sql_generate_invisible_primary_key",
             "innodb_strict_mode")


@contextlib.contextmanager
def demanding(server, settings=DEMANDING):
    """They are on for everybody who connects from now on."""
    names = ", ".join(f"@@GLOBAL.{name}" for name in settings)
    before = dict(zip(settings, server.sql(f"SELECT {names}")[0]))

    def set_all(values):
        server.sql("".join(f"SET GLOBAL {name} = {value};"
                           for name, value in values.items()))
    set_all(dict.fromkeys(settings, "1"))
    try:
        yield
    finally:
        set_all(before)


@pytest.fixture
def local(cofferds, mysql, tmp_path):
    return trip.LocalWorld(cofferds(), mysql).prepare(tmp_path / "pool")


@pytest.fixture
def tables(mysql):
    """What only a server that lets it pass can make."""
    mysql.sql("""
        CREATE DATABASE lenient; USE lenient;
        CREATE TABLE keyed (id INT PRIMARY KEY, v INT);
        INSERT INTO keyed VALUES (1, 2);
        CREATE DATABASE keyless; USE keyless;
        CREATE TABLE keyless (a INT);
        INSERT INTO keyless VALUES (1), (1), (NULL);
        SET SESSION sql_generate_invisible_primary_key = 1;
        CREATE TABLE own_key (a INT);
        INSERT INTO own_key (a) VALUES (1), (1), (NULL);
        SET SESSION innodb_strict_mode = 0;
        CREATE TABLE odd (id INT PRIMARY KEY)
            ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=4;
        INSERT INTO odd VALUES (7);""")
    yield "lenient", "keyless"
    mysql.drop("lenient", "keyless")


def test_demanding_target(local, mysql, tables):
    """Coffer's restore and the stock client's; both may set it."""
    with demanding(mysql):
        trip.round_trip(local, *tables)


@pytest.fixture
def meek(local, mysql):
    """The account may write, but not change these settings."""
    mysql.sql(f"CREATE USER meek IDENTIFIED BY '{mysql.password}'; "
              "GRANT ALL ON keyless.* TO meek; GRANT ALL ON lenient.* "
              "TO meek")
    local.api.want(201, "POST", "/v1/sources", flow.source_body(
        mysql, "meek", connection=flow.connection(mysql, user="meek")))
    yield {"target": {"source": "meek"}}
    mysql.sql("DROP USER meek")


@pytest.mark.parametrize("setting, code, said", [
    ("sql_require_primary_key", "target_failed", "primary key"),
    ("sql_generate_invisible_primary_key", "verification_failed", "keyless")])
def test_account_that_may_not_set_them(local, mysql, tables, meek, setting,
                                       code, said):
    """It matters to the tables alone that need it, and never passes."""
    easy, hard = tables
    before = exact.snapshot(mysql, easy)
    with demanding(mysql, [setting]):
        backup = local.backup(easy)
        mysql.drop(easy)
        local.restore(backup, **meek)
        compare.assert_equal(before, exact.snapshot(mysql, easy))
        backup = local.backup(hard)
        mysql.drop(hard)
        record = local.ended_restore(local.start_restore(backup, **meek))
    error = record["error"]
    assert record["status"] == "failed"
    assert error["code"] == code and said in error["detail"], error
