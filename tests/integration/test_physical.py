"""Method physical of MariaDB: what is restored with stock tools from the
objects alone is the server as it was, and nothing that the tool did not finish
is called a backup."""
import os
import shutil
import subprocess

import pytest

from harness import compare, data, flow, helper, instances, process
from harness.api import problem
from harness.physical import Load, copy_of, snapshot
from harness.testbed import MariaDB
from harness.trip import LocalWorld
from test_encryption import Key


@pytest.fixture
def make(cofferds, mariadb, tmp_path):
    def make(server=mariadb, helper=None, connection=None, env=None, **pool):
        world = LocalWorld(cofferds(env=env, helper=helper or {}), server)
        world.prepare(tmp_path / "pool", **pool)
        if connection:
            world.api.want(200, "PATCH", "/v1/sources/db",
                           {"connection": connection})
        return world
    return make


@pytest.fixture
def world(make):
    return make()


def physical(world, seconds=180, **changes):
    return world.backup(method="physical", seconds=seconds, **changes)


def failed(world, **changes):
    """The error of a backup that must fail; nothing of it is left."""
    backup = world.ended_backup(world.start_backup(method="physical",
                                                   **changes))
    assert backup["status"] == "failed", backup
    assert not [p for p in world.folder.rglob("*")
                if backup["id"] in p.parts and p.is_file()]
    return backup["error"]


def test_whole_server_comes_back(world, database, mariadb):
    shop, odd = database(data.shop), database(data.small, name="odd`näme")
    before = snapshot(mariadb, shop, odd)
    backup = physical(world)
    assert backup["method"] == "physical" and backup["depends_on"] == []
    assert backup["source_bytes"] > 10 ** 6
    assert backup["consistency"]["state"] == "consistent"
    assert backup["consistency"]["binlog_file"]
    assert backup["warnings"] == []
    manifest = world.api.fetch(f"/v1/backups/{backup['id']}/manifest")
    assert manifest["method"] == "physical"
    assert len(manifest["names_digest"]) == 32
    assert manifest["physical"]["from_lsn"] == 0
    assert 0 < manifest["physical"]["to_lsn"]
    assert manifest["physical"]["last_lsn"] >= manifest["physical"]["to_lsn"]
    with copy_of(world, backup) as copy:
        compare.assert_equal(before, snapshot(copy, shop, odd))
        tables = int(copy.value(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_type "
            "IN ('BASE TABLE', 'SYSTEM VERSIONED') AND table_schema NOT IN "
            "('mysql', 'sys', 'performance_schema', 'information_schema')"))
        assert backup["table_count"] == tables


def test_under_writes(world, database, mariadb):
    """The copy is exactly what the server was at the position that the backup
    tells."""
    name = database(data.small)
    with Load(mariadb, name) as load:
        backup = physical(world)
        done = len(load.done)
        process.until(lambda: len(load.done) > done + 5, 60, "writes go on")
    with copy_of(world, backup) as copy:
        assert load.found(copy) == load.expect(backup["consistency"]["gtid"])


def test_encrypted(make, database, mariadb, tmp_path):
    key = Key(tmp_path, "key.txt")
    name = database(data.small)
    world = make(encryption={"recipients": [key.public],
                             "confirm_stored": True})
    before = snapshot(mariadb, name)
    backup = physical(world)
    assert backup["encrypted"] is True
    stored = b"".join(p.read_bytes() for p in world.folder.rglob("*")
                      if p.is_file())
    assert name.encode() not in stored
    with copy_of(world, backup, key.path) as copy:
        compare.assert_equal(before, snapshot(copy, name))


