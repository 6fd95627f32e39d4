"""What fits which engine: an option, method or scope that the source of a
backup or plan cannot have is a 422 that names it; what fits works."""
import pytest

from harness import flow, keys
from harness.api import problem
from harness.trip import LocalWorld, round_trip

NAMES = {"databases": [{"name": "suits"}]}
KEYS = {"databases": [0], "keys": ["user:*"]}

WRONG = [
    ("db", {"method": "snapshot", "scope": NAMES}, "invalid_scope", "/scope"),
    ("db", {"scope": KEYS}, "invalid_scope", "/scope"),
    ("db", {"scope": {"keys": ["*"]}}, "invalid_scope", "/scope"),
    ("db", {"scope": {"databases": [0]}}, "invalid_scope", "/scope"),
    ("db", {"options": {"strict": True}}, "invalid_value", "/options/strict"),
    ("db", {"options": {"snapshot_hook": "btrfs"}}, "invalid_value",
     "/options/snapshot_hook"),
    ("db", {"options": {"incremental": True}}, "invalid_value",
     "/options/incremental"),
    ("db", {"options": {"full_every": 3}}, "invalid_value",
     "/options/full_every"),
    ("db", {"scope": NAMES, "options": {"include_accounts": True}},
     "invalid_value", "/options/include_accounts"),
    ("cache", {"method": "physical"}, "not_supported", "/method"),
    ("cache", {"method": "snapshot"}, "not_supported", "/method"),
    ("cache", {"scope": NAMES}, "invalid_scope", "/scope"),
    ("cache", {"scope": {"include": ["a.*"]}}, "invalid_scope", "/scope"),
    ("cache", {"scope": {"exclude": ["a.*"]}}, "invalid_scope", "/scope"),
    *(("cache", {"options": {name: value}}, "invalid_value",
       f"/options/{name}")
      for name, value in (
          ("include_accounts", True), ("lock_non_transactional", True),
          ("parallelism", 2), ("incremental", True), ("full_every", 3),
          ("strict", True), ("snapshot_hook", "btrfs"))),
    ("cache", {"scope": KEYS, "options": {"include_accounts": True}},
     "invalid_value", "/options/include_accounts"),
]
EVERYTHING = {"compression_level": 1, "parallelism": 2,
              "lock_non_transactional": True}
# What is so in any case may be said.
NOTHING = {"parallelism": 1, "include_accounts": False, "strict": False,
           "lock_non_transactional": False, "incremental": False,
           "snapshot_hook": None, "full_every": None}
RIGHT = [
    ("db", {}),
    ("db", {"options": {**EVERYTHING, "include_accounts": True}}),
    ("db", {"options": {"include_accounts": False, "incremental": False}}),
    ("db", {"scope": NAMES, "options": EVERYTHING}),
    ("db", {"scope": {"include": ["s*"], "exclude": ["*.t_%"]}}),
    ("cache", {}),
    ("cache", {"scope": KEYS, "options": {"compression_level": 19}}),
    ("cache", {"options": NOTHING}),
]


@pytest.fixture(scope="module")
def world(module_cofferd, plain_mariadb, redis_server, tmp_path_factory):
    """Sources "db" and "cache" of one server."""
    world = LocalWorld(module_cofferd, plain_mariadb).prepare(
        tmp_path_factory.mktemp("suits") / "pool")
    world.api.want(201, "POST", "/v1/sources", {
        "name": "cache", "engine": "redis",
        "connection": flow.connection(redis_server)})
    plain_mariadb.sql("CREATE DATABASE suits; "
                      "CREATE TABLE suits.t (a INT PRIMARY KEY); "
                      "INSERT INTO suits.t VALUES (1), (2); "
                      "CREATE TABLE suits.old (a INT) ENGINE=MyISAM")
    yield world
    plain_mariadb.sql("DROP DATABASE suits")


def plan_body(source, changes):
    return {"name": flow.unique("plan"), "source": source, "pool": "pool",
            "strategy": "manual", **changes}


def as_said(value):
    return repr(value).replace("'", "")


