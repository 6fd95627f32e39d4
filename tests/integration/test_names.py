"""What may be called what, and what is said of what may not."""
import pytest

from harness import data, flow
from harness.api import problem

ID_SHAPED = "bak_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def table(mariadb):
    """A small database for the whole module."""
    yield data.small(mariadb, "for_names")
    mariadb.drop("for_names")


def refused(world, code, pointers, **changes):
    """The server says what is wrong, and has made nothing."""
    before = world.api.fetch("/v1/backups")["total"]
    reply = world.api.post("/v1/backups", world.backup_body(**changes))
    document = problem(reply, 422, code, pointers)
    assert world.api.fetch("/v1/backups")["total"] == before
    return document


@pytest.mark.parametrize("name", [
    "", "abc", "a" * 65, "1abc", "-abc", "_abc", "with space", "dot.ted",
    "sla/sh", "ünïcode", "tab\there", "line\nbreak", "nul\0", "a%00b", "name!",
    "日本語です", ID_SHAPED])
def test_rule05_backup_name_is_refused(module_world, name):
    document = refused(module_world, "invalid_name", ["/name"], name=name)
    assert "4" in str(document) and "64" in str(document) \
        or "id" in str(document)


@pytest.mark.parametrize("name", ["abcd", "A" + "b" * 63, "a-_9", "Zz09-_"])
def test_rule05_backup_name_is_kept_as_typed(module_world, table, name):
    backup = module_world.backup(table, name=name)
    assert backup["name"] == name
    assert module_world.api.fetch(f"/v1/backups/{name}")["id"] == backup["id"]


def test_rule05_names_differ_by_more_than_case(world, small):
    first = world.backup(small, name="Nightly")
    for name in ("Nightly", "NIGHTLY", "nightly"):
        reply = world.api.post("/v1/backups",
                               world.backup_body(small, name=name))
        document = problem(reply, 409, "name_taken")
        assert "nightly" in document["detail"].lower()
    assert world.record(first["id"])["name"] == "Nightly"


def test_rule05_failed_canceled_and_deleted_free_their_name(
        world, small, database, halts):
    failed = world.api.post("/v1/backups", world.backup_body(
        "there_is_no_such_database", name="again"))
    if failed.status == 202:
        assert world.ended_backup(failed.json)["status"] == "failed"
    bulky = database(data.bulky, 4)
    with halts(world, down=1 << 20):
        canceled = world.start_backup(bulky, name="again")
        world.api.want((200, 202), "POST",
                       f"/v1/backups/{canceled['id']}/cancel")
    assert world.ended_backup(canceled)["status"] == "canceled"
    deleted = world.backup(small, name="AGAIN")
    world.api.want((200, 202, 204), "DELETE", f"/v1/backups/{deleted['id']}")
    world.api.wait_gone(f"/v1/backups/{deleted['id']}")
    assert world.backup(small, name="again")["name"] == "again"


