"""POST /v1/backups/{id}/verify: damage is found and named, nothing else is
called damage."""
import contextlib
import os

import pytest

from harness import data, flow, process
from harness.api import problem
from harness.trip import LocalWorld

# 1 KiB that cannot be compressed in each row: so many parts of 1 MiB.
ROWS = 26000


@pytest.fixture(scope="module")
def verified(plain_mariadb, module_cofferds, tmp_path_factory):
    """A world with a backup of many parts, and a small one beside it."""
    world = LocalWorld(module_cofferds(), plain_mariadb)
    world.folder = tmp_path_factory.mktemp("verify") / "pool"
    world.folder.mkdir()
    world.api.want(201, "POST", "/v1/sources", flow.source_body(world.server))
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "part_bytes": 1048576,
        "local_directory": {"path": str(world.folder)}})
    world.server.sql(
        "CREATE DATABASE verified; USE verified; CREATE TABLE verified.noise"
        " (id INT PRIMARY KEY, bytes VARBINARY(1024)); INSERT INTO"
        f" verified.noise SELECT seq, RANDOM_BYTES(1024) FROM seq_1_to_{ROWS};"
        "CREATE TABLE verified.empty (id INT); CREATE VIEW verified.few AS"
        " SELECT id FROM verified.noise WHERE id < 10")
    world.big = world.backup("verified")
    world.server.sql("DROP TABLE verified.noise")
    world.small = world.backup("verified")
    yield world
    world.server.drop("verified")


def verify(world, backup, read="all"):
    """The job when it has ended, and the backup after it."""
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/verify",
                         {"read": read})
    assert job["kind"] == "verify" and job["resource"] == backup["id"]
    return (world.api.wait_job(job["id"], 60), world.record(backup["id"]))


def assert_sound(world, backup, read="all"):
    job, record = verify(world, backup, read)
    assert job["status"] == "completed", job
    assert job["error"] is None
    assert record["verify_status"] == "passed"
    assert record["verify_scope"] == read
    assert record["verified_at"] >= job["created_at"]
    return job


def objects(world, backup, folder):
    found = sorted((world.folder_of(backup) / folder).iterdir())
    assert found
    return found


@contextlib.contextmanager
def put_back(*paths):
    """Whatever is done to them, they are as before when it is over."""
    before = [(path, path.read_bytes()) for path in paths]
    try:
        yield
    finally:
        for path, content in before:
            path.write_bytes(content)


def flip(path, *_):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def cut(path, *_):
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path, *_):
    path.write_bytes(path.read_bytes() + b"\0")


def remove(path, *_):
    path.unlink()


def swap(path, other):
    content = other.read_bytes()
    other.write_bytes(path.read_bytes())
    path.write_bytes(content)


HARM = {"flip": flip, "cut": cut, "lengthen": lengthen, "remove": remove,
        "swap": swap}


def test_sound(verified):
    job = assert_sound(verified, verified.big)
    parts = objects(verified, verified.big, "data")
    assert len(parts) > 20
    assert job["progress"]["items_done"] == len(parts)
    assert job["progress"]["items_total"] == len(parts)
    assert job["progress"]["percent"] == 100
    assert job["progress"]["bytes_read"] == verified.big["stored_bytes"]
    log = verified.api.get(f"/v1/jobs/{job['id']}/log").body.decode()
    assert "sound" in log
    assert_sound(verified, verified.small)


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("kind", ["data", "index", "manifest.json"])
def test_damage_is_named(verified, kind, harm):
    world, backup = verified, verified.big
    if kind == "data":
        path, other = objects(world, backup, "data")[3:5]
    elif kind == "index":
        path = objects(world, backup, "index")[0]
        other = objects(world, world.small, "index")[0]
    else:
        path = world.folder_of(backup) / kind
        other = world.folder_of(world.small) / kind
    with put_back(path, other):
        HARM[harm](path, other)
        job, record = verify(world, backup)
        assert job["status"] == "failed"
        assert job["error"]["code"] == "damaged_backup", job
        # Of two that are swapped either may be found first.
        harmed = (path, other) if harm == "swap" else (path,)
        assert any(p.name in job["error"]["detail"] for p in harmed), job
        assert record["verify_status"] == "failed"
        assert record["verify_scope"] == "all"
        assert record["status"] == "completed"
    assert_sound(world, backup, "sample")


