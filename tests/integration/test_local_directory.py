"""Pools that are a folder of the server's machine."""
import os

import pytest

from harness import byhand, compare
from harness.api import problem

GONE = (200, 202, 204)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "pool"


def pool_body(path, name="local"):
    return {"name": name, "storage_type": "local_directory",
            "local_directory": {"path": str(path)}}


@pytest.fixture
def local(world, folder):
    folder.mkdir()
    world.api.want(201, "POST", "/v1/pools", pool_body(folder))
    return world


def files_of(folder, backup):
    return [p for p in folder.rglob("*")
            if p.is_file() and backup["id"] in p.parts]


def test_round_trip(local, folder, shop, mariadb):
    before = compare.snapshot(mariadb, shop)
    backup = local.backup(shop, pool="local")
    assert str(folder) in backup["save_path"]
    mariadb.drop(shop)
    local.restore(backup)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_by_hand(local, folder, shop, mariadb):
    before = compare.snapshot(mariadb, shop)
    backup = local.backup(shop, pool="local")
    mariadb.drop(shop)
    manifest = next(p for p in files_of(folder, backup)
                    if p.name == "manifest.json")
    byhand.restore(manifest.parent, mariadb)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_files_are_for_the_server_alone(local, folder, small):
    backup = local.backup(small, pool="local")
    for path in files_of(folder, backup):
        assert path.stat().st_mode & 0o077 == 0, path


def test_rule13_deleted_with_all_files(local, folder, small):
    kept = local.backup(small, pool="local")
    going = local.backup(small, pool="local")
    (folder / "mine.txt").write_text("not Coffer's")
    local.api.want(GONE, "DELETE", f"/v1/backups/{going['id']}")
    local.api.wait_gone(f"/v1/backups/{going['id']}")
    assert not files_of(folder, going)
    assert not [p for p in folder.rglob("*") if p.name == going["id"]]
    assert files_of(folder, kept)
    assert (folder / "mine.txt").exists()


def test_rule15_probe_leaves_nothing(local, folder):
    assert not [p for p in folder.rglob("*") if p.is_file()]


@pytest.mark.parametrize("kind", ["file", "below a file", "relative"])
def test_rule15_paths_that_are_no_folder(world, tmp_path, kind):
    (tmp_path / "file").write_text("x")
    path = {"file": tmp_path / "file", "below a file": tmp_path / "file/a",
            "relative": "some/where"}[kind]
    reply = world.api.post("/v1/pools", pool_body(path))
    assert reply.status == 422, repr(reply)
    problem(reply, 422, reply.json["code"])
    assert world.api.get("/v1/pools/local").status == 404


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_rule15_folder_that_may_not_be_written(world, folder):
    folder.mkdir(mode=0o500)
    problem(world.api.post("/v1/pools", pool_body(folder)), 422,
            "pool_check_failed")


def test_flipped_bit_is_seen(local, folder, shop, mariadb):
    backup = local.backup(shop, pool="local")
    # The largest holds the rows.
    part = max((p for p in files_of(folder, backup)
                if p.parent.name == "data"), key=lambda p: p.stat().st_size)
    body = bytearray(part.read_bytes())
    body[len(body) // 2] ^= 4
    part.write_bytes(body)
    mariadb.drop(shop)
    record = local.ended_restore(local.start_restore(backup))
    assert record["status"] == "failed"
    assert record["error"]["code"] == "damaged_backup"
    assert shop not in mariadb.databases() or \
        compare.rows(mariadb, shop) < 50000
