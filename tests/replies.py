#!/usr/bin/env python3
"""Fails when openapi.json tells of a reply that no test has seen.

The integration tests hold each reply against the document, and write down
which it was in the folder of their option --replies. Run by contrib/check
after all of them; by hand: tests/replies.py FOLDER
"""

import json
import pathlib
import sys

METHODS = ("get", "post", "put", "patch", "delete")

# What no real server can be made to answer on command, each with the reason.
EXCEPTIONS = {}


def documented(top):
    """{"METHOD PATH STATUS"}; without "default", which stands for faults."""
    paths = json.loads((top / "src/http/openapi.json").read_text())["paths"]
    return {f"{method} {path} {status}"
            for path, operations in paths.items() for method in METHODS
            for status in operations.get(method, {}).get("responses", ())
            if status != "default"}


def seen(folder):
    return {line for file in folder.iterdir()
            for line in file.read_text().splitlines()}


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    top = pathlib.Path(__file__).resolve().parent.parent
    wanted, found = documented(top), seen(pathlib.Path(sys.argv[1]))
    bad = [f"no test has seen: {one}"
           for one in sorted(wanted - found - set(EXCEPTIONS))]
    bad += [f"an exception that is seen, or not documented: {one}"
            for one in sorted(set(EXCEPTIONS) - (wanted - found))]
    print(*bad, f"{len(wanted & found)} of {len(wanted)} documented replies "
          "were seen", sep="\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
