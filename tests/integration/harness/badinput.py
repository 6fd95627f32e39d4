"""Wrong values for every field of every request, made from openapi.json: a
field that is added there is covered by itself."""
import copy
import json
import re

from . import process

DOCUMENT = json.loads(
    (process.TOP / "src" / "http" / "openapi.json").read_text())
SAMPLES = {"integer": 7, "number": 1.5, "boolean": True, "string": "text",
           "array": [], "object": {}}
STRINGS = ("", "1st", "a b", "\u00e9\u00e8", "x" * 65, "x" * 5000, "a\u0001b",
           "a\nb", "a\u007fb", "a\u0085b", "nonsense!")
NUMBERS = (0, -1, -2**63, 2**31, 2**53 + 1, 2**63 - 1)
# What JSON's numbers may look like and no field here can hold.
RAW_NUMBERS = ("9223372036854775808", "-9223372036854775809", "1e400", "1e2",
               "-0.5", "1" * 400)
DEEP = "[" * 200 + "]" * 200


class Raw:
    """JSON that Python would not write."""

    def __init__(self, text):
        self.text = text


def dump(value):
    """As JSON; Raw stands for itself."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{dump(v)}"
                              for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(dump(v) for v in value) + "]"
    return json.dumps(value)


def resolved(schema):
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][
            schema["$ref"].rsplit("/", 1)[1]]
    return schema


def alternatives(schema):
    """What a value may be, each without references or choices."""
    schema = resolved(schema)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return [one for part in schema[word]
                    for one in alternatives(part)]
    return [schema]


def types_of(schema):
    found = set()
    for one in alternatives(schema):
        kind = one.get("type")
        if kind is None and "const" in one:
            kind = {str: "string", bool: "boolean",
                    int: "integer"}[type(one["const"])]
        found |= set(kind if isinstance(kind, list) else [kind])
    return found


def of_type(schema, kind):
    """The alternatives of that type."""
    return [one for one in alternatives(schema)
            if one.get("type") == kind or kind in (one.get("type") or ())]


def fits(schema, text):
    """Whether a string may be a value; unsure ones count."""
    if "enum" in schema:
        return text in schema["enum"]
    if len(text) > schema.get("maxLength", 4096):
        return False
    if len(text) < schema.get("minLength", 0):
        return False
    if "pattern" in schema:
        return re.search(schema["pattern"], text) is not None
    if schema.get("writeOnly"):
        return len(text) < 5000
    if schema.get("format") in ("date-time", "uri"):
        return False
    # Free text is one line; a reference that is none is told elsewhere.
    return not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)


def wrong_strings(schema):
    parts = of_type(schema, "string")
    for text in STRINGS:
        if parts and not any(fits(part, text) for part in parts):
            yield text
    if parts:
        yield "a\u0000b"


def wrong_numbers(schema):
    for part in of_type(schema, "integer"):
        low, high = part.get("minimum"), part.get("maximum")
        if low is not None:
            yield low - 1
            yield from (n for n in NUMBERS if n < low)
        if high is not None:
            yield high + 1
            yield from (n for n in NUMBERS if n > high)
        yield from map(Raw, RAW_NUMBERS)


def wrong_types(schema, is_required):
    allowed = types_of(schema)
    for kind, sample in SAMPLES.items():
        if kind not in allowed and not (kind == "integer"
                                        and "number" in allowed):
            yield sample
    if is_required and "null" not in allowed:
        yield None
    yield Raw(DEEP)


def sample(schema):
    """Some right value."""
    one = alternatives(schema)[0]
    if "default" in one:
        return one["default"]
    if "enum" in one:
        return one["enum"][0]
    kind = one.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: sample(one["properties"][name])
                for name in one.get("required", ())}
    if kind == "array":
        return [sample(one["items"])] if one.get("minItems") else []
    return {"string": "text", "integer": one.get("minimum", 1),
            "boolean": True}.get(kind)


def wrong_values(schema, is_required, good):
    """(what, value, pointer below it) for one field."""
    for value in wrong_types(schema, is_required):
        yield value, ""
    for value in (*wrong_strings(schema), *wrong_numbers(schema)):
        yield value, ""
    for part in of_type(schema, "array"):
        yield from wrong_arrays(part)
    for part in of_type(schema, "object"):
        yield from wrong_objects(part, good)


def wrong_arrays(schema):
    good = sample(schema["items"])
    if schema.get("minItems"):
        yield [], ""
    if "maxItems" in schema:
        yield [good] * (schema["maxItems"] + 1), ""
    for value, _ in wrong_values(schema["items"], True, good):
        yield [value], ""


def wrong_objects(schema, good):
    """One member wrong at a time."""
    good = good if isinstance(good, dict) else sample(schema)
    for name, part in schema.get("properties", {}).items():
        is_required = name in schema.get("required", ())
        inner = good.get(name, None)
        for value, below in wrong_values(part, is_required, inner):
            yield {**good, name: value}, f"/{name}{below}"
        if is_required and name in good:
            yield {k: v for k, v in good.items() if k != name}, f"/{name}"
    if schema.get("additionalProperties") is False:
        for name in ("nonsense", "", "a/b~c", "na\u00efve", "x" * 300):
            yield {**good, name: 1}, "/" + name.replace(
                "~", "~0").replace("/", "~1")
    elif isinstance(schema.get("additionalProperties"), dict):
        for value, _ in wrong_values(schema["additionalProperties"], True,
                                     None):
            yield {**good, "some": value}, ""


def operations():
    """(method, path, schema, type) of each that takes a body."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            for kind, body in content.items():
                yield method.upper(), path, body["schema"], kind


def wrong_bodies(schema, good):
    """(body as bytes, pointer) for one operation."""
    for body, pointer in wrong_objects(resolved(schema), copy.deepcopy(good)):
        yield dump(body).encode(), pointer
    yield from broken_bodies(good)


def broken_bodies(good):
    """What is no JSON object, or not one that can be trusted."""
    text = dump(good).encode()
    name = json.dumps(next(iter(good), "name")).encode()
    for body in (b"", b"null", b"[]", b"7", b'"x"', b"true", b"{", text[:-1],
                 text + b"}", text + text, b"{'a':1}", b"{\"a\":}", b"{,}",
                 b"\xef\xbb\xbf" + text,
                 b'{"a":NaN}', b'{"a":01}', b'{"a":"\t"}',
                 b"\xff\xfe{}", b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}',
                 b'{"a":"\xed\xa0\x80"}', b'{"a":"\\ud800"}',
                 b'{"a":"\xf4\x90\x80\x80"}',
                 b"{" + name + b":1," + name + b":1}",
                 b'{"a":{"b":1,"b":2}}', b'{"a":' * 40 + b"1" + b"}" * 40,
                 b'{"a":' + DEEP.encode() + b"}", b"[" * 100000):
        yield body, None
