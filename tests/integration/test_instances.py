"""Rule 24: instances made from backups. They hold what the source held, are
registered whole or not at all, and whatever goes wrong leaves nothing
behind."""
import pytest

from harness import (compare, data, exact, flow, instances, keys, physical,
                     snapshots, trip)
from harness.api import problem


@pytest.fixture
def provisioners():
    made = instances.Provisioners()
    yield made
    made.close()


@pytest.fixture
def world(cofferds, mariadb, provisioners, tmp_path):
    """MariaDB as source "db", a folder as pool "pool"."""
    server = provisioners.serve(
        cofferds(env={"COFFER_STALL_SECONDS": "20"}, start=False))
    return trip.LocalWorld(server, mariadb).prepare(tmp_path / "pool")


@pytest.fixture
def backed_up(world, shop):
    return world.backup(shop)


def provision(name, provider="local", **options):
    return {"provision": {"provider": provider, "name": name,
                          "options": options}}


def begin(world, backup, name="copy", provider="local", **changes):
    return world.start_restore(backup, target=provision(name, provider),
                               **changes)


def source(world, name="copy"):
    return world.api.fetch(f"/v1/sources/{name}")


def create(world, backup, name="copy", **changes):
    """Makes an instance, which must work; its source."""
    restore = begin(world, backup, name, **changes)
    ended = world.ended_restore(restore)
    assert ended["status"] == "completed", ended
    assert ended["verified"] is True
    assert ended["target_source"]["name"] == name
    made = source(world, name)
    assert made["id"] == ended["target_source"]["id"]
    assert made["status"] == "available"
    return made


def failed(world, restore, code="provisioner_failed", status="failed"):
    """It ended so, and nothing is left of it; the error's text."""
    ended = world.ended_restore(restore)
    assert ended["status"] == status, ended
    assert ended["error"]["code"] == code, ended
    assert ended["verified"] is False
    assert world.api.get("/v1/sources/copy").status == 404
    return ended["error"]["detail"]


# ---- what is made

def test_rule24_an_instance_from_a_logical_backup(world, shop, mariadb,
                                                  provisioners):
    before = compare.snapshot(mariadb, shop)
    values = exact.snapshot(mariadb, shop)
    made = create(world, world.backup(shop))
    server = instances.MadeMariaDB(provisioners, made)
    world.cofferd.secrets.add(server.password)
    compare.assert_equal(before, compare.snapshot(server, shop))
    assert exact.snapshot(server, shop) == values
    assert made["provisioned_by"] == "local"
    assert made["role"] == "primary"
    assert source(world, "db")["version"].startswith(made["version"])
    assert made["connection"]["password"] == {"set": True}
    # It is a source like any other.
    again = world.backup(shop, source="copy")
    assert again["row_count"] > 0
    server.drop(shop)
    world.restore(again, target={"source": "copy"})
    compare.assert_equal(before, compare.snapshot(server, shop))
    kinds = [e["act"] for e in world.api.items("/v1/events?kind=source")]
    assert "source.made" in kinds


def test_rule24_part_of_a_backup_under_another_name(world, shop, small,
                                                    provisioners, mariadb):
    backup = world.backup(shop, small)
    made = create(world, backup, scope=flow.scope_of(small),
                  rename={small: "other"})
    server = instances.MadeMariaDB(provisioners, made)
    assert server.databases() == {"other"}
    assert compare.contents(server, "other") == \
        compare.contents(mariadb, small)


def test_rule24_region_and_remarks_are_the_sources(world, shop):
    world.api.want(200, "PATCH", "/v1/sources/db",
                   {"region": "north", "remarks": "the shop's"})
    made = create(world, world.backup(shop))
    assert (made["region"], made["remarks"]) == ("north", "the shop's")


