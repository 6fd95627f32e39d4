"""kill -9 of cofferd at twenty moments each of a physical backup, a snapshot
backup and the making of an instance: while programs do their work outside of
it. After each of them nobody holds a lock or a connection, no program is left,
what was half made is gone when the server runs again, and what it calls
complete is.

The other bad days of these are shown by:

  child killed, wrong status, no last words,
    nothing written, writes nothing for long   test_physical.py (tools)
  data directory unreadable                    test_physical.py (unreadable,
                                               another_user)
  target full                                  test_instances.py (no_room), and
                                               of the pool test_physical.py
  provisioner hangs, lies, prints no JSON,
    leaves a server behind                     test_instances.py
  hook fails, hangs past its deadline, lies    test_snapshot.py
  two at once                                  test_instances.py,
                                               test_snapshot.py
  canceled, stopped in order                   the same
  provisioners and hooks killed anywhere       test_provisioner.py,
                                               test_hooks.py
"""
import os

import pytest

from harness import compare, data, flow, instances, physical, process
from harness import snapshots, trip
from harness.proxy import Halt, Proxy
from harness.standing import Standing
from harness.testbed import MariaDB

SMALL = ("--set", "innodb_log_file_size=16M",
         "--set", "innodb_buffer_pool_size=64M")
# No moment is to end by itself before it is seen, on a slow machine either.
PATIENT = {"COFFER_RETRY_SECONDS": "1", "COFFER_SNAPSHOT_SECONDS": "60"}

pytestmark = pytest.mark.seconds(900)


@pytest.fixture(scope="module")
def server():
    server = MariaDB(*SMALL)
    try:
        server.await_ready()
        data.small(server, "kept")
        yield server
    finally:
        server.stop()


class World(trip.LocalWorld):
    """Its source and its pool are behind relays, for points to stand at."""

    def __init__(self, cofferd, server, bucket, folder):
        super().__init__(cofferd, server, bucket)
        self.folder = folder
        self.source_relay = Proxy(server)
        self.pool_relay = Proxy(bucket.ceph)
        self.struck = 0

    def prepare(self):
        flow.World.prepare(self, object_storage=flow.object_storage(
            self.bucket,
            endpoint=f"http://127.0.0.1:{self.pool_relay.port}"),
            part_bytes=1048576)
        self.through(self.source_relay)
        return self

    def close(self):
        self.source_relay.close()
        self.pool_relay.close()

    def reset(self):
        self.source_relay.reset()
        self.pool_relay.reset()

    def measure(self, **body):
        """One that nothing happens to: how many bytes pass where, from the
        source without those of the request, in which it is looked at."""
        self.reset()
        good = self.start_backup(**body)
        asked = self.source_relay.down
        good = self.ended_backup(good)
        assert good["status"] == "completed", good
        return good, self.source_relay.down - asked, self.pool_relay.up

    def download(self):
        """What lies in the bucket, as the files of self.folder."""
        for key in self.bucket.objects():
            path = self.folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.bucket.read(key))

    # ---- one moment

    def kill(self):
        """What was running beneath the server then."""
        programs = process.family(self.cofferd.pid)
        scratch = [cwd for cwd in map(cwd_of, programs)
                   if cwd and "/coffer-helper." in cwd]
        self.cofferd.kill()
        return programs, scratch

    def strike(self, stands, backup, halt=None):
        """Kills when stands() says so; what must be true of the source and
        the programs at once, and of the backup after the next start. The
        backup's record."""
        try:
            process.until(stands, 120, "the moment has come", 0.01)
            programs, scratch = self.kill()
        finally:
            if halt:
                halt.let_go()
        self.struck += 1
        process.until(lambda: not process.alive(programs), 60,
                      f"no program is left of {programs}")
        process.until(lambda: self.server.connections() == [], 60,
                      "the server has no session of ours")
        assert not [path for path in scratch if os.path.exists(path)]
        self.server.sql("SET lock_wait_timeout = 1; CREATE TABLE free (n INT);"
                        "INSERT INTO free VALUES (1); DROP TABLE free",
                        "kept")
        self.cofferd.start()
        return self.settled(backup)

    def settled(self, backup):
        record = self.record(backup["id"])
        if record["status"] == "completed":
            self.verify(record)
            return record
        assert record["status"] == "failed", record
        assert record["error"]["code"] == "interrupted", record
        assert not [k for k in self.bucket.manifests() if backup["id"] in k]
        return record

    def verify(self, record):
        job = self.api.want(202, "POST", f"/v1/backups/{record['id']}/verify",
                            {"read": "all"})
        self.api.wait_job(job["id"])
        assert self.record(record["id"])["verify_status"] == "passed"

    def nothing_is_left(self):
        """Objects of those alone that are complete."""
        complete = {b["id"] for b in self.api.items("/v1/backups?limit=200")
                    if b["status"] == "completed"}

        def strangers():
            return [key for key in self.bucket.objects()
                    if "/bak_" in key and not any(
                        f"/{i}/" in key for i in complete)]
        process.until(lambda: not strangers(), 60, "the parts are swept")
        return complete


