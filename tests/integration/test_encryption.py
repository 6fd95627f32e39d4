"""Encrypted backups: pools with age recipients. What lies in the pool names
nothing; the program age, the identity and stock tools restore it; and so does
Coffer."""
import json
import re
import subprocess

import pytest

from harness import byhand, compare, flow, keys as keys_of, process
from harness.api import problem
from harness.trip import LocalWorld

NAMED = "fingerprint_me"
TABLE = "very_secret_table"
VALUE = "plain text of a row that nobody may see"


class Key:
    """An identity as age-keygen makes it."""

    def __init__(self, folder, name):
        self.path = folder / name
        subprocess.run(["age-keygen", "-o", self.path], check=True,
                       capture_output=True)
        self.text = self.path.read_text()
        self.secret = next(line for line in self.text.splitlines()
                           if line.startswith("AGE-SECRET-KEY-1"))
        self.public = subprocess.run(
            ["age-keygen", "-y", self.path], check=True, capture_output=True,
            text=True).stdout.strip()


@pytest.fixture
def key(tmp_path):
    return Key(tmp_path, "key.txt")


@pytest.fixture
def other_key(tmp_path):
    return Key(tmp_path, "other.txt")


class EncryptedWorld(LocalWorld):
    """Its pool is a folder, encrypted for some keys."""

    def bind(self, folder, *keys, identity=None, **changes):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for key in keys:
            self.cofferd.secrets.add(key.secret)
        crypt = {"recipients": [key.public for key in keys],
                 "confirm_stored": True}
        if identity:
            crypt["identity"] = identity.text
        self.pool = self.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(folder)},
            "encryption": crypt, **changes})
        return self

    def with_source(self):
        self.api.want(201, "POST", "/v1/sources",
                      flow.source_body(self.server))
        return self

    def set_identity(self, identity):
        return self.api.want(200, "PATCH", "/v1/pools/pool", {
            "encryption": {"identity": identity}})

    def parts(self, backup):
        return sorted((self.folder_of(backup) / "data").iterdir())


@pytest.fixture
def make(cofferds, plain_mariadb, tmp_path):
    def make(*keys, **more):
        return EncryptedWorld(cofferds(), plain_mariadb).with_source().bind(
            tmp_path / "pool", *keys, **more)
    return make


@pytest.fixture
def source(plain_mariadb):
    """Two databases: one with names and values that are easy to find."""
    server = plain_mariadb
    server.sql(f"CREATE DATABASE {NAMED}")
    server.sql(f"CREATE TABLE {TABLE} (id INT PRIMARY KEY, v VARCHAR(99));"
               f"INSERT INTO {TABLE} SELECT seq, '{VALUE}' "
               "FROM seq_1_to_500;"
               "CREATE TABLE big (id INT PRIMARY KEY, v VARCHAR(200));"
               "INSERT INTO big SELECT seq, CONCAT(SHA2(seq, 512), "
               "SHA2(seq * 7 + 3, 256)) FROM seq_1_to_40000;"
               # Without a transaction: a warning that names it.
               "CREATE TABLE unsafe_one (id INT) ENGINE=MyISAM;"
               "INSERT INTO unsafe_one VALUES (1)", NAMED)
    yield NAMED
    server.drop(NAMED)


def damage(path, at):
    raw = bytearray(path.read_bytes())
    raw[at] ^= 4
    path.chmod(0o600)
    path.write_bytes(raw)


def test_nothing_is_named_in_the_pool(make, key, source):
    world = make(key)
    backup = world.backup(source)
    assert backup["encrypted"] is True
    # The server itself knows what it has hidden in the pool.
    assert backup["scope"] == flow.scope_of(source)
    assert "unsafe_one" in json.dumps(backup["warnings"])
    files = [p for p in world.folder.rglob("*") if p.is_file()]
    assert len(files) >= 5
    for path in files:
        raw = path.read_bytes()
        for word in (NAMED, TABLE, "unsafe_one", VALUE):
            assert word.encode() not in raw, (word, path)
    folder = world.folder_of(backup)
    for kind in ("data", "index", "meta"):
        for path in (folder / kind).iterdir():
            assert path.name.endswith(".age")
            assert path.read_bytes().startswith(b"age-encryption.org/v1\n")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["encryption"] == {"format": "age-v1",
                                      "recipients": [key.public]}
    assert manifest["scope"] is None


