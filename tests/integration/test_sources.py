"""Rules of sources: what is registered, and what is said of what cannot."""
import socket
import threading

import pytest

from harness import data, flow, process
from harness.api import problem

GONE = (200, 202, 204)


def registered(api):
    return api.fetch("/v1/sources")["total"]


def test_rule01_source_is_what_was_given(world, mariadb):
    source = world.source
    assert source["name"] == "db" and source["engine"] == "mysql"
    assert source["status"] == "available"
    assert source["version"] in mariadb.value("SELECT VERSION()")
    assert source["role"] == "primary"
    assert "logical" in source["methods"]
    assert source["connection"]["password"] == {"set": True}
    assert source["connection"]["host"] == mariadb.host
    assert source["connection"]["port"] == mariadb.port
    assert source["id"].startswith("src_") and len(source["id"]) == 30
    assert source["revision"] >= 1
    assert world.api.fetch("/v1/sources/DB")["id"] == source["id"]


def test_register_answers_with_its_place(api, mariadb):
    reply = api.post("/v1/sources", flow.source_body(mariadb))
    assert reply.status == 201
    assert reply.headers["location"] == f"/v1/sources/{reply.json['id']}"
    assert reply.headers["etag"] == f'"{reply.json["revision"]}"'


@pytest.mark.parametrize("changes", [
    {"password": "not the password"}, {"user": "nobody_of_that_name"},
    {"port": "CLOSED"}, {"host": "no-such-host.invalid"},
    {"port": "SILENT"}], ids=["password", "user", "closed", "name", "silent"])
def test_rule28_source_that_cannot_be_used(module_world, mariadb, changes):
    """Registering proves the connection; what fails is not saved."""
    api = module_world.api
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        ports = {"CLOSED": process.free_port(),
                 "SILENT": silent.getsockname()[1]}
        changes = {k: ports.get(v, v) for k, v in changes.items()}
        body = flow.source_body(mariadb, "unusable")
        body["connection"].update(changes)
        before = registered(api)
        reply = api.post("/v1/sources", body)
    document = problem(reply, 422, "source_check_failed")
    assert len(document["detail"]) > 20, document
    assert mariadb.password not in str(document)
    assert "not the password" not in str(document)
    assert registered(api) == before
    assert api.get("/v1/sources/unusable").status == 404


@pytest.mark.parametrize("changes, pointer", [
    ({"port": 0}, "/connection/port"), ({"port": 65536}, "/connection/port"),
    ({"port": "3306"}, "/connection/port"), ({"host": 5}, "/connection/host"),
    ({"tls": "perhaps"}, "/connection/tls")])
def test_rule28_connection_fields_are_checked(module_world, mariadb, changes,
                                              pointer):
    body = flow.source_body(mariadb, "unusable")
    body["connection"].update(changes)
    reply = module_world.api.post("/v1/sources", body)
    assert reply.status in (400, 422), repr(reply)
    assert pointer in [e["pointer"] for e in reply.json["errors"]]


def test_unknown_engine_is_told(module_world, mariadb):
    reply = module_world.api.post(
        "/v1/sources", flow.source_body(mariadb, "x", engine="oracle"))
    assert reply.status == 422, repr(reply)
    assert "/engine" in [e["pointer"] for e in reply.json["errors"]]


def test_test_saves_nothing(module_world, mariadb):
    api = module_world.api
    before = registered(api)
    reply = api.post("/v1/sources/test", flow.source_body(mariadb, "trial"))
    assert reply.status == 200, repr(reply)
    assert registered(api) == before
    again = api.post("/v1/sources/db/test")
    assert again.status == 200, repr(again)


def test_databases_and_tables_are_listed(module_world, mariadb):
    name = data.small(mariadb, "for_names_of_tables")
    try:
        items = module_world.api.items("/v1/sources/db/databases")
        assert name in [d["name"] for d in items]
        tables = module_world.api.items(
            f"/v1/sources/db/databases/{name}/tables")
        assert [t["name"] for t in tables] == ["t"]
    finally:
        mariadb.drop(name)


def test_rule02_no_backup_of_what_cannot_be_reached(make_world, mariadb,
                                                    small):
    world = make_world()
    mariadb.sql("CREATE USER gone@'%' IDENTIFIED BY 'a-secret-of-gone'; "
                "GRANT ALL ON *.* TO gone@'%'")
    world.cofferd.secrets.add("a-secret-of-gone")
    body = flow.source_body(mariadb, "leaving")
    body["connection"].update(user="gone", password="a-secret-of-gone")
    world.api.want(201, "POST", "/v1/sources", body)
    mariadb.sql("DROP USER gone@'%'")
    reply = world.api.post("/v1/backups",
                           world.backup_body(small, source="leaving"))
    if reply.status == 202:
        record = world.ended_backup(reply.json)
        assert record["status"] == "failed", record
        assert record["error"]["code"] in ("connection_failed",
                                           "access_denied")
        assert record["error"]["detail"]
    else:
        problem(reply, 409, "source_unavailable")
    status = world.api.fetch("/v1/sources/leaving")
    assert status["status"] == "unreachable" and status["status_reason"]


def test_rule04_backups_outlive_their_source(world, shop, mariadb):
    backup = world.backup(shop)
    preview = world.api.call("DELETE", "/v1/sources/db?dry_run=true")
    assert preview.status == 200, repr(preview)
    assert preview.json["would_delete"] == [], "manual backups stay"
    world.api.want(GONE, "DELETE", "/v1/sources/db")
    assert world.api.get("/v1/sources/db").status == 404
    record = world.record(backup["id"])
    assert record["status"] == "completed"
    assert record["source"]["name"] == "db"
    world.api.want(201, "POST", "/v1/sources",
                   flow.source_body(mariadb, "db-again"))
    mariadb.drop(shop)
    world.restore(backup, target={"source": "db-again"})


def test_patch_changes_and_keeps(world, mariadb):
    reply = world.api.call("PATCH", "/v1/sources/db",
                           {"remarks": "now with remarks"})
    assert reply.status == 200, repr(reply)
    assert reply.json["remarks"] == "now with remarks"
    assert reply.json["revision"] == world.source["revision"] + 1
    # A secret sent back as it was read means: unchanged.
    same = world.api.call(
        "PATCH", "/v1/sources/db",
        {"connection": {"password": {"set": True}}})
    assert same.status == 200, repr(same)
    assert world.api.post("/v1/sources/db/test").status == 200
    late = world.api.call("PATCH", "/v1/sources/db", {"remarks": "x"},
                          headers={"If-Match": '"1"'})
    problem(late, 412, late.json["code"])


def test_concurrent_registrations_of_one_name(cofferd, mariadb):
    """Exactly one wins, also when both are being proven at once."""
    replies = []

    def register():
        replies.append(cofferd.api.post("/v1/sources",
                                        flow.source_body(mariadb, "one")))
    threads = [threading.Thread(target=register) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r.status for r in replies) == [201, 409, 409, 409, 409]
    cofferd.secrets.add(mariadb.password)
