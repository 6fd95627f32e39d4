"""Method physical of a real MySQL 9: the server clones its own files, and what
is restored from the objects alone is the server as it was at one moment. However
a CLONE is cut, none goes on, no lock and no folder is left."""
import pathlib
import shutil
import subprocess
import tempfile
import threading

import pytest

from harness import (compare, data, exact, helper, instances, process,
                     snapshots)
from harness.api import problem
from harness.btrfs import command, mounted
from harness.local import mysql_tree
from harness.testbed import MySQL
from harness.trip import LocalWorld
from test_drills import begin as begin_drill
from test_drills import ended as ended_drill
from test_instances import create

pytestmark = pytest.mark.seconds(300)

SCRATCH = snapshots.HOOKS / "scratch"
INSTALL = "INSTALL PLUGIN clone SONAME 'mysql_clone.so'"
SOON = {"COFFER_RETRY_SECONDS": "1"}


@pytest.fixture(scope="module")
def server(mysql_programs):
    server = MySQL("--set", "innodb_buffer_pool_size=64M")
    try:
        server.await_ready()
        server.sql(INSTALL)
        yield server
    finally:
        server.stop()


class Scratch:
    """The hook, with folders of its own."""

    def __init__(self, top=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
        # A server with another user than the helper's passes through.
        self.folder.chmod(0o711)
        self.top = top or self.folder / "scratch"
        config = self.folder / "hooks.conf"
        config.write_text(f"[hooks]\nscratch = {self.top}\n")
        config.chmod(0o600)
        self.hook = (SCRATCH, "--config", config)

    def sections(self):
        return snapshots.sections({"scratch": self.hook}, [self.top])

    def left(self):
        return [p.name for p in self.top.iterdir()] if self.top.exists() \
            else []

    def gone(self, seconds=90):
        process.until(lambda: not self.left(), seconds, "no folder is left")


class Cold(Scratch):
    """On a file system that freezes when a folder was made, if it is to: the
    CLONE that is begun then stands still until it is thawed."""

    def __init__(self, top):
        super().__init__(top / "scratch")
        self.mounted = top
        self.flag = self.folder / "freezes"
        self.flag.touch()
        program = helper.script(self.folder / "hook", f"""
            answer=$({SCRATCH} "$@") || exit
            for operation; do :; done
            if [ "$operation" = create ] && [ -e {self.flag} ]; then
                fsfreeze --freeze {top} || exit
            fi
            echo "$answer" """)
        self.hook = (program, *self.hook[1:])

    def freeze(self):
        command("fsfreeze", "--freeze", str(self.mounted))

    def thaw(self):
        """And stays so from now on."""
        self.flag.unlink(missing_ok=True)
        command("fsfreeze", "--unfreeze", str(self.mounted))


@pytest.fixture
def cold(has_btrfs, tmp_path):
    with mounted(tmp_path, 1500) as top:
        made = Cold(top)
        try:
            yield made
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", str(top)], check=False,
                           capture_output=True)
            made.gone()
            shutil.rmtree(made.folder)


@pytest.fixture
def scratch():
    made = Scratch()
    yield made
    shutil.rmtree(made.folder)


@pytest.fixture
def make(cofferds, server, scratch, tmp_path):
    def make(sections=None, **more):
        made = cofferds(env={**SOON, **more}, helper=scratch.sections()
                        if sections is None else sections)
        return LocalWorld(made, server).prepare(tmp_path / "pool")
    return make


@pytest.fixture
def world(make):
    return make()


