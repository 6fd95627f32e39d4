/* test_base_hostname.c - what stands in Host, and lists of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hostname.h"

static void test_hosts(void **state)
{
	static const char *const right[][2] = {
		{"a", "a"},
		{"A.Example:7420", "a.example"},
		{"a.example.", "a.example"},
		{"a_b-1:", "a_b-1"},
		{"127.0.0.1:1", "127.0.0.1"},
		{"[::1]", "::1"},
		{"[FE80::1]:65535", "fe80::1"},
	};
	char host[HOSTNAME_BUF];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_true(hostname_of(right[i][0], host));
		assert_string_equal(host, right[i][1]);
	}
}

static void test_no_hosts(void **state)
{
	static const char *const wrong[] = {
		"",
		".",
		":80",
		"a:x",
		"a:65536",
		"a:1:2",
		"a b",
		"a/b",
		"u@a",
		"\xc3\xa4",
		"[",
		"[]",
		"[::1",
		"[::1]x",
		"[a]:1",
		"::1",
		"a,b",
		"[::1]:y",
		"a:0000000000080",
	};
	char host[HOSTNAME_BUF], longest[HOSTNAME_BUF + 1] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (hostname_of(wrong[i], host))
			fail_msg("taken: %s", wrong[i]);
	}
	memset(longest, 'a', HOSTNAME_BUF);
	assert_false(hostname_of(longest, host));
	longest[HOSTNAME_BUF - 1] = '\0';
	assert_true(hostname_of(longest, host));
	assert_string_equal(host, longest);
}

static void test_addresses(void **state)
{
	(void)state;
	assert_true(hostname_is_address("127.0.0.1"));
	assert_true(hostname_is_address("::1"));
	assert_false(hostname_is_address("127.0.0.1.example"));
	assert_false(hostname_is_address("localhost"));
	assert_false(hostname_is_address("127.1"));
}

static void test_lists(void **state)
{
	static const char list[] = " a.example:443 ,B,[::1]:2";
	static const char *const wrong[] = {",",   "a,",  ",a", "a,,b",
					    "a b", "a;b", " ",	"*.a"};

	(void)state;
	assert_true(hostname_list_is_right(""));
	assert_false(hostname_list_has("", "a"));
	assert_true(hostname_list_is_right(list));
	assert_true(hostname_list_has(list, "a.example"));
	assert_true(hostname_list_has(list, "b"));
	assert_true(hostname_list_has(list, "::1"));
	assert_false(hostname_list_has(list, "example"));
	assert_false(hostname_list_has(list, "a"));
	assert_false(hostname_list_has(list, ""));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (hostname_list_is_right(wrong[i]))
			fail_msg("taken: \"%s\"", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_no_hosts),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
