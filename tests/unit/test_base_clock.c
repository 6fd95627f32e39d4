#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct pair {
	const char *text;
	int64_t at_ms;
};

static void format_gives_whole_seconds_in_utc(void **state)
{
	static const struct pair cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00Z", 999},
		{"1969-12-31T23:59:59Z", -1},
		{"1969-12-31T23:59:59Z", -1000},
		{"1994-11-06T08:49:37Z", 784111777000},
		{"2000-02-29T12:00:00Z", 951825600000},
		{"2026-12-01T02:30:00Z", 1796092200000},
		{"0000-01-01T00:00:00Z", -62167219200000},
		{"9999-12-31T23:59:59Z", 253402300799999},
	};
	char buf[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(clock_format(cases[i].at_ms, buf),
				    cases[i].text);
	}
}

static void format_keeps_to_four_digits_of_year(void **state)
{
	char buf[CLOCK_TEXT_MAX];

	(void)state;
	assert_string_equal(clock_format(INT64_MIN, buf),
			    "0000-01-01T00:00:00Z");
	assert_string_equal(clock_format(INT64_MAX, buf),
			    "9999-12-31T23:59:59Z");
}

static void format_basic_has_no_separators(void **state)
{
	char buf[CLOCK_TEXT_MAX];

	(void)state;
	assert_string_equal(clock_format_basic(1796092200000, buf),
			    "20261201T023000Z");
	assert_ptr_equal(clock_format_basic(0, buf), buf);
}

/* The C library knows the calendar as well: a day of each month agrees. */
static void format_agrees_with_the_c_library(void **state)
{
	char buf[CLOCK_TEXT_MAX], expected[64];

	(void)state;
	for (int64_t day = -719528; day < 2932897; day += 29) {
		time_t at = (time_t)(day * 86400 + 86399);
		struct tm tm;
		int64_t back;

		assert_non_null(gmtime_r(&at, &tm));
		(void)snprintf(expected, sizeof(expected),
			       "%04d-%02d-%02dT%02d:%02d:%02dZ",
			       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			       tm.tm_hour, tm.tm_min, tm.tm_sec);
		assert_string_equal(clock_format(at * 1000, buf), expected);
		assert_true(clock_parse(buf, &back));
		assert_int_equal(back, at * 1000);
	}
}

static void format_does_not_look_at_the_zone(void **state)
{
	char buf[CLOCK_TEXT_MAX];

	(void)state;
	setenv("TZ", "Asia/Kolkata", 1);
	tzset();
	assert_string_equal(clock_format(0, buf), "1970-01-01T00:00:00Z");
	unsetenv("TZ");
	tzset();
}

static void parse_takes_rfc_3339(void **state)
{
	/* The last four are the examples of RFC 3339, 5.8. */
	static const struct pair cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01t00:00:00z", 0},
		{"1970-01-01T00:00:00.1Z", 100},
		{"1970-01-01T00:00:00.123Z", 123},
		{"1970-01-01T00:00:00.1239999999999999999999999999Z", 123},
		{"1970-01-01T00:00:00.0009Z", 0},
		{"1970-01-01T00:00:00+00:00", 0},
		{"1970-01-01T00:00:00-00:00", 0},
		{"1970-01-01T05:30:00+05:30", 0},
		{"1969-12-31T19:00:00-05:00", 0},
		{"2000-02-29T00:00:00Z", 951782400000},
		{"2024-02-29T23:59:59Z", 1709251199000},
		{"0000-01-01T00:00:00Z", -62167219200000},
		{"0000-02-29T00:00:00Z", -62162121600000},
		{"9999-12-31T23:59:59.999Z", 253402300799999},
		{"1985-04-12T23:20:50.52Z", 482196050520},
		{"1996-12-19T16:39:57-08:00", 851042397000},
		{"1990-12-31T23:59:60Z", 662688000000},
		{"1990-12-31T15:59:60-08:00", 662688000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at_ms = -1;

		if (!clock_parse(cases[i].text, &at_ms))
			fail_msg("refused: %s", cases[i].text);
		assert_int_equal(at_ms, cases[i].at_ms);
	}
}