def test_two_instances_at_once(world, backed_up, provisioners, shop,
                               mariadb):
    before = compare.snapshot(mariadb, shop)
    both = [begin(world, backed_up, name) for name in ("one", "two")]
    for restore in both:
        ended = world.ended_restore(restore)
        assert ended["status"] == "completed", ended
        made = source(world, ended["target_source"]["name"])
        server = instances.MadeMariaDB(provisioners, made)
        compare.assert_equal(before, compare.snapshot(server, shop))


# ---- what is said before

def test_provisioners_tell_what_they_can(world, provisioners):
    items = {p["name"]: p for p in world.api.items("/v1/provisioners")}
    assert set(items) == {"local", "scripted"}
    engines = {e["engine"] for e in items["local"]["engines"]}
    assert "mysql" in engines
    assert items["local"]["error"] is None


@pytest.mark.parametrize("act", [
    "refuse", "silent", "babble", {"answer": {"contract": 2}},
    {"answer": {"contract": 1, "engines": [{"engine": 5}]}}, "forget"])
def test_provisioners_that_do_not_answer_right_are_listed(world, provisioners,
                                                          act):
    provisioners.acts(describe=act)
    items = {p["name"]: p for p in world.api.items("/v1/provisioners")}
    assert items["local"]["error"] is None
    assert items["scripted"]["error"]["code"] == "provisioner_failed"
    assert items["scripted"]["engines"] == []


def test_a_check_tells_what_would_be_made(world, backed_up):
    body = world.restore_body(backed_up, target=provision("copy"))
    told = world.api.want(200, "POST", "/v1/restores/check", body)
    assert told["blockers"] == [] and told["would_create"] == ["copy"]
    assert told["download_bytes"] == backed_up["stored_bytes"]
    body["target"] = provision("DB")
    told = world.api.want(200, "POST", "/v1/restores/check", body)
    assert [b["code"] for b in told["blockers"]] == ["name_taken"]
    assert world.api.fetch("/v1/restores")["total"] == 0


def test_a_check_tells_what_a_provisioner_lacks(world, backed_up,
                                                provisioners):
    provisioners.acts(describe={"answer": {
        "contract": 1, "engines": [{"engine": "redis", "versions": ["7.0.1"],
                                    "methods": ["logical"]}]}})
    body = world.restore_body(backed_up,
                              target=provision("copy", "scripted"))
    told = world.api.want(200, "POST", "/v1/restores/check", body)
    assert [b["code"] for b in told["blockers"]] == ["target_incompatible"]
    assert "redis 7.0.1" in told["blockers"][0]["detail"]
    problem(world.api.post("/v1/restores", body), 409, "target_incompatible")


@pytest.mark.parametrize("target,status,code", [
    (provision("DB"), 409, "name_taken"),
    (provision("1st"), 422, "invalid_name"),
    (provision("copy", "nobody"), 404, "not_found"),
    ({**provision("copy"), "source": "db"}, 422, "invalid_value"),
    ({"provision": {"provider": "local"}}, 422, "required"),
    ({"provision": {"name": "copy"}}, 422, "required"),
    ({"provision": {"provider": "local", "name": "copy", "options": []}},
     422, "invalid_type"),
    ({"provision": {"provider": "local", "name": "copy", "size": 1}}, 400,
     "unknown_field"),
])
def test_rule28_targets_that_make_no_sense(world, backed_up, provisioners,
                                           target, status, code):
    body = world.restore_body(backed_up, target=target)
    problem(world.api.post("/v1/restores", body), status, code)
    assert world.api.fetch("/v1/sources")["total"] == 1
    assert world.api.fetch("/v1/jobs?kind=restore")["total"] == 0
    assert provisioners.left() == []


# ---- provisioners that fail

@pytest.mark.parametrize("operation", ["prepare", "start"])
@pytest.mark.parametrize("act,word", [
    ("refuse", "the moon"), ("silent", "contract"), ("babble", "JSON"),
    ({"answer": {"wants": "a pony", "connection": 7}}, "contract"),
    ("forget", "1"),
])
def test_rule24_a_failure_destroys_what_was_made(world, backed_up,
                                                 provisioners, operation,
                                                 act, word):
    provisioners.acts(**{operation: act})
    detail = failed(world, begin(world, backed_up, provider="scripted"))
    assert "scripted" in detail and operation in detail
    assert "was destroyed" in detail
    assert provisioners.left() == []


