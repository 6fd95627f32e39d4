/* test_ctl_words.c - sizes, times, and text of others on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/path.h"
#include "ctl/words.h"

static void assert_bytes(uint64_t n, const char *expected)
{
	char out[WORDS_MAX];

	assert_string_equal(words_bytes(n, out), expected);
}

static void test_bytes(void **state)
{
	(void)state;
	assert_bytes(0, "0 B");
	assert_bytes(1023, "1023 B");
	assert_bytes(1024, "1.0 KiB");
	assert_bytes(1536, "1.5 KiB");
	assert_bytes(500UL << 20, "500 MiB");
	assert_bytes(UINT64_MAX, "16.0 EiB");
}

static void assert_seconds(int64_t n, const char *expected)
{
	char out[WORDS_MAX];

	assert_string_equal(words_seconds(n, out), expected);
}

static void test_seconds(void **state)
{
	(void)state;
	assert_seconds(0, "0s");
	assert_seconds(59, "59s");
	assert_seconds(60, "1m");
	assert_seconds(3661, "1h 1m");
	assert_seconds(86400 * 3 + 3600, "3d 1h");
}

static void test_times(void **state)
{
	char out[WORDS_MAX];

	(void)state;
	assert_string_equal(words_time("2026-12-01T02:30:59Z", out),
			    "2026-12-01 02:30Z");
	assert_string_equal(words_time("never", out), "never");
	assert_string_equal(words_time("", out), "");
}

static void assert_clean(const char *raw, bool keep, const char *expected)
{
	struct text out = {0};

	words_clean(&out, raw, strlen(raw), keep);
	assert_string_equal(out.data, expected);
	text_free(&out);
}

/* What a terminal would obey never reaches it. */
static void test_clean(void **state)
{
	(void)state;
	assert_clean("a\033[31mred\a\b\r", false, "a?[31mred???");
	assert_clean("a\nb\tc", false, "a b c");
	assert_clean("a\nb\tc\r", true, "a\nb\tc?");
	assert_clean("\302\233"
		     "31m",
		     false, "?31m"); /* C1: CSI */
	assert_clean("\342\200\256"
		     "abc",
		     false, "?abc"); /* right to left */
	assert_clean("\357\273\277x", false, "?x");
	assert_clean("\177x", false, "?x");
	assert_clean("\300\200\377", false, "???");
	assert_clean("\303\244\346\227\245", false, "\303\244\346\227\245");
}

static void assert_cut(const char *text, size_t width, const char *expected)
{
	struct text out = {0};

	text_str(&out, "");
	words_cut(&out, text, width);
	assert_string_equal(out.data != NULL ? out.data : "", expected);
	text_free(&out);
}

static void test_cut(void **state)
{
	(void)state;
	assert_int_equal(words_width("abc"), 3);
	assert_int_equal(words_width("\346\227\245x"), 3);
	assert_int_equal(words_width("a\314\210"), 1);
	assert_cut("abcdef", 6, "abcdef");
	assert_cut("abcdef", 5, "abcd~");
	assert_cut("abcdef", 1, "~");
	assert_cut("abcdef", 0, "");
	/* Half of a wide character is none. */
	assert_cut("\346\227\245\346\227\245", 3, "\346\227\245~");
	assert_cut("\346\227\245\346\227\245", 2, "~");
}

static void test_paths(void **state)
{
	struct text t = {0};

	(void)state;
	text_str(&t, "/v1/plans");
	path_segment(&t, "a/b ?\303\244");
	path_query(&t, "q", "x&y");
	path_query(&t, "after", NULL);
	path_query(&t, "n", "1");
	assert_string_equal(t.data, "/v1/plans/a%2Fb%20%3F%C3%A4?q=x%26y&n=1");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes), cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_times), cmocka_unit_test(test_clean),
		cmocka_unit_test(test_cut),   cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
