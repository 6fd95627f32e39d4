"""A folder whose disk hangs keeps nobody waiting but who uses it. A file system
that is frozen (FIFREEZE) hangs as a mount does whose server is away: whoever
writes sleeps in the system until it is thawed."""
import contextlib
import pathlib
import threading

from harness import btrfs, compare, data, flow, process
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
