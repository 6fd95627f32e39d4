/* test_model_cron.c - rule 21: five fields, and what they are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/timer.h"

enum {
	ALL_HOURS = 0xffffff,
	ALL_MONTHS = 0x1ffe,
	ALL_WEEKDAYS = 0x7f,
};
#define ALL_MINUTES UINT64_C(0xfffffffffffffff)
#define ALL_DAYS    UINT32_C(0xfffffffe)

static struct cron parse(const char *text)
{
	struct err e = {0};
	struct cron c;

	if (!cron_parse(&c, text, &e))
		fail_msg("%s: %s", text, e.msg);
	return c;
}

static void refuse(const char *text, const char *field)
{
	struct err e = {0};
	struct cron c;

	if (cron_parse(&c, text, &e))
		fail_msg("taken: %s", text);
	assert_int_equal(e.code, ERR_INVALID);
	assert_string_equal(e.api, "invalid_timer");
	if (strstr(e.msg, field) == NULL)
		fail_msg("%s: \"%s\" does not name %s", text, e.msg, field);
}

static void test_rule21_cron_stars(void **state)
{
	struct cron c = parse("* * * * *");

	(void)state;
	assert_true(c.minutes == ALL_MINUTES);
	assert_int_equal(c.hours, ALL_HOURS);
	assert_true(c.days == ALL_DAYS);
	assert_int_equal(c.months, ALL_MONTHS);
	assert_int_equal(c.weekdays, ALL_WEEKDAYS);
	assert_true(c.is_any_day && c.is_any_weekday);
}

static void minutes_are(const char *field, uint64_t wanted)
{
	char text[128];
	struct cron c;

	(void)snprintf(text, sizeof(text), "%s 0 1 1 0", field);
	c = parse(text);
	if (c.minutes != wanted)
		fail_msg("%s: %llx", field, (unsigned long long)c.minutes);
}

static void test_rule21_cron_fields(void **state)
{
	uint64_t bits = 0;

	(void)state;
	minutes_are("0", 1);
	minutes_are("59", UINT64_C(1) << 59);
	minutes_are("007", 1 << 7);
	minutes_are("1,2,2,5-7", 0xe6);
	minutes_are("5-5", 1 << 5);
	minutes_are("0-59", ALL_MINUTES);
	for (int i = 0; i < 60; i += 20)
		bits |= UINT64_C(1) << i;
	minutes_are("*/20", bits);
	minutes_are("0-59/20", bits);
	minutes_are("*/60", 1);
	minutes_are("*/59", 1 | UINT64_C(1) << 59);
	minutes_are("1-10/4,*/30,59",
		    1 << 1 | 1 << 5 | 1 << 9 | 1 | 1 << 30 | UINT64_C(1) << 59);
}

static void test_rule21_cron_names(void **state)
{
	struct cron c = parse("0 0 1 jan,MAR,Oct-dec mon-FRI");

	(void)state;
	assert_int_equal(c.months, 1 << 1 | 1 << 3 | 7 << 10);
	assert_int_equal(c.weekdays, 0x3e);
	assert_false(c.is_any_day || c.is_any_weekday);
	c = parse("0 0 * * 7");
	assert_int_equal(c.weekdays, 1);
	assert_true(c.is_any_day);
	assert_false(c.is_any_weekday);
	assert_int_equal(parse("0 0 * * 5-7").weekdays, 0x61);
	assert_int_equal(parse("0 0 * * 0-7").weekdays, ALL_WEEKDAYS);
	assert_int_equal(parse("0 0 * * sun,sat").weekdays, 0x41);
	assert_int_equal(parse("0 0 * * */2").weekdays, 0x55);
	assert_true(parse("0 0 1 * */2").is_any_weekday);
	assert_true(parse("0 0 */2 * 1").is_any_day);
	assert_false(parse("0 0 1-31 * 1").is_any_day);
	/* Blanks of either kind, before and after, too. */
	assert_int_equal(parse(" \t0\t 3  *\t* *  ").hours, 1 << 3);
}

