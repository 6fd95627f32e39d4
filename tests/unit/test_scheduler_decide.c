/*
 * test_scheduler_decide.c - rule 21: every due time is decided exactly once,
 * from 2026 to 2037, in four zones, whatever the clock does: it goes on in
 * steps, stands still, jumps forward and back, or nobody looks for days.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/zone.h"
#include "scheduler/decide.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static const char *const zones[] = {"UTC", "Europe/Berlin", "America/New_York",
				    "Australia/Lord_Howe"};

static int64_t at(const char *text)
{
	int64_t at_ms;

	assert_true(clock_parse(text, &at_ms));
	return at_ms;
}

static struct timer timer_of(const char *json)
{
	const char *pointer;
	struct err e = {0};
	struct timer t;

	if (!timer_parse(&t, json, &pointer, &e))
		fail_msg("%s: %s", json, e.msg);
	return t;
}

static struct zone *zone_of(const char *name)
{
	struct err e = {0};
	struct zone *z = zone_open(NULL, name, &e);

	if (z == NULL)
		fail_msg("%s: %s", name, e.msg);
	return z;
}

/* Numbers that are the same in each run. */
static uint32_t chance(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* What is walked through: the true due times, and what was decided. */
struct walk {
	const struct timer *t;
	const struct zone *z;
	int64_t next_due_at; /* as the catalog keeps it */
	int64_t true_s;	     /* the last due time that was accounted for */
	unsigned due, runs, merged, skipped, catch_ups;
};

/* What a clock shows after what it showed before: mostly that the alarm has
 * rung in time. */
static int64_t next_look(const struct walk *w, int64_t now_ms, uint32_t *seed)
{
	switch (chance(seed, 40)) {
	case 0: /* the server was down */
		return now_ms + (int64_t)chance(seed, 20 * DAY) * 1000;
	case 1: /* the clock was set back */
		return now_ms - (int64_t)chance(seed, 2 * DAY) * 1000;
	case 2:
		return now_ms;
	case 3:
		return now_ms + (int64_t)chance(seed, 6 * HOUR) * 1000;
	default:
		return w->next_due_at + chance(seed, 50 * 1000);
	}
}

/* The next due times of the timer, one by one, until this one. */
static unsigned account(struct walk *w, int64_t last_ms)
{
	unsigned count = 0;

	while (w->true_s * 1000 < last_ms) {
		assert_true(timer_next(w->t, w->z, w->true_s, &w->true_s));
		assert_true(w->true_s * 1000 <= last_ms);
		count++;
	}
	w->due += count;
	return count;
}

static void check_missed(struct walk *w, const struct plan_decision *d)
{
	unsigned count;

	if (d->missed_count == 0) {
		assert_int_equal(d->missed_first_at, 0);
		assert_int_equal(d->missed_last_at, 0);
		return;
	}
	assert_int_equal(d->missed_first_at, w->next_due_at);
	count = account(w, d->missed_last_at);
	if (d->missed_count < DECIDE_COUNT_MAX)
		assert_int_equal(d->missed_count, count);
	else
		assert_true(count >= DECIDE_COUNT_MAX);
	if (d->is_missed_merged)
		w->merged += count;
	else
		w->skipped += count;
}

/* One look at the clock. */
static void look(struct walk *w, int64_t now_ms)
{
	struct plan_decision d;

	decide_due(w->t, w->z, w->next_due_at, now_ms, &d);
	assert_int_equal(d.expected_next_due_at, w->next_due_at);
	check_missed(w, &d);
	if (d.run_due_at != 0) {
		assert_int_equal(account(w, d.run_due_at), 1);
		assert_true(d.run_due_at <= now_ms);
		assert_int_equal(d.is_catch_up,
				 now_ms - d.run_due_at >= DECIDE_LATE_MS);
		w->runs++;
		w->catch_ups += d.is_catch_up;
	}
	/* nothing was left out between what was decided and what is next */
	assert_true(d.next_due_at > now_ms);
	w->next_due_at = d.next_due_at;
	assert_int_equal(account(w, d.next_due_at), 1);
	w->true_s = d.next_due_at / 1000 - 1;
	w->due--;
}

static void walk(struct walk *w, uint32_t seed)
{
	int64_t now_ms = at("2026-01-01T00:00:00Z");
	const int64_t end_ms = at("2037-12-31T00:00:00Z");
	int64_t first_s;

	assert_true(timer_next(w->t, w->z, now_ms / 1000, &first_s));
	w->next_due_at = first_s * 1000;
	w->true_s = first_s - 1;
	while (now_ms < end_ms) {
		now_ms = next_look(w, now_ms, &seed);
		if (w->next_due_at <= now_ms)
			look(w, now_ms);
	}
	assert_int_equal(w->due, w->runs + w->merged + w->skipped);
}

static void test_rule21_each_due_time_once(void **state)
{
	static const char *const timers[] = {
		"{\"cycle\":\"daily\",\"at\":\"02:30\"}",
		"{\"cycle\":\"hourly\",\"at\":\"00:15\"}",
		"{\"cycle\":\"weekly\",\"weekdays\":[\"sun\"],"
		"\"at\":\"02:00\"}",
		"{\"cycle\":\"monthly\",\"month_days\":[31,\"last\"],"
		"\"at\":\"01:59\"}",
		"{\"cycle\":\"cron\",\"cron\":\"*/45 1-3 * 3,4,10,11 *\"}",
	};

	unsigned late = 0;

	(void)state;
	for (unsigned i = 0; i < 4 * 5 * 2; i++) {
		struct zone *z = zone_of(zones[i % 4]);
		struct timer t = timer_of(timers[i / 4 % 5]);
		struct walk w = {.t = &t, .z = z};

		t.is_skip = i >= 20;
		walk(&w, i);
		zone_free(z);
		assert_true(w.runs > 50);
		assert_true(w.due > 11 * 12);
		if (t.is_skip)
			assert_int_equal(w.merged + w.catch_ups, 0);
		else
			assert_int_equal(w.skipped, 0);
		late += w.catch_ups + w.merged + w.skipped;
	}
	assert_true(late > 1000);
}

/* A decision on a daily plan that was due first on the 2nd. */
static struct plan_decision decision(const char *missed, const char *now)
{
	struct timer t = timer_of("{\"cycle\":\"daily\",\"at\":\"02:30\"}");
	struct zone *z = zone_of("UTC");
	struct plan_decision d;

	t.is_skip = missed != NULL;
	decide_due(&t, z, at("2026-12-02T02:30:00Z"), at(now), &d);
	zone_free(z);
	return d;
}

static void test_rule21_in_time(void **state)
{
	struct plan_decision d = decision(NULL, "2026-12-02T02:30:59Z");

	(void)state;
	assert_int_equal(d.run_due_at, at("2026-12-02T02:30:00Z"));
	assert_false(d.is_catch_up);
	assert_int_equal(d.missed_count, 0);
	assert_int_equal(d.next_due_at, at("2026-12-03T02:30:00Z"));
	d = decision("skip", "2026-12-02T02:30:59Z");
	assert_int_equal(d.run_due_at, at("2026-12-02T02:30:00Z"));
}

static void test_rule21_run_once(void **state)
{
	struct plan_decision d = decision(NULL, "2026-12-05T12:00:00Z");

	(void)state;
	assert_int_equal(d.run_due_at, at("2026-12-05T02:30:00Z"));
	assert_true(d.is_catch_up);
	assert_true(d.is_missed_merged);
	assert_int_equal(d.missed_count, 3);
	assert_int_equal(d.missed_first_at, at("2026-12-02T02:30:00Z"));
	assert_int_equal(d.missed_last_at, at("2026-12-04T02:30:00Z"));
	assert_int_equal(d.next_due_at, at("2026-12-06T02:30:00Z"));
	/* back just when the last one is due: that is in time */
	d = decision(NULL, "2026-12-05T02:30:10Z");
	assert_false(d.is_catch_up);
	assert_int_equal(d.missed_count, 3);
}

static void test_rule21_skip(void **state)
{
	struct plan_decision d = decision("skip", "2026-12-05T12:00:00Z");

	(void)state;
	assert_int_equal(d.run_due_at, 0);
	assert_false(d.is_missed_merged);
	assert_int_equal(d.missed_count, 4);
	assert_int_equal(d.missed_first_at, at("2026-12-02T02:30:00Z"));
	assert_int_equal(d.missed_last_at, at("2026-12-05T02:30:00Z"));
	assert_int_equal(d.next_due_at, at("2026-12-06T02:30:00Z"));
	/* the last one is in time and runs; those before it do not */
	d = decision("skip", "2026-12-05T02:30:10Z");
	assert_int_equal(d.run_due_at, at("2026-12-05T02:30:00Z"));
	assert_int_equal(d.missed_count, 3);
}

static void test_rule21_once_is_the_only_one(void **state)
{
	struct timer t = timer_of("{\"cycle\":\"once\",\"date\":\"2026-12-02\","
				  "\"at\":\"02:30\"}");
	struct zone *z = zone_of("UTC");
	struct plan_decision d;

	(void)state;
	decide_due(&t, z, at("2026-12-02T02:30:00Z"),
		   at("2026-12-24T00:00:00Z"), &d);
	assert_int_equal(d.run_due_at, at("2026-12-02T02:30:00Z"));
	assert_true(d.is_catch_up);
	assert_int_equal(d.next_due_at, 0);
	zone_free(z);
}

/* A new tzdata: what was due at 02:30 is now due an hour later. */
static void test_zone_whose_rules_were_changed(void **state)
{
	struct timer t = timer_of("{\"cycle\":\"daily\",\"at\":\"03:30\"}");
	struct zone *z = zone_of("UTC");
	struct plan_decision d;

	(void)state;
	decide_due(&t, z, at("2026-12-02T02:30:00Z"),
		   at("2026-12-02T02:30:01Z"), &d);
	assert_int_equal(d.run_due_at, 0);
	assert_int_equal(d.missed_count, 0);
	assert_int_equal(d.next_due_at, at("2026-12-02T03:30:00Z"));
	zone_free(z);
}

/* And what was due at 02:30 was due an hour before: it is not lost. */
static void test_zone_whose_rules_moved_it_ahead(void **state)
{
	struct timer t = timer_of("{\"cycle\":\"daily\",\"at\":\"01:30\"}");
	struct timer once = timer_of("{\"cycle\":\"once\",\"at\":\"01:30\","
				     "\"date\":\"2026-12-02\"}");
	struct zone *z = zone_of("UTC");
	struct plan_decision d;

	(void)state;
	decide_due(&t, z, at("2026-12-02T02:30:00Z"),
		   at("2026-12-02T02:30:01Z"), &d);
	assert_int_equal(d.run_due_at, at("2026-12-02T02:30:00Z"));
	assert_int_equal(d.missed_count, 0);
	assert_false(d.is_catch_up);
	assert_int_equal(d.next_due_at, at("2026-12-03T01:30:00Z"));
	decide_due(&once, z, at("2026-12-02T02:30:00Z"),
		   at("2026-12-02T02:30:01Z"), &d);
	assert_int_equal(d.run_due_at, at("2026-12-02T02:30:00Z"));
	assert_int_equal(d.next_due_at, 0);
	/* The clock was set back: it is not due at all. */
	decide_due(&once, z, at("2026-12-02T02:30:00Z"),
		   at("2026-12-02T02:29:59Z"), &d);
	assert_int_equal(d.run_due_at, 0);
	assert_int_equal(d.next_due_at, at("2026-12-02T02:30:00Z"));
	zone_free(z);
}

/* Each minute for three years: counted up to a bound, and soon done. */
static void test_years_of_minutes(void **state)
{
	struct timer t =
		timer_of("{\"cycle\":\"cron\",\"cron\":\"* * * * *\"}");
	struct zone *z = zone_of("Europe/Berlin");
	int64_t begin = clock_mono_ms();
	struct plan_decision d;

	(void)state;
	decide_due(&t, z, at("2026-12-02T02:30:00Z"),
		   at("2029-12-02T02:30:00Z"), &d);
	assert_int_equal(d.run_due_at, at("2029-12-02T02:30:00Z"));
	assert_int_equal(d.missed_count, DECIDE_COUNT_MAX);
	assert_int_equal(d.missed_last_at, at("2029-12-02T02:29:00Z"));
	assert_true(clock_mono_ms() - begin < 5000);
	zone_free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule21_each_due_time_once),
		cmocka_unit_test(test_rule21_in_time),
		cmocka_unit_test(test_rule21_run_once),
		cmocka_unit_test(test_rule21_skip),
		cmocka_unit_test(test_rule21_once_is_the_only_one),
		cmocka_unit_test(test_zone_whose_rules_were_changed),
		cmocka_unit_test(test_zone_whose_rules_moved_it_ahead),
		cmocka_unit_test(test_years_of_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