@pytest.mark.parametrize("operation", ["prepare", "start"])
def test_rule24_one_that_hangs_is_ended(world, backed_up, provisioners,
                                        operation):
    """With a server that it leaves behind, too."""
    provisioners.acts(**{operation: "late"})
    failed(world, begin(world, backed_up, provider="scripted"))
    assert provisioners.left() == []


@pytest.mark.parametrize("answer", [
    {"version": "10.11.1-MariaDB", "connection": {"host": "127.0.0.1"}},
    {"version": "10.11.1-MariaDB", "connection": {
        "host": "127.0.0.1", "port": 1, "user": "x", "password": "y"}},
    {"connection": {"host": "127.0.0.1", "port": 3306}},
    {"version": "1", "connection": {"host": "a\nb", "port": 70000}},
])
def test_rule24_one_that_lies_about_its_server(world, backed_up,
                                               provisioners, answer):
    provisioners.acts(start={"answer": answer})
    ended = world.ended_restore(begin(world, backed_up,
                                      provider="scripted"))
    assert ended["status"] == "failed", ended
    assert ended["error"]["code"] in ("provisioner_failed",
                                      "connection_failed")
    assert provisioners.left() == []


def test_rule24_what_cannot_be_destroyed_is_told(world, backed_up,
                                                 provisioners):
    provisioners.acts(start="forget", destroy="refuse")
    ended = world.ended_restore(begin(world, backed_up,
                                      provider="scripted"))
    assert ended["status"] == "failed"
    assert "could not be destroyed" in ended["error"]["detail"]
    left = source(world)
    assert left["status"] == "unreachable"
    assert "the moon" in left["status_reason"]
    assert "destroy=true" in left["status_reason"]
    assert provisioners.left()
    for method, path, body in (
            ("PATCH", "/v1/sources/copy", {"remarks": "x"}),
            ("POST", "/v1/backups", world.backup_body(source="copy")),
            ("POST", "/v1/sources/copy/test", {})):
        reply = world.api.call(method, path, body)
        problem(reply, 409, "source_busy")
    # The operator mends it and asks again.
    provisioners.acts()
    doomed = world.api.want(202, "DELETE", "/v1/sources/copy?destroy=true")
    assert world.api.wait_job(doomed["id"])["status"] == "completed"
    assert world.api.get("/v1/sources/copy").status == 404
    assert provisioners.left() == []


# ---- canceled

@pytest.mark.parametrize("operation", ["prepare", "start"])
def test_rule24_canceled_while_the_provisioner_works(world, backed_up,
                                                     provisioners,
                                                     operation):
    provisioners.acts(**{operation: "wait"})
    restore = begin(world, backed_up, provider="scripted")
    provisioners.waits(operation)
    assert source(world)["status"] == "creating"
    problem(world.api.delete("/v1/sources/copy"), 409, "source_busy")
    problem(world.api.delete("/v1/sources/copy?destroy=true"), 409,
            "source_busy")
    world.api.want(202, "POST", f"/v1/restores/{restore['id']}/cancel")
    detail = failed(world, restore, "canceled", "canceled")
    assert "was destroyed" in detail
    assert provisioners.left() == []


