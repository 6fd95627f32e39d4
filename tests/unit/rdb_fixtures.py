#!/usr/bin/env python3
"""Makes tests/data/rdb/*.rdb, which the tests of the RDB reader read.

usage: tests/unit/rdb_fixtures.py [DIRECTORY]

Runs redis-server (7.0 made the ones in the tree) with the same keys under
several settings, so that the same values lie in the files in several ways;
forms that no current server writes are put together here, byte by byte, with
the same keys again. What each holds: KEYS, below, and the functions named
after the files.
"""

import pathlib
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time

CRC_POLYNOMIAL = 0x95AC9329AC4BC9B5
TTL_MS = 33_000_000_000_000  # in the year 3015
NUMBERS = (0, 1, -1, 12, 13, 127, 128, -128, -129, 4095, 4096, -4096, -4097,
           32767, 32768, -32768, -32769, 8388607, 8388608, -8388608, -8388609,
           2147483647, 2147483648, -2147483648, -2147483649,
           9223372036854775807, -9223372036854775808)


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def members():
    """Strings of many lengths, and texts of numbers of all widths."""
    lengths = (0, 1, 12, 63, 64, 300)
    return ([noise(n, n) for n in lengths]
            + [str(n).encode() for n in NUMBERS])


def scores():
    return (b"0", b"-1.5", b"17", b"inf", b"-inf", b"1e300", b"0.1",
            b"9007199254740993", b"-0")


def commands():
    """The keys of most files, as commands."""
    all_members = members()
    yield ["SET", "string", "a value"]
    yield ["SET", "", "the empty key"]
    yield ["SET", b"\x00bin\xff\n", b"\x00\x01\xfe"]
    yield ["SET", "empty", ""]
    for n in NUMBERS:
        yield ["SET", f"number:{n}", str(n)]
    yield ["SET", "packed", "abcabcabc" * 100]
    yield ["SET", "packed:long", ("0123456789" * 20 + "\n") * 1000]
    yield ["SET", "noise", noise(9000, 1)]
    yield ["RPUSH", "list", *all_members]
    yield ["RPUSH", "list:long", noise(9000, 2), "x" * 9000, "end"]
    yield ["SADD", "set:numbers", *NUMBERS[:20]]
    yield ["SADD", "set:small", 1, 2, 3]
    yield ["SADD", "set", *all_members]
    yield ["SADD", "set:long", noise(9000, 3), "y" * 100_000, "end"]
    pairs = [x for pair in zip(scores(), all_members) for x in pair]
    yield ["ZADD", "zset", *pairs]
    yield ["ZADD", "zset:long", "1", noise(9000, 4), "2.5", "z" * 100_000]
    pairs = [x for pair in zip(all_members, reversed(all_members))
             for x in pair]
    yield ["HSET", "hash", *pairs]
    yield ["HSET", "hash:long", noise(9000, 5), "v" * 100_000,
           "f" * 100_000, noise(9000, 6), "a", "b"]
    yield ["ZADD", "zset:small", "1", "a", "-inf", "b", "2.5", "", "-0", "7",
           "1e300", "c"]
    yield ["HSET", "hash:small", "a", "1", "", "x", "12345", "", "z", "-129"]
    yield ["RPUSH", "list:small", "a", "", "17", "-3000"]
    for i in range(1, 250):
        yield ["XADD", "stream", f"{i}-{i % 3 + 1}", "field", i,
               *(["more", "x" * i] if i % 5 == 0 else [])]
    yield ["XADD", "stream", "300-0", "last", ""]
    for i in (1, 7, 150, 249):
        yield ["XDEL", "stream", f"{i}-{i % 3 + 1}"]
    yield ["XGROUP", "CREATE", "stream", "readers", "0"]
    yield ["XGROUP", "CREATE", "stream", "idle", "100-0"]
    yield ["XGROUP", "CREATECONSUMER", "stream", "readers", "none"]
    yield ["XREADGROUP", "GROUP", "readers", "one", "COUNT", 30, "STREAMS",
           "stream", ">"]
    yield ["XREADGROUP", "GROUP", "readers", "two", "COUNT", 5, "STREAMS",
           "stream", ">"]
    yield ["XACK", "stream", "readers", "3-1", "6-1"]
    # Delivery times are set: each run makes the same file.
    for consumer, start, n in (("one", 2, 31), ("two", 33, 5)):
        for i in range(start, start + n):
            yield ["XCLAIM", "stream", "readers", consumer, 0,
                   f"{i}-{i % 3 + 1}", "TIME", 1_700_000_000_000 + i,
                   "RETRYCOUNT", i]
    yield ["XGROUP", "CREATE", "stream:empty", "g", "$", "MKSTREAM"]
    for name in ("string", "list", "hash", "stream:empty"):
        yield ["PEXPIREAT", name, TTL_MS]


