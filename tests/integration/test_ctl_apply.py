"""cofferctl export and apply: a server that is what a file says."""
import json

import pytest

from harness import flow
from harness.ctl import Ctl, FAILED, UNREACHABLE, USAGE


@pytest.fixture
def ctl(binary, cofferd):
    return Ctl(binary, cofferd)


@pytest.fixture
def declared(mariadb, tmp_path, cofferd):
    """A file that declares one of each; the password lies beside it."""
    (tmp_path / "pool").mkdir()
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text(mariadb.password + "\n")
    cofferd.secrets.add(mariadb.password)
    return Declared(tmp_path / "declared.json", {
        "pools": [{"name": "backups", "storage_type": "local_directory",
                   "local_directory": {"path": str(tmp_path / "pool")}}],
        "plans": [{"name": "nightly", "source": "orders", "pool": "backups",
                   "strategy": "timer", "retention_days": 14,
                   "timer": {"cycle": "daily", "at": "02:30",
                             "timezone": "Europe/Berlin"},
                   "scope": {"include": ["nothing_yet"]}}],
        "sources": [{"name": "orders", "engine": "mysql",
                     "connection": flow.connection(
                         mariadb, password={"file": str(password)})}]})


class Declared:
    def __init__(self, path, document):
        self.path = path
        self.document = document
        self.write()

    def write(self):
        self.path.write_text(json.dumps(self.document))
        return self.path

    @property
    def plan(self):
        return self.document["plans"][0]

    @property
    def source(self):
        return self.document["sources"][0]


def actions(said):
    return [(r["kind"], r["action"]) for r in said["results"]]


CREATED = [("pool", "created"), ("source", "created"), ("plan", "created")]
UNCHANGED = [(kind, "unchanged") for kind, _ in CREATED]


def test_apply(ctl, cofferd, declared, small):
    api = cofferd.api
    declared.plan["scope"] = {"include": [small]}
    declared.write()
    dry = ctl.json("apply", declared.path, "--dry-run")
    assert dry["dry_run"] is True and actions(dry) == CREATED
    assert api.items("/v1/pools") == [] and api.items("/v1/sources") == []
    said = ctl("apply", declared.path)
    assert said.out == ("pool backups: created\nsource orders: created\n"
                        "plan nightly: created\n"
                        "3 created, 0 changed, 0 unchanged\n")
    # The secret is the right one: it backs up.
    ctl("run", "nightly", "--wait")
    before = {kind: api.items(f"/v1/{kind}")[0]["revision"]
              for kind in ("pools", "sources", "plans")}
    said = ctl("apply", declared.path)
    assert said.out.endswith("plan nightly: unchanged\nnothing to change\n")
    assert actions(ctl.json("apply", declared.path)) == UNCHANGED
    assert before == {kind: api.items(f"/v1/{kind}")[0]["revision"]
                      for kind in before}


def test_changes(ctl, cofferd, declared):
    api = cofferd.api
    ctl("apply", declared.path)
    declared.plan.update(retention_days=30, scope={
        "databases": [{"name": "shop"}]},
        timer={"cycle": "weekly", "at": "02:30", "weekdays": ["sun"]})
    declared.source["remarks"] = "of the shop"
    declared.write()
    dry = ctl.json("apply", declared.path, "--dry-run")
    assert actions(dry) == [("pool", "unchanged"), ("source", "changed"),
                            ("plan", "changed")]
    assert dry["results"][1]["changes"] == ["remarks"]
    assert set(dry["results"][2]["changes"]) == {
        "scope.include", "scope.databases", "timer.cycle", "timer.weekdays",
        "timer.timezone", "retention_days"}
    assert api.fetch("/v1/plans/nightly")["retention_days"] == 14
    said = ctl("apply", declared.path)
    assert "source orders: changed remarks\n" in said.out
    assert said.out.endswith("0 created, 2 changed, 1 unchanged\n")
    plan = api.fetch("/v1/plans/nightly")
    # What a file declares of a scope and a timer is all of it.
    assert plan["scope"] == {"databases": [{"name": "shop"}]}
    assert plan["timer"]["timezone"] == "UTC"
    assert api.fetch("/v1/sources/orders")["remarks"] == "of the shop"
    ctl("apply", declared.path)
    assert actions(ctl.json("apply", declared.path)) == UNCHANGED
    # A secret is not told by the server: sent again when asked to.
    said = ctl("apply", declared.path, "--secrets", "--dry-run")
    assert "source orders: changed connection.password\n" in said.out


