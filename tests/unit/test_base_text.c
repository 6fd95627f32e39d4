#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void adds_make_one_string(void **state)
{
	struct text t = {0};

	(void)state;
	text_str(&t, "one");
	text_char(&t, ' ');
	text_add(&t, "two!", 3);
	text_printf(&t, " %d%s", 3, ".");
	text_str(&t, NULL);
	assert_string_equal(t.data, "one two 3.");
	assert_int_equal(t.len, 10);
	assert_false(t.is_broken);
	text_free(&t);
	assert_null(t.data);
}

static void nothing_added_is_null_and_an_empty_add_is_not(void **state)
{
	struct text t = {0};

	(void)state;
	assert_null(t.data);
	text_str(&t, NULL);
	assert_string_equal(t.data, "");
	text_free(&t);
	text_add(&t, NULL, 0);
	assert_string_equal(t.data, "");
	text_free(&t);
	text_printf(&t, "%s", "");
	assert_string_equal(t.data, "");
	text_free(&t);
}

static void bytes_may_hold_nul(void **state)
{
	struct text t = {0};

	(void)state;
	text_add(&t, "a\0b", 3);
	text_char(&t, '\0');
	assert_int_equal(t.len, 4);
	assert_memory_equal(t.data, "a\0b\0", 5);
	text_free(&t);
}

static void grows_through_all_sizes(void **state)
{
	struct text t = {0};

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		text_char(&t, (char)('a' + i % 26));
		assert_int_equal(t.len, i + 1);
		assert_true(t.len < t.cap);
		assert_int_equal(t.data[t.len], '\0');
	}
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(t.data[i], 'a' + i % 26);
	text_free(&t);
}

static void printf_of_every_length(void **state)
{
	struct text t = {0};
	size_t total = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		text_printf(&t, "%*s", i, "");
		total += (size_t)i;
		assert_int_equal(t.len, total);
		assert_int_equal(strlen(t.data), total);
	}
	text_free(&t);
}

static void reserve_keeps_the_content(void **state)
{
	struct text t = {0};
	char *data;

	(void)state;
	assert_true(text_reserve(&t, 100));
	assert_string_equal(t.data, "");
	text_str(&t, "x");
	assert_true(text_reserve(&t, 5000));
	data = t.data;
	for (unsigned i = 0; i < 5000; i++)
		text_char(&t, 'y');
	assert_ptr_equal(t.data, data);
	assert_int_equal(t.data[0], 'x');
	text_free(&t);
}

/* A size that cannot be is the failure that is easy to have. */
static void stays_broken_until_reset(void **state)
{
	struct text t = {0};

	(void)state;
	text_str(&t, "before");
	assert_false(text_reserve(&t, SIZE_MAX - 3));
	assert_true(t.is_broken);
	text_str(&t, "after");
	text_printf(&t, "%d", 1);
	assert_false(text_reserve(&t, 0));
	assert_string_equal(t.data, "before");
	text_reset(&t);
	assert_false(t.is_broken);
	assert_string_equal(t.data, "");
	text_str(&t, "again");
	assert_string_equal(t.data, "again");
	text_free(&t);
}

static void take_gives_the_string_away(void **state)
{
	struct text t = {0};
	char *s;

	(void)state;
	text_str(&t, "mine");
	s = text_take(&t);
	assert_string_equal(s, "mine");
	free(s);
	assert_null(t.data);
	assert_int_equal(t.len, 0);
	s = text_take(&t);
	assert_string_equal(s, "");
	free(s);
	text_str(&t, "lost");
	t.is_broken = true;
	assert_null(text_take(&t));
	assert_null(t.data);
	assert_false(t.is_broken);
}

static void reset_keeps_the_memory(void **state)
{
	struct text t = {0};
	char *data;

	(void)state;
	text_reset(&t);
	assert_null(t.data);
	text_str(&t, "some text");
	data = t.data;
	text_reset(&t);
	assert_int_equal(t.len, 0);
	assert_ptr_equal(t.data, data);
	text_free(&t);
}

static void copy_cuts_and_says_so(void **state)
{
	char dst[4] = "???";

	(void)state;
	assert_true(str_copy(dst, sizeof(dst), "abc"));
	assert_string_equal(dst, "abc");
	assert_false(str_copy(dst, sizeof(dst), "wxyz"));
	assert_string_equal(dst, "wxy");
	assert_true(str_copy(dst, sizeof(dst), ""));
	assert_string_equal(dst, "");
	assert_false(str_copy(dst, 1, "a"));
	assert_string_equal(dst, "");
	dst[0] = '!';
	assert_false(str_copy(dst, 0, "a"));
	assert_int_equal(dst[0], '!');
}

static void lower_touches_ascii_alone(void **state)
{
	char dst[8];

	(void)state;
	str_lower(dst, sizeof(dst), "AZ@[az");
	assert_string_equal(dst, "az@[az");
	str_lower(dst, sizeof(dst), "\xc3\x89t\xc3\x89");
	assert_string_equal(dst, "\xc3\x89t\xc3\x89");
	str_lower(dst, 3, "ABCDEF");
	assert_string_equal(dst, "ab");
	str_lower(dst, 1, "ABC");
	assert_string_equal(dst, "");
	dst[0] = '!';
	str_lower(dst, 0, "ABC");
	assert_int_equal(dst[0], '!');
}

static void numbers_are_whole_and_fit(void **state)
{
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "0x1",
					  "1.0",
					  "1e3",
					  "\xd9\xa1",
					  "18446744073709551616",
					  "18446744073709551620",
					  "99999999999999999999",
					  "184467440737095516150"};
	unsigned long long n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (str_to_u64(bad[i], &n))
			fail_msg("taken: %s", bad[i]);
	assert_true(n == 7);
	assert_true(str_to_u64("0", &n) && n == 0);
	assert_true(str_to_u64("007", &n) && n == 7);
	assert_true(str_to_u64("18446744073709551615", &n));
	assert_true(n == ULLONG_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_make_one_string),
		cmocka_unit_test(nothing_added_is_null_and_an_empty_add_is_not),
		cmocka_unit_test(bytes_may_hold_nul),
		cmocka_unit_test(grows_through_all_sizes),
		cmocka_unit_test(printf_of_every_length),
		cmocka_unit_test(reserve_keeps_the_content),
		cmocka_unit_test(stays_broken_until_reset),
		cmocka_unit_test(take_gives_the_string_away),
		cmocka_unit_test(reset_keeps_the_memory),
		cmocka_unit_test(copy_cuts_and_says_so),
		cmocka_unit_test(lower_touches_ascii_alone),
		cmocka_unit_test(numbers_are_whole_and_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