def test_by_hand_as_the_readme_says(make, key, source, plain_mariadb):
    world = make(key)
    before = compare.snapshot(plain_mariadb, source)
    backup = world.backup(source)
    plain_mariadb.drop(source)
    byhand.restore(world.folder_of(backup), plain_mariadb, identity=key.path)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, source))


def test_the_recipe_in_the_readme(make, key, source):
    """Its very words, run where the backup and key.txt lie."""
    world = make(key)
    backup = world.backup(source)
    readme = (world.folder / "coffer/v1/README.txt").read_text()
    recipe = re.search(r"Step 3 is then\n(.*?> backup\n)", readme, re.S)[1]
    folder = world.folder_of(backup)
    (folder / "key.txt").write_text(key.text)
    subprocess.run(["bash", "-o", "pipefail", "-c", recipe], cwd=folder,
                   check=True, env=process.clean_environment())
    text = (folder / "backup").read_text()
    assert TABLE in text and text.count(VALUE) == 500


def test_restore_and_contents(make, key, other_key, source, plain_mariadb):
    """Two recipients; the server has the second one's identity."""
    world = make(other_key, key, identity=key)
    assert world.pool["encryption"] == {
        "recipients": [other_key.public, key.public],
        "identity": {"set": True}}
    before = compare.snapshot(plain_mariadb, source)
    backup = world.backup(source)
    contents = world.api.fetch(f"/v1/backups/{backup['id']}/contents")
    assert TABLE in json.dumps(contents)
    plain_mariadb.drop(source)
    world.restore(backup)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, source))


def test_rule26_part_of_an_encrypted_backup(make, key, source,
                                            plain_mariadb):
    world = make(key, identity=key)
    before = compare.contents(plain_mariadb, source)
    backup = world.backup(source)
    only = {"databases": [{"name": source, "tables": [TABLE]}]}
    body = world.restore_body(backup, scope=only, rename={source: "copied"})
    told = world.api.want(200, "POST", "/v1/restores/check", body)
    assert told["download_bytes"] < backup["stored_bytes"] / 3
    try:
        world.restore(backup, scope=only, rename={source: "copied"})
        assert compare.contents(plain_mariadb, "copied") == {
            TABLE: before[TABLE]}
    finally:
        plain_mariadb.drop("copied")


def test_without_an_identity(make, key, source, plain_mariadb):
    world = make(key)
    assert world.pool["encryption"]["identity"] is None
    backup = world.backup(source)
    reply = world.api.get(f"/v1/backups/{backup['id']}/contents")
    assert "identity" in problem(reply, 409, "identity_missing")["detail"]
    reply = world.api.post("/v1/restores/check", world.restore_body(
        backup, rename={source: "copied"}))
    problem(reply, 409, "identity_missing")
    # What needs none.
    assert world.api.fetch(f"/v1/backups/{backup['id']}/manifest")
    assert world.record(backup["id"])["status"] == "completed"
    # With it, all is as it would have been.
    world.set_identity(key.secret)
    world.restore(backup, rename={source: "copied"})
    plain_mariadb.drop("copied")
    # And without it again.
    assert world.set_identity(None)["encryption"]["identity"] is None
    reply = world.api.get(f"/v1/backups/{backup['id']}/contents")
    problem(reply, 409, "identity_missing")


