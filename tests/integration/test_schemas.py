"""Schemas as applications have them, there and back in both ways."""
import pytest

from harness import compare, exact, schemas, trip


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def both(request, module_cofferds, tmp_path_factory):
    """A world with both schemas."""
    server = request.getfixturevalue(
        "mysql" if request.param == "mysql" else "plain_mariadb")
    world = trip.LocalWorld(module_cofferds(), server)
    world.prepare(tmp_path_factory.mktemp("schemas") / "pool")
    schemas.cinema(server, "cinema")
    schemas.staff(server, "staff")
    yield world
    server.drop("cinema", "staff")


def test_round_trip(both):
    backup = trip.round_trip(both, "cinema", "staff")
    assert backup["row_count"] > 30000


def test_what_was_restored_works(both):
    """Triggers, procedures and keys do in the copy what they are for."""
    server = both.server
    backup = both.backup("cinema")
    server.drop("cinema")
    both.restore(backup)
    server.sql("CALL sell(3, 7, @id);", "cinema")
    assert server.value("SELECT MAX(id) FROM ticket", "cinema") == \
        server.value("SELECT SUBSTR(what, 8) FROM sold_log "
                     "ORDER BY id DESC LIMIT 1", "cinema")
    with pytest.raises(AssertionError, match="foreign key"):
        server.sql("INSERT INTO film_genre VALUES (1, 200)", "cinema")
    with pytest.raises(AssertionError, match="film_length"):
        server.sql("INSERT INTO film (title, minutes) VALUES ('x', 0)",
                   "cinema")


def test_under_another_name(both):
    """The views know the new name; the old database stays as it is."""
    server = both.server
    before = exact.values(server, "staff")
    backup = both.backup("staff")
    try:
        both.restore(backup, rename={"staff": "staff_copy"})
        compare.assert_equal(before, exact.values(server, "staff_copy"))
        compare.assert_equal(before, exact.values(server, "staff"))
        count = "SELECT COUNT(*) FROM current_department"
        assert server.value(count, "staff_copy") == \
            server.value(count, "staff") != "0"
        server.sql("DELETE FROM works_in", "staff_copy")
        assert server.value(count, "staff_copy") == "0"
        assert server.value(count, "staff") != "0"
    finally:
        server.drop("staff_copy")
