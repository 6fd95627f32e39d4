"""Plans: what is taken, what is refused, what is shown."""
import datetime

import pytest

from harness import flow
from harness.api import problem
from harness.trip import LocalWorld

DAILY = {"cycle": "daily", "at": "02:30", "timezone": "Europe/Berlin"}
MEMBERS = {
    "id", "name", "remarks", "status", "status_reason", "enabled", "source",
    "pool", "strategy", "method", "scope", "timer", "timer_words",
    "retention_days", "expiry_held", "options", "next_runs", "last_run",
    "next_drill_at", "last_drill", "revision", "created_at", "updated_at"}


@pytest.fixture(scope="module")
def plans(module_cofferd, mariadb, tmp_path_factory):
    """A server with source "db" and pool "pool" for tests that leave no
    plan behind."""
    world = LocalWorld(module_cofferd, mariadb)
    return world.prepare(tmp_path_factory.mktemp("plans") / "pool")


@pytest.fixture
def api(plans):
    yield plans.api
    for plan in plans.api.items("/v1/plans"):
        plans.api.want(204, "DELETE", f"/v1/plans/{plan['id']}")


def body(**changes):
    return {"name": flow.unique("plan"), "source": "db", "pool": "pool",
            "strategy": "timer", "timer": DAILY, **changes}


def manual(**changes):
    return body(strategy="manual", timer=None, **changes)


def make(api, **changes):
    return api.want(201, "POST", "/v1/plans", body(**changes))


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_plan_is_what_was_given(api):
    scope = {"include": ["shop.*"], "exclude": ["*.log_%"]}
    reply = api.post("/v1/plans", body(
        name="Nightly", remarks="all of it", method="logical", scope=scope,
        retention_days=30, options={"compression_level": 9,
                                    "grace_seconds": 60}))
    assert reply.status == 201, repr(reply)
    plan = reply.json
    assert set(plan) == MEMBERS
    assert reply.headers["location"] == f"/v1/plans/{plan['id']}"
    assert reply.headers["etag"] == f'"{plan["revision"]}"'
    assert plan["id"].startswith("plan_") and len(plan["id"]) == 31
    assert plan["name"] == "Nightly" and plan["remarks"] == "all of it"
    assert plan["scope"] == scope and plan["retention_days"] == 30
    assert plan["options"]["compression_level"] == 9
    assert plan["options"]["grace_seconds"] == 60
    assert plan["options"]["include_accounts"] is False
    assert plan["source"] == {"id": plan["source"]["id"], "name": "db",
                              "engine": "mysql", "region": ""}
    assert plan["last_run"] is None and plan["expiry_held"] is None
    assert api.fetch("/v1/plans/NIGHTLY") == plan
    assert api.fetch(f"/v1/plans/{plan['id']}") == plan


def test_defaults(api):
    plan = api.want(201, "POST", "/v1/plans", {
        "name": "plain", "source": "db", "pool": "pool",
        "strategy": "manual"})
    assert plan["enabled"] is True and plan["status"] == "active"
    assert plan["retention_days"] == 7 and plan["method"] == "logical"
    assert plan["scope"] is None and plan["timer"] is None
    assert plan["timer_words"] is None and plan["next_runs"] == []
    assert plan["options"] == {
        "compression_level": 3, "parallelism": 4, "include_accounts": True,
        "lock_non_transactional": False, "incremental": False,
        "full_every": 7, "strict": False, "one_file_system": False,
        "snapshot_hook": None,
        "grace_seconds": 21600, "drill": None}


def test_timer_in_words_and_next_runs(api):
    plan = make(api)
    assert plan["timer"]["cycle"] == "daily"
    assert plan["timer"]["missed"] == "run_once"
    assert "02:30" in plan["timer_words"]
    runs = [instant(t) for t in plan["next_runs"]]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert len(runs) == 5 and runs == sorted(runs) and runs[0] > now
    assert all(r - now < datetime.timedelta(days=6) for r in runs)
    told = api.want(200, "POST", "/v1/timers/preview", {"timer": DAILY})
    assert plan["next_runs"] == [r["at"] for r in told["runs"]]


