/* test_ctl_verdict.c - what monitoring is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ctl/verdict.h"

static void assert_verdict(const char *sources, const char *plans,
			   enum verdict expected, const char *said)
{
	json_t *s = json_loads(sources, 0, NULL);
	json_t *p = json_loads(plans, 0, NULL);
	json_t *findings = json_array();
	struct verdict_input in = {
		.sources = s, .plans = p, .max_age_ms = 26 * 3600 * 1000};
	struct text why = {0};

	assert_non_null(s);
	assert_non_null(p);
	assert_true(clock_parse("2026-12-02T04:30:00Z", &in.now_ms));
	text_str(&why, "");
	assert_int_equal(verdict_of(&in, &why, findings), expected);
	assert_string_equal(why.data != NULL ? why.data : "", said);
	text_free(&why);
	json_decref(findings);
	json_decref(s);
	json_decref(p);
}

#define FRESH "{\"name\":\"a\",\"last_backup_at\":\"2026-12-01T02:30:00Z\"}"
#define OLD   "{\"name\":\"b\",\"last_backup_at\":\"2026-12-01T02:29:59Z\"}"

static void test_ages(void **state)
{
	(void)state;
	assert_verdict("[" FRESH "]", "[]", VERDICT_OK, "");
	assert_verdict("[" FRESH "," OLD "]", "[]", VERDICT_CRITICAL,
		       "source b was backed up 26h 0m ago");
	assert_verdict("[{\"name\":\"c\",\"last_backup_at\":null}]", "[]",
		       VERDICT_CRITICAL, "source c has no backup");
	/* From a clock that is ahead: it is no older. */
	assert_verdict("[{\"name\":\"c\",\"last_backup_at\":"
		       "\"2027-01-01T00:00:00Z\"}]",
		       "[]", VERDICT_OK, "");
	assert_verdict("[{\"name\":\"c\",\"status\":\"creating\","
		       "\"last_backup_at\":null}]",
		       "[]", VERDICT_OK, "");
	assert_verdict("[]", "[]", VERDICT_UNKNOWN, "there is no source");
}

static void test_plans(void **state)
{
	(void)state;
	assert_verdict("[" FRESH "]",
		       "[{\"name\":\"p\",\"status\":\"overdue\"},"
		       "{\"name\":\"q\",\"status\":\"active\",\"last_run\":"
		       "{\"status\":\"failed\"}},"
		       "{\"name\":\"r\",\"status\":\"paused\",\"last_run\":"
		       "{\"status\":\"failed\"}},"
		       "{\"name\":\"s\",\"status\":\"active\",\"last_run\":"
		       "{\"status\":\"completed\"}}]",
		       VERDICT_WARNING,
		       "plan p is overdue; plan q has failed last time");
	/* The worst of all counts. */
	assert_verdict("[" OLD "]", "[{\"name\":\"p\",\"status\":\"overdue\"}]",
		       VERDICT_CRITICAL,
		       "source b was backed up 26h 0m ago; plan p is overdue");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
