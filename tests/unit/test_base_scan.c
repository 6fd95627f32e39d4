/* test_base_scan.c - what is read in its own spelling, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/scan.h"

static struct scan of(const char *text)
{
	return (struct scan){text, text + strlen(text)};
}

static void test_words(void **state)
{
	struct scan s = of("ab\"");

	(void)state;
	assert_false(scan_word(&s, "b"));
	assert_true(scan_word(&s, "ab"));
	assert_false(scan_word(&s, "\"\""));
	assert_true(scan_word(&s, "\""));
	assert_false(scan_word(&s, "a"));
	assert_true(scan_word(&s, ""));
}

static bool is_number(const char *text, uint64_t n)
{
	struct scan s = of(text);
	uint64_t got;

	return scan_number(&s, &got) && s.at == s.end && got == n;
}

static bool is_signed(const char *text, int64_t n)
{
	struct scan s = of(text);
	int64_t got;

	return scan_signed(&s, &got) && s.at == s.end && got == n;
}

static void test_numbers(void **state)
{
	(void)state;
	assert_true(is_number("0", 0));
	assert_true(is_number("10", 10));
	assert_true(is_number("999999999999999999", 999999999999999999));
	assert_false(is_number("1000000000000000000", 1000000000000000000));
	assert_false(is_number("", 0));
	assert_false(is_number("00", 0));
	assert_false(is_number("01", 1));
	assert_false(is_number("-1", 1));
	assert_false(is_number("1.5", 1));
	assert_false(is_number("1e5", 1));
	assert_true(is_signed("-7", -7));
	assert_true(is_signed("7", 7));
	assert_true(is_signed("0", 0));
	assert_false(is_signed("-0", 0));
	assert_false(is_signed("--1", 1));
	assert_false(is_signed("-", 0));
}

static bool is_string(const char *json, const char *text)
{
	struct scan s = of(json);
	const char *got;
	size_t len;

	return scan_string(&s, &got, &len) && s.at == s.end &&
	       len == strlen(text) && memcmp(got, text, len) == 0;
}

static void test_strings(void **state)
{
	(void)state;
	assert_true(is_string("\"\"", ""));
	assert_true(is_string("\"a b\"", "a b"));
	assert_true(is_string("\"\xc3\xbc\x7f\"", "\xc3\xbc\x7f"));
	assert_false(is_string("\"\xc3\"", "\xc3"));
	assert_false(is_string("\"\xff\"", "\xff"));
	assert_false(is_string("\"a\\n\"", "a\\n"));
	assert_false(is_string("\"a\n\"", "a\n"));
	assert_false(is_string("\"a", "a"));
	assert_false(is_string("a\"", "a"));
	assert_false(is_string("", ""));
}

static bool is_object(const char *json)
{
	struct scan s = of(json);

	return scan_object(&s) && s.at == s.end;
}

static void test_objects(void **state)
{
	(void)state;
	assert_true(is_object("{\"a\":1}"));
	assert_true(
		is_object("{\"a\":-1,\"b\":\"x\",\"c\":true,\"d\":[1,-2]}"));
	assert_true(is_object("{\"a\":1,\"aa\":1,\"b\":1,\"\":1}"));
	assert_true(
		is_object("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
			  "\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,"
			  "\"m\":1,\"n\":1,\"o\":1,\"p\":1}"));
	assert_false(is_object("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,"
			       "\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,"
			       "\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,"
			       "\"p\":1,\"q\":1}"));
	assert_false(is_object("{}"));
	assert_false(is_object("{\"a\":1,\"a\":1}"));
	assert_false(is_object("{\"a\":1,}"));
	assert_false(is_object("{\"a\":1"));
	assert_false(is_object("{\"a\"}"));
	assert_false(is_object("{\"a\":}"));
	assert_false(is_object("{\"a\":{}}"));
	assert_false(is_object("{\"a\":[1]}"));
	assert_false(is_object("{\"a\":[1,2,3]}"));
	assert_false(is_object("{\"a\":tru}"));
	assert_false(is_object("{\"a\":false}"));
	assert_false(is_object("{\"a\": 1}"));
	assert_false(is_object("{\"a\":1.0}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
