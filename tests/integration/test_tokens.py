"""Tokens: made once, listed without themselves, forgotten at once."""
import datetime
import json

import pytest

from harness import process
from harness.api import problem


def make(server, name, role="read", **more):
    """A token, kept out of the transcript: this reply alone may hold it."""
    api = server.api.with_token(server.token)
    api.transcript = []
    made = api.want(201, "POST", "/v1/tokens",
                    {"name": name, "role": role, **more})
    server.secrets.add(made["token"])
    return made


def in_seconds(n):
    at = datetime.datetime.now(datetime.timezone.utc)
    at += datetime.timedelta(seconds=n)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def test_life_of_a_token(module_cofferd):
    api = module_cofferd.api
    made = make(module_cofferd, "looker", "read")
    assert made["id"].startswith("tok_") and made["expires_at"] is None
    looker = api.with_token(made["token"])
    assert looker.get("/v1/system").status == 200
    problem(looker.post("/v1/pools", {}), 403, "forbidden")
    listed = next(t for t in api.items("/v1/tokens")
                  if t["name"] == "looker")
    assert "token" not in listed and listed["id"] == made["id"]
    assert api.delete(f"/v1/tokens/{made['id']}").status == 204
    problem(looker.get("/v1/system"), 401, "unauthorized")
    problem(api.delete(f"/v1/tokens/{made['id']}"), 404, "not_found")


def test_rule5_names_are_unique_without_regard_to_case(module_cofferd):
    api = module_cofferd.api
    make(module_cofferd, "Twice.1")
    problem(api.post("/v1/tokens", {"name": "tWICE.1", "role": "read"}), 409,
            "name_taken")
    for name in ("", "1st", "a b", "x" * 65, "ü"):
        problem(api.post("/v1/tokens", {"name": name, "role": "read"}), 422,
                "invalid_name", ["/name"])
    assert api.delete("/v1/tokens/TWICE.1").status == 204


def test_expired_ones_are_401(module_cofferd):
    # Long enough to be made on a machine that does much else.
    made = make(module_cofferd, "short", "read", expires_at=in_seconds(5))
    short = module_cofferd.api.with_token(made["token"])
    process.until(lambda: short.get("/v1/system").status == 401, 10,
                  "the token expires")
    # It is told of until it is deleted.
    assert module_cofferd.api.delete("/v1/tokens/short").status == 204


@pytest.mark.parametrize("expires_at", [
    "2020-01-01T00:00:00Z", "tomorrow", "", "2030-13-01T00:00:00Z"])
def test_expiry_has_to_come(module_cofferd, expires_at):
    problem(module_cofferd.api.post("/v1/tokens", {
        "name": "late", "role": "read", "expires_at": expires_at}), 422,
        "invalid_value", ["/expires_at"])


def test_the_last_admin_stays(cofferds):
    server = cofferds()
    api = server.api
    problem(api.delete("/v1/tokens/admin"), 409, "last_admin")
    # One that expires is no help.
    make(server, "guest", "admin", expires_at=in_seconds(3600))
    problem(api.delete("/v1/tokens/admin"), 409, "last_admin")
    other = api.with_token(make(server, "boss", "admin")["token"])
    assert other.delete("/v1/tokens/admin").status == 204
    problem(api.get("/v1/system"), 401, "unauthorized")
    assert other.get("/v1/system").status == 200


def test_they_survive_a_restart(cofferds):
    server = cofferds()
    made = make(server, "kept", "operate")
    gone = make(server, "gone", "operate")
    assert server.api.delete(f"/v1/tokens/{gone['id']}").status == 204
    server.kill()
    server.start()
    assert server.api.with_token(made["token"]).get(
        "/v1/system").status == 200
    assert server.api.with_token(gone["token"]).get(
        "/v1/system").status == 401


def test_pages(cofferds):
    server = cofferds()
    api = server.api
    for name in ("c", "a", "B"):
        make(server, name)
    names = [t["name"] for t in api.items("/v1/tokens?sort=name")]
    assert names == ["a", "admin", "B", "c"]
    newest = [t["name"] for t in api.items("/v1/tokens")]
    assert newest == ["B", "a", "c", "admin"]
    seen, after = [], ""
    while after is not None:
        page = api.fetch(f"/v1/tokens?limit=1&sort=-name&after={after}")
        assert page["total"] == 4
        seen += [t["name"] for t in page["items"]]
        after = page["next"]
    assert seen == names[::-1]
    assert [t["name"] for t in api.items("/v1/tokens?q=D")] == ["admin"]
    problem(api.get("/v1/tokens?sort=hash"), 400, "invalid_sort")
    problem(api.get("/v1/tokens?after=tok_x"), 400, "invalid_cursor")


def test_a_key_does_not_keep_a_token(cofferds):
    """Idempotency-Key does not count: a token is told once."""
    server = cofferds()
    api = server.api
    api.transcript = []
    body = json.dumps({"name": "once", "role": "read"}).encode()
    key = {"Idempotency-Key": "k"}
    made = api.post("/v1/tokens", body, headers=key)
    assert made.status == 201
    server.secrets.add(made.json["token"])
    problem(server.api.post("/v1/tokens", body, headers=key), 409,
            "name_taken")
