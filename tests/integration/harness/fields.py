"""Hostile values for every string of every request, by openapi.json: bodies
with a mark in place of their strings, what is put there, and targets."""
import json
import random
import re
from urllib.parse import quote

from . import badinput, hostile
from .badinput import DOCUMENT

TOKEN = "@hostile@"
# The same on each run.
SEED = 20261123
# How many each place is given, of all that there are.
ENOUGH = 220
# A target is part of the head, of which 16 KiB are taken.
TARGET_BYTES = 8000
# Where a string is expected: what is no string, or no JSON.
NO_STRINGS = [
    b"0", b"-1", b"1.5", b"1e999", b"-0", b"9223372036854775808", b"9" * 4000,
    b"true", b"false", b"NaN", b"Infinity", b"undefined", b"'a'", b"[]",
    b"{}", b'["a"]', b'[["a"]]', b'{"__proto__":{"admin":true}}',
    b'{"constructor":{"prototype":{}}}', b'{"$ne":null}', b'{"$gt":""}',
    b'{"$ref":"#"}', b'{"toString":"a"}', b'{"a":1,"a":2}',
    b"[" * 20 + b"]" * 20, b"[" * 5000 + b"]" * 5000, b"[" * 5000,
    b'{"a":' * 500 + b"1" + b"}" * 500, b'"', b'"a', b'"\\', b'"\\u"',
    b'"\\u12"', b'"\\x41"', b'"\\ud800\\u0041"', b'"a\nb"', b'"a\tb"',
    b'"a\0b"', b'"a\x1bb"', b'"a" "b"', b"/**/1", b"\0",
    b"", b'\xef\xbb\xbf"a"', b'"\xed\xa0\x80"', b"\xff", b'"a\xc0\x80"']


def literal(one, is_ascii=True):
    """One of hostile.STRINGS as JSON, or what would be some."""
    if isinstance(one, bytes):
        return b'"' + one.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    if is_ascii or not hostile.is_text(one):
        return json.dumps(one).encode()
    return json.dumps(one, ensure_ascii=False).encode()


def values():
    """(bytes to send, the text that they are or None) of each."""
    for number, one in enumerate(hostile.STRINGS):
        is_text = hostile.is_text(one)
        yield literal(one, number % 2 == 0), one if is_text else None
    for one in NO_STRINGS:
        yield one, None


VALUES = list(dict.fromkeys(values()))


def sample(of, count, key):
    """Some of them, always the same for that key."""
    return random.Random(f"{SEED} {key}").sample(of, min(count, len(of)))


def _is_choice(parts):
    return all("enum" in part for part in parts)


def _object_of(parts, good):
    """The alternative that is most like what is there."""
    names = good if isinstance(good, dict) else ()
    return max(parts, key=lambda part: len(
        set(names) & set(part.get("properties", ()))), default=None)


def filled(schema, good, has_choices):
    """A value with TOKEN in all of its strings, also as a name; without
    has_choices those of a few words keep what is right."""
    texts = badinput.of_type(schema, "string")
    part = _object_of(badinput.of_type(schema, "object"), good)
    if texts and not isinstance(good, (dict, list)):
        if not has_choices and _is_choice(texts):
            return texts[0]["enum"][0] if good is None else good
        return TOKEN
    if part:
        return _filled_object(part, good or {}, has_choices)
    for part in badinput.of_type(schema, "array"):
        return [filled(part["items"], good[0] if good else None, has_choices)]
    return badinput.sample(schema) if good is None else good


def _filled_object(part, good, has_choices):
    found = {name: filled(below, good.get(name), has_choices)
             for name, below in part.get("properties", {}).items()}
    more = part.get("additionalProperties")
    if isinstance(more, dict):
        found[TOKEN] = filled(more, None, has_choices)
    return found


def slots(schema, good):
    """(pointer, body) for each string of a body, with TOKEN in its place
    alone."""
    if badinput.of_type(schema, "string"):
        yield "", TOKEN
    inner = good if isinstance(good, dict) else {}
    for part in badinput.of_type(schema, "array"):
        for at, value in slots(part["items"], None):
            yield f"/0{at}", [value]
    for part in badinput.of_type(schema, "object"):
        for name, below in part.get("properties", {}).items():
            for at, value in slots(below, inner.get(name)):
                yield f"/{name}{at}", {**inner, name: value}
        more = part.get("additionalProperties")
        if isinstance(more, dict):
            yield "/*", {**inner, TOKEN: badinput.sample(more)}
            for at, value in slots(more, None):
                yield f"/some{at}", {**inner, "some": value}


def put(body, value):
    """The bytes of a body with one of VALUES in it."""
    return badinput.dump(body).encode().replace(
        f'"{TOKEN}"'.encode(), value)


def operations(place):
    """(method, path, parameters there) of each that has some."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            found = [p for p in operation.get("parameters", ())
                     if p["in"] == place]
            if found:
                yield method.upper(), path, found


def escaped(one):
    """As a part of a target, nothing in it as it is; None: too long."""
    found = quote(hostile.raw(one), safe="").encode()
    return found if len(found) <= TARGET_BYTES else None


def targets():
    """(what is put into a target, the string that it is): also what no
    decoder takes."""
    for one in hostile.STRINGS:
        if escaped(one) is not None:
            yield escaped(one), one
    for one in (b"%", b"%0", b"%zz", b"%u0041", b"%%30%30", b"%-1", b"% 41"
                .replace(b" ", b"+"), b"%c0%ae%c0%ae", b"%ed%a0%80", b"%ff"):
        yield one, None


TARGETS = list(dict.fromkeys(targets()))


def bare(limit):
    """What can stand in a head as it is."""
    return [raw for raw in map(hostile.raw, hostile.STRINGS)
            if raw and len(raw) <= limit and not re.search(rb"[\r\n]", raw)]
