"""A restore without Coffer: stock tools and the objects alone."""
import subprocess

from . import process

PIPE = "find data -type f | sort | xargs cat | zstd -dc | "
# Of an encrypted backup: $0 is the file with the identity.
OPENING = ("find data -type f | sort | while read -r f; do "
           'age -d -i "$0" "$f" || exit 1; done | zstd -dc | ')


def restore(directory, server, seconds=600, identity=None):
    """Applies the data of a fetched backup to a server."""
    client = " ".join(f"'{word}'" for word in server.client())
    pipe = OPENING if identity else PIPE
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", pipe + client, str(identity)],
        cwd=directory,
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