def test_rule24_canceled_before_anything_was_made(cofferds, mariadb, shop,
                                                  provisioners, tmp_path):
    """Nothing was made, so no event says that something was destroyed."""
    server = provisioners.serve(cofferds(env={"COFFER_MAX_JOBS": "1"},
                                         start=False))
    world = trip.LocalWorld(server, mariadb).prepare(tmp_path / "pool")
    backup = world.backup(shop)
    provisioners.acts(prepare="wait")
    first = begin(world, backup, provider="scripted")
    provisioners.waits("prepare")
    second = begin(world, backup, "other", provider="scripted")
    for restore in (second, first):
        world.api.want(202, "POST", f"/v1/restores/{restore['id']}/cancel")
    for restore in (second, first):
        assert world.ended_restore(restore)["status"] == "canceled"
    assert [e["name"] for e in world.api.items("/v1/events?kind=source")
            if e["act"] == "source.destroyed"] == ["copy"]
    assert provisioners.left() == []


def test_rule24_canceled_while_data_flows(world, database, provisioners):
    backup = world.backup(database(data.bulky, 60))
    restore = begin(world, backup)
    world.wait_phase(restore["job_id"], "data")
    world.api.want(202, "POST", f"/v1/restores/{restore['id']}/cancel")
    failed(world, restore, "canceled", "canceled")
    assert provisioners.left() == []


# ---- cut

@pytest.mark.parametrize("operation", ["prepare", "start", "destroy"])
def test_rule30_killed_while_the_provisioner_works(world, backed_up,
                                                   provisioners, operation):
    acts = {operation: "wait"}
    if operation == "destroy":
        acts["start"] = "forget"
    provisioners.acts(**acts)
    restore = begin(world, backed_up, provider="scripted")
    provisioners.waits(operation)
    world.cofferd.kill()
    provisioners.acts()
    world.cofferd.start()
    ended = world.api.fetch(f"/v1/restores/{restore['id']}")
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "interrupted"
    world.api.wait_gone("/v1/sources/copy", 60)
    assert provisioners.left() == []
    # The name is free, and it works now.
    create(world, backed_up)


def test_rule30_killed_while_data_flows(world, database, provisioners):
    backup = world.backup(database(data.bulky, 60))
    restore = begin(world, backup)
    world.wait_phase(restore["job_id"], "data")
    world.cofferd.kill()
    world.cofferd.start()
    ended = world.api.fetch(f"/v1/restores/{restore['id']}")
    assert ended["status"] == "failed"
    world.api.wait_gone("/v1/sources/copy", 60)
    assert provisioners.left() == []


def test_rule30_stopped_while_the_provisioner_works(world, backed_up,
                                                    provisioners):
    provisioners.acts(start="wait")
    restore = begin(world, backed_up, provider="scripted")
    provisioners.waits("start")
    provisioners.acts()
    world.cofferd.restart()
    ended = world.api.fetch(f"/v1/restores/{restore['id']}")
    assert ended["status"] == "failed"
    assert "runs again" in ended["error"]["detail"]
    world.api.wait_gone("/v1/sources/copy", 60)
    assert provisioners.left() == []


# ---- destroyed

def test_destroying_what_was_made(world, backed_up, provisioners):
    made = create(world, backed_up)
    assert provisioners.left()
    dry = world.api.want(200, "DELETE",
                         "/v1/sources/copy?destroy=true&dry_run=true")
    assert dry["would_destroy"] is True
    doomed = world.api.want(202, "DELETE", "/v1/sources/copy?destroy=true")
    assert doomed["resource"] == made["id"]
    job = world.api.wait_job(doomed["id"])
    assert (job["kind"], job["status"]) == ("delete", "completed")
    assert world.api.get("/v1/sources/copy").status == 404
    assert provisioners.left() == []


def test_only_what_was_made_is_destroyed(world, mariadb):
    problem(world.api.delete("/v1/sources/db?destroy=true"), 409,
            "not_provisioned")
    assert mariadb.value("SELECT 1") == "1"


def test_deleting_leaves_the_instance_alone(world, backed_up, provisioners):
    create(world, backed_up)
    world.api.want(204, "DELETE", "/v1/sources/copy")
    assert provisioners.servers()


