"""Data sets of Redis, and what a server holds, key by key, as its own commands
tell it: nothing here knows how Coffer looks at it."""
import contextlib
import random

from .testbed import Redis

BINARY = bytes(range(256))
LIBRARY = """#!lua name=lib1
redis.register_function('one', function(keys, args) return 1 end)
"""


def fill_types(c):
    """Every type, in small and in large encodings."""
    c.set("text", "hello")
    c.set("number", 1234567890123)
    c.set("small", -7)
    c.set(b"", b"a key without a name")
    c.set(b"binary\x00\r\n" + BINARY, BINARY)
    c.set("empty", b"")
    c.set("long", b"0123456789" * 300_000)  # compressed by the server
    c.set("noise", random.Random(1).randbytes(3_000_000))
    c.setbit("bits", 100_000, 1)
    c.pfadd("hll", *[f"m{i}" for i in range(2000)])
    c.rpush("list:small", "a", "b", 1, 2, b"", BINARY)
    c.rpush("list:large", *[f"element {i}" * (i % 50) for i in range(3000)])
    c.rpush("list:plain", b"x" * 20_000, b"y" * 20_000)
    c.sadd("set:numbers", *range(-50, 50))
    c.sadd("set:big numbers", *[i * 10 ** 14 for i in range(100)])
    c.sadd("set:small", "a", "b", 3)
    c.sadd("set:large", *[f"member {i}" for i in range(3000)])
    c.zadd("zset:small", {"a": 1.5, "b": -2, "c": float("inf")})
    c.zadd("zset:large", {f"m{i}": i / 7 for i in range(3000)})
    c.zadd("zset:edge", {"min": float("-inf"), "tiny": 5e-324, "zero": 0})
    c.hset("hash:small", mapping={"f": "v", "n": 5, "": "", "b": BINARY})
    c.hset("hash:large", mapping={f"f{i}": f"v{i}" * 9 for i in range(3000)})
    c.geoadd("geo", (13.361389, 38.115556, "Palermo"))


def fill_streams(c):
    for i in range(300):
        c.xadd("stream", {"a": i, "b": b"x" * (i % 40)}, id=f"{i + 1}-{i}")
    c.xdel("stream", "5-4", "300-299")
    c.xgroup_create("stream", "g1", "0")
    c.xgroup_create("stream", "g2", "100-99")
    c.xreadgroup("g1", "anna", {"stream": ">"}, count=20)
    c.xreadgroup("g1", "bert", {"stream": ">"}, count=3)
    c.xack("stream", "g1", "1-0", "3-2")
    c.xgroup_createconsumer("stream", "g2", "idle")
    c.xadd("stream:gone", {"a": 1}, id="7-0")
    c.xdel("stream:gone", "7-0")


def fill(server, databases=16):
    """All of it in database 0, something in each other, functions, and keys
    that expire in a day."""
    with server.client() as c:
        fill_types(c)
        fill_streams(c)
        c.execute_command("FUNCTION", "LOAD", LIBRARY)
        c.set("expires", "later", px=86_400_000)
        c.hset("expires:hash", "a", 1)
        c.pexpireat("expires:hash", 4_102_444_800_123)
    for number in range(1, databases):
        with server.client(number) as c:
            c.set(f"only in {number}", number)
            c.sadd("same name", f"in {number}", number)
    return server


def fill_many(server, keys, database=0, size=100, seed=1):
    """So many strings and hashes, whose values hardly compress."""
    chance = random.Random(seed)
    with server.client(database) as c:
        pipe = c.pipeline(transaction=False)
        for i in range(keys):
            if i % 4:
                pipe.set(f"user:{i}", chance.randbytes(size))
            else:
                pipe.hset(f"order:{i}", mapping={
                    "id": i, "data": chance.randbytes(size)})
            if i % 1000 == 999:
                pipe.execute()
        pipe.execute()
    return server


def _groups(c, key):
    """Groups with their consumers and what is pending; not when somebody was
    last seen."""
    found = []
    for group in c.xinfo_groups(key):
        pending = c.xpending_range(key, group["name"], "-", "+", 10_000)
        consumers = sorted(one["name"] for one in
                           c.xinfo_consumers(key, group["name"]))
        found.append((group["name"], group["last-delivered-id"], consumers,
                      [(p["message_id"], p["consumer"], p["times_delivered"])
                       for p in pending]))
    return sorted(found)


READERS = {
    b"string": lambda c, k: c.get(k),
    b"list": lambda c, k: c.lrange(k, 0, -1),
    b"set": lambda c, k: sorted(c.smembers(k)),
    b"zset": lambda c, k: sorted(c.zrange(k, 0, -1, withscores=True)),
    b"hash": lambda c, k: sorted(c.hgetall(k).items()),
    b"stream": lambda c, k: (c.xrange(k), _groups(c, k),
                             c.xinfo_stream(k)["last-generated-id"]),
}


def read(c, key):
    kind = c.type(key)
    return (kind, c.execute_command("PEXPIRETIME", key), READERS[kind](c, key))


def snapshot(server, databases=16):
    """{(database, key): (type, expiry, value)} and the libraries."""
    found = {}
    for number in range(databases):
        with server.client(number) as c:
            for key in set(c.scan_iter(count=1000)):
                found[number, key] = read(c, key)
    with server.client() as c:
        found["functions"] = c.execute_command("FUNCTION", "DUMP")
    return found


def assert_equal(before, after):
    assert set(before) == set(after), (
        sorted(set(before) ^ set(after), key=str)[:10])
    for key, value in before.items():
        assert after[key] == value, (key, str(value)[:300],
                                     str(after[key])[:300])


@contextlib.contextmanager
def served(rdb):
    """A server that was started from these bytes as its file."""
    server = Redis()
    try:
        server.await_ready()
        (server.dir / "data" / "dump.rdb").write_bytes(rdb)
        server.start_again()
        yield server
    finally:
        server.stop()
