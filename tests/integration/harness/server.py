"""The server under test."""
import base64
import http.client
import os
import pathlib
import signal
import subprocess
import time

from . import helper, process
from .api import Api

# What the sanitizers write when they have found something.
REPORTS = ("ERROR: AddressSanitizer", "runtime error:", "LeakSanitizer",
           "UndefinedBehaviorSanitizer", "DEADLYSIGNAL")
# Files of the data folder that hold secrets because that is their purpose.
KEY_FILES = {"admin-token", "secret.key"}
# Less than the time that any client or job could hold it up for.
STOP_SECONDS = 30


class Cofferd:
    """One server with a data folder of its own; it may be ended and started
    again. sections: those of a helper.conf (helper.prepare()); it runs
    as a child of the server then."""

    def __init__(self, binary, base, args=(), env=None, sections=None):
        self.binary = binary
        self.base = pathlib.Path(base)
        self.base.mkdir(parents=True, exist_ok=True)
        self.data = self.base / "data"
        self.log_path = self.base / "cofferd.log"
        self.args = list(args)
        # Never this host's own.
        self.helper_config = self.base / "helper.conf"
        if sections is not None:
            helper.prepare(self.base, sections)
        self.env = env or {}
        self.port = process.free_port()
        # Of clients, where the arguments are for TLS.
        self.tls = None
        self.process = None
        self.transcript = []
        # Strings that must be seen nowhere (rule 29).
        self.secrets = set()

    def command(self):
        return [self.binary, "--listen", f"127.0.0.1:{self.port}",
                "--data-dir", self.data, "--log-format", "json",
                "--helper-config", self.helper_config,
                "--helper-program",
                pathlib.Path(self.binary).parent / "coffer-helper",
                *self.args]

    def environment(self):
        options = {"ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
                   "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
        return process.clean_environment(**options, **self.env)

    def start(self):
        self.process = process.spawn(self.command(), self.log_path,
                                     self.environment())
        process.until(self._ready, 60, "cofferd is ready")
        return self

    def refuses(self):
        """Does not start, and what it says of it."""
        self.process = process.spawn(self.command(), self.log_path,
                                     self.environment())
        assert self.process.wait(60) == 1
        return self.log()

    def _ready(self):
        """Ready, and ours: a stranger on the port would not know the
        token."""
        if self.process.poll() is not None:
            raise AssertionError(f"cofferd ended with status "
                                 f"{self.process.returncode}: {self.tail()}")
        try:
            if Api(self.port, tls=self.tls).get("/readyz").status != 200:
                return False
            return self.api.get("/v1/system").status == 200
        except (OSError, http.client.HTTPException):
            return False

    @property
    def token(self):
        path = self.data / "admin-token"
        return path.read_text().strip() if path.exists() else None

    @property
    def api(self):
        return Api(self.port, self.token, self.transcript, self.tls)

    @property
    def pid(self):
        return self.process.pid

    def log(self, since=0):
        """All of it, or what came after so many bytes (log_bytes())."""
        with open(self.log_path, "rb") as f:
            f.seek(since)
            return f.read().decode(errors="replace")

    def log_bytes(self):
        return self.log_path.stat().st_size

    def tail(self, lines=60, quiet=False):
        """The end of the log; quiet: without the requests that only read."""
        kept = [line for line in self.log().splitlines()
                if not (quiet and '"GET /' in line)]
        return "\n".join(kept[-lines:])

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """Gone without a word, as by a power cut."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """TERM must end it in time and with status 0."""
        begin = time.monotonic()
        self.process.terminate()
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # What it is doing: more use than silence.
            self.signal(signal.SIGABRT)
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"no end within {STOP_SECONDS} s of TERM: {self.tail()}")
        assert status == 0, f"exit status {status}: {self.tail()}"
        return time.monotonic() - begin

    def restart(self):
        if self.process.poll() is None:
            self.stop()
        return self.start()

    def cmdlines(self):
        """The arguments of the server and of its children."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
                parent = int(stat.rsplit(")", 1)[1].split()[1])
                if self.pid in (parent, int(entry.name)):
                    found.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
        return b"\n".join(found)

    def peak_bytes(self):
        """The most memory that was ever resident."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(l for l in text.splitlines() if l.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    def finish(self):
        """The end of a test: orderly, without a report of a sanitizer, and
        without a secret where none belongs."""
        arguments = b""
        if self.process and self.process.poll() is None:
            arguments = self.cmdlines()
            self.stop()
        log = self.log()
        for report in REPORTS:
            assert report not in log, self.tail(200)
        self.look_for_secrets({"arguments": arguments,
                               "log": log.encode(),
                               "replies": b"\n".join(self.transcript)})

    def look_for_secrets(self, places):
        for path in self.data.rglob("*"):
            if path.is_file() and path.name not in KEY_FILES:
                places[str(path)] = path.read_bytes()
        secrets = self.secrets | ({self.token} if self.token else set())
        for place, text in places.items():
            for secret in secrets:
                for form in (secret.encode(), secret.encode().hex().encode(),
                             base64.b64encode(secret.encode())):
                    assert form not in text, f"a secret is in: {place}"
