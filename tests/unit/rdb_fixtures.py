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
    yield ["SET", "packed:long", ("0123456789" * 20 + "\n") * 350]
    yield ["SET", "packed:far", noise(8150, 9) * 10]
    yield ["SET", "noise", noise(9000, 1)]
    yield ["RPUSH", "list", *all_members]
    yield ["RPUSH", "list:long", noise(9000, 2), "x" * 9000, "end"]
    # Around the lengths where a listpack's way back grows by a byte.
    yield ["RPUSH", "list:edges", *("a" * n for n in (
        121, 125, 126, 127, 4090, 4095, 4096, 16376, 16377, 16378, 16379,
        16380))]
    yield ["SADD", "set:numbers", *NUMBERS[:20]]
    yield ["SADD", "set:small", 1, 2, 3]
    yield ["SADD", "set", *all_members]
    yield ["SADD", "set:long", noise(9000, 3), "y" * 70_000, "end"]
    pairs = [x for pair in zip(scores(), all_members) for x in pair]
    yield ["ZADD", "zset", *pairs]
    yield ["ZADD", "zset:long", "1", noise(9000, 4), "2.5", "z" * 70_000]
    pairs = [x for pair in zip(all_members, reversed(all_members))
             for x in pair]
    yield ["HSET", "hash", *pairs]
    yield ["HSET", "hash:long", noise(9000, 5), "v" * 70_000,
           "f" * 70_000, noise(9000, 6), "a", "b"]
    yield ["ZADD", "zset:small", "1", "a", "-inf", "b", "2.5", "", "-0", "7",
           "1e300", "c", "inf", "d"]
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
    yield ["XADD", "stream:tiny", "5-1", "a", "1", "b", "two"]
    yield ["XADD", "stream:tiny", "5-2", "a", "3", "b", "4"]
    yield ["XADD", "stream:tiny", "6-0", "c", "x"]
    yield ["XDEL", "stream:tiny", "5-2"]
    yield ["XGROUP", "CREATE", "stream:tiny", "g", "0"]
    yield ["XREADGROUP", "GROUP", "g", "c", "COUNT", 1, "STREAMS",
           "stream:tiny", ">"]
    yield ["XCLAIM", "stream:tiny", "g", "c", 0, "5-1", "TIME",
           1_700_000_000_000, "RETRYCOUNT", 3]
    yield ["XGROUP", "CREATECONSUMER", "stream:tiny", "g", "d"]
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


# What follows writes files by hand: the keys of commands() that are named in
# it, in forms that no server of today writes.


