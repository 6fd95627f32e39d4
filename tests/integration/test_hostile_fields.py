"""Hostile strings (harness/hostile, harness/fields) in every string of every
body, in every parameter of a path or a query, and in headers: taken and told
as they were given, or refused by a problem with a code and a sentence. Never
an error of the server or a connection that breaks, nothing of them raw in a
header or the log, and nothing happens to what is not the server's."""
import json
import os

import pytest

from harness import badinput, documented, fields, hostile
from harness.api import PROBLEM
from harness.fields import ENOUGH, TARGETS, TOKEN, VALUES
from harness.line import Line
from harness.trip import LocalWorld
from test_bad_input import GOOD, NAMES, PLAN, STORE

JSON = b"Content-Type: application/json"
MERGE = b"Content-Type: application/merge-patch+json"
# Never due, at whatever hour the test is.
FAR = {"cycle": "once", "date": "2099-12-31", "at": "02:30",
       "timezone": "UTC", "missed": "skip"}
PLAN = {**PLAN, "timer": FAR, "options": {"drill": {
    "timer": FAR, "provider": "local", "options": {}}}}
GOOD = {**GOOD, "POST /v1/plans": [PLAN],
        "PATCH /v1/plans/{id}": [{"options": PLAN["options"]}]}
# More of what may be right: each engine, each shape of a scope.
MORE = {
    "POST /v1/sources": [
        {"name": "other", "engine": "files",
         "connection": {"path": "/nowhere", "exclude": ["a"]}},
        {"name": "other", "engine": "objects", "connection": STORE}],
    "POST /v1/plans": [{**PLAN, "scope": {"include": ["a"],
                                          "exclude": ["b"]}},
                       {**PLAN, "scope": {"keys": ["a"]}}],
}
# What ends without a source, a store, a job, or a wrong login. All others
# have a member too many, so that nothing is done when all is read.
DONE = ("PATCH /v1/backups/{id}", "POST /v1/restores/check", "POST /v1/tokens",
        "POST /v1/timers/preview", "POST /v1/backups/batch-delete",
        "POST /v1/plans", "PATCH /v1/plans/{id}", "PATCH /v1/pools/{id}",
        "PATCH /v1/sources/{id}")
# These cannot be right when all of their strings are one, and are read on:
# what they refer to is looked up.
SAFE = (*DONE, "POST /v1/backups", "POST /v1/restores", "POST /v1/pools")
# Of what is done: what leads to a connection, or to a folder that is made.
AWAY = ("/connection", "/read_from", "/object_storage", "/local_directory",
        "/encryption")
# Who is not known may send less: test_bad_input.
LOGIN_BYTES = 8000
# A patch of one text, and the list that tells it.
TEXTS = [("sources", "remarks"), ("sources", "region"), ("pools", "remarks"),
         ("plans", "remarks"), ("backups", "description")]
KINDS = ("sources", "pools", "plans", "backups", "restores", "tokens")
# What else there is of them changes by itself.
STEADY = ("id", "name", "remarks", "region", "description", "scope", "role")
# What takes a word for yes or no would do what is asked.
WORDS = ("true", "false", "0", "1")
# Problems that have been held against openapi.json.
_known = set()
CASES = [(f"{m} {p}", m, p, s, k) for m, p, s, k in badinput.operations()
         if "merge-patch" not in k]


class Walk:
    """A world, a line to it, and what was wrong on it."""

    def __init__(self, world):
        self.cofferd = world.cofferd
        self.line = Line(world.cofferd)
        self.log = open(world.cofferd.log_path, "rb")
        self.rest = b""
        self.wrong = []

    def ask(self, what, method, path, target, body=None, headers=()):
        """One request, and all that can be said of any reply."""
        try:
            reply = self.line.ask(method, target, body, headers)
        except (OSError, AssertionError) as error:
            raise AssertionError(f"{method} {path} with {what[:99]!r}: no "
                                 f"whole reply: {error!r}") from error
        self.note(wrong_reply(method, path, reply) or wrong_log(self.lines()),
                  what, method, path, reply)
        return reply

    def note(self, why, what, method, path, reply):
        if why:
            self.wrong.append(f"{why}: {method} {path} with {what[:99]!r}: "
                              f"{reply!r}"[:600])

    def lines(self):
        """What the log has got meanwhile, whole lines of it."""
        *lines, self.rest = (self.rest + self.log.read()).split(b"\n")
        return lines

    def everything(self):
        """All that requests could have changed."""
        found = {}
        for kind in KINDS:
            page = self.cofferd.api.fetch(f"/v1/{kind}?limit=500")
            found[kind] = [{k: one[k] for k in STEADY if k in one}
                           for one in page["items"]]
        for kind in ("events", "jobs"):
            self.cofferd.api.fetch(f"/v1/{kind}?limit=500")
        return found

    def close(self):
        self.line.close()
        self.log.close()


