"""Views, routines, triggers, events, sequences and packages of every kind,
there and back in both ways."""
import pytest

from harness import objects, trip


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def furnished(request, module_cofferds, tmp_path_factory):
    """A world with the databases of the object matrix."""
    server = request.getfixturevalue(
        "mysql" if request.param == "mysql" else "plain_mariadb")
    world = trip.LocalWorld(module_cofferds(), server)
    world.prepare(tmp_path_factory.mktemp("objects") / "pool")
    server.sql(objects.script(server))
    yield world
    server.drop(*objects.DATABASES)


@pytest.mark.parametrize("mode", [None, trip.HARD_MODE],
                         ids=["default", "hard"])
def test_round_trip(furnished, mode):
    with trip.global_mode(furnished.server, mode):
        backup = trip.round_trip(furnished, *objects.DATABASES)
    counts = backup["counts"]
    for kind in ("tables", "views", "routines", "triggers", "events"):
        assert counts[kind] >= 18, counts
