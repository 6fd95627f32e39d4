"""Bad days of a Redis source: whatever happens, nothing says `completed` that
does not restore, and the server is let go."""
import threading

import pytest

from harness import flow, keys, process
from harness.proxy import Proxy
from harness.testbed import Redis
from test_redis import World

QUICK = {"COFFER_RETRY_SECONDS": "0"}
MEGABYTES = 12
# Where the connection is cut, of what comes from the server in a backup.
POINTS = (0.0, 0.01, 0.3, 0.7, 0.99, 0.9999)


@pytest.fixture
def full(redis):
    """Values that hardly compress, in database 0."""
    return keys.fill_many(redis, MEGABYTES * 100, size=10_000)


@pytest.fixture
def relayed(cofferds, full, tmp_path):
    """The world of it, and the relay before its source."""
    # No waiting for TLS where plain words were cut.
    world = World(cofferds(env=QUICK), full).prepare(tmp_path / "pool",
                                                     tls="disabled")
    relay = Proxy(full)
    world.through(relay)
    yield world, relay
    relay.close()


def replicas(server):
    with server.client() as c:
        return c.info("replication")["connected_slaves"]


def let_go(server):
    process.until(lambda: not replicas(server), 60, "nobody reads from it")


def assert_nothing_is_left(world, backup):
    process.until(lambda: not world.parts(backup), 60,
                  "the parts of the failed backup are gone")
    assert not [p for p in world.folder.rglob("manifest.json")
                if backup["id"] in p.parts]


def test_cut_at_many_points(relayed, full):
    world, relay = relayed
    before = keys.snapshot(full)
    relay.reset()
    world.backup()
    whole = relay.down
    for point in POINTS:
        relay.reset()
        cut = relay.at(relay.cut, down=int(whole * point) + 1)
        reply = world.api.post("/v1/backups", world.backup_body())
        if reply.status == 409:  # while it was looked at
            assert reply.json["code"] == "source_unavailable", reply.json
            continue
        assert reply.status == 202, reply.json
        record = world.ended_backup(reply.json)
        assert cut.check(), point
        assert record["status"] == "failed", (point, record)
        assert record["error"]["code"] == "connection_failed", record
        assert_nothing_is_left(world, record)
        let_go(full)
    relay.reset()
    backup = world.backup()
    full.empty()
    world.restore(backup)
    keys.assert_equal(before, keys.snapshot(full))


def test_restore_is_cut(relayed, full):
    """It says so, and the next one replaces what is there."""
    world, relay = relayed
    before = keys.snapshot(full)
    backup = world.backup()
    full.empty()
    relay.reset()
    relay.at(relay.cut, up=MEGABYTES << 19)
    record = world.ended_restore(world.start_restore(backup))
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "connection_failed", record
    relay.reset()
    world.restore(backup, overwrite=True, confirm=["0"])
    keys.assert_equal(before, keys.snapshot(full))


def test_server_killed_in_the_middle(cofferds, tmp_path, halts):
    server = Redis()
    try:
        # More than the sockets between the two hold.
        keys.fill_many(server.await_ready(), 10_000, size=10_000)
        world = World(cofferds(env=QUICK), server).prepare(tmp_path / "pool")
        with halts(world, down=MEGABYTES << 19) as halt:
            backup = world.start_backup()
            halt.reached()
            process.end(server.process)
        record = world.ended_backup(backup)
        assert record["status"] == "failed", record
        assert record["error"]["code"] == "connection_failed", record
        assert_nothing_is_left(world, record)
        server.start_again()
        keys.fill_many(server, 10)
        world.through(server)
        world.backup()
    finally:
        server.stop()


@pytest.fixture
def writes(redis):
    """Somebody writes into database 5 all the time."""
    over = threading.Event()

    def write():
        with redis.client(5) as c:
            n = 0
            while not over.is_set():
                c.set(f"busy:{n % 1000}", bytes(2000))
                n += 1
    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


def in_bucket(cofferd, server, bucket, **changes):
    """The world whose pool is a bucket, with parts of 1 MiB."""
    world = World(cofferd, server, bucket)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "redis",
        "connection": flow.connection(server)})
    world.api.want(201, "POST", "/v1/pools", {
        **flow.pool_body(bucket, **changes), "part_bytes": 1 << 20})
    return world


@pytest.fixture
def stalled(cofferds, full, bucket, ceph):
    """stalled({settings}): a backup whose store does not answer any more."""
    def make(**env):
        world = in_bucket(cofferds(env={**QUICK, **env}), full, bucket)
        relay = Proxy(full)
        relays.append(relay)
        world.through(relay)
        relay.at(ceph.pause, down=MEGABYTES << 18)
        return world, world.start_backup()
    relays = []
    yield make
    ceph.resume()
    for relay in relays:
        relay.close()


def test_a_store_that_stalls_holds_nobody(stalled, full, writes, ceph):
    """The snapshot is read to its end meanwhile, by way of the spool, and is
    stored when the store is there again."""
    with full.client() as c:
        before = {key: c.get(key) for key in c.keys("user:*")}
    world, backup = stalled(COFFER_STALL_SECONDS="300",
                            COFFER_PROBE_SECONDS="600")
    process.until(lambda: world.api.fetch(f"/v1/jobs/{backup['job_id']}")
                  ["progress"]["bytes_read"] >= MEGABYTES * 10 ** 6, 90,
                  "all of it is read")
    let_go(full)
    assert world.record(backup["id"])["status"] == "backing_up"
    ceph.resume()
    record = world.ended_backup(backup)
    assert record["status"] == "completed", record
    world.restore(record, scope={"databases": [0]}, overwrite=True,
                  confirm=["0"])
    with full.client() as c:
        assert {key: c.get(key) for key in c.keys("user:*")} == before


def test_a_small_spool_fails_cleanly(stalled, full, writes, ceph):
    # More than parts and frames in memory hold.
    keys.fill_many(full, 5000, database=1, size=10_000)
    world, backup = stalled(COFFER_SPOOL_BYTES=str(1 << 20),
                            COFFER_STALL_SECONDS="10",
                            COFFER_PROBE_SECONDS="600")
    # The store is asked to forget what it has as soon as it answers.
    world.wait_phase(backup["job_id"], "undo", 90)
    let_go(full)
    ceph.resume()
    record = world.ended_backup(backup)
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "store_stalled", record
    assert "spool" in record["error"]["detail"], record
    process.until(lambda: not world.bucket.keys_of(backup["id"]), 120,
                  "the parts of the failed backup are gone")


def test_a_slow_store_paces_the_source(cofferds, full, bucket, ceph):
    """With hardly any room in the spool."""
    # More than parts and frames in memory hold.
    keys.fill_many(full, 5000, database=1, size=10_000)
    before = keys.snapshot(full)
    slow = Proxy(ceph, up_rate=2 << 20)
    world = in_bucket(cofferds(env={**QUICK, "COFFER_SPOOL_BYTES": "1048576"}),
                      full, bucket, endpoint=f"http://127.0.0.1:{slow.port}")
    backup = world.backup()
    assert slow.up >= backup["stored_bytes"]
    slow.up_rate = None
    full.empty()
    world.restore(backup)
    keys.assert_equal(before, keys.snapshot(full))
    slow.close()
