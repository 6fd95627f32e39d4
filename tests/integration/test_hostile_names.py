"""Hostile names (harness/hostile) of what is backed up: of databases, tables,
columns, accounts, keys of Redis, files and objects, as many of them as their
server takes. Each comes back and is compared."""
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from harness import exact, forest, hostile, keys, trees
from harness.bucket import Bucket
from harness.hostile import STRINGS
from harness.trip import LocalWorld
from test_objects_restore import World as Objects
from test_redis import World as Keys

ENOUGH = 150
# What a name of MySQL cannot hold: more is refused by the server itself.
NAME_POINTS = 64
USER_POINTS = 80


@pytest.fixture(scope="module")
def around():
    """Nothing appears where a name would lead to."""
    def found():
        return sorted(os.path.join(folder, name)
                      for folder in ("/", "/tmp", "/etc", "/etc/cron.d")
                      if os.path.isdir(folder)
                      for name in os.listdir(folder) if hostile.MARK in name)
    before = found()
    yield
    assert found() == before


def assert_clean_log(cofferd):
    """A line per event, and nothing in it that a terminal acts on."""
    text = cofferd.log_path.read_bytes().decode()
    assert hostile.raw_characters(text) == []
    assert all(line.startswith('{"time":') for line in text.splitlines())


def names_of_mysql():
    """Those that an identifier may be: of the first plane, without a blank
    at the end; names that differ by case or accent alone are one."""
    found = {}
    for one in filter(hostile.is_text, STRINGS):
        if 0 < len(one) <= NAME_POINTS and "\0" not in one \
                and one[-1] not in " \t" and max(one) <= "\uffff":
            found[exact.literal(one)] = one
    return list(found.values())


def attempt(server, statements):
    """Has a server do what it takes of them."""
    end = "//coffer"
    # One that is refused does not stop the others.
    server.sql("SET NAMES utf8mb4, sql_mode = '';\nDELIMITER "
               + end + "\n" + "".join(f"{text}\n{end}\n"
                                      for text in statements), force=True)


def databases(server):
    listed = server.sql(
        "SELECT HEX(CONVERT(schema_name USING utf8mb4)) FROM "
        "information_schema.schemata WHERE schema_name NOT IN ("
        "'information_schema', 'mysql', 'performance_schema', 'sys')")
    return {bytes.fromhex(row[0]).decode() for row in listed}


@pytest.mark.usefixtures("around")
def test_databases_and_tables(cofferds, plain_mariadb, tmp_path):
    """A database of each, empty, and in one more a table of each that has a
    column of it, with the name as its value."""
    maria = plain_mariadb
    world = LocalWorld(cofferds(), maria).prepare(tmp_path / "pool")
    names = names_of_mysql()
    quoted = [exact.quote(name) for name in names]
    try:
        attempt(maria, [f"CREATE DATABASE {name}" for name in quoted])
        attempt(maria, ["CREATE DATABASE hostile CHARACTER SET utf8mb4",
                      "USE hostile",
                      *[f"CREATE TABLE {q} ({q} LONGTEXT COMMENT 'c', id INT)"
                        for q in quoted],
                      *[f"INSERT INTO {q} VALUES ({exact.literal(name)}, 1)"
                        for q, name in zip(quoted, names)]])
        before = databases(maria)
        held = exact.snapshot(maria, "hostile")
        assert len(before) > ENOUGH
        assert len(exact.tables(maria, "hostile")) >= ENOUGH
        backup = world.backup(options={"include_accounts": False})
        drop(maria, before)
        assert databases(maria) == set()
        world.restore(backup)
        assert databases(maria) == before
        assert exact.snapshot(maria, "hostile") == held
    finally:
        drop(maria, databases(maria))
    assert_clean_log(world.cofferd)


def drop(server, names):
    attempt(server, [f"DROP DATABASE {exact.quote(name)}" for name in names])


def accounts(server):
    """Names and rights of all, as the server tells them."""
    listed = server.sql(
        "SELECT HEX(CONVERT(User USING utf8mb4)) FROM mysql.global_priv "
        "WHERE Host = 'hostile.example'")
    return {bytes.fromhex(row[0]).decode() for row in listed}


def grants(server, names):
    text = "".join(
        f"SHOW GRANTS FOR {account(name)}\n//coffer\n" for name in names)
    return server.sql("SET NAMES utf8mb4, sql_mode = '';\n"
                      "DELIMITER //coffer\n" + text)


def account(name):
    quoted = name.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'@'hostile.example'"


