"""What the server can do no more: by itself, and by its unit of systemd. How it
was compiled is for "check-step elf"."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness import process, trip

UNIT = process.TOP / "contrib" / "systemd" / "cofferd.service"
# Of systemd-analyze, in tenths.
WORST_SCORE = 15
NOBODY = 65534


def status_of(pid, field):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{field}:\s*(\S+)", text, re.M)[1]


def confined(cofferds, tmp_path):
    """With its helper's socket, as the unit of systemd has it."""
    return cofferds(env={"COFFER_HELPER_SOCKET": str(tmp_path / "none")})


def test_no_new_privileges(cofferds, tmp_path):
    server = confined(cofferds, tmp_path)
    assert status_of(server.pid, "NoNewPrivs") == "1"


def test_it_gives_up_programs(cofferds, tmp_path):
    """What the kernel was asked for, and that it agreed; what that means is for
    test_base_landlock. A helper that the server starts is spared: each test of
    a provisioner would fail otherwise."""
    server = cofferds(start=False)
    log = tmp_path / "calls"
    child = process.spawn(
        ["strace", "-D", "-qq", "-o", log,
         "-e", "trace=landlock_create_ruleset,landlock_restrict_self",
         *server.command(), "--helper-socket", tmp_path / "none"],
        server.log_path,
        # Leaks cannot be looked for under strace.
        {**server.environment(), "ASAN_OPTIONS": "detect_leaks=0"})
    server.process = child
    process.until(server._ready, 60, "cofferd is ready")
    # The first call asks which Landlock there is.
    process.until(lambda: "\n" in log.read_text(), 10, "strace has written")
    abi = log.read_text().splitlines()[0]
    if re.search(r" = (-1 (ENOSYS|EOPNOTSUPP)|1$)", abi):
        pytest.skip("the kernel has no Landlock of Linux 5.19")
    process.until(lambda: "restrict_self(" in log.read_text(), 10,
                  "the server gives up programs")
    server.stop()
    said = re.findall(r"^landlock_restrict_self.*", log.read_text(), re.M)
    assert len(said) == 1 and said[0].endswith(" = 0"), said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's helper is spared")
def test_a_child_of_root_may_use_sudo(cofferd):
    """A helper that the server starts itself would inherit it."""
    assert status_of(cofferd.pid, "NoNewPrivs") == "0"


def test_no_core_is_written(cofferds, tmp_path):
    server = confined(cofferds, tmp_path)
    limits = pathlib.Path(f"/proc/{server.pid}/limits").read_text()
    core = next(l for l in limits.splitlines() if "core file" in l)
    assert core.split()[4:6] == ["0", "0"], core


@pytest.mark.skipif(os.geteuid() != 0, reason="changes its user")
def test_its_memory_is_its_own(cofferds, tmp_path):
    """A program of the same user may not look into it, and so write a core of
    it: of a process that can be dumped it may."""
    server = cofferds(start=False)
    shutil.chown(server.base, NOBODY, NOBODY)
    server.log_path.touch()
    os.chmod(server.base.parent, 0o1777)
    code = subprocess.run(
        ["setpriv", "--reuid", str(NOBODY), "--clear-groups", "true"],
        check=False).returncode
    if code != 0:
        pytest.skip("setpriv cannot change the user here")
    child = process.spawn(
        ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups",
         *server.command()], server.log_path, server.environment())
    server.process = child
    process.until(server._ready, 60, "cofferd is ready")
    assert status_of(child.pid, "NoNewPrivs") == "1"
    plain = subprocess.Popen(
        ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY),
         "--clear-groups", "sleep", "600"])
    try:
        process.until(lambda: status_of(plain.pid, "Uid") == str(NOBODY)
                      and may_read(plain.pid), 10, "sleep runs")
        assert not may_read(child.pid)
    finally:
        plain.kill()
        plain.wait()


def may_read(pid):
    """Whether a program of user nobody may read its memory."""
    return subprocess.run(
        ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY),
         "--clear-groups", "head", "-c", "0", f"/proc/{pid}/environ"],
        check=False, stderr=subprocess.DEVNULL).returncode == 0


def test_backups_work_confined(cofferds, mariadb, small, tmp_path):
    server = confined(cofferds, tmp_path)
    world = trip.LocalWorld(server, mariadb).prepare(tmp_path / "pool")
    trip.round_trip(world, small)


def score(unit):
    return subprocess.run(
        ["systemd-analyze", "security", "--offline=true",
         f"--threshold={WORST_SCORE}", unit], check=False,
        capture_output=True, text=True)


def test_the_unit_is_hardened(tmp_path):
    done = score(UNIT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("lost", ["CapabilityBoundingSet=", "User=",
                                  "SystemCallFilter=", "ProtectSystem="])
def test_the_score_notices_what_is_lost(tmp_path, lost):
    weaker = tmp_path / "cofferd.service"
    weaker.write_text("".join(
        line for line in UNIT.read_text().splitlines(keepends=True)
        if not line.startswith(lost)))
    assert score(weaker).returncode != 0
