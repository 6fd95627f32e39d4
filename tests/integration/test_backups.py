"""Rules of backups: one at a time, quota, cancel, delete, scope."""
import pytest

from harness import data, flow, process
from harness.api import problem

GONE = (200, 202, 204)


@pytest.fixture
def slow(database):
    """A database whose backup stores something long before its end."""
    return database(data.bulky, 32)


# Bytes of the rows of `slow`: the first, and so many that some are stored.
BEGUN, STORED = 1 << 20, 28 << 20


def status_of(world):
    return world.api.fetch("/v1/sources/db")["status"]


def test_rule03_one_backup_at_a_time(world, slow, small, halts):
    with halts(world, down=BEGUN) as halt:
        first = world.start_backup(slow, name="the-first")
        halt.reached()
        reply = world.api.post("/v1/backups",
                               world.backup_body(small, name="second"))
    document = problem(reply, 409, "source_busy")
    assert "the-first" in document["detail"] or first["id"] in str(document)
    assert world.ended_backup(first)["status"] == "completed"
    assert world.backup(small, name="second")["status"] == "completed"


def test_rule08_status_of_backup_and_source(world, slow, halts):
    assert status_of(world) == "available"
    with halts(world, down=BEGUN) as halt:
        backup = world.start_backup(slow)
        assert backup["status"] in ("queued", "backing_up")
        halt.reached()
        assert world.record(backup["id"])["status"] == "backing_up"
        assert status_of(world) == "backing_up"
    assert world.ended_backup(backup)["status"] == "completed"
    assert status_of(world) == "available"
    source = world.api.fetch("/v1/sources/db")
    assert source["last_backup_at"], source


def test_progress_is_seen_while_it_runs(world, slow, halts):
    seen = []

    def look():
        job = world.api.fetch(f"/v1/jobs/{backup['job_id']}")
        seen.append(job["progress"])
        return job["status"] == "completed"

    def has_grown(than):
        look()
        return seen[-1]["bytes_read"] > than
    with halts(world, down=BEGUN, then=STORED) as halt:
        backup = world.start_backup(slow)
        halt.reached()
        process.until(lambda: has_grown(0), 30, "the first rows are seen")
        halt.let_go()
        halt.next.reached()
        early = seen[-1]["bytes_read"]
        process.until(lambda: has_grown(early), 30, "more rows are seen")
        halt.next.let_go()
    process.until(look, 120, "the backup is completed", 0.02)
    reads = [p["bytes_read"] for p in seen]
    assert reads == sorted(reads)
    record = world.record(backup["id"])
    assert seen[-1]["bytes_stored"] >= record["stored_bytes"] > 0
    assert seen[-1]["items_done"] == seen[-1]["items_total"]
    assert len(world.api.get(f"/v1/jobs/{backup['job_id']}/log").body) > 0


def test_wait_answers_when_the_job_ends_or_time_is_up(world, slow, halts):
    with halts(world, down=BEGUN) as halt:
        backup = world.start_backup(slow)
        early = world.api.fetch(f"/v1/jobs/{backup['job_id']}?wait=0")
        assert early["status"] in ("queued", "running")
        halt.reached()
        early = world.api.fetch(f"/v1/jobs/{backup['job_id']}?wait=1")
        assert early["status"] == "running"
    late = world.api.fetch(f"/v1/jobs/{backup['job_id']}?wait=60")
    assert late["status"] == "completed"
    assert late["kind"] == "backup" and late["resource"] == backup["id"]


def test_accepted_backup_names_its_job(world, small):
    reply = world.api.post("/v1/backups", world.backup_body(small))
    assert reply.status == 202
    assert reply.headers["location"] == f"/v1/jobs/{reply.json['job_id']}"
    world.ended_backup(reply.json)


def test_rule07_quota(make_world, small):
    world = make_world(env={"COFFER_MANUAL_BACKUPS_MAX": "2"})
    first = world.backup(small)
    world.backup(small)
    document = problem(
        world.api.post("/v1/backups", world.backup_body(small)), 409,
        "quota_exceeded")
    assert "2" in document["detail"]
    world.api.want(GONE, "DELETE", f"/v1/backups/{first['id']}")
    world.api.wait_gone(f"/v1/backups/{first['id']}")
    world.backup(small)


