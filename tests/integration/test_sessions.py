"""Console sessions: a cookie in place of a token. Whoever has it can do what
the token could, from our own pages, until either ends."""
import concurrent.futures
import json
import re
import socket
import time

import pytest

from harness import documented, process
from harness.api import Api, problem
from harness.rawhttp import exchange
from test_routes import ROLES, ask
from test_tokens import in_seconds, make

PASSWORD = "correct horse battery"
MARK = {"X-Coffer-Console": "1"}
COOKIE = re.compile(r"coffer_session=([0-9a-f]{64}); HttpOnly; "
                    r"SameSite=Strict; Path=/; Max-Age=43200(; Secure)?")


class Browser(Api):
    """Keeps the cookie and sends it, as a page of the console does; its
    replies hold the cookie, and are in no transcript."""

    def __init__(self, server):
        super().__init__(server.port)
        self.server = server
        self.cookie = None
        self.mark = MARK

    def call(self, method, path, body=None, headers=None, timeout=90):
        head = dict(self.mark if method not in ("GET", "HEAD") else {})
        if self.cookie:
            head["Cookie"] = f"coffer_session={self.cookie}"
        head.update(headers or {})
        reply = super().call(method, path, body, head, timeout)
        self.transcript.clear()
        found = COOKIE.fullmatch(reply.headers.get("set-cookie", ""))
        if found:
            self.cookie = found.group(1)
            self.server.secrets.add(self.cookie)
        return reply

    def log_in(self, **body):
        reply = self.post("/v1/sessions", body)
        assert reply.status == 201, repr(reply)
        return reply.json


@pytest.fixture
def browser(module_cofferd):
    return Browser(module_cofferd)


def test_a_token_becomes_a_session(module_cofferd, browser):
    made = make(module_cofferd, "tina", "operate")
    reply = browser.post("/v1/sessions", {"token": made["token"]})
    assert reply.status == 201
    assert reply.json["name"] == "tina" and reply.json["role"] == "operate"
    assert reply.json["expires_at"] > in_seconds(11 * 3600)
    assert reply.json["expires_at"] < in_seconds(12 * 3600 + 60)
    assert COOKIE.fullmatch(reply.headers["set-cookie"])
    assert reply.headers["cache-control"] == "no-store"
    who = browser.fetch("/v1/sessions")
    assert who["name"] == "tina" and who["role"] == "operate"
    assert browser.get("/v1/system").status == 200
    problem(browser.post("/v1/pools", {}), 403, "forbidden")
    reply = browser.delete("/v1/sessions")
    assert reply.status == 204
    assert "coffer_session=; " in reply.headers["set-cookie"]
    assert "Max-Age=0" in reply.headers["set-cookie"]
    problem(browser.get("/v1/sessions"), 401, "unauthorized")
    problem(browser.delete("/v1/sessions"), 401, "unauthorized")


def test_a_password_becomes_a_session(module_cofferd, browser):
    module_cofferd.secrets.add(PASSWORD)
    made = make(module_cofferd, "Petra", "restore", password=PASSWORD)
    assert made["password"] == {"set": True}
    listed = {t["name"]: t for t in module_cofferd.api.items("/v1/tokens")}
    assert listed["Petra"]["password"] == {"set": True}
    assert listed["admin"]["password"] is None
    assert browser.log_in(name="petra", password=PASSWORD)["name"] == "Petra"
    assert browser.fetch("/v1/sessions")["role"] == "restore"
    # The token itself is as good as any.
    assert module_cofferd.api.with_token(made["token"]).get(
        "/v1/system").status == 200


@pytest.mark.parametrize("body", [
    {"name": "otto", "password": "Correct horse battery"},
    {"name": "otto", "password": PASSWORD + " "},
    {"name": "otto", "password": ""},
    {"name": "nobody", "password": PASSWORD},
    {"name": "admin", "password": PASSWORD},
    {"name": "admin", "password": ""},
    {"token": "coffer_" + "0" * 64}, {"token": ""}])
def test_wrong_ones(module_cofferd, browser, body):
    if body.get("name") == "otto":
        names = {t["name"] for t in module_cofferd.api.items("/v1/tokens")}
        if "otto" not in names:
            make(module_cofferd, "otto", "admin", password=PASSWORD)
    reply = browser.post("/v1/sessions", body)
    problem(reply, 401, "unauthorized")
    assert "set-cookie" not in reply.headers
    assert "otto" not in reply.json["detail"]


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 129, 7])
def test_passwords_have_a_length(module_cofferd, password):
    reply = module_cofferd.api.post("/v1/tokens", {
        "name": "short", "role": "read", "password": password})
    problem(reply, 422, "invalid_type" if password == 7 else "invalid_value",
            ["/password"])


