"""The server as a process: starting, ending, settings."""
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from harness import data, flow, process
from harness.rawhttp import Raw
from harness.server import STOP_SECONDS

# Bytes of rows: the first, and so many of 32 MiB that some are stored.
BEGUN, STORED = 1 << 20, 28 << 20


def run(binary, *args, env=None, seconds=120):
    """The program's status, output and errors, for what ends by itself."""
    done = subprocess.run([binary, *map(str, args)], capture_output=True,
                          text=True, timeout=seconds, check=False,
                          stdin=subprocess.DEVNULL,
                          env=process.clean_environment(**(env or {})))
    return done.returncode, done.stdout, done.stderr


def settings(text):
    """The settings that --print-config shows."""
    pairs = (line.split("=", 1) for line in text.splitlines()
             if "=" in line and not line.lstrip().startswith(("#", ";")))
    return {key.strip(): value.strip() for key, value in pairs}


# ---- ending

def test_term_when_idle(cofferd):
    cofferd.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_in_order(cofferds, number):
    server = cofferds()
    server.signal(number)
    assert server.process.wait(STOP_SECONDS) == 0


def test_term_with_connections_open(cofferd):
    idle = Raw(cofferd.port)
    half = Raw(cofferd.port).send(b"GET /v1/system HTTP/1.1\r\nHo")
    cofferd.stop()
    idle.close()
    half.close()


def test_term_with_a_waiting_request(world, database, halts):
    name = database(data.bulky, 8)
    with halts(world, down=BEGUN) as halt, Raw(world.cofferd.port) as raw:
        backup = world.start_backup(name)
        raw.send((f"GET /v1/jobs/{backup['job_id']}?wait=60 HTTP/1.1\r\n"
                  f"Host: localhost\r\nAuthorization: Bearer {world.cofferd.token}"
                  "\r\n\r\n").encode())
        halt.reached()
        world.cofferd.stop()


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_term_in_the_middle_of_a_job(world, database, mariadb, kind, halts):
    """It ends in time, and afterwards nothing claims to be what it is not."""
    name = database(data.bulky, 32)
    if kind == "backup":
        with halts(world, down=STORED):
            job = world.start_backup(name)
            world.wait_stored(job["job_id"])
            world.cofferd.stop()
    else:
        backup = world.backup(name)
        mariadb.drop(name)
        with halts(world, text=b"INSERT INTO `t") as halt:
            job = world.start_restore(backup)
            halt.reached()
            world.cofferd.stop()
    world.cofferd.start()
    ended = world.api.wait_job(job["job_id"], 30)
    assert ended["status"] in ("failed", "canceled"), ended
    if kind == "backup":
        assert world.record(job["id"])["status"] == ended["status"]
        process.until(lambda: not world.bucket.keys_of(job["id"]), 60,
                      "what it had stored is swept")


def test_client_gone_with_sigpipe(world, small):
    """A peer that hangs up while it is written to ends nobody."""
    for _ in range(20):
        raw = Raw(world.cofferd.port)
        raw.send((f"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                  f"Bearer {world.cofferd.token}\r\n\r\n").encode() * 20)
        raw.close()
    world.backup(small)


def test_hup_is_survived(world, small):
    world.cofferd.signal(signal.SIGHUP)
    world.backup(small)


# ---- starting

def test_ready_within_seconds(cofferds):
    begin = time.monotonic()
    cofferds()
    # A tenth of one on an idle machine; this one may do much else.
    assert time.monotonic() - begin < 30


def test_without_any_setting(binary, tmp_path):
    """127.0.0.1:7420 and a socket in the data folder; where that port is
    taken it says so."""
    log = tmp_path / "log"
    env = process.clean_environment(HOME=str(tmp_path),
                                    COFFER_DATA_DIR=str(tmp_path / "data"))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 7420))
            free = True
        except OSError:
            free = False
    child = process.spawn([binary], log, env)
    try:
        if free:
            process.until(lambda: "ready" in log.read_text()
                          or child.poll() is not None, 30, "it is up")
        else:
            child.wait(120)
    finally:
        status = process.end(child, STOP_SECONDS)
    if free:
        assert status == 0, log.read_text()
        assert "7420" in log.read_text()
        assert "admin-token" in log.read_text()
    else:
        assert status != 0 and "7420" in log.read_text()


def test_taken_port_is_told(binary, cofferd, tmp_path):
    status, _, errors = run(binary, "--listen", f"127.0.0.1:{cofferd.port}",
                            "--data-dir", tmp_path / "other")
    assert status != 0
    assert str(cofferd.port) in errors


def test_data_folder_in_use_is_told(binary, cofferd):
    """Two servers on one catalog would each sweep the other's work."""
    status, _, errors = run(
        binary, "--listen", f"127.0.0.1:{process.free_port()}",
        "--data-dir", cofferd.data)
    assert status != 0
    assert str(cofferd.data) in errors
    assert cofferd.api.get("/v1/system").status == 200


