"""Days and sums for charts, as they were on the server that made them."""
import datetime
import zoneinfo

import pytest

from harness import process
from harness.api import problem
from harness.trip import LocalWorld


@pytest.fixture(scope="module")
def world(module_cofferd, plain_mariadb, tmp_path_factory):
    world = LocalWorld(module_cofferd, plain_mariadb).prepare(
        tmp_path_factory.mktemp("statistics") / "pool")
    plain_mariadb.sql("CREATE DATABASE stat; CREATE TABLE stat.t (a INT); "
                      "INSERT INTO stat.t VALUES (1)")
    yield world
    plain_mariadb.sql("DROP DATABASE stat")


def test_what_was_made_and_removed(world):
    api = world.api
    first = world.backup("stat", name="first")
    second = world.backup("stat", name="second")
    found = api.fetch("/v1/statistics?days=3")
    stored = first["stored_bytes"] + second["stored_bytes"]
    assert found["stored_bytes"] == stored \
        == api.fetch("/v1/system")["stored_bytes"]
    assert sum(day["completed"] for day in found["days"]) == 2
    assert found["days"][-1]["stored_bytes"] == stored
    assert found["sources"] == {"total": 1, "protected": 1, "overdue": 0,
                                "failed": 0, "never": 0}
    api.want(202, "DELETE", f"/v1/backups/{first['id']}")
    api.wait_gone(f"/v1/backups/{first['id']}")
    found = api.fetch("/v1/statistics?days=3&source=db")
    assert found["stored_bytes"] == second["stored_bytes"]
    # It ran all the same.
    assert sum(day["completed"] for day in found["days"]) == 2


@pytest.mark.parametrize("zone", [
    "UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("days", [1, 84, 100])
def test_days_are_the_zones(world, zone, days):
    def today():
        return datetime.datetime.now(zoneinfo.ZoneInfo(zone)).date()
    before = today()
    found = world.api.fetch(f"/v1/statistics?days={days}&timezone={zone}")
    dates = [datetime.date.fromisoformat(day["date"])
             for day in found["days"]]
    assert len(dates) == days and dates[-1] in (before, today())
    assert dates == [dates[-1] - datetime.timedelta(n)
                     for n in reversed(range(days))]
    assert len(world.api.fetch("/v1/statistics")["days"]) == 84


@pytest.mark.parametrize("query", [
    "days=0", "days=101", "days=-1", "days=x", "timezone=Mars/Base",
    "timezone=../etc/passwd", "timezone=", "days=1&days=2", "zone=UTC"])
def test_wrong_questions(world, query):
    reply = world.api.get(f"/v1/statistics?{query}")
    assert reply.status == 400, repr(reply)
    assert reply.json["errors"]


def test_names_that_are_none(world):
    for name in ("plan", "source"):
        problem(world.api.get(f"/v1/statistics?{name}=nobody"), 404,
                "not_found")


def test_it_survives_a_kill(world):
    before = world.api.fetch("/v1/statistics")
    world.cofferd.kill()
    world.cofferd.start()
    process.until(lambda: world.api.get("/readyz").status == 200, 30, "ready")
    after = world.cofferd.api.fetch("/v1/statistics")
    assert after["stored_bytes"] == before["stored_bytes"]
