"""Pools and sources are looked at: one that stops answering is shown as
unreachable, and comes back by itself."""
import shutil
import socket
import threading

import pytest

from harness import compare, data, flow, process
from harness.api import problem
from harness.proxy import Proxy
from harness.trip import LocalWorld


def status_of(world, path):
    return world.api.fetch(path)["status"]


@pytest.fixture
def watched(cofferds, mariadb, tmp_path):
    """A server that looks each second."""
    world = LocalWorld(cofferds(env={"COFFER_PROBE_SECONDS": "1"}), mariadb)
    return world.prepare(tmp_path / "pool")


def test_pool_goes_and_comes_back(watched):
    folder, away = watched.folder, watched.folder.with_name("away")
    folder.rename(away)
    folder.write_text("no folder")
    process.until(lambda: status_of(watched, "/v1/pools/pool")
                  == "unreachable", 30, "the pool is unreachable")
    assert watched.api.fetch("/v1/pools/pool")["status_reason"]
    assert watched.api.fetch("/v1/pools?status=unreachable")["total"] == 1
    folder.unlink()
    away.rename(folder)
    process.until(lambda: status_of(watched, "/v1/pools/pool")
                  == "available", 30, "the pool is available")


def reopen(proxy):
    """Listens on its port again."""
    proxy.listener = process.until(lambda: listener(proxy.port), 30,
                                   "the port is free")
    threading.Thread(target=proxy._accept, daemon=True).start()


def listener(port):
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None


def test_source_goes_and_comes_back(watched, mariadb):
    """Its port is closed, and opened again."""
    proxy = Proxy(mariadb)
    watched.api.want(201, "POST", "/v1/sources", {
        "name": "far", "engine": "mysql",
        "connection": flow.connection(mariadb, port=proxy.port)})
    proxy.close()
    process.until(lambda: status_of(watched, "/v1/sources/far")
                  == "unreachable", 60, "the source is unreachable")
    assert watched.api.fetch("/v1/sources/far")["status_reason"]
    assert status_of(watched, "/v1/sources/db") == "available"
    reopen(proxy)
    process.until(lambda: status_of(watched, "/v1/sources/far")
                  == "available", 30, "the source is available")
    proxy.close()


def test_bucket_that_hangs(make_world, ceph):
    """It takes connections and says nothing: that is no answer, either."""
    world = make_world(env={"COFFER_PROBE_SECONDS": "1"})
    ceph.pause()
    try:
        process.until(lambda: status_of(world, "/v1/pools/pool")
                      == "unreachable", 60, "the pool is unreachable")
    finally:
        ceph.resume()
    process.until(lambda: status_of(world, "/v1/pools/pool")
                  == "available", 60, "the pool is available")


def test_pool_whose_folder_is_gone(watched):
    """As when its disk is not mounted."""
    away = watched.folder.with_name("away")
    watched.folder.rename(away)
    process.until(lambda: status_of(watched, "/v1/pools/pool")
                  == "unreachable", 30, "the pool is unreachable")
    away.rename(watched.folder)
    process.until(lambda: status_of(watched, "/v1/pools/pool")
                  == "available", 30, "the pool is available")


def test_disk_that_is_not_mounted(cofferds, plain_mariadb, database,
                                  tmp_path):
    """The folder is there, but empty: the mount point of a disk that is
    away. Nothing is stored on the wrong disk, and nothing counts as gone."""
    world = LocalWorld(cofferds(env={
        "COFFER_PROBE_SECONDS": "1", "COFFER_RETRY_SECONDS": "1"}),
        plain_mariadb).prepare(tmp_path / "pool")
    shop = database(data.shop, server=plain_mariadb)
    before = compare.snapshot(plain_mariadb, shop)
    backup = world.backup(shop)
    folder, away = world.folder, world.folder.with_name("away")
    # What the server writes for itself, some time after a change, is there: it
    # looks for the README first, but the folder might go in between.
    process.until(lambda: list(folder.rglob("servers/*.json")), 60,
                  "the server has described itself")
    folder.rename(away)
    folder.mkdir()
    process.until(lambda: status_of(world, "/v1/pools/pool")
                  == "unreachable", 30, "the pool is unreachable")
    refused = problem(world.api.post("/v1/pools/pool/test", {}), 422,
                      "pool_check_failed")
    assert "mount its disk" in refused["detail"]
    # Another act that proves the pool is not content, either.
    problem(world.api.call("PATCH", "/v1/pools/pool",
                           {"part_bytes": 4 << 20}), 422, "pool_check_failed")
    # Of its own, if the folder went between that look and the writing.
    assert not [p for p in folder.rglob("*")
                if p.is_file() and "servers" not in p.parts]
    assert status_of(world, "/v1/pools/pool") == "unreachable"
    failed = world.ended_backup(world.start_backup(shop))
    assert failed["status"] == "failed", failed
    assert failed["error"]["code"] == "store_failed"
    assert "mount" in failed["error"]["detail"]
    job = world.api.call("DELETE", f"/v1/backups/{backup['id']}")
    assert job.status == 202, job
    process.until(lambda: "mount" in world.cofferd.log(), 30,
                  "the removal has failed")
    assert status_of(world, f"/v1/backups/{backup['id']}") == "deleting"
    assert not [p for p in folder.rglob("*") if p.is_file()
                and backup["id"] in str(p)]
    # Back again: what was to go goes.
    def is_unmounted():
        """The server may write a file of its own at any time."""
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    process.until(is_unmounted, 60, "the mount point is free", 0.01)
    away.rename(folder)
    process.until(lambda: status_of(world, "/v1/pools/pool")
                  == "available", 30, "the pool is available")
    world.api.want(200, "POST", "/v1/pools/pool/test", {})
    kept = world.backup(shop)
    world.cofferd.restart()
    process.until(lambda: world.api.get(
        f"/v1/backups/{backup['id']}").status == 404, 60, "it is gone")
    plain_mariadb.drop(shop)
    world.restore(kept)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, shop))
