/*
 * test_model_timer_walk.c - rule 21 from 2026 to 2037 in the zones that differ:
 * each due time exactly once, whoever asks and however often.
 *
 * Three ways have to agree: timer_next() from run to run, timer_missed() over
 * spans of any length, and a plain look at each day of these years.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/zone.h"
#include "model/timer.h"

enum { YEAR_FROM = 2026, YEAR_UNTIL = 2038 };

static const char *const zones[] = {"UTC", "Europe/Berlin", "America/New_York",
				    "Australia/Lord_Howe"};

/* A timer, and whether it runs on a day and at a minute of it, said again. */
struct cycle {
	const char *json; /* without its end */
	bool (*is_day)(const struct civil *c, int weekday);
	bool (*is_minute)(int hour, int minute);
};

struct runs {
	int64_t *at_s;
	size_t n, cap;
};

static void add(struct runs *r, int64_t at_s)
{
	if (r->n == r->cap) {
		r->cap = r->cap * 2 + 1024;
		r->at_s = realloc(r->at_s, r->cap * sizeof(*r->at_s));
		assert_non_null(r->at_s);
	}
	r->at_s[r->n++] = at_s;
}

static bool any_day(const struct civil *c, int weekday)
{
	(void)c;
	(void)weekday;
	return true;
}

static bool is_that_day(const struct civil *c, int weekday)
{
	(void)weekday;
	return c->year == 2031 && c->month == 3 && c->day == 30;
}

static bool is_sunday_or_monday(const struct civil *c, int weekday)
{
	(void)c;
	return weekday < 2;
}

static bool is_first_or_last(const struct civil *c, int weekday)
{
	(void)weekday;
	return c->day == 1 || c->day == 30 ||
	       c->day == civil_month_days(c->year, c->month);
}

static bool is_leap_day(const struct civil *c, int weekday)
{
	(void)weekday;
	return c->month == 2 && c->day == 29;
}

static bool is_sunday_or_first(const struct civil *c, int weekday)
{
	return (c->month == 3 || c->month == 4 || c->month >= 10) &&
	       (c->day == 1 || weekday == 0);
}

static bool is_half_past(int hour, int minute)
{
	(void)hour;
	return minute == 30;
}

static bool is_half_past_two(int hour, int minute)
{
	return hour == 2 && minute == 30;
}

static bool is_quarter_to_two(int hour, int minute)
{
	return hour == 1 && minute == 45;
}

static bool is_early(int hour, int minute)
{
	return hour <= 3 && minute % 15 == 0;
}

#define DAILY "{\"cycle\":\"daily\",\"at\":\"02:30\""
static const struct cycle cycles[] = {
	{"{\"cycle\":\"once\",\"date\":\"2031-03-30\",\"at\":\"02:30\"",
	 is_that_day, is_half_past_two},
	{"{\"cycle\":\"hourly\",\"at\":\"11:30\"", any_day, is_half_past},
	{DAILY, any_day, is_half_past_two},
	{"{\"cycle\":\"weekly\",\"at\":\"02:30\",\"weekdays\":"
	 "[\"sun\",\"mon\"]",
	 is_sunday_or_monday, is_half_past_two},
	{"{\"cycle\":\"monthly\",\"at\":\"01:45\",\"month_days\":"
	 "[1,30,\"last\"]",
	 is_first_or_last, is_quarter_to_two},
	{"{\"cycle\":\"cron\",\"cron\":\"*/15 0-3 * * *\"", any_day, is_early},
	{"{\"cycle\":\"cron\",\"cron\":\"30 2 29 2 *\"", is_leap_day,
	 is_half_past_two},
	{"{\"cycle\":\"cron\",\"cron\":\"*/15 0-3 1 3,4,10-12 sun\"",
	 is_sunday_or_first, is_early},
};

/* Minute by minute. The same instant twice is a gap's: once. */
static void look_at_days(const struct cycle *cycle, const struct zone *z,
			 struct runs *r)
{
	for (int64_t day = civil_days(YEAR_FROM, 1, 1);
	     day < civil_days(YEAR_UNTIL, 1, 1); day++) {
		struct civil c = civil_of_days(day);

		if (!cycle->is_day(&c, civil_weekday(day)))
			continue;
		for (int i = 0; i < 1440; i++) {
			int64_t at;

			c.hour = i / 60;
			c.minute = i % 60;
			if (!cycle->is_minute(c.hour, c.minute))
				continue;
			at = zone_instant(z, &c);
			if (r->n == 0 || at != r->at_s[r->n - 1])
				add(r, at);
		}
	}
}

