#!/usr/bin/python3
"""Prints signed S3 requests as botocore makes them, for test_s3_sign.

usage: s3_vectors.py [SEED]

One request a line, fields parted by tabs, each percent-encoded: method,
object key (raw), query and headers (raw, as name=value joined by '&'),
SHA-256 of the body, date, region, access key, secret key; then what must
come out: path, query, Authorization.

The requests go through botocore's own client, so that its encoding of keys
and parameters is compared too; nothing is sent. Without SEED the requests
are always the same ones.
"""
import datetime
import random
import sys
from unittest import mock
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.session

FIXED = [
    "plain", "a/b/c", "a b", "a+b", "a~b", "a//b", "/leading", "trailing/",
    "a%20b", "100%", "%", "a%2Fb", "a?b=c", "a#b", "a&b=c", "a=b", "a:b;c,d",
    "a@b!c$d", "it's (here)*", "[x]{y}|z", "back\\slash", "quote\"d", "<tag>",
    "^caret`tick", "../up", "a/../b", "./a", "a/./b", "...", "-_.~",
    "\u00e4\u00f6\u00fc", "\u65e5\u672c\u8a9e/\u30d5", "\U0001f512", "e\u0301",
    "tab\there", "coffer/v1/src_01/bak_01/data/00000001.sql.zst", "A" * 300,
]
ALPHABET = "abzAZ09-_.~ /+%&=?#:;,@!$'()*[]{}|\\\"<>^`\u00e9\u65e5\U0001f512"


class Clock(datetime.datetime):
    now_at = None

    @classmethod
    def utcnow(cls):
        return cls.now_at


def keys(rng, is_fixed):
    if is_fixed:
        return FIXED
    return ["".join(rng.choice(ALPHABET) for _ in range(rng.randint(1, 24)))
            for _ in range(200)]


def operations(client, key):
    yield client.put_object, dict(Key=key, Body=b"body of " + key.encode())
    yield client.get_object, dict(Key=key, Range="bytes=5-99")
    yield client.delete_object, dict(Key=key)
    yield client.list_objects_v2, dict(Prefix=key, EncodingType="url")
    yield client.list_objects_v2, dict(Prefix="", ContinuationToken=key,
                                       MaxKeys=7, StartAfter=key)
    if key.startswith("a"):
        yield client.delete_objects, dict(Delete={"Objects": [{"Key": key}]})


def pairs(items):
    return "&".join("%s=%s" % (quote(n, safe=""), quote(v, safe=""))
                    for n, v in items)


def text(v):
    return v.decode() if isinstance(v, bytes) else str(v)


class Recorder:
    """Sees what is signed and stops before anything is sent."""

    def __init__(self, region, access, secret):
        self.identity = [region, access, secret]
        self.canonical = None
        self.line = None

    def record(self, request, **_):
        heads = {n.lower(): text(v) for n, v in request.headers.items()}
        if "host" not in heads:
            heads["host"] = urlsplit(request.url).netloc
        auth = heads["authorization"]
        names = auth.split("SignedHeaders=")[1].split(",")[0].split(";")
        url = urlsplit(request.url)
        query = parse_qsl(url.query, keep_blank_values=True)
        encoded = self.canonical.split("\n")[2]
        path = unquote(url.path).split("/", 2)[2:]
        fields = [request.method, path[0] if path else "", pairs(query),
                  pairs((n, heads[n]) for n in reversed(names)),
                  heads["x-amz-content-sha256"], heads["x-amz-date"],
                  *self.identity, url.path, encoded, auth]
        self.line = "\t".join(quote(f, safe="") for f in fields)
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, Empty())


class Empty:
    def stream(self, **_):
        return iter([b""])

    def read(self, *_):
        return b""


def make_client(recorder):
    region, access, secret = recorder.identity
    session = botocore.session.Session()
    client = session.create_client(
        "s3", region_name=region, aws_access_key_id=access,
        aws_secret_access_key=secret, endpoint_url="http://127.0.0.1:9000",
        config=botocore.config.Config(
            signature_version="s3v4", retries={"max_attempts": 0},
            s3={"addressing_style": "path", "payload_signing_enabled": True}))
    client.meta.events.register("before-send.s3", recorder.record)
    return client


def print_all(rng, is_fixed):
    recorder = Recorder("us-east-1" if is_fixed else "eu-west-3",
                        "AKIAIOSFODNN7EXAMPLE",
                        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    client = make_client(recorder)
    plain = botocore.auth.S3SigV4Auth.canonical_request

    def canonical_request(self, request):
        recorder.canonical = plain(self, request)
        return recorder.canonical

    with mock.patch.object(botocore.auth.S3SigV4Auth, "canonical_request",
                           canonical_request), \
            mock.patch.object(botocore.auth.datetime, "datetime", Clock):
        for key in keys(rng, is_fixed):
            Clock.now_at = Clock(2026, 12, 1, 2, 30, rng.randint(0, 59))
            for call, args in operations(client, key):
                recorder.line = None
                try:
                    call(Bucket="bucket", **args)
                except Exception:  # the empty reply may not please it
                    if recorder.line is None:
                        raise
                print(recorder.line)


if __name__ == "__main__":
    seed = sys.argv[1] if len(sys.argv) > 1 else ""
    print_all(random.Random(seed), seed == "")
