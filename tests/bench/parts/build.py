"""What every benchmark begins with: a cofferd, and servers."""
import argparse
import contextlib
import signal

from harness import process


@contextlib.contextmanager
def servers(*kinds):
    started = []
    try:
        for kind, options in kinds:
            started.append(kind(*options))
        yield [server.await_ready() for server in started]
    finally:
        for server in reversed(started):
            server.stop()


def optimized(folder, target="cofferd"):
    """An optimized cofferd, or another program; its path."""
    log = folder / "build.log"
    child = process.spawn([process.TESTBED / "build", folder, "--target",
                           target, "CFLAGS=-O2 -g"], log)
    try:
        if child.wait():
            raise SystemExit("the build failed:\n" + log.read_text()[-3000:])
    finally:
        process.end(child)
    return folder / "build" / target


def parts_of(known):
    """Reads a list of parts with commas."""
    def read(text):
        parts = text.split(",")
        for part in parts:
            if part not in known:
                raise argparse.ArgumentTypeError(f"{part} is none of "
                                                 + ", ".join(known))
        return parts
    return read


def stop(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(143)
