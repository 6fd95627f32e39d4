/* test_http_accept.c - Accept-Encoding and If-None-Match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/accept.h"

static void test_gzip(void **state)
{
	static const char *const yes[] = {
		"gzip",
		"GZIP",
		"gzip, deflate, br",
		"br,gzip",
		"*",
		"gzip;q=0.5",
		"gzip ; q=0.001",
		"deflate;q=0, *;q=0.1",
		"identity;q=0,gzip",
		" ,, gzip ,",
	};
	static const char *const no[] = {
		"",
		" ",
		",",
		"br",
		"identity",
		"gzipx",
		"x gzip",
		"gzi",
		"gzip;q=0",
		"gzip;q=0.000",
		"gzip; q=0, *",
		"*, gzip;Q=0",
		"*;q=0",
		"*;q=0.0,br",
		";",
		";q=0",
	};

	(void)state;
	assert_false(accept_gzip(NULL));
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!accept_gzip(yes[i]))
			fail_msg("\"%s\" takes no gzip", yes[i]);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (accept_gzip(no[i]))
			fail_msg("\"%s\" takes gzip", no[i]);
	}
}

static void test_tags(void **state)
{
	static const char *const yes[] = {
		"\"a\"", "W/\"a\"", "*", "\"b\", \"a\"", "\"b\",W/\"a\" ,\"c\"",
	};
	static const char *const no[] = {
		"",   "a",	 "\"A\"", "\"aa\"", "\"a",
		"W/", "w/\"a\"", "\"b\"", ",",	    "**",
	};

	(void)state;
	assert_false(accept_has_tag(NULL, "\"a\""));
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!accept_has_tag(yes[i], "\"a\""))
			fail_msg("%s has no \"a\"", yes[i]);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (accept_has_tag(no[i], "\"a\""))
			fail_msg("%s has \"a\"", no[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
