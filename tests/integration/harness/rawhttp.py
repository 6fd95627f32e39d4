"""Requests that no decent client sends, byte by byte."""
import re
import socket
import time


class Raw:
    """A connection whose bytes are ours to choose."""

    def __init__(self, port, seconds=30):
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        self.data = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def read_all(self, seconds=30):
        """Everything until the server closes; fails when it does not."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"still open, after {self.data[:300]!r}"
            self.socket.settimeout(left)
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                return self.data
            except socket.timeout:
                continue
            if not piece:
                return self.data
            self.data += piece

    def read_reply(self, seconds=30, has_body=True):
        """One reply, by its Content-Length: status, headers, body."""
        self.fill(lambda: b"\r\n\r\n" in self.data, seconds)
        head, rest = self.data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, v in
                   (line.split(":", 1) for line in lines[1:])}
        length = int(headers.get("content-length", 0)) if has_body else 0
        self.fill(lambda: len(self.data) >= len(head) + 4 + length, seconds)
        rest = self.data[len(head) + 4:]
        self.data = rest[length:]
        return int(lines[0].split()[1]), headers, rest[:length]

    def fill(self, enough, seconds):
        """Reads until there is enough."""
        self.socket.settimeout(seconds)
        while not enough():
            piece = self.socket.recv(65536)
            assert piece, f"closed after {self.data[:300]!r}"
            self.data += piece

    def is_closed(self, seconds=5):
        """Whether the server closes, with nothing more to say."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except socket.timeout:
            return False
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def exchange(port, data, seconds=30):
    """Sends bytes, reads until the server closes; status and all bytes."""
    with Raw(port, seconds) as raw:
        try:
            raw.send(data)
        except ConnectionError:
            pass  # it may close before it has read everything
        answer = raw.read_all(seconds)
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return (int(match.group(1)) if match else None), answer
