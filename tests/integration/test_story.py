"""The promise itself, on two million rows of every common type: a backup
that says `completed` restores, through the server and without it."""
import hashlib
import json
import subprocess

import pytest

from harness import bigdata, byhand, compare, data, flow

pytestmark = pytest.mark.seconds(900)


def walk(value):
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from walk(member)


@pytest.fixture(scope="module")
def before(mariadb, dataset_big):
    return compare.snapshot(mariadb, dataset_big)


@pytest.fixture(scope="module")
def backup(module_world, before, dataset_big):
    return module_world.backup(dataset_big, name="the-big-one", seconds=600,
                               description="2 million rows")


@pytest.fixture(scope="module")
def fetched(module_bucket, backup, tmp_path_factory):
    return module_bucket.fetch(backup["id"], tmp_path_factory.mktemp("got"))


def test_backup_says_what_it_holds(backup, mariadb):
    assert backup["type"] == "manual" and backup["trigger"] == "user"
    assert backup["method"] == "logical"
    assert backup["description"] == "2 million rows"
    assert backup["row_count"] == bigdata.ROWS
    assert backup["table_count"] == bigdata.TABLES + 1
    assert backup["part_count"] > 1
    assert backup["source_bytes"] > backup["stored_bytes"] > 0
    assert backup["expires_at"] is None and backup["plan"] is None
    assert backup["source"]["name"] == "db"
    assert backup["source"]["version"] in mariadb.value("SELECT VERSION()")
    assert backup["pool"]["name"] == "pool"
    assert backup["owner"]["this"] is True
    assert backup["started_at"] <= backup["finished_at"]
    assert backup["started_at"].endswith("Z")


def test_consistency_point_is_that_of_the_server(backup, mariadb):
    status = mariadb.sql("SHOW MASTER STATUS")[0]
    assert backup["consistency"]["binlog_file"] == status[0]
    assert 0 < backup["consistency"]["binlog_position"] <= int(status[1])
    assert "gtid" in backup["consistency"]


def test_contents_tell_every_table(module_world, backup, mariadb,
                                   dataset_big):
    answer = module_world.api.fetch("/v1/backups/the-big-one/contents")
    databases = {d["name"]: d for d in answer["items"]}
    assert set(databases) == {dataset_big}
    tables = {t["name"]: t for t in databases[dataset_big]["tables"]}
    wanted = compare.contents(mariadb, dataset_big)
    assert set(tables) == set(wanted)
    for name, (rows, _) in wanted.items():
        assert tables[name]["rows"] == int(rows), name
    digests = {t["digest"] for t in tables.values()}
    assert len(digests) == len(tables), "tables that differ, digests do too"


def test_manifest_names_every_object_with_its_digest(
        module_world, module_bucket, backup, fetched):
    answer = module_world.api.fetch("/v1/backups/the-big-one/manifest")
    stored = json.loads((fetched / "manifest.json").read_bytes())
    assert answer == stored
    named = {o["key"]: o for o in walk(stored)
             if "key" in o and "sha256" in o}
    files = {str(p.relative_to(fetched)): p
             for p in fetched.rglob("*") if p.is_file()}
    assert set(files) == set(named) | {"owner.json", "manifest.json"}
    for key, entry in named.items():
        body = files[key].read_bytes()
        assert hashlib.sha256(body).hexdigest() == entry["sha256"], key
        assert len(body) == entry["stored_bytes"], key
    parts = [k for k in named if k.startswith("data/")]
    assert len(parts) == backup["part_count"]
    assert max(len(files[k].read_bytes()) for k in parts) \
        <= module_world.pool["part_bytes"]


def test_manifest_holds_no_secret(fetched, mariadb, ceph):
    for path in fetched.rglob("*.json"):
        body = path.read_bytes()
        assert mariadb.password.encode() not in body, path
        assert ceph.keys()[1].encode() not in body, path


def test_parts_are_whole_frames_with_checksums(fetched):
    parts = sorted((fetched / "data").iterdir())
    listing = subprocess.run(["zstd", "-lv", *parts], capture_output=True,
                             text=True, check=True).stdout
    assert listing.count("Check: XXH64") == len(parts), listing[:2000]
    for part in parts:
        # A part alone can be unpacked: no frame goes over its end.
        subprocess.run(["zstd", "-tq", part], check=True)


