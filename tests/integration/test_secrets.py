"""Rule 29: secrets are write-only. Beside these tests, the end of every test
looks for them in the log, the replies, the arguments and the data folder."""
import stat

import pytest

from harness import data, flow


def test_rule29_secrets_read_back_as_set(world):
    for path, member, secret in (
            ("/v1/sources/db", "connection", "password"),
            ("/v1/pools/pool", "object_storage", "secret_key")):
        for document in (world.api.fetch(path),
                         world.api.items(path.rsplit("/", 1)[0])[0]):
            assert document[member][secret] == {"set": True}


def test_rule29_files_are_for_their_owner_alone(world):
    data_dir = world.cofferd.data
    assert stat.S_IMODE(data_dir.stat().st_mode) & 0o077 == 0
    for name in ("admin-token", "secret.key"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600
    for path in data_dir.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o007 == 0, path


def test_rule29_nowhere_while_it_works(make_world, database, mariadb):
    """At the most talkative, with everything going on."""
    world = make_world(env={"COFFER_LOG_LEVEL": "debug"})
    name = database(data.bulky, 24)
    started = world.start_backup(name)
    arguments = world.cofferd.cmdlines()
    backup = world.ended_backup(started)
    assert backup["status"] == "completed"
    mariadb.drop(name)
    restore = world.start_restore(backup)
    arguments += world.cofferd.cmdlines()
    assert world.ended_restore(restore)["status"] == "completed"
    for path in ("/v1/system", "/metrics", "/readyz?verbose", "/v1/jobs",
                 f"/v1/jobs/{started['job_id']}/log",
                 f"/v1/backups/{backup['id']}/manifest",
                 f"/v1/backups/{backup['id']}/contents"):
        assert world.api.get(path).status == 200, path
    world.cofferd.look_for_secrets({
        "arguments": arguments, "log": world.cofferd.log().encode(),
        "replies": b"\n".join(world.api.transcript)})


@pytest.mark.parametrize("password", [
    "plain-but-wrong-password", "it's \"quoted\" \\ % and @:/?#",
    "пароль-неверный"])
def test_rule29_not_in_what_is_said_of_failures(module_world, mariadb,
                                                password):
    body = flow.source_body(mariadb, "bad")
    body["connection"]["password"] = password
    reply = module_world.api.post("/v1/sources", body)
    assert reply.status == 422, repr(reply)
    assert password not in reply.body.decode()
    assert password not in module_world.cofferd.log()


def test_rule29_not_in_what_is_said_of_wrong_bodies(module_world,
                                                    module_bucket):
    """A field at fault is told; its value is not, where it is a secret."""
    secret = "the-secret-of-a-bad-request"
    body = flow.pool_body(module_bucket, "1", secret_key=secret + "\n")
    body["object_storage"]["unknown"] = "x"
    reply = module_world.api.post("/v1/pools", body)
    assert reply.status in (400, 422)
    assert secret not in reply.body.decode()
    assert secret not in module_world.cofferd.log()


def test_rule29_no_core_dump(world):
    with open(f"/proc/{world.cofferd.pid}/limits") as text:
        core = next(l for l in text if l.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"], core


def test_rule29_catalog_survives_only_with_its_key(world, small):
    """What lies in the catalog is sealed: another key opens nothing."""
    world.cofferd.stop()
    key = world.cofferd.data / "secret.key"
    good = key.read_bytes()
    # Of the same shape, whether it is raw or hexadecimal.
    other = good.translate(bytes.maketrans(b"0123456789abcdef",
                                           b"123456789abcdef0"))
    key.write_bytes(other if good.isascii() else good[::-1])
    try:
        world.cofferd.start()
    except AssertionError:
        # It may well refuse to start with a key that fits nothing.
        assert world.cofferd.process.returncode != 0
    else:
        reply = world.api.post("/v1/sources/db/test")
        assert reply.status != 200 or reply.json.get("status") != "available"
        world.cofferd.stop()
    key.write_bytes(good)
    world.cofferd.start()
    world.backup(small)
