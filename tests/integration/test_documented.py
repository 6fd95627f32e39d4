"""The check that every reply of every test goes through (harness/documented)
finds what openapi.json does not say; and the document has what it needs."""
import json

import pytest

from harness import documented
from harness.api import PROBLEM, Reply

WHO = {"name": "a", "role": "read", "expires_at": None}
TROUBLE = {"type": "/problems/not-found", "title": "Not found", "status": 404,
           "code": "not_found", "detail": "no", "request_id": "req_x",
           "errors": []}


def reply(status, body, kind="application/json"):
    return Reply(status, [("Content-Type", kind)], json.dumps(body).encode())


@pytest.mark.parametrize("method, path, answer", [
    ("GET", "/v1/sessions", reply(200, WHO)),
    ("GET", "/v1/sessions", reply(404, TROUBLE, PROBLEM)),
    ("GET", "/v1/nothing", reply(404, TROUBLE, PROBLEM)),
    ("HEAD", "/v1/sessions", Reply(200, [], b""))])
def test_what_is_documented(method, path, answer):
    assert documented.check(method, path, answer) is None


@pytest.mark.parametrize("method, path, answer", [
    ("GET", "/v1/sessions", reply(200, {**WHO, "extra": 1})),
    ("GET", "/v1/sessions", reply(200, {**WHO, "role": "root"})),
    ("GET", "/v1/sessions", reply(200, {"name": "a", "role": "read"})),
    ("GET", "/v1/sessions", reply(200, WHO, "text/plain")),
    ("GET", "/v1/sessions", reply(202, WHO)),
    ("GET", "/v1/sessions", reply(404, {"code": "not_found"}, PROBLEM)),
    ("GET", "/v1/sessions", reply(404, TROUBLE)),
    ("DELETE", "/v1/sessions", reply(204, WHO)),
    ("GET", "/v1/nothing", reply(200, WHO))])
def test_what_is_not(method, path, answer):
    assert documented.check(method, path, answer)


def test_each_operation_tells_of_its_success():
    for path, methods in documented.DOCUMENT["paths"].items():
        for method, operation in methods.items():
            name = f"{method} {path}"
            assert operation["tags"] and operation["summary"], name
            assert any(s[0] == "2" for s in operation["responses"]), name
            for status, answer in operation["responses"].items():
                answer = documented.resolved(answer)
                assert answer["description"], f"{name} {status}"
                for kind, content in answer.get("content", {}).items():
                    assert "schema" in content, f"{name} {status} {kind}"
