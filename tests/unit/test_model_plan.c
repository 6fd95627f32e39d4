/* test_model_plan.c - a plan's status, names of its backups, copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "model/plan.h"

enum { NOW = 1000000000 };

static void test_rule_21_status(void **state)
{
	static const struct {
		const char *strategy, *status;
		bool is_enabled, is_running;
		int64_t next_due_at, unmet_due_at;
	} cases[] = {
		{"timer", "active", true, false, NOW + 1, 0},
		{"timer", "paused", false, false, NOW + 1, 0},
		{"timer", "active", true, false, NOW + 1, NOW - 60000},
		{"timer", "overdue", true, false, NOW + 1, NOW - 60001},
		{"timer", "paused", false, false, NOW + 1, NOW - 60001},
		{"timer", "finished", true, false, 0, 0},
		{"timer", "finished", false, false, 0, 0},
		{"timer", "active", true, true, 0, 0},
		{"timer", "active", true, false, 0, NOW},
		{"timer", "overdue", true, false, 0, 1},
		{"manual", "active", true, false, 0, 0},
		{"manual", "paused", false, false, 0, 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan_record r = {
			.is_enabled = cases[i].is_enabled,
			.is_running = cases[i].is_running,
			.next_due_at = cases[i].next_due_at,
			.unmet_due_at = cases[i].unmet_due_at,
			.grace_seconds = 60,
		};

		strcpy(r.strategy, cases[i].strategy);
		if (strcmp(plan_status_name(&r, NOW), cases[i].status) != 0)
			fail_msg("case %u: %s", i, plan_status_name(&r, NOW));
	}
}

static void expect_name(const char *plan, unsigned attempt, const char *want)
{
	char name[NAME_BUF];
	struct err e = {0};
	int64_t at_ms;

	assert_true(clock_parse("2026-12-01T02:30:05Z", &at_ms));
	plan_backup_name(plan, at_ms, attempt, name);
	assert_string_equal(name, want);
	if (!name_check_backup(name, &e))
		fail_msg("%s: %s", name, e.msg);
}

/* Every name that a plan may have makes one that a backup may have. */
static void test_rule_5_names_of_automated_backups(void **state)
{
	char plan[NAME_BUF], want[NAME_BUF];

	(void)state;
	expect_name("a", 0, "a-20261201T023005Z");
	expect_name("nightly", 0, "nightly-20261201T023005Z");
	expect_name("nightly", 3, "nightly-20261201T023005Z-3");
	expect_name("shop.db_x-1", 0, "shop-db_x-1-20261201T023005Z");
	memset(plan, 'x', 64);
	plan[64] = '\0';
	memset(want, 'x', 64);
	strcpy(want + 47, "-20261201T023005Z");
	expect_name(plan, 0, want);
	strcpy(want + 43, "-20261201T023005Z-999");
	expect_name(plan, 999, want);
}

static void test_copies(void **state)
{
	char text[] = "x";
	struct plan_record r = {.id = "plan_1", .remarks = text}, copy = {0};

	(void)state;
	r.source_region = r.scope_json = r.timer_json = r.options_json =
		r.expiry_held_reason = r.last_drill_json = text;
	assert_true(plan_record_copy(&copy, &r));
	text[0] = 'y';
	assert_string_equal(copy.id, "plan_1");
	assert_string_equal(copy.remarks, "x");
	assert_string_equal(copy.source_region, "x");
	assert_string_equal(copy.scope_json, "x");
	assert_string_equal(copy.timer_json, "x");
	assert_string_equal(copy.options_json, "x");
	assert_string_equal(copy.expiry_held_reason, "x");
	assert_string_equal(copy.last_drill_json, "x");
	plan_record_fini(&copy);
	assert_null(copy.remarks);
	assert_string_equal(copy.id, "");
}

#define DRILL(members) "{\"strict\":true,\"drill\":{" members "}}"
#define TIMER	       "\"timer\":{\"cycle\":\"daily\",\"at\":\"02:30\"}"

static void test_drills(void **state)
{
	struct plan_drill d;
	struct err e = {0};

	(void)state;
	assert_true(plan_drill_parse(&d, DRILL(TIMER), &e));
	assert_int_equal(d.timer.cycle, TIMER_DAILY);
	assert_string_equal(d.provider, "");
	assert_null(d.options_json);
	plan_drill_fini(&d);
	assert_true(plan_drill_parse(
		&d,
		DRILL(TIMER ",\"provider\":\"local\",\"options\":{\"a\":1}"),
		&e));
	assert_string_equal(d.provider, "local");
	assert_string_equal(d.options_json, "{\"a\":1}");
	plan_drill_fini(&d);
}

static void test_no_drills(void **state)
{
	static const char *const bad[] = {
		NULL,
		"",
		"{}",
		"{\"drill\":null}",
		"[]",
		DRILL("\"provider\":\"local\""),
		"{\"drill\":5}",
		DRILL("\"timer\":{\"cycle\":\"never\"}")};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct plan_drill d;
		struct err e = {0};

		assert_false(plan_drill_parse(&d, bad[i], &e));
		assert_string_equal(e.api, "invalid_timer");
		plan_drill_fini(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_21_status),
		cmocka_unit_test(test_rule_5_names_of_automated_backups),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_drills),
		cmocka_unit_test(test_no_drills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
