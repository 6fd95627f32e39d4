"""What the documents tell people to type is run as it stands there: the
tutorial, the restore without Coffer, the lost server, the questions that
monitoring asks."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
import redis as library

from harness import compare, docs, flow, keys, local, process, trees
from harness.api import Api
from harness.testbed import Redis

FREE = "127.0.0.1:7420"


def write(path, text):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def home(tmp_path):
    """Paths of sockets are short: not below pytest's own folder."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pool(world, home):
    folder = home / "pool"
    folder.mkdir()
    world.api.want(201, "POST", "/v1/pools", local_pool("main", folder))
    return folder


def local_pool(name, folder, **more):
    return {"name": name, "storage_type": "local_directory",
            "local_directory": {"path": str(folder)}, **more}


def client_path(home, server):
    """`mariadb` is the server of the test, as it would be on its machine."""
    program, *rest = server.client()
    # Its own name would find this very script.
    words = " ".join(f"'{w}'" for w in [shutil.which(program), *rest])
    programs = home / "bin"
    programs.mkdir(exist_ok=True)
    write(programs / "mariadb", f'#!/bin/sh\nexec {words} "$@"\n')
    return docs.path_with(programs)


def folder_of(pool, backup):
    return next(pool.glob(f"coffer/v1/*/{backup['id']}"))


# ---- the tutorial

def test_tutorial(binary, home):
    """All of it in one shell, with another port."""
    port = process.free_port()
    text = "".join(block for _, block in docs.blocks("tutorial.md"))
    assert text.count(FREE) == 2
    text = text.replace(FREE, f"127.0.0.1:{port}")
    # Whatever fails: no server outlives the test.
    ending = ('trap \'kill "$cofferd"; contrib/testbed/mariadb stop '
              "~/coffer-tutorial/mariadb; exit 1' ERR\n")
    said = docs.run(ending + text, process.TOP, {
        "HOME": str(home), "PATH": docs.path_with(binary.parent)})
    assert said.count('"completed"') >= 4, said
    assert '"failed"' not in said
    # The orders before the accident, after the restore, and by hand.
    assert said.count("COUNT(*)\n18000\n") == 3, said
    assert '"row_count": 50000' in said
    assert list(home.iterdir()) == []


# ---- without Coffer

PAGE = "howto/restore-without-coffer.md"


def test_found_and_checked(world, pool, small):
    backup = world.backup(small, pool="main")
    find, check = [text for mark, text in docs.blocks(PAGE) if mark == ""]
    said = docs.run(find, pool)
    assert said.split("\t")[2] == backup["name"]
    assert backup["id"] in said
    folder = folder_of(pool, backup)
    assert ": OK\n" in docs.run(check, folder)
    part = next((folder / "data").iterdir())
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    with pytest.raises(AssertionError, match="FAILED"):
        docs.run(check, folder)


def test_sql(world, pool, home, mariadb, shop):
    before = compare.snapshot(mariadb, shop)
    backup = world.backup(shop, pool="main")
    mariadb.drop(shop)
    docs.run(docs.block(PAGE, "mysql"), folder_of(pool, backup),
             {"PATH": client_path(home, mariadb)})
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_sql_encrypted(world, home, mariadb, shop):
    key = home / "key.txt"
    subprocess.run(["age-keygen", "-o", key], check=True,
                   capture_output=True)
    public = subprocess.run(["age-keygen", "-y", key], check=True, text=True,
                            capture_output=True).stdout.strip()
    vault = home / "vault"
    vault.mkdir()
    world.api.want(201, "POST", "/v1/pools", local_pool(
        "vault", vault, encryption={"recipients": [public],
                                    "confirm_stored": True}))
    before = compare.snapshot(mariadb, shop)
    backup = world.backup(shop, pool="vault")
    mariadb.drop(shop)
    folder = folder_of(vault, backup)
    shutil.copy(key, folder)
    docs.run(docs.block(PAGE, "encrypted"), folder,
             {"PATH": client_path(home, mariadb)})
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


