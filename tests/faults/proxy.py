"""A proxy before an S3 store that knows what a request does (put, get, head,
list, delete) and can do to it what networks and stores do on bad days. It
talks TLS with its clients, so that certificates can be bad, too."""
import contextlib
import http.client
import re
import socket
import ssl
import struct
import subprocess
import threading
import time

from rig import process

RESET = struct.pack("ii", 1, 0)
VERBS = ("put", "get", "head", "list", "delete")
LIST = re.compile(r"[?&](list-type|prefix|delimiter|marker|max-keys)=")
ERROR = ('<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code>'
         "<Message>so the test has it</Message></Error>")
# A stall or a slow line ends by itself then, for those that would wait.
LONGEST = 90


def verb_of(method, target):
    if method == "GET":
        return "list" if LIST.search(target) else "get"
    if method == "POST":
        return "delete" if re.search(r"[?&]delete\b", target) else "put"
    return {"PUT": "put", "HEAD": "head", "DELETE": "delete"}[method]


def certificates(folder):
    """One that is good, one that has expired, and a file of both for those
    who trust them."""
    def make(name, *before):
        key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
        subprocess.run(
            [*before, "openssl", "req", "-x509", "-newkey", "rsa:2048",
             "-nodes", "-subj", f"/CN={name}", "-days", "9", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
             certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context, certificate.read_text()
    good, text = make("good")
    expired, more = make("expired", "faketime", "-f", "-30d")
    trusted = folder / "trusted.pem"
    trusted.write_text(text + more)
    return good, expired, trusted


class Cut(Exception):
    """The connection ends here, without a word."""


class Request:
    def __init__(self, head, rest, client):
        self.client = client
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.fields = [line.split(": ", 1) for line in lines[1:] if line]
        self.fields = [(name, value) for name, value in self.fields]
        self.verb = verb_of(self.method, self.target)
        self.length = int(self.field("content-length") or 0)
        self.body = rest
        if (self.field("expect") or "").lower() == "100-continue":
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def field(self, name):
        return next((v for n, v in self.fields if n.lower() == name), None)

    def read(self, most=None, rate=None):
        """The body, or so much of it."""
        most = self.length if most is None else most
        while len(self.body) < most:
            size = min(65536, most - len(self.body), rate or 65536)
            piece = self.client.recv(size)
            if not piece:
                raise Cut
            self.body += piece
            if rate:
                time.sleep(len(piece) / rate)


class Reply:
    def __init__(self, status, fields, body, is_head=False):
        self.status, self.fields, self.body = status, fields, body
        self.is_head = is_head

    @classmethod
    def error(cls, status, code, request, *fields):
        body = ERROR.format(code).encode()
        return cls(status, [("Content-Type", "application/xml"), *fields,
                            ("Content-Length", str(len(body)))], body,
                   request.method == "HEAD")

    def set(self, name, value):
        self.fields = [(n, v) for n, v in self.fields
                       if n.lower() != name.lower()] + [(name, value)]

    def bytes(self):
        head = f"HTTP/1.1 {self.status} So\r\n" + "".join(
            f"{n}: {v}\r\n" for n, v in self.fields) + "\r\n"
        return head.encode("latin-1") + (b"" if self.is_head else self.body)


class Fault:
    """kind: one of FAULTS; of requests of this verb alone. times: so many
    are struck, None: all until it is lifted."""

    def __init__(self, kind, verb, times):
        self.kind, self.verb, self.left = kind, verb, times
        self.hits = 0
        self.lifted = threading.Event()
        self.lock = threading.Lock()

    def strikes(self, request):
        with self.lock:
            if request.verb != self.verb or self.lifted.is_set() \
                    or self.left == 0:
                return False
            self.hits += 1
            if self.left is not None:
                self.left -= 1
            return True


class Proxy:
    def __init__(self, server, contexts):
        self.server = server
        self.good, self.expired = contexts
        self.context = self.good
        self.fault = None
        # (text, action): done once, before a request with it is let through.
        self.before = None
        self.sockets = set()
        self.listener = None
        # One that no connection gets while nobody listens.
        self.port = process.free_port()
        self.counts = dict.fromkeys(VERBS, 0)
        self.open()

    # ---- what a test does

    @contextlib.contextmanager
    def struck(self, kind, verb, times):
        self.fault = Fault(kind, verb, times)
        try:
            yield self.fault
        finally:
            self.lift()

    def lift(self):
        fault, self.fault = self.fault, None
        if fault:
            fault.lifted.set()
        if self.context is not self.good:
            self.context = self.good
        if self.listener is None:
            self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,),
                         daemon=True).start()

    def refuse(self):
        """Nobody listens any more."""
        listener, self.listener = self.listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def cut_all(self):
        for one in list(self.sockets):
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.refuse()
        self.cut_all()

    # ---- connections

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=self._serve, args=(client,),
                                 daemon=True).start()

    def _serve(self, plain):
        plain.settimeout(LONGEST + 30)
        client = plain
        try:
            client = self.context.wrap_socket(plain, server_side=True)
            self.sockets.add(client)
            while self._one(client):
                pass
        except (OSError, Cut, ValueError, KeyError,
                http.client.HTTPException):
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        finally:
            self.sockets.discard(client)
            with contextlib.suppress(OSError):
                client.close()

    def _one(self, client):
        """One request and its answer; whether the connection goes on."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return False
            head += piece
        head, rest = head.split(b"\r\n\r\n", 1)
        request = Request(head, rest, client)
        self.counts[request.verb] += 1
        if self.before and self.before[0] in f"{request.method} " \
                f"{request.target}":
            action, self.before = self.before[1], None
            action()
        fault = self.fault
        if fault and fault.strikes(request):
            return FAULTS[fault.kind](self, fault, request)
        request.read()
        client.sendall(self.ask(request).bytes())
        return True

    def ask(self, request):
        """What the store says."""
        upstream = http.client.HTTPConnection(self.server.host,
                                              self.server.port, timeout=60)
        try:
            upstream.putrequest(request.method, request.target,
                                skip_host=True, skip_accept_encoding=True)
            for name, value in request.fields:
                if name.lower() not in ("expect", "connection"):
                    upstream.putheader(name, value)
            upstream.endheaders(request.body or None)
            answer = upstream.getresponse()
            body = answer.read()
            fields = [(n, v) for n, v in answer.getheaders()
                      if n.lower() not in ("transfer-encoding",
                                           "connection", "keep-alive")]
        finally:
            upstream.close()
        reply = Reply(answer.status, fields, body, request.method == "HEAD")
        if not reply.is_head:
            reply.set("Content-Length", str(len(body)))
        return reply


# ---- faults: each gets the proxy, itself and a request whose body is not
# read yet, and says whether the connection goes on

def answering(status, code, *fields):
    def act(proxy, fault, request):
        request.read()
        request.client.sendall(
            Reply.error(status, code, request, *fields).bytes())
        return True
    return act


def refusing(proxy, fault, request):
    """From now on nobody is there; a fault of one time is over after a
    second."""
    proxy.refuse()
    if fault.left is not None:
        threading.Timer(1, lambda: fault.lifted.is_set()
                        or proxy.listener or proxy.open()).start()
    raise Cut


def blackhole(proxy, fault, request):
    fault.lifted.wait(LONGEST)
    raise Cut


def resetting(share):
    """At a share of what carries the bytes: of a put its body, else the
    answer."""
    def act(proxy, fault, request):
        if request.verb == "put":
            request.read(int(request.length * share))
            raise Cut
        if share == 0:
            raise Cut
        request.read()
        text = proxy.ask(request).bytes()
        request.client.sendall(text[:int(len(text) * share)])
        raise Cut
    return act


def stalling(proxy, fault, request):
    """In the middle of the bytes, until it is lifted."""
    if request.verb == "put":
        request.read(request.length // 2)
    else:
        request.read()
        text = proxy.ask(request).bytes()
        request.client.sendall(text[:len(text) // 2])
    fault.lifted.wait(LONGEST)
    raise Cut


def slow(proxy, fault, request):
    """1 KiB a second, for ten seconds: then the line is as ever."""
    until = time.monotonic() + 10
    while time.monotonic() < until and not fault.lifted.is_set() \
            and len(request.body) < request.length:
        request.read(min(request.length, len(request.body) + 1024), 1024)
    request.read()
    text = proxy.ask(request).bytes()
    while text and time.monotonic() < until and not fault.lifted.is_set():
        request.client.sendall(text[:256])
        text = text[256:]
        time.sleep(0.25)
    request.client.sendall(text)
    return True


def losing(proxy, fault, request):
    """It is done, and nobody hears of it."""
    request.read()
    proxy.ask(request)
    raise Cut


def lying(proxy, fault, request):
    """200, and an error in the body."""
    request.read()
    request.client.sendall(Reply.error(200, "InternalError",
                                       request).bytes())
    return True


def truncating(proxy, fault, request):
    """Half of the bytes, then the end, in order."""
    request.read()
    reply = proxy.ask(request)
    text = reply.bytes()
    request.client.sendall(text[:len(text) - (len(reply.body) + 1) // 2
                                if reply.body and not reply.is_head
                                else len(text) // 2])
    request.client.unwrap()
    return False


def corrupting(proxy, fault, request):
    """A bit of what is carried; of a listing its markup."""
    request.read()
    if request.body:
        middle = len(request.body) // 2
        request.body = (request.body[:middle]
                        + bytes([request.body[middle] ^ 4])
                        + request.body[middle + 1:])
    reply = proxy.ask(request)
    if request.verb == "list":
        reply.body = reply.body.replace(b"</", b"<\x04", 1)
    elif request.verb == "get" and reply.body:
        middle = len(reply.body) // 2
        reply.body = (reply.body[:middle] + bytes([reply.body[middle] ^ 4])
                      + reply.body[middle + 1:])
    elif not request.body:
        reply.status = 999
    request.client.sendall(reply.bytes())
    return True


def mismeasuring(proxy, fault, request):
    """The length is that of half of it, and half of it is all that comes."""
    request.read()
    reply = proxy.ask(request)
    if reply.is_head:
        reply.set("Content-Length",
                  str(int(dict(reply.fields).get("Content-Length", 0)) + 7))
    elif reply.body:
        reply.body = reply.body[:len(reply.body) // 2]
        reply.set("Content-Length", str(len(reply.body)))
    else:
        reply.set("Content-Length", "70")
    request.client.sendall(reply.bytes())
    return False


def expiring(proxy, fault, request):
    """Its connection ends, and whoever comes sees another certificate."""
    if fault.left is None:
        proxy.context = proxy.expired
    else:
        proxy.context = proxy.expired
        threading.Timer(1, lambda: setattr(proxy, "context",
                                           proxy.good)).start()
    raise Cut


FAULTS = {
    "refuse": refusing, "blackhole": blackhole, "reset at 0 %": resetting(0),
    "reset at 50 %": resetting(0.5), "reset at 99 %": resetting(0.99),
    "stall": stalling, "1 KiB/s": slow, "reply lost": losing,
    "503 SlowDown": answering(503, "SlowDown"),
    "500": answering(500, "InternalError"),
    "403": answering(403, "AccessDenied"),
    "skewed clock": answering(403, "RequestTimeTooSkewed"),
    "redirect": answering(307, "TemporaryRedirect",
                          ("Location", "http://127.0.0.2:9/elsewhere")),
    "200 with an error": lying, "truncated": truncating,
    "corrupted": corrupting, "wrong length": mismeasuring,
    "expired certificate": expiring,
    "quota": answering(403, "QuotaExceeded"),
    "507": answering(507, "InsufficientStorage"),
}
