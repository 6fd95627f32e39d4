/* test_mysql_quote.c - names and values as SQL text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/quote.h"

enum { LONG = 200 };

/* Reads back what an escape wrote, as a server would. */
static size_t unescape(char *out, const char *in, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = in[i];

		assert_true(c != '\n' && c != '\r' && c != '\0');
		assert_true(c != '\'' && c != '"');
		if (c == '\\') {
			c = in[++i];
			if (c == '0')
				c = '\0';
			else if (c == 'n')
				c = '\n';
			else if (c == 'r')
				c = '\r';
			else if (c == 'Z')
				c = '\032';
			else
				assert_true(c == '\'' || c == '"' || c == '\\');
		}
		out[n++] = c;
	}
	return n;
}

static void check_escape(const char *in, size_t len)
{
	char fast[MY_ESCAPE_FACTOR * LONG + MY_ESCAPE_SLACK];
	char plain[MY_ESCAPE_FACTOR * LONG + MY_ESCAPE_SLACK];
	char back[LONG];
	size_t n = (size_t)(my_escape(fast, in, len) - fast);

	assert_true(n <= MY_ESCAPE_FACTOR * len);
	assert_int_equal(my_escape_plain(plain, in, len) - plain, n);
	assert_memory_equal(fast, plain, n);
	assert_int_equal(unescape(back, fast, n), len);
	assert_memory_equal(back, in, len);
}

static void test_each_byte_alone(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char in = (char)c;

		check_escape(&in, 1);
	}
}

static void test_each_byte_at_each_place(void **state)
{
	char in[40];

	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof(in); at++) {
			memset(in, 'x', sizeof(in));
			in[at] = (char)c;
			check_escape(in, sizeof(in));
		}
}

static void test_random_bytes(void **state)
{
	char in[LONG];

	(void)state;
	srand(1);
	for (int round = 0; round < 3000; round++) {
		size_t len = (size_t)rand() % LONG;

		for (size_t i = 0; i < len; i++)
			in[i] = (char)(rand() % (round % 2 ? 256 : 64));
		check_escape(in, len);
	}
}

static void test_reads_no_byte_too_many(void **state)
{
	(void)state;
	/* The sanitizer watches the end of each of these. */
	for (size_t len = 0; len < 70; len++) {
		char *in = malloc(len + 1);
		char *out = malloc(MY_ESCAPE_FACTOR * len + MY_ESCAPE_SLACK);

		memset(in, 'a', len + 1);
		assert_int_equal(my_escape(out, in, len) - out, len);
		free(in);
		free(out);
	}
}

static void test_names(void **state)
{
	static const char *const names[] = {"a", "",	   "a`b",    "```",
					    "`", "ü ;\n.", "a\\b'\""};
	struct text t = {0}, back = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *at;

		text_reset(&t);
		my_quote_name(&t, names[i]);
		at = t.data;
		assert_true(my_unquote_name(&at, t.data + t.len, &back));
		assert_ptr_equal(at, t.data + t.len);
		assert_string_equal(back.data, names[i]);
	}
	text_reset(&t);
	my_quote_names(&t, "a`", "b.c");
	assert_string_equal(t.data, "`a```.`b.c`");
	text_free(&t);
	text_free(&back);
}

static void test_names_cut(void **state)
{
	static const char *const cut[] = {"", "a`", "`", "`abc", "`abc``"};
	struct text back = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		const char *at = cut[i];

		assert_false(
			my_unquote_name(&at, cut[i] + strlen(cut[i]), &back));
		assert_ptr_equal(at, cut[i]);
	}
	text_free(&back);
}

static void test_values(void **state)
{
	struct text t = {0};

	(void)state;
	my_quote_value(&t, "it's\n", 5);
	assert_string_equal(t.data, "'it\\'s\\n'");
	text_reset(&t);
	my_quote_value(&t, "", 0);
	assert_string_equal(t.data, "''");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_byte_alone),
		cmocka_unit_test(test_each_byte_at_each_place),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_reads_no_byte_too_many),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_cut),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
