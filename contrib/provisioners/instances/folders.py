"""Files and folders. What lies in the data of an instance has come from a
backup or from a server that is not trusted: nothing there is followed."""
import contextlib
import os
import shutil
import stat

from contract import Refusal

TAIL_BYTES = 16 * 1024
TAIL_LINES = 12


def check_reachable(path):
    """Servers run as users of their own and have to get there."""
    while path != "/":
        if not os.stat(path).st_mode & stat.S_IXOTH:
            raise Refusal(f"users of their own cannot enter {path}: allow it "
                          f"(chmod o+x {path}), or set instances to another "
                          "folder")
        path = os.path.dirname(path)


def is_folder(path):
    """A folder of ours: no link, and nobody else's."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Refusal(f"{path} is not a folder of ours: remove it")
    return True


def make(path, mode, owner=None):
    """Made or already there; in a folder where nobody else can write."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, mode)
    if owner:
        os.chown(path, *owner, follow_symlinks=False)
    os.chmod(path, mode)


def remove(path):
    """A folder with all that lies in it, without following links."""
    if not os.path.lexists(path):
        return
    assert shutil.rmtree.avoids_symlink_attacks
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
        return
    shutil.rmtree(path)


def empty(path):
    with os.scandir(path) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def is_empty(path):
    with os.scandir(path) as entries:
        return next(entries, None) is None


def take_over(path, owner):
    """Gives the data to the user of the server. Before that server has ever
    run nobody else writes there."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _take_folder(fd, path, owner)
    finally:
        os.close(fd)


def _take_folder(fd, path, owner):
    with os.scandir(fd) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        _take_entry(fd, name, os.path.join(path, name), owner)
    os.fchmod(fd, 0o700)
    _give(fd, owner)


def _take_entry(parent, name, path, owner):
    kind = os.lstat(name, dir_fd=parent).st_mode
    if stat.S_ISSOCK(kind) or stat.S_ISFIFO(kind):
        # Left by the server that was copied.
        os.unlink(name, dir_fd=parent)
        return
    if not stat.S_ISDIR(kind) and not stat.S_ISREG(kind):
        what = "a symbolic link" if stat.S_ISLNK(kind) else "a device"
        raise Refusal(f"{path} is {what}, and what it leads to is not in the "
                      "backup: take a logical backup")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    fd = os.open(name, flags, dir_fd=parent)
    try:
        found = os.fstat(fd)
        if stat.S_ISDIR(found.st_mode):
            _take_folder(fd, path, owner)
            return
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise Refusal(f"{path} has a second name, so it may be a file of "
                          "somebody else's: take a logical backup")
        os.fchmod(fd, 0o600)
        _give(fd, owner)
    finally:
        os.close(fd)


def _give(fd, owner):
    if owner:
        os.fchown(fd, *owner)


def free_bytes(path):
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def tail(path, secret=None):
    """The last lines of a log, in one."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    if secret:
        text = text.replace(secret, "***")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-TAIL_LINES:])
