#!/usr/bin/env python3
"""Fails when a file includes a header of a room that is not below its own.

The order of the rooms is told in ARCHITECTURE.md; BELOW is that order. A
header under src/ belongs to its room alone; one under include/ is for those
above. Run by `make check`; by hand: tests/includes.py
"""

import os
import pathlib
import re
import sys
import tempfile

LOW = {"base", "loop"}
PARTS = {"pipeline", "programs", "s3", "sources", "stages", "stores"}
JOBS = LOW | PARTS | {"model", "catalog", "manifest"}
TOP = JOBS | {"jobs"}

BELOW = {
    "base": set(),
    "config": {"base"},
    "loop": {"base"},
    "model": {"base"},
    "pipeline": LOW,
    "s3": LOW,
    "stores": LOW | {"s3"},
    "programs": LOW | {"pipeline"},
    "helper": {"base"},
    "sources": LOW | {"pipeline", "programs", "s3"},
    "stages": LOW | {"pipeline"},
    "manifest": LOW | {"model", "pipeline", "stages", "stores"},
    "catalog": LOW | {"model"},
    "jobs": JOBS,
    "scheduler": TOP,
    "ctl": LOW | {"manifest", "model", "pipeline", "s3", "stages", "stores"},
    "console": {"base"},
    "http": TOP | {"console"},
}

# The program itself: it wires the rooms together and may use them all.
PROGRAM = {"src/main.c", "src/server.c", "src/server.h",
           "src/server_begin.c", "src/server_confine.c", "src/server_int.h"}

# Folders of a room that have an order of their own, from below to above.
FOLDERS = ("src/sources/mysql", "src/sources/mysql/physical",
           "src/sources/mysql/snapshot", "src/sources/mysql/dump",
           "src/sources/mysql/load",
           "src/sources/redis/rdb", "src/sources/redis",
           "src/sources/redis/dump", "src/sources/redis/load",
           "src/sources/files", "src/sources/files/load",
           "src/sources/objects", "src/sources/objects/load")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DIRECTIVE = re.compile(r"^\s*#(?:[^\n]*\\\n)*[^\n]*$", re.M)


def files_of(root):
    """All C files and headers of the tree, as paths below root."""
    for top in ("src", "include"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".c", ".h"):
                yield path.relative_to(root)


def includes_of(text):
    """Line numbers and paths of the includes that name our own headers."""
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, path = match.groups()
        if path != "config.h" and (
                quote == '"' or path.split("/")[0] in BELOW):
            yield number, path


def is_umbrella(text):
    """A header that says nothing itself and includes others of ours."""
    said = DIRECTIVE.sub("", COMMENT.sub("", text))
    return not said.strip() and any(includes_of(text))


def resolve(root, path, included):
    """The path below root that the compiler takes: the file's own folder
    comes first, then include/, then src/."""
    for folder in (path.parent, "include", "src"):
        found = pathlib.Path(os.path.normpath(pathlib.Path(folder, included)))
        if (root / found).exists():
            break
    return found


def is_above(path, found):
    """Whether a header stands above a file in the order of their folders."""
    here, there = path.parent.as_posix(), found.parent.as_posix()
    return (here in FOLDERS and there in FOLDERS
            and FOLDERS.index(there) > FOLDERS.index(here))


def check_include(root, path, room, included):
    """What is wrong with one include, or None."""
    found = resolve(root, path, included)
    target = found.parts[1]
    is_private = found.parts[0] == "src"
    if room is None and found.as_posix() in PROGRAM:
        return None
    if len(found.parts) < 3 or target not in BELOW:
        return f'"{included}" is in no room'
    if is_private and path.parts[0] == "include":
        return f'"{included}" is not below include/: others lack it'
    if target == room and is_above(path, found):
        return f'"{included}" is not below {path.parent.name}'
    if room is None or target == room:
        return None
    if target not in BELOW[room]:
        return f'"{included}" is not below {room}'
    if is_private:
        return f'"{included}" belongs to {target} alone'
    return None


def check_file(root, path):
    """What is wrong with one file: lines of text."""
    text = (root / path).read_text(encoding="utf-8")
    room = path.parts[1]
    if path.as_posix() in PROGRAM:
        room = None
    elif len(path.parts) < 3 or room not in BELOW:
        yield f"{path}: {room} is no room in the order"
        return
    if path.suffix == ".h" and is_umbrella(text):
        yield f"{path}: an umbrella header"
    for number, included in includes_of(text):
        problem = check_include(root, path, room, included)
        if problem:
            yield f"{path}:{number}: {problem}"


