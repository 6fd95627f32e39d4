/* test_model_timer.c - rule 21: the object of a timer, its words, its runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/zone.h"
#include "model/timer.h"

static struct timer timer_of(const char *json)
{
	const char *pointer = NULL;
	struct err e = {0};
	struct timer t;

	if (!timer_parse(&t, json, &pointer, &e))
		fail_msg("%s: %s at \"%s\"", json, e.msg, pointer);
	return t;
}

static struct zone *zone_of(const struct timer *t)
{
	struct err e = {0};
	struct zone *z = zone_open(NULL, t->zone, &e);

	if (z == NULL)
		fail_msg("%s", e.msg);
	return z;
}

/* --- objects */

static void refuse_as(const char *json, const char *api, const char *where)
{
	const char *pointer = NULL;
	struct err e = {0};
	struct timer t;

	if (timer_parse(&t, json, &pointer, &e))
		fail_msg("taken: %s", json);
	assert_int_equal(e.code, ERR_INVALID);
	if (strcmp(e.api, api) != 0 || strcmp(pointer, where) != 0)
		fail_msg("%s: %s at \"%s\": %s", json, e.api, pointer, e.msg);
}

static void refuse(const char *json, const char *where)
{
	refuse_as(json, "invalid_timer", where);
}

static void test_rule21_timers_that_are_no_objects(void **state)
{
	(void)state;
	refuse("", "");
	refuse("{", "");
	refuse("null", "");
	refuse("[]", "");
	refuse("\"daily\"", "");
	refuse("{\"cycle\":\"daily\",\"cycle\":\"once\"}", "");
	refuse_as("{\"cycle\":\"daily\",\"every\":1}", "unknown_field", "");
	refuse_as("{\"Cycle\":\"daily\"}", "unknown_field", "");
}

static void test_rule21_members_of_timers(void **state)
{
	static const char *const ats[] = {
		"24:00", "23:60", "2:30",  "02:30:00", "0230",	 "",
		"02:3a", "-1:30", "+2:30", " 2:30",    "02:30 ", "02:30\\u0000",
	};
	static const char *const dates[] = {
		"2026-02-29", "2100-02-29", "2026-13-01", "2026-00-01",
		"2026-01-00", "2026-04-31", "26-01-01",	  "2026-1-1",
		"2026/01/01", "1969-12-31", "",		  "2026-01-01T00:00",
	};
	char json[256];

	(void)state;
	for (size_t i = 0; i < sizeof(ats) / sizeof(ats[0]); i++) {
		(void)snprintf(json, sizeof(json),
			       "{\"cycle\":\"daily\",\"at\":\"%s\"}", ats[i]);
		refuse(json, "/at");
	}
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		(void)snprintf(json, sizeof(json),
			       "{\"cycle\":\"daily\",\"at\":\"02:30\","
			       "\"date\":\"%s\"}",
			       dates[i]);
		refuse(json, "/date");
	}
	refuse("{}", "/cycle");
	refuse("{\"cycle\":null}", "/cycle");
	refuse("{\"cycle\":1}", "/cycle");
	refuse("{\"cycle\":\"Daily\"}", "/cycle");
	refuse("{\"cycle\":\"daily\",\"at\":150}", "/at");
	refuse("{\"cycle\":\"daily\",\"at\":\"02:30\",\"date\":20260101}",
	       "/date");
	refuse("{\"cycle\":\"daily\",\"at\":\"02:30\",\"missed\":true}",
	       "/missed");
	refuse("{\"cycle\":\"daily\",\"at\":\"02:30\",\"timezone\":\"\"}",
	       "/timezone");
	refuse("{\"cycle\":\"daily\",\"at\":\"02:30\",\"timezone\":\"../x\"}",
	       "/timezone");
	refuse("{\"cycle\":\"daily\",\"at\":\"02:30\",\"timezone\":2}",
	       "/timezone");
}

