"""Every column type of both servers, there and back in both ways."""
import pytest

from harness import trip, types


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


@pytest.mark.parametrize("mode", [None, trip.HARD_MODE],
                         ids=["default", "hard"])
def test_round_trip(typed, mode):
    with trip.global_mode(typed.server, mode):
        backup = trip.round_trip(typed, "types")
    assert backup["counts"]["tables"] > 200
