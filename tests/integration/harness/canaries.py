"""Secrets that are looked for in all their forms: in files, in what was
answered, and in processes that run meanwhile."""
import base64
import json
import os
import pathlib
import threading
import urllib.parse
import uuid

from . import process

SCHEMAS = "/components/schemas/"


def canary(name):
    """Like no other text; what is escaped anywhere is in it."""
    return f"{name}-{uuid.uuid4().hex}\"&+/%=é"


def fields(document):
    """Where openapi.json lets a secret in: "Schema/properties/...". A field
    that is new must be found by itself."""
    found = set()

    def walk(node, where):
        if isinstance(node, list):
            for item in node:
                walk(item, where)
            return
        if not isinstance(node, dict):
            return
        if (node.get("$ref") == "#" + SCHEMAS + "SecretInput"
                or node.get("writeOnly") is True
                or node.get("format") == "password"):
            found.add(where)
        for key, value in node.items():
            step = "" if key in ("oneOf", "anyOf", "allOf", "properties") \
                else "/" + key
            walk(value, where + step)
    for name, schema in document["components"]["schemas"].items():
        if name != "SecretInput":
            walk(schema, name)
    walk(document["paths"], "paths")
    return found


def forms(secret):
    """As it could be written down: itself, and encoded. Of base64 the part
    that does not depend on what stands beside it, in all three shifts."""
    raw = secret.encode()
    made = {raw, raw.hex().encode(), raw.hex().upper().encode(),
            urllib.parse.quote(secret, safe="").encode(),
            urllib.parse.quote(secret).encode(),
            urllib.parse.quote_plus(secret).encode(),
            json.dumps(secret)[1:-1].encode(),
            json.dumps(secret, ensure_ascii=False)[1:-1].encode()}
    for shift in range(3):
        head = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
        inner = head[4 if shift else 0:-2]
        made |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return made


def find(places, secrets):
    """[(place, name)] of each secret that lies in one: places is {name:
    bytes}, secrets {name: text}."""
    return [(place, name) for place, text in places.items()
            for name, secret in secrets.items()
            if any(form in text for form in forms(secret))]


def files(*folders, but=()):
    """{path: bytes} of all files below the folders."""
    found = {}
    for folder in folders:
        for path in pathlib.Path(folder).rglob("*"):
            if path.is_file() and path.name not in but:
                try:
                    found[str(path)] = path.read_bytes()
                except OSError:
                    continue
    return found


class Watch:
    """Arguments and environments of a process and of all its children, looked
    at again and again while the tests go on."""

    def __init__(self, server):
        self.server = server
        self.seen = {}
        self.rounds = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _run(self):
        while not self._end.wait(0.01):
            for pid in [self.server.pid] + [
                    pid for pid, _ in process.family(self.server.pid)]:
                self._look(pid)
            self.rounds += 1

    def _look(self, pid):
        for name in ("cmdline", "environ"):
            try:
                text = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:
                continue
            if text:
                self.seen.setdefault(f"{name}: {text[:80]!r}", text)

    def programs(self):
        return {os.path.basename(text.split(b"\0")[0].decode())
                for key, text in self.seen.items()
                if key.startswith("cmdline")}