@pytest.mark.parametrize("source, changes, code, pointer", WRONG, ids=as_said)
def test_rule28_what_does_not_fit(world, source, changes, code, pointer):
    api = world.api
    before = api.fetch("/v1/plans")["total"], api.fetch("/v1/backups")["total"]
    problem(api.post("/v1/plans", plan_body(source, changes)), 422, code,
            [pointer])
    problem(api.post("/v1/backups",
                     world.backup_body(source=source, **changes)),
            422, code, [pointer])
    # A plan that has been right is not made wrong.
    right = {} if pointer == "/scope" else {"scope": changes.get("scope")}
    plan = api.want(201, "POST", "/v1/plans", plan_body(source, right))
    problem(api.call("PATCH", f"/v1/plans/{plan['id']}", changes), 422, code,
            [pointer])
    assert api.fetch(f"/v1/plans/{plan['id']}") == plan
    api.want(204, "DELETE", f"/v1/plans/{plan['id']}")
    assert before == (api.fetch("/v1/plans")["total"],
                      api.fetch("/v1/backups")["total"])


@pytest.mark.parametrize("source, changes", RIGHT, ids=as_said)
def test_plans_that_fit(world, source, changes):
    api = world.api
    plan = api.want(201, "POST", "/v1/plans", plan_body(source, changes))
    path = f"/v1/plans/{plan['id']}"
    # It stays what can be changed, and what is shown can be sent back, as a
    # change or as a plan of its own.
    now = api.want(200, "PATCH", path, {"remarks": "x"})
    assert now["options"] == plan["options"] and now["scope"] == plan["scope"]
    assert api.want(200, "PATCH", path, now)["options"] == plan["options"]
    copy = api.want(201, "POST", "/v1/plans", plan_body(source, {
        k: now[k] for k in ("method", "scope", "options")}))
    assert copy["options"] == plan["options"]
    bare = api.want(201, "POST", "/v1/plans", plan_body(source, {}))
    same = api.want(200, "PATCH", f"/v1/plans/{bare['id']}", changes)
    assert same["options"] == plan["options"] and same["scope"] == plan["scope"]
    for one in (plan, copy, bare):
        api.want(204, "DELETE", f"/v1/plans/{one['id']}")


def test_all_that_is_wrong_is_told(world):
    wrong = {"method": "physical", "scope": NAMES,
             "options": {"include_accounts": True, "strict": True,
                         "compression_level": 99, "colour": 1}}
    pointers = ["/method", "/scope", "/options/include_accounts",
                "/options/strict", "/options/compression_level",
                "/options/colour"]
    problem(world.api.post("/v1/plans", plan_body("cache", wrong)), 422,
            "not_supported", pointers)
    problem(world.api.post("/v1/backups", world.backup_body(
        source="cache", **wrong)), 422, "not_supported", pointers)


def test_a_plan_moves_to_another_engine(world):
    api = world.api
    plan = api.want(201, "POST", "/v1/plans", plan_body(
        "db", {"scope": NAMES, "options": EVERYTHING}))
    path = f"/v1/plans/{plan['id']}"
    problem(api.call("PATCH", path, {"source": "cache"}), 422, "invalid_scope",
            ["/scope", "/options/parallelism",
             "/options/lock_non_transactional"])
    problem(api.call("PATCH", path, {"source": "cache", "scope": None}), 422,
            "invalid_value", ["/options/parallelism",
                              "/options/lock_non_transactional"])
    now = api.want(200, "PATCH", path, {
        "source": "cache", "scope": None, "options": {
            "parallelism": None, "lock_non_transactional": None}})
    assert now["source"]["engine"] == "redis"
    assert now["options"]["compression_level"] == 1
    assert now["options"]["include_accounts"] is False
    api.want(204, "DELETE", path)


def test_methods_are_shown(world):
    engines = {e["engine"]: e["methods"]
               for e in world.api.fetch("/v1/system")["engines"]}
    assert engines["redis"] == ["logical"]
    assert "logical" in engines["mysql"]
    for source in world.api.items("/v1/sources"):
        assert source["methods"] == engines[source["engine"]]
        for method in ("logical", "physical", "snapshot"):
            reply = world.api.call(
                "POST", "/v1/plans",
                plan_body(source["name"], {"method": method}))
            if method in source["methods"]:
                world.api.want(204, "DELETE", f"/v1/plans/{reply.json['id']}")
            else:
                problem(reply, 422, "not_supported", ["/method"])


def test_rule7_manual_backups_are_full(world):
    reply = world.api.post("/v1/backups", world.backup_body(
        options={"full_every": 7}))
    document = problem(reply, 422, "invalid_value", ["/options/full_every"])
    assert "full" in document["detail"]


def test_what_fits_is_done(world, redis):
    round_trip(world, "suits", options=EVERYTHING)
    before = keys.snapshot(keys.fill(redis))
    backup = world.backup(source="cache", options={
        "compression_level": 9, **NOTHING})
    redis.empty()
    world.restore(backup, target={"source": "cache"})
    keys.assert_equal(before, keys.snapshot(redis))