@pytest.mark.parametrize("changes, code, pointer", [
    ({"name": "1a"}, "invalid_name", "/name"),
    ({"name": "a" * 65}, "invalid_name", "/name"),
    ({"name": None}, "required", "/name"),
    ({"remarks": "two\nlines"}, "invalid_value", "/remarks"),
    ({"source": "nothing"}, "not_found", "/source"),
    ({"source": None}, "required", "/source"),
    ({"pool": "nothing"}, "not_found", "/pool"),
    ({"pool": 5}, "invalid_type", "/pool"),
    ({"strategy": "sometimes"}, "invalid_value", "/strategy"),
    ({"strategy": None}, "required", "/strategy"),
    ({"timer": None}, "required", "/timer"),
    ({"timer": 5}, "invalid_type", "/timer"),
    ({"timer": {**DAILY, "at": "25:00"}}, "invalid_timer", "/timer/at"),
    ({"timer": {**DAILY, "timezone": "Europe/Nowhere"}}, "invalid_timer",
     "/timer/timezone"),
    ({"timer": {**DAILY, "colour": 1}}, "unknown_field", "/timer/colour"),
    ({"timer": {"cycle": "once", "date": "2020-01-01", "at": "00:00"}},
     "invalid_timer", "/timer"),
    ({"timer": {"cycle": "cron", "cron": "0 0 30 2 *"}}, "invalid_timer",
     "/timer/cron"),
    ({"strategy": "manual"}, "invalid_timer", "/timer"),
    ({"method": "magic"}, "invalid_value", "/method"),
    ({"scope": {"databases": []}}, "invalid_scope", "/scope"),
    ({"retention_days": 0}, "invalid_value", "/retention_days"),
    ({"retention_days": 733}, "invalid_value", "/retention_days"),
    ({"retention_days": 7.5}, "invalid_type", "/retention_days"),
    ({"enabled": "yes"}, "invalid_type", "/enabled"),
    ({"options": {"compression_level": 20}}, "invalid_value",
     "/options/compression_level"),
    ({"options": {"grace_seconds": 0}}, "invalid_value",
     "/options/grace_seconds"),
    ({"options": {"incremental": True}}, "invalid_value",
     "/options/incremental"),
    ({"options": {"full_every": 3}}, "invalid_value", "/options/full_every"),
    ({"options": {"strict": True}}, "invalid_value", "/options/strict"),
    ({"options": {"snapshot_hook": "x"}}, "invalid_value",
     "/options/snapshot_hook"),
    ({"options": {"drill": {"timer": {"cycle": "never"}}}}, "invalid_timer",
     "/options/drill/timer/cycle"),
    ({"options": {"colour": 1}}, "unknown_field", "/options/colour"),
    ({"options": {"include_accounts": True},
      "scope": {"include": ["shop.*"]}}, "invalid_value",
     "/options/include_accounts"),
    ({"id": "plan_x"}, "unknown_field", "/id")])
def test_rule28_one_field_at_fault(api, changes, code, pointer):
    reply = api.post("/v1/plans", body(**changes))
    assert reply.status in (400, 404, 422), repr(reply)
    problem(reply, reply.status, code, [pointer])
    assert api.fetch("/v1/plans")["total"] == 0


def test_rule28_all_faults_at_once(api):
    reply = api.post("/v1/plans", body(
        name="", source="nothing", pool="nothing", retention_days=-1,
        options={"strict": True}, timer={**DAILY, "at": "x"}, more=1))
    problem(reply, reply.status, "unknown_field", [
        "/name", "/source", "/pool", "/retention_days", "/options/strict",
        "/timer/at", "/more"])


def test_rule05_names_of_plans(api):
    make(api, name="Twice")
    problem(api.post("/v1/plans", body(name="TWICE")), 409, "name_taken")
    problem(api.post("/v1/plans",
                     body(name="plan_01ARZ3NDEKTSV4RRFFQ69G5FAV")),
            422, "invalid_name", ["/name"])


# ---- lists

def test_filters_sorts_and_pages(api):
    for name, timer in (("a1", DAILY), ("b2", None), ("a3", DAILY)):
        api.want(201, "POST", "/v1/plans", body(name=name, timer=timer) if
                 timer else manual(name=name))
    api.want(200, "PATCH", "/v1/plans/a3", {"enabled": False})

    def names(query):
        return [p["name"] for p in api.items(f"/v1/plans?{query}")]
    assert names("") == ["a3", "b2", "a1"], "newest first"
    assert names("sort=name") == ["a1", "a3", "b2"]
    assert names("sort=-name") == ["b2", "a3", "a1"]
    assert names("q=A&sort=created_at") == ["a1", "a3"]
    assert names("strategy=manual") == ["b2"]
    assert names("status=paused") == ["a3"]
    assert names("status=active&sort=name") == ["a1", "b2"]
    assert names("status=finished") == []
    assert len(names("source=db&pool=pool&engine=mysql")) == 3
    assert names("engine=redis") == []
    assert names("sort=next_run")[0] == "b2"
    assert len(names("sort=last_run")) == 3
    page = api.fetch("/v1/plans?limit=2&sort=updated_at")
    assert page["total"] == 3 and len(page["items"]) == 2
    rest = api.fetch(f"/v1/plans?limit=2&sort=updated_at&after={page['next']}")
    assert [p["name"] for p in page["items"] + rest["items"]] == \
        ["a1", "b2", "a3"]
    assert rest["next"] is None
    for query, parameter in (("status=ill", "status"), ("strategy=x",
                             "strategy"), ("colour=1", "colour")):
        reply = api.get(f"/v1/plans?{query}")
        assert reply.status == 400, repr(reply)
        assert reply.json["errors"][0]["parameter"] == parameter
    problem(api.get("/v1/plans?sort=colour"), 400, "invalid_sort")