def databases():
    for i in range(16):
        yield ["SELECT", i]
        yield ["SET", f"key:{i}", i]
        yield ["RPUSH", "list", *range(i + 1)]
    yield ["FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function("
           "'f', function(keys, args) return 'x' end)"]


SMALL = {}
TABLES = {
    "list-max-listpack-size": "1", "set-max-intset-entries": "0",
    "hash-max-listpack-entries": "0", "zset-max-listpack-entries": "0",
    "stream-node-max-entries": "7", "rdbcompression": "no",
    "rdbchecksum": "yes",
}
MIDDLE = {
    "list-max-listpack-size": "-5", "hash-max-listpack-value": "200000",
    "zset-max-listpack-value": "200000", "list-compress-depth": "1",
    "stream-node-max-entries": "1000", "maxmemory": "1gb",
    "maxmemory-policy": "allkeys-lfu",
}


class Server:
    """A redis-server of our own; settings as its command line takes them."""

    def __init__(self, settings):
        self.folder = tempfile.TemporaryDirectory()
        path = self.folder.name + "/s"
        arguments = [x for k, v in settings.items() for x in ("--" + k, v)]
        self.child = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", path, "--save",
             "", "--dir", self.folder.name, *arguments],
            stdout=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.01)
        self.replies = self.socket.makefile("rb")

    def reply(self):
        line = self.replies.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self.replies.read(size + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest

    def call(self, *words):
        out = b"*%d\r\n" % len(words)
        for word in words:
            if not isinstance(word, bytes):
                word = str(word).encode()
            out += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(out)
        return self.reply()

    def save(self, to):
        self.call("SAVE")
        to.write_bytes(pathlib.Path(self.folder.name,
                                    "dump.rdb").read_bytes())

    def close(self):
        self.child.terminate()
        self.child.wait()
        self.folder.cleanup()


def by_server(to, settings, lines, dumps=None):
    server = Server(settings)
    try:
        for line in lines:
            server.call(*line)
        server.save(to)
        if dumps:
            with dumps.open("wb") as out:
                for name in sorted(server.call("KEYS", "*")):
                    payload = server.call("DUMP", name)
                    out.write(struct.pack("<I", len(name)) + name
                              + struct.pack("<I", len(payload)) + payload)
    finally:
        server.close()


def main():
    to = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                      pathlib.Path(__file__).parents[1] / "data" / "rdb")
    to.mkdir(parents=True, exist_ok=True)
    by_server(to / "small.rdb", SMALL, commands(), to / "small.dumps")
    by_server(to / "tables.rdb", TABLES, commands())
    by_server(to / "middle.rdb", MIDDLE, commands())
    by_server(to / "databases.rdb", {"maxmemory": "1gb", "maxmemory-policy":
                                     "allkeys-lru"}, databases())
    by_server(to / "unsummed.rdb", {"rdbchecksum": "no"},
              [["SET", "key", "value"]])


if __name__ == "__main__":
    main()