def test_verified_and_adopted(world, cofferds, small):
    backup = physical(world)
    job = world.api.want(202, "POST", f"/v1/backups/{backup['id']}/verify",
                         {"read": "all"})
    world.api.wait_job(job["id"])
    record = world.record(backup["id"])
    assert record["verify_status"] == "passed", record
    items = world.api.items(f"/v1/backups/{backup['id']}/contents")
    assert len(items) <= 1
    other = cofferds()
    pool = other.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}})
    process.until(lambda: other.api.fetch(f"/v1/pools/{pool['id']}")
                  ["backup_count"] == 1, 60, "it is adopted")
    theirs = other.api.fetch(f"/v1/backups/{backup['id']}")
    for field in ("method", "table_count", "source_bytes", "consistency",
                  "depends_on"):
        assert theirs[field] == backup[field], field


def test_scopes_that_the_tool_cannot_take(world, small, database):
    for scope in ({"include": [small]}, {"exclude": [f"{small}.t"]}):
        reply = world.api.post("/v1/backups", world.backup_body(
            method="physical", scope=scope))
        problem(reply, 422, "invalid_scope", ["/scope"])
    odd = database(data.small, name="odd-name")
    for scope in (flow.scope_of(small, odd), {"databases": [
            {"name": odd, "tables": ["t"]}]}):
        error = failed(world, scope=scope)
        assert error["code"] == "invalid_scope"
        assert '"odd-name' in error["detail"]


def test_some_databases_and_tables(world, shop, small, database, mariadb):
    """With increments; who wants others begins anew. What is made of it by
    hand starts, since the server's own tables are there."""
    other = database(data.small)
    tables = ["order_items", "orders"]
    scope = {"databases": [{"name": shop, "tables": tables}, {"name": small}]}
    incremental_plan(world, scope=scope)
    first = execute(world)
    mariadb.sql("UPDATE order_items SET quantity = quantity + 1", shop)
    mariadb.sql("INSERT INTO t VALUES (100000, 'x')", other)
    backup = execute(world)
    before = compare.contents(mariadb, shop)
    assert backup["depends_on"] == [first["id"]]
    assert backup["table_count"] == 3 and backup["warnings"] == []
    assert backup["scope"] == scope
    with copy_of(world, backup) as copy:
        assert copy.databases() == {shop, small}
        assert set(compare.base_tables(copy, shop)) == set(tables)
        assert compare.contents(copy, shop) == {t: before[t] for t in tables}
        assert compare.contents(copy, small) == \
            compare.contents(mariadb, small)
    world.api.want(200, "PATCH", "/v1/plans/chain",
                   {"scope": flow.scope_of(small)})
    assert execute(world)["depends_on"] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs users")
def test_a_server_of_another_user(make, tmp_path):
    """Its files are read with its own rights, which are enough."""
    server = MariaDB()
    try:
        server.await_ready()
        process.end(server.process, 60)
        options = server.dir / "my.cnf"
        options.write_text(options.read_text().replace(
            "user = root", "user = daemon"))
        subprocess.run(["chown", "-R", "daemon:daemon", server.dir],
                       check=True)
        server.start_again()
        name = data.small(server, "theirs")
        world = make(server=server, helper={"helper": {"servers": "daemon"}})
        before = snapshot(server, name)
        with copy_of(world, physical(world)) as copy:
            compare.assert_equal(before, snapshot(copy, name))
        os.chmod(server.dir / "data" / name, 0)
        os.chown(server.dir / "data" / name, 0, 0)
        error = failed(world)
        assert f"Can't open dir ./{name}" in error["detail"], error
    finally:
        server.stop()


# ---- refused at the start

@pytest.mark.parametrize("missing", ["RELOAD", "PROCESS", "BINLOG MONITOR"])
def test_missing_privileges(make, mariadb, missing):
    rights = {"RELOAD", "PROCESS", "BINLOG MONITOR", "REPLICA MONITOR",
              "SELECT"} - {missing}
    mariadb.sql("CREATE OR REPLACE USER few@'127.0.0.1' IDENTIFIED BY "
                f"'few-secret'; GRANT {', '.join(rights)} ON *.* TO "
                "few@'127.0.0.1'")
    world = make(connection={"user": "few", "password": "few-secret"})
    world.cofferd.secrets.add("few-secret")
    error = failed(world)
    assert error["code"] == "access_denied" and missing in error["detail"]


