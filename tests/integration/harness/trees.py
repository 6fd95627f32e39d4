"""Trees of files: made, changed, and held against each other."""
import ctypes
import hashlib
import os
import pathlib
import socket
import stat
import struct
import subprocess

_libc = ctypes.CDLL(None, use_errno=True)

# POSIX ACLs as the kernel takes them: tag, rights, id.
ACL_NO_ID = 0xFFFFFFFF


def acl(*entries):
    """The bytes of system.posix_acl_access: acl((tag, rights, id), ...)."""
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *entry) for entry in entries)


NAMED_USER = acl((1, 6, ACL_NO_ID), (2, 4, 12345), (4, 4, ACL_NO_ID),
                 (16, 6, ACL_NO_ID), (32, 0, ACL_NO_ID))


def has_acls(folder):
    """Whether the file system keeps ACLs."""
    probe = pathlib.Path(folder) / "acl probe"
    probe.write_bytes(b"")
    try:
        os.setxattr(probe, "system.posix_acl_access", NAMED_USER)
        return True
    except OSError:
        return False
    finally:
        probe.unlink()


def content(seed, size):
    """Bytes that pack badly and are the same each time."""
    block = hashlib.shake_256(str(seed).encode()).digest(65536)
    return (block * (size // 65536 + 1))[:size]


def sparse(path, size, runs):
    """A file of holes with runs of bytes: {offset: bytes}."""
    with open(path, "wb") as f:
        f.truncate(size)
        for offset, run in runs.items():
            f.seek(offset)
            f.write(run)


ODD_NAMES = (b"new\nline", b"back\\slash", b"bad \xff\xfe utf8", b"tab\t\x01",
             b" leading", b"trailing ", b"-rf", b"*?[x]", b"\"quoted'",
             "ünïcödé 備份".encode(), b"x" * 255, b"\xc3" * 255, b"..hidden",
             b"PaxHeaders", b"%s%n")


def make_names(top):
    folder = os.path.join(os.fsencode(top), b"names")
    os.mkdir(folder)
    for number, name in enumerate(ODD_NAMES):
        path = os.path.join(folder, name)
        pathlib.Path(os.fsdecode(path)).write_bytes(b"%d" % number)
    os.mkdir(os.path.join(folder, b"dir\xff"))
    os.symlink(b"\xff\xfe", os.path.join(folder, b"dir\xff", b"l\xffnk"))


def make_links(top):
    folder = top / "links"
    folder.mkdir()
    (folder / "dangling").symlink_to("nowhere/at/all")
    (folder / "absolute").symlink_to("/etc/hostname")
    (folder / "out").symlink_to("../../../../out")
    (folder / "to folder").symlink_to(".")
    (folder / "long").symlink_to("l" * 3000)
    (folder / "first").write_bytes(b"one file, three names")
    os.link(folder / "first", folder / "second")
    (top / "zz").mkdir()
    os.link(folder / "first", top / "zz" / "third")


def make_modes(top):
    folder = top / "modes"
    folder.mkdir()
    for mode in (0o000, 0o400, 0o644, 0o755, 0o777, 0o4755, 0o2711):
        path = folder / f"{mode:04o}"
        path.write_bytes(b"x")
        if os.geteuid() == 0:
            os.chown(path, mode % 7, 3_000_000)
        os.chmod(path, mode)
    os.mkfifo(folder / "fifo", 0o640)
    (folder / "empty dir").mkdir(mode=0o1777)
    os.chmod(folder / "empty dir", 0o1777)
    (folder / "empty").write_bytes(b"")


def make_attributes(top):
    """What the file system keeps of extended attributes and ACLs."""
    folder = top / "attributes"
    folder.mkdir()
    attributes = {"user.plain": b"value", "user.bin": bytes(range(256)),
                  "user.a=b%3Dc": b"\n", "user.empty": b""}
    for path in (folder, folder / "file"):
        if path != folder:
            path.write_bytes(b"attributes")
        for name, value in attributes.items():
            try:
                os.setxattr(path, name, value)
            except OSError:
                return
    if has_acls(folder):
        os.setxattr(folder / "file", "system.posix_acl_access", NAMED_USER)
        os.setxattr(folder, "system.posix_acl_default", NAMED_USER)


def make_times(top):
    folder = top / "times"
    folder.mkdir()
    for seconds, nanoseconds in ((0, 0), (0, 1), (-1, 500_000_000), (-5, 7),
                                 (-2 ** 31, 0), (1_700_000_000, 123_456_789),
                                 (5_000_000_000, 999_999_999)):
        path = folder / f"{seconds} {nanoseconds}"
        path.write_bytes(b"t")
        when = seconds * 10 ** 9 + nanoseconds
        os.utime(path, ns=(when, when))


def make_sizes(top, large=20 * 1024 * 1024):
    folder = top / "sizes"
    folder.mkdir()
    for size in (1, 511, 512, 513, 65536, 262143, 262144, 262145, 1048576,
                 3 * 1024 * 1024 + 17, large):
        (folder / str(size)).write_bytes(content(size, size))
    sparse(folder / "sparse", 64 * 1024 * 1024,
           {0: b"begin", 4 * 1024 * 1024: content("s", 100_000),
            64 * 1024 * 1024 - 3: b"end"})
    sparse(folder / "hole", 8 * 1024 * 1024, {})
    sparse(folder / ("long name of a sparse file " * 9), 1024 * 1024,
           {512 * 1024: b"middle"})
    many = folder / "many"
    many.mkdir()
    for number in range(3000):
        (many / f"{number:04}").write_bytes(content(number, number % 1500))


def make_deep(top, levels):
    """Folders within folders; a path beyond 4096 bytes when there are many.
    """
    fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for level in range(levels):
            name = f"level {level} ".ljust(100, "x")
            os.mkdir(name, dir_fd=fd)
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
            os.close(fd)
            fd = below
        leaf = os.open("leaf", os.O_WRONLY | os.O_CREAT, dir_fd=fd)
        os.write(leaf, b"deep down")
        os.close(leaf)
    finally:
        os.close(fd)


def make_all(top, levels=60, large=20 * 1024 * 1024):
    """A tree with everything that can be in one, but a socket."""
    top = pathlib.Path(top)
    top.mkdir(parents=True, exist_ok=True)
    make_names(top)
    make_links(top)
    make_modes(top)
    make_attributes(top)
    make_times(top)
    make_sizes(top, large)
    make_deep(top, levels)
    freeze_times(top)
    return top


def copy_of_share(top, most=4000, most_bytes=64 * 1024 * 1024):
    """What distributions have in /usr/share, as far as that goes: folders in
    their order, whole, links and times and all."""
    left = most_bytes
    for path in sorted(pathlib.Path("/usr/share").iterdir()):
        inside = [path, *path.rglob("*")] if path.is_dir() else [path]
        size = sum(p.lstat().st_size for p in inside)
        if len(inside) > most or size > left:
            continue
        subprocess.run(["cp", "-a", path, top], check=True)
        most -= len(inside)
        left -= size


def freeze_times(top):
    """Times of folders that are none of today's."""
    for number, (folder, _, _) in enumerate(os.walk(top, topdown=False)):
        when = (1_500_000_000 + number) * 10 ** 9 + number
        if len(os.fsencode(folder)) < 4000:
            os.utime(folder, ns=(when, when))


def make_socket(path):
    """The caller closes it; the path is short."""
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(path))
    return made


# ---- what is in one

def _digest(name, fd):
    digest = hashlib.sha256()
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=fd)
    try:
        while piece := os.read(file, 1 << 20):
            digest.update(piece)
    finally:
        os.close(file)
    return digest.hexdigest()