def crc64(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (CRC_POLYNOMIAL if crc & 1 else 0)
    return crc


def length(n):
    if n < 64:
        return bytes([n])
    if n < 1 << 14:
        return bytes([0x40 | n >> 8, n & 255])
    if n < 1 << 32:
        return b"\x80" + struct.pack(">I", n)
    return b"\x81" + struct.pack(">Q", n)


def string(s):
    return length(len(s)) + s


def as_int(s):
    """The number that a text is, as a pack keeps it; None: it is none."""
    try:
        n = int(s)
    except ValueError:
        return None
    return n if str(n).encode() == s and -2**63 <= n < 2**63 else None


def signed(n, size):
    return n.to_bytes(size, "little", signed=True)


def ziplist_entry(s):
    n = as_int(s)
    if n is None:
        if len(s) < 64:
            return bytes([len(s)]) + s
        if len(s) < 1 << 14:
            return bytes([0x40 | len(s) >> 8, len(s) & 255]) + s
        return b"\x80" + struct.pack(">I", len(s)) + s
    if 0 <= n <= 12:
        return bytes([0xF1 + n])
    for size, mark in ((1, 0xFE), (2, 0xC0), (3, 0xF0), (4, 0xD0), (8, 0xE0)):
        if -(1 << 8 * size - 1) <= n < 1 << 8 * size - 1:
            return bytes([mark]) + signed(n, size)
    raise ValueError(s)


def ziplist(items):
    body, before, last = b"", 0, 10
    for item in items:
        last = 10 + len(body)
        head = (bytes([before]) if before < 254
                else b"\xfe" + struct.pack("<I", before))
        entry = head + ziplist_entry(item)
        before = len(entry)
        body += entry
    return struct.pack("<IIH", len(body) + 11, last,
                       len(items)) + body + b"\xff"


def listpack_entry(item):
    n = item if isinstance(item, int) else as_int(item)
    if n is None:
        if len(item) < 64:
            return bytes([0x80 | len(item)]) + item
        if len(item) < 4096:
            return bytes([0xE0 | len(item) >> 8, len(item) & 255]) + item
        return b"\xf0" + struct.pack("<I", len(item)) + item
    if 0 <= n < 128:
        return bytes([n])
    if -4096 <= n < 4096:
        return struct.pack(">H", 0xC000 | n & 0x1FFF)
    for size, mark in ((2, 0xF1), (3, 0xF2), (4, 0xF3), (8, 0xF4)):
        if -(1 << 8 * size - 1) <= n < 1 << 8 * size - 1:
            return bytes([mark]) + signed(n, size)
    raise ValueError(item)


def back(n):
    count = 1 if n <= 127 else 2 if n < 16383 else 3
    groups = [n >> 7 * i & 127 for i in reversed(range(count))]
    return bytes([groups[0]] + [g | 128 for g in groups[1:]])


def listpack(items):
    body = b""
    for item in items:
        entry = listpack_entry(item)
        body += entry + back(len(entry))
    return struct.pack("<IH", len(body) + 7, len(items)) + body + b"\xff"


def zipmap(pairs):
    def size(s):
        return (bytes([len(s)]) if len(s) < 254
                else b"\xfe" + struct.pack("<I", len(s)))
    body = b""
    for i, (field, value) in enumerate(pairs):
        unused = i % 3
        body += size(field) + field + size(value) + bytes([unused]) + value
        body += b"?" * unused
    return bytes([len(pairs)]) + body + b"\xff"


LIST_SMALL = (b"a", b"", b"17", b"-3000")
HASH_SMALL = ((b"a", b"1"), (b"", b"x"), (b"12345", b""), (b"z", b"-129"))
ZSET_SMALL = ((b"a", b"1"), (b"b", b"-inf"), (b"", b"2.5"), (b"7", b"-0"),
              (b"c", b"1e300"), (b"d", b"inf"))
NUMBER_TEXTS = [str(n).encode() for n in NUMBERS]


def key(code, name, value, prefix=b""):
    return prefix + bytes([code]) + string(name) + value


def flat(pairs):
    return [x for pair in pairs for x in pair]


def text_score(score):
    special = {b"inf": b"\xfe", b"-inf": b"\xff"}
    return special.get(score, bytes([len(score)]) + score)


def select(n):
    return b"\xfe" + length(n)


def finish(to, data, with_checksum=True):
    data += b"\xff"
    to.write_bytes(data + (struct.pack("<Q", crc64(data)) if with_checksum
                           else b""))


def old(to):
    """What servers before 7.0 wrote: codes 1, 2, 3, 9, 10, 12, 13, 14."""
    everything = members()
    pairs = list(zip(everything, reversed(everything)))
    in_seconds = b"\xfd" + struct.pack("<i", 2_000_000_000)
    data = b"REDIS0006" + select(0)
    data += key(1, b"list:small", length(4) + b"".join(map(string,
                                                           LIST_SMALL)))
    data += key(2, b"set:small", length(3) + b"\xc0\x03\xc0\x01\x012")
    data += key(3, b"zset:small", length(len(ZSET_SMALL)) + b"".join(
        string(m) + text_score(s) for m, s in ZSET_SMALL))
    data += key(9, b"hash:small", string(zipmap(HASH_SMALL)))
    data += key(9, b"hash", string(zipmap(pairs)), b"\xfc" + struct.pack(
        "<Q", TTL_MS))
    data += select(1)
    data += key(10, b"list:small", string(ziplist(LIST_SMALL)))
    data += key(2, b"set", length(len(everything)) + b"".join(
        map(string, everything)))
    data += key(12, b"zset:small", string(ziplist(flat(ZSET_SMALL))))
    data += key(13, b"hash:small", string(ziplist(flat(HASH_SMALL))))
    data += key(13, b"hash", string(ziplist(flat(pairs))),
                b"\xfc" + struct.pack("<Q", TTL_MS))
    data += select(2)
    data += key(14, b"list", length(2) + string(ziplist(everything[:5]))
                + string(ziplist(everything[5:])),
                b"\xfc" + struct.pack("<Q", TTL_MS))
    data += key(0, b"seconds", string(b"x"), in_seconds)
    finish(to / "old.rdb", data)
    finish(to / "oldest.rdb", b"REDIS0003" + select(0)
           + key(1, b"list:small", length(4) + b"".join(
               map(string, LIST_SMALL))), with_checksum=False)


def stream_id(ms, sequence):
    return struct.pack(">QQ", ms, sequence)


def stream_tiny(version):
    """The key stream:tiny as streams of form 1, 2, 3 lie in the file."""
    entries = listpack([2, 1, 2, b"a", b"b", 0,
                        2, 0, 0, b"1", b"two", 5,
                        3, 0, 1, b"3", b"4", 5,
                        0, 1, -1, 1, b"c", b"x", 6])
    out = length(1) + string(stream_id(5, 1)) + string(entries)
    out += length(2) + length(6) + length(0)
    if version >= 2:
        out += bytes([5, 1, 5, 2, 3])
    out += length(1) + string(b"g") + length(5) + length(1)
    if version >= 2:
        out += length(1)
    out += length(1) + stream_id(5, 1) + struct.pack("<Q", 1_700_000_000_000)
    out += length(3) + length(2)
    seen = struct.pack("<Q", 1_700_000_000_001) * (2 if version >= 3 else 1)
    out += string(b"c") + seen + length(1) + stream_id(5, 1)
    return out + string(b"d") + seen + length(0)


FIELDS = ((b"a", b"1", None), (b"b", b"two", TTL_MS), (b"", b"", TTL_MS + 9),
          (b"long", b"x" * 5000, None))


def hash_expiring(code):
    if code in (22, 24):
        base = TTL_MS - 1 if code == 24 else 0
        out = struct.pack("<Q", TTL_MS) if code == 24 else b""
        return out + length(len(FIELDS)) + b"".join(
            length(t - base if t else 0) + string(f) + string(v)
            for f, v, t in FIELDS)
    out = struct.pack("<Q", TTL_MS) if code == 25 else b""
    return out + string(listpack(flat((f, v, t or 0) for f, v, t in FIELDS)))


def hash_2():
    """As Valkey 9 writes a hash of which fields expire."""
    return length(len(FIELDS)) + b"".join(
        string(f) + string(v) + struct.pack("<q", t or -1)
        for f, v, t in FIELDS)


def pieces():
    """What a module writes: each kind of piece."""
    return (b"\x01" + length(70000) + b"\x02" + length(5) + b"\x03abcd"
            + b"\x04abcdefgh" + b"\x05" + string(b"text" * 3000)
            + b"\x05" + b"\xc1\x39\x30" + b"\x00")


def new(to):
    """What servers after 7.0 write, and modules: codes 7, 15, 21 to 25."""
    module = b"\x81" + struct.pack(">Q", 0x1234567890ABCDEF)
    data = b"REDIS0012\xfa" + string(b"redis-ver") + string(b"8.0.0")
    data += b"\xf7" + module + b"\x02\x01" + pieces()
    data += select(0) + b"\xf4\x05\x06\x00" + b"\xfb\x07\x00"
    data += key(7, b"module", module + pieces())
    for i, (version, code) in enumerate(((1, 15), (2, 19), (3, 21))):
        data += select(i) + key(code, b"stream:tiny", stream_tiny(version))
    everything = members()
    data += select(3) + key(20, b"set", string(listpack(everything)))
    data += key(18, b"list", length(3) + b"\x02" + string(listpack(
        everything[:5])) + b"\x01" + string(everything[5]) + b"\x02"
        + string(listpack(everything[6:])), b"\xfc" + struct.pack(
            "<Q", TTL_MS))
    for i, code in enumerate((22, 23, 24, 25)):
        data += select(10 + i) + key(code, b"hash:expiring",
                                     hash_expiring(code))
    finish(to / "new.rdb", data)
    finish(to / "valkey.rdb", b"VALKEY080" + select(0)
           + key(22, b"hash:expiring", hash_2()))


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
    old(to)
    new(to)


if __name__ == "__main__":
    main()
