"""When timers are due, said by others: systemd, croniter, zoneinfo."""
import calendar
import datetime
import os
import re
import subprocess
import zoneinfo

from croniter import croniter

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def change_between(zone, low, high):
    """The first second at which the offset is another than at low."""
    before = low.astimezone(zone).utcoffset()
    while high - low > datetime.timedelta(seconds=1):
        middle = low + (high - low) / 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def instant(zone, local):
    """Rule 21: the first of two, or what comes first after a gap."""
    at = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return at
    return change_between(zone, at - DAY, at + DAY)


def is_edge(zone, day):
    """Whether the clocks change on a day there."""
    begin = datetime.datetime.combine(day, datetime.time(), zone)
    return begin.utcoffset() != (begin + DAY).utcoffset()


def is_near_edge(zone, at):
    """Whether the clocks change within four hours of an instant."""
    span = datetime.timedelta(hours=4)
    return (at - span).astimezone(zone).utcoffset() != \
        (at + span).astimezone(zone).utcoffset()


def days_of(timer, day):
    """Whether a timer, other than of cycle cron, runs on a day."""
    if timer["cycle"] == "weekly":
        return WEEKDAYS[day.weekday()] in timer["weekdays"]
    if timer["cycle"] == "monthly":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day in timer["month_days"] or (
            day.day == last and "last" in timer["month_days"])
    return True


def plain_times(timer):
    """Local times of a timer with no cron in it, without end."""
    hour, minute = map(int, timer["at"].split(":"))
    hours = range(24) if timer["cycle"] == "hourly" else [hour]
    day = datetime.date.fromisoformat(timer["date"])
    while True:
        if days_of(timer, day):
            for hour in hours:
                yield datetime.datetime.combine(
                    day, datetime.time(hour, minute))
        day += DAY


def cron_times(timer):
    """The same for one with."""
    begin = datetime.datetime.fromisoformat(timer["date"])
    fields = croniter(timer["cron"], begin - datetime.timedelta(seconds=1))
    while True:
        yield fields.get_next(datetime.datetime)


def expected(timer, count):
    """The first runs of a timer, edges and all."""
    zone = zoneinfo.ZoneInfo(timer["timezone"])
    times = cron_times if timer["cycle"] == "cron" else plain_times
    runs = []
    for local in times(timer):
        at = instant(zone, local)
        if not runs or at > runs[-1]:
            runs.append(at)
        if len(runs) == count:
            return runs


def systemd_field(text, lowest):
    """A field of cron: ranges have two dots there, steps a beginning."""
    return re.sub(r"^\*(?=/)", str(lowest), text).replace("-", "..")


def systemd_form(timer):
    """The calendar expression of systemd.time(7); None: it has none."""
    if "last" in timer.get("month_days", []) and len(timer["month_days"]) > 1:
        return None
    days, clock = "*-*-*", timer.get("at", "")
    if timer["cycle"] == "hourly":
        clock = "*:" + clock[3:]
    elif timer["cycle"] == "weekly":
        days = ",".join(timer["weekdays"]) + " *-*-*"
    elif timer["cycle"] == "monthly":
        days = "*-*-" + ",".join(map(str, timer["month_days"]))
        days = days.replace("-last", "~1")
    elif timer["cycle"] == "cron":
        minute, hour, day, month, weekday = timer["cron"].split()
        if day != "*" and weekday != "*" or re.search(r"[a-z]", month):
            return None
        days = f"*-{systemd_field(month, 1)}-{systemd_field(day, 1)}"
        clock = f"{systemd_field(hour, 0)}:{systemd_field(minute, 0)}"
        if weekday != "*":
            weekday = re.sub(r"\d", lambda d: WEEKDAYS[int(d[0]) - 1],
                             weekday)
            days = f"{weekday.replace('-', '..')} {days}"
    return f"{days} {clock}:00 {timer['timezone']}"


def systemd_runs(form, base, count):
    """The same from `systemd-analyze calendar`, after the instant base."""
    said = subprocess.run(
        ["systemd-analyze", "calendar", f"--iterations={count}",
         f"--base-time={base:%Y-%m-%d %H:%M:%S} UTC", form],
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"}, check=True,
        stdout=subprocess.PIPE, text=True).stdout
    return [datetime.datetime.fromisoformat(" ".join(match)).replace(
        tzinfo=UTC) for match in re.findall(
            r"(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC", said)]
