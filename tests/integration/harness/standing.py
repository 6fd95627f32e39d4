"""Programs of the helper's that do all that the real ones do, and stand still
at a point of it. They may write nowhere: that they stand is seen by a pipe that
they open to read, which can be opened to write then."""
import os
import pathlib

from . import helper

SCRIPT = r'''#!/usr/bin/python3 -IB
import os, pathlib, subprocess, sys
home = pathlib.Path(sys.argv[0]).parent
name = pathlib.Path(sys.argv[0]).name


def point(what):
    try:
        return int((home / f"{what}-{name}").read_text())
    except FileNotFoundError:
        return None


def stand():
    """Until the other end of the pipe is closed."""
    with open(home / f"stand-{name}", "rb") as pipe:
        pipe.read()


def write(fd, data):
    while data:
        data = data[os.write(fd, data):]


def move(source, target, at):
    """All from one to the other; stands when so many bytes have passed."""
    passed = 0
    while True:
        wanted = 65536 if at is None else min(65536, at - passed)
        if wanted == 0:
            stand()
            at = None
            continue
        chunk = os.read(source, wanted)
        if not chunk:
            return
        write(target, chunk)
        passed += len(chunk)


begin, end = point("begin"), point("end")
moves_in, moves_out = point("input"), point("output")
if begin is not None:
    stand()
tool = subprocess.Popen(
    ["/usr/bin/" + name, *sys.argv[1:]], pass_fds=[3] if
    os.path.exists("/proc/self/fd/3") else [],
    stdin=subprocess.PIPE if moves_in is not None else None,
    stdout=subprocess.PIPE if moves_out is not None else None)
if moves_in is not None:
    move(0, tool.stdin.fileno(), moves_in)
    tool.stdin.close()
if moves_out is not None:
    move(tool.stdout.fileno(), 1, moves_out)
status = tool.wait()
if end is not None:
    stand()
sys.exit(status)
'''


class Standing:
    """The program /usr/bin/NAME, which stands still where it is told to."""

    def __init__(self, folder, name):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.program = helper.script(self.folder / name, SCRIPT)
        self.pipe = self.folder / f"stand-{name}"
        self.held = None

    def at(self, what, count=0):
        """what: "begin", "end" (it has ended, and nobody knows), "input" or
        "output": when so many bytes have passed."""
        os.mkfifo(self.pipe)
        (self.folder / f"{what}-{self.name}").write_text(str(count))

    def stands(self):
        if self.held is None:
            try:
                self.held = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return False
        return True

    def go_on(self):
        """From now on it stands nowhere."""
        for path in self.folder.glob(f"*-{self.name}"):
            if path != self.folder / self.name:
                path.unlink()
        if self.held is not None:
            os.close(self.held)
        self.held = None

    @property
    def section(self):
        """Of a helper.conf."""
        return {f"tool {self.name}": {"program": self.program}}
