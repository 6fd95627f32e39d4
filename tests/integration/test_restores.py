"""Rules of restores: never over something silently, and proven."""
import pytest

from harness import byhand, compare, data, flow, process
from harness.api import problem


@pytest.fixture
def backed_up(world, shop, mariadb):
    """A backup of the shop, and what the shop was then."""
    return world.backup(shop), shop, compare.snapshot(mariadb, shop)


def restore_refused(world, backup, status, code, **changes):
    reply = world.api.post("/v1/restores",
                           world.restore_body(backup, **changes))
    return problem(reply, status, code)


def test_rule25_never_over_what_is_there(world, backed_up, mariadb):
    backup, shop, before = backed_up
    document = restore_refused(world, backup, 409, "target_not_empty")
    assert shop in str(document)
    assert world.api.fetch("/v1/restores")["total"] == 0
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


@pytest.mark.parametrize("confirm", [None, [], ["other"], ["SHOP "]])
def test_rule25_overwriting_wants_the_name(world, backed_up, mariadb,
                                           confirm):
    backup, shop, before = backed_up
    changes = {"overwrite": True}
    if confirm is not None:
        changes["confirm"] = confirm
    document = restore_refused(world, backup, 409, "confirm_required",
                               **changes)
    assert shop in str(document)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_rule25_confirm_without_overwrite_is_not_enough(world, backed_up):
    backup, shop, _ = backed_up
    restore_refused(world, backup, 409, "target_not_empty", confirm=[shop])


def test_rule25_overwritten_when_confirmed(world, backed_up, mariadb):
    backup, shop, before = backed_up
    mariadb.sql("DELETE FROM order_items; DROP VIEW best_customers; "
                "CREATE TABLE later (id INT)", shop)
    world.restore(backup, overwrite=True, confirm=[shop])
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_rule25_renamed(world, backed_up, mariadb):
    backup, shop, before = backed_up
    try:
        world.restore(backup, rename={shop: "shop_old"})
        assert compare.contents(mariadb, "shop_old") == \
            compare.contents(mariadb, shop)
        compare.assert_equal(before, compare.snapshot(mariadb, shop))
        # What it refers to goes with it: the copy stands alone.
        mariadb.drop(shop)
        rows = mariadb.sql("SELECT COUNT(*) FROM best_customers", "shop_old")
        assert int(rows[0][0]) > 0
        mariadb.sql("INSERT INTO order_items VALUES (17999, 9, 1, 1, 1.0)",
                    "shop_old")
    finally:
        mariadb.drop("shop_old")


def test_rule25_rename_onto_what_is_there(world, backed_up, small):
    backup, shop, _ = backed_up
    restore_refused(world, backup, 409, "target_not_empty",
                    rename={shop: small})


def check(world, backup, **changes):
    return world.api.want(200, "POST", "/v1/restores/check",
                          world.restore_body(backup, **changes))


def codes(findings):
    assert all(f["detail"] for f in findings)
    return [f["code"] for f in findings]


def test_rule25_a_check_tells_what_is_in_the_way(world, backed_up, mariadb):
    backup, shop, before = backed_up
    told = check(world, backup)
    assert codes(told["blockers"]) == ["target_not_empty"], told
    assert shop in told["blockers"][0]["detail"]
    assert told["download_bytes"] == backup["stored_bytes"]
    told = check(world, backup, overwrite=True)
    assert codes(told["blockers"]) == ["confirm_required"], told
    assert world.api.fetch("/v1/restores")["total"] == 0
    assert world.api.fetch("/v1/jobs?kind=restore")["total"] == 0
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_rule25_what_a_check_allows_is_restored(world, backed_up, mariadb):
    backup, shop, before = backed_up
    changes = {"overwrite": True, "confirm": [shop]}
    assert check(world, backup, **changes)["blockers"] == []
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    mariadb.sql("DELETE FROM order_items", shop)
    world.restore(backup, **changes)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_check_of_what_is_not_there(world):
    problem(world.api.post("/v1/restores/check", world.restore_body(
        {"id": "bak_01ARZ3NDEKTSV4RRFFQ69G5FAV"})), 404, "not_found")


@pytest.mark.parametrize("rename", [{"nowhere": "x"}, {"SHOP": ""},
                                    {"SHOP": "a/b\0"}, {"SHOP": "x" * 65},
                                    {"SHOP": "mysql"}, {"SHOP": 5}, []])
def test_rule25_renames_that_make_no_sense(world, backed_up, rename):
    backup, shop, _ = backed_up
    if isinstance(rename, dict):
        rename = {shop if k == "SHOP" else k: v for k, v in rename.items()}
    reply = world.api.post("/v1/restores",
                           world.restore_body(backup, rename=rename))
    assert reply.status in (400, 409, 422), repr(reply)
    problem(reply, reply.status, reply.json["code"])


def test_rule23_only_from_completed_ones(world, database, halts):
    name = database(data.bulky, 8)
    with halts(world, down=1 << 20) as halt:
        running = world.start_backup(name)
        halt.reached()
        restore_refused(world, running, 409, "backup_not_completed")
        world.api.post(f"/v1/backups/{running['id']}/cancel")
    assert world.ended_backup(running)["status"] == "canceled"
    restore_refused(world, running, 409, "backup_not_completed")


def test_restore_of_what_is_not_there(world):
    reply = world.api.post("/v1/restores", world.restore_body(
        {"id": "bak_01ARZ3NDEKTSV4RRFFQ69G5FAV"}))
    assert reply.status in (404, 422), repr(reply)