def test_destroying_that_fails_keeps_the_record(world, backed_up,
                                                provisioners):
    create(world, backed_up, provider="scripted")
    provisioners.acts(destroy="refuse")
    doomed = world.api.want(202, "DELETE", "/v1/sources/copy?destroy=true")
    job = world.api.wait_job(doomed["id"])
    assert job["status"] == "failed"
    assert job["error"]["code"] == "provisioner_failed"
    left = source(world)
    assert left["status"] == "unreachable"
    assert "the moon" in left["status_reason"]


def test_rule30_killed_while_it_is_destroyed(world, backed_up, provisioners):
    create(world, backed_up, provider="scripted")
    provisioners.acts(destroy="wait")
    world.api.want(202, "DELETE", "/v1/sources/copy?destroy=true")
    provisioners.waits("destroy")
    world.cofferd.kill()
    provisioners.acts()
    world.cofferd.start()
    doomed = world.api.want(202, "DELETE", "/v1/sources/copy?destroy=true")
    world.api.wait_job(doomed["id"])
    assert world.api.get("/v1/sources/copy").status == 404
    assert provisioners.left() == []


# ---- Redis

@pytest.fixture
def redis_world(cofferds, redis, provisioners, tmp_path):
    server = provisioners.serve(cofferds(start=False))
    world = flow.World(server, redis)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "redis", "connection":
            flow.connection(redis)})
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path / "pool")}})
    return world


def test_rule24_an_instance_of_redis(redis_world, redis, provisioners):
    before = keys.snapshot(keys.fill(redis))
    made = create(redis_world, redis_world.backup())
    assert made["engine"] == "redis"
    copy = instances.MadeRedis(provisioners, made)
    redis_world.cofferd.secrets.add(copy.password)
    keys.assert_equal(before, keys.snapshot(copy))
    again = redis_world.backup(source="copy")
    assert again["key_count"] == len(before) - 1


def test_rule24_keys_of_redis_expire_meanwhile(redis_world, redis,
                                               provisioners):
    with redis.client() as c:
        c.mset({f"stays:{n}": n for n in range(500)})
        for n in range(500):
            c.set(f"goes:{n}", n, px=1500 + 8 * n)
    backup = redis_world.backup()
    assert backup["key_count"] > 500
    restore = begin(redis_world, backup)
    ended = redis_world.ended_restore(restore)
    assert ended["status"] == "completed", ended
    assert 500 <= ended["key_count"] <= backup["key_count"]
    copy = instances.MadeRedis(provisioners, source(redis_world))
    with copy.client() as c:
        assert c.mget([f"stays:{n}" for n in range(500)]) == [
            str(n).encode() for n in range(500)]


def test_rule26_a_new_redis_is_made_whole(redis_world, redis, provisioners):
    with redis.client() as c:
        c.set("a", 1)
    backup = redis_world.backup()
    for changes in ({"scope": {"databases": [0]}}, {"rename": {"0": "1"}}):
        body = redis_world.restore_body(backup, target=provision("copy"),
                                        **changes)
        problem(redis_world.api.post("/v1/restores", body), 422,
                "invalid_scope")
    assert provisioners.left() == []


def test_rule27_a_new_redis_that_holds_something_else(redis_world, redis,
                                                      provisioners):
    """What the provisioner started is not what was backed up."""
    with redis.client() as c:
        c.mset({"a": 1, "b": 2})
    backup = redis_world.backup()
    provisioners.acts(start="wait")
    restore = begin(redis_world, backup, provider="scripted")
    provisioners.waits("start")
    (dump,) = provisioners.instances.glob("src_*/data/dump.rdb")
    with redis.client() as c:
        c.set("b", 3)
        c.save()
    dump.write_bytes((redis.dir / "data" / "dump.rdb").read_bytes())
    provisioners.go()
    detail = failed(redis_world, restore, "verification_failed")
    assert "was destroyed" in detail
    assert provisioners.left() == []


# ---- files