def wrong_reply(method, path, reply):
    """What no reply may be, or None."""
    if hostile.INJECTED in reply.headers or \
            any(not 32 <= c < 127 and c not in b"\r\n" for c in reply.head):
        return "it got into the head"
    if reply.status >= 500:
        return "an error of the server"
    if reply.status >= 400:
        if reply.type != PROBLEM:
            return "no problem"
        document = reply.json
        if not document["code"] or not document["detail"]:
            return "a problem without words"
        # Holding a document against a schema takes longer than the request.
        shape = (method, path, reply.status, document["code"], *document)
        if shape in _known:
            return None
        _known.add(shape)
    return documented.check(method, path, reply)


def wrong_log(lines):
    for line in lines:
        text = line.decode()
        if hostile.raw_characters(text) or not isinstance(
                json.loads(text), dict):
            return f"a line of the log: {text[:200]!r}"
    return None


def outside(world):
    """Where hostile names lead to, and what lies around the server's own."""
    base = world.cofferd.base
    marked = [os.path.join(folder, name)
              for folder in ("/", "/tmp", "/etc", "/etc/cron.d")
              if os.path.isdir(folder)
              for name in os.listdir(folder) if hostile.MARK in name]
    marked += [os.path.join(folder, name)
               for top in (base, world.folder)
               for folder, *below in os.walk(top)
               for name in sum(below, []) if hostile.MARK in name]
    return sorted(marked), sorted(os.listdir(base)), \
        sorted(os.listdir(world.folder.parent))


@pytest.fixture(scope="module")
def world(module_cofferd, plain_mariadb, tmp_path_factory):
    """One of each."""
    world = LocalWorld(module_cofferd, plain_mariadb).prepare(
        tmp_path_factory.mktemp("hostile") / "pool")
    plain_mariadb.sql("CREATE DATABASE shop; CREATE TABLE shop.t (a INT); "
                      "INSERT INTO shop.t VALUES (1)")
    world.backup("shop", name="base")
    world.api.want(201, "POST", "/v1/plans", {
        **PLAN, "name": "plan", "options": {}, "timer": None,
        "strategy": "manual"})
    yield world
    plain_mariadb.sql("DROP DATABASE shop")


@pytest.fixture
def walk(world):
    """What is asked leaves all as it was, a server that lives, and a log of
    whole lines."""
    walk = Walk(world)
    try:
        before, around = walk.everything(), outside(world)
        yield walk
        assert not walk.wrong, \
            f"{len(walk.wrong)} of {walk.line.asked}\n" + \
            "\n".join(walk.wrong[:30])
        assert walk.everything() == before
        assert outside(world) == around
        assert wrong_log(walk.lines()) is None
        assert world.cofferd.process.poll() is None
    finally:
        walk.close()


def target_of(path):
    """Of what there is."""
    kind = path.split("/")[2] if path.count("/") > 1 else ""
    return path.replace("{id}", NAMES.get(kind, "x")).replace("{db}", "shop")


def send(walk, case, body, one):
    """A body with one of VALUES in it; what was taken has to be text, and
    the reply tells it."""
    operation, method, path, _, _ = case
    value, text = one
    is_merge = method == "PATCH" and walk.line.asked % 3 == 0
    sent = fields.put(body, value)
    if path == "/v1/sessions" and len(sent) > LOGIN_BYTES:
        return
    reply = walk.ask(value, method, path, target_of(path).encode(), sent,
                     (MERGE if is_merge else JSON,))
    if reply.status < 300:
        told = [reply.json.get(name, text) for name, one in body.items()
                if one == TOKEN]
        why = None
        if operation not in DONE:
            why = "done, although it is wrong"
        elif text is None or any(
                one not in (text, None, {"set": True}) for one in told):
            why = "taken for another"
        walk.note(why, value, method, path, reply)
    if reply.status == 201:
        # Its name is wanted again.
        walk.cofferd.api.want(204, "DELETE", f"{path}/{reply.json['id']}")


def test_there_are_enough():
    assert len(TARGETS) > 200
    assert len(VALUES) > 250
    assert {case[0] for case in CASES} == set(GOOD)