static void test_rule21_cron_refusals(void **state)
{
	(void)state;
	refuse("", "minute");
	refuse("   ", "minute");
	refuse("0", "hour");
	refuse("0 0", "day of month");
	refuse("0 0 *", "month");
	refuse("0 0 * *", "weekday");
	refuse("0 0 * * * *", "five");
	refuse("0 0 * * * root", "five");
	refuse("@daily", "minute");
	refuse("60 * * * *", "minute");
	refuse("-1 * * * *", "minute");
	refuse("+1 * * * *", "minute");
	refuse("1.5 * * * *", "minute");
	refuse("99999999999999999999 * * * *", "minute");
	refuse("0 24 * * *", "hour");
	refuse("0 0 0 * *", "day of month");
	refuse("0 0 32 * *", "day of month");
	refuse("0 0 L * *", "day of month");
	refuse("0 0 ? * *", "day of month");
	refuse("0 0 15W * *", "day of month");
	refuse("0 0 * 0 *", "month");
	refuse("0 0 * 13 *", "month");
	refuse("0 0 * mon *", "month");
	refuse("0 0 * january *", "month");
	refuse("0 0 * * 8", "weekday");
	refuse("0 0 * * jan", "weekday");
	refuse("0 0 * * 1#2", "weekday");
	refuse("0 0 * * mo", "weekday");
	refuse("mon 0 * * *", "minute");
	refuse(", * * * *", "minute");
	refuse("1, * * * *", "minute");
	refuse(",1 * * * *", "minute");
	refuse("1,,2 * * * *", "minute");
	refuse("1- * * * *", "minute");
	refuse("-5 * * * *", "minute");
	refuse("5-1 * * * *", "backwards");
	refuse("1-2-3 * * * *", "minute");
	refuse("1-* * * * *", "minute");
	refuse("** * * * *", "minute");
	refuse("*5 * * * *", "minute");
	refuse("*-5 * * * *", "minute");
	refuse("*/0 * * * *", "step");
	refuse("*/61 * * * *", "step");
	refuse("*/ * * * *", "step");
	refuse("*/-5 * * * *", "step");
	refuse("*/5/5 * * * *", "minute");
	refuse("5/10 * * * *", "step after a single number");
	refuse("0 0 * * fri-mon", "backwards");
	refuse("0 0\n* * *", "hour");
	refuse("0 0 * * *\n", "weekday");
	refuse("0 0 * * \xc3\xa4", "weekday");
}

static void test_rule21_cron_that_never_comes(void **state)
{
	(void)state;
	refuse("0 0 31 2 *", "never");
	refuse("0 0 30,31 2 *", "never");
	refuse("0 0 31 feb,apr,jun,sep,nov *", "never");
	refuse("0 0 31 2 */2", "never");
	(void)parse("0 0 29 2 *");
	(void)parse("0 0 31 2 1"); /* each Monday of February */
	(void)parse("0 0 31 1-2 *");
}

/* Whatever the text: taken or refused, and what is taken can come. */
static void test_rule21_cron_made_up(void **state)
{
	static const char letters[] = "0123456789**//--,,  \tmonja7";
	uint32_t seed = 5;
	int taken = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[24] = "";
		struct err e = {0};
		struct cron c;
		size_t len = 0;

		for (; len < 9 + seed % 9u; len++) {
			seed = seed * 1664525 + 1013904223;
			text[len] = letters[(seed >> 16) % 27];
			if (len % 2 == 1 && seed >> 31)
				text[len] = ' ';
		}
		if (!cron_parse(&c, text, &e))
			continue;
		taken++;
		assert_true(c.minutes != 0 && (c.minutes & ~ALL_MINUTES) == 0);
		assert_true(c.hours != 0 && c.hours <= ALL_HOURS);
		assert_true(c.days != 0 && (c.days & 1) == 0);
		assert_true(c.months != 0 && c.months <= ALL_MONTHS);
		assert_true(c.weekdays != 0 && c.weekdays <= ALL_WEEKDAYS);
	}
	assert_true(taken > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule21_cron_stars),
		cmocka_unit_test(test_rule21_cron_fields),
		cmocka_unit_test(test_rule21_cron_names),
		cmocka_unit_test(test_rule21_cron_refusals),
		cmocka_unit_test(test_rule21_cron_that_never_comes),
		cmocka_unit_test(test_rule21_cron_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