# ---- changing

def patch(api, plan, change, **more):
    return api.call("PATCH", f"/v1/plans/{plan['id']}", change, **more)


def test_patch_merges(api):
    plan = make(api, options={"compression_level": 9, "parallelism": 2},
                remarks="first")
    reply = patch(api, plan, {
        "timer": {"at": "04:00"}, "options": {"parallelism": None,
                                              "grace_seconds": 5},
        "remarks": None}, headers={
            "Content-Type": "application/merge-patch+json"})
    assert reply.status == 200, repr(reply)
    now = reply.json
    assert reply.headers["etag"] == f'"{now["revision"]}"'
    assert now["revision"] == plan["revision"] + 1
    assert now["timer"] == {**plan["timer"], "at": "04:00"}
    assert now["next_runs"] != plan["next_runs"]
    assert now["options"] == {**plan["options"], "parallelism": 4,
                              "grace_seconds": 5}
    assert now["remarks"] == ""
    assert api.fetch(f"/v1/plans/{plan['id']}") == now


def test_whole_document_sent_back_changes_nothing(api):
    plan = make(api, scope={"include": ["shop.*"]})
    reply = patch(api, plan, plan)
    assert reply.status == 200, repr(reply)
    same = {k: v for k, v in plan.items()
            if k not in ("revision", "updated_at")}
    assert same.items() <= reply.json.items()
    edited = {**reply.json, "scope": None, "retention_days": 9,
              "options": {**plan["options"], "compression_level": 5}}
    reply = patch(api, plan, edited)
    assert reply.status == 200, repr(reply)
    assert reply.json["retention_days"] == 9
    assert reply.json["options"]["include_accounts"] is True


def test_another_cycle_takes_the_old_ones_place(api):
    plan = make(api, timer={"cycle": "weekly", "weekdays": ["mon"],
                            "at": "01:00"})
    for timer in ({"cycle": "daily"},
                  {"cycle": "monthly", "month_days": [1, "last"]},
                  {"cycle": "cron", "cron": "30 2 * * *"},
                  {"cycle": "hourly", "at": "00:15"}):
        reply = patch(api, plan, {"timer": timer})
        assert reply.status == 200, repr(reply)
        assert timer.items() <= reply.json["timer"].items()


def test_names_and_patterns_take_each_others_place(api):
    plan = make(api, scope={"databases": [{"name": "shop"}]})
    reply = patch(api, plan, {"scope": {"include": ["shop.*"]}})
    assert reply.json["scope"] == {"include": ["shop.*"]}, repr(reply)
    reply = patch(api, plan, {"scope": {"exclude": ["*.log"]}})
    assert reply.json["scope"] == {"include": ["shop.*"],
                                   "exclude": ["*.log"]}, repr(reply)
    reply = patch(api, plan, {"scope": None})
    assert reply.json["scope"] is None


def test_patch_faults_change_nothing(api):
    plan = make(api)
    reply = patch(api, plan, {"name": "1", "timer": {"at": "x"},
                              "source": "nothing", "retention_days": 0})
    problem(reply, reply.status, "not_found",
            ["/name", "/timer/at", "/source", "/retention_days"])
    problem(patch(api, plan, {"timer": None}), 422, "required", ["/timer"])
    problem(patch(api, plan, {"timer": {
        "cycle": "once", "date": "2020-01-01"}}), 422, "invalid_timer",
        ["/timer"])
    assert api.fetch(f"/v1/plans/{plan['id']}") == plan


def test_if_match(api):
    plan = make(api)
    old = {"If-Match": f'"{plan["revision"]}"'}
    assert patch(api, plan, {"remarks": "x"}, headers=old).status == 200
    reply = patch(api, plan, {"remarks": "y"}, headers=old)
    problem(reply, 412, "revision_changed")
    assert api.fetch(f"/v1/plans/{plan['id']}")["remarks"] == "x"


def test_dry_run_of_a_change(api):
    plan = make(api)
    reply = api.call("PATCH", f"/v1/plans/{plan['id']}?dry_run=true",
                     {"enabled": False, "remarks": "would be"})
    assert reply.status == 200, repr(reply)
    assert reply.json["status"] == "paused"
    assert reply.json["remarks"] == "would be"
    assert reply.json["source"] == plan["source"]
    assert reply.json["pool"] == plan["pool"]
    assert api.fetch(f"/v1/plans/{plan['id']}") == plan


def test_unknown_plans(api):
    for method, path in (("GET", ""), ("PATCH", ""), ("GET", "/backups")):
        reply = api.call(method, f"/v1/plans/nothing{path}",
                         {} if method == "PATCH" else None)
        problem(reply, 404, "not_found")
