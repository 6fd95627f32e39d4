"""A folder whose disk hangs keeps nobody waiting but who uses it. A file system
that is frozen (FIFREEZE) hangs as a mount does whose server is away: whoever
writes sleeps in the system until it is thawed."""
import contextlib
import pathlib
import threading

from harness import btrfs, compare, data, flow, forest, process
from harness.trip import LocalWorld
from test_sessions import Browser, PASSWORD

# More than there are threads for folders, and for names and passwords.
WAITING = 10


@contextlib.contextmanager
def frozen(top):
    btrfs.command("fsfreeze", "--freeze", str(top))
    try:
        yield
    finally:
        btrfs.command("fsfreeze", "--unfreeze", str(top))


def sleeping(pid, name):
    """How many of its threads of that name sleep in the system."""
    states = []
    for task in (pathlib.Path("/proc") / str(pid) / "task").iterdir():
        comm, rest = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        states += rest.split()[0] if comm == name else []
    return states.count("D")


def test_log_ins_and_look_ups_go_on(has_btrfs, cofferds, mariadb, database,
                                    tmp_path):
    with btrfs.mounted(tmp_path) as top:
        world = LocalWorld(cofferds(), mariadb).prepare(top / "pool")
        shop = database(data.shop, server=mariadb)
        before = compare.snapshot(mariadb, shop)
        world.api.want(201, "POST", "/v1/tokens", {
            "name": "petra", "role": "operate", "password": PASSWORD})
        answers = []
        tests = [threading.Thread(target=lambda: answers.append(
            world.api.post("/v1/pools/pool/test", {}, timeout=120).status))
            for _ in range(WAITING)]
        with frozen(top):
            for test in tests:
                test.start()
            process.until(lambda: sleeping(world.cofferd.pid, "bulk") > 3, 60,
                          "all threads for folders hang")
            browser = Browser(world.cofferd)
            assert browser.log_in(name="petra",
                                  password=PASSWORD)["role"] == "operate"
            # A name is looked up, and a connection made.
            world.api.want(200, "POST", "/v1/sources/db/test", {})
            world.api.want(201, "POST", "/v1/sources", {
                "name": "again", "engine": "mysql",
                "connection": flow.connection(mariadb, host="localhost")})
            assert not answers
        for test in tests:
            test.join()
        assert answers == [200] * WAITING
        backup = world.backup(shop)
        mariadb.sql(f"DROP DATABASE `{shop}`")
        world.restore(backup)
        compare.assert_equal(before, compare.snapshot(mariadb, shop))
        world.cofferd.stop()


def hung_restore(cofferds, tmp_path, top):
    """A restore into a folder that hangs, which is canceled then."""
    world = forest.World(cofferds(args=["--restore-dirs", str(top)]),
                         forest.Folder()).prepare(tmp_path)
    world.out = top
    forest.write(world.top, {"a": "one", "b": "two"})
    backup = world.backup()
    hung = contextlib.ExitStack()
    hung.enter_context(frozen(top))
    restore = world.start_restore(backup)
    process.until(lambda: sleeping(world.cofferd.pid, "bulk"), 60,
                  "the folder hangs")
    job = f"/v1/jobs/{restore['job_id']}"
    world.api.want(202, "POST", job + "/cancel")
    process.until(lambda: world.api.fetch(job)["progress"]["phase"] == "end",
                  30, "it waits for its worker")
    return world, restore, job, hung


def test_a_restore_is_over_when_nothing_is_written(has_btrfs, cofferds,
                                                   tmp_path):
    with btrfs.mounted(tmp_path) as top:
        world, restore, job, hung = hung_restore(cofferds, tmp_path, top)
        with hung:
            assert world.api.fetch(job)["status"] == "running"
        assert world.ended_restore(restore)["status"] == "canceled"
        assert not sleeping(world.cofferd.pid, "bulk")
        log = world.api.get(f"{job}/log").body
        assert b"does not answer" not in log
        world.restore(world.api.items("/v1/backups")[0], to="again")
        assert (top / "again/b").read_text() == "two"


def test_a_restore_does_not_wait_for_ever(has_btrfs, cofferds, tmp_path):
    with btrfs.mounted(tmp_path) as top:
        world, restore, job, hung = hung_restore(cofferds, tmp_path, top)
        with hung:
            assert world.ended_restore(restore)["status"] == "canceled"
            assert sleeping(world.cofferd.pid, "bulk")
            log = world.api.get(f"{job}/log").body
            assert b"the target's file system does not answer" in log
        world.cofferd.stop()