static void refuse_days(const char *cycle, const char *days)
{
	char json[256], where[32];

	(void)snprintf(where, sizeof(where), "/%s",
		       strcmp(cycle, "weekly") == 0 ? "weekdays"
						    : "month_days");
	(void)snprintf(json, sizeof(json),
		       "{\"cycle\":\"%s\",\"at\":\"02:30\",\"%s\":%s}", cycle,
		       where + 1, days);
	refuse(json, where);
}

static void test_rule21_days_of_timers(void **state)
{
	static const char *const weekly[] = {
		"[]",
		"null",
		"{}",
		"\"mon\"",
		"[1]",
		"[\"Mon\"]",
		"[\"monday\"]",
		"[\"mon\",\"mon\"]",
		"[\"mon\",null]",
		"[\"last\"]",
	};
	static const char *const monthly[] = {
		"[]",
		"null",
		"1",
		"[0]",
		"[32]",
		"[-1]",
		"[1,1]",
		"[\"1\"]",
		"[1.5]",
		"[\"last\",\"last\"]",
		"[\"first\"]",
		"[true]",
		"[4294967297]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(weekly) / sizeof(weekly[0]); i++)
		refuse_days("weekly", weekly[i]);
	for (size_t i = 0; i < sizeof(monthly) / sizeof(monthly[0]); i++)
		refuse_days("monthly", monthly[i]);
}

/* What a cycle has no use for is refused, and what it needs is asked for. */
static void test_rule21_members_go_with_cycles(void **state)
{
	(void)state;
	refuse("{\"cycle\":\"once\",\"at\":\"02:30\"}", "/date");
	refuse("{\"cycle\":\"once\",\"date\":\"2026-01-01\"}", "/at");
	refuse("{\"cycle\":\"daily\"}", "/at");
	refuse("{\"cycle\":\"weekly\",\"at\":\"02:30\"}", "/weekdays");
	refuse("{\"cycle\":\"monthly\",\"at\":\"02:30\"}", "/month_days");
	refuse("{\"cycle\":\"cron\"}", "/cron");
	refuse("{\"cycle\":\"cron\",\"cron\":\"* * * * *\",\"at\":\"02:30\"}",
	       "/at");
	refuse("{\"cycle\":\"cron\",\"cron\":[\"*\"]}", "/cron");
	refuse("{\"cycle\":\"cron\",\"cron\":\"61 * * * *\"}", "/cron");
	refuse("{\"cycle\":\"daily\",\"at\":\"02:30\",\"cron\":\"\"}", "/cron");
	refuse("{\"cycle\":\"daily\",\"at\":\"02:30\",\"weekdays\":[]}",
	       "/weekdays");
	refuse("{\"cycle\":\"hourly\",\"month_days\":[1]}", "/month_days");
	(void)timer_of("{\"cycle\":\"daily\",\"at\":\"02:30\",\"cron\":null,"
		       "\"weekdays\":null,\"month_days\":null,\"date\":null,"
		       "\"timezone\":null,\"missed\":null}");
}

static void test_rule21_cron_text_has_a_bound(void **state)
{
	char json[512] = "{\"cycle\":\"cron\",\"cron\":\"";
	size_t before = strlen(json);

	(void)state;
	memset(json + before, ' ', TIMER_TEXT_MAX - 10);
	strcpy(json + before + TIMER_TEXT_MAX - 10, "* * * * *\"}");
	assert_int_equal(strlen(timer_of(json).cron_text), TIMER_TEXT_MAX - 1);
	strcpy(json + before + TIMER_TEXT_MAX - 10, " * * * * *\"}");
	refuse(json, "/cron");
}

/* --- writing */

static void written_is(const char *json, const char *wanted)
{
	struct timer t = timer_of(json), again;
	char *text = timer_format(&t);

	assert_non_null(text);
	assert_string_equal(text, wanted);
	again = timer_of(text);
	assert_memory_equal(&again, &t, sizeof(t));
	free(text);
}

static void test_rule21_timers_are_written(void **state)
{
	(void)state;
	written_is("{\"cycle\":\"daily\",\"at\":\"02:30\"}",
		   "{\"cycle\":\"daily\",\"date\":null,\"at\":\"02:30\","
		   "\"weekdays\":null,\"month_days\":null,\"cron\":null,"
		   "\"timezone\":\"UTC\",\"missed\":\"run_once\"}");
	written_is("{\"cycle\":\"hourly\"}",
		   "{\"cycle\":\"hourly\",\"date\":null,\"at\":\"00:00\","
		   "\"weekdays\":null,\"month_days\":null,\"cron\":null,"
		   "\"timezone\":\"UTC\",\"missed\":\"run_once\"}");
	written_is("{\"missed\":\"skip\",\"timezone\":\"Asia/Shanghai\","
		   "\"weekdays\":[\"sun\",\"wed\",\"mon\"],\"at\":\"23:59\","
		   "\"cycle\":\"weekly\",\"date\":\"2026-12-01\"}",
		   "{\"cycle\":\"weekly\",\"date\":\"2026-12-01\","
		   "\"at\":\"23:59\",\"weekdays\":[\"mon\",\"wed\",\"sun\"],"
		   "\"month_days\":null,\"cron\":null,"
		   "\"timezone\":\"Asia/Shanghai\",\"missed\":\"skip\"}");
	written_is("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		   "\"month_days\":[\"last\",31,1]}",
		   "{\"cycle\":\"monthly\",\"date\":null,\"at\":\"00:00\","
		   "\"weekdays\":null,\"month_days\":[1,31,\"last\"],"
		   "\"cron\":null,\"timezone\":\"UTC\","
		   "\"missed\":\"run_once\"}");
	written_is("{\"cycle\":\"cron\",\"cron\":\"0 2 * * MON\"}",
		   "{\"cycle\":\"cron\",\"date\":null,\"at\":null,"
		   "\"weekdays\":null,\"month_days\":null,"
		   "\"cron\":\"0 2 * * MON\",\"timezone\":\"UTC\","
		   "\"missed\":\"run_once\"}");
	written_is("{\"cycle\":\"once\",\"date\":\"2027-02-28\","
		   "\"at\":\"12:05\"}",
		   "{\"cycle\":\"once\",\"date\":\"2027-02-28\","
		   "\"at\":\"12:05\",\"weekdays\":null,\"month_days\":null,"
		   "\"cron\":null,\"timezone\":\"UTC\","
		   "\"missed\":\"run_once\"}");
}

static void words_are(const char *json, const char *wanted)
{
	struct timer t = timer_of(json);
	char words[TIMER_TEXT_MAX];

	assert_string_equal(timer_words(&t, words), wanted);
}

static void test_rule21_timers_in_words(void **state)
{
	(void)state;
	words_are("{\"cycle\":\"daily\",\"at\":\"02:30\","
		  "\"timezone\":\"Asia/Shanghai\"}",
		  "every day at 02:30 (Asia/Shanghai)");
	words_are("{\"cycle\":\"hourly\",\"at\":\"05:07\"}",
		  "every hour at minute 7 (UTC)");
	words_are("{\"cycle\":\"once\",\"at\":\"05:07\","
		  "\"date\":\"2026-12-01\"}",
		  "once, on 2026-12-01 at 05:07 (UTC)");
	words_are("{\"cycle\":\"weekly\",\"at\":\"05:07\","
		  "\"weekdays\":[\"sun\",\"mon\"],\"date\":\"2026-12-01\"}",
		  "every Monday, Sunday at 05:07 (UTC), from 2026-12-01");
	words_are("{\"cycle\":\"weekly\",\"at\":\"05:07\",\"weekdays\":"
		  "[\"sun\",\"mon\",\"tue\",\"wed\",\"thu\",\"fri\",\"sat\"]}",
		  "every day at 05:07 (UTC)");
	words_are("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		  "\"month_days\":[\"last\",31,1]}",
		  "day 1, 31 and the last of every month at 00:00 (UTC)");
	words_are("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		  "\"month_days\":[\"last\"]}",
		  "the last day of every month at 00:00 (UTC)");
	words_are("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		  "\"month_days\":[15]}",
		  "day 15 of every month at 00:00 (UTC)");
	words_are("{\"cycle\":\"cron\",\"cron\":\"0 2 * * mon\"}",
		  "cron 0 2 * * mon (UTC)");
}

/* Long ones are cut, not written beyond the end. */
static void test_rule21_words_have_a_bound(void **state)
{
	char json[512] = "{\"cycle\":\"cron\",\"cron\":\"";
	char words[TIMER_TEXT_MAX];
	struct timer t;

	(void)state;
	memset(json + strlen(json), ' ', TIMER_TEXT_MAX - 10);
	strcat(json, "* * * * *\"}");
	t = timer_of(json);
	assert_int_equal(strlen(timer_words(&t, words)), TIMER_TEXT_MAX - 1);
	t = timer_of("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		     "\"month_days\":[1,\"last\"]}");
	t.month_days = UINT32_MAX;
	t.year = 2026;
	memset(t.zone, 'x', TIMER_ZONE_MAX - 1);
	(void)timer_words(&t, words);
	assert_non_null(strstr(words, "29, 30, 31 and the last of every"));
}

/* --- runs */

static int64_t at(const char *text)
{
	int64_t ms;

	if (!clock_parse(text, &ms))
		fail_msg("%s", text);
	return ms / 1000;
}

static void next_is(const char *json, const char *after, const char *wanted)
{
	struct timer t = timer_of(json);
	struct zone *z = zone_of(&t);
	char text[CLOCK_TEXT_MAX] = "none";
	int64_t due;

	if (timer_next(&t, z, at(after), &due))
		(void)clock_format(due * 1000, text);
	if (strcmp(text, wanted) != 0)
		fail_msg("%s after %s: %s", json, after, text);
	zone_free(z);
}

#define DAILY "{\"cycle\":\"daily\",\"at\":\"02:30\"}"
#define ONCE  "{\"cycle\":\"once\",\"date\":\"2027-03-28\",\"at\":\"02:30\"}"

static void test_rule21_next_is_strictly_after(void **state)
{
	(void)state;
	next_is(DAILY, "2027-01-01T02:29:59Z", "2027-01-01T02:30:00Z");
	next_is(DAILY, "2027-01-01T02:30:00Z", "2027-01-02T02:30:00Z");
	next_is(DAILY, "2027-12-31T23:59:59Z", "2028-01-01T02:30:00Z");
	next_is(DAILY, "1960-01-01T00:00:00Z", "1960-01-01T02:30:00Z");
	next_is(ONCE, "1970-01-01T00:00:00Z", "2027-03-28T02:30:00Z");
	next_is(ONCE, "2027-03-28T02:29:59Z", "2027-03-28T02:30:00Z");
	next_is(ONCE, "2027-03-28T02:30:00Z", "none");
	next_is(DAILY, "9999-12-31T02:30:00Z", "none");
}

static void test_rule21_rare_days(void **state)
{
	(void)state;
	next_is("{\"cycle\":\"cron\",\"cron\":\"0 0 29 2 *\"}",
		"2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z");
	/* 29 February on a Sunday or a Saturday. */
	next_is("{\"cycle\":\"cron\",\"cron\":\"0 0 29 2 */6\"}",
		"2088-03-01T00:00:00Z", "2116-02-29T00:00:00Z");
	next_is("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		"\"month_days\":[30]}",
		"2027-01-30T00:00:00Z", "2027-03-30T00:00:00Z");
	next_is("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		"\"month_days\":[\"last\"]}",
		"2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z");
	next_is("{\"cycle\":\"monthly\",\"at\":\"00:00\","
		"\"month_days\":[31,\"last\"]}",
		"2027-01-30T23:00:00Z", "2027-01-31T00:00:00Z");
	/* Either day will do where both are restricted. */
	next_is("{\"cycle\":\"cron\",\"cron\":\"0 0 13 * fri\"}",
		"2027-01-10T00:00:00Z", "2027-01-13T00:00:00Z");
	next_is("{\"cycle\":\"cron\",\"cron\":\"0 0 13 * fri\"}",
		"2027-01-13T00:00:00Z", "2027-01-15T00:00:00Z");
}

static void test_rule21_date_is_the_first_day(void **state)
{
	static const char json[] =
		"{\"cycle\":\"weekly\",\"weekdays\":[\"mon\"],\"at\":"
		"\"00:30\",\"date\":\"2027-01-05\","
		"\"timezone\":\"Asia/Shanghai\"}";

	(void)state;
	/* 5 January is a Tuesday there. */
	next_is(json, "2026-01-01T00:00:00Z", "2027-01-10T16:30:00Z");
	next_is(json, "2027-01-10T16:30:00Z", "2027-01-17T16:30:00Z");
	next_is("{\"cycle\":\"hourly\",\"date\":\"2027-01-05\","
		"\"timezone\":\"Asia/Shanghai\"}",
		"2026-01-01T00:00:00Z", "2027-01-04T16:00:00Z");
}

static void missed_is(const char *json, const char *after, const char *upto,
		      const char *last, unsigned wanted)
{
	struct timer t = timer_of(json);
	struct zone *z = zone_of(&t);
	char text[CLOCK_TEXT_MAX] = "none";
	struct timer_misses m;

	if (timer_missed(&t, z, at(after), at(upto), 100, &m))
		(void)clock_format(m.last_s * 1000, text);
	if (strcmp(text, last) != 0 || m.count != wanted)
		fail_msg("%s after %s upto %s: %s, %u", json, after, upto, text,
			 m.count);
	zone_free(z);
}

static void test_rule21_missed_runs(void **state)
{
	static const char minutely[] =
		"{\"cycle\":\"cron\",\"cron\":\"* * * * *\"}";

	(void)state;
	missed_is(DAILY, "2027-01-01T02:30:00Z", "2027-01-02T02:29:59Z", "none",
		  0);
	missed_is(DAILY, "2027-01-01T02:30:00Z", "2027-01-02T02:30:00Z",
		  "2027-01-02T02:30:00Z", 1);
	missed_is(DAILY, "2027-01-01T02:29:59Z", "2027-01-04T02:00:00Z",
		  "2027-01-03T02:30:00Z", 3);
	missed_is(DAILY, "2027-01-01T00:00:00Z", "2037-01-01T00:00:00Z",
		  "2036-12-31T02:30:00Z", 100);
	missed_is(DAILY, "2037-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "none",
		  0);
	missed_is(ONCE, "2020-01-01T00:00:00Z", "2037-01-01T00:00:00Z",
		  "2027-03-28T02:30:00Z", 1);
	missed_is(minutely, "2020-01-01T00:00:00Z", "2037-01-01T00:00:30Z",
		  "2037-01-01T00:00:00Z", 100);
	/* Long ago there were many, and none since. */
	missed_is("{\"cycle\":\"cron\",\"cron\":\"* * 29 2 *\"}",
		  "2020-01-01T00:00:00Z", "2035-12-31T00:00:00Z",
		  "2032-02-29T23:59:00Z", 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule21_timers_that_are_no_objects),
		cmocka_unit_test(test_rule21_members_of_timers),
		cmocka_unit_test(test_rule21_days_of_timers),
		cmocka_unit_test(test_rule21_members_go_with_cycles),
		cmocka_unit_test(test_rule21_cron_text_has_a_bound),
		cmocka_unit_test(test_rule21_timers_are_written),
		cmocka_unit_test(test_rule21_timers_in_words),
		cmocka_unit_test(test_rule21_words_have_a_bound),
		cmocka_unit_test(test_rule21_next_is_strictly_after),
		cmocka_unit_test(test_rule21_rare_days),
		cmocka_unit_test(test_rule21_date_is_the_first_day),
		cmocka_unit_test(test_rule21_missed_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