def check_tree(root):
    """What is wrong with the tree: lines of text."""
    return [problem for path in files_of(root)
            for problem in check_file(root, path)]


GOOD = {
    "include/base/err.h": "struct err;\n",
    "include/loop/loop.h": '#include "base/err.h"\nstruct loop;\n',
    "include/jobs/jobs.h": "struct jobs;\n",
    "include/stages/zstd.h": "struct zstd;\n",
    "include/stores/store.h": "struct store;\n",
    "include/catalog/catalog.h": "struct catalog;\n",
    "src/base/err.c": '#include "config.h"\n#include <stdio.h>\n'
                      '#include "base/err.h"\n',
    "src/stores/s3/s3_int.h": "struct s3;\n",
    "src/stores/s3/put.c": '#include "stores/s3/s3_int.h"\n'
                           '#include "loop/loop.h"\n',
    "src/stores/s3/get.c": '#include "s3_int.h"\n',
    "src/stores/dir/dir.c": '#include "../s3/s3_int.h"\n',
    "src/sources/mysql/dump/out.h": "struct out;\n",
    "src/sources/mysql/load/sink.c":
        '#include "sources/mysql/dump/out.h"\n',
    "src/jobs/backup/backup.c": '#include "catalog/catalog.h"\n'
                         '#include "stages/zstd.h"\n',
    "src/server.h": "struct server;\n",
    "src/main.c": '#include "server.h"\n#include "jobs/jobs.h"\n'
                  '#include "base/err.h"\n',
}

# A file to add to the good tree, and what has to be said about it.
PLANTED = [
    ("src/base/up.c", '#include "loop/loop.h"\n', "not below base"),
    ("src/loop/up.c", '# include "jobs/jobs.h"\n', "not below loop"),
    ("src/loop/up.c", "#include <jobs/jobs.h>\n", "not below loop"),
    ("include/base/up.h", '#include "loop/loop.h"\nint x;\n',
     "not below base"),
    ("src/model/up.c", '#include "loop/loop.h"\n', "not below model"),
    ("src/stores/s3/up.c", '#include "stages/zstd.h"\n',
     "not below stores"),
    ("src/stages/up.c", '#include "stores/store.h"\n',
     "not below stages"),
    ("src/sources/up.c", '#include "catalog/catalog.h"\n',
     "not below sources"),
    ("src/sources/mysql/up.c", '#include "sources/mysql/dump/out.h"\n',
     "not below mysql"),
    ("src/catalog/up.c", '#include "jobs/jobs.h"\n',
     "not below catalog"),
    ("src/jobs/peek.c", '#include "stores/s3/s3_int.h"\n',
     "belongs to stores alone"),
    ("include/stores/peek.h", '#include "stores/s3/s3_int.h"\nint x;\n',
     "not below include/"),
    ("src/loop/up.c", '#include "base/../jobs/jobs.h"\n',
     "not below loop"),
    ("src/base/up.c", '#include "../../include/loop/loop.h"\n',
     "not below base"),
    ("src/stages/up.c", '#include "../stores/s3/s3_int.h"\n',
     "not below stages"),
    ("src/jobs/bare.c", '#include "no_room.h"\n', "is in no room"),
    ("include/jobs/all.h",
     "/* all */\n#ifndef A\n#define A \\\n 1\n"
     '#include "base/err.h"\n#endif\n', "an umbrella header"),
    ("src/jobs/up.c", '#include "../server.h"\n', "is in no room"),
    ("src/attic/x.c", "int x;\n", "no room in the order"),
    ("src/stray.c", "int x;\n", "no room in the order"),
]


def check_planted(files):
    """What check_tree() says about a tree of these files."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return check_tree(root)


def self_test():
    """Sees that each planted fault is found, and none where none is."""
    problems = check_planted(GOOD)
    if problems:
        yield f"self-test: a good tree is refused: {problems}"
    for name, text, expected in PLANTED:
        problems = check_planted({**GOOD, name: text})
        if len(problems) != 1 or expected not in problems[0]:
            yield (f"self-test: {name} with {text!r} should give "
                   f"'{expected}', gives {problems}")


def main():
    """Checks the checker, then the tree; the exit code says how it went."""
    here = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(os.environ.get("srcdir") or here)
    problems = list(self_test())
    if not any(files_of(root)):
        problems.append(f"no sources below {root}")
    problems += check_tree(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