def cwd_of(one):
    try:
        return os.readlink(f"/proc/{one[0]}/cwd")
    except OSError:
        return None


@pytest.fixture
def make(cofferds, server, bucket, tmp_path):
    worlds = []

    def make(sections):
        worlds.append(World(cofferds(env=PATIENT, helper=sections), server,
                            bucket, tmp_path / "downloaded"))
        return worlds[-1].prepare()
    yield make
    for world in worlds:
        world.close()


def at_relay(relay, **point):
    """A moment: when so many bytes have passed, or some text goes up."""
    def begin():
        relay.reset()
        halt = Halt(relay, **point)
        return halt.has_come, halt
    return begin


def of_the_pool(world, up):
    """Seven moments of what goes to the pool, its last objects among them."""
    return ([at_relay(world.pool_relay, up=at)
             for at in (up // 6, up // 2, up // 6 * 5, up - 400)]
            + [at_relay(world.pool_relay, text=text) for text in
               (b"/owner.json", b"/index", b"/manifest.json")])


def of_the_source(world, down):
    """Five moments of what comes from the server, after the request."""
    return [at_relay(world.source_relay, down=int(at * down))
            for at in (0.05, 0.3, 0.55, 0.8, 0.97)]


def twenty(world, early, late, method, untell):
    """At each of them: begin() says when it has come; of the late ones it is
    called when the request is over. Each fifth time a whole backup is made in
    between. How many were complete in spite of it."""
    assert len(early) + len(late) == 20
    completed = 0
    for number, begin in enumerate([*early, *late]):
        world.reset()
        if number < len(early):
            stands, halt = begin()
        backup = world.start_backup(method=method)
        if number >= len(early):
            stands, halt = begin()
        try:
            record = world.strike(
                lambda: stands() or has_ended(world, backup), backup, halt)
        finally:
            untell()
        completed += record["status"] == "completed"
        print(number, record["status"], record["error"])
        if number % 5 == 4:
            world.reset()
            world.backup(method=method)
    # Had little been hit, the moments would have been no test.
    assert completed <= 2
    return completed


def has_ended(world, backup):
    return world.record(backup["id"])["status"] in ("completed", "failed")


def test_a_physical_backup(make, server, tmp_path):
    """By the real tool: its locks are the server's own."""
    tool = Standing(tmp_path, "mariadb-backup")
    world = make(tool.section)
    before = physical.snapshot(server, "kept")
    good, down, up = world.measure(method="physical")

    def in_tool(what, count=0):
        def begin():
            tool.at(what, count)
            return tool.stands, None
        return begin
    moments = [in_tool("begin"), in_tool("end")]
    moments += [in_tool("output", int(at * good["source_bytes"]))
                for at in (0.01, 0.2, 0.5, 0.8, 0.98, 1)]
    completed = twenty(world, moments + of_the_pool(world, up),
                       of_the_source(world, down), "physical", tool.go_on)
    complete = world.nothing_is_left()
    assert len(complete) == 1 + 4 + completed
    last = world.backup(method="physical")
    world.download()
    with physical.copy_of(world, last) as copy:
        compare.assert_equal(before, physical.snapshot(copy, "kept"))


def test_a_snapshot_backup(make, server, tmp_path):
    """By a hook that is told where to stand, before it does its work and
    after it."""
    script = snapshots.Script(tmp_path / "script")
    world = make(snapshots.sections(
        {"script": (script.program, script.home)},
        [script.home / "snapshots"]))
    before = physical.snapshot(server, "kept")
    _, down, up = world.measure(method="snapshot")

    def in_hook(what, operation):
        def begin():
            script.forget()
            script.tell(what, operation)
            return {"wait": lambda: script.has_begun(operation),
                    "stay": lambda: script.has_done(operation)}[what], None
        return begin

    def untell():
        for path in script.home.glob("wait-*"):
            path.unlink()
        for path in script.home.glob("stay-*"):
            path.unlink()
    moments = [in_hook(what, operation) for what in ("wait", "stay")
               for operation in ("probe", "create", "open", "release")]
    completed = twenty(world, moments + of_the_pool(world, up),
                       of_the_source(world, down), "snapshot", untell)
    process.until(lambda: not script.snapshots(), 60, "all are released")
    complete = world.nothing_is_left()
    assert len(complete) == 1 + 4 + completed
    last = world.backup(method="snapshot")
    process.until(lambda: not script.snapshots(), 60, "it is released")
    world.download()
    with snapshots.copy_of(world, last) as copy:
        compare.assert_equal(before, physical.snapshot(copy, "kept"))


# ---- instances

class Makers:
    """Creations, of which each is killed at a moment of its own. They go on
    one upon the other: what is left of one may be destroyed while the next
    one is made, or dies."""

    def __init__(self, world, provisioners, backup, tools):
        self.world, self.provisioners = world, provisioners
        self.backup, self.tools = backup, tools
        self.relay = Proxy(provisioners)
        provisioners.through(self.relay)
        self.outcomes = []

    def begin(self, name):
        return self.world.start_restore(self.backup, target={"provision": {
            "provider": "scripted", "name": name, "options": {}}})

    def measure(self):
        """How much there is to be read, unpacked, and compared."""
        self.provisioners.acts(start="through")
        whole = self.world.ended_restore(self.begin("whole"))
        assert whole["status"] == "completed", whole
        self.rows = whole["row_count"]
        self.compared = self.relay.down
        self.destroy("whole")

    def destroy(self, name):
        job = self.world.api.want(202, "DELETE",
                                  f"/v1/sources/{name}?destroy=true")
        assert self.world.api.wait_job(job["id"])["status"] == "completed"

    def free(self):
        for tool in self.tools:
            tool.go_on()
        self.provisioners.acts()

    def strike(self, name, stands, halt=None):
        restore = self.begin(name)

        def comes():
            # A server that is not there yet is not looked at.
            return stands() or self.world.api.fetch(
                f"/v1/restores/{restore['id']}")["status"] in (
                    "completed", "failed")
        try:
            process.until(comes, 120, "the moment has come", 0.01)
            programs = process.family(self.world.cofferd.pid)
            self.world.cofferd.kill()
        finally:
            if halt:
                halt.let_go()
            self.free()
        self.world.cofferd.start()
        self.settled(name, restore, programs)

    def settled(self, name, restore, programs):
        record = self.world.api.fetch(f"/v1/restores/{restore['id']}")
        found = self.world.api.get(f"/v1/sources/{name}")
        self.outcomes.append((name, record["status"]))
        if record["status"] == "completed":
            assert record["verified"] and record["row_count"] == self.rows
            assert found.json["status"] == "available"
            self.destroy(name)
            return
        assert record["status"] == "failed", record
        assert record["error"]["code"] == "interrupted", record
        assert not record["verified"]
        if found.status == 200:
            assert found.json["status"] != "available", found
        self.left = getattr(self, "left", []) + programs

    def reaped(self):
        """Sources, folders, servers and programs are gone."""
        def sources():
            return [s["name"] for s in self.world.api.items("/v1/sources")
                    if s["name"] != "db"]
        process.until(lambda: not sources(), 120, "the sources are gone")
        assert self.provisioners.left() == []
        process.until(lambda: not process.alive(self.left), 60,
                      "no program is left")


@pytest.fixture
def provisioners():
    made = instances.Provisioners()
    yield made
    made.close()


def test_making_an_instance(cofferds, server, provisioners, tmp_path):
    stream, tool = (Standing(tmp_path, name)
                    for name in ("mbstream", "mariadb-backup"))
    world = trip.LocalWorld(provisioners.serve(
        cofferds(start=False, env=PATIENT), {**stream.section,
                                             **tool.section}), server)
    world.prepare(tmp_path / "pool")
    backup = world.backup(method="physical")
    makers = Makers(world, provisioners, backup, [stream, tool])
    makers.measure()

    def act(operation, how):
        def begin():
            provisioners.acts(**{operation: how})
            waits = provisioners.dir / f"waits-{operation}"
            return waits.exists, None
        return begin

    def failing(how):
        def begin():
            provisioners.acts(start="forget", destroy=how)
            return (provisioners.dir / "waits-destroy").exists, None
        return begin

    def in_tool(tool, what, count=0):
        def begin():
            tool.at(what, count)
            return tool.stands, None
        return begin

    def compared(share):
        def begin():
            provisioners.acts(start="through")
            makers.relay.reset()
            halt = Halt(makers.relay, down=int(share * makers.compared))
            return halt.has_come, halt
        return begin
    moments = [act("prepare", "wait"), act("prepare", "late")]
    moments += [in_tool(stream, "input", int(at * backup["source_bytes"]))
                for at in (0, 0.1, 0.4, 0.7, 0.95, 1)]
    moments += [in_tool(stream, "end"), in_tool(tool, "begin"),
                in_tool(tool, "end"), act("start", "wait"),
                act("start", "late")]
    moments += [compared(share) for share in (0.02, 0.3, 0.6, 0.9, 0.99)]
    moments += [failing("wait"), failing("late")]
    assert len(moments) == 20
    for number, begin in enumerate(moments):
        stands, halt = begin()
        makers.strike(f"copy-{number}", stands, halt)
        if number % 5 == 4:
            makers.reaped()
    print(makers.outcomes)
    assert [status for _, status in makers.outcomes].count("completed") <= 2
    before = physical.snapshot(server, "kept")
    restore = makers.begin("last")
    assert world.ended_restore(restore)["status"] == "completed"
    made = instances.MadeMariaDB(provisioners,
                                 world.api.fetch("/v1/sources/last"))
    world.cofferd.secrets.add(made.password)
    compare.assert_equal(before, physical.snapshot(made, "kept"))
    makers.relay.close()