def test_passwords_of_any_characters(module_cofferd, browser):
    password = "пароль 密码 \t\"\\ 🔑 ' --"
    make(module_cofferd, "unicode", "read", password=password)
    assert browser.log_in(name="unicode", password=password)


def test_every_route_and_role(module_cofferd):
    """The walk of test_routes.py, by sessions; what ends them comes last."""
    operations = sorted(
        ((method.upper(), path, one["x-role"])
         for path, methods in documented.DOCUMENT["paths"].items()
         for method, one in methods.items()),
        key=lambda o: o[:2] == ("DELETE", "/v1/sessions"))
    wrong = []
    for role in ROLES[1:]:
        browser = Browser(module_cofferd)
        made = make(module_cofferd, f"session-{role}", role)
        browser.log_in(token=made["token"])
        for method, path, needed in operations:
            if (method, path) == ("POST", "/v1/sessions"):
                continue
            status = ask(browser, method, path).status
            if needed == "none":
                is_right = status == 200
            elif ROLES.index(role) < ROLES.index(needed):
                is_right = status == 403
            else:
                is_right = status not in (401, 403) and status < 500
            if not is_right:
                wrong.append(f"{method} {path} as {role}: {status}")
    assert not wrong, "\n".join(wrong)


# ---- other pages

def test_writing_needs_the_header(module_cofferd, browser):
    browser.log_in(token=module_cofferd.token)
    body = {"timer": {"cycle": "daily", "at": "02:30", "timezone": "UTC",
                      "missed": "skip"}}
    browser.mark = {}
    for headers in ({}, {"X-Coffer-Console": ""}, {"X-Coffer-Console": "0"},
                    {"X-Coffer-Console": "true"}):
        for method, path, sent in (
                ("POST", "/v1/timers/preview", body),
                ("POST", "/v1/pools", {}), ("PATCH", "/v1/plans/x", {}),
                ("DELETE", "/v1/sessions", None)):
            problem(browser.call(method, path, sent, headers=headers), 403,
                    "csrf")
    # Reading does not, and the session is as it was.
    assert browser.get("/v1/sessions").status == 200
    assert browser.post("/v1/timers/preview", body,
                        headers=MARK).status == 200
    # Who sends a token is no page that was led astray.
    assert module_cofferd.api.post("/v1/timers/preview", body).status == 200


def test_writing_from_another_origin(module_cofferd, browser):
    browser.log_in(token=module_cofferd.token)
    port = module_cofferd.port
    for origin in ("null", "http://evil.example", "http://127.0.0.1",
                   f"http://127.0.0.1:{port + 1}", f"http://localhost:{port}",
                   f"http://127.0.0.1:{port}.evil.example", ""):
        problem(browser.post("/v1/pools", {}, headers={"Origin": origin}),
                403, "csrf")
        problem(browser.post("/v1/sessions", {"token": module_cofferd.token},
                             headers={"Origin": origin}), 403, "csrf")
    own = {"Origin": f"http://127.0.0.1:{port}"}
    problem(browser.post("/v1/pools", {}, headers=own), 422, "required")


def test_no_preflight_is_answered_with_leave(module_cofferd):
    """What a browser asks before it lets another page send our header."""
    status, answer = exchange(
        module_cofferd.port,
        b"OPTIONS /v1/pools HTTP/1.1\r\nHost: localhost\r\n"
        b"Origin: http://evil.example\r\n"
        b"Access-Control-Request-Method: POST\r\n"
        b"Access-Control-Request-Headers: x-coffer-console\r\n"
        b"Connection: close\r\n\r\n")
    assert status in (401, 405)
    assert b"access-control" not in answer.lower()


def test_secure_behind_tls(cofferds):
    """A proxy speaks TLS and passes Host on."""
    server = cofferds(["--allowed-hosts", "backup.example"])
    browser = Browser(server)
    reply = browser.post("/v1/sessions", {"token": server.token},
                         headers={"Host": "backup.example",
                                  "Origin": "https://backup.example"})
    assert reply.status == 201
    assert reply.headers["set-cookie"].endswith("; Secure")