def test_changed_recipients_are_of_new_backups(make, key, other_key, source,
                                               plain_mariadb):
    world = make(key, identity=key)
    first = world.backup(source)
    world.cofferd.secrets.add(other_key.secret)
    change = {"encryption": {"recipients": [other_key.public],
                             "identity": other_key.secret}}
    problem(world.api.call("PATCH", "/v1/pools/pool", change), 409,
            "confirm_required")
    change["encryption"]["confirm_stored"] = True
    world.api.want(200, "PATCH", "/v1/pools/pool", change)
    second = world.backup(source)
    # The identity of the second one does not open the first one; what a
    # verification proves of it is less, and it says so.
    for backup, is_less in ((first, True), (second, False)):
        world.api.wait_job(world.api.want(
            202, "POST", f"/v1/backups/{backup['id']}/verify",
            {"read": "all"})["id"])
        record = world.record(backup["id"])
        assert record["verify_status"] == "passed"
        note = record["verify_note"]
        assert ("identity" in note) if is_less else note is None
    reply = world.api.get(f"/v1/backups/{first['id']}/contents")
    problem(reply, 409, "identity_missing")
    world.restore(second, rename={source: "copied"})
    plain_mariadb.drop("copied")
    # Both, as they stand in two key files.
    world.set_identity(other_key.text + key.text)
    for backup in (first, second):
        assert world.api.fetch(f"/v1/backups/{backup['id']}/contents")
    world.api.wait_job(world.api.want(
        202, "POST", f"/v1/backups/{first['id']}/verify",
        {"read": "all"})["id"])
    assert world.record(first["id"])["verify_note"] is None
    # An identity that fits nobody is refused; null ends it.
    reply = world.api.call("PATCH", "/v1/pools/pool",
                           {"encryption": {"identity": key.secret}})
    problem(reply, 422, "invalid_value")
    ended = world.api.want(200, "PATCH", "/v1/pools/pool",
                           {"encryption": None})
    assert ended["encryption"] is None
    assert world.backup(source)["encrypted"] is False


def test_the_identity_survives_a_restart(make, key, source):
    world = make(key, identity=key)
    backup = world.backup(source)
    world.cofferd.restart()
    assert world.api.fetch(f"/v1/backups/{backup['id']}/contents")


@pytest.mark.parametrize("who", ["nobody", "its identity", "another one"])
@pytest.mark.parametrize("where", [None, "data", "index", "meta"])
def test_verified(make, key, other_key, source, who, where):
    """With its identity a backup is looked into; without it the stored bytes
    are compared."""
    world = make(key, identity=key if who == "its identity" else None)
    backup = world.backup(source)
    if who == "another one":
        world.cofferd.secrets.add(other_key.secret)
        world.api.want(200, "PATCH", "/v1/pools/pool", {"encryption": {
            "recipients": [other_key.public], "identity": other_key.secret,
            "confirm_stored": True}})
    if where:
        damage(next((world.folder_of(backup) / where).iterdir()), 300)
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/verify",
                         {"read": "all"})
    world.api.wait_job(job["id"])
    record = world.record(backup["id"])
    assert record["verify_status"] == ("failed" if where else "passed")
    log = world.api.get(f"/v1/jobs/{job['id']}/log").body.decode()
    if where in (None, "data"):
        assert ("only sizes and SHA-256" in log) is (who != "its identity")


@pytest.mark.parametrize("where", ["header", "chunk", "tag", "index", "meta"])
def test_flipped_bits(make, key, source, plain_mariadb, where):
    world = make(key, identity=key)
    before = compare.contents(plain_mariadb, source)
    backup = world.backup(source)
    parts = world.parts(backup)
    if where in ("index", "meta"):
        damage(next((world.folder_of(backup) / where).iterdir()), 300)
    else:
        damage(parts[len(parts) // 2], {"header": 40, "chunk": 1000,
                                        "tag": -1}[where])
    reply = world.api.post("/v1/restores", world.restore_body(
        backup, overwrite=True, confirm=[source]))
    if reply.status == 202:
        ended = world.ended_restore(reply.json)
        assert ended["status"] == "failed"
        assert ended["error"]["code"] == "damaged_backup"
    else:
        assert reply.json["code"] == "damaged_backup", reply
        assert compare.contents(plain_mariadb, source) == before


def test_rule17_a_lost_server(cofferds, make, key, source, plain_mariadb):
    """A new server, the pool and the identity: everything is back."""
    world = make(key)
    before = compare.snapshot(plain_mariadb, source)
    backup = world.backup(source)
    world.cofferd.kill()
    plain_mariadb.drop(source)
    new = EncryptedWorld(cofferds(), plain_mariadb).with_source().bind(
        world.folder, key, identity=key)

    def found():
        listed = new.api.items("/v1/backups")
        return [one for one in listed if one["id"] == backup["id"]]
    process.until(found, 60, "the backup is adopted")
    adopted = new.record(backup["id"])
    assert adopted["encrypted"] is True
    assert "scope_hidden" not in json.dumps(adopted)
    for member in ("name", "scope", "warnings", "row_count", "stored_bytes"):
        assert adopted[member] == backup[member], member
    new.restore(backup)
    compare.assert_equal(before, compare.snapshot(plain_mariadb, source))