def test_least_privileges(make, mariadb, small):
    """Without SELECT the tables are not known, and the backup says so."""
    mariadb.sql("CREATE OR REPLACE USER few@'127.0.0.1' IDENTIFIED BY "
                "'few-secret'; GRANT RELOAD, PROCESS, BINLOG MONITOR, "
                "REPLICA MONITOR ON *.* TO few@'127.0.0.1'")
    world = make(connection={"user": "few", "password": "few-secret"})
    before = snapshot(mariadb, small)
    backup = physical(world)
    assert [w["code"] for w in backup["warnings"]] == ["names_not_known"]
    with copy_of(world, backup) as copy:
        compare.assert_equal(before, snapshot(copy, small))


def test_not_this_host(make):
    world = make()
    host = os.uname().nodename
    world.api.want(200, "PATCH", "/v1/sources/db",
                   {"connection": {"host": host}})
    error = failed(world)
    assert error["code"] in ("source_check_failed", "connection_failed")


# ---- tools that do what a real one does not

FAKE = """#!/bin/bash
{body}
"""
WORDS = """say() { echo "[00] 2026-11-22 04:45:51 $*" >&2; }
say "mariadb-backup based on MariaDB server $VERSION Linux (x86_64)"
head -c 3000000 /dev/zero
say "mariabackup: The latest check point (for incremental): '44404'"
say "Redo log (from LSN 44404 to 231974) was copied."
"""


@pytest.fixture
def tool(make, mariadb, tmp_path):
    """world = tool(BODY): a server whose helper runs that script in the place
    of mariadb-backup."""
    def make_tool(body, version=None, **settings):
        version = version or mariadb.value("SELECT @@version")
        script = helper.script(
            tmp_path / "tool", FAKE.format(body=f"VERSION='{version}'\n"
                                           + body))
        return make(helper={"tool mariadb-backup": {"program": script}},
                    env=settings)
    return make_tool


def test_a_tool_that_does_all(tool):
    """The script is what the failures below differ from."""
    world = tool(WORDS + 'say "completed OK!"')
    backup = physical(world)
    assert backup["source_bytes"] == 3000000


@pytest.mark.parametrize("body, said", [
    (WORDS, "completed OK!"),
    (WORDS + 'say "completed OK!"\nsay "something else"', "completed OK!"),
    ('echo "[00] completed OK!" >&2', "nothing"),
    (WORDS + 'say "completed OK!"\nexit 3', "3"),
    (WORDS + "kill -9 $$", ""),
], ids=["no last words", "other last words", "nothing written", "status",
        "killed"])
def test_a_tool_that_does_not(tool, body, said):
    error = failed(tool(body))
    assert said in error["detail"], error


def test_a_tool_of_another_version(tool):
    """It is ended with the first of what it writes."""
    world = tool(WORDS + "cat /dev/zero", version="10.6.1-MariaDB")
    error = failed(world)
    assert error["code"] == "source_check_failed"
    assert "10.6.1" in error["detail"] and "install" in error["detail"]


def test_a_tool_that_writes_nothing(tool):
    world = tool(WORDS + "sleep 1000", COFFER_STALL_SECONDS="5")
    error = failed(world)
    assert error["code"] == "connection_failed", error


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_a_pool_whose_disk_is_full(cofferds, mariadb, tmp_path):
    """Nothing of it is left, the tool is ended, and a smaller one fits."""
    size = tmp_path / "size"
    version = mariadb.value("SELECT @@version")
    name = tmp_path / "tool"
    program = helper.script(name, FAKE.format(
        body=f"VERSION='{version}'\n" + WORDS
        + f'head -c "$(cat {size})" /dev/urandom\nsay "completed OK!"'))
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "coffer-it",
                    disk], check=True)
    try:
        world = LocalWorld(cofferds(helper={
            "tool mariadb-backup": {"program": program}}), mariadb)
        world.prepare(disk / "pool")
        size.write_text("200000000")
        error = failed(world)
        assert error["code"] == "store_failed", error
        assert "No space" in error["detail"], error
        process.until(lambda: not children(str(name)), 30,
                      "the tool has gone")
        size.write_text("5000000")
        assert physical(world)["source_bytes"] == 8000000
        world.cofferd.stop()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_no_tool(make):
    """Somebody who asks is told at once, a plan's run when it fails."""
    world = make(helper={"tool mariadb-backup": {
        "program": "/nonexistent/tool"}})
    reply = world.api.post("/v1/backups", world.backup_body(method="physical"))
    document = problem(reply, 422, "source_check_failed")
    assert "[tool mariadb-backup]" in document["detail"], document
    assert world.api.items("/v1/backups") == []
    incremental_plan(world)
    error = world.ended_backup(world.api.want(
        202, "POST", "/v1/plans/chain/execute"))["error"]
    assert error["code"] == "source_check_failed", error
    assert "mariadb-backup" in error["detail"], error


