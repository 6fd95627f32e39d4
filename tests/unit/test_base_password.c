/* test_base_password.c - scrypt: its own vectors, bounds, and what fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/password.h"

/* RFC 7914, section 12: the first 32 bytes of the third vector. */
#define SALT "536f6469756d43686c6f72696465"
#define KEY  "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"

static void test_vector(void **state)
{
	(void)state;
	assert_true(
		password_fits("pleaseletmein", "scrypt$14$8$1$" SALT "$" KEY));
	assert_false(
		password_fits("pleaseletmeiN", "scrypt$14$8$1$" SALT "$" KEY));
	assert_false(
		password_fits("pleaseletmein", "scrypt$13$8$1$" SALT "$" KEY));
}

static void test_own(void **state)
{
	char one[PASSWORD_HASH_MAX], two[PASSWORD_HASH_MAX];
	struct err e = {0};

	(void)state;
	assert_true(password_hash("correct horse", one, &e));
	assert_true(password_hash("correct horse", two, &e));
	assert_int_equal(strncmp(one, "scrypt$15$8$3$", 14), 0);
	assert_string_not_equal(one, two); /* by their salts */
	assert_null(strstr(one, "correct"));
	assert_true(password_fits("correct horse", one));
	assert_true(password_fits("correct horse", two));
	assert_false(password_fits("correct horse ", one));
	assert_false(password_fits("", one));
}

/* None of these is taken, nor costs more than a wrong password. */
static void test_hashes_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",
		"pleaseletmein",
		"scrypt$",
		"scrypt$14$8$1$" SALT "$",
		"scrypt$14$8$1$" SALT "$" KEY "0",
		"scrypt$14$8$1$" SALT "$" KEY " ",
		"scrypt$14$8$1$5$" KEY,
		"scrypt$14$8$1$" SALT "$70",
		"scrypt$18$8$1$" SALT "$" KEY,
		"scrypt$0$8$1$" SALT "$" KEY,
		"scrypt$14$9$1$" SALT "$" KEY,
		"scrypt$14$8$11$" SALT "$" KEY,
		"scrypt$-1$8$1$" SALT "$" KEY,
		"scrypt$14$0$1$" SALT "$" KEY,
		"SCRYPT$14$8$1$" SALT "$" KEY,
	};

	(void)state;
	assert_false(password_fits("pleaseletmein", NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (password_fits("pleaseletmein", bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static void test_rule(void **state)
{
	char longest[PASSWORD_BUF + 4];

	(void)state;
	assert_false(password_is_good("eleven char"));
	assert_true(password_is_good("twelve chars"));
	assert_true(password_is_good("\xe5\xaf\x86\xe7\xa0\x81"
				     "\xe5\xaf\x86\xe7\xa0\x81"
				     "\xe5\xaf\x86\xe7\xa0\x81"
				     "\xe5\xaf\x86\xe7\xa0\x81"
				     "\xe5\xaf\x86\xe7\xa0\x81"
				     "\xe5\xaf\x86\xe7\xa0\x81"));
	assert_false(password_is_good("twelve char\xff"));
	memset(longest, 'x', sizeof(longest));
	longest[PASSWORD_MAX_CHARS] = '\0';
	assert_true(password_is_good(longest));
	longest[PASSWORD_MAX_CHARS] = 'x';
	longest[PASSWORD_MAX_CHARS + 1] = '\0';
	assert_false(password_is_good(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_hashes_that_are_none),
		cmocka_unit_test(test_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