def test_rule07_failed_and_canceled_do_not_count(make_world, slow, small,
                                                 halts):
    world = make_world(env={"COFFER_MANUAL_BACKUPS_MAX": "1"})
    with halts(world, down=BEGUN):
        backup = world.start_backup(slow)
        world.api.want((200, 202), "POST",
                       f"/v1/backups/{backup['id']}/cancel")
    assert world.ended_backup(backup)["status"] == "canceled"
    world.backup(small)


@pytest.mark.parametrize("way", ["backups", "jobs"])
def test_rule12_canceled_backup_leaves_no_object(world, slow, mariadb, way,
                                                 halts):
    with halts(world, down=STORED):
        backup = world.start_backup(slow)
        world.wait_stored(backup["job_id"])
        which = backup["id"] if way == "backups" else backup["job_id"]
        world.api.want((200, 202), "POST", f"/v1/{way}/{which}/cancel")
    record = world.ended_backup(backup)
    assert record["status"] == "canceled", record
    process.until(lambda: not world.bucket.keys_of(backup["id"]), 30,
                  "the objects are gone")
    process.until(lambda: not mariadb.connections(), 60,
                  "no session, and so no lock, is left")
    job = world.api.fetch(f"/v1/jobs/{backup['job_id']}")
    assert job["status"] == "canceled"
    assert status_of(world) == "available"


def test_rule12_what_is_over_cannot_be_canceled(world, small):
    backup = world.backup(small)
    reply = world.api.post(f"/v1/backups/{backup['id']}/cancel")
    assert reply.status == 409, repr(reply)
    assert world.record(backup["id"])["status"] == "completed"


def test_rule13_deleted_with_all_objects(world, small):
    kept, going = world.backup(small), world.backup(small)
    assert world.bucket.keys_of(going["id"])
    before = world.bucket.keys_of(kept["id"])
    world.api.want(GONE, "DELETE", f"/v1/backups/{going['id']}")
    world.api.wait_gone(f"/v1/backups/{going['id']}")
    assert not world.bucket.keys_of(going["id"])
    assert world.bucket.keys_of(kept["id"]) == before
    items = world.api.items("/v1/backups")
    assert [b["id"] for b in items] == [kept["id"]]


def test_rule13_not_while_it_is_made(world, slow, halts):
    with halts(world, down=BEGUN) as halt:
        backup = world.start_backup(slow)
        halt.reached()
        problem(world.api.delete(f"/v1/backups/{backup['id']}"), 409,
                "backup_in_use")
    assert world.ended_backup(backup)["status"] == "completed"


def test_rule13_not_while_it_is_restored(world, slow, mariadb, halts):
    """Rule 23 says the same."""
    backup = world.backup(slow)
    mariadb.drop(slow)
    with halts(world, text=b"INSERT INTO `t") as halt:
        restore = world.start_restore(backup)
        halt.reached()
        problem(world.api.delete(f"/v1/backups/{backup['id']}"), 409,
                "backup_in_use")
        assert world.record(backup["id"])["restoring"] is True
        assert status_of(world) == "restoring"
    assert world.ended_restore(restore)["status"] == "completed"
    world.api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
    world.api.wait_gone(f"/v1/backups/{backup['id']}")


def test_rule13_delete_that_finds_the_store_gone_is_done_later(
        make_world, ceph, small):
    world = make_world(env={"COFFER_STALL_SECONDS": "5"})
    backup = world.backup(small)
    ceph.kill_gateway()
    try:
        reply = world.api.delete(f"/v1/backups/{backup['id']}")
        assert reply.status in GONE, repr(reply)
    finally:
        ceph.start_gateway()
    # It stays `deleting` until the objects are gone; a start tries again.
    process.until(lambda: world.api.items("/v1/jobs?kind=delete")[0][
        "status"] not in ("queued", "running"), 120, "the first try is over")
    world.cofferd.restart()
    world.api.wait_gone(f"/v1/backups/{backup['id']}", 60)
    assert not world.bucket.keys_of(backup["id"])


@pytest.mark.parametrize("scope, name", [
    (flow.scope_of("not_there"), "not_there"),
    ({"databases": [{"name": "SMALL", "tables": ["t", "no_table"]}]},
     "no_table")])
def test_rule11_what_is_not_there_fails_the_check(world, small, scope, name):
    """At once or in the job; either way the name is told."""
    for database in scope["databases"]:
        database["name"] = database["name"].replace("SMALL", small)
    reply = world.api.post("/v1/backups", world.backup_body(scope=scope))
    if reply.status == 202:
        record = world.ended_backup(reply.json)
        assert record["status"] == "failed", record
        told = record["error"]
    else:
        assert reply.status == 422, repr(reply)
        told = reply.json
    assert told["code"]
    assert name in str(told)
    assert not world.bucket.manifests()


