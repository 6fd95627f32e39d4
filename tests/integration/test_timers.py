"""Rule 21: when a timer is due, as others say it, and as people do."""
import datetime
import random
import zoneinfo

import jsonschema
import pytest

from harness import calendar
from harness.api import problem

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
         "Asia/Shanghai")
PLAIN = (
    {"cycle": "hourly", "at": "00:00"},
    {"cycle": "hourly", "at": "00:15"},
    {"cycle": "hourly", "at": "07:30"},
    {"cycle": "daily", "at": "00:00"},
    {"cycle": "daily", "at": "01:45"},
    {"cycle": "daily", "at": "02:00"},
    {"cycle": "daily", "at": "02:30"},
    {"cycle": "daily", "at": "23:59"},
    {"cycle": "weekly", "at": "02:15", "weekdays": ["sun"]},
    {"cycle": "weekly", "at": "01:30", "weekdays": ["sun", "mon"]},
    {"cycle": "weekly", "at": "12:00", "weekdays": ["tue", "thu", "sat"]},
    {"cycle": "monthly", "at": "02:30", "month_days": [1]},
    {"cycle": "monthly", "at": "02:30", "month_days": [29, 30, 31]},
    {"cycle": "monthly", "at": "01:15", "month_days": ["last"]},
    {"cycle": "monthly", "at": "03:00", "month_days": [1, 15, "last"]},
)
CRONS = (
    "*/5 * * * *", "0 */6 * * *", "30 2 * * *", "15,45 1-3 * * *",
    "10-50/20 2 * * *", "0 0 1 * *", "0 2 * * sun", "30 1 * * mon-fri",
    "0 12 31 * *", "0 4 29 2 *", "0 0 13 * fri", "5 1 1,15 * wed",
    "0 3 * jan,jul *", "0 3 1-7 3-11/4 *", "59 23 * * 6", "0 0 * * 7",
)
TIMERS = PLAIN + tuple({"cycle": "cron", "cron": c} for c in CRONS)
COUNT = 40


def edges(zone, first=2027, last=2037):
    """The days on which the clocks change."""
    day = datetime.date(first, 1, 1)
    while day.year <= last:
        if calendar.is_edge(zone, day):
            yield day
        day += calendar.DAY


def table():
    """Each timer in each zone, from days before changes of the clocks or,
    where there are none, from any days on: always the same."""
    pick = random.Random(21)
    for name in ZONES:
        days = list(edges(zoneinfo.ZoneInfo(name))) or [
            datetime.date(2027, 1, 1) + calendar.DAY * pick.randrange(3900)
            for _ in range(20)]
        for timer in TIMERS:
            for day in pick.sample(days, 4):
                before = day - calendar.DAY * pick.randrange(3)
                yield {**timer, "timezone": name, "date": str(before)}


def preview(api, timer, count=COUNT):
    reply = api.want(200, "POST", "/v1/timers/preview",
                     {"timer": timer, "count": count})
    zone = zoneinfo.ZoneInfo(timer.get("timezone", "UTC"))
    runs = []
    for run in reply["runs"]:
        at = datetime.datetime.fromisoformat(run["at"].replace("Z", "+00:00"))
        local = datetime.datetime.fromisoformat(run["local"])
        assert local == at and local.utcoffset() == \
            at.astimezone(zone).utcoffset(), run
        runs.append(at)
    return runs


@pytest.fixture(scope="module")
def api(module_cofferd):
    return module_cofferd.api


def test_rule21_as_croniter_and_zoneinfo_say(api):
    cases = list(table())
    assert len(cases) > 500
    for timer in cases:
        assert preview(api, timer) == calendar.expected(timer, COUNT), timer


def test_rule21_as_systemd_says(api):
    """Where the clocks change it follows other rules."""
    cases = [t for t in table() if calendar.systemd_form(t)]
    cases = random.Random(7).sample(cases, 160)
    for timer in cases:
        zone = zoneinfo.ZoneInfo(timer["timezone"])
        base = calendar.instant(zone, datetime.datetime.fromisoformat(
            timer["date"])) - datetime.timedelta(seconds=1)
        count = 400 if "*/5" in timer.get("cron", "") else COUNT
        theirs = calendar.systemd_runs(
            calendar.systemd_form(timer), base, count)
        ours = preview(api, timer, count)
        # One of the two may reach further.
        end = min(ours[-1], theirs[-1])
        ours, theirs = ([at for at in runs if at <= end
                         and not calendar.is_near_edge(zone, at)]
                        for runs in (ours, theirs))
        assert ours == theirs and len(ours) > 5, timer


BERLIN, NEW_YORK, LORD_HOWE = ZONES[1:4]