class Writer:
    """One session that writes all the time, a transaction after the other:
    each adds a row and moves an amount. So the rows 1 to n and the sums that
    follow from n are the only states that there ever are, and n the number of
    the server's transactions since."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        server.sql(f"""
            CREATE TABLE log (id INT PRIMARY KEY, note TEXT);
            CREATE TABLE sums (id INT PRIMARY KEY, amount BIGINT);
            INSERT INTO sums SELECT seq, 0 FROM {data.numbers(server, 10)}
            """, database)
        self.before = self.gtids(server.value("SELECT @@GLOBAL.gtid_executed"))
        self.done = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    @staticmethod
    def gtids(text):
        """How many there are in "uuid:1-7"."""
        first, _, last = text.rpartition(":")[2].partition("-")
        assert first == "1", text
        return int(last or first)

    def _run(self):
        with self.server.session() as session:
            session.run(f"USE {self.database}")
            while not self.stop.is_set():
                n = self.done + 1
                session.run(
                    f"BEGIN; INSERT INTO log VALUES ({n}, REPEAT('{n} ', 200));"
                    f"UPDATE sums SET amount = amount + {n} "
                    f"WHERE id = {n % 10 + 1}; "
                    f"UPDATE sums SET amount = amount - {n} "
                    f"WHERE id = {(n + 1) % 10 + 1}; COMMIT")
                self.done = n

    def __enter__(self):
        self.thread.start()
        self.go_on()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def go_on(self, n=20):
        until = self.done + n
        process.until(lambda: self.done >= until, 60, "writes go on")

    def check(self, copy, low):
        """The copy is of one moment, not before low; how many transactions
        of the server are in it."""
        ids = [int(row[0]) for row in copy.sql(
            "SELECT id FROM log WHERE note = REPEAT(CONCAT(id, ' '), 200) "
            "ORDER BY id", self.database)]
        n = len(ids)
        assert ids == list(range(1, n + 1)) and low <= n <= self.done + 1
        sums = [0] * 10
        for i in ids:
            sums[i % 10] += i
            sums[(i + 1) % 10] -= i
        assert copy.sql("SELECT amount FROM sums ORDER BY id",
                        self.database) == [[str(s)] for s in sums]
        return self.before + n


def still(server, name):
    """A database that nobody changes, with what is easily lost."""
    server.sql(f"""
        CREATE DATABASE {name}; USE {name};
        CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60), b LONGBLOB,
            g INT AS (id * 2) STORED, KEY (v)) COMMENT 'of ours';
        INSERT INTO t (id, v, b) SELECT seq, CONCAT('row ', seq),
            REPEAT(CHAR(seq % 256), 2000) FROM {data.numbers(server, 2000)};
        CREATE TABLE p (id INT PRIMARY KEY, j JSON) PARTITION BY HASH (id)
            PARTITIONS 3;
        INSERT INTO p SELECT seq, JSON_OBJECT('n', seq)
            FROM {data.numbers(server, 100)};
        CREATE TABLE c (id INT PRIMARY KEY, t INT,
            FOREIGN KEY (t) REFERENCES t (id)) ROW_FORMAT=COMPRESSED;
        INSERT INTO c SELECT seq, seq FROM {data.numbers(server, 500)};
        CREATE TABLE volatile (id INT) ENGINE=MEMORY;
        CREATE VIEW v AS SELECT id, g FROM t WHERE id < 10;
        CREATE FUNCTION f () RETURNS INT DETERMINISTIC RETURN 42;
        CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'new'""")
    return name


@pytest.fixture
def names(server):
    """Names of databases that go with the test."""
    made = ["calm", "busy", "odd"]
    yield made
    server.drop(*made)


def physical(world, **changes):
    return world.backup(method="physical", **changes)


def failed(world, scratch, code, seconds=180, **changes):
    """The sentence of a backup that must fail; nothing of it is left."""
    backup = world.ended_backup(
        world.start_backup(method="physical", **changes), seconds)
    assert backup["status"] == "failed", backup
    assert backup["error"]["code"] == code, backup
    left_nothing(world, scratch, backup)
    return backup["error"]["detail"]


def left_nothing(world, scratch, backup):
    assert not [p for p in world.folder.rglob("*")
                if backup["id"] in p.parts and p.is_file()]
    scratch.gone()
    process.until(lambda: not clones(world.server), 30, "no CLONE goes on")
    can_change(world.server)


def clones(server):
    return server.sql("SELECT id FROM information_schema.processlist "
                      "WHERE info LIKE 'CLONE LOCAL%'")


def can_change(server):
    """Nobody holds schema changes off."""
    server.sql("SET lock_wait_timeout = 20; CREATE DATABASE free; "
               "DROP DATABASE free")


# ---- what comes back

def test_what_was_cloned_comes_back(world, server, scratch, names):
    """By the words of the README and a stock server."""
    still(server, "calm")
    before = exact.snapshot(server, "calm")
    server.sql("CREATE DATABASE busy")
    copy = MySQL()
    try:
        with Writer(server, "busy") as writer:
            low = writer.done
            backup = physical(world)
            writer.go_on()
        assert backup["consistency"]["state"] == "consistent"
        assert backup["consistency"]["binlog_file"] is None
        assert backup["consistency"]["gtid"] is None
        assert backup["warnings"] == [] and backup["depends_on"] == []
        assert backup["table_count"] == int(server.value(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_type "
            "= 'BASE TABLE' AND table_schema NOT IN ('mysql', 'sys', "
            "'performance_schema', 'information_schema')"))
        found = world.api.fetch(f"/v1/backups/{backup['id']}/manifest")
        assert found["physical"]["tool"] == "clone"
        assert found["physical"]["hook"] == "scratch"
        assert len(found["names_digest"]) == 32
        assert all(part["key"].endswith(".tar.zst")
                   for part in found["parts"])
        assert scratch.left() == []
        can_change(server)
        copy.await_ready()
        snapshots.refill(copy, snapshots.by_hand(world, backup), server)
        compare.assert_equal(before, exact.snapshot(copy, "calm"))
        count = writer.check(copy, low)
        # The copy itself knows where it stands: exactly there.
        (file, position, gtid), = copy.sql(
            "SELECT binlog_file, binlog_position, gtid_executed "
            "FROM performance_schema.clone_status")
        assert Writer.gtids(gtid) == count
        assert [file, position] in [
            [row[0], row[4]] for row in server.sql(
                f"SHOW BINLOG EVENTS IN '{file}'") if row[2] == "Xid"]
    finally:
        copy.stop()


def test_rule24_an_instance_and_a_drill(cofferds, server, scratch, names,
                                        tmp_path):
    """The local provisioner makes a MySQL 9 of it, which is compared."""
    made = instances.Provisioners()
    try:
        tree = mysql_tree(made.dir)
        with open(made.dir / "local.conf", "a", encoding="utf-8") as config:
            config.write(f"[mysql nine]\ncommand = {tree}/run\n"
                         f"server = mysqld\nbasedir = {tree}/usr\n"
                         "memory = 32M\n")
        world = LocalWorld(made.serve(cofferds(start=False),
                                      scratch.sections()), server)
        world.prepare(tmp_path / "pool")
        still(server, "calm")
        before = exact.snapshot(server, "calm")
        server.sql("CREATE DATABASE busy")
        with Writer(server, "busy") as writer:
            low = writer.done
            backup = physical(world)
        copy = instances.MadeMySQL(made, create(world, backup), server)
        compare.assert_equal(before, exact.snapshot(copy, "calm"))
        writer.check(copy, low)
        world.api.want(202, "DELETE", "/v1/sources/copy?destroy=true")
        made.gone()
        job, last = ended_drill(world, begin_drill(world, backup))
        assert job["status"] == "completed", job
        assert last["verdict"] == "passed" and last["error"] is None
        made.gone()
        # And a part of it, into the server that runs.
        server.drop("calm")
        world.restore(backup, scope={"include": ["calm.*"]},
                      through={"provider": "local"})
        compare.assert_equal(before, exact.snapshot(server, "calm"))
        made.gone()
    finally:
        made.close()


# ---- refused, before anything happens

def test_refused(world, make, server, scratch, names):
    reply = world.api.post("/v1/backups", world.backup_body(
        "calm", method="physical"))
    if reply.status == 202:  # not known before the server is asked
        backup = world.ended_backup(reply.json)
        assert backup["error"]["code"] == "invalid_scope"
    else:
        problem(reply, 422, "invalid_scope", ["/scope"])
    for privilege in ("BACKUP_ADMIN", "SELECT", "PROCESS"):
        server.sql(f"REVOKE {privilege} ON *.* FROM coffer")
        try:
            assert f"privilege {privilege}" in failed(
                world, scratch, "access_denied")
        finally:
            server.sql(f"GRANT {privilege} ON *.* TO coffer")
    server.sql("UNINSTALL PLUGIN clone")
    try:
        assert "INSTALL PLUGIN clone SONAME 'mysql_clone.so'" in failed(
            world, scratch, "source_check_failed")
    finally:
        server.sql(INSTALL)
    server.sql("CREATE DATABASE odd; USE odd; "
               "CREATE TABLE old (id INT) ENGINE=MyISAM; "
               "CREATE TABLE sheet (id INT NOT NULL) ENGINE=CSV")
    assert "odd.old (MyISAM), odd.sheet (CSV): ALTER TABLE" in failed(
        world, scratch, "source_check_failed")
    server.drop("odd")
    world.api.want(201, "POST", "/v1/plans", {
        "name": "nightly", "source": "db", "pool": "pool",
        "strategy": "manual", "method": "physical",
        "options": {"incremental": True}})
    run = world.ended_backup(
        world.api.want(202, "POST", "/v1/plans/nightly/execute", {}))
    assert run["error"]["code"] == "source_check_failed", run
    assert '"incremental"' in run["error"]["detail"]


def test_refused_without_the_hook(make):
    """Somebody who asks is told at once, a plan's run when it fails."""
    world = make(sections={})
    reply = world.api.post("/v1/backups", world.backup_body(method="physical"))
    document = problem(reply, 422, "source_check_failed")
    assert "[hook NAME]" in document["detail"], document
    assert world.api.items("/v1/backups") == []
    world.api.want(201, "POST", "/v1/plans", {
        "name": "nightly", "source": "db", "pool": "pool",
        "strategy": "manual", "method": "physical"})
    error = world.ended_backup(world.api.want(
        202, "POST", "/v1/plans/nightly/execute", {}))["error"]
    assert error["code"] == "source_check_failed", error
    assert "[hook scratch]" in error["detail"], error