def test_rule11_tables_of_a_scope(world, shop, mariadb):
    scope = {"databases": [{"name": shop, "tables": ["products"]}]}
    backup = world.backup(scope=scope)
    assert backup["scope"] == scope
    assert backup["table_count"] == 1 and backup["row_count"] == 1000


@pytest.mark.parametrize("scope", [
    {"databases": []}, {"databases": [{}]}, {"databases": [{"name": 5}]},
    {"databases": [{"name": "a", "tables": "b"}]}, {"tables": ["x"]}, []])
def test_rule11_scopes_that_say_nothing(module_world, scope):
    reply = module_world.api.post("/v1/backups",
                                  module_world.backup_body(scope=scope))
    assert reply.status in (400, 422), repr(reply)
    assert [e for e in reply.json["errors"]
            if e["pointer"].startswith("/scope")], repr(reply)


@pytest.mark.parametrize("scope", [
    {"include": []}, {"exclude": []}, {"include": ["a.b.c"]},
    {"include": ["`a"]}, {"include": [""]}, {"exclude": ["*"]},
    {"include": ["a"] * 1001}, {"include": ["x" * 65]},
    {"include": ["a"], "databases": [{"name": "a"}]}])
def test_rule11_patterns_that_say_nothing(module_world, scope):
    problem(module_world.api.post(
        "/v1/backups", module_world.backup_body(scope=scope)),
        422, "invalid_scope")


@pytest.mark.parametrize("options", [
    {"parallelism": 0}, {"parallelism": 17}, {"compression_level": 20},
    {"include_accounts": "yes"}, {"lock_non_transactional": 1}])
def test_options_that_are_out_of_bounds(module_world, options):
    reply = module_world.api.post(
        "/v1/backups", module_world.backup_body(options=options))
    assert reply.status == 422, repr(reply)
    (pointer,) = [e["pointer"] for e in reply.json["errors"]]
    assert pointer == f"/options/{list(options)[0]}"


def test_accounts_belong_to_a_whole_instance(module_world):
    reply = module_world.api.post("/v1/backups", module_world.backup_body(
        "shop", options={"include_accounts": True}))
    assert reply.status == 422, repr(reply)
    assert reply.json["errors"][0]["pointer"] == "/options/include_accounts"


def test_counts_of_every_kind(world, shop, mariadb):
    backup = world.backup(shop)

    def count(table, column):
        return int(mariadb.sql(
            f"SELECT COUNT(*) FROM information_schema.{table} "
            f"WHERE {column} = '{shop}'")[0][0])
    counts = backup["counts"]
    assert counts["databases"] == 1
    assert counts["tables"] == backup["table_count"] > 0
    assert counts["rows"] == backup["row_count"] > 0
    assert counts["views"] == count("VIEWS", "TABLE_SCHEMA") > 0
    assert counts["triggers"] == count("TRIGGERS", "TRIGGER_SCHEMA") > 0
    assert counts["routines"] == count("ROUTINES", "ROUTINE_SCHEMA") > 0
    assert counts["events"] == count("EVENTS", "EVENT_SCHEMA") > 0
    assert world.api.fetch(f"/v1/backups/{backup['id']}/manifest")[
        "counts"] == counts


def test_lists_have_pages_filters_and_totals(module_world, mariadb):
    name = data.small(mariadb, "for_lists")
    try:
        made = [module_world.backup(name, name=f"list-{n}-item")
                for n in range(3)]
        api = module_world.api
        page = api.fetch("/v1/backups?limit=2&q=list-")
        assert page["total"] == 3
        assert [b["name"] for b in page["items"]] == ["list-2-item",
                                                      "list-1-item"]
        rest = api.fetch(f"/v1/backups?limit=2&q=list-&after={page['next']}")
        assert [b["name"] for b in rest["items"]] == ["list-0-item"]
        assert rest["next"] is None
        assert api.fetch("/v1/backups?status=failed&q=list-")["total"] == 0
        assert api.fetch("/v1/backups?source=db&q=list-")["total"] == 3
        for backup in made:
            api.want(GONE, "DELETE", f"/v1/backups/{backup['id']}")
    finally:
        mariadb.drop(name)


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x",
                                   "after=garbage", "status=nonsense"])
def test_lists_refuse_nonsense(module_world, query):
    reply = module_world.api.get(f"/v1/backups?{query}")
    assert reply.status in (400, 422), repr(reply)