@pytest.mark.parametrize("case", CASES, ids=lambda v: v[0].replace("/", "."))
def test_all_strings_of_a_body(walk, case):
    operation, _, _, schema, _ = case
    for good in (*GOOD[operation], *MORE.get(operation, [])):
        count = ENOUGH
        for has_choices in (False, True):
            body = fields.filled(schema, good, has_choices)
            if TOKEN not in badinput.dump(body):
                continue
            if operation not in SAFE:
                body = {**body, "nonsense": 1}
            for one in fields.sample(VALUES, count, badinput.dump(body)):
                send(walk, case, body, one)
            # A wrong choice is the end of it: fewer of these.
            count = ENOUGH // 4
    assert walk.line.asked >= 200
    undo(walk)


def undo(walk):
    """Texts that were taken go, and what was made."""
    api = walk.cofferd.api
    for kind, name in TEXTS:
        api.want(200, "PATCH", f"/v1/{kind}/{NAMES[kind]}", {name: ""})
    for kind, kept in (("tokens", "admin"), ("plans", NAMES["plans"])):
        for one in api.items(f"/v1/{kind}?limit=500"):
            if one["name"] != kept:
                api.want(204, "DELETE", f"/v1/{kind}/{one['id']}")


@pytest.mark.parametrize("case", CASES, ids=lambda v: v[0].replace("/", "."))
def test_one_string_of_a_body(walk, case):
    """A sample of them in each place."""
    operation, _, _, schema, _ = case
    for good in (*GOOD[operation], *MORE.get(operation, [])):
        for pointer, body in fields.slots(schema, good):
            if operation not in DONE or pointer.startswith(AWAY):
                body = {**body, "nonsense": 1}
            for one in fields.sample(VALUES, 5, operation + pointer):
                send(walk, case, body, one)
    assert walk.line.asked >= 5
    undo(walk)


@pytest.mark.parametrize("kind, name", TEXTS)
def test_texts_are_told_as_given(walk, kind, name):
    """Each that is taken, by the reply and by the list."""
    path, taken = f"/v1/{kind}/{NAMES[kind]}", 0
    for value, text in fields.sample(VALUES, ENOUGH, kind + name):
        reply = walk.ask(value, "PATCH", f"/v1/{kind}/{{id}}", path.encode(),
                         fields.put({name: TOKEN}, value), (JSON,))
        if reply.status != 200:
            continue
        taken += 1
        page = walk.ask(value, "GET", f"/v1/{kind}", f"/v1/{kind}".encode())
        if reply.json[name] != text or page.json["items"][0][name] != text:
            walk.note("told otherwise", value, "PATCH", path, reply)
    assert taken >= 100
    undo(walk)


def test_plans_are_told_as_given(walk):
    """As many as are taken, at once in the list."""
    given = {}
    for number, (value, text) in enumerate(
            fields.sample(VALUES, ENOUGH, "plans")):
        body = {**PLAN, "name": f"p{number}", "options": {}, "remarks": "x",
                "scope": {"databases": [{"name": TOKEN, "tables": [TOKEN]}]}}
        reply = walk.ask(value, "POST", "/v1/plans", b"/v1/plans",
                         fields.put(body, value), (JSON,))
        if reply.status == 201:
            given[f"p{number}"] = {"databases": [{"name": text,
                                                  "tables": [text]}]}
    told = {one["name"]: one["scope"] for one in
            walk.cofferd.api.items("/v1/plans?limit=500")
            if one["name"] != NAMES["plans"]}
    assert told == given
    assert len(given) >= 100
    undo(walk)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_paths(walk, method):
    """In each of a path's places; there is nothing of such a name. Of what
    writes fewer: all are looked up in one way."""
    named = {one for kind in walk.everything().values() for item in kind
             for one in (item["id"], item.get("name"))}
    for found, path, parameters in fields.operations("path"):
        if found != method:
            continue
        body = b"{}" if method in ("POST", "PATCH") else None
        for place in parameters:
            before, after = path.split(f"{{{place['name']}}}")
            count = ENOUGH if method == "GET" and not after else ENOUGH // 4
            for value, one in fields.sample(TARGETS, count, path):
                if one in named:
                    continue
                target = b"%s%s%s" % (target_of(before).encode(), value,
                                      target_of(after).encode())
                reply = walk.ask(value, method, path, target, body, (JSON,))
                if reply.status < 400:
                    walk.note("found", value, method, path, reply)
    assert walk.line.asked >= 200


