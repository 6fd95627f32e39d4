"""Who may what: every route, each role, by the table in roles.txt."""
import pathlib

import pytest

from harness.api import problem
from harness.badinput import DOCUMENT
from test_tokens import make

ROLES = ("none", "read", "operate", "restore", "admin")
MARK = "nobody-is-called-this"
TABLE = pathlib.Path(__file__).with_name("roles.txt")
# Of what writes by a session's cookie.
CONSOLE = {"X-Coffer-Console": "1"}


def table():
    """(method, path, least role) of each route."""
    lines = (line.split() for line in TABLE.read_text().splitlines()
             if line and not line.startswith("#"))
    return [(method, path, "none" if role == "anyone" else role)
            for method, path, role in lines]


@pytest.fixture(scope="module")
def tokens(module_cofferd):
    found = {"none": None, "admin": module_cofferd.token}
    for role in ROLES[1:-1]:
        found[role] = make(module_cofferd, f"walks-as-{role}", role)["token"]
    return found


def ask(api, method, path, headers=None):
    """With nothing in it that could be done."""
    path = path.replace("/{path}", "/app/main.js")
    while "{" in path:
        begin, end = path.index("{"), path.index("}")
        path = path[:begin] + MARK + path[end + 1:]
    body = {} if method in ("POST", "PATCH") else None
    return api.call(method, path, body, headers=headers)


def is_right(reply, role, needed):
    if needed == "none":
        return reply.status in (200, 422)
    if role == "none":
        return reply.status == 401
    if ROLES.index(role) < ROLES.index(needed):
        return reply.status == 403
    return reply.status not in (401, 403) and reply.status < 500


def walk(api_of, routes, headers=None):
    """Asks for all as everybody; what was wrong, and how many were asked."""
    wrong, asked = [], 0
    for method, path, needed in routes:
        for role in ROLES:
            more = headers(role) if headers else None
            reply = ask(api_of(role), method, path, more)
            asked += 1
            if not is_right(reply, role, needed):
                wrong.append(f"{method} {path} as {role}: {reply!r}")
    assert asked == len(routes) * len(ROLES)
    return wrong


def test_table_is_whole():
    """Each route once, and what openapi.json says of it."""
    rows = table()
    assert len(rows) == len({row[:2] for row in rows}) > 40
    assert {role for _, _, role in rows} == set(ROLES)
    told = {(method.upper(), path, operation["x-role"])
            for path, methods in DOCUMENT["paths"].items()
            for method, operation in methods.items()}
    assert set(rows) == told
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            is_open = (method.upper(), path, "none") in rows
            assert (operation.get("security") == []) == is_open, path


def test_all_routes_and_roles(module_cofferd, tokens):
    wrong = walk(lambda role: module_cofferd.api.with_token(tokens[role]),
                 table())
    assert not wrong, "\n".join(wrong)


def test_heads(module_cofferd, tokens):
    """HEAD tells no more than GET to nobody less."""
    routes = [("HEAD", path, needed) for method, path, needed in table()
              if method == "GET"]
    wrong = walk(lambda role: module_cofferd.api.with_token(tokens[role]),
                 routes)
    assert not wrong, "\n".join(wrong)


def test_all_routes_by_sessions(module_cofferd, tokens):
    """The cookie of a session may what its token may."""
    api, cookies = module_cofferd.api.with_token(None), {"none": {}}
    api.transcript = []  # the reply holds the cookie
    for role in ROLES[1:]:
        reply = api.call("POST", "/v1/sessions", {"token": tokens[role]},
                         headers=CONSOLE)
        assert reply.status in (200, 201), repr(reply)
        cookie = reply.headers["set-cookie"].split(";")[0]
        module_cofferd.secrets.add(cookie.split("=")[1])
        cookies[role] = {"Cookie": cookie, **CONSOLE}
    # The one route that would end them.
    routes = [row for row in table() if row[:2] != ("DELETE", "/v1/sessions")]
    wrong = walk(lambda role: module_cofferd.api.with_token(None), routes,
                 cookies.get)
    assert not wrong, "\n".join(wrong)


def test_paths_that_are_none(module_cofferd, tokens):
    """Nobody learns what there is without a token."""
    api = module_cofferd.api
    for method, path in (("GET", "/v1/nothing"), ("PUT", "/v1/pools"),
                         ("DELETE", "/v1/tokens"), ("GET", "/v2/pools")):
        assert api.with_token(None).call(method, path).status == 401
        for role in ROLES[1:]:
            reply = api.with_token(tokens[role]).call(method, path)
            problem(reply, reply.status, "not_found" if reply.status == 404
                    else "method_not_allowed")
