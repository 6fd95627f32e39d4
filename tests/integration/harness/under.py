"""Runs a program of a contract so that it ends itself by SIGKILL in the
middle, or so that it sees other mounts.

usage: under.py [--kill LINE [--group]] [--count FILE] [--mounts FILE]
                PROGRAM ARGUMENT...

LINE counts the lines of Python that the program and its parts have run.
--count writes how many there were at the end.
"""
import argparse
import os
import runpy
import signal
import sys


class Counter:
    """Counts lines in this process alone, not in those it forks."""

    def __init__(self, folder, line, is_group):
        self.folder = folder
        self.line = line
        self.is_group = is_group
        self.pid = os.getpid()
        self.count = 0

    def trace(self, frame, event, _arg):
        if os.getpid() != self.pid:
            return None
        if not frame.f_code.co_filename.startswith(self.folder):
            return None
        if event == "line":
            self.count += 1
            if self.count == self.line:
                self.kill()
        return self.trace

    def kill(self):
        if self.is_group:
            os.killpg(0, signal.SIGKILL)
        os.kill(self.pid, signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill", type=int, default=0)
    parser.add_argument("--group", action="store_true")
    parser.add_argument("--count")
    parser.add_argument("--mounts")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    program = os.path.realpath(args.words[0])
    contrib = os.path.dirname(os.path.dirname(program))
    sys.dont_write_bytecode = True
    sys.argv = args.words
    if args.mounts:
        sys.path[:0] = [f"{contrib}/hooks", f"{contrib}/lib"]
        import common  # pylint: disable=import-error,import-outside-toplevel
        common.MOUNTINFO = args.mounts
    counter = Counter(contrib, args.kill, args.group)
    sys.settrace(counter.trace)
    try:
        runpy.run_path(program, run_name="__main__")
    finally:
        sys.settrace(None)
        if args.count:
            with open(args.count, "w", encoding="ascii") as file:
                file.write(str(counter.count))


if __name__ == "__main__":
    main()
