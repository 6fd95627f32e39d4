"""Fixtures: the real servers (once a session) and cofferd (once a test)."""
import contextlib
import os
import pathlib
import shutil
import signal
import tempfile

import pytest

from harness import bigdata, btrfs, data, documented, flow, process
from harness.bucket import Bucket
from harness.proxy import Halt, Proxy
from harness.server import Cofferd
from harness.testbed import Ceph, MariaDB, MySQL, Redis, Unavailable

# A test that hangs must not hang the others.
TEST_SECONDS = 600


def pytest_addoption(parser):
    parser.addoption(
        "--cofferd", default=os.environ.get("COFFERD"),
        help="the server under test (COFFERD; build/cofferd)")
    parser.addoption("--replies", help="a folder for which replies were seen "
                     "(tests/replies.py)")
    parser.addoption("--keep-output", action="store_true",
                     help="leave the folders of the servers under test")


def pytest_configure(config):
    if config.getoption("--replies"):
        documented.keep_seen(config.getoption("--replies"))
    config.addinivalue_line(
        "markers", "seconds(n): how long a test and its fixtures may take")
    # A TERM ends the session in order, with every server it has started.
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.update(process.clean_environment())
    for name in set(os.environ) - set(process.clean_environment()):
        del os.environ[name]


def _interrupt(*_):
    # A second one must not disturb the first one's cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    marker = item.get_closest_marker("seconds")
    limit = marker.args[0] if marker else TEST_SECONDS

    def late(*_):
        raise TimeoutError(f"the test took more than {limit} s")
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def pytest_runtest_setup(item):
    """A server of the module that died in an earlier test, which has failed
    for it, must not fail the others."""
    for node in item.listchain():
        for server in getattr(node, "cofferds", []):
            if server.process and server.process.poll() is not None:
                server.start()


def pytest_make_parametrize_id(val):
    """Names of tests stay readable: some values are long, or odd."""
    if isinstance(val, str):
        val = val.encode()
    if isinstance(val, bytes):
        return repr(val)[2:-1][:24] or "empty"
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure shows what the servers under test have said."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for node in item.listchain():
            for server in getattr(node, "cofferds", []):
                if server.log_path.exists():
                    report.sections.append(
                        ("log of cofferd", server.tail(40, quiet=True)))


# What could not be had here, and why: said once more at the end.
_absent = []


def pytest_terminal_summary(terminalreporter):
    for line in _absent:
        terminalreporter.write_sep("!", line, red=True, bold=True)


# ---- the real servers

@pytest.fixture(scope="session")
def servers():
    """Those that every session needs, started at the same time."""
    started = [MariaDB(), Ceph()]
    try:
        for server in started:
            server.await_ready()
        yield started
    finally:
        for server in reversed(started):
            server.stop()


@pytest.fixture(scope="session")
def mariadb(servers):
    """With a binary log."""
    return servers[0]


@pytest.fixture(scope="session")
def ceph(servers):
    return servers[1]


@pytest.fixture(scope="session")
def redis_server():
    server = Redis()
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture
def redis(redis_server):
    """With nothing in it."""
    redis_server.empty()
    return redis_server


@pytest.fixture(scope="session")
def plain_mariadb():
    """Without a binary log, as Debian has it by default."""
    server = MariaDB("--no-binlog")
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def mysql_programs():
    """Whatever wants a MySQL is skipped where there is none."""
    try:
        MySQL.fetch()
    except Unavailable as reason:
        _absent.append(f"MySQL 9 could not be had: {reason}")
        pytest.skip(_absent[-1])


@pytest.fixture(scope="session")
def mysql(mysql_programs):
    """A real MySQL 9, with a binary log."""
    server = MySQL()
    try:
        yield server.await_ready()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def has_btrfs():
    """Whatever wants a btrfs is skipped where there is none."""
    reason = btrfs.why_not()
    if reason:
        _absent.append(f"btrfs could not be had: {reason}")
        pytest.skip(_absent[-1])


