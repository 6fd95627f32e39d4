"""Secrets that are told by name: files of the setting secrets_dir."""
import os

import pytest

from harness import canaries, data, exact, flow, trip
from harness.api import problem
from harness.server import KEY_FILES
from test_encryption import Key


@pytest.fixture
def folder(tmp_path):
    """folder(name, text): a file in secrets_dir."""
    path = tmp_path / "secrets"
    path.mkdir(mode=0o700)

    def put(name, text, mode=0o600):
        (path / name).write_text(text)
        (path / name).chmod(mode)
        return {"secret": name}
    put.path = path
    return put


@pytest.fixture
def world(cofferds, mariadb, folder, tmp_path):
    server = cofferds(env={"COFFER_SECRETS_DIR": str(folder.path)})
    world = trip.LocalWorld(server, mariadb)
    (tmp_path / "pool").mkdir()
    world.folder = tmp_path / "pool"
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}})
    return world


@pytest.fixture
def user(mariadb):
    """user(password): sets it."""
    def make(password):
        mariadb.sql("CREATE OR REPLACE USER 'filed'@'%' IDENTIFIED BY "
                    f"'{password}'; GRANT ALL ON *.* TO 'filed'@'%' "
                    "WITH GRANT OPTION")
    yield make
    mariadb.sql("DROP USER IF EXISTS 'filed'@'%'")


def add_source(world, given):
    return world.api.post("/v1/sources", flow.source_body(
        world.server, connection=flow.connection(
            world.server, user="filed", password=given)))


def test_a_password_that_is_changed(world, user, folder, small):
    """The file is read at each use: nothing has to be told to Coffer."""
    secrets = {"old": canaries.canary("old"), "new": canaries.canary("new")}
    user(secrets["old"])
    reply = add_source(world, folder("db.password", secrets["old"] + "\n"))
    assert reply.status == 201, repr(reply)
    assert reply.json["connection"]["password"] == {"set": True}
    trip.round_trip(world, small)
    user(secrets["new"])
    assert world.api.post("/v1/sources/db/test").status == 422
    folder("db.password", secrets["new"])
    assert world.api.post("/v1/sources/db/test").status == 200
    data.small(world.server, small + "2")
    try:
        trip.round_trip(world, small + "2")
    finally:
        world.server.drop(small + "2")
    server = world.cofferd
    places = canaries.files(server.data, world.folder, but=KEY_FILES)
    places["log"] = server.log().encode()
    places["replies"] = b"\n".join(server.transcript)
    assert canaries.find(places, secrets) == []


def test_changes_of_other_fields_keep_the_name(world, user, folder):
    user("first-password")
    given = folder("db", "first-password")
    assert add_source(world, given).status == 201
    for body in ({"region": "x"}, {"connection": {"user": "filed"}},
                 {"connection": {"password": {"set": True}}}):
        world.api.want(200, "PATCH", "/v1/sources/db", body)
    user("second-password")
    folder("db", "second-password")
    assert world.api.post("/v1/sources/db/test").status == 200
    # To a string, and to another name.
    user("third-password")
    world.api.want(200, "PATCH", "/v1/sources/db", {
        "connection": {"password": "third-password"}})
    world.api.want(200, "PATCH", "/v1/sources/db", {
        "connection": {"password": folder("other", "third-password")}})
    os.unlink(folder.path / "other")
    problem(world.api.post("/v1/backups", world.backup_body()), 409,
            "secret_unavailable")


def refusals(folder):
    folder("open", "x", 0o644)
    folder("empty", "")
    (folder.path / "link").symlink_to("/etc/hostname")
    (folder.path / "folder").mkdir()
    return ("missing", "open", "empty", "link", "folder")


def test_a_file_that_cannot_be_had(world, folder):
    for name in refusals(folder):
        reply = add_source(world, {"secret": name})
        document = problem(reply, 409, "secret_unavailable")
        assert f'"{name}"' in document["detail"]
    assert world.api.items("/v1/sources") == []


@pytest.mark.parametrize("given", [
    {"secret": "../secret.key"}, {"secret": "/etc/passwd"}, {"secret": ""},
    {"secret": ".hidden"}, {"secret": "a" * 65}, {"secret": 7},
    {"secret": "a", "more": 1},
    {"secret": None}, "\x1fa"])
def test_names_that_are_none(world, given):
    problem(add_source(world, given), 422, "invalid_value",
            ["/connection/password"])


def test_a_server_without_a_folder(cofferd, mariadb):
    world = trip.LocalWorld(cofferd, mariadb)
    document = problem(add_source(world, {"secret": "a"}), 409,
                       "secret_unavailable")
    assert "secrets_dir" in document["detail"]


def test_an_identity_and_its_backup(world, folder, small, tmp_path):
    key = Key(tmp_path, "key")
    world.api.want(201, "POST", "/v1/sources",
                   flow.source_body(world.server))
    (tmp_path / "sealed").mkdir()
    world.api.want(201, "POST", "/v1/pools", {
        "name": "sealed", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path / "sealed")},
        "encryption": {"recipients": [key.public], "confirm_stored": True,
                       "identity": folder("age", key.text)}})
    before = exact.snapshot(world.server, small)
    backup = world.backup(small, pool="sealed")
    world.server.drop(small)
    world.restore(backup)
    assert exact.snapshot(world.server, small) == before
    os.unlink(folder.path / "age")
    reply = world.api.post("/v1/restores", world.restore_body(
        backup, overwrite=True, confirm="db"))
    assert reply.status >= 400 or world.ended_restore(
        reply.json)["error"]["code"] == "secret_unavailable"


def test_the_key_of_a_store(world, folder, bucket, small):
    world.api.want(201, "POST", "/v1/sources",
                   flow.source_body(world.server))
    secret = bucket.ceph.keys()[1]
    world.cofferd.secrets.add(secret)
    world.api.want(201, "POST", "/v1/pools", flow.pool_body(
        bucket, "stored", secret_key=folder("s3", secret)))
    before = exact.snapshot(world.server, small)
    backup = world.backup(small, pool="stored")
    world.server.drop(small)
    world.restore(backup)
    assert exact.snapshot(world.server, small) == before