def test_restored_by_hand(fetched, before, plain_mariadb, dataset_big):
    plain_mariadb.drop(dataset_big)
    byhand.restore(fetched, plain_mariadb)
    compare.assert_equal(before,
                         compare.snapshot(plain_mariadb, dataset_big))


def test_restored_after_the_accident(module_world, backup, before, mariadb,
                                     dataset_big):
    mariadb.drop(dataset_big)
    record = module_world.restore(backup, seconds=600)
    assert record["row_count"] == bigdata.ROWS
    assert record["target_source"]["name"] == "db"
    compare.assert_equal(before, compare.snapshot(mariadb, dataset_big))


def test_restored_into_another_server(module_world, module_cofferd, backup,
                                      before, plain_mariadb, dataset_big):
    plain_mariadb.drop(dataset_big)
    module_cofferd.secrets.add(plain_mariadb.password)
    module_world.api.want(201, "POST", "/v1/sources",
                          flow.source_body(plain_mariadb, "second"))
    module_world.restore(backup, target={"source": "second"}, seconds=600)
    compare.assert_equal(before,
                         compare.snapshot(plain_mariadb, dataset_big))
    plain_mariadb.drop(dataset_big)


def test_bucket_says_how_to_restore_by_hand(module_bucket, backup):
    readme = module_bucket.read("coffer/v1/README.txt").decode()
    assert "zstd -dc" in readme and "mariadb" in readme


def test_whole_instance_without_binary_log(make_world, plain_mariadb):
    """Debian's default: no binary log to compare the snapshots by."""
    plain_mariadb.drop(*plain_mariadb.databases())
    names = [data.shop(plain_mariadb, "one"), data.small(plain_mariadb, "two")]
    plain_mariadb.sql("CREATE DATABASE nothing_in_it")
    names.append("nothing_in_it")
    world = make_world(server=plain_mariadb)
    before = [compare.snapshot(plain_mariadb, name) for name in names]
    backup = world.backup()
    assert backup["scope"] is None
    plain_mariadb.drop(*names)
    world.restore(backup)
    assert plain_mariadb.databases() == set(names)
    after = [compare.snapshot(plain_mariadb, name) for name in names]
    compare.assert_equal(sum(before, []), sum(after, []))
    plain_mariadb.drop(*names)


def test_views_are_made_in_an_order_that_works(world, mariadb, small):
    """A view with a CHECK OPTION cannot be made on a placeholder that is no
    table yet; its name comes first in the alphabet."""
    mariadb.sql("CREATE VIEW z AS SELECT id, v FROM t WHERE id > 1;"
                "CREATE VIEW m AS SELECT id, v FROM z WHERE id < 900;"
                "CREATE VIEW a AS SELECT id FROM m WITH CHECK OPTION;"
                "CREATE FUNCTION f() RETURNS INT READS SQL DATA "
                "RETURN (SELECT COUNT(*) FROM a);"
                "CREATE VIEW b AS SELECT f() AS n", small)
    before = compare.snapshot(mariadb, small)
    backup = world.backup(small)
    mariadb.drop(small)
    world.restore(backup)
    compare.assert_equal(before, compare.snapshot(mariadb, small))
    assert mariadb.value("SELECT n FROM b", small) == "898"


def test_backup_is_one_moment(world, mariadb, database):
    """Rows that move between tables while the backup runs are seen in
    exactly one of them."""
    name = database(data.bulky, 24, 3)
    mariadb.sql("CREATE TABLE a (id INT PRIMARY KEY) AS "
                "SELECT seq AS id FROM seq_1_to_5000;"
                "CREATE TABLE z LIKE a", name)
    with mariadb.session() as session:
        session.run(f"USE {name}")
        started = world.start_backup(name)
        moved = 0
        while world.record(started["id"])["status"] in ("queued",
                                                        "backing_up"):
            session.run("BEGIN; INSERT INTO z SELECT id FROM a LIMIT 10; "
                        "DELETE FROM a LIMIT 10; COMMIT")
            moved += 10
    backup = world.ended_backup(started)
    assert backup["status"] == "completed", backup
    mariadb.drop(name)
    world.restore(backup)
    rows = compare.contents(mariadb, name)
    assert int(rows["a"][0]) + int(rows["z"][0]) == 5000, (rows, moved)