def test_export(ctl, binary, cofferd, cofferds, declared, tmp_path, mariadb):
    ctl("apply", declared.path)
    exported = ctl("export").json
    assert list(exported) == ["pools", "sources", "plans"]
    assert exported["sources"][0]["connection"]["password"] == {"set": True}
    assert exported["plans"][0]["source"] == "orders"
    assert exported["plans"][0]["retention_days"] == 14
    path = tmp_path / "exported.json"
    path.write_text(json.dumps(exported))
    assert ctl("apply", path).out.endswith("nothing to change\n")
    assert ctl("apply", "-", stdin=path.read_bytes()).out.endswith(
        "nothing to change\n")
    # Elsewhere what is secret has to be told.
    there = cofferds()
    there.secrets.add(mariadb.password)
    other = Ctl(binary, there)
    said = other("apply", path, status=FAILED)
    assert 'give it as {"file":"PATH"}' in said.err
    assert said.out == (
        "pool backups: created\nsource orders: failed\n"
        "plan nightly: not tried\n1 created, 0 changed, 0 unchanged; what "
        "follows the failure was not tried: apply again\n")
    assert other.json("apply", path, status=FAILED)["results"][2][
        "action"] == "not tried"
    exported["sources"][0]["connection"]["password"] = \
        declared.source["connection"]["password"]
    path.write_text(json.dumps(exported))
    assert actions(other.json("apply", path)) == [
        UNCHANGED[0], *CREATED[1:]]
    again = other("export").json
    exported["sources"][0]["connection"]["password"] = {"set": True}
    assert again == exported


def test_failure_in_the_middle(ctl, cofferd, declared):
    """What was done stays done, and the rest follows when it is put right."""
    declared.plan["retention_days"] = 0
    declared.document["plans"].append({**declared.plan, "name": "second",
                                       "retention_days": 1})
    declared.write()
    said = ctl("apply", declared.path, status=FAILED)
    assert "  /retention_days: " in said.err
    assert "plan nightly: failed\nplan second: not tried\n" in said.out
    assert cofferd.api.items("/v1/plans") == []
    declared.plan["retention_days"] = 2
    declared.write()
    assert actions(ctl.json("apply", declared.path)) == [
        *UNCHANGED[:2], CREATED[2], CREATED[2]]


@pytest.mark.parametrize("document", [
    [], {"sources": {}}, {"nothing": []}, {"pools": [1]}, {"plans": [{}]},
    {"sources": [{"name": "a"}, {"name": "a"}]},
    {"sources": [{"name": "a", "connection": {
        "password": {"file": "/nonexistent"}}}]},
])
def test_wrong_files(ctl, tmp_path, document):
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(document))
    ctl("apply", path, status=USAGE)
    path.write_text("{")
    ctl("apply", path, status=USAGE)
    ctl("apply", tmp_path / "nothing", status=USAGE)


def test_secrets_that_are_open_to_others(ctl, cofferd, declared, tmp_path):
    (tmp_path / "password").chmod(0o604)
    said = ctl("apply", declared.path, status=USAGE)
    assert "chmod 600" in said.err
    assert cofferd.api.items("/v1/pools") == []


def test_nobody_there(binary, declared):
    alone = Ctl(binary, env={"COFFER_SOCKET": "/nonexistent"})
    said = alone("apply", declared.path, status=UNREACHABLE)
    assert "pool backups: failed\n" in said.out
    alone("export", status=UNREACHABLE)
