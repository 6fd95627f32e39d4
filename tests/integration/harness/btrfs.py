"""A btrfs of its own, in a file."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import process


def command(*words):
    """What it printed; it has to end well."""
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL,
                          env=process.clean_environment())
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


@contextlib.contextmanager
def mounted(folder, megabytes=256):
    """Made in a folder; where its top is mounted, there."""
    image, top = folder / "image", folder / "top"
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    command("mkfs.btrfs", "--quiet", str(image))
    top.mkdir()
    command("mount", "-t", "btrfs", "-o", "loop", str(image), str(top))
    try:
        yield top
    finally:
        command("umount", "--recursive", str(top))


def why_not():
    """Why there is none here, or None."""
    if os.geteuid() != 0:
        return "only root mounts"
    if not shutil.which("mkfs.btrfs"):
        return "there is no mkfs.btrfs (package btrfs-progs)"
    with tempfile.TemporaryDirectory(prefix="coffer-it.") as folder:
        try:
            with mounted(pathlib.Path(folder)):
                return None
        except AssertionError as error:
            return " ".join(str(error).split())
