"""A relay between cofferd and a database server, which acts at a chosen point
of the stream while everything that passes through it stands still."""
import contextlib
import socket
import struct
import threading
import time

from . import process

CHUNK = 8192
RESET = struct.pack("ii", 1, 0)


class Trigger:
    def __init__(self, action, down, up, text):
        self.action, self.down, self.up, self.text = action, down, up, text
        self.fired = threading.Event()
        self.done = threading.Event()
        self.error = None

    def is_due(self, relay, is_up, chunk):
        if self.fired.is_set():
            return False
        if self.text is not None:
            return is_up and self.text in chunk
        return (self.down is not None and relay.down >= self.down
                or self.up is not None and relay.up >= self.up)

    def fire(self):
        self.fired.set()
        try:
            self.action()
        except Exception as error:  # told to the test by check()
            self.error = error
        self.done.set()

    def check(self):
        """Whether it has acted; raises what the action raised."""
        if self.error:
            raise self.error
        return self.done.is_set()


class Halt:
    """All connections of a relay stand still from a point on, until they are
    let go: what is under way cannot be over, however fast or slow it is. Those
    that come later do not. then: `next` is a second one, when so many bytes
    have come. alone: only the connection stands that reached the point."""

    def __init__(self, relay, then=None, alone=False, **point):
        self._relay = relay
        self._alone = alone
        self._go = threading.Event()
        self._held = frozenset()
        relay.halts.append(self)
        self._trigger = relay.at(self._stop, **point)
        self.next = Halt(relay, down=then) if then else None

    def _stop(self):
        self._held = frozenset([self._relay.current] if self._alone
                               else self._relay.sockets)

    def stand(self, one):
        if one in self._held:
            self._go.wait()

    def reached(self, seconds=120):
        process.until(self._trigger.check, seconds,
                      "the point is reached", 0.01)
        return self

    def has_come(self):
        return self._trigger.check()

    def let_go(self):
        self._go.set()
        # Who keeps a socket keeps its connection open.
        self._held = frozenset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.let_go()
        if self.next:
            self.next.let_go()


class Proxy:
    """down and up count what came from the server, and what went there. rate
    bounds the bytes a second that come on each connection, up_rate those that
    go: a slow network. chunk: what passes at a time."""

    def __init__(self, server, rate=None, chunk=CHUNK, up_rate=None):
        self.server = server
        self.rate = rate
        self.up_rate = up_rate
        self.chunk = chunk
        self.gate = threading.RLock()
        self.triggers = []
        self.halts = []
        self.current = None
        self.sockets = set()
        self.down = self.up = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        """Counts anew, without triggers."""
        with self.gate:
            self.down = self.up = 0
            self.triggers = []
            self.halts = []

    def at(self, action, down=None, up=None, text=None):
        """Acts once: when so many bytes have passed, or before a statement
        with this text goes to the server."""
        trigger = Trigger(action, down, up, text)
        with self.gate:
            self.triggers.append(trigger)
        return trigger

    def cut(self):
        """Resets every connection, on both sides."""
        with self.gate:
            for one in list(self.sockets):
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    one.shutdown(socket.SHUT_RDWR)
                    one.close()
            self.sockets.clear()

    def close(self):
        self.listener.close()
        self.cut()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                try:
                    server = socket.create_connection(
                        (self.server.host, self.server.port), 10)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self.gate:
                    self.sockets |= {client, server}
                for pair in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pump, args=pair,
                                     daemon=True).start()

    def _pump(self, source, target, is_up):
        try:
            while chunk := source.recv(self.chunk):
                with self.gate:
                    self.current = source
                    self._count(chunk, is_up)
                for halt in self.halts:
                    halt.stand(source)
                rate = self.up_rate if is_up else self.rate
                if rate:
                    time.sleep(len(chunk) / rate)
                target.sendall(self.passed(chunk, is_up))
        except OSError:
            pass
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with self.gate:
                self.sockets.discard(one)

    def passed(self, chunk, is_up):
        """What goes on of it: for those that change it."""
        return chunk

    def _count(self, chunk, is_up):
        with self.gate:
            if is_up:
                self.up += len(chunk)
            else:
                self.down += len(chunk)
            for trigger in self.triggers:
                if trigger.is_due(self, is_up, chunk):
                    trigger.fire()