def test_no_helper(make):
    world = make()
    world.cofferd.helper_config.unlink()
    reply = world.api.post("/v1/backups", world.backup_body(method="physical"))
    document = problem(reply, 422, "source_check_failed")
    assert str(world.cofferd.helper_config) in document["detail"]
    assert world.api.fetch("/v1/jobs?kind=backup")["total"] == 0


def test_unreadable_files(tool):
    """As mariadb-backup says it when it has not the rights."""
    world = tool('echo "mariadb-backup: Can\'t change dir to '
                 "'/var/lib/mysql/' (Errcode: 13 \\\"Permission denied\\\")\""
                 " >&2; exit 1")
    error = failed(world)
    assert error["code"] == "access_denied"
    assert "coffer-helper" in error["detail"]


# ---- cut short

def children(name):
    """Processes that run a program of that name."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if name.encode() in f.read():
                    found.append(pid)
        except OSError:
            continue
    return found


def test_canceled(tool, tmp_path):
    world = tool(WORDS + "sleep 1000")
    name = str(tmp_path / "tool")
    backup = world.start_backup(method="physical")
    process.until(lambda: children(name), 60, "the tool runs")
    world.wait_phase(backup["job_id"], "data")
    world.api.want(202, "POST", f"/v1/backups/{backup['id']}/cancel")
    record = world.ended_backup(backup)
    assert record["status"] == "canceled"
    process.until(lambda: not children(name), 30, "the tool has gone")


def test_killed_server(tool, tmp_path):
    world = tool(WORDS + "sleep 1000")
    name = str(tmp_path / "tool")
    backup = world.start_backup(method="physical")
    world.wait_phase(backup["job_id"], "data")
    process.until(lambda: children(name), 60, "the tool runs")
    world.cofferd.kill()
    process.until(lambda: not children(name), 30, "the tool has gone")
    world.cofferd.start()
    record = world.record(backup["id"])
    assert record["status"] == "failed"
    assert record["error"]["code"] == "interrupted"
    process.until(lambda: not [
        p for p in world.folder.rglob("*")
        if backup["id"] in p.parts and p.is_file()], 60, "its objects go")


def test_names_that_change(tool, mariadb, database):
    """A table that comes and goes while the files are copied: the names are
    not known, though before and after are the same."""
    name = database(data.small)
    client = " ".join(f"'{w}'" for w in mariadb.client())
    world = tool(f"{client} -e 'CREATE TABLE {name}.gone (i INT); "
                 f"DROP TABLE {name}.gone'\n" + WORDS
                 + 'say "completed OK!"')
    backup = physical(world)
    assert [w["code"] for w in backup["warnings"]] == ["names_not_known"]
    manifest = world.api.fetch(f"/v1/backups/{backup['id']}/manifest")
    assert "names_digest" not in manifest


# ---- increments

def incremental_plan(world, scope=None, **changes):
    options = {"incremental": True, **changes}
    return world.api.want(201, "POST", "/v1/plans", {
        "name": "chain", "source": "db", "pool": "pool", "scope": scope,
        "strategy": "manual", "method": "physical", "options": options})


def execute(world, plan="chain"):
    record = world.ended_backup(world.api.want(
        202, "POST", f"/v1/plans/{plan}/execute"))
    assert record["status"] == "completed", record
    return record


def physical_facts(world, backup):
    return world.api.fetch(f"/v1/backups/{backup['id']}/manifest")["physical"]


def change(mariadb, name, step):
    """Something of everything: rows, a table more, a table less."""
    mariadb.sql(
        f"CREATE TABLE step{step} (id INT PRIMARY KEY, t TEXT); INSERT INTO "
        f"step{step} SELECT seq, REPEAT('{step}', 500) FROM seq_1_to_2000; "
        f"DROP TABLE IF EXISTS `step{step - 2}`; "
        "CREATE TABLE IF NOT EXISTS old (id INT) ENGINE=MyISAM; "
        f"INSERT INTO old VALUES ({step}); "
        f"DELETE FROM step{step} WHERE id % 7 = 0", name)


@pytest.mark.seconds(900)
def test_a_chain_of_five(world, database, mariadb):
    """Each of its points comes back by hand, and no other; what another needs
    cannot be deleted."""
    name = database(data.shop)
    incremental_plan(world)
    points = []
    for step in range(1, 6):
        change(mariadb, name, step)
        points.append((execute(world), snapshot(mariadb, name)))
    ids = [backup["id"] for backup, _ in points]
    for number, (backup, _) in enumerate(points):
        assert backup["depends_on"] == ids[:number]
        facts = physical_facts(world, backup)
        assert facts.get("chain", []) == ids[:number]
        before = physical_facts(world, points[number - 1][0])
        assert facts["from_lsn"] == (before["to_lsn"] if number else 0)
    assert world.api.fetch("/v1/plans/chain")["expiry_held"] is None
    for backup, before in points:
        with copy_of(world, backup) as copy:
            compare.assert_equal(before, snapshot(copy, name))
    for backup_id in ids[:-1]:
        reply = world.api.delete(f"/v1/backups/{backup_id}")
        document = problem(reply, 409, "backup_in_use")
        assert any(later in document["detail"] for later in ids[1:])
    # A manual one is full, and nothing builds upon it.
    manual = physical(world)
    assert manual["depends_on"] == []
    assert execute(world)["depends_on"] == ids
    assert manual["id"] not in physical_facts(
        world, execute(world))["chain"]


def test_chains_are_bounded(world, small):
    incremental_plan(world, full_every=3)
    lengths = [len(execute(world)["depends_on"]) for _ in range(5)]
    assert lengths == [0, 1, 2, 0, 1]


def test_deleted_with_their_plan(world, small):
    incremental_plan(world)
    ids = [execute(world)["id"] for _ in range(3)]
    kept = physical(world)
    would = world.api.want(200, "DELETE", "/v1/plans/chain?delete_backups="
                           "true&dry_run=true")["would_delete"]
    assert set(ids) <= {entry["id"] for entry in would}
    world.api.want((200, 202, 204), "DELETE",
                   "/v1/plans/chain?delete_backups=true")
    process.until(lambda: [b["id"] for b in world.api.items("/v1/backups")]
                  == [kept["id"]], 60, "the others are gone")


def test_a_held_one_keeps_what_it_needs(world, small):
    incremental_plan(world)
    ids = [execute(world)["id"] for _ in range(3)]
    world.api.want(200, "PATCH", f"/v1/backups/{ids[1]}", {"held": True})
    world.api.want((200, 202, 204), "DELETE",
                   "/v1/plans/chain?delete_backups=true")
    process.until(lambda: {b["id"] for b in world.api.items("/v1/backups")}
                  == set(ids[:2]), 60, "the last one is gone")


def test_another_server_begins_anew(make):
    """The files of a server that was made anew are not those of the base,
    though it has its address and its name."""
    server = MariaDB()
    try:
        world = make(server=server.await_ready())
        incremental_plan(world)
        data.small(server, "one")
        execute(world)
        assert len(execute(world)["depends_on"]) == 1
        # The same folder, copied: as after a restore of its disk.
        process.end(server.process, 30)
        shutil.copytree(server.dir / "data", server.dir / "copied")
        shutil.rmtree(server.dir / "data")
        (server.dir / "copied").rename(server.dir / "data")
        server.start_again()
        record = execute(world)
        assert record["depends_on"] == []
        assert "full_instead" in [w["code"] for w in record["warnings"]]
        before = snapshot(server, "one")
        with copy_of(world, record) as copy:
            compare.assert_equal(before, snapshot(copy, "one"))
    finally:
        server.stop()


# ---- instances

@pytest.fixture
def provisioners():
    made = instances.Provisioners()
    yield made
    made.close()


@pytest.fixture
def makers(cofferds, mariadb, provisioners, tmp_path):
    """A world whose server knows provisioners."""
    server = provisioners.serve(cofferds(start=False))
    return LocalWorld(server, mariadb).prepare(tmp_path / "pool")


def create(world, backup, name="copy", **expected):
    restore = world.start_restore(backup, target={
        "provision": {"provider": "local", "name": name, "options": {}}})
    ended = world.ended_restore(restore)
    assert ended["status"] == expected.get("status", "completed"), ended
    return ended


def made_server(world, provisioners, name="copy"):
    server = instances.MadeMariaDB(
        provisioners, world.api.fetch(f"/v1/sources/{name}"))
    world.cofferd.secrets.add(server.password)
    return server


def test_an_instance_of_a_full_one(makers, database, mariadb, provisioners):
    name = database(data.shop)
    before = snapshot(mariadb, name)
    backup = physical(makers)
    ended = create(makers, backup)
    assert ended["verified"] is True and ended["row_count"] > 0
    compare.assert_equal(before, snapshot(
        made_server(makers, provisioners), name))


@pytest.mark.seconds(900)
def test_instances_of_a_chain(makers, database, mariadb, provisioners):
    """The last one of three, and the one in the middle."""
    name = database(data.shop)
    incremental_plan(makers)
    points = []
    for step in range(1, 4):
        change(mariadb, name, step)
        points.append((execute(makers), snapshot(mariadb, name)))
    for number in (2, 1):
        backup, before = points[number]
        made = f"copy-{number}"
        ended = create(makers, backup, made)
        assert ended["verified"] is True
        server = made_server(makers, provisioners, made)
        compare.assert_equal(before, snapshot(server, name))
        assert not list(provisioners.instances.rglob("*.increment"))


def test_a_chain_that_lacks_one(makers, small, mariadb, provisioners):
    """Nothing is begun when what an increment builds upon is damaged."""
    incremental_plan(makers)
    first, second = execute(makers), execute(makers)
    (makers.folder_of(first) / "manifest.json").unlink()
    reply = makers.api.post("/v1/restores", makers.restore_body(
        second, target={"provision": {"provider": "local", "name": "copy",
                                      "options": {}}}))
    assert reply.status in (404, 409, 422), repr(reply)
    assert first["id"] in reply.json["detail"]
    assert not provisioners.left()


def test_a_table_that_is_not_sound(makers, mariadb, database, provisioners):
    """A page of an index is spoilt in the parts' files before the instance
    begins: its check says which table it is."""
    name = database(data.small)
    mariadb.sql("CREATE TABLE m (id INT PRIMARY KEY, t VARCHAR(50), KEY (t)) "
                "ENGINE=MyISAM; INSERT INTO m SELECT seq, CONCAT('x', seq) "
                "FROM seq_1_to_5000; FLUSH TABLES", name)
    index = mariadb.dir / "data" / name / "m.MYI"
    whole = index.read_bytes()
    index.write_bytes(whole[:1024] + bytes(1024 * 8) + whole[1024 * 9:])
    try:
        backup = physical(makers)
    finally:
        index.write_bytes(whole)
    ended = create(makers, backup, status="failed")
    assert ended["error"]["code"] == "verification_failed", ended
    assert f"{name}.m" in ended["error"]["detail"]
    provisioners.gone()
