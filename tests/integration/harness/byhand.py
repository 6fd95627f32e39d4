"""A restore without Coffer: stock tools and the objects alone."""
import subprocess

from . import process

PIPE = "find data -type f | sort | xargs cat | zstd -dc | "


def restore(directory, server, seconds=600):
    """Applies the data of a fetched backup to a server."""
    client = " ".join(f"'{word}'" for word in server.client())
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", PIPE + client], cwd=directory,
        capture_output=True, timeout=seconds, check=False,
        env=process.clean_environment())
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def plain_text(directory, seconds=600):
    """The statements that a restore by hand would apply."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", PIPE + "cat"], cwd=directory,
        capture_output=True, timeout=seconds, check=False,
        env=process.clean_environment())
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout
