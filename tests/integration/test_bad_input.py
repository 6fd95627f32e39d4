"""Rule 28: wrong input gets a clear error that says where, and changes
nothing. Every field of every body, from openapi.json."""
import json

import pytest

from harness import badinput
from harness.api import PROBLEM
from harness.trip import LocalWorld

LISTS = ("sources", "pools", "plans", "backups", "restores", "jobs", "tokens")
LOCAL = {"path": "/nowhere/at/all"}
STORE = {"endpoint": "http://127.0.0.1:1", "region": "r", "bucket": "bucket",
         "prefix": "", "access_key": "a", "secret_key": "s",
         "path_style": True}
CONNECTION = {"host": "127.0.0.1", "port": 1, "user": "u", "password": "p",
              "tls": "disabled"}
# Names of databases hold whatever characters they like; that there is no
# such thing is told otherwise.
FREE = ("/scope", "/rename", "/confirm", "/ids")
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
TIMER = {"cycle": "weekly", "at": "02:30", "weekdays": ["mon"],
         "timezone": "UTC", "missed": "run_once"}
DRILL = {"timer": TIMER, "provider": "local", "options": {}}
# What would be right: each case changes one thing. An operation that is not
# here fails the test.
SOURCE = {"name": "other", "engine": "mysql", "connection": CONNECTION,
          "region": "r", "remarks": "x", "read_from": CONNECTION}
PLAN = {"name": "other", "source": "db", "pool": "pool", "strategy": "timer",
        "method": "logical", "timer": TIMER, "retention_days": 7,
        "options": {"drill": DRILL},
        "scope": {"databases": [{"name": "shop"}]}}
RESTORE = {"backup": "base", "target": {"source": "db"}, "rename": {},
           "overwrite": False, "confirm": [], "options": {}}
GOOD = {
    "POST /v1/sources": [SOURCE],
    "POST /v1/sources/test": [SOURCE],
    "PATCH /v1/sources/{id}": [{"read_from": CONNECTION}],
    "POST /v1/pools": [
        {"name": "other", "storage_type": "local_directory",
         "local_directory": LOCAL, "remarks": "x",
         "encryption": {"recipients": [RECIPIENT]}},
        {"name": "other", "storage_type": "object_storage",
         "object_storage": STORE,
         "encryption": {"recipients": [RECIPIENT]}}],
    "PATCH /v1/pools/{id}": [{"encryption": {"recipients": [RECIPIENT]}}],
    "POST /v1/pools/{id}/takeover": [{"server": "srv_" + "0" * 26}],
    "POST /v1/plans": [PLAN],
    "PATCH /v1/plans/{id}": [{"options": {"drill": DRILL}}],
    "POST /v1/plans/{id}/execute": [{"description": "x"}],
    "POST /v1/backups": [{"source": "db", "pool": "pool", "name": "other",
                          "description": "x", "method": "logical",
                          "options": {}}],
    "POST /v1/backups/batch-delete": [{"ids": ["bak_" + "0" * 26]}],
    "PATCH /v1/backups/{id}": [{}],
    "POST /v1/backups/{id}/drill": [{"provider": "local", "options": {}}],
    "POST /v1/backups/{id}/verify": [{"read": "sample"}],
    "POST /v1/restores": [RESTORE],
    "POST /v1/restores/check": [RESTORE],
    "POST /v1/timers/preview": [{"timer": TIMER, "count": 5}],
    "POST /v1/tokens": [{"name": "other", "role": "read",
                         "expires_at": "2099-01-01T00:00:00Z",
                         "password": "a long enough one"}],
    "POST /v1/sessions": [{"token": "x"},
                          {"name": "other", "password": "a wrong one"}],
}
NAMES = {"sources": "db", "pools": "pool", "plans": "plan", "backups": "base"}


def cases():
    return [(method, path, kind, body, pointer)
            for method, path, schema, kind in badinput.operations()
            for good in GOOD.get(f"{method} {path}", [])
            for body, pointer in badinput.wrong_bodies(schema, good)
            if not is_free(body, pointer)
            and not is_no_change(method, body, pointer)]


def is_no_change(method, body, pointer):
    """A patch of nothing in {"set":true}."""
    return method == "PATCH" \
        and (pointer or "").endswith(("/set", "/secret")) \
        and (b'":{}}' in body or b'{"secret":null}' in body)


def is_free(body, pointer):
    """Characters that are wrong elsewhere."""
    return (pointer or "").startswith(FREE) and any(
        one in body for one in (b"a\\u0001b", b"a\\nb", b"a\\u007fb",
                                b"a\\u0085b"))


OPERATIONS = sorted({(m, p, k) for m, p, _, k in badinput.operations()})


@pytest.fixture(scope="module")
def world(module_cofferd, plain_mariadb, tmp_path_factory):
    """One of each, so that changes have something to change."""
    world = LocalWorld(module_cofferd, plain_mariadb).prepare(
        tmp_path_factory.mktemp("bad") / "pool")
    plain_mariadb.sql("CREATE DATABASE shop; CREATE TABLE shop.t (a INT); "
                      "INSERT INTO shop.t VALUES (1)")
    world.backup("shop", name="base")
    world.api.want(201, "POST", "/v1/plans", {
        **PLAN, "name": "plan", "options": {},
        "timer": {**TIMER, "cycle": "monthly", "weekdays": None,
                  "month_days": [31]}})
    yield world
    plain_mariadb.sql("DROP DATABASE shop")


