"""Many requests on one connection, each of bytes of our choice."""
from .api import Reply
from .rawhttp import Raw

# Whatever is asked here is answered at once, but on a machine under load.
SECONDS = 120


class Line:
    """Opened again where the server has closed it between two requests."""

    def __init__(self, server):
        self.server = server
        self.token = server.token.encode()
        self.raw = None
        self.asked = 0

    def ask(self, method, target, body=None, headers=()):
        """The reply, with the bytes of its head as reply.head."""
        self.asked += 1
        lines = [method.encode() + b" " + target + b" HTTP/1.1",
                 b"Host: 127.0.0.1:%d" % self.server.port,
                 b"Authorization: Bearer " + self.token, *headers]
        if body is not None:
            lines.append(b"Content-Length: %d" % len(body))
        data = b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")
        if self.raw:
            try:
                return self._exchange(data)
            except (ConnectionError, AssertionError):
                # One that was idle may be closed, with nothing said.
                is_silent = not self.raw.data
                self.close()
                if not is_silent:
                    raise
        self.raw = Raw(self.server.port, SECONDS)
        return self._exchange(data)

    def _exchange(self, data):
        raw = self.raw
        raw.send(data)
        raw.fill(lambda: b"\r\n\r\n" in raw.data, SECONDS)
        head, raw.data = raw.data.split(b"\r\n\r\n", 1)
        status, *lines = head.decode("latin-1").split("\r\n")
        reply = Reply(int(status.split()[1]),
                      [line.split(": ", 1) for line in lines], b"")
        reply.head = head
        length = int(reply.headers.get("content-length", 0))
        assert "transfer-encoding" not in reply.headers, head
        raw.fill(lambda: len(raw.data) >= length, SECONDS)
        reply.body, raw.data = raw.data[:length], raw.data[length:]
        assert not raw.data, f"more than was asked for: {raw.data[:300]!r}"
        if reply.headers.get("connection", "").lower() == "close":
            self.close()
        return reply

    def close(self):
        if self.raw:
            self.raw.close()
            self.raw = None
