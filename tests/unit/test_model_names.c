/* test_model_names.c - rules 5 and 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"
#include "model/names.h"

typedef bool check_fn(const char *name, struct err *e);

static void expect(check_fn *check, const char *name, bool is_good)
{
	struct err e = {0};
	bool ok = check(name, &e);

	if (ok != is_good)
		fail_msg("\"%s\" is %s", name, ok ? "taken" : e.msg);
	assert_int_equal(ok, !err_is(&e));
	if (!ok) {
		assert_int_equal(e.code, ERR_INVALID);
		assert_string_equal(e.api, "invalid_name");
	}
}

static void long_name(char *out, size_t n)
{
	memset(out, 'a', n);
	out[n] = '\0';
}

static void test_rule_5_backup_names(void **state)
{
	static const char *const good[] = {"abcd", "Nightly-1", "a___", "z-_9",
					   "ABCDEFG"};
	static const char *const bad[] = {
		"",	 "abc",		 "1abc",	"-abc",	 "_abc",
		"ab.c",	 "ab c",	 "ab\tcd",	"ab/cd", "ab%cd",
		"abc\n", "abcd\xc3\xa9", "\xc3\xa4-bc", "ab'cd", "ab\"cd",
		"ab;cd", "../abc"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		expect(name_check_backup, good[i], true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(name_check_backup, bad[i], false);
}

static void test_rule_5_length_limits(void **state)
{
	char name[80];

	(void)state;
	long_name(name, 64);
	expect(name_check_backup, name, true);
	expect(name_check_resource, name, true);
	long_name(name, 65);
	expect(name_check_backup, name, false);
	expect(name_check_resource, name, false);
	expect(name_check_resource, "a", true);
	expect(name_check_resource, "", false);
}

static void test_rule_5_resource_names_have_dots(void **state)
{
	(void)state;
	expect(name_check_resource, "db.example.org", true);
	expect(name_check_backup, "db.example.org", false);
	expect(name_check_resource, ".db", false);
	expect(name_check_resource, "a:b", false);
}

/* Every byte at every place: only the letters, digits and marks pass. */
static void test_rule_5_every_byte(void **state)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char later[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char a[] = "xbcd", b[] = "abxd";

		a[0] = b[2] = (char)byte;
		expect(name_check_backup, a, strchr(first, byte) != NULL);
		expect(name_check_backup, b, strchr(later, byte) != NULL);
	}
}

static void test_rule_5_no_ids_as_names(void **state)
{
	static const char *const kinds[] = {"src", "pool", "plan", "bak",
					    "res", "job",  "tok"};
	char id[ID_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		id_new(id, kinds[i]);
		expect(name_check_backup, id, false);
		expect(name_check_resource, id, false);
	}
	expect(name_check_backup, "bak_short", true);
}

static void test_rule_5_folding(void **state)
{
	char a[NAME_BUF], b[NAME_BUF];

	(void)state;
	name_fold("NIGHTLY-x.9_Z", a);
	name_fold("nightly-X.9_z", b);
	assert_string_equal(a, "nightly-x.9_z");
	assert_string_equal(a, b);
}

static void describe(const char *text, size_t len, bool is_good)
{
	struct err e = {0};

	if (description_check(text, len, &e) != is_good)
		fail_msg("\"%s\": %s", text, e.msg);
	if (!is_good) {
		assert_int_equal(e.code, ERR_INVALID);
		assert_string_equal(e.api, "invalid_description");
	}
}

static void test_rule_6_descriptions(void **state)
{
	static const char *const good[] = {"",
					   "before the move to 8.4",
					   "\xe5\xa4\x87\xe4\xbb\xbd",
					   "\xf0\x9f\x98\x80",
					   "a;b(c)[d]{e}%f\\g/h?i#j",
					   "\xc2\xa0"};
	static const char *const bad[] = {
		"a>b",	    "a!b",	    "a<b",	    "a\"b",
		"a&b",	    "a'b",	    "a=b",	    "a\nb",
		"a\rb",	    "a\tb",	    "\x7f",	    "\xc2\x85",
		"\x1b",	    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xff",
		"\xc0\xaf", "\xed\xa0\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		describe(good[i], strlen(good[i]), true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		describe(bad[i], strlen(bad[i]), false);
	describe("a\0b", 3, false);
}

/* Code points count, not bytes. */
static void test_rule_6_256_characters(void **state)
{
	char text[4 * 257];

	(void)state;
	for (size_t i = 0; i < 257; i++)
		memcpy(text + 4 * i, "\xf0\x9f\x98\x80", 4);
	describe(text, sizeof(text) - 4, true);
	describe(text, sizeof(text), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_5_backup_names),
		cmocka_unit_test(test_rule_5_length_limits),
		cmocka_unit_test(test_rule_5_resource_names_have_dots),
		cmocka_unit_test(test_rule_5_every_byte),
		cmocka_unit_test(test_rule_5_no_ids_as_names),
		cmocka_unit_test(test_rule_5_folding),
		cmocka_unit_test(test_rule_6_descriptions),
		cmocka_unit_test(test_rule_6_256_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
