#!/usr/bin/env python3
"""Fails when the documents and the sources do not say the same.

Links between documents lead somewhere; each setting, metric, event, error
code and job has its place in doc/reference, and nothing is there that the
sources do not have. Run by `make check`; by hand: tests/docs.py
"""

import os
import pathlib
import re
import sys

LINK = re.compile(r"(?:\]\(|\bsrc(?:set)?=\")([^)\"\s]+)[)\"]")
FENCE = re.compile(r"^ *```.*?^ *```", re.M | re.S)
CODE = re.compile(r"`([^`\n]+)`")
WORD = r"[a-z]+(?:_[a-z]+)*"
ACT = re.compile(r"\b(?:source|pool|plan|backup|restore|job|token|session)"
                 r"\.[a-z_]+\b")
# What jobs are called in their events, and files that look like acts.
ENDINGS = {"started", "completed", "failed", "canceled", "passed"}


def documents(root):
    return sorted([*root.glob("*.md"), *(root / "doc").rglob("*.md")])


def sources(root):
    return sorted(p for top in ("src", "include")
                  for p in (root / top).rglob("*.[ch]"))


def read(root, name):
    return (root / name).read_text(encoding="utf-8")


def anchors(text):
    """What the headings of a document are linked by."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-")
            for h in heads}


def check_links(root):
    for path in documents(root):
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        for link in LINK.findall(text):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            to = path.parent / name if name else path
            where = path.relative_to(root)
            if not to.exists():
                yield f"{where}: nothing is at {link}"
            elif anchor and anchor not in anchors(
                    to.read_text(encoding="utf-8")):
                yield f"{where}: no heading is called {link}"


def check_index(root):
    """The start page leads to every document."""
    start = read(root, "doc/README.md")
    for path in sorted((root / "doc").rglob("*.md")):
        name = str(path.relative_to(root / "doc"))
        if name != "README.md" and f"({name})" not in start:
            yield f"doc/README.md does not name {name}"


def first_cells(text):
    """The codes in the first cell of each line of tables."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield from CODE.findall(line.split("|")[1])


def differ(what, page, told, there):
    for name in sorted(there - told):
        yield f"{page} does not tell the {what} {name}"
    for name in sorted(told - there):
        yield f"{page} tells a {what} {name} that is not there"


def settings(root):
    text = read(root, "src/config/table.c")
    return set(re.findall(r"^\t(?:TEXT|NUMBER)\((\w+),|\.key = \"(\w+)\"",
                          text, re.M))


def check_settings(root):
    there = {a or b for a, b in settings(root)}
    page = "doc/reference/configuration.md"
    table = read(root, page).split("\n## ")[0]
    yield from differ("setting", page, set(first_cells(table)), there)
    example = set(re.findall(r"^;(\w+) =", read(root, "etc/cofferd.conf"),
                             re.M))
    yield from differ("setting", "etc/cofferd.conf", example,
                      there - {"config"})


def check_metrics(root):
    text = "".join(p.read_text(encoding="utf-8")
                   for p in (root / "src/http").glob("metrics*.c"))
    page = "doc/reference/metrics.md"
    there = set(re.findall(r'"(coffer_\w+)"', text))
    yield from differ("metric", page, set(first_cells(read(root, page))),
                      there)
    for path in documents(root):
        for name in set(re.findall(r"\bcoffer_[a-z_]+\b",
                                   path.read_text(encoding="utf-8"))):
            if name not in there and name != "coffer_session":
                yield f"{path.relative_to(root)}: no metric is called {name}"


def acts(root):
    """Every act that a string of the sources has, but those of requests that
    a job's event has, too."""
    found = set()
    for path in sources(root):
        room = path.relative_to(root).parts[1]
        if room in ("catalog", "jobs", "http", "scheduler"):
            text = path.read_text(encoding="utf-8")
            found |= {a for a in re.findall(r'"([a-z]+\.[a-z_]+)"', text)
                      if ACT.fullmatch(a)}
    kinds = re.search(r"kind_words\[[^]]*\] = \{(.*?)\};",
                      read(root, "src/model/runs.c"), re.S)
    return found, set(re.findall(r'"(\w+)"', kinds[1]))


def check_events(root):
    page = "doc/reference/events.md"
    text = read(root, page)
    there, kinds = acts(root)
    told = {a for a in CODE.findall(text) if re.fullmatch(r"[a-z]+\.[a-z_]+",
                                                          a)}
    jobs = {a for a in told if a.split(".")[1] in ENDINGS}
    yield from differ("event", page, told - jobs,
                      {a for a in there if a.split(".")[1] not in ENDINGS})
    yield from differ("job", page, {a.split(".")[0] for a in jobs},
                      kinds - {"expire"})


def codes(root):
    found = set()
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        if path.name == "problem.c":
            found |= set(re.findall(r'\{"(\w+)", \d{3},', text))
        found |= set(re.findall(rf'\bERR_[A-Z_]+,\s*"({WORD})"', text))
        found |= set(re.findall(rf'\{{"({WORD})", ERR_[A-Z]+\}}', text))
    return found


def check_codes(root):
    page = "doc/reference/errors.md"
    yield from differ("code", page, set(first_cells(read(root, page))),
                      codes(root))


CHECKS = (check_links, check_index, check_settings, check_metrics,
          check_events, check_codes)


def main():
    """Looks at the tree; the exit code says how it went."""
    here = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(os.environ.get("srcdir") or here)
    problems = [p for check in CHECKS for p in check(root)]
    # A pattern that fits nothing any more would let everything through.
    for what, found in (("settings", settings(root)), ("codes", codes(root)),
                        ("events", acts(root)[0])):
        if len(found) < 20:
            problems.append(f"only {len(found)} {what} are found in the "
                            "sources: has their form changed?")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
