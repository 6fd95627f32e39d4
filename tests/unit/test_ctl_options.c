/* test_ctl_options.c - words and options of a command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/options.h"

static const struct option_spec some[] = {
	{"pool", 'p', "POOL", "a pool"},
	{"wait", 'w', NULL, "wait"},
	{"n", 0, "N", "a number"},
	{NULL, 0, NULL, NULL},
};

static const struct option_spec *const tables[] = {some, NULL};

/* Reads a line of words with spaces between them. */
static int read_line(struct arguments *a, char *line, bool stop, struct err *e)
{
	const char *argv[32];
	int argc = 0;

	for (char *w = strtok(line, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	return arguments_read(a, tables, argc, argv, stop, e);
}

static void test_words_and_options(void **state)
{
	char line[] = "one --pool=a -w two --pool b - -- --pool";
	struct arguments a = {0};
	struct err e = {0};
	size_t at = 0;

	(void)state;
	assert_int_equal(read_line(&a, line, false, &e), 9);
	assert_int_equal(a.nwords, 4);
	assert_string_equal(a.words[1], "two");
	assert_string_equal(a.words[2], "-");
	assert_string_equal(a.words[3], "--pool");
	assert_string_equal(arguments_get(&a, "pool"), "b");
	assert_string_equal(arguments_get(&a, "wait"), "");
	assert_null(arguments_get(&a, "n"));
	assert_string_equal(arguments_next(&a, "pool", &at), "a");
	assert_string_equal(arguments_next(&a, "pool", &at), "b");
	assert_null(arguments_next(&a, "pool", &at));
}

static void test_stops_at_the_command(void **state)
{
	char line[] = "--pool x backup --nothing";
	struct arguments a = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(read_line(&a, line, true, &e), 2);
	assert_int_equal(a.nwords, 0);
}

static void assert_refused(const char *text)
{
	char line[128];
	struct arguments a = {0};
	struct err e = {0};

	(void)strncpy(line, text, sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(read_line(&a, line, false, &e), -1);
	assert_string_equal(e.api, "usage");
}

static void test_what_is_wrong_is_refused(void **state)
{
	(void)state;
	assert_refused("--unknown");
	assert_refused("-x");
	assert_refused("-wp x");
	assert_refused("--wait=yes");
	assert_refused("x --pool");
	assert_refused("--poo x");
}

static void test_numbers(void **state)
{
	char good[] = "--n 17", bad[] = "--n 99", worse[] = "--n 1x";
	struct arguments a = {0}, b = {0}, c = {0}, none = {0};
	unsigned long long n = 5;
	struct err e = {0};

	(void)state;
	assert_true(arguments_number(&none, "n", 1, 50, &n));
	assert_int_equal(n, 5);
	assert_int_equal(read_line(&a, good, false, &e), 2);
	assert_true(arguments_number(&a, "n", 1, 50, &n));
	assert_int_equal(n, 17);
	assert_int_equal(read_line(&b, bad, false, &e), 2);
	assert_false(arguments_number(&b, "n", 1, 50, &n));
	assert_int_equal(read_line(&c, worse, false, &e), 2);
	assert_false(arguments_number(&c, "n", 1, 50, &n));
}

static void test_durations(void **state)
{
	static const char *const bad[] = {"",
					  "h",
					  "0h",
					  "-1h",
					  "1",
					  "1w",
					  "1h ",
					  " 1h",
					  "1hh",
					  "1.5h",
					  "99999999999999999999d"};
	long long s;

	(void)state;
	assert_true(duration_parse("90s", &s));
	assert_int_equal(s, 90);
	assert_true(duration_parse("15m", &s));
	assert_int_equal(s, 900);
	assert_true(duration_parse("26h", &s));
	assert_int_equal(s, 26 * 3600);
	assert_true(duration_parse("7d", &s));
	assert_int_equal(s, 7 * 86400);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(duration_parse(bad[i], &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_options),
		cmocka_unit_test(test_stops_at_the_command),
		cmocka_unit_test(test_what_is_wrong_is_refused),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
