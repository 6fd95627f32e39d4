#!/usr/bin/env python3
"""Holds the list of the console's files (CONSOLE_FILES in
src/console/room.mk) against its folder, their bytes against what they may
weigh, and vendored ones against their digests. Run by `make check`; by hand:
tests/console_files.py
"""

import gzip
import hashlib
import os
import pathlib
import re
import sys
import tempfile

LIMIT_BYTES = 80_000
# All files together: more than one view may load, and not to grow.
LIMIT_ALL_BYTES = 144_000
# What belongs to the room and to no browser.
OWN = {".c", ".h", ".md", ".mk", ".sh", ".LICENSE"}
# What a console may be served as: load.c and console.c go by the same.
SERVED = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(\.(html|css|js|svg|png|txt)"
                    r"|LICENSE[A-Za-z.]*)|SHA256SUMS|LICENSE[A-Za-z.]*")


def listed(room):
    """The paths in CONSOLE_FILES."""
    text = (room / "room.mk").read_text().replace("\\\n", " ")
    match = re.search(r"^CONSOLE_FILES =(.*)$", text, re.M)
    return match.group(1).split()


def present(room):
    """The paths of what lies there for browsers, as the list has them."""
    return [f"src/console/{path.relative_to(room).as_posix()}"
            for path in sorted(room.rglob("*"))
            if path.is_file() and path.suffix not in OWN]


def check_list(room):
    """What the list lacks, or has too much."""
    names, there = listed(room), present(room)
    for name in sorted(set(there) - set(names)):
        yield f"{name} is not in CONSOLE_FILES of src/console/room.mk"
    for name in sorted(set(names) - set(there)):
        yield f"{name} is in CONSOLE_FILES, but not there"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is twice in CONSOLE_FILES"
    for name in there:
        parts = name.split("/")[2:]
        if not SERVED.fullmatch(parts[-1]):
            yield f"{name} is nothing that the console serves"


# Lines that are comments and nothing else.
COMMENT = re.compile(rb"^//(?: .*)?\n|^/\*\* .*\*/\n", re.M)


def lean(path):
    """The bytes that embed.sh makes of a file: what a browser gets."""
    data = path.read_bytes()
    if "vendor" in path.parts or path.suffix not in (".js", ".css"):
        return data
    data = re.sub(rb"^\t+", b"", data, flags=re.M)
    return COMMENT.sub(b"", data) if path.suffix == ".js" else data


def weights(room):
    """What each file weighs on the wire."""
    return {name: len(gzip.compress(
        lean(room / name.removeprefix("src/console/")), 9))
        for name in present(room)}


IMPORT = re.compile(r"""(?:\bfrom|^import) "(\.[^"]+)";$""", re.M)
# What a page fetches when it needs it.
LAZY = re.compile(r"""\bimport\("(\.[^"]+)"\)""")


def closure(room, path):
    """The module, and all that it imports, with what a chart needs."""
    found, waiting = set(), [path.resolve()]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        text = module.read_text()
        names = IMPORT.findall(text)
        if module.name != "main.js":
            names += LAZY.findall(text)
        waiting += [(module.parent / name).resolve() for name in names]
    return {f"src/console/{one.relative_to(room.resolve()).as_posix()}"
            for one in found}


def views(room):
    """What each view weighs: the page, the core, and the view's modules."""
    weight, main = weights(room), room / "app/main.js"
    always = {"src/console/index.html", "src/console/style.css"}
    if not main.exists():
        return {"all": sum(weight.values())}
    core = closure(room, main) | always
    return {name: sum(weight[one]
                      for one in core | closure(room, main.parent / name))
            for name in LAZY.findall(main.read_text()) or ["main.js"]}


def check_weight(room):
    """Whether each view is small enough (what a browser loads to show it),
    and all files together are no more than they were."""
    everything = sum(weights(room).values())
    if everything > LIMIT_ALL_BYTES:
        yield (f"all files weigh {everything} bytes gzipped, of "
               f"{LIMIT_ALL_BYTES} that they may")
    for name, total in views(room).items():
        if total > LIMIT_BYTES:
            yield (f"the view of {name} weighs {total} bytes gzipped, of "
                   f"{LIMIT_BYTES} that it may")


def check_vendored(room):
    """Whether vendored files are those that were taken in."""
    vendor = room / "vendor"
    if not vendor.exists():
        return
    sums = dict(reversed(line.split()) for line in
                (vendor / "SHA256SUMS").read_text().splitlines())
    there = {path.name: path for path in vendor.iterdir()
             if path.name not in ("README.md", "SHA256SUMS")}
    for name in sorted(set(sums) | set(there)):
        if name not in there:
            yield f"vendor/{name} is in SHA256SUMS, but not there"
        elif hashlib.sha256(there[name].read_bytes()).hexdigest() \
                != sums.get(name):
            yield f"vendor/{name} is not what SHA256SUMS says"


def check_room(room):
    """What is wrong with the room: lines of text."""
    return [*check_list(room), *check_weight(room), *check_vendored(room)]


GOOD = {
    "room.mk": "CONSOLE_FILES = \\\n\tsrc/console/index.html \\\n"
               "\tsrc/console/vendor/a.js \\\n"
               "\tsrc/console/vendor/SHA256SUMS\n\nX = src/console/other\n",
    "console.c": "int x;\n",
    "index.html": "<!doctype html>\n",
    "vendor/a.js": "export {};\n",
    "vendor/SHA256SUMS":
        hashlib.sha256(b"export {};\n").hexdigest() + "  a.js\n",
}
PLANTED = [
    ({"app/new.js": "export {};\n"}, "is not in CONSOLE_FILES"),
    ({"index.html": None}, "but not there"),
    ({"vendor/a.js": "export {};;\n"}, "is not what SHA256SUMS says"),
    ({"index.html": os.urandom(90_000).hex()}, "the view of"),
    ({"index.html": os.urandom(150_000).hex()}, "all files weigh"),
]


def planted(files):
    """What check_room() says about a room of these files."""
    with tempfile.TemporaryDirectory() as folder:
        room = pathlib.Path(folder)
        for name, text in files.items():
            if text is None:
                continue
            (room / name).parent.mkdir(parents=True, exist_ok=True)
            (room / name).write_text(text)
        return check_room(room)


def self_test():
    """Sees that each planted fault is found, and none where none is."""
    if planted(GOOD):
        yield f"self-test: a good room is refused: {planted(GOOD)}"
    for change, expected in PLANTED:
        found = planted({**GOOD, **change})
        if not any(expected in line for line in found):
            yield f"self-test: {sorted(change)} gives {found}, no '{expected}'"


def main():
    """Checks the checker, then the room; the exit code says how it went."""
    here = pathlib.Path(__file__).resolve().parent.parent
    room = pathlib.Path(os.environ.get("srcdir") or here) / "src/console"
    problems = list(self_test()) + check_room(room)
    for problem in problems:
        print(problem, file=sys.stderr)
    weight, view = weights(room), views(room)
    heaviest = max(view, key=view.get)
    print(f"{len(weight)} files, {sum(weight.values())} bytes gzipped; "
          f"the heaviest view, {heaviest}: {view[heaviest]}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