static int64_t begin_of(int year, const struct zone *z)
{
	struct civil c = {year, 1, 1, 0, 0, 0};

	return zone_instant(z, &c);
}

/* From run to run, and from the seconds around each. */
static void walk_next(const struct timer *t, const struct zone *z,
		      const struct runs *wanted)
{
	int64_t at = begin_of(YEAR_FROM, z) - 1, due = at;

	for (size_t i = 0; i < wanted->n; i++) {
		assert_true(timer_next(t, z, at, &due));
		assert_true(due > at);
		if (due != wanted->at_s[i])
			fail_msg("run %zu: %lld, not %lld", i, (long long)due,
				 (long long)wanted->at_s[i]);
		assert_true(timer_next(t, z, due - 1, &at) && at == due);
	}
	if (timer_next(t, z, at, &due))
		assert_true(due >= begin_of(YEAR_UNTIL, z));
	else
		assert_int_equal(t->cycle, TIMER_ONCE);
}

/* A server that is up now and then: what it missed is what was there. */
static void walk_missed(const struct timer *t, const struct zone *z,
			const struct runs *wanted)
{
	struct timer_misses m;
	int64_t at = begin_of(YEAR_FROM, z) - 1;
	int64_t until = begin_of(YEAR_UNTIL, z) - 1;
	uint32_t seed = 9;
	size_t seen = 0;

	while (at < until) {
		unsigned limit = 1 + seed % 1000;
		size_t before = seen;
		bool is_any;

		seed = seed * 1664525 + 1013904223;
		at += 1 + (seed >> 8) % (1u << (8 + seed % 16));
		at = at < until ? at : until;
		while (seen < wanted->n && wanted->at_s[seen] <= at)
			seen++;
		is_any = timer_missed(
			t, z, before ? wanted->at_s[before - 1] : INT32_MIN, at,
			limit, &m);
		assert_int_equal(is_any, seen > before);
		assert_int_equal(m.count,
				 seen - before < limit ? seen - before : limit);
		if (is_any)
			assert_int_equal(m.last_s, wanted->at_s[seen - 1]);
	}
	assert_int_equal(seen, wanted->n);
}

static void walk(const struct cycle *cycle, const char *name)
{
	char json[256];
	const char *pointer;
	struct runs wanted = {0};
	struct err e = {0};
	struct timer t;
	struct zone *z;

	(void)snprintf(
		json, sizeof(json), "%s%s,\"timezone\":\"%s\"}", cycle->json,
		strstr(cycle->json, "date") ? "" : ",\"date\":\"2026-01-01\"",
		name);
	assert_true(timer_parse(&t, json, &pointer, &e));
	z = zone_open(NULL, name, &e);
	assert_non_null(z);
	look_at_days(cycle, z, &wanted);
	assert_true(wanted.n > 0);
	walk_next(&t, z, &wanted);
	walk_missed(&t, z, &wanted);
	free(wanted.at_s);
	zone_free(z);
}

static void test_rule21_each_due_time_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		for (size_t k = 0; k < sizeof(cycles) / sizeof(cycles[0]); k++)
			walk(&cycles[k], zones[i]);
	}
}

/* As many as there are local hours, wherever: what the clock shows twice runs
 * once, what it never shows runs, too. */
static void test_rule21_each_local_hour_once(void **state)
{
	enum { HOURS = 4383 * 24 }; /* twelve years */
	int64_t at, due;

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct timer t = {.cycle = TIMER_HOURLY, .minute = 30};
		struct err e = {0};
		struct zone *z = zone_open(NULL, zones[i], &e);
		int n = 0;

		assert_non_null(z);
		for (at = begin_of(YEAR_FROM, z) - 1;
		     timer_next(&t, z, at, &due) &&
		     due < begin_of(YEAR_UNTIL, z);
		     at = due)
			n++;
		assert_int_equal(n, HOURS);
		zone_free(z);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule21_each_due_time_once),
		cmocka_unit_test(test_rule21_each_local_hour_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
