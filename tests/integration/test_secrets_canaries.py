"""Rule 29, shown by canaries: every field that takes a secret gets one of its
own, everything happens that could let it out, and then it is looked for in
all its forms."""
import base64
import json
import pathlib
import urllib.parse

import pytest

from harness import canaries, documented, flow, instances, keys, trip
from harness.canaries import canary
from harness.server import KEY_FILES
from test_encryption import Key

# Every field of openapi.json that lets a secret in, and the canary that it
# gets below. A new one belongs here, with a canary.
FIELDS = {
    "ConnectionInput/password": "mysql",
    "SourcePatch/connection/password": "mysql-new",
    "SourcePatch/read_from/password": "replica",
    "BucketInput/secret_key": "source-bucket",
    "ObjectStorageInput/secret_key": "pool-bucket",
    "PoolPatch/object_storage/secret_key": "pool-bucket-new",
    "PoolEncryptionInput/identity": "identity",
    "PoolPatch/encryption/identity": "identity-new",
    "TokenInput/password": "console",
    "SessionInput/password": "login",
    "SessionInput/token": "session",
}


def test_every_field_has_a_canary():
    assert canaries.fields(documented.DOCUMENT) == set(FIELDS)


def test_a_new_field_is_noticed():
    more = json.loads(json.dumps(documented.DOCUMENT))
    more["components"]["schemas"]["ConnectionInput"]["properties"][
        "passphrase"] = {"type": "string", "format": "password"}
    assert (canaries.fields(more) - set(FIELDS)
            == {"ConnectionInput/passphrase"})


@pytest.mark.parametrize("leak", [
    lambda s: s.encode(), lambda s: json.dumps(s).encode(),
    lambda s: json.dumps(s, ensure_ascii=False).encode(),
    lambda s: urllib.parse.quote(s, safe="").encode(),
    lambda s: urllib.parse.urlencode({"password": s}).encode(),
    lambda s: base64.b64encode(s.encode()),
    lambda s: base64.b64encode(b"user:" + s.encode()),
    lambda s: base64.b64encode(b"a:" + s.encode() + b" and more"),
    lambda s: base64.urlsafe_b64encode(b"ab:" + s.encode()),
    lambda s: s.encode().hex().encode()])
def test_the_finder_finds(leak):
    secret = canary("leak")
    text = b"x" * 100 + leak(secret) + b"y" * 100
    assert canaries.find({"a": text, "b": b"none"}, {"it": secret}) \
        == [("a", "it")]


def test_the_finder_finds_nothing_else():
    assert canaries.find({"a": leak_of_another()}, {"it": canary("leak")}) \
        == []


def leak_of_another():
    return base64.b64encode(canary("leak").encode()) + canary("leak").encode()


class Canaries:
    """A world in which all that is secret is a canary."""

    def __init__(self, server, mariadb, tmp_path):
        self.world = trip.LocalWorld(server, mariadb)
        self.api = server.api
        self.secrets = {name: canary(name) for name in FIELDS.values()}
        self.tmp = tmp_path
        self.given = set()

    def send(self, method, path, body, *names):
        """A request with these canaries; whatever it answers."""
        text = json.dumps(body)
        for name in names:
            assert json.dumps(self.secrets[name])[1:-1] in text, name
        self.given |= set(names)
        return self.api.call(method, path, body)

    def must(self, *args):
        reply = self.send(*args)
        assert reply.status in (200, 201, 202), repr(reply)
        return reply.json

    def identities(self):
        """Those of age are what age makes."""
        found = [Key(self.tmp, name) for name in ("key", "key-new")]
        self.secrets["identity"] = found[0].secret
        self.secrets["identity-new"] = found[1].secret
        return found


@pytest.fixture
def provisioners():
    made = instances.Provisioners()
    yield made
    made.close()


@pytest.fixture
def mysql_user(mariadb):
    """mysql_user(password): one that may all, and the body that names it."""
    def make(password):
        mariadb.sql("CREATE OR REPLACE USER 'canary'@'%' IDENTIFIED BY "
                    f"'{password}'; GRANT ALL ON *.* TO 'canary'@'%' "
                    "WITH GRANT OPTION")
        return flow.connection(mariadb, user="canary", password=password)
    yield make
    mariadb.sql("DROP USER IF EXISTS 'canary'@'%'")


@pytest.fixture
def redis_user(redis):
    """redis_user(password): the same in Redis."""
    def make(password):
        with redis.client() as c:
            c.execute_command("ACL", "SETUSER", "canary", "on",
                              ">" + password, "~*", "&*", "+@all")
        return flow.connection(redis, user="canary", password=password)
    yield make
    with redis.client() as c:
        c.execute_command("ACL", "DELUSER", "canary")


def pools(c, bucket):
    """Two that work, and the store's refusal of a wrong secret."""
    old, new = c.identities()
    c.must("POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(c.tmp / "pool")},
        "encryption": {"recipients": [old.public, new.public],
                       "confirm_stored": True, "identity": old.text}},
        "identity")
    c.must("PATCH", "/v1/pools/pool", {
        "encryption": {"identity": new.text}}, "identity-new")
    c.must("POST", "/v1/pools", flow.pool_body(bucket, "stored"))
    wrong = flow.pool_body(bucket, "refused",
                           secret_key=c.secrets["pool-bucket"])
    for path in ("/v1/pools", "/v1/pools/test"):
        assert c.send("POST", path, wrong, "pool-bucket").status >= 400
    assert c.send("PATCH", "/v1/pools/stored", {"object_storage": {
        "secret_key": c.secrets["pool-bucket-new"]}},
        "pool-bucket-new").status >= 400