def test_two_servers_at_once(cofferds, mariadb, bucket, small):
    """Each with its own catalog, both in one bucket."""
    worlds = [flow.World(cofferds(), mariadb, bucket) for _ in range(2)]
    worlds[0].prepare()
    # Binding a bucket that another server uses harms neither (rule 17).
    worlds[1].prepare(object_storage=flow.object_storage(bucket,
                                                         prefix="second"))
    started = [w.start_backup(small, name="same-name") for w in worlds]
    for world, backup in zip(worlds, started):
        assert world.ended_backup(backup)["status"] == "completed"
        assert world.api.fetch("/v1/backups")["total"] == 1
    assert len(bucket.manifests()) == 2


def test_state_outlives_a_restart(world, shop):
    backup = world.backup(shop)
    source, pool = (world.api.fetch(p) for p in ("/v1/sources/db",
                                                 "/v1/pools/pool"))
    world.cofferd.restart()
    assert world.record(backup["id"]) == backup
    again = world.api.fetch("/v1/sources/db")
    assert (again["id"], again["revision"]) == (source["id"],
                                                source["revision"])
    assert world.api.fetch("/v1/pools/pool")["id"] == pool["id"]
    assert world.api.fetch(
        f"/v1/jobs/{backup['job_id']}")["status"] == "completed"
    world.backup(shop)