def test_rule17_adopted_without_an_identity(cofferds, make, key, source,
                                            plain_mariadb):
    """It is listed, and what is hidden stays so."""
    world = make(key)
    backup = world.backup(source)
    world.cofferd.kill()
    new = EncryptedWorld(cofferds(), plain_mariadb).with_source().bind(
        world.folder, key)

    def found():
        listed = new.api.items("/v1/backups")
        return [one for one in listed if one["id"] == backup["id"]]
    process.until(found, 60, "the backup is adopted")
    adopted = new.record(backup["id"])
    assert adopted["encrypted"] is True
    assert adopted["row_count"] == backup["row_count"]
    assert "scope_hidden" in [w["code"] for w in adopted["warnings"]]
    assert TABLE not in json.dumps(adopted)
    assert NAMED not in json.dumps(adopted)


@pytest.mark.parametrize("has_identity", [True, False])
def test_plans_are_taken_over(cofferds, make, key, source, plain_mariadb,
                              tmp_path, has_identity):
    """servers/<id>.json names no database, neither in the encrypted pool nor
    in a plain one beside it; who has the identity gets the plan whole, and
    nobody gets it without its scope."""
    world = make(key)
    beside = tmp_path / "beside"
    beside.mkdir()
    world.api.want(201, "POST", "/v1/pools", {
        "name": "beside", "storage_type": "local_directory",
        "local_directory": {"path": str(beside)}})
    owner = world.backup(source)["owner"]["server_id"]
    scope = flow.scope_of(source)
    plan = world.api.want(201, "POST", "/v1/plans", {
        "name": "nightly", "source": "db", "pool": "pool",
        "strategy": "manual", "method": "logical", "scope": scope})

    def published():
        files = [folder / f"coffer/v1/servers/{owner}.json"
                 for folder in (world.folder, beside)]
        texts = [f.read_text() for f in files if f.exists()]
        return len(texts) == 2 and all("nightly" in t for t in texts) and texts
    for text in process.until(published, 30, "the plan is published"):
        assert NAMED not in text
        assert "scope_hidden" in text
    world.cofferd.kill()
    new = EncryptedWorld(cofferds(), plain_mariadb).bind(
        world.folder, key, identity=key if has_identity else None)
    new.api.want(200, "POST", "/v1/pools/pool/takeover", {"server": owner})
    plans = new.api.items("/v1/plans")
    if has_identity:
        assert [p["id"] for p in plans] == [plan["id"]]
        assert plans[0]["scope"] == scope
    else:
        assert plans == []


def test_redis_encrypted(cofferds, redis, key, tmp_path):
    """Names of keys are in no object that can be read without the key; age and
    zstd alone give the server's file."""
    with redis.client() as c:
        c.set(f"{NAMED}:1", VALUE)
        c.hset(f"{NAMED}:2", mapping={"field": VALUE})
    before = keys_of.snapshot(redis)
    world = EncryptedWorld(cofferds(), redis)
    world.api.want(201, "POST", "/v1/sources", {
        "name": "db", "engine": "redis",
        "connection": flow.connection(redis)})
    world.bind(tmp_path / "pool", key, identity=key)
    backup = world.backup()
    for path in world.folder.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert NAMED.encode() not in held and VALUE.encode() not in held
    dump = b"".join(
        subprocess.run(["zstd", "-dc"], check=True, capture_output=True,
                       input=subprocess.run(
                           ["age", "-d", "-i", key.path, part], check=True,
                           capture_output=True).stdout).stdout
        for part in world.parts(backup))
    assert dump.startswith(b"REDIS00") and NAMED.encode() in dump
    redis.empty()
    world.restore(backup)
    keys_of.assert_equal(before, keys_of.snapshot(redis))
