#!/usr/bin/env python3
"""Holds the table of what a person can do in the console and which test shows
it (tests/console/shows.txt) against the routes of the console and the tests in
a browser: each route has a section that is not empty, each test that is named
is there. Run by `make check`; by hand: tests/console_shows.py
"""

import os
import pathlib
import re
import sys
import tempfile

ROUTE = re.compile(r'\{ path: "([^"]+)"')
TEST = re.compile(r'^\s*test\((["`])(.+?)\1,', re.M)
# Pages that are not among the routes of main.js.
BESIDE = {"/login", "/docs"}


def read_table(text):
    """{route: [(number, file, test)]}, and what cannot be read."""
    table, lines, problems = {}, None, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        head = re.fullmatch(r"\[(.+)\]", line)
        entry = re.fullmatch(r"([^:]+): (\w+): (.+)", line)
        if head:
            lines = table.setdefault(head.group(1), [])
        elif entry and lines is not None:
            lines.append((number, *entry.groups()[1:]))
        else:
            problems.append(f"shows.txt:{number}: cannot be read")
    return table, problems


def tests_of(folder):
    """{(file, name of a test)}"""
    return {(path.name.removesuffix(".test.js"), name)
            for path in sorted(folder.glob("*.test.js"))
            for _, name in TEST.findall(path.read_text())}


def check(source):
    """What is wrong with the table: lines."""
    folder = source / "tests/console"
    table, problems = read_table((folder / "shows.txt").read_text())
    main = (source / "src/console/app/main.js").read_text()
    routes = BESIDE | set(ROUTE.findall(main))
    for route in sorted(routes - {key for key in table if table[key]}):
        problems.append(f"shows.txt: nothing is shown of {route}")
    for route in sorted(table.keys() - routes):
        problems.append(f"shows.txt: there is no {route}")
    known = tests_of(folder)
    for number, *test in sorted(sum(table.values(), [])):
        if tuple(test) not in known:
            problems.append(f"shows.txt:{number}: there is no test "
                            f"\"{test[1]}\" in {test[0]}.test.js")
    return problems


GOOD = "# a\n[/]\nseen: a: one: two\n[/login]\nx: a: in ${x}\n[/docs]\n" \
       "y, z: a: one: two\n"
PLANTED = [
    (GOOD.replace("in ${x}", "three"), "there is no test"),
    (GOOD.replace("seen: a: one: two\n", ""), "nothing is shown of /"),
    (GOOD + "[/b]\nq: a: one: two\n", "there is no /b"),
    (GOOD + "nonsense\n", "cannot be read"),
]


def planted(text):
    """What check() says of such a table."""
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        for path, content in [
                ("tests/console/shows.txt", text),
                ("tests/console/a.test.js", 'test("one: two", async () => {});'
                                            "\n\ttest(`in ${x}`, run);\n"),
                ("src/console/app/main.js", '\t{ path: "/", load },\n')]:
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(content)
        return check(top)


def self_test():
    """Sees that each planted fault is found, and none where none is."""
    if planted(GOOD):
        yield f"self-test: a good table is refused: {planted(GOOD)}"
    for text, expected in PLANTED:
        found = planted(text)
        if not any(expected in line for line in found):
            yield f"self-test: {found} has no '{expected}'"


def main():
    """Checks the checker, then the table; the exit code says how it went."""
    here = pathlib.Path(__file__).resolve().parent.parent
    problems = list(self_test()) + check(
        pathlib.Path(os.environ.get("srcdir") or here))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