def test_rule24_an_instance_from_a_physical_backup(world, shop, small,
                                                   mariadb, provisioners):
    before = physical.snapshot(mariadb, shop, small)
    backup = world.backup(method="physical")
    mariadb.sql("DELETE FROM order_items", shop)
    made = create(world, backup)
    server = instances.MadeMariaDB(provisioners, made)
    compare.assert_equal(before, physical.snapshot(server, shop, small))
    again = world.backup(shop, source="copy")
    assert again["row_count"] > 0


def test_files_make_whole_instances_alone(world, shop):
    """Parts of them go into servers that run: test_extract.py."""
    backup = world.backup(method="physical")
    body = world.restore_body(backup, target=provision("copy"),
                              scope=flow.scope_of(shop))
    problem(world.api.post("/v1/restores", body), 422, "invalid_scope")

def test_rule27_files_that_lack_a_table(world, shop, provisioners):
    backup = world.backup(method="physical")
    provisioners.acts(start="wait")
    restore = begin(world, backup, provider="scripted")
    provisioners.waits("start")
    (table,) = provisioners.instances.glob(f"src_*/data/{shop}/customers.frm")
    table.unlink()
    provisioners.go()
    failed(world, restore, "verification_failed")
    assert provisioners.left() == []


@pytest.mark.seconds(300)
def test_rule24_an_instance_from_a_snapshot(has_btrfs, cofferds, provisioners,
                                            tmp_path):
    """A server on btrfs, and the hook that is shipped for it."""
    with snapshots.Btrfs(tmp_path) as fs:
        server = snapshots.OnBtrfs(
            fs, "--set", "innodb_log_file_size=16M",
            "--set", "innodb_buffer_pool_size=64M")
        try:
            server.await_ready()
            data.shop(server, "shop")
            before = physical.snapshot(server, "shop")
            hook, opened = snapshots.shipped(tmp_path, "btrfs")
            world = trip.LocalWorld(provisioners.serve(
                cofferds(start=False),
                snapshots.sections({"btrfs": hook}, [opened])), server)
            world.prepare(tmp_path / "pool")
            backup = world.backup(method="snapshot")
            server.sql("DELETE FROM order_items", "shop")
            made = create(world, backup)
            copy = instances.MadeMariaDB(provisioners, made)
            compare.assert_equal(before, physical.snapshot(copy, "shop"))
        finally:
            server.stop()


@pytest.fixture
def bulky(world, database):
    """A physical backup that takes a while to be unpacked."""
    database(data.bulky, 100)
    return world.backup(method="physical")


def test_rule24_canceled_while_files_are_laid(world, bulky, provisioners):
    restore = begin(world, bulky)
    world.wait_phase(restore["job_id"], "files")
    world.api.want(202, "POST", f"/v1/restores/{restore['id']}/cancel")
    failed(world, restore, "canceled", "canceled")
    assert provisioners.left() == []


def test_rule30_killed_while_files_are_laid(world, bulky, provisioners):
    restore = begin(world, bulky)
    world.wait_phase(restore["job_id"], "files")
    world.cofferd.kill()
    world.cofferd.start()
    ended = world.api.fetch(f"/v1/restores/{restore['id']}")
    assert ended["status"] == "failed", ended
    world.api.wait_gone("/v1/sources/copy", 60)
    assert provisioners.left() == []


def test_rule24_a_damaged_backup_makes_no_instance(world, shop,
                                                   provisioners):
    backup = world.backup(method="physical")
    part = sorted(world.folder_of(backup).glob("data/*"))[-1]
    raw = bytearray(part.read_bytes())
    raw[len(raw) // 2] ^= 1
    part.write_bytes(raw)
    detail = failed(world, begin(world, backup), "damaged_backup")
    assert "was destroyed" in detail
    assert provisioners.left() == []


def test_rule24_no_room_for_the_files(world, bulky, provisioners):
    """The folder of the instance is on a disk that is too small."""
    provisioners.acts(prepare="small")
    detail = failed(world, begin(world, bulky, provider="scripted"),
                    "target_failed")
    assert "was destroyed" in detail
    assert provisioners.left() == []