def test_no_room(has_btrfs, world, scratch):
    """The server looks before it begins. Who may mount btrfs may mount this."""
    scratch.top.mkdir(mode=0o711)
    command("mount", "-t", "tmpfs", "-o", "size=16m,mode=711", "coffer-it",
            str(scratch.top))
    try:
        sentence = failed(world, scratch, "source_check_failed")
    finally:
        command("umount", str(scratch.top))
    assert "make room" in sentence and "(3873)" in sentence


# ---- cut in the middle

@pytest.fixture
def freezing(make, cold):
    """A world in which a CLONE begins and stands still."""
    return make(cold.sections())


def begun(world):
    backup = world.start_backup(method="physical")
    process.until(lambda: clones(world.server), 60, "the server clones")
    return backup


def is_killed(server):
    return [row[0] for row in server.sql(
        "SELECT command FROM information_schema.processlist "
        "WHERE info LIKE 'CLONE LOCAL%'")] == ["Killed"]


def test_canceled(freezing, server, cold):
    """The CLONE is ended, too, and what it still makes goes."""
    backup = begun(freezing)
    freezing.api.want(202, "POST", f"/v1/jobs/{backup['job_id']}/cancel", {})
    assert freezing.ended_backup(backup)["status"] == "canceled"
    process.until(lambda: is_killed(server), 60, "it is told to end")
    cold.thaw()
    left_nothing(freezing, cold, backup)
    assert physical(freezing)["status"] == "completed"


