"""Rules 25 and 26: one table, one database, or under another name, out of a
backup of more, and reading no more than that takes."""
import re
import urllib.parse

import pytest

from harness import compare, flow
from harness.api import problem
from harness.proxy import Proxy

SMALL = 200
REQUEST = re.compile(rb"^GET (\S+) HTTP")
RANGE = re.compile(rb"^range: bytes=(\d+)-(\d+)", re.I | re.M)


def noise(seed):
    """512 bytes that do not compress."""
    return "CONCAT(" + ", ".join(
        f"UNHEX(SHA2({seed} * {n}, 512))" for n in range(3, 11)) + ")"


def mixed(server, name):
    """Two large tables, 200 small ones that share frames, triggers, a view,
    a routine."""
    server.sql(f"CREATE DATABASE {name}")
    server.sql("CREATE TABLE big (id INT PRIMARY KEY, v VARBINARY(2000));"
               "CREATE TABLE huge LIKE big;"
               f"INSERT INTO big SELECT seq, {noise('seq')} "
               "FROM seq_1_to_8000;"
               f"INSERT INTO huge SELECT id + 1, {noise('id + 0.5')} "
               "FROM big;"
               "CREATE TABLE audit (t VARCHAR(64), n INT);"
               "CREATE VIEW of_big AS SELECT id FROM big;"
               "CREATE PROCEDURE nothing() SELECT 1", name)
    server.sql("".join(
        f"CREATE TABLE t{n:03} (id INT PRIMARY KEY, v VARCHAR(99));"
        f"INSERT INTO t{n:03} SELECT seq, CONCAT({n}, ' ', MD5(seq)) "
        f"FROM seq_1_to_{n % 17};"
        for n in range(SMALL)), name)
    for n in (17, 18):
        server.sql(f"CREATE TRIGGER after_{n} AFTER INSERT ON t{n:03} "
                   f"FOR EACH ROW INSERT INTO audit VALUES ('t{n:03}', 1)",
                   name)
    return name


class Gateway(Proxy):
    """Before the store; writes down what is fetched."""

    def __init__(self, ceph):
        url = urllib.parse.urlsplit(ceph.endpoint)
        self.host = url.hostname

        class Place:
            host, port = url.hostname, url.port
        self.gets = []
        super().__init__(Place)

    def _count(self, chunk, is_up):
        found = REQUEST.match(chunk) if is_up else None
        if found:
            span = RANGE.search(chunk)
            with self.gate:
                self.gets.append((found[1].decode(),
                                  span and (int(span[1]), int(span[2]))))

    def of(self, folder):
        return [get for get in self.gets if f"/{folder}/" in get[0]]


@pytest.fixture
def source(database):
    return database(mixed)


@pytest.fixture(params=["directory", "ceph"])
def place(request, world, tmp_path):
    """A world whose backups go to the one or the other."""
    if request.param == "directory":
        world.api.want(201, "POST", "/v1/pools", {
            "name": "small-parts", "storage_type": "local_directory",
            "local_directory": {"path": str(tmp_path / "pool")},
            "part_bytes": 1 << 20})
        world.pool_name = "small-parts"
    else:
        world.pool_name = "pool"
    return world


@pytest.fixture
def copied(database, mariadb):
    """The name of a database that is not there yet, and goes with the test."""
    name = flow.unique("copy").replace("-", "_")
    yield name
    mariadb.drop(name)


def only(database, *tables):
    return {"databases": [{"name": database, "tables": list(tables)}]}


def restore_as(world, backup, source, copied, scope, **changes):
    return world.restore(backup, rename={source: copied}, scope=scope,
                         **changes)


def tables_of(server, database):
    return set(compare.base_tables(server, database))


def test_rule26_one_table(place, source, copied, mariadb):
    backup = place.backup(source, pool=place.pool_name)
    before = compare.contents(mariadb, source)
    record = restore_as(place, backup, source, copied, only(source, "big"))
    assert record["row_count"] == 8000
    assert compare.contents(mariadb, copied) == {"big": before["big"]}
    assert compare.contents(mariadb, source) == before