def everything(api):
    """All that requests could have changed; the log of events is the one
    that tells of them."""
    return {name: api.items(f"/v1/{name}?limit=500") for name in LISTS}


def related(found, wanted):
    return found.startswith(wanted) or wanted.startswith(found)


def verdict(reply, pointer):
    """What is wrong with an answer, or None."""
    if reply.status not in (400, 404, 422):
        return "status"
    if reply.type != PROBLEM:
        return "type"
    document = reply.json
    if not document["detail"] or document["status"] != reply.status:
        return "document"
    if pointer is None:
        return None if reply.status == 400 else "no 400"
    if document["code"] == "malformed":
        return None if reply.status == 400 else "malformed"
    if not document["errors"]:
        return "no errors"
    for error in document["errors"]:
        if not error["detail"] or not error["code"]:
            return "an error without words"
        if not related(error.get("pointer", "?"), pointer):
            return "another pointer"
    if any(e["code"] == "unknown_field" for e in document["errors"]) and \
            len(document["errors"]) == 1 and reply.status != 400:
        return "unknown fields are 400"
    return None


def test_every_operation_has_a_right_body():
    assert {f"{m} {p}" for m, p, _ in OPERATIONS} == set(GOOD)


def test_there_are_enough():
    assert len(cases()) >= 400


@pytest.mark.parametrize("method, path, kind", OPERATIONS,
                         ids=lambda v: v.replace("/", "."))
def test_rule28_bodies(world, method, path, kind):
    api = world.api
    api.transcript.clear()
    before = everything(api)
    target = path.replace("{id}", NAMES.get(path.split("/")[2], "x"))
    wrong, sent = [], 0
    for m, p, k, body, pointer in cases():
        if (m, p, k) != (method, path, kind):
            continue
        if method == "POST" and body == b"" and may_be_empty(path):
            continue
        reply = api.call(method, target, body, headers={"Content-Type": kind})
        sent += 1
        if path == "/v1/sessions" and len(body) > 8192:
            # Of somebody who has no token yet little is read.
            why = None if reply.status == 413 else "no 413"
        else:
            why = verdict(reply, pointer)
        if why:
            wrong.append(f"{why}: {body[:160]!r} at {pointer!r}: {reply!r}")
    assert not wrong, f"{len(wrong)} of {sent}\n" + "\n".join(wrong[:40])
    assert sent > 20
    assert everything(api) == before


def may_be_empty(path):
    operation = badinput.DOCUMENT["paths"][path]["post"]
    return not operation["requestBody"].get("required")


@pytest.mark.parametrize("kind", [
    "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
    "multipart/form-data", "application/json-patch+json", ""])
def test_rule28_other_types_of_bodies(world, kind):
    reply = world.api.post("/v1/pools", b"{}", headers={"Content-Type": kind})
    assert reply.status == 415, repr(reply)
    assert reply.json["code"] == "unsupported_media_type"


def wrong_parameters(parameter):
    """Values that a parameter of a query cannot have."""
    schema, name = parameter["schema"], parameter["name"]
    if schema["type"] == "integer":
        yield from ("-1", "1.5", "x", "2147483648", "9223372036854775808",
                    "1e3", "0x10", "%201", "")
        if schema.get("minimum") == 1:
            yield "0"
        yield str(schema["maximum"] + 1)
    elif schema["type"] == "boolean":
        yield from ("2", "yes", "TRUE", "null")
    elif "enum" in schema:
        yield from ("nonsense", schema["enum"][0].upper())
    elif name in ("since", "until"):
        yield from ("x", "2026-12-01", "2026-13-01T00:00:00Z", "0",
                    "2026-12-01T02:30:00+01:00", "2026", "2026-12-01%2002:30:00Z")
    elif name in ("sort", "after"):
        yield from ("nonsense", "%00", "--", "%ff", "x" * 2000)
    yield from ("%ff", "%zz", "a%00b")


def test_rule28_parameters(world):
    api = world.api
    api.transcript.clear()
    before = everything(api)
    wrong, sent = [], 0
    for path, methods in badinput.DOCUMENT["paths"].items():
        target = path.replace("{id}", NAMES.get(
            path.split("/")[2] if path.count("/") > 1 else "", "x"))
        target = target.replace("{db}", "shop")
        for method, operation in methods.items():
            body = {} if "requestBody" in operation else None
            known = [p for p in operation.get("parameters", ())
                     if p["in"] == "query"]
            queries = [f"{p['name']}={value}" for p in known
                       for value in wrong_parameters(p)]
            queries += ["nonsense=1", "=", "limit[]=1", "%ff=1"]
            queries += [f"{p['name']}=1&{p['name']}=1" for p in known]
            for query in queries:
                reply = api.call(method.upper(), f"{target}?{query}", body)
                sent += 1
                if reply.status != 400 or reply.type != PROBLEM or \
                        not reply.json["detail"]:
                    wrong.append(f"{method} {path}?{query[:60]}: {reply!r}")
    assert not wrong, f"{len(wrong)} of {sent}\n" + "\n".join(wrong[:40])
    assert sent > 400
    assert everything(api) == before
