"""The stock ways for trees of files."""
import os
import secrets
import shutil
import subprocess
import time

from harness import process

from .stock import pipe, zstd_command

THREADS = 2


def tree_bytes(folder):
    return sum(os.lstat(os.path.join(where, name)).st_size
               for where, _, names in os.walk(folder) for name in names)


def tar(top, path, is_synced=False):
    """tar -c | zstd -3 -T2 > file; is_synced: until the file is on the
    disk."""
    with open(path, "wb") as out:
        run = pipe([["tar", "-c", "-C", top, "."], zstd_command(3, THREADS)],
                   out)
        if is_synced:
            begin = time.monotonic()
            os.fsync(out.fileno())
            run.seconds += time.monotonic() - begin
    run.stored_bytes = path.stat().st_size
    return run


def untar(path, folder):
    """zstd -dc file | tar -x"""
    folder.mkdir()
    return pipe([["zstd", "-q", "-dc", path], ["tar", "-x", "-C", folder]])


def rclone(top, folder):
    """rclone copy: files as they are, and again only those that changed."""
    run = pipe([["rclone", "--config", os.devnull, "--quiet", "copy", top,
                 folder]])
    run.stored_bytes = tree_bytes(folder)
    return run


class Restic:
    """A repository of restic in a folder."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "password").touch(0o600)
        (folder / "password").write_text(secrets.token_hex(16))
        subprocess.run(self.command("init"), check=True,
                       stdout=subprocess.DEVNULL,
                       env=process.clean_environment())

    def command(self, *words):
        return ["restic", "--quiet", "--repo", self.folder / "repo",
                "--password-file", self.folder / "password", "--cache-dir",
                self.folder / "cache", *words]

    def back_up(self, top):
        before = tree_bytes(self.folder / "repo")
        run = pipe([self.command("backup", top)])
        run.stored_bytes = tree_bytes(self.folder / "repo") - before
        return run