def sources(c, bucket, mysql_user, redis_user):
    """Those that work, and the ways in which they do not."""
    c.must("POST", "/v1/sources", {
        "name": "db", "engine": "mysql",
        "connection": mysql_user(c.secrets["mysql"])}, "mysql")
    connection = mysql_user(c.secrets["mysql-new"])
    # The old password fails now, and a wrong one; then the new one is taken.
    assert c.api.post("/v1/sources/db/test").status == 422
    for body, name in (
            ({"connection": {"password": c.secrets["replica"]}}, "replica"),
            ({"read_from": {**connection,
                            "password": c.secrets["replica"]}}, "replica")):
        reply = c.send("PATCH", "/v1/sources/db", body, name)
        assert reply.status >= 400, repr(reply)
    c.must("PATCH", "/v1/sources/db", {"connection": connection},
           "mysql-new")
    c.secrets["redis"] = canary("redis")
    c.must("POST", "/v1/sources", {
        "name": "cache", "engine": "redis",
        "connection": redis_user(c.secrets["redis"])}, "redis")
    storage = flow.object_storage(bucket,
                                  secret_key=c.secrets["source-bucket"])
    reply = c.send("POST", "/v1/sources", {
        "name": "objects", "engine": "objects", "bucket": storage},
        "source-bucket")
    assert reply.status >= 400


def tokens(c):
    made = c.must("POST", "/v1/tokens", {
        "name": "petra", "role": "admin",
        "password": c.secrets["console"]}, "console")
    # Its own reply is the one place where it is told.
    c.world.cofferd.transcript[:] = [
        text for text in c.world.cofferd.transcript
        if made["token"].encode() not in text]
    c.secrets["token"] = made["token"]
    for body, name in (
            ({"name": "petra", "password": c.secrets["login"]}, "login"),
            ({"token": c.secrets["session"]}, "session")):
        assert c.send("POST", "/v1/sessions", body, name).status == 401
    assert c.send("POST", "/v1/sessions", {
        "name": "petra", "password": c.secrets["console"]},
        "console").status == 201


def jobs(c, mariadb, small, provisioners):
    """Backups, restores, an instance, and failures of each."""
    def backup(source, pool, **changes):
        body = c.world.backup_body(source=source, pool=pool, **changes)
        made = c.world.ended_backup(
            c.api.want(202, "POST", "/v1/backups", body))
        assert made["status"] == "completed", made
        return made
    for pool in ("pool", "stored"):
        made = backup("db", pool, scope=flow.scope_of(small))
    mariadb.drop(small)
    c.world.restore(made)
    made = backup("cache", "pool")
    made = backup("db", "pool", scope=flow.scope_of(small))
    instance = c.world.ended_restore(c.world.start_restore(made, target={
        "provision": {"provider": "local", "name": "copy", "options": {}}}))
    assert instance["status"] == "completed", instance
    c.secrets["instance"] = instances.secret_of(
        provisioners, c.api.fetch("/v1/sources/copy"))
    provisioners.acts(prepare="refuse")
    failed = c.world.ended_restore(c.world.start_restore(made, target={
        "provision": {"provider": "scripted", "name": "no", "options": {}}}))
    assert failed["status"] == "failed"


def late_failures(c, mariadb, small):
    """What was right when it was told, and is wrong when it is used."""
    mariadb.sql("ALTER USER 'canary'@'%' IDENTIFIED BY 'another'")
    body = c.world.backup_body(small, source="db")
    reply = c.api.post("/v1/backups", body)
    if reply.status == 202:
        assert c.world.ended_backup(reply.json)["status"] == "failed"


def read_everything(c):
    """All lists, all that is in them, and what tells of jobs."""
    for kind in ("sources", "pools", "backups", "restores", "jobs",
                 "events", "tokens", "plans"):
        for item in c.api.items(f"/v1/{kind}"):
            if kind not in ("events", "tokens"):
                c.api.get(f"/v1/{kind}/{item['id']}")
            if kind == "jobs":
                c.api.get(f"/v1/jobs/{item['id']}/log")
            if kind == "backups":
                c.api.get(f"/v1/backups/{item['id']}/manifest")
    for path in ("/v1/system", "/metrics", "/readyz?verbose",
                 "/v1/statistics", "/openapi.json"):
        c.api.get(path)


@pytest.mark.seconds(900)
def test_rule29_no_canary_anywhere(cofferds, mariadb, redis, bucket, small,
                                   provisioners, mysql_user, redis_user,
                                   tmp_path):
    spool = tmp_path / "spool"
    temporary = tmp_path / "tmp"
    for folder in (spool, temporary):
        folder.mkdir()
    server = provisioners.serve(cofferds(start=False, env={
        "COFFER_LOG_LEVEL": "debug", "COFFER_SPOOL_DIR": str(spool),
        "TMPDIR": str(temporary)}))
    c = Canaries(server, mariadb, tmp_path)
    keys.fill_types(redis.client())
    with canaries.Watch(server) as watch:
        pools(c, bucket)
        sources(c, bucket, mysql_user, redis_user)
        tokens(c)
        jobs(c, mariadb, small, provisioners)
        late_failures(c, mariadb, small)
        read_everything(c)
        places = canaries.files(server.data, spool, temporary,
                                tmp_path / "pool", but=KEY_FILES)
    assert c.given >= set(FIELDS.values())
    assert watch.rounds > 10
    assert {"cofferd", "coffer-helper"} <= watch.programs()
    assert server.data / "catalog.db-wal" in map(pathlib.Path, places)
    c.secrets["store"] = bucket.ceph.keys()[1]
    c.secrets["admin"] = server.token
    places.update(watch.seen)
    places["log"] = server.log().encode()
    places["replies"] = b"\n".join(server.transcript)
    for key in bucket.objects():
        places[f"bucket: {key}"] = bucket.read(key)
    assert canaries.find(places, c.secrets) == []
