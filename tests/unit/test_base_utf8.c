#include "base/utf8_int.h"

#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

/* Encodes by the definition, surrogates and all; returns the length. */
static size_t encode(unsigned point, char out[4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

static void every_code_point_and_no_surrogate(void **state)
{
	(void)state;
	for (unsigned point = 0; point < 0x120000; point++) {
		char s[4];
		size_t len = encode(point, s);
		int is_good =
			(point < 0xd800 || point > 0xdfff) && point <= 0x10ffff;

		if (utf8_step(s, len) != (is_good ? len : 0))
			fail_msg("U+%04X", point);
		if (len > 1 && utf8_step(s, len - 1) != 0)
			fail_msg("U+%04X cut", point);
	}
}

/* Two bytes decide nearly all: of 65,536 pairs 128 * 256 begin with ASCII,
 * 30 * 64 are characters of their own. */
static void every_pair_of_bytes(void **state)
{
	unsigned ones = 0, twos = 0;

	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		char s[2] = {(char)(i >> 8), (char)i};
		size_t n = utf8_step(s, 2);

		ones += n == 1;
		twos += n == 2;
		assert_true(n <= 2);
	}
	assert_int_equal(ones, 128 * 256);
	assert_int_equal(twos, 30 * 64);
}

static void broken_forms_are_refused(void **state)
{
	static const char *const cases[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xfe",
		"\xff",
		"a\xc3",
		"a\xe2\x82",
		"\xf0\x9f\x98",
		"\xc3(",
		"\xe2(\xa1",
		"\xe2\x82(",
		"\xf0\x9f\x98(",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (utf8_check(cases[i], strlen(cases[i]), NULL))
			fail_msg("taken: case %zu", i);
}

static void check_counts_code_points(void **state)
{
	static const char s[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
	size_t points = 99;

	(void)state;
	assert_true(utf8_check(s, sizeof(s) - 1, &points));
	assert_int_equal(points, 4);
	assert_true(utf8_check(s, sizeof(s), &points)); /* NUL is one too */
	assert_int_equal(points, 5);
	assert_true(utf8_check("", 0, &points));
	assert_int_equal(points, 0);
	points = 99;
	assert_false(utf8_check("\xff", 1, &points));
	assert_int_equal(points, 99);
}

static void shown(const char *src, size_t cap, const char *expected)
{
	char out[32];

	assert_ptr_equal(utf8_show(out, cap, src), out);
	assert_string_equal(out, expected);
}

static void foreign_bytes_are_shown(void **state)
{
	(void)state;
	shown("", 32, "");
	shown("a\xc3\xa9z", 32, "a\xc3\xa9z");
	shown("a\xffz", 32, "a\xef\xbf\xbdz");
	shown("\xe2\x82", 32, "\xef\xbf\xbd\xef\xbf\xbd");
	shown("a\xc3\xa9z", 4, "a\xc3\xa9");
	shown("a\xc3\xa9z", 3, "a");
	shown("a\xff", 4, "a");
	shown("abc", 1, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_and_no_surrogate),
		cmocka_unit_test(every_pair_of_bytes),
		cmocka_unit_test(broken_forms_are_refused),
		cmocka_unit_test(check_counts_code_points),
		cmocka_unit_test(foreign_bytes_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
