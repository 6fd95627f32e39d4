"""Every column type of both servers, there and back in both ways."""
import pytest

from harness import flow, trip, types
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