@pytest.fixture
def bucket(ceph):
    bucket = Bucket(ceph)
    yield bucket
    bucket.destroy()


@pytest.fixture(scope="module")
def module_bucket(ceph):
    bucket = Bucket(ceph)
    yield bucket
    bucket.destroy()


# ---- data

@pytest.fixture(scope="session")
def dataset_big(mariadb):
    """The name of a database of 2 million rows; leave it as it is."""
    return bigdata.big(mariadb, "big")


@pytest.fixture
def database(mariadb):
    """Makes databases that go with the test: database(data.shop)."""
    names = []

    def make(maker, *args, server=mariadb, name=None):
        name = name or flow.unique("db").replace("-", "_")
        names.append((server, name))
        return maker(server, name, *args)
    yield make
    for server, name in names:
        server.drop(name)


@pytest.fixture
def shop(database):
    return database(data.shop)


@pytest.fixture
def small(database):
    return database(data.small)


# ---- the server under test

@pytest.fixture(scope="session")
def binary(request):
    given = request.config.getoption("--cofferd")
    path = pathlib.Path(given or process.TOP / "build" / "cofferd").resolve()
    if not os.access(path, os.X_OK):
        pytest.exit(f"there is no server to test: {path}; build it, or name "
                    "it with --cofferd", 3)
    return path


@contextlib.contextmanager
def making(binary, request):
    """A maker of servers. At the end each is looked at: exit status,
    sanitizers, secrets."""
    made, folders = [], []

    def make(args=(), env=None, start=True, helper=None):
        # Paths of sockets are short: not below pytest's own folder.
        folder = tempfile.mkdtemp(prefix="coffer-it.")
        folders.append(folder)
        server = Cofferd(binary, folder, args, env, helper)
        made.append(server)
        return server.start() if start else server
    request.node.cofferds = made
    try:
        yield make
        for server in made:
            server.finish()
    finally:
        for server in made:
            if server.process and server.process.poll() is None:
                server.kill()
        for folder in folders:
            if not request.config.getoption("--keep-output"):
                shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cofferds(binary, request):
    """Makes servers: cofferds(args=[...], env={...}, helper={"provisioner x":
    {"program": ...}}); the latter are sections of its helper.conf."""
    with making(binary, request) as make:
        yield make


@pytest.fixture
def cofferd(cofferds):
    return cofferds()


@pytest.fixture
def api(cofferd):
    return cofferd.api


@pytest.fixture
def world(cofferd, mariadb, bucket):
    """A server with MariaDB as source "db" and a bucket as pool "pool"."""
    return flow.World(cofferd, mariadb, bucket).prepare()


@pytest.fixture
def halts():
    """Halts of what goes on between a world and its source: halts(world,
    text=b"INSERT INTO")."""
    relays, made = [], []

    def make(world, **point):
        relays.append(Proxy(world.server))
        world.through(relays[-1])
        relays[-1].reset()
        made.append(Halt(relays[-1], **point))
        return made[-1]
    yield make
    for halt in made:
        halt.__exit__()
    for relay in relays:
        relay.close()


@pytest.fixture
def make_world(cofferds, mariadb, bucket):
    """The same with settings: make_world(env={...})."""
    def make(server=mariadb, pool=None, **settings):
        world = flow.World(cofferds(**settings), server, bucket)
        return world.prepare(**(pool or {}))
    return make


@pytest.fixture(scope="module")
def module_cofferds(binary, request):
    """The same for servers that live as long as a module."""
    with making(binary, request) as make:
        yield make


@pytest.fixture(scope="module")
def module_cofferd(module_cofferds):
    """One server for the tests of a module that leave it as it was."""
    return module_cofferds()


@pytest.fixture(scope="module")
def module_world(module_cofferd, mariadb, module_bucket):
    return flow.World(module_cofferd, mariadb, module_bucket).prepare()
