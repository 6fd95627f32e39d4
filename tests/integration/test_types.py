"""Every column type of both servers, there and back in both ways."""
import pytest

from harness import byhand, flow, trip, types
from harness.api import problem


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def typed(request, module_cofferds, tmp_path_factory):
    """A world with the type matrix in database "types"."""
    server = request.getfixturevalue(
        "mysql" if request.param == "mysql" else "plain_mariadb")
    world = trip.LocalWorld(module_cofferds(), server)
    world.prepare(tmp_path_factory.mktemp("types") / "pool")
    server.sql(types.script(server, "types"))
    yield world
    server.drop("types")


def test_round_trip(typed):
    backup = trip.both_modes(typed, "types")
    assert backup["counts"]["tables"] > 200


@pytest.mark.parametrize("way", ["mariadb to mysql", "mysql to mariadb"])
def test_other_family_is_refused(way, cofferd, plain_mariadb, mysql,
                                 tmp_path):
    """Nothing is written where it would not come out the same."""
    here, there = ((mysql, plain_mariadb) if way.startswith("mysql")
                   else (plain_mariadb, mysql))
    world = trip.LocalWorld(cofferd, here).prepare(tmp_path / "pool")
    cofferd.secrets.add(there.password)
    world.api.want(201, "POST", "/v1/sources",
                   flow.source_body(there, "other"))
    here.sql("CREATE DATABASE moving; CREATE TABLE moving.t (a INT);"
             "INSERT INTO moving.t VALUES (1)")
    try:
        backup = world.backup("moving")
        document = problem(
            world.api.post("/v1/restores", world.restore_body(
                backup, target={"source": "other"})),
            409, "target_incompatible")
        for family in ("MariaDB", "MySQL"):
            assert family in document["detail"]
        assert "moving" not in there.databases()
    finally:
        here.drop("moving")


UNTOLD = """
    CREATE DATABASE untold CHARACTER SET utf8mb4; USE untold;
    SET NAMES utf8mb4;
    CREATE TABLE t (id INT PRIMARY KEY, e {e}, s {s}, odd {odd});
    INSERT INTO t VALUES (1, 'fox 🦊', 'a,b', 'x'), (2, 'bear 🐻', '🦊', ''),
        (3, '?', '', 'x'), (4, NULL, NULL, NULL), (5, 'a', 'a,🦊,b', '')"""
MEMBERS = {"e": "ENUM('a', 'fox 🦊', 'bear 🐻', '?')",
           "s": "SET('a', '🦊', 'b')", "odd": "ENUM('x', '', '?')"}


@pytest.mark.parametrize("way", ["coffer", "by hand"])
def test_members_that_no_server_tells(typed, way):
    """Four bytes in a member of an ENUM or SET are a '?' in all definitions:
    rows keep the numbers, the backup warns, and the names can be put back."""
    server, world = typed.server, typed
    server.drop("untold")
    server.sql(UNTOLD.format(**MEMBERS))
    rows = ("SELECT id, e + 0, HEX(e), s + 0, HEX(s), odd + 0, HEX(odd) "
            "FROM untold.t ORDER BY id")
    before = server.sql(rows)
    backup = world.backup("untold")
    warned = {w["code"]: w["detail"] for w in backup["warnings"]}
    assert "untold.t" in warned["members_untold"]
    server.drop("untold")
    try:
        if way == "coffer":
            world.restore(backup)
        else:
            byhand.restore(world.folder_of(backup), server)
        # By way of the numbers, since members are found by their names.
        for kinds in ({name: "BIGINT UNSIGNED" for name in MEMBERS}, MEMBERS):
            server.sql("SET NAMES utf8mb4; SET sql_mode = ''; "
                       "ALTER TABLE untold.t " + ", ".join(
                           f"MODIFY {n} {kind}" for n, kind in kinds.items()))
        assert server.sql(rows) == before
    finally:
        server.drop("untold")