def test_all_that_is_damaged_is_named(verified):
    paths = objects(verified, verified.big, "data")[5:8]
    with put_back(*paths):
        for path in paths:
            flip(path)
        job, _ = verify(verified, verified.big)
        log = verified.api.get(f"/v1/jobs/{job['id']}/log").body.decode()
        assert "3 objects" in job["error"]["detail"]
        for path in paths:
            assert path.name in log
    assert_sound(verified, verified.big)


def test_sample_reads_some(verified):
    """16 of them here; which ones differs from time to time."""
    parts = objects(verified, verified.big, "data")
    read = []
    for _ in range(8):
        job = assert_sound(verified, verified.big, "sample")
        assert job["progress"]["items_done"] == 16
        assert job["progress"]["items_total"] == 16
        assert 0 < job["progress"]["bytes_read"] \
            < verified.big["stored_bytes"]
        read.append(job["progress"]["bytes_read"])
    # The last part and the first are shorter: neither is in each sample.
    assert len(parts) > 20 and len(set(read)) > 1
    few = assert_sound(verified, verified.small, "sample")
    assert few["progress"]["items_done"] == verified.small["part_count"] < 16


def test_no_verdict_while_the_pool_is_away(verified):
    """A folder that is not mounted says nothing about what lies there."""
    before = assert_sound(verified, verified.big)
    record = verified.record(verified.big["id"])
    away = verified.folder.with_name("away")
    verified.folder.rename(away)
    try:
        job, after = verify(verified, verified.big)
    finally:
        away.rename(verified.folder)
    assert before["status"] == "completed"
    assert job["status"] == "failed"
    assert job["error"]["code"] == "store_failed", job
    for member in ("verify_status", "verify_scope", "verified_at"):
        assert after[member] == record[member]
    assert_sound(verified, verified.big)


def test_rule13_not_deleted_while_verified(cofferds, plain_mariadb, tmp_path,
                                           database, halts):
    """It waits for buffers, all of which a backup has that stands still."""
    name = database(data.small, server=plain_mariadb)
    world = LocalWorld(cofferds(env={"COFFER_BUFFER_BYTES": str(24 << 20)}),
                       plain_mariadb).prepare(tmp_path / "pool")
    kept = world.backup(name)
    url = f"/v1/backups/{kept['id']}"

    def phase(job_id):
        return world.api.fetch(f"/v1/jobs/{job_id}")["progress"]["phase"]
    with halts(world, text=f"FROM `{name}`.".encode()) as halt:
        before = world.start_backup(name)
        halt.reached()
        job = world.api.want(202, "POST", f"{url}/verify")
        process.until(lambda: phase(job["id"]) == "share", 60, "it waits")
        assert world.api.fetch(f"/v1/jobs/{job['id']}")["status"] == "running"
        problem(world.api.delete(url), 409, "backup_in_use")
        problem(world.api.post(f"{url}/verify"), 409, "backup_in_use")
        world.api.want(202, "POST", f"/v1/jobs/{job['id']}/cancel")
        assert world.api.wait_job(job["id"])["status"] == "canceled"
        assert world.record(kept["id"])["verify_status"] == "never"
        world.api.want(202, "POST", f"/v1/backups/{before['id']}/cancel")
        world.api.wait_job(before["job_id"])
    assert_sound(world, kept)
    world.api.want((200, 202, 204), "DELETE", url)
    world.api.wait_gone(url)


def test_wrong_requests(verified):
    url = f"/v1/backups/{verified.big['id']}/verify"
    problem(verified.api.post(url, {"read": "some"}), 422, "invalid_value",
            ["/read"])
    problem(verified.api.post(url, {"reed": "all"}), 400, "unknown_field",
            ["/reed"])
    problem(verified.api.post("/v1/backups/nothing/verify"), 404, "not_found")
