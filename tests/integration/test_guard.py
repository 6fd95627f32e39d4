"""The lock against schema changes that has an end, and an account that may
have few connections: on both servers."""
import pytest

from harness import compare, data, flow, process, trip
from harness.proxy import Proxy
from test_consistency import SOON, Change


@pytest.fixture(params=["mariadb", "mysql"])
def server(request):
    return request.getfixturevalue(
        "mysql" if request.param == "mysql" else "plain_mariadb")


@pytest.fixture
def changing(server):
    """Takes its time to read; its last table is one to change."""
    data.bulky(server, "changing", 12, tables=2)
    server.sql("CREATE TABLE zz (id INT PRIMARY KEY, w INT); "
               "INSERT INTO zz VALUES (1, 1), (2, 2)", "changing")
    yield "changing"
    server.drop("changing")


def codes(record):
    return {w["code"] for w in record["warnings"]}


def wait_released(server):
    """The lock goes before the backup's sessions do."""
    if server.is_mysql:
        held = ("SELECT COUNT(*) FROM performance_schema.metadata_locks "
                "WHERE object_type = 'BACKUP LOCK'")
        process.until(lambda: server.value(held) == "0", 30, "it is let go")
    # MariaDB: the change itself waits.


@pytest.mark.parametrize("is_changed", [False, True],
                         ids=["unchanged", "changed"])
def test_guard_seconds_are_over(cofferds, server, changing, tmp_path,
                                is_changed):
    """Then definitions are compared: one that changed is found."""
    local = trip.LocalWorld(cofferds(env={
        **SOON, "COFFER_GUARD_SECONDS": "1",
        "COFFER_RETRY_SECONDS": "3600"}), server).prepare(tmp_path / "pool")
    slow = Proxy(server, rate=1_000_000)  # seconds, not one
    local.api.want(200, "PATCH", "/v1/sources/db", {
        "connection": flow.connection(server, port=slow.port)})
    backup = local.start_backup(changing)
    local.wait_phase(backup["job_id"], "data")
    wait_released(server)
    if not is_changed:
        record = local.ended_backup(backup)
        assert record["status"] == "completed", record
        assert "guard_released" in codes(record), record
        return
    Change(server, "ALTER TABLE zz ADD COLUMN n INT").wait()

    def is_over():
        job = local.api.fetch(f"/v1/jobs/{backup['job_id']}")
        return (job["progress"]["phase"] == "pause"
                or local.record(backup["id"])["status"] != "backing_up")
    process.until(is_over, 120, "the change is noticed")
    assert local.record(backup["id"])["status"] != "completed"


def test_account_of_few_connections(cofferds, server, changing, tmp_path):
    """Those that there are do it all, one view and the lock with them."""
    server.sql(f"CREATE USER few IDENTIFIED BY '{server.password}' "
               "WITH MAX_USER_CONNECTIONS 2; GRANT ALL ON *.* TO few")
    local = trip.LocalWorld(cofferds(env=SOON), server).prepare(
        tmp_path / "pool")
    local.api.want(200, "PATCH", "/v1/sources/db", {
        "connection": flow.connection(server, user="few")})
    before = compare.snapshot(server, changing)
    try:
        record = local.backup(changing, options={"parallelism": 4})
        assert "fewer_connections" in codes(record), record
        server.drop(changing)
        local.restore(record, options={"parallelism": 4})
    finally:
        server.sql("DROP USER few")
    assert compare.snapshot(server, changing) == before
