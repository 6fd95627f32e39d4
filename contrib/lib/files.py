"""Small files that outlive a crash, folders that are ours, and locks."""
import contextlib
import fcntl
import os
import stat
import time

from contract import Refusal


def ensure_folder(path, mode, setting):
    """Made when it is not there, with those above it; ours, and nobody else
    writes there. setting: what of the configuration names it."""
    try:
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        os.mkdir(path, mode)
        os.chmod(path, mode)
    except FileExistsError:
        pass
    except OSError as error:
        raise Refusal(f"{path} cannot be made ({error.strerror}): make it, "
                      f"or set {setting}") from None
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise Refusal(f"{path} is no folder: set {setting} to one")
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise Refusal(f"{path} has to belong to who runs this, and to be "
                      "writable by nobody else")


def write(path, text, mode, owner=None):
    """As a whole or not at all, also after a power cut."""
    draft = path + ".new"
    forget(draft)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(fd, mode)
        if owner:
            os.fchown(fd, *owner)
        file.flush()
        os.fsync(fd)
    os.rename(draft, path)
    sync(os.path.dirname(path))


def sync(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def forget(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


@contextlib.contextmanager
def locked(path, seconds, what):
    """Holds a lock that goes with this process, however it ends, and with
    those that the descriptor it gives is passed to. The file may be removed
    by who holds it."""
    fd = _take_lock(path, time.monotonic() + seconds, what)
    try:
        yield fd
    finally:
        os.close(fd)


def _take_lock(path, deadline, what):
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_same(fd, path):
                return fd
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(fd)
                raise Refusal(f"{what} is being worked on by another call: "
                              "try again when it has ended") from None
            time.sleep(0.02)
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _is_same(fd, path):
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(fd), there)