# By hand. Berlin 2027: 28 March 01:00Z forward, 31 October 01:00Z back. New
# York: 14 March 07:00Z, 7 November 06:00Z. Lord Howe moves by half an hour:
# 3 April 15:00Z back (02:00 to 01:30), 2 October 15:30Z forward (02:00 to
# 02:30).
@pytest.mark.parametrize("zone, date, fields, runs", [
    (BERLIN, "2027-03-27", {"cycle": "daily", "at": "02:30"},
     ["27T01:30", "28T01:00", "29T00:30"]),
    (BERLIN, "2027-03-27", {"cycle": "daily", "at": "02:00"},
     ["27T01:00", "28T01:00", "29T00:00"]),
    (BERLIN, "2027-03-27", {"cycle": "daily", "at": "03:00"},
     ["27T02:00", "28T01:00", "29T01:00"]),
    (BERLIN, "2027-10-30", {"cycle": "daily", "at": "02:30"},
     ["30T00:30", "31T00:30", "01T01:30"]),
    (BERLIN, "2027-10-30", {"cycle": "daily", "at": "03:00"},
     ["30T01:00", "31T02:00", "01T02:00"]),
    (BERLIN, "2027-03-28", {"cycle": "hourly", "at": "00:30"},
     ["27T23:30", "28T00:30", "28T01:00", "28T01:30", "28T02:30"]),
    (BERLIN, "2027-03-28", {"cycle": "hourly", "at": "00:00"},
     ["27T23:00", "28T00:00", "28T01:00", "28T02:00"]),
    (BERLIN, "2027-10-31", {"cycle": "hourly", "at": "00:30"},
     ["30T22:30", "30T23:30", "31T00:30", "31T02:30", "31T03:30"]),
    (BERLIN, "2027-10-31", {"cycle": "hourly", "at": "00:00"},
     ["30T22:00", "30T23:00", "31T00:00", "31T02:00"]),
    (BERLIN, "2027-03-28", {"cycle": "cron", "cron": "*/20 2-3 * * *"},
     ["28T01:00", "28T01:20", "28T01:40", "29T00:00"]),
    (BERLIN, "2027-10-31", {"cycle": "cron", "cron": "*/20 2-3 * * *"},
     ["31T00:00", "31T00:20", "31T00:40", "31T02:00", "31T02:20"]),
    (BERLIN, "2027-03-21",
     {"cycle": "weekly", "at": "02:30", "weekdays": ["sun"]},
     ["21T01:30", "28T01:00", "04T00:30"]),
    (BERLIN, "2027-09-30",
     {"cycle": "monthly", "at": "02:30", "month_days": ["last"]},
     ["30T00:30", "31T00:30", "30T01:30"]),
    (BERLIN, "2027-03-28", {"cycle": "once", "at": "02:30"}, ["28T01:00"]),
    (BERLIN, "2027-10-31", {"cycle": "once", "at": "02:30"}, ["31T00:30"]),
    (NEW_YORK, "2027-03-13", {"cycle": "daily", "at": "02:00"},
     ["13T07:00", "14T07:00", "15T06:00"]),
    (NEW_YORK, "2027-11-06", {"cycle": "daily", "at": "01:30"},
     ["06T05:30", "07T05:30", "08T06:30"]),
    (NEW_YORK, "2027-11-07", {"cycle": "cron", "cron": "*/20 1 * * *"},
     ["07T05:00", "07T05:20", "07T05:40", "08T06:00"]),
    (LORD_HOWE, "2027-04-04", {"cycle": "hourly", "at": "00:45"},
     ["03T13:45", "03T14:45", "03T16:15", "03T17:15"]),
    (LORD_HOWE, "2027-04-04", {"cycle": "hourly", "at": "00:15"},
     ["03T13:15", "03T14:15", "03T15:45", "03T16:45"]),
    (LORD_HOWE, "2027-10-03", {"cycle": "hourly", "at": "00:15"},
     ["02T13:45", "02T14:45", "02T15:30", "02T16:15"]),
    (LORD_HOWE, "2027-10-03", {"cycle": "hourly", "at": "00:45"},
     ["02T14:15", "02T15:15", "02T15:45", "02T16:45"]),
    (LORD_HOWE, "2027-10-03", {"cycle": "cron", "cron": "*/10 2 * * *"},
     ["02T15:30", "02T15:40", "02T15:50", "03T15:00"]),
    (LORD_HOWE, "2027-04-03", {"cycle": "daily", "at": "01:30"},
     ["02T14:30", "03T14:30", "04T15:00"]),
])
def test_rule21_where_the_clocks_change(api, zone, date, fields, runs):
    timer = {**fields, "date": date, "timezone": zone}
    found = preview(api, timer, len(runs))
    assert [f"{at:%dT%H:%M}" for at in found] == runs
    assert all(b > a for a, b in zip(found, found[1:]))


def test_rule21_star_days_narrow_each_other(api):
    """crontab(5): only two restricted fields of days widen each other; one
    that begins with a star does not. croniter sees that otherwise."""
    for cron in ("0 0 1-7 * */7", "0 0 */1 * sun"):
        for at in preview(api, {"cycle": "cron", "cron": cron}):
            assert at.weekday() == 6 and (at.day <= 7 or "1-7" not in cron)