static void parse_refuses_what_is_none(void **state)
{
	static const char *const cases[] = {
		"",
		"2026",
		"2026-12-01",
		"2026-12-01T02:30Z",
		"2026-12-01T02:30:00",
		"2026-12-01 02:30:00Z",
		"2026-12-01T02:30:00Z ",
		" 2026-12-01T02:30:00Z",
		"2026-12-01T02:30:00ZZ",
		"2026-12-01T02:30:00.Z",
		"2026-12-01T02:30:00,5Z",
		"2026-12-01T02:30:00+0100",
		"2026-12-01T02:30:00+01",
		"2026-12-01T02:30:00+24:00",
		"2026-12-01T02:30:00+01:60",
		"2026-12-01T02:30:00*01:00",
		"2026-00-01T02:30:00Z",
		"2026-13-01T02:30:00Z",
		"2026-12-00T02:30:00Z",
		"2026-12-32T02:30:00Z",
		"2026-04-31T02:30:00Z",
		"2026-02-29T02:30:00Z",
		"1900-02-29T02:30:00Z",
		"2026-12-01T24:00:00Z",
		"2026-12-01T02:60:00Z",
		"2026-12-01T02:30:61Z",
		"2026-12-01T02:30:60Z",
		"1990-12-31T23:59:60+01:00",
		"26-12-01T02:30:00Z",
		"+026-12-01T02:30:00Z",
		"2026-12-0\xd9\xa1T02:30:00Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at_ms = 42;

		if (clock_parse(cases[i], &at_ms))
			fail_msg("taken: %s", cases[i]);
		assert_int_equal(at_ms, 42);
	}
}

/* No prefix of a good text is good, and none is read past its end. */
static void parse_stops_at_the_end(void **state)
{
	static const char whole[] = "2026-12-01T02:30:00.25+01:00";

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		char *cut = strndup(whole, len);
		int64_t at_ms;

		assert_non_null(cut);
		assert_false(clock_parse(cut, &at_ms));
		free(cut);
	}
}

static void parse_http_takes_imf_fixdate(void **state)
{
	int64_t at_ms;

	(void)state;
	assert_true(clock_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &at_ms));
	assert_int_equal(at_ms, 784111777000);
	assert_true(clock_parse_http("Thu, 01 Jan 1970 00:00:00 GMT", &at_ms));
	assert_int_equal(at_ms, 0);
	assert_true(clock_parse_http("Thu, 29 Feb 2024 23:59:59 GMT", &at_ms));
	assert_int_equal(at_ms, 1709251199000);
}

static void parse_http_refuses_what_is_none(void **state)
{
	static const char *const cases[] = {
		"",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT+1",
		"Sun, 06 Nov 1994 08:49:37",
		"Son, 06 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:60 GMT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at_ms;

		if (clock_parse_http(cases[i], &at_ms))
			fail_msg("taken: %s", cases[i]);
	}
}

static void clocks_go_forward(void **state)
{
	int64_t mono = clock_mono_ms(), now = clock_now_ms();
	struct timespec pause = {.tv_nsec = 3000000};

	(void)state;
	assert_true(now / 1000 - (int64_t)time(NULL) <= 1);
	nanosleep(&pause, NULL);
	assert_true(clock_mono_ms() - mono >= 2);
	assert_true(clock_mono_ms() - mono < 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_gives_whole_seconds_in_utc),
		cmocka_unit_test(format_keeps_to_four_digits_of_year),
		cmocka_unit_test(format_basic_has_no_separators),
		cmocka_unit_test(format_agrees_with_the_c_library),
		cmocka_unit_test(format_does_not_look_at_the_zone),
		cmocka_unit_test(parse_takes_rfc_3339),
		cmocka_unit_test(parse_refuses_what_is_none),
		cmocka_unit_test(parse_stops_at_the_end),
		cmocka_unit_test(parse_http_takes_imf_fixdate),
		cmocka_unit_test(parse_http_refuses_what_is_none),
		cmocka_unit_test(clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
