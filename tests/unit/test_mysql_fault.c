/* test_mysql_fault.c - error numbers and foreign text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/fault.h"

static void test_meanings(void **state)
{
	static const struct {
		unsigned number;
		enum err_code code;
		const char *api;
	} cases[] = {
		{1044, ERR_DENIED, "access_denied"},
		{1045, ERR_DENIED, "access_denied"},
		{1142, ERR_DENIED, "access_denied"},
		{1227, ERR_DENIED, "access_denied"},
		{1698, ERR_DENIED, "access_denied"},
		{2002, ERR_CONNECT, "connection_failed"},
		{2003, ERR_CONNECT, "connection_failed"},
		{2005, ERR_CONNECT, "connection_failed"},
		{2006, ERR_CONNECT, "connection_failed"},
		{2013, ERR_CONNECT, "connection_failed"},
		{2026, ERR_CONNECT, "connection_failed"},
		{2999, ERR_CONNECT, "connection_failed"},
		{1927, ERR_CONNECT, "connection_failed"},
		{1317, ERR_CONNECT, "connection_failed"},
		{1205, ERR_CONFLICT, "lock_not_obtained"},
		{3024, ERR_CONFLICT, "lock_not_obtained"},
		{1412, ERR_CONFLICT, "source_changed"},
		{1146, ERR_CONFLICT, "source_changed"},
		{1064, ERR_REMOTE, "source_failed"},
		{145, ERR_REMOTE, "source_failed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};

		assert_false(my_fault(&e, cases[i].number, "text", "do it"));
		assert_int_equal(e.code, cases[i].code);
		assert_string_equal(e.api, cases[i].api);
		assert_non_null(strstr(e.msg, "do it: text ("));
	}
}

static void test_kinds(void **state)
{
	(void)state;
	assert_true(my_is_denial(1045));
	assert_true(my_is_denial(1227));
	assert_false(my_is_denial(1064));
	assert_false(my_is_denial(2013));
	assert_true(my_is_broken(2013));
	assert_true(my_is_broken(1927));
	assert_false(my_is_broken(1205));
	assert_false(my_is_broken(3024));
}

static void check_clean(const char *in, const char *out)
{
	char buf[16];

	assert_ptr_equal(my_clean(buf, sizeof(buf), in), buf);
	assert_string_equal(buf, out);
}

static void test_clean(void **state)
{
	(void)state;
	check_clean("", "");
	check_clean("plain", "plain");
	check_clean("a\nb\tc\x7f", "a b c ");
	check_clean("\x1b[31m", " [31m");
	check_clean("gr\xc3\xbc\xc3\x9f"
		    "e",
		    "gr\xc3\xbc\xc3\x9f"
		    "e");
	check_clean("\xff\xfe"
		    "a",
		    "??a");
	check_clean("0123456789abcdefgh", "0123456789abcde");
	/* A character is not cut in two. */
	check_clean("0123456789abcd\xc3\xbc", "0123456789abcd");
	check_clean("0123456789abc\xe8\xa1\xa8", "0123456789abc");
	check_clean("0123456789abc\xc3\xbc", "0123456789abc\xc3\xbc");
}

static void test_message_is_bounded(void **state)
{
	char text[5000];
	struct err e = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_false(my_fault(&e, 1064, text, "do it"));
	assert_true(strlen(e.msg) < ERR_MSG_MAX);
	assert_non_null(strstr(e.msg, "(1064)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meanings),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_message_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