def test_one_table(world, pool, mariadb, shop):
    """The page says shop.orders; the database of the test has another
    name."""
    backup = world.backup(shop, pool="main")
    folder = folder_of(pool, backup)
    text = docs.block(PAGE, "table")
    assert '"shop"' in text
    docs.run(text.replace('"shop"', f'"{shop}"'), folder)
    rows = compare.contents(mariadb, shop)
    mariadb.sql("DELETE FROM order_items; DELETE FROM orders", shop)
    sql = (folder / "orders.sql").read_bytes()
    subprocess.run(mariadb.client(shop), input=sql, check=True,
                   env=process.clean_environment())
    assert compare.contents(mariadb, shop)["orders"] == rows["orders"]


def test_redis(world, pool, home, redis):
    keys.fill(redis)
    before = keys.snapshot(redis)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "cache", "engine": "redis",
        "connection": flow.connection(redis)})
    world.cofferd.secrets.add(redis.password)
    backup = world.backup(source="cache", pool="main")
    folder = folder_of(pool, backup)
    docs.run(docs.block(PAGE, "redis"), folder)
    keys.assert_equal(before, keys_of_file(home, folder))


def keys_of_file(home, folder):
    """What a server has that begins with that dump.rdb."""
    sock = home / "sock"
    server = process.spawn(
        [local.redis_server(home), "--port", "0", "--unixsocket", sock,
         "--dir", folder, "--appendonly", "no", "--save", ""],
        home / "redis.log")

    class Here(Redis):
        def __init__(self):
            pass

        def client(self, database=0):
            return library.Redis(unix_socket_path=str(sock), db=database)

    def is_up():
        try:
            with Here().client() as c:
                return c.ping()
        except library.exceptions.RedisError:
            return False
    try:
        process.until(is_up, 60, "the server has read the file")
        return keys.snapshot(Here())
    finally:
        process.end(server)


def test_files(world, pool, home):
    top = home / "tree"
    top.mkdir()
    trees.make_modes(top)
    trees.make_links(top)
    trees.make_times(top)
    before = trees.read(top)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "tree", "engine": "files", "connection": {"path": str(top)}})
    backup = world.backup(source="tree", pool="main", method="snapshot")
    folder = folder_of(pool, backup)
    docs.run(docs.block(PAGE, "files"), folder)
    trees.assert_equal(before, trees.read(folder / "copy"))


def test_objects(world, pool, bucket):
    wanted = {"a": b"one", "b/c": b"two", "../up": b"three"}
    for key, body in wanted.items():
        bucket.write(key, body)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "media", "engine": "objects",
        "connection": flow.object_storage(bucket, prefix="")})
    backup = world.backup(source="media", pool="main", method="snapshot")
    folder = folder_of(pool, backup)
    docs.run(docs.block(PAGE, "objects"), folder)
    names = (folder / "keys").read_text().splitlines()
    files = sorted((folder / "objects").iterdir())
    assert {n: f.read_bytes() for n, f in zip(names, files)} == wanted


# ---- stores

def test_bound(world, bucket, tmp_path):
    access, secret = bucket.ceph.keys()
    (_, text), = docs.blocks("howto/stores.md")
    world.api.want(204, "DELETE", "/v1/pools/pool")
    said = docs.run(
        docs.word_of_tutorial(world.cofferd.data / "cofferd.sock") + "\n"
        + text.replace('"name": "bucket"', '"name": "by-page"'), tmp_path,
        {"S3_ENDPOINT": bucket.ceph.endpoint, "S3_REGION": bucket.ceph.region,
         "BUCKET": bucket.name, "S3_ACCESS_KEY": access,
         "S3_SECRET_KEY": secret})
    assert '"conditional_put": true' in said, said
    assert world.api.fetch("/v1/pools/by-page")["status"] == "available"


# ---- a lost server