def test_preview_begins_now_and_ends(api):
    now = datetime.datetime.now(calendar.UTC)
    minute = datetime.timedelta(minutes=1)
    runs = preview(api, {"cycle": "cron", "cron": "* * * * *"}, 1000)
    assert len(runs) == 1000 and now < runs[0] <= now + 2 * minute
    assert all(b - a == minute for a, b in zip(runs, runs[1:]))
    reply = api.want(200, "POST", "/v1/timers/preview",
                     {"timer": {"cycle": "daily", "at": "02:30"}})
    assert len(reply["runs"]) == 5
    assert preview(api, {"cycle": "once", "date": "2099-12-31",
                         "at": "23:59"}, 3) == [
        datetime.datetime(2099, 12, 31, 23, 59, tzinfo=calendar.UTC)]
    assert preview(api, {"cycle": "once", "date": "2020-01-01",
                         "at": "00:00"}) == []
    assert preview(api, {"cycle": "daily", "at": "10:00",
                         "date": "9999-12-30"}, 9)[1:] == [
        datetime.datetime(9999, 12, 31, 10, tzinfo=calendar.UTC)]


def test_preview_is_as_documented(api):
    document = api.fetch("/openapi.json")

    def check(name, value):
        jsonschema.Draft202012Validator(
            {**document, "$ref": f"#/components/schemas/{name}"}).validate(
                value)
    for timer in random.Random(3).sample(list(table()), 40):
        body = {"timer": timer, "count": 3}
        check("TimerPreview", body)
        check("TimerRuns", api.want(200, "POST", "/v1/timers/preview", body))
    for timer in ({"cycle": "yearly"}, {}, {"cycle": "daily", "x": 1}):
        with pytest.raises(jsonschema.ValidationError):
            check("TimerPreview", {"timer": timer})


DAILY = {"cycle": "daily", "at": "02:30"}


@pytest.mark.parametrize("body, code, pointers", [
    ({}, "required", ["/timer"]),
    ({"timer": None}, "required", ["/timer"]),
    ({"timer": "daily"}, "invalid_type", ["/timer"]),
    ({"timer": []}, "invalid_type", ["/timer"]),
    ({"timer": {}}, "invalid_timer", ["/timer/cycle"]),
    ({"timer": {**DAILY, "cycle": "yearly"}}, "invalid_timer",
     ["/timer/cycle"]),
    ({"timer": {"cycle": "daily"}}, "invalid_timer", ["/timer/at"]),
    ({"timer": {**DAILY, "at": "24:00"}}, "invalid_timer", ["/timer/at"]),
    ({"timer": {**DAILY, "at": 230}}, "invalid_timer", ["/timer/at"]),
    ({"timer": {**DAILY, "at": "02:30\0"}}, "invalid_timer", ["/timer/at"]),
    ({"timer": {**DAILY, "date": "2027-02-29"}}, "invalid_timer",
     ["/timer/date"]),
    ({"timer": {**DAILY, "weekdays": ["mon"]}}, "invalid_timer",
     ["/timer/weekdays"]),
    ({"timer": {**DAILY, "cycle": "weekly"}}, "invalid_timer",
     ["/timer/weekdays"]),
    ({"timer": {**DAILY, "cycle": "weekly", "weekdays": ["mon", "mon"]}},
     "invalid_timer", ["/timer/weekdays"]),
    ({"timer": {**DAILY, "cycle": "monthly", "month_days": [32]}},
     "invalid_timer", ["/timer/month_days"]),
    ({"timer": {"cycle": "cron", "cron": "0 0 31 2 *"}}, "invalid_timer",
     ["/timer/cron"]),
    ({"timer": {"cycle": "cron", "cron": "@daily"}}, "invalid_timer",
     ["/timer/cron"]),
    ({"timer": {**DAILY, "missed": "twice"}}, "invalid_timer",
     ["/timer/missed"]),
    ({"timer": {**DAILY, "timezone": "Mars/Olympus"}}, "invalid_timer",
     ["/timer/timezone"]),
    ({"timer": {**DAILY, "timezone": "../../../etc/passwd"}},
     "invalid_timer", ["/timer/timezone"]),
    ({"timer": {**DAILY, "timezone": "/etc/localtime"}}, "invalid_timer",
     ["/timer/timezone"]),
    ({"timer": {**DAILY, "timezone": "Europe"}}, "invalid_timer",
     ["/timer/timezone"]),
    ({"timer": {**DAILY, "timezone": "E" * 64}}, "invalid_timer",
     ["/timer/timezone"]),
    ({"timer": DAILY, "count": 0}, "invalid_value", ["/count"]),
    ({"timer": DAILY, "count": 1001}, "invalid_value", ["/count"]),
    ({"timer": DAILY, "count": "5"}, "invalid_type", ["/count"]),
    ({"timer": {"cycle": "daily"}, "count": 0}, "invalid_value",
     ["/timer/at", "/count"]),
])
def test_rule28_preview_refuses(api, body, code, pointers):
    problem(api.post("/v1/timers/preview", body), 422, code, pointers)


def test_rule28_preview_refuses_strangers(api):
    problem(api.post("/v1/timers/preview", {"timer": {**DAILY, "at/": 1}}),
            400, "unknown_field", ["/timer/at~1"])
    problem(api.post("/v1/timers/preview", {"timer": DAILY, "n": 1}),
            400, "unknown_field", ["/n"])
    assert api.post("/v1/timers/preview").status == 400
