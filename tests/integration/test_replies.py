"""Replies that whole families of routes have in common, each seen on each
route that openapi.json tells of it for (see tests/replies.py)."""
import contextlib

import pytest

from harness import flow, process
from harness.api import problem
from harness.badinput import DOCUMENT
from harness.proxy import Proxy
from harness.trip import LocalWorld
from test_routes import CONSOLE, ask


def routes(status, *methods):
    """(method, path) of what may answer so."""
    found = [(method.upper(), path)
             for path, operations in DOCUMENT["paths"].items()
             for method, operation in operations.items()
             if method in methods and status in operation["responses"]]
    assert found
    return found


def walked(api, wanted, status, code, headers):
    """Each is asked for with those headers; what was answered otherwise."""
    wrong = []
    for method, path in wanted:
        reply = ask(api, method, path, headers)
        if reply.status == status:
            problem(reply, status, code)
        else:
            wrong.append(f"{method} {path}: {reply!r}")
    return wrong


def test_bodies_of_another_kind(module_cofferd):
    assert not walked(module_cofferd.api, routes("415", "post", "patch"), 415,
                      "unsupported_media_type",
                      {"Content-Type": "text/plain"})


@pytest.fixture
def cookie(cofferd):
    api = cofferd.api.with_token(None)
    api.transcript = []  # the reply holds the cookie
    reply = api.call("POST", "/v1/sessions", {"token": cofferd.token},
                     headers=CONSOLE)
    found = reply.headers["set-cookie"].split(";")[0]
    cofferd.secrets.add(found.split("=")[1])
    return found


def test_other_pages_write_nothing(cofferd, cookie):
    """A browser sends the cookie along for any page."""
    api = cofferd.api.with_token(None)
    wanted = [route for route in routes("403", "post", "patch", "delete")
              if route != ("POST", "/v1/sessions")]
    assert not walked(api, wanted, 403, "csrf", {"Cookie": cookie})
    problem(api.call("POST", "/v1/sessions", {"token": "x"},
                     headers={"Origin": "http://evil.example"}), 403, "csrf")


@pytest.mark.parametrize("path", ["/", "/docs", "/console/app/main.js"])
def test_the_console_again(module_cofferd, path):
    api = module_cofferd.api
    tag = api.get(path).headers["etag"]
    again = api.call("GET", path, headers={"If-None-Match": tag})
    assert again.status == 304 and not again.body
    assert api.call("GET", path, headers={"If-None-Match": '"x"'}).status \
        == 200


def test_no_console(cofferds):
    api = cofferds(env={"COFFER_CONSOLE": "off"}).api
    for path in ("/", "/docs", "/console/app/main.js"):
        problem(api.get(path), 404, "console_off")


# ---- what needs something to be there, and to be in the way

class Small:
    """A folder as source "tree" and its backup in a folder as pool."""

    def __init__(self, cofferds, server, base):
        self.base, self.tree = base, base / "tree"
        self.tree.mkdir()
        (self.tree / "a").write_bytes(b"x" * 1000)
        (base / "out").mkdir()
        cofferd = cofferds(args=["--restore-dirs", str(base / "out")])
        self.world = LocalWorld(cofferd, server).prepare(base / "pool")
        self.api = cofferd.api
        self.api.want(201, "POST", "/v1/sources", {
            "name": "tree", "engine": "files",
            "connection": {"path": str(self.tree)}})
        for name in ("one", "two"):
            self.api.want(201, "POST", "/v1/plans", {
                "name": name, "source": "tree", "pool": "pool",
                "strategy": "manual", "method": "snapshot"})
        self.backup = self.api.want(202, "POST", "/v1/backups", {
            "source": "tree", "pool": "pool", "name": "kept",
            "method": "snapshot"})
        self.api.wait_job(self.backup["job_id"])
        self.path = f"/v1/backups/{self.backup['id']}"

    def restore(self, path="/v1/restores"):
        return self.api.post(path, {
            "backup": self.backup["id"],
            "target": {"path": str(self.base / "out" / "tree")}})

    def looks(self):
        """What reads the backup's manifest: (what, reply)."""
        yield "manifest", self.api.get(f"{self.path}/manifest")
        yield "contents", self.api.get(f"{self.path}/contents")
        yield "check", self.restore("/v1/restores/check")
        yield "restore", self.restore()


@pytest.fixture
def small(cofferds, plain_mariadb, tmp_path):
    return Small(cofferds, plain_mariadb, tmp_path)