def test_rule26_small_tables_out_of_shared_frames(place, source, copied,
                                                  mariadb):
    backup = place.backup(source, pool=place.pool_name)
    before = compare.contents(mariadb, source)
    wanted = ["t000", "t017", "t020", "t021", "t199", "huge"]
    restore_as(place, backup, source, copied, only(source, *wanted))
    assert compare.contents(mariadb, copied) == {
        t: before[t] for t in wanted}
    triggers = mariadb.sql("SELECT trigger_name FROM information_schema."
                           f"triggers WHERE trigger_schema = '{copied}'")
    assert triggers == [["after_17"]]
    assert mariadb.sql("SELECT routine_name FROM information_schema.routines "
                       f"WHERE routine_schema = '{copied}'") == []


def test_rule26_every_small_table(world, tmp_path, source, copied, mariadb):
    backup = world.backup(source)
    before = compare.contents(mariadb, source)
    restore_as(world, backup, source, copied,
               {"include": [f"{source}.t*"], "exclude": ["*.t1%"]})
    wanted = {t for t in before if t.startswith("t") and t[1] != "1"}
    assert compare.contents(mariadb, copied) == {
        t: before[t] for t in wanted}


def test_rule25_one_database_of_two(place, source, shop, mariadb):
    backup = place.backup(source, shop, pool=place.pool_name)
    before = compare.snapshot(mariadb, shop)
    mariadb.drop(shop)
    other = compare.contents(mariadb, source)
    mariadb.sql("INSERT INTO audit VALUES ('mine', 1)", source)
    place.restore(backup, scope=flow.scope_of(shop))
    compare.assert_equal(before, compare.snapshot(mariadb, shop))
    after = compare.contents(mariadb, source)
    assert after.pop("audit") != other.pop("audit")
    assert after == other


def test_rule26_into_the_place_of_one(world, source, mariadb):
    """The table comes back among neighbours that have gone on."""
    backup = world.backup(source)
    before = compare.contents(mariadb, source)
    mariadb.sql("DROP TABLE t017; INSERT INTO t018 VALUES (999, 'new')",
                source)
    now = compare.contents(mariadb, source)
    world.restore(backup, scope=only(source, "t017"))
    assert compare.contents(mariadb, source) == {**now,
                                                 "t017": before["t017"]}


@pytest.mark.parametrize("scope, named", [
    ({"databases": [{"name": "nowhere"}]}, "nowhere"),
    (None, "t999"),
    ({"include": ["nowhere.*"]}, "scope"),
])
def test_rule26_what_is_not_in_the_backup(world, source, scope, named):
    backup = world.backup(source)
    reply = world.api.post("/v1/restores", world.restore_body(
        backup, rename={source: "elsewhere"} if scope is None else {},
        scope=scope or only(source, "t001", "t999")))
    assert named in str(problem(reply, 422, "invalid_scope"))


def test_rule26_only_the_frames_needed(make_world, ceph, bucket, source,
                                       copied, mariadb):
    gateway = Gateway(ceph)
    try:
        body = flow.object_storage(
            bucket, endpoint=f"http://{gateway.host}:{gateway.port}")
        world = make_world(pool={"object_storage": body,
                                 "part_bytes": 1 << 20})
        backup = world.backup(source)
        parts = [k for k in bucket.keys_of(backup["id"]) if "/data/" in k]
        gateway.gets.clear()
        restore_as(world, backup, source, copied, only(source, "t020"))
        data = gateway.of("data")
        # its definition and its rows; manifest and index twice: when it is
        # asked for, and when its turn has come
        assert 1 <= len(data) <= 3, data
        sizes = bucket.objects()
        # the schema is one frame, and so is its part
        fetched = sum(span[1] - span[0] + 1 if span
                      else sizes[path.split(f"/{bucket.name}/")[1]]
                      for path, span in data)
        assert fetched * 10 < sum(sizes[k] for k in parts), data
        # The pool is looked at from time to time, which is no concern here.
        gets = [get for get in gateway.gets if backup["id"] in get[0]]
        assert len(gets) <= len(data) + 4, gets
        gateway.gets.clear()
        mariadb.drop(copied)
        restore_as(world, backup, source, copied, {"databases": [
            {"name": source}]})
        assert len(gateway.of("data")) < 4 * len(parts), gateway.gets
        fetched = gateway.of("data")
        assert len(fetched) == len(set(fetched)), fetched
    finally:
        gateway.close()
