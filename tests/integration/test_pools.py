"""Rule 15: a pool is proven before it is bound, and nothing is saved of one
that fails."""
import pytest

from harness import data, flow, process
from harness.api import problem
from harness.bucket import Bucket

GONE = (200, 202, 204)


def test_rule15_capabilities_are_kept(world):
    pool = world.pool
    assert pool["status"] == "available"
    assert pool["storage_type"] == "object_storage"
    assert pool["capabilities"], pool
    assert pool["capabilities"]["conditional_put"] is True
    assert pool["object_storage"]["secret_key"] == {"set": True}
    assert pool["object_storage"]["bucket"] == world.bucket.name
    assert pool["part_bytes"] == 8388608
    assert pool["backup_count"] == 0 and pool["stored_bytes"] == 0
    assert pool["id"].startswith("pool_")


def test_rule15_probe_leaves_nothing(world):
    assert not [k for k in world.bucket.objects() if "probe" in k]


@pytest.fixture
def others_bucket(ceph):
    """One that the other user may read, but not write."""
    bucket = Bucket(ceph)
    bucket.let_other_read()
    yield bucket
    bucket.destroy()


def refused(world, body, hint):
    """422, nothing saved, and the text says what to look at."""
    before = world.api.fetch("/v1/pools")["total"]
    reply = world.api.post("/v1/pools", body, timeout=150)
    document = problem(reply, 422, "pool_check_failed")
    assert hint.lower() in str(document).lower(), document
    assert world.api.fetch("/v1/pools")["total"] == before
    assert world.api.get(f"/v1/pools/{body['name']}").status == 404
    return document


def test_rule15_missing_bucket(module_world, module_bucket):
    refused(module_world,
            flow.pool_body(module_bucket, "bad", bucket="no-such-bucket"),
            "bucket")


def test_rule15_wrong_secret(module_world, module_bucket):
    document = refused(
        module_world,
        flow.pool_body(module_bucket, "bad", secret_key="wrong-secret-key"),
        "secret")
    assert "wrong-secret-key" not in str(document)


def test_rule15_wrong_access_key(module_world, module_bucket):
    refused(module_world,
            flow.pool_body(module_bucket, "bad", access_key="NOSUCHKEY"),
            "key")


def test_rule15_bucket_that_may_not_be_written(module_world, others_bucket,
                                               ceph):
    access, secret = ceph.keys(other=True)
    module_world.cofferd.secrets.add(secret)
    refused(module_world,
            flow.pool_body(others_bucket, "bad", access_key=access,
                           secret_key=secret), "writ")
    assert not others_bucket.objects()


def test_rule15_endpoint_that_is_closed(module_world, module_bucket):
    port = process.free_port()
    refused(module_world,
            flow.pool_body(module_bucket, "bad",
                           endpoint=f"http://127.0.0.1:{port}"), str(port))


def test_rule15_endpoint_that_does_not_exist(module_world, module_bucket):
    refused(module_world,
            flow.pool_body(module_bucket, "bad",
                           endpoint="http://no-such-host.invalid"),
            "no-such-host.invalid")


def test_rule15_endpoint_that_is_something_else(module_world, module_bucket,
                                                mariadb):
    refused(module_world,
            flow.pool_body(
                module_bucket, "bad",
                endpoint=f"http://127.0.0.1:{mariadb.port}"), "")


def test_rule15_endpoint_that_speaks_http_but_not_s3(module_world,
                                                     module_bucket):
    """It answers; but what it answers is not a store's."""
    port = module_world.cofferd.port
    refused(module_world,
            flow.pool_body(module_bucket, "bad",
                           endpoint=f"http://127.0.0.1:{port}"), "")


def test_rule15_wrong_region_works_or_is_told(module_world, module_bucket):
    """Ceph takes any region; a store that does not must say so."""
    reply = module_world.api.post(
        "/v1/pools", flow.pool_body(module_bucket, "elsewhere",
                                    region="eu-nowhere-1", prefix="region"))
    if reply.status == 201:
        module_world.api.want(GONE, "DELETE", "/v1/pools/elsewhere")
    else:
        problem(reply, 422, "pool_check_failed")


