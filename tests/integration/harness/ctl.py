"""cofferctl, as people and programs run it."""
import json
import os
import pathlib
import pty
import select
import struct
import subprocess
import termios
import fcntl
import time

from . import process
from .server import REPORTS

OK, FAILED, USAGE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130


class Said:
    def __init__(self, status, out, err):
        self.status = status
        self.raw = out
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def rows(self):
        """The lines of a table, without its titles, cut at two spaces."""
        return [[cell.strip() for cell in line.split("  ") if cell.strip()]
                for line in self.out.splitlines()[1:]]

    def __repr__(self):
        return f"status {self.status}\n{self.out[-4000:]}\n{self.err[-4000:]}"


class Ctl:
    """Runs cofferctl; at a server by its socket, else with what it is
    told."""

    def __init__(self, binary, cofferd=None, env=None):
        self.binary = pathlib.Path(binary).parent / "cofferctl"
        self.env = dict(env or {})
        if cofferd:
            self.env["COFFER_SOCKET"] = str(cofferd.data / "cofferd.sock")

    def environment(self, **more):
        return process.clean_environment(
            ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1",
            UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1",
            **{**self.env, **more})

    def command(self, words):
        return [str(self.binary), *(str(word) for word in words)]

    def __call__(self, *words, status=OK, stdin=b"", env=None, seconds=300):
        """One command, which must end with this status."""
        done = subprocess.run(self.command(words), input=stdin,
                              capture_output=True, timeout=seconds,
                              check=False,
                              env=self.environment(**(env or {})))
        said = Said(done.returncode, done.stdout, done.stderr)
        look_for_reports(said)
        assert said.status == status, f"cofferctl {words}: {said!r}"
        return said

    def json(self, *words, **more):
        return self(*words, "--json", **more).json

    def start(self, *words, **more):
        """One that runs beside the test."""
        return subprocess.Popen(self.command(words), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE,
                                env=self.environment(), **more)

    def on_terminal(self, *words, columns=80, status=OK, seconds=120):
        """What a terminal of that width is sent."""
        pid, fd = pty.fork()
        if pid == 0:
            environment = self.environment(TERM="xterm")
            fcntl.ioctl(1, termios.TIOCSWINSZ,
                        struct.pack("HHHH", 24, columns, 0, 0))
            command = self.command(words)
            os.execve(command[0], command, environment)
        try:
            raw = _drain(fd, time.monotonic() + seconds)
        finally:
            os.close(fd)
        got = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said = Said(got, raw, b"")
        look_for_reports(said)
        assert got == status, repr(said)
        return said


def _drain(fd, deadline):
    raw = b""
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:
            return raw
        if not piece:
            return raw
        raw += piece
    raise TimeoutError("cofferctl does not end on its terminal")


def look_for_reports(said):
    for report in REPORTS:
        assert report not in said.err + said.out, repr(said)