def _attributes(fd, name):
    path = b"/proc/self/fd/%d/%s" % (fd, name)
    return {key: os.getxattr(path, key, follow_symlinks=False)
            for key in os.listxattr(path, follow_symlinks=False)}


def _entry(fd, name, with_content):
    found = os.stat(name, dir_fd=fd, follow_symlinks=False)
    entry = {"type": stat.S_IFMT(found.st_mode),
             "mode": stat.S_IMODE(found.st_mode),
             "owner": (found.st_uid, found.st_gid),
             "mtime": found.st_mtime_ns,
             "attributes": _attributes(fd, name)}
    if stat.S_ISLNK(found.st_mode):
        entry["target"] = os.readlink(name, dir_fd=fd)
        del entry["mtime"]  # GNU tar sets it, others need not
    if stat.S_ISREG(found.st_mode):
        entry["size"] = found.st_size
        entry["inode"] = (found.st_dev, found.st_ino, found.st_nlink)
        if with_content:
            entry["sha256"] = _digest(name, fd)
    if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
        entry["device"] = found.st_rdev
    return entry, found


def _walk(fd, path, entries, with_content):
    for name in sorted(os.listdir(fd)):
        name = os.fsencode(name)
        full = path + b"/" + name if path else name
        entry, found = _entry(fd, name, with_content)
        entries[full] = entry
        if stat.S_ISDIR(found.st_mode):
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW,
                            dir_fd=fd)
            try:
                _walk(below, full, entries, with_content)
            finally:
                os.close(below)


def read(top, with_content=True):
    """{path: what is there}, as bytes; hard links as the first of their
    names."""
    entries = {}
    fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        entries[b"."] = _entry(fd, b".", with_content)[0]
        _walk(fd, b"", entries, with_content)
    finally:
        os.close(fd)
    first = {}
    for path in sorted(entries):
        inode = entries[path].pop("inode", None)
        if inode and inode[2] > 1:
            entries[path]["same as"] = first.setdefault(inode[:2], path)
    return entries


def differences(expected, found, but=()):
    """A line for each difference of two reads, members named in but aside."""
    lines = []
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            lines.append(f"{path!r} is missing")
        elif path not in expected:
            lines.append(f"{path!r} is there")
        else:
            for key in expected[path].keys() | found[path].keys():
                a, b = expected[path].get(key), found[path].get(key)
                if key not in but and a != b:
                    lines.append(f"{path!r}: {key} is {b!r}, not {a!r}")
    return lines


def assert_equal(expected, found, but=()):
    lines = differences(expected, found, but)
    assert not lines, "\n".join(lines[:40])


def unpack(archive, folder):
    """What GNU tar makes of it, with all that it can restore."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    done = subprocess.run(
        ["tar", "--extract", "--preserve-permissions", "--same-owner",
         "--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*",
         "--file", archive, "--directory", folder],
        stderr=subprocess.PIPE, text=True, errors="replace", check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done