def test_lost_server(cofferds, pool, world, mariadb, shop):
    api = world.api
    api.want(201, "POST", "/v1/sources",
             flow.source_body(mariadb, "shop-db"))
    api.want(201, "POST", "/v1/plans", {
        "name": "nightly", "source": "shop-db", "pool": "main",
        "strategy": "timer", "scope": flow.scope_of(shop),
        "timer": {"cycle": "daily", "at": "02:30"}})
    before = compare.snapshot(mariadb, shop)
    run = api.want(202, "POST", "/v1/plans/nightly/execute")
    api.wait_job(run["job_id"])
    told = pool / "coffer" / "v1" / "servers"
    process.until(lambda: any('"nightly"' in p.read_text()
                              for p in told.glob("*.json")), 60,
                  "the plan is in the pool")
    world.cofferd.kill()
    mariadb.drop(shop)
    shutil.rmtree(world.cofferd.data)

    heir = cofferds()
    heir.secrets.add(mariadb.password)
    text = docs.word_of_tutorial(heir.data / "cofferd.sock") + "\n"
    text += "".join(block for _, block in docs.blocks("howto/lost-server.md"))
    said = docs.run(text, pool, {
        "POOL": str(pool), "MARIADB_PASSWORD": mariadb.password})
    assert re.search(r'"secrets_needed": *\[[^]]*"shop-db"', said), said
    assert '"active"' in said
    assert said.rstrip().endswith(
        '{\n  "status": "completed",\n  "error": null\n}'), said
    compare.assert_equal(before, compare.snapshot(mariadb, shop))


# ---- monitoring

def test_monitoring(world, tmp_path):
    """The token is made by the third command, which the second needs."""
    word = docs.word_of_tutorial(world.cofferd.data / "cofferd.sock") + "\n"
    ready, overdue, token, events = [
        text.replace(FREE, f"127.0.0.1:{world.cofferd.port}")
        for _, text in docs.blocks("howto/monitoring.md")]
    world.api.want(422, "POST", "/v1/sources", {
        "name": "no name", "engine": "mysql",
        "connection": {"host": "127.0.0.1"}})
    said = docs.run(word + ready + token + overdue + events, tmp_path)
    assert '"checks"' in said
    assert Api(world.cofferd.port).get("/readyz").status == 200
    made = world.api.fetch("/v1/tokens")["items"]
    assert [t["role"] for t in made if t["name"] == "monitoring"] == ["read"]


# ---- accounts

def test_accounts(world, mariadb, small, database):
    """An account of the page makes a backup without a warning."""
    text = (docs.DOC / "howto/mysql-grants.md").read_text()
    sql = re.findall(r"```sql\n(.*?)```", text, re.S)[0]
    account = "coffer@'10.0.0.%'"
    assert sql.count(account) == 2
    mine = "byhowto@'127.0.0.1'"
    mariadb.sql(sql.replace(account, mine))
    try:
        world.api.want(201, "POST", "/v1/sources", {
            "name": "least", "engine": "mysql", "connection": {
                "host": mariadb.host, "port": mariadb.port,
                "user": "byhowto", "password": "a long password"}})
        backup = world.backup(source="least")
        assert backup["warnings"] == []
        assert json.dumps(backup["consistency"]) != "null"
    finally:
        mariadb.sql(f"DROP USER {mine}")


def test_accounts_redis(world, redis):
    text = (docs.DOC / "howto/redis-acl.md").read_text()
    backup_user, restore_user = re.findall(r"```redis\n(.*?)```", text, re.S)
    keys.fill(redis)
    before = keys.snapshot(redis)
    with redis.client() as c:
        for line in (backup_user, restore_user):
            assert c.execute_command(*line.split()) == b"OK"
    for name, password in (("backup", "a-long-password"),
                           ("restore", "another-long-password")):
        world.api.want(201, "POST", "/v1/sources", {
            "name": f"by-{name}", "engine": "redis",
            "connection": {"host": redis.host, "port": redis.port,
                           "user": name, "password": password}})
    backup = world.backup(source="by-backup")
    assert backup["warnings"] == []
    redis.empty()
    with redis.client() as c:
        c.execute_command(*restore_user.split())
    world.restore(backup, target={"source": "by-restore"})
    keys.assert_equal(before, keys.snapshot(redis))
    with redis.client() as c:
        c.execute_command("ACL", "DELUSER", "backup", "restore")
