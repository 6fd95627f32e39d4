/* test_jobs_meter.c - progress, phases and errors as the API shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "jobs/meter.h"
#include "jobs/report.h"

static void test_phases_add_up(void **state)
{
	struct meter m = {0};
	json_t *json;
	char *text;

	(void)state;
	meter_sample(&m, "schema", 10);
	meter_sample(&m, "data", 110);
	meter_sample(&m, "data", 210);
	text = meter_phases_json(&m);
	json = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(json), 2);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json, 1), "bytes")),
			 200);
	json_decref(json);
	free(text);
}

static void test_more_phases_than_fit(void **state)
{
	struct meter m = {0};
	char name[8] = "a";
	char *text;

	(void)state;
	for (int i = 0; i < 3 * METER_PHASES_MAX; i++) {
		name[0] = (char)('a' + i % 26);
		meter_sample(&m, name, (uint64_t)i);
	}
	assert_int_equal(m.nphases, METER_PHASES_MAX);
	text = meter_phases_json(&m);
	assert_non_null(text);
	free(text);
}

static void test_percent_stays_below_100(void **state)
{
	struct meter m = {0};
	struct job_progress p = {.items_done = 7, .items_total = 7};
	char *text;

	(void)state;
	meter_sample(&m, "data", 1);
	meter_progress(&m, &p);
	assert_int_equal(p.percent, 99);
	assert_string_equal(p.phase, "data");
	p.items_total = 0;
	meter_progress(&m, &p);
	assert_int_equal(p.percent, -1);
	text = progress_json(&p);
	assert_non_null(strstr(text, "\"percent\":null"));
	free(text);
}

/* As if the phase had run for so long. */
static void let_run(struct meter *m, int64_t ms)
{
	m->phases[m->nphases - 1].ms = ms;
}

/* Definitions are many and soon read: only the phase of the tables says how
 * long the other tables take. */
static void test_time_left_of_items(void **state)
{
	struct meter m = {0};
	struct job_progress p = {.items_done = 50, .items_total = 100};

	(void)state;
	meter_items(&m, 7);
	meter_progress(&m, &p);
	assert_int_equal(p.eta_seconds, -1);
	meter_sample(&m, "schema", 1);
	let_run(&m, 60000);
	meter_progress(&m, &p);
	assert_int_equal(p.eta_seconds, -1);
	meter_sample(&m, "data", 2);
	meter_items(&m, 50);
	let_run(&m, 60000);
	meter_progress(&m, &p);
	assert_int_equal(p.eta_seconds, -1);
	meter_items(&m, 60);
	p.items_done = 60;
	meter_progress(&m, &p);
	assert_int_equal(p.eta_seconds, 240);
	assert_int_equal(p.percent, 60);
	let_run(&m, METER_LEFT_FROM_MS - 1);
	meter_progress(&m, &p);
	assert_int_equal(p.eta_seconds, -1);
	let_run(&m, 60000);
	p.items_done = 101;
	meter_progress(&m, &p);
	assert_int_equal(p.eta_seconds, -1);
}

static void test_time_left_of_bytes(void **state)
{
	struct meter m = {0};
	struct job_progress p = {.bytes_read = 300};

	(void)state;
	meter_left(&m, &p, 900);
	assert_int_equal(p.eta_seconds, -1);
	meter_sample(&m, "stream", 0);
	let_run(&m, 30000);
	meter_left(&m, &p, 900);
	assert_int_equal(p.eta_seconds, -1);
	meter_sample(&m, "stream", 300);
	let_run(&m, 30000);
	meter_left(&m, &p, 900);
	assert_int_equal(p.eta_seconds, 60);
	meter_left(&m, &p, 300);
	assert_int_equal(p.eta_seconds, 0);
	/* More than there should be: nobody knows. */
	meter_left(&m, &p, 200);
	assert_int_equal(p.eta_seconds, -1);
}

static void test_error_with_attempts(void **state)
{
	struct err first = {0}, e = {0};
	char *text;

	(void)state;
	(void)err_set(&first, ERR_TIMEOUT, "lock_not_obtained", "one");
	err_add_cause(&e, &first);
	(void)err_set(&e, ERR_TIMEOUT, "ddl_in_progress", "two \"quoted\"");
	text = error_json(&e);
	assert_string_equal(
		text, "{\"code\":\"ddl_in_progress\",\"detail\":\"two "
		      "\\\"quoted\\\"\",\"attempts\":[{\"code\":\"lock_not_"
		      "obtained\",\"detail\":\"one\"},{\"code\":\"ddl_in_"
		      "progress\",\"detail\":\"two \\\"quoted\\\"\"}]}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases_add_up),
		cmocka_unit_test(test_more_phases_than_fit),
		cmocka_unit_test(test_percent_stays_below_100),
		cmocka_unit_test(test_time_left_of_items),
		cmocka_unit_test(test_time_left_of_bytes),
		cmocka_unit_test(test_error_with_attempts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
