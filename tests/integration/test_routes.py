"""Who may what: every route, each role, from the one table."""
import pytest

from harness.api import problem
from test_tokens import make

ROLES = ("none", "read", "operate", "restore", "admin")
MARK = "nobody-is-called-this"


@pytest.fixture(scope="module")
def tokens(module_cofferd):
    found = {"none": None, "admin": module_cofferd.token}
    for role in ROLES[1:-1]:
        found[role] = make(module_cofferd, f"walks-as-{role}", role)["token"]
    return found


@pytest.fixture(scope="module")
def operations(module_cofferd):
    """Method, path and least role of each, as the server tells them; a test
    of the unit holds them against the table that it goes by."""
    document = module_cofferd.api.fetch("/openapi.json")
    return [(method.upper(), path, operation["x-role"])
            for path, methods in document["paths"].items()
            for method, operation in methods.items()]


def ask(api, method, path):
    """With nothing in it that could be done."""
    path = path.replace("/{path}", "/app/main.js")
    while "{" in path:
        begin, end = path.index("{"), path.index("}")
        path = path[:begin] + MARK + path[end + 1:]
    body = {} if method in ("POST", "PATCH") else None
    return api.call(method, path, body)


def test_all_routes_and_roles(module_cofferd, tokens, operations):
    assert len(operations) > 40
    wrong, asked = [], 0
    for method, path, needed in operations:
        for role in ROLES:
            reply = ask(module_cofferd.api.with_token(tokens[role]), method,
                        path)
            asked += 1
            if needed == "none":
                is_right = reply.status in (200, 422)
            elif role == "none":
                is_right = reply.status == 401
            elif ROLES.index(role) < ROLES.index(needed):
                is_right = reply.status == 403
            else:
                is_right = reply.status not in (401, 403) \
                    and reply.status < 500
            if not is_right:
                wrong.append(f"{method} {path} as {role}: {reply!r}")
    assert not wrong, "\n".join(wrong)
    assert asked == len(operations) * len(ROLES)


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