# ---- cookies

def test_a_session_is_always_new(module_cofferd, browser):
    """Nobody can be made to log in into one that another one knows."""
    browser.cookie = known = "0" * 64
    browser.log_in(token=module_cofferd.token)
    assert browser.cookie != known
    first = browser.cookie
    browser.log_in(token=module_cofferd.token)
    assert browser.cookie != first
    browser.cookie = known
    problem(browser.get("/v1/sessions"), 401, "unauthorized")


def test_cookies_that_are_none(module_cofferd, browser):
    browser.log_in(token=module_cofferd.token)
    good, browser.cookie = browser.cookie, None

    def status(cookie):
        return browser.get("/v1/system", headers={"Cookie": cookie}).status
    assert status(f"a=b; coffer_session={good}; c=d") == 200
    for cookie in ("", "a=b", "coffer_session", "coffer_session=",
                   f"coffer_session={good[:-1]}", f"coffer_session={good}0",
                   f"coffer_session={good.upper()}x",
                   f'coffer_session="{good}"', f"Coffer_Session={good}",
                   f"coffer_session={good}; coffer_session=1",
                   f"coffer_session=1; coffer_session={good}",
                   "; ".join(f"c{i}=x" for i in range(1000)), ";" * 9000,
                   "coffer_session=" + "0" * 9000):
        assert status(cookie) == 401, cookie[:80]
    assert status(f"coffer_session={good}; x=" + "y" * 40000) == 431
    assert status(f"coffer_session={good}") == 200


def test_a_wrong_token_is_not_mended_by_a_session(module_cofferd, browser):
    browser.log_in(token=module_cofferd.token)
    problem(browser.get("/v1/system",
                        headers={"Authorization": "Bearer wrong"}), 401,
            "unauthorized")


# ---- ends

def test_it_ends_with_its_token(module_cofferd, browser):
    made = make(module_cofferd, "fired", "admin")
    browser.log_in(token=made["token"])
    assert module_cofferd.api.delete(
        f"/v1/tokens/{made['id']}").status == 204
    problem(browser.get("/v1/system"), 401, "unauthorized")
    # One of the same name is somebody else.
    make(module_cofferd, "fired", "admin")
    problem(browser.get("/v1/system"), 401, "unauthorized")


def test_it_expires_with_its_token(module_cofferd, browser):
    made = make(module_cofferd, "brief", "read", expires_at=in_seconds(5))
    session = browser.log_in(token=made["token"])
    assert session["expires_at"] == made["expires_at"]
    process.until(lambda: browser.get("/v1/system").status == 401, 10,
                  "the session expires")


def test_a_restart_ends_all(cofferds):
    server = cofferds()
    browser = Browser(server)
    browser.log_in(token=server.token)
    server.kill()
    server.start()
    problem(browser.get("/v1/system"), 401, "unauthorized")


def test_the_oldest_makes_room(module_cofferd):
    made = make(module_cofferd, "many", "read")
    browsers = [Browser(module_cofferd) for _ in range(33)]
    for one in browsers:
        one.log_in(token=made["token"])
    assert [one.get("/v1/sessions").status for one in browsers] \
        == [401] + [200] * 32


# ---- the stream of events

class Stream:
    """The console's EventSource."""

    def __init__(self, browser):
        self.socket = socket.create_connection(
            ("127.0.0.1", browser.port), 30)
        self.socket.sendall(
            f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Accept: text/event-stream\r\n"
            f"Cookie: coffer_session={browser.cookie}\r\n\r\n".encode())
        self.data = b""

    def until(self, text):
        while text not in self.data:
            piece = self.socket.recv(65536)
            assert piece, f"closed after {self.data!r}"
            self.data += piece

    def ends(self):
        """By the last chunk; the connection may be used again."""
        while not self.data.endswith(b"\r\n0\r\n\r\n"):
            piece = self.socket.recv(65536)
            if not piece:
                break
            self.data += piece
        self.socket.close()


@pytest.mark.parametrize("how", ["logout", "token"])
def test_a_stream_ends_with_its_session(module_cofferd, browser, how):
    made = make(module_cofferd, f"stream-{how}", "admin")
    browser.log_in(token=made["token"])
    stream, other = Stream(browser), Browser(module_cofferd)
    other.log_in(token=module_cofferd.token)
    staying = Stream(other)
    stream.until(b"retry: ")
    staying.until(b"retry: ")
    make(module_cofferd, f"told-{how}")
    stream.until(f"told-{how}".encode())
    if how == "logout":
        assert browser.delete("/v1/sessions").status == 204
    else:
        assert module_cofferd.api.delete(
            f"/v1/tokens/{made['id']}").status == 204
    stream.ends()
    make(module_cofferd, f"after-{how}")
    staying.until(f"after-{how}".encode())
    assert f"after-{how}".encode() not in stream.data
    staying.socket.close()


