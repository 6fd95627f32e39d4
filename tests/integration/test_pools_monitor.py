"""Pools and sources are looked at: one that stops answering is shown as
unreachable, and comes back by itself."""
import socket
import threading

import pytest

from harness import flow, process
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