def test_newer_catalog_is_refused(cofferd):
    """An older server must not touch what it does not understand."""
    cofferd.stop()
    catalog = next(p for p in cofferd.data.rglob("*")
                   if p.is_file() and p.read_bytes()[:15] == b"SQLite format 3")
    with contextlib.closing(sqlite3.connect(catalog)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {version + 1000}")
    before = catalog.read_bytes()
    status, _, errors = run(cofferd.binary, *cofferd.command()[1:])
    assert status != 0 and errors
    assert catalog.read_bytes() == before


@contextlib.contextmanager
def no_sync(cofferd, tmp_path):
    """Its disk keeps nothing that is written from now on."""
    log = tmp_path / "strace"
    tracer = process.spawn(
        ["strace", "-f", "-p", cofferd.pid, "-o", "/dev/null",
         "-e", "inject=fsync,fdatasync:error=EIO"], log, None)
    try:
        process.until(lambda: b" attached" in log.read_bytes(), 60,
                      "strace is there")
        yield
    finally:
        process.end(tracer, 30)


def test_a_disk_that_does_not_keep_the_catalog(cofferd, tmp_path):
    """No change is taken, monitoring is told, and reads go on."""
    token = {"name": "t", "role": "read"}
    with no_sync(cofferd, tmp_path):
        cofferd.api.want(500, "POST", "/v1/tokens", token)
    found = cofferd.api.get("/readyz")
    assert found.status == 503 and "disk failed" in found.json["detail"]
    assert cofferd.api.get("/healthz").status == 200
    assert cofferd.api.get("/v1/tokens").status == 200
    cofferd.api.want(500, "POST", "/v1/tokens", token)
    cofferd.restart()
    assert cofferd.api.get("/readyz").status == 200
    # Whether the other is there nobody has promised.
    cofferd.api.want(201, "POST", "/v1/tokens", {**token, "name": "u"})


# ---- health and figures

def test_health_and_metrics(world, small):
    world.backup(small)
    assert world.api.get("/healthz").status == 200
    assert world.api.get("/readyz?verbose").status == 200
    metrics = world.api.get("/metrics")
    assert metrics.type == "text/plain"
    for line in metrics.body.decode().splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name.startswith(("coffer", "process_")), line
            float(value)


def test_the_loops_holds(world, small):
    """A histogram as Prometheus has it, that grows."""
    def holds():
        found = {}
        for line in world.api.get("/metrics").body.decode().splitlines():
            if line.startswith("coffer_loop_hold_"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    before = holds()
    world.backup(small)
    after = holds()
    name = "coffer_loop_hold_seconds"
    buckets = [n for n in after if n.startswith(f"{name}_bucket")]
    assert buckets[-1] == f'{name}_bucket{{le="+Inf"}}' and len(buckets) == 9
    counts = [after[n] for n in buckets]
    assert counts == sorted(counts) and counts[-1] == after[f"{name}_count"]
    assert after[f"{name}_count"] > before[f"{name}_count"]
    assert after[f"{name}_sum"] > before[f"{name}_sum"] > 0
    assert 0 < after["coffer_loop_hold_max_seconds"] <= after[f"{name}_sum"]


def test_system_tells_limits(cofferd, binary):
    system = cofferd.api.fetch("/v1/system")
    _, version, _ = run(binary, "--version")
    assert system["version"] in version
    assert "mysql" in str(system["engines"])


def test_openapi_names_every_route(cofferd):
    document = cofferd.api.fetch("/openapi.json")
    assert document["openapi"].startswith("3.1")
    for path in ("/v1/sources", "/v1/pools", "/v1/backups", "/v1/restores",
                 "/v1/system"):
        assert path in document["paths"], path
    # What it names is there: no route answers 404 for want of a handler.
    for path, operations in document["paths"].items():
        if "get" in operations and "{" not in path:
            reply = cofferd.api.get(path)
            assert reply.status == 200, f"{path}: {reply!r}"


def test_json_log_is_json(world, small):
    world.backup(small)
    for line in world.cofferd.log().splitlines():
        assert isinstance(json.loads(line), dict), line


# ---- settings

def test_version(binary):
    status, out, _ = run(binary, "--version")
    assert status == 0 and "coffer" in out.lower()


def test_unknown_flag(binary):
    status, _, errors = run(binary, "--no-such-flag")
    assert status != 0 and "no-such-flag" in errors


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "cofferd.conf"

    def write(text):
        path.write_text(text)
        return path
    return write


def test_precedence(binary, config, tmp_path):
    """Flags over the environment over the file over what is built in."""
    path = config(f"listen = 127.0.0.1:1111\ndata_dir = {tmp_path}\n"
                  "log_level = warn\n")
    flags = ["--config", path, "--print-config"]

    def level(*more, **env):
        status, out, errors = run(binary, *flags, *more, env=env)
        assert status == 0, errors
        return settings(out)["log_level"]
    assert level() == "warn"
    assert level(COFFER_LOG_LEVEL="error") == "error"
    assert level("--log-level", "debug", COFFER_LOG_LEVEL="error") == "debug"
    status, out, _ = run(binary, "--data-dir", tmp_path, "--print-config")
    assert settings(out)["log_level"] == "info"
    assert settings(out)["listen"] == "127.0.0.1:7420"
    assert settings(out)["buffer_bytes"] == "100663296"


def test_file_by_the_environment(binary, config, tmp_path):
    path = config(f"data_dir = {tmp_path}\nlisten = 127.0.0.1:2222\n")
    status, out, _ = run(binary, "--print-config",
                         env={"COFFER_CONFIG": str(path)})
    assert status == 0 and settings(out)["listen"] == "127.0.0.1:2222"


def test_printed_settings_are_a_file(binary, config, tmp_path):
    _, out, _ = run(binary, "--data-dir", tmp_path, "--listen",
                    "127.0.0.1:3333", "--print-config")
    status, again, errors = run(binary, "--config", config(out),
                                "--print-config")
    assert status == 0, errors
    first, second = settings(out), settings(again)
    first.pop("config", None), second.pop("config", None)
    assert first == second


@pytest.mark.parametrize("text, hint", [
    ("listen = nonsense\n", "listen"), ("log_level = loud\n", "log_level"),
    ("no_such_key = 1\n", "no_such_key"), ("buffer_bytes = 1\n",
                                           "buffer_bytes"),
    ("buffer_bytes = many\n", "buffer_bytes"), ("[section\n", ""),
    ("just words\n", "")])
def test_check_config_tells_what_is_wrong(binary, config, tmp_path, text,
                                          hint):
    path = config(f"data_dir = {tmp_path}\n" + text)
    status, out, errors = run(binary, "--config", path, "--check-config")
    assert status != 0
    assert hint in errors and str(path) in errors, errors
    assert run(binary, "--config", path,
               "--listen", f"127.0.0.1:{process.free_port()}")[0] != 0


def test_check_config_changes_nothing(binary, config, tmp_path):
    path = config(f"data_dir = {tmp_path / 'data'}\n")
    status, _, errors = run(binary, "--config", path, "--check-config")
    assert status == 0, errors
    assert not (tmp_path / "data").exists()


def test_missing_file_is_told(binary, tmp_path):
    status, _, errors = run(binary, "--config", tmp_path / "none.conf",
                            "--check-config")
    assert status != 0 and "none.conf" in errors


def test_shipped_file_is_valid(binary, tmp_path):
    status, _, errors = run(binary, "--config",
                            process.TOP / "etc" / "cofferd.conf",
                            "--data-dir", tmp_path, "--check-config")
    assert status == 0, errors


def test_arguments_of_the_environment_alone(cofferds, tmp_path):
    """Every flag is a variable, too."""
    server = cofferds(start=False)
    server.command = lambda: [server.binary]
    server.env = {"COFFER_LISTEN": f"127.0.0.1:{server.port}",
                  "COFFER_DATA_DIR": str(server.data),
                  "COFFER_SOCKET": str(server.base / "s"),
                  "COFFER_LOG_FORMAT": "json"}
    server.start()
    assert os.path.exists(server.base / "s")