def test_one_at_a_time(world, server, scratch, cold):
    """Somebody else's CLONE is waited for once."""
    cold.freeze()
    with server.session() as theirs:
        thread = threading.Thread(target=theirs.run, args=(
            f"CLONE LOCAL DATA DIRECTORY = '{cold.mounted}/theirs'",))
        thread.start()
        try:
            process.until(lambda: clones(server), 60, "theirs runs")
            backup = world.ended_backup(
                world.start_backup(method="physical"))
        finally:
            server.sql("".join(f"KILL QUERY {row[0]};"
                               for row in clones(server)))
            cold.thaw()
            thread.join()
    assert backup["status"] == "failed", backup
    assert backup["error"]["code"] == "lock_not_obtained", backup
    assert "one CLONE at a time" in backup["error"]["detail"]
    left_nothing(world, scratch, backup)


def test_its_session_is_killed(freezing, server, cold):
    """By somebody, in the server. Schema changes wait until then."""
    backup = begun(freezing)
    with server.session() as session:
        lines = session.run("SET lock_wait_timeout = 1; "
                            "CREATE DATABASE meanwhile")
    assert "ERROR 1205" in "\n".join(lines)
    server.sql("".join(f"KILL {row[0]};" for row in clones(server)))
    cold.thaw()
    backup = freezing.ended_backup(backup)
    assert backup["status"] == "failed", backup
    assert backup["error"]["code"] == "connection_failed", backup
    left_nothing(freezing, cold, backup)


def test_rule30_killed(freezing, server, cold):
    """kill -9 of cofferd: the server clones on, to its end; the folder goes at
    the next start, not before it has ended."""
    backup = begun(freezing)
    freezing.cofferd.kill()
    assert len(cold.left()) == 1
    freezing.cofferd.start()
    record = freezing.record(backup["id"])
    assert record["status"] == "failed"
    assert record["error"]["code"] == "interrupted"
    assert clones(server)
    cold.thaw()
    left_nothing(freezing, cold, record)
    assert physical(freezing)["status"] == "completed"
    assert cold.left() == []


def test_the_server_is_killed(freezing, server, cold):
    backup = begun(freezing)
    server.kill()
    cold.thaw()
    backup = freezing.ended_backup(backup)
    assert backup["status"] == "failed", backup
    assert backup["error"]["code"] == "connection_failed", backup
    cold.gone()
    server.start_again()
    left_nothing(freezing, cold, backup)


def test_stopped(freezing, server, cold):
    """A stop in order has the CLONE ended, too."""
    begun(freezing)
    stop = threading.Thread(target=freezing.cofferd.stop)
    stop.start()
    process.until(lambda: is_killed(server) or not stop.is_alive(), 60,
                  "it is told to end")
    cold.thaw()
    stop.join()
    process.until(lambda: not clones(server), 60, "it has ended")
    freezing.cofferd.start()
    cold.gone()
