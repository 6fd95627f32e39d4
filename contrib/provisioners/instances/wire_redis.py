"""Logs into a Redis or Valkey server through its socket and asks for its
version (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
import socket

from instances.wire_mysql import NotYet

_REPLY_MAX = 1024 * 1024


def login(path, password, seconds):
    """The server's version; NotYet while it loads its data."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(seconds)
            s.connect(path)
            with s.makefile("rwb") as stream:
                _ask(stream, "AUTH", password)
                _ask(stream, "PING")
                return _version(_ask(stream, "INFO", "server"))
    except OSError as error:
        raise NotYet(error.strerror or "it does not answer") from None


def _ask(stream, *words):
    stream.write(b"*%d\r\n" % len(words))
    for word in words:
        data = word.encode()
        stream.write(b"$%d\r\n%s\r\n" % (len(data), data))
    stream.flush()
    line = stream.readline(4096)
    if not line.endswith(b"\r\n"):
        raise NotYet("it closed the connection")
    text = line[1:-2].decode("utf-8", "replace")
    if line[:1] == b"-":
        raise NotYet(text)
    if line[:1] != b"$":
        return text
    length = int(text)
    if not 0 <= length <= _REPLY_MAX:
        raise NotYet("it answers with something else")
    return stream.read(length + 2)[:-2].decode("utf-8", "replace")


def _version(info):
    lines = dict(line.split(":", 1) for line in info.splitlines()
                 if ":" in line)
    if "valkey_version" in lines:
        return lines["valkey_version"] + "-Valkey"
    return lines.get("redis_version", "")