@pytest.mark.parametrize("name", [
    "", "a" * 65, "1a", ".a", "a b", "a/b", "ä",
    "src_01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_rule05_resource_names_are_refused(module_world, module_bucket, name):
    api = module_world.api
    for kind, body in (
            ("sources", flow.source_body(module_world.server, name)),
            ("pools", flow.pool_body(module_bucket, name))):
        before = api.fetch(f"/v1/{kind}")["total"]
        problem(api.post(f"/v1/{kind}", body), 422, "invalid_name", ["/name"])
        assert api.fetch(f"/v1/{kind}")["total"] == before


def test_rule05_resource_names_are_unique_per_kind(module_world,
                                                   module_bucket):
    api = module_world.api
    taken = api.post("/v1/sources",
                     flow.source_body(module_world.server, "DB"))
    problem(taken, 409, "name_taken")
    taken = api.post("/v1/pools", flow.pool_body(module_bucket, "POOL"))
    problem(taken, 409, "name_taken")
    # A source may be called like a pool, and a dot is allowed here.
    for name in ("pool", "a.b", "x"):
        made = api.want(201, "POST", "/v1/sources",
                        flow.source_body(module_world.server, name))
        assert api.fetch(f"/v1/sources/{name}")["id"] == made["id"]
        api.want((200, 202, 204), "DELETE", f"/v1/sources/{name}")


@pytest.mark.parametrize("description", [
    "x" * 257, "🦊" * 257, "two\nlines", "a\rb", "a\tb", "a\0b", "a\x7fb",
    "a\x85b", "a>b", "a!b", "a<b", 'a"b', "a&b", "a'b", "a=b"])
def test_rule06_description_is_refused(module_world, description):
    refused(module_world, "invalid_description", ["/description"],
            description=description)


@pytest.mark.parametrize("description", ["", "x" * 256, "🦊" * 256,
                                         "é, ok: 100 % (really) #1 / `x`"])
def test_rule06_description_is_kept(module_world, table, description):
    backup = module_world.backup(table, description=description)
    assert backup["description"] == description


def test_rule28_all_fields_at_fault_are_told_at_once(module_world):
    document = refused(module_world, "invalid_name",
                       ["/name", "/description"], name="1", description="<")
    codes = {e["pointer"]: e["code"] for e in document["errors"]}
    assert codes == {"/name": "invalid_name",
                     "/description": "invalid_description"}


def test_rule28_faults_of_a_pool_are_told_at_once(module_world,
                                                  module_bucket):
    body = flow.pool_body(module_bucket, "1", endpoint="no-url", bucket="")
    document = problem(module_world.api.post("/v1/pools", body), 422,
                       "invalid_name")
    pointers = {e["pointer"] for e in document["errors"]}
    assert pointers >= {"/name", "/object_storage/endpoint",
                        "/object_storage/bucket"}


@pytest.mark.parametrize("kind, member", [
    ("sources", "nmae"), ("pools", "part_byte"), ("backups", "descripton")])
def test_unknown_members_are_refused(module_world, module_bucket, kind,
                                     member):
    bodies = {"sources": flow.source_body(module_world.server, "other"),
              "pools": flow.pool_body(module_bucket, "other"),
              "backups": module_world.backup_body()}
    before = module_world.api.fetch(f"/v1/{kind}")["total"]
    reply = module_world.api.post(f"/v1/{kind}",
                                  {**bodies[kind], member: "x"})
    problem(reply, 400, "unknown_field", [f"/{member}"])
    assert module_world.api.fetch(f"/v1/{kind}")["total"] == before


def test_unknown_members_deep_inside_are_refused(module_world):
    body = flow.source_body(module_world.server, "other")
    body["connection"]["pasword"] = "x"
    problem(module_world.api.post("/v1/sources", body), 400, "unknown_field",
            ["/connection/pasword"])


def test_unknown_parameters_are_refused(module_world):
    problem(module_world.api.get("/v1/backups?statsu=failed"), 400,
            "unknown_field")


@pytest.mark.parametrize("changes, pointer", [
    ({"name": 5}, "/name"), ({"name": None}, "/name"),
    ({"description": ["x"]}, "/description"), ({"source": {}}, "/source"),
    ({"scope": "all"}, "/scope"), ({"method": True}, "/method"),
    ({"method": "magical"}, "/method")])
def test_wrong_types_are_told(module_world, changes, pointer):
    reply = module_world.api.post("/v1/backups",
                                  module_world.backup_body(**changes))
    assert reply.status in (400, 422), repr(reply)
    pointers = [e["pointer"] for e in reply.json["errors"]]
    assert [p for p in pointers if p.startswith(pointer)], repr(reply)


@pytest.mark.parametrize("missing", ["name", "source", "pool"])
def test_missing_members_are_told(module_world, missing):
    body = module_world.backup_body()
    del body[missing]
    reply = module_world.api.post("/v1/backups", body)
    assert reply.status in (400, 422), repr(reply)
    assert f"/{missing}" in [e["pointer"] for e in reply.json["errors"]]


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'"text"', b"null", b'{"name":"a"} x',
    b'{"name":"\xff\xfe"}', b'{"name":"a","name":"b"}',
    b'{"a":' * 3000 + b"1" + b"}" * 3000])
def test_malformed_bodies_are_refused(module_world, body):
    for path in ("/v1/backups", "/v1/sources", "/v1/pools", "/v1/restores"):
        reply = module_world.api.post(path, body)
        assert reply.status in (400, 422), f"{path}: {reply!r}"
        problem(reply, reply.status, reply.json["code"])


def test_other_content_types_are_refused(module_world):
    reply = module_world.api.post("/v1/sources", b"{}",
                                  headers={"Content-Type": "text/plain"})
    assert reply.status == 415, repr(reply)


@pytest.mark.parametrize("path", [
    "/v1/backups/no-such-backup", "/v1/sources/nowhere", "/v1/pools/none",
    "/v1/jobs/job_01ARZ3NDEKTSV4RRFFQ69G5FAV", "/v1/restores/x",
    "/v1/nothing", "/v2/backups", "/v1/backups/a/b/c/d"])
def test_what_is_not_there_is_404(module_world, path):
    problem(module_world.api.get(path), 404, "not_found")


@pytest.mark.parametrize("key", ["source", "pool"])
def test_backup_of_what_is_not_there(module_world, key):
    reply = module_world.api.post(
        "/v1/backups", module_world.backup_body(**{key: "nowhere"}))
    assert reply.status in (404, 422), repr(reply)
    assert "nowhere" in str(reply.json)


def test_wrong_methods_are_405(module_world):
    for method, path in (("PUT", "/v1/backups"), ("POST", "/v1/system"),
                         ("DELETE", "/v1/sources")):
        reply = module_world.api.call(method, path)
        assert reply.status == 405, f"{method} {path}: {reply!r}"
        assert reply.headers.get("allow"), repr(reply.headers)