def test_one_job_per_target(world, database, mariadb, halts):
    name = database(data.bulky, 8)
    backup = world.backup(name)
    mariadb.drop(name)
    with halts(world, text=b"INSERT INTO `t") as halt:
        restore = world.start_restore(backup)
        halt.reached()
        restore_refused(world, backup, 409, "source_busy",
                        rename={name: "other"})
        problem(world.api.post("/v1/backups", world.backup_body()), 409,
                "source_busy")
    assert world.ended_restore(restore)["status"] == "completed"


def test_restore_can_be_canceled(world, database, mariadb, halts):
    name = database(data.bulky, 16)
    backup = world.backup(name)
    mariadb.drop(name)
    with halts(world, text=b"INSERT INTO `t") as halt:
        restore = world.start_restore(backup)
        halt.reached()
        world.api.want((200, 202), "POST",
                       f"/v1/restores/{restore['id']}/cancel")
    record = world.ended_restore(restore)
    assert record["status"] == "canceled" and record["verified"] is not True
    assert world.record(backup["id"])["status"] == "completed"
    assert world.api.fetch("/v1/sources/db")["status"] == "available"
    world.restore(backup, overwrite=True, confirm=[name])


def flip(bucket, key, at=-20):
    """One bit of a stored object turns over."""
    body = bytearray(bucket.read(key))
    body[at] ^= 1
    bucket.write(key, bytes(body))


@pytest.mark.parametrize("what", ["flipped", "cut", "missing", "swapped"])
def test_damaged_part_never_reaches_the_target(make_world, database, mariadb,
                                               what):
    world = make_world(pool={"part_bytes": 1048576})
    name = database(data.bulky, 16)
    backup = world.backup(name)
    bucket = world.bucket
    parts = sorted(k for k in bucket.keys_of(backup["id"]) if "/data/" in k)
    if what == "flipped":
        flip(bucket, parts[-2])
    elif what == "cut":
        bucket.write(parts[-2], bucket.read(parts[-2])[:-1])
    elif what == "missing":
        bucket.remove(parts[-2])
    else:
        one, two = bucket.read(parts[-2]), bucket.read(parts[-3])
        bucket.write(parts[-2], two)
        bucket.write(parts[-3], one)
    mariadb.drop(name)
    record = world.ended_restore(world.start_restore(backup))
    assert record["status"] == "failed", record
    assert record["error"]["code"] == "damaged_backup"
    assert parts[-2].rsplit("/", 1)[1] in record["error"]["detail"] \
        or parts[-3].rsplit("/", 1)[1] in record["error"]["detail"]
    assert world.api.fetch("/v1/sources/db")["status"] == "available"


def test_damaged_manifest_is_seen_before_anything(world, small, mariadb):
    backup = world.backup(small)
    key = next(k for k in world.bucket.manifests() if backup["id"] in k)
    good = world.bucket.read(key)
    world.bucket.write(key, good.replace(b'"small', b'"smalL', 1)
                       .replace(b'"rows":1000', b'"rows":9999'))
    if world.bucket.read(key) == good:
        flip(world.bucket, key, len(good) // 2)
    mariadb.drop(small)
    reply = world.api.post("/v1/restores", world.restore_body(backup))
    if reply.status == 202:
        record = world.ended_restore(reply.json)
        assert record["status"] == "failed"
        assert record["error"]["code"] == "damaged_backup"
    else:
        assert "damaged" in str(reply.json), repr(reply)
    assert small not in mariadb.databases()


def test_rule27_difference_on_the_target_is_seen(world, mariadb, database,
                                                 halts):
    """The target changes what it is given: not a success."""
    name = database(data.bulky, 8)
    backup = world.backup(name)
    mariadb.drop(name)
    with halts(world, text=b"INSERT INTO `t") as halt:
        restore = world.start_restore(backup)
        halt.reached()
        # A stranger writes beside the restore.
        mariadb.sql(f"INSERT INTO {name}.t1 VALUES (-1, 'stranger')")
    record = world.ended_restore(restore)
    assert record["status"] == "failed", record
    assert record["error"]["code"] in ("verification_failed",
                                       "target_failed")
    assert record["verified"] is not True


def test_restore_into_smaller_packets(world, database, mariadb,
                                      plain_mariadb):
    """A row larger than the target takes: told before it is touched."""
    name = database(data.small, 1)
    mariadb.sql("CREATE TABLE l (b LONGBLOB); "
                "INSERT INTO l VALUES (REPEAT('x', 3000000))", name)
    backup = world.backup(name)
    world.cofferd.secrets.add(plain_mariadb.password)
    plain_mariadb.drop(name)
    plain_mariadb.sql("SET GLOBAL max_allowed_packet = 1048576")
    try:
        world.api.want(201, "POST", "/v1/sources",
                       flow.source_body(plain_mariadb, "tiny"))
        reply = world.api.post("/v1/restores", world.restore_body(
            backup, target={"source": "tiny"}))
        if reply.status == 202:
            record = world.ended_restore(reply.json)
            # It may raise the limit for itself, or say that it is too low.
            if record["status"] == "completed":
                return
            assert record["error"]["code"] in ("target_incompatible",
                                               "target_failed")
        else:
            problem(reply, 409, "target_incompatible")
        assert name not in plain_mariadb.databases()
    finally:
        plain_mariadb.sql("SET GLOBAL max_allowed_packet = 67108864")
        plain_mariadb.drop(name)


def test_shop_by_hand(world, backed_up, mariadb, tmp_path):
    backup, shop, before = backed_up
    world.bucket.fetch(backup["id"], tmp_path)
    text = byhand.plain_text(tmp_path)
    assert b"LOCK TABLES" not in text
    mariadb.drop(shop)
    byhand.restore(tmp_path, mariadb)
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