@pytest.mark.parametrize("prefix", ["/a", "a/", "a//b", "../a", "a\nb"])
def test_prefixes_that_would_surprise(module_world, module_bucket, prefix):
    reply = module_world.api.post(
        "/v1/pools", flow.pool_body(module_bucket, "prefixed", prefix=prefix))
    if reply.status == 201:
        # Taken to mean something decent: then it must be one.
        kept = reply.json["object_storage"]["prefix"]
        module_world.api.want(GONE, "DELETE", "/v1/pools/prefixed")
        assert not kept.startswith("/") and not kept.endswith("/")
        assert "//" not in kept and ".." not in kept and "\n" not in kept
    else:
        assert reply.status == 422, repr(reply)


def test_objects_lie_below_the_prefix(world, small, mariadb):
    body = flow.pool_body(world.bucket, "below", prefix="some/where ü+&")
    world.api.want(201, "POST", "/v1/pools", body)
    backup = world.backup(small, pool="below")
    keys = world.bucket.keys_of(backup["id"])
    assert keys
    assert all(k.startswith("some/where ü+&/coffer/v1/") for k in keys)
    mariadb.drop(small)
    world.restore(backup)


@pytest.mark.parametrize("part_bytes", [1048576, 2097152])
def test_parts_have_the_size_of_the_pool(make_world, database, part_bytes):
    world = make_world(pool={"part_bytes": part_bytes})
    backup = world.backup(database(data.bulky, 16))
    sizes = [size for key, size in world.bucket.objects().items()
             if f"/{backup['id']}/data/" in key]
    assert len(sizes) == backup["part_count"] > 3
    assert max(sizes) <= part_bytes


@pytest.mark.parametrize("part_bytes", [0, 1024, 300 << 20, "8M"])
def test_part_sizes_out_of_bounds(module_world, module_bucket, part_bytes):
    body = {**flow.pool_body(module_bucket, "bad"), "part_bytes": part_bytes}
    reply = module_world.api.post("/v1/pools", body)
    assert reply.status in (400, 422), repr(reply)
    assert "/part_bytes" in [e["pointer"] for e in reply.json["errors"]]


def test_unbinding_never_deletes_objects(world, small):
    world.bucket.write("mine.txt", b"not Coffer's")
    backup = world.backup(small)
    before = world.bucket.objects()
    reply = world.api.delete("/v1/pools/pool")
    assert reply.status == 409, "it has live backups: a confirmation, please"
    assert world.record(backup["id"])["status"] == "completed"
    world.api.want(GONE, "DELETE", "/v1/pools/pool?confirm=pool")
    assert world.api.get("/v1/pools/pool").status == 404
    assert world.api.fetch("/v1/backups")["total"] == 0
    assert world.bucket.objects() == before


def test_foreign_objects_are_left_alone(world, small):
    world.bucket.write("coffer/v1/notes.txt", b"somebody's notes")
    world.bucket.write("other/data", b"x")
    backup = world.backup(small)
    world.api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
    world.api.wait_gone(f"/v1/backups/{backup['id']}")
    assert {"coffer/v1/notes.txt", "other/data"} <= set(
        world.bucket.objects())


def test_rule15_credentials_can_be_changed(world, ceph, small):
    """A PATCH proves the new ones before it takes them."""
    bad = world.api.call("PATCH", "/v1/pools/pool", {
        "object_storage": {"secret_key": "not-the-right-one"}}, timeout=150)
    problem(bad, 422, "pool_check_failed")
    world.backup(small)
    access, secret = ceph.keys()
    good = world.api.call("PATCH", "/v1/pools/pool", {
        "remarks": "rotated",
        "object_storage": {"access_key": access, "secret_key": secret}})
    assert good.status == 200, repr(good)
    world.backup(small)