def questions(method, parameters):
    """Queries with hostile values: all at once, and a sample of each."""
    names = [p["name"].encode() for p in parameters]
    for value, one in fields.sample(TARGETS, ENOUGH, f"{method} {names}"):
        yield one, b"&".join(b"%s=%s" % (name, value) for name in names)
    for place in parameters:
        name = place["name"].encode()
        count = ENOUGH if name == b"folder" else 40 if name == b"q" else 10
        for value, one in fields.sample(TARGETS, count, f"{method} {name}"):
            more = b"&dry_run=true" if method == "DELETE" \
                and name != b"dry_run" else b""
            yield one, b"%s=%s%s" % (name, value, more)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_queries(walk, method):
    """What is right finds nothing, or all; a deletion is never done."""
    for found, path, parameters in fields.operations("query"):
        if found != method:
            continue
        body = b"{}" if method == "PATCH" else None
        for one, query in questions(method, parameters):
            # A server that is not ready says so by 503.
            if one in WORDS and (method == "DELETE" or path == "/readyz"):
                continue
            target = target_of(path).encode() + b"?" + query
            if len(target) < 2 * fields.TARGET_BYTES:
                walk.ask(query, method, path, target, body, (JSON,))
    assert walk.line.asked >= 200


def test_names_of_parameters_and_members(walk):
    """What is not known is refused, whatever it is called."""
    for value, _ in fields.sample(TARGETS, ENOUGH, "names"):
        reply = walk.ask(value, "GET", "/v1/plans",
                         b"/v1/plans?" + value + b"=1")
        if reply.status < 400 and value:
            walk.note("taken", value, "GET", "/v1/plans", reply)
    for value, _ in fields.sample(VALUES, ENOUGH, "members"):
        reply = walk.ask(value, "PATCH", "/v1/plans/{id}", b"/v1/plans/plan",
                         fields.put({TOKEN: "a"}, value), (JSON,))
        if reply.status < 400:
            walk.note("taken", value, "PATCH", "/v1/plans/{id}", reply)


def test_heads(walk):
    """As they are: in headers, in the target's path and in its query."""
    names = sorted({p["name"] for _, _, found in fields.operations("header")
                    for p in found} | {"Idempotency-Key", "Accept", "Cookie",
                                       "User-Agent", "Content-Type"})
    for number, raw in enumerate(
            fields.sample(fields.bare(1024), ENOUGH, "heads")):
        name = names[number % len(names)]
        walk.ask(raw, "PATCH", "/v1/plans/{id}", b"/v1/plans/plan", b"{}",
                 (*[JSON][:name != "Content-Type"],
                  b"%s: %s" % (name.encode(), raw)))
        walk.ask(raw, "GET", "/v1/events", b"/v1/events?limit=1", None,
                 (b"Last-Event-ID: " + raw,))
        walk.ask(raw, "GET", "/v1/plans/{id}", b"/v1/plans/" + raw)
        walk.ask(raw, "GET", "/v1/plans", b"/v1/plans?q=" + raw)
    assert walk.line.asked >= 200


# Who is not known may send less: test_logins.
@pytest.mark.parametrize("case", [c for c in CASES if c[2] != "/v1/sessions"],
                         ids=lambda v: v[0].replace("/", "."))
def test_very_long(walk, case):
    """Nearly all that a body may have in one string, and as a name."""
    operation, method, path, schema, _ = case
    pointer, body = fields.sample(list(fields.slots(
        schema, GOOD[operation][0])), 1, operation)[0]
    for long in (b"a", b"\\u0000", b"\\ud83e\\udd8a", b"\xff"):
        value = b'"' + long * (1_000_000 // len(long)) + b'"'
        for one in ({**body, "nonsense": 1}, {**body, TOKEN: 1}):
            reply = walk.ask(pointer.encode(), method, path,
                             target_of(path).encode(),
                             fields.put(one, value), (JSON,))
            if reply.status < 400:
                walk.note("taken", value, method, path, reply)


def test_logins(cofferds):
    """Nobody gets in, and who is in stays there."""
    cofferd = cofferds()
    line, seen = Line(cofferd), set()
    # What has a password to be hashed takes its time.
    for value, _ in fields.sample(VALUES, 50, "logins"):
        for body in ({"token": TOKEN}, {"name": TOKEN, "password": TOKEN}):
            sent = fields.put(body, value)
            if len(sent) <= LOGIN_BYTES:
                reply = line.ask("POST", b"/v1/sessions", sent,
                                 (JSON, b"X-Coffer-Console: 1"))
                seen.add(reply.status)
                assert 400 <= reply.status < 500, (value, reply)
                why = wrong_reply("POST", "/v1/sessions", reply)
                assert why is None, (why, value, reply)
    line.close()
    assert {401} <= seen <= {400, 401, 422, 429}
    *lines, _ = cofferd.log_path.read_bytes().split(b"\n")
    assert wrong_log(lines) is None
    cofferd.api.fetch("/v1/system")