@pytest.mark.usefixtures("around")
def test_accounts(cofferds, plain_mariadb, tmp_path):
    maria = plain_mariadb
    world = LocalWorld(cofferds(), maria).prepare(tmp_path / "pool")
    names = [name for name in filter(hostile.is_text, STRINGS)
             if 0 < len(name) <= USER_POINTS and "\0" not in name
             and max(name) <= "\uffff" and name == name.strip(" ")]
    try:
        attempt(maria, [
            *[f"CREATE USER {account(name)}" for name in names],
            *[f"GRANT SELECT ON `a``b`.* TO {account(name)}"
              for name in names]])
        before = accounts(maria)
        assert len(before) >= ENOUGH
        held = grants(maria, sorted(before))
        backup = world.backup(options={"include_accounts": True})
        attempt(maria, [f"DROP USER {account(name)}" for name in before])
        assert accounts(maria) == set()
        world.restore(backup, options={"accounts": True}, overwrite=True)
        assert accounts(maria) == before
        assert grants(maria, sorted(before)) == held
    finally:
        attempt(maria, [f"DROP USER {account(name)}"
                      for name in accounts(maria)])
    assert_clean_log(world.cofferd)


@pytest.mark.usefixtures("around")
def test_keys(cofferds, redis, tmp_path):
    """A key of each, a field, a member and a value."""
    world = Keys(cofferds(), redis).prepare(tmp_path / "pool")
    with redis.client() as c:
        for one in map(hostile.raw, STRINGS):
            c.set(one, one)
            c.hset(b"hash", one, one)
            c.sadd(b"set", one)
            c.hset(b"hash:" + one, one, one)
    before = keys.snapshot(redis)
    assert len(before) > 2 * 200
    backup = world.backup()
    redis.empty()
    world.restore(backup)
    keys.assert_equal(before, keys.snapshot(redis))
    assert_clean_log(world.cofferd)


@pytest.mark.usefixtures("around")
def test_files(cofferds, tmp_path):
    """A file and a folder of each, and a link that leads to each."""
    world = forest.World(cofferds(args=[
        "--restore-dirs", str(tmp_path / "restored")]), forest.Folder())
    world.prepare(tmp_path)
    names = {raw for raw in map(hostile.raw, STRINGS)
             if 0 < len(raw) <= 255 and b"/" not in raw and b"\0" not in raw
             and raw not in (b".", b"..")}
    targets = {raw for raw in map(hostile.raw, STRINGS)
               if raw and b"\0" not in raw and len(raw) < 4096}
    top = os.fsencode(world.top)
    for folder in (b"files", b"folders", b"links"):
        os.mkdir(os.path.join(top, folder))
    for name in names:
        with open(os.path.join(top, b"files", name), "wb") as file:
            file.write(name)
        os.mkdir(os.path.join(top, b"folders", name))
        with open(os.path.join(top, b"folders", name, name), "wb") as file:
            file.write(name)
    for number, target in enumerate(sorted(targets)):
        os.symlink(target, os.path.join(top, b"links", b"%d" % number))
    before = trees.read(world.top)
    assert len(names) >= ENOUGH and len(targets) >= 200
    backup = world.backup()
    world.restore(backup)
    trees.assert_equal(before, trees.read(world.out / "new"))
    assert sorted(os.listdir(world.out)) == ["new"]
    assert_clean_log(world.cofferd)


def put(bucket, key):
    """Key and content, or None: store or client do not take the key."""
    try:
        bucket.write(key, hostile.raw(key))
        return key, hostile.raw(key)
    except (ClientError, ParamValidationError):
        return None


@pytest.mark.usefixtures("around")
def test_objects(cofferds, ceph, tmp_path):
    """An object of each key that the store takes."""
    inside, out = Bucket(ceph), Bucket(ceph)
    try:
        world = Objects(cofferds(), inside, out, tmp_path).prepare()
        # The gateway does not answer for a minute after a NUL.
        wanted = [one for one in STRINGS if hostile.is_text(one)
                  and "\0" not in one
                  and 0 < len(hostile.raw(one)) <= 1024]
        with ThreadPoolExecutor(8) as threads:
            taken = dict(filter(None, threads.map(
                lambda key: put(inside, key), wanted)))
            assert len(taken) >= 200
            backup = world.backup()
            assert backup["warnings"] == []
            world.restore(backup)
            assert set(out.objects()) == set(taken)
            found = dict(zip(taken, threads.map(out.read, taken)))
        assert found == taken
    finally:
        inside.destroy()
        out.destroy()
    assert_clean_log(world.cofferd)
