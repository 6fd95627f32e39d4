"""Holds every reply that a test gets against openapi.json: the operation is
there, the status and the type of the body are told of, and the body fits its
schema."""
import functools
import json
import os
import pathlib
import re

import jsonschema

from . import process

DOCUMENT = json.loads(
    (process.TOP / "src" / "http" / "openapi.json").read_text())


def _pattern(path):
    return re.compile("".join(
        ".+" if part == "{path}" else "[^/]+" if part.startswith("{")
        else re.escape(part)
        for part in re.split(r"(\{\w+\})", path)))


# A literal part stands before the "{id}" that it could be taken for.
_PATHS = [(_pattern(path), path) for path in
          sorted(DOCUMENT["paths"], key=lambda path: path.count("{"))]


def operation(method, target):
    """The path as documented and the operation; None, None without one."""
    target = target.split("?")[0]
    method = "get" if method == "HEAD" else method.lower()
    for pattern, path in _PATHS:
        if pattern.fullmatch(target) and method in DOCUMENT["paths"][path]:
            return path, DOCUMENT["paths"][path][method]
    return None, None


def resolved(thing):
    while "$ref" in thing:
        name = thing["$ref"]
        thing = DOCUMENT
        for part in name.split("/")[1:]:
            thing = thing[part]
    return thing


@functools.lru_cache(maxsize=None)
def _validator(path, method, status, kind):
    reply = resolved(DOCUMENT["paths"][path][method]["responses"][status])
    schema = {**reply["content"][kind]["schema"],
              "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.FormatChecker())


_seen = {"folder": None}


def keep_seen(folder):
    """What is seen from now on goes to a file of this process there, for
    tests/replies.py, which looks for what no test ever sees."""
    _seen["folder"] = pathlib.Path(folder)


@functools.lru_cache(maxsize=None)
def _saw(path, method, status):
    if _seen["folder"]:
        with open(_seen["folder"] / str(os.getpid()), "a") as out:
            out.write(f"{method} {path} {status}\n")


def check(method, target, reply):
    """What the document does not say about a reply, or None."""
    path, found = operation(method, target)
    if found is None:
        return None if reply.status >= 400 else "nothing is documented there"
    replies = found["responses"]
    status = str(reply.status)
    known = status if status in replies else "default"
    if known not in replies or (known == "default" and reply.status < 400):
        return f"{status} is not documented"
    content = resolved(replies[known]).get("content", {})
    if method != "HEAD" and (reply.body or content):
        why = _check_body(path, method.lower(), known, content, reply)
        if why:
            return why
    _saw(path, "get" if method == "HEAD" else method.lower(), known)
    return None


def _check_body(path, method, status, content, reply):
    if reply.type not in content:
        return f"{reply.type!r} is not documented for {status}"
    if not reply.type.endswith("json"):
        return None
    validator = _validator(path, method, status, reply.type)
    for error in validator.iter_errors(json.loads(reply.body)):
        return (f"the body of {status} does not fit: {error.message[:300]} "
                f"at {list(error.absolute_path)}")
    return None