# ---- who guesses

def test_guesses_are_counted_on_loopback_too(cofferds):
    server = cofferds()
    make(server, "target", "admin", password=PASSWORD)
    browser = Browser(server)
    wrong = {"name": "target", "password": "not the password"}
    statuses = []
    while len(statuses) < 40 and 429 not in statuses:
        statuses.append(browser.post("/v1/sessions", wrong).status)
    # More than 20 only where those took more than a minute.
    assert statuses[:20] == [401] * 20 and statuses[-1] == 429
    # Not even the right one is looked at, whatever the name; and the work of
    # scrypt is not done.
    reply = browser.post("/v1/sessions",
                         {"name": "target", "password": PASSWORD})
    problem(reply, 429, "too_many_requests")
    assert 1 <= int(reply.headers["retry-after"]) <= 61
    # Tokens cannot be guessed: they go on.
    assert server.api.get("/v1/system").status == 200
    browser.log_in(token=server.token)


def test_a_name_tells_nothing_by_its_time(module_cofferd, browser):
    """As long for a name that there is as for one that there is not."""
    make(module_cofferd, "timed", "read", password=PASSWORD)
    times = {}
    for name in ("timed", "absent", "admin"):
        took = []
        for _ in range(2):
            begin = time.monotonic()
            browser.post("/v1/sessions", {"name": name,
                                          "password": "wrong password"})
            took.append(time.monotonic() - begin)
        times[name] = min(took)
    assert min(times.values()) > 0.4 * max(times.values()), times


def test_few_are_hashed_at_once(cofferds):
    """Many logins neither hold up the loop nor take its memory."""
    server = cofferds()
    make(server, "crowd", "read", password=PASSWORD)

    def log_in(_):
        return Browser(server).post(
            "/v1/sessions", {"name": "crowd", "password": PASSWORD}).status
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(log_in, range(12)))
    assert set(statuses) == {201, 429}, statuses
    assert server.api.get("/v1/system").status == 200
    assert log_in(0) == 201


def test_who_leaves_while_it_is_hashed(cofferds):
    server = cofferds()
    body = json.dumps({"name": "x", "password": "y" * 20}).encode()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port)) as s:
            s.sendall(b"POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\n"
                      b"Content-Type: application/json\r\n"
                      b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert server.api.get("/v1/system").status == 200
    # And a stop in the middle of it.
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.sendall(b"POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\n"
                  b"Content-Type: application/json\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body)
        server.stop()
        server.start()


def test_the_audit_log_tells_of_them(module_cofferd, browser):
    api = module_cofferd.api
    make(module_cofferd, "audited", "read", password=PASSWORD)
    browser.log_in(name="audited", password=PASSWORD)
    browser.delete("/v1/sessions")
    events = [e for e in api.items("/v1/events?kind=audit&limit=20")
              if e["who"] == "audited"]
    assert [(e["act"], e["result"]) for e in events] == [
        ("session.delete", "ok"), ("session.create", "ok")]
    # A password that was typed where the name belongs is in no log.
    typed = "hunter2-hunter2"
    module_cofferd.secrets.add(typed)
    process.until(lambda: any(
        e["result"] == "denied" and e["act"] == "session.create"
        for e in _fail(browser, api, typed)), 10, "the failure is told of")


def _fail(browser, api, typed):
    """The gate of denials opens once a second."""
    problem(browser.post("/v1/sessions", {"name": typed, "password": "x"}),
            401, "unauthorized")
    return api.items("/v1/events?kind=audit&limit=3")


def test_a_key_does_not_keep_a_session(module_cofferd, browser):
    key = {"Idempotency-Key": "session-key"}
    body = {"token": module_cofferd.token}
    first = browser.post("/v1/sessions", body, headers=key)
    again = browser.post("/v1/sessions", body, headers=key)
    assert first.status == again.status == 201
    assert first.headers["set-cookie"] != again.headers["set-cookie"]
    assert "idempotency-replayed" not in again.headers
