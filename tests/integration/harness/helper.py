"""coffer-helper and what it may run: its configuration, a talk with it
without a server, and programs that are scripts of a test."""
import json
import os
import pathlib
import socket
import subprocess
import threading

from . import process


def write_config(path, sections):
    """A helper.conf: {"helper": {"instances": ...}, "provisioner local":
    {"program": ..., "arguments": ...}}; a list gives a key several times."""
    lines = []
    # The servers of the tests are run by who runs the tests.
    sections = {**sections, "helper": {"servers": os.geteuid(),
                                       **sections.get("helper", {})}}
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        for key, values in keys.items():
            if not isinstance(values, (list, tuple)):
                values = [values]
            lines += [f"{key} = {value}" for value in values]
    path = pathlib.Path(path)
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def prepare(base, sections):
    """The file below base, with folders for instances and snapshots unless
    the sections name others. Returns its path."""
    base = pathlib.Path(base)
    sections = {"helper": {}, **sections}
    for name in ("instances", "snapshots"):
        if name not in sections["helper"]:
            (base / name).mkdir(exist_ok=True)
            sections["helper"] = {**sections["helper"], name: base / name}
    return write_config(base / "helper.conf", sections)


def script(path, text):
    """A program: a script of /bin/sh unless it says otherwise."""
    path = pathlib.Path(path)
    if not text.startswith("#!"):
        text = "#!/bin/sh\n" + text
    path.write_text(text + "\n")
    path.chmod(0o700)
    return path


class Running:
    """One program: the first answer, its pipes, its end."""

    def __init__(self, connection, message):
        self.connection = connection
        connection.send(message if isinstance(message, bytes)
                        else json.dumps(message).encode())
        self.answer, self.fds = self._receive()
        self.pid = self.answer.get("pid")

    def _receive(self):
        text, fds, _, _ = socket.recv_fds(self.connection, 1 << 17, 8)
        return (json.loads(text) if text else {}), fds

    @property
    def code(self):
        return self.answer.get("error", {}).get("code")

    def finish(self, given=b""):
        """Writes all, reads all; (end, output, lines of standard error)."""
        def write():
            with os.fdopen(self.fds[0], "wb") as out:
                try:
                    out.write(given)
                except BrokenPipeError:
                    pass
        found = {}

        def read(i):
            with os.fdopen(self.fds[i], "rb") as source:
                found[i] = source.read()
        threads = [threading.Thread(target=write),
                   threading.Thread(target=read, args=(1,)),
                   threading.Thread(target=read, args=(2,))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.fds = []
        end, _ = self._receive()
        self.connection.close()
        return end, found[1], found[2].decode(errors="replace")

    def drop(self):
        """The connection and the pipes are gone, as when a server dies."""
        for fd in self.fds:
            os.close(fd)
        self.fds = []
        self.connection.close()


class Helper:
    """A helper with a socket of its own."""

    def __init__(self, program, base, sections):
        self.base = pathlib.Path(base)
        self.base.mkdir(parents=True, exist_ok=True)
        self.config = prepare(base, sections)
        self.socket = self.base / "helper.sock"
        self.log = self.base / "helper.log"
        self.process = process.spawn(
            [program, "--socket", self.socket, "--config", self.config],
            self.log)
        process.until(self._listens, 30, "the helper listens")

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(60)
        process.until(lambda: self._take(connection), 30,
                      "there is room for one more")
        return connection

    def _take(self, connection):
        """With a timeout a connect does not wait for room."""
        try:
            connection.connect(str(self.socket))
        except BlockingIOError:
            return False
        return True

    def start(self, message):
        return Running(self.connect(), message)

    def run(self, verb, name=None, given=b"", secret=None, **fields):
        running = self.start({"verb": verb, "name": name, "fields": fields,
                              "secret": secret})
        if not running.fds:
            return running.answer, b"", ""
        return running.finish(given)

    def refusal(self, message):
        """The error's code and sentence, of what must not be started."""
        running = self.start(message)
        assert not running.fds, running.answer
        running.connection.close()
        return running.code, running.answer["error"]["detail"]

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)


def is_alive(pid):
    """Whether a process is there, zombies apart."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in "ZX"


def until_dead(*pids):
    process.until(lambda: not any(map(is_alive, pids)), 30,
                  f"processes {pids} have ended", 0.01)


def run_as(uid, args, **more):
    """A program of another user's."""
    return subprocess.run([str(a) for a in args], user=uid, group=uid,
                          extra_groups=[], capture_output=True, text=True,
                          timeout=60, check=False, **more)