def test_changed_meanwhile(small):
    for path in (small.path, "/v1/pools/pool", "/v1/plans/one",
                 "/v1/sources/tree"):
        member = "description" if path == small.path else "remarks"
        problem(small.api.call("PATCH", path, {member: "x"},
                               headers={"If-Match": '"none"'}),
                412, "revision_changed")


def test_names_that_are_taken(small):
    small.api.want(201, "POST", "/v1/pools", {
        "name": "other", "storage_type": "local_directory",
        "local_directory": {"path": str(small.base / "other")}})
    for path, name in (("/v1/plans/one", "two"), ("/v1/sources/tree", "db"),
                       ("/v1/pools/pool", "other")):
        problem(small.api.call("PATCH", path, {"name": name}), 409,
                "name_taken")


def test_what_is_over_cannot_be_canceled(small):
    restore = small.restore().json
    small.api.wait_job(restore["job_id"])
    for path in (f"/v1/jobs/{small.backup['job_id']}",
                 f"/v1/restores/{restore['id']}", small.path):
        problem(small.api.post(f"{path}/cancel"), 409, "job_not_running")


def test_checks_by_hand(small):
    assert small.api.post("/v1/pools/pool/test", {}).status == 200
    assert small.api.post("/v1/sources/tree/test", {}).status == 200
    problem(small.api.get("/v1/sources/tree/databases/x/tables"), 422,
            "not_supported")
    small.tree.rename(small.base / "gone")
    problem(small.api.post("/v1/sources/tree/test", {}), 422,
            "source_check_failed")


def test_one_adoption_at_a_time(small):
    """The second of two that begin at once, sooner or later."""
    def refused():
        reply = small.api.post("/v1/pools/pool/adopt", {})
        if reply.status == 202:
            return False
        problem(reply, 409, "pool_in_use")
        return True
    process.until(refused, 60, "one is under way already", 0)


def test_what_another_has_taken_over(small, cofferds):
    """Rule 17, twice: nothing is left for the second."""
    server = small.api.fetch("/v1/system")["server_id"]
    small.world.cofferd.stop()
    others = [cofferds().api for _ in range(2)]
    for api in others:
        api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(small.world.folder)}})
    taken, late = (api.post("/v1/pools/pool/takeover", {"server": server})
                   for api in others)
    assert taken.status == 200 and taken.json["backups"] == 1
    problem(late, 404, "not_found")


def test_damaged(small):
    manifest = small.world.folder_of(small.backup) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"kept", b"kepT"))
    for what, reply in small.looks():
        if what != "restore" or reply.status != 202:
            problem(reply, 409, "damaged_backup")
        else:
            ended = small.api.wait_job(reply.json["job_id"])
            assert ended["error"]["code"] == "damaged_backup"


def test_a_disk_that_is_away_damages_nothing(small):
    """The pool's folder is not there: nothing is known of what is in it."""
    folder = small.world.folder
    folder.rename(small.base / "away")
    for what, reply in small.looks():
        found = reply.json
        if reply.status == 202:
            found = small.api.wait_job(found["job_id"])["error"]
        else:
            problem(reply, 503, "store_failed")
        assert found["code"] == "store_failed", (what, found)
    job = small.api.want(202, "POST", f"{small.path}/verify", {})
    ended = small.api.wait_job(job.get("job_id") or job["id"])
    assert ended["error"]["code"] == "store_failed"
    record = small.api.fetch(small.path)
    assert record["status"] == "completed"
    assert record["verify_status"] != "failed"
    (small.base / "away").rename(folder)
    # That it is there again is seen by the next look of the server.
    process.until(lambda: all(reply.status in (200, 202)
                              for _, reply in small.looks()), 30,
                  "all is as before", 0.5)


def test_a_source_that_is_away(small):
    server = small.world.server
    with contextlib.closing(Proxy(server)) as proxy:
        small.api.want(201, "POST", "/v1/sources", {
            **flow.source_body(server, "far"),
            "connection": {**flow.connection(server), "port": proxy.port}})
    # What waits in accept() may let one more in.
    process.until(lambda: small.api.get("/v1/sources/far/databases").status
                  == 503, 30, "nobody listens", 0.1)
    for path in ("databases", "databases/mysql/tables"):
        problem(small.api.get(f"/v1/sources/far/{path}"), 503,
                "connection_failed")
