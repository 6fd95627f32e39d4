/* test_programs_lines.c - lines of a program, fit for a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "programs/lines.h"

/* All lines of a text given in pieces of n bytes, each with '|' behind. */
static char *lines_of(const char *text, size_t len, size_t n,
		      const char *secret)
{
	struct lines *l = calloc(1, sizeof(*l));
	struct text out = {0};
	const char *line;

	assert_non_null(l);
	l->secret = secret;
	for (size_t at = 0; at < len; at += n) {
		lines_give(l, text + at, n < len - at ? n : len - at);
		while ((line = lines_next(l)) != NULL)
			text_printf(&out, "%s|", line);
	}
	line = lines_last(l);
	if (line != NULL)
		text_printf(&out, "%s|", line);
	free(l);
	return text_take(&out);
}

static void gives(const char *text, const char *secret, const char *lines)
{
	for (size_t n = 1; n <= strlen(text) + 1; n++) {
		char *got = lines_of(text, strlen(text), n, secret);

		assert_string_equal(got, lines);
		free(got);
	}
}

static void test_split(void **state)
{
	(void)state;
	gives("", NULL, "");
	gives("\n\n", NULL, "");
	gives("one", NULL, "one|");
	gives("one\ntwo\n\n  three  ", NULL, "one|two|  three|");
	gives("10%\r20%\r\nend", NULL, "10%|20%|end|");
	gives("a\tb\x01"
	      "c\x7f",
	      NULL, "a b c|");
	gives("gr\xc3\xbc\xc3\x9f \xff \xe2\x82 \xf0\x9f\x98\x80", NULL,
	      "gr\xc3\xbc\xc3\x9f ? ?? \xf0\x9f\x98\x80|");
}

static void test_secrets(void **state)
{
	(void)state;
	gives("using hunter2, hunter2\n", "hunter2", "using ***, ***|");
	gives("x", "x", "*|");
	gives("xx y xx", "x", "** y **|");
	gives("hunter hunter", "hunter2", "hunter hunter|");
	gives("--password=abc def", NULL, "--password=*** def|");
	gives("Password: abc, x", NULL, "Password: ***, x|");
	gives("{\"password\": \"a b\", \"x\": 1}", NULL,
	      "{\"password\": \"***\", \"x\": 1}|");
	gives("token='a b'c PASSWD=x;y", NULL, "token='***'c PASSWD=*;y|");
	gives("(using password: YES)", NULL, "(using password: YES)|");
	gives("(password: yes)", NULL, "(password: ***)|");
	gives("no password was given", NULL, "no password was given|");
	gives("password=", NULL, "password=|");
	gives("password", NULL, "password|");
}

static void fill(char *text, size_t n, char c)
{
	memset(text, c, n);
	text[n] = '\0';
}

static void test_long(void **state)
{
	char text[9000], *got;

	(void)state;
	fill(text, 8000, 'x');
	(void)strcat(text, "\nnext");
	got = lines_of(text, strlen(text), 77, NULL);
	assert_int_equal(strcspn(got, "|"), LINE_TEXT_MAX + 3);
	assert_string_equal(got + LINE_TEXT_MAX, "...|next|");
	free(got);
	/* A secret at the place of the cut, wherever it begins. */
	for (size_t at = LINE_TEXT_MAX - 8; at < LINE_TEXT_MAX + 2; at++) {
		fill(text, at, 'x');
		(void)strcat(text, "hunter2");
		got = lines_of(text, strlen(text), 100, "hunter2");
		assert_null(strstr(got, "h"));
		free(got);
	}
	for (size_t at = LINE_RAW_MAX - 8; at < LINE_RAW_MAX + 2; at++) {
		/* What is replaced before it moves it forward. */
		for (size_t i = 0; i + 7 <= at; i += 7)
			memcpy(text + i, "hunter2", 8);
		memset(text + at / 7 * 7, 'x', at % 7);
		text[at] = '\0';
		(void)strcat(text, "hunter2");
		got = lines_of(text, strlen(text), 4096, "hunter2");
		assert_null(strstr(got, "h"));
		free(got);
	}
	/* A character of several bytes is not cut in two. */
	fill(text, LINE_TEXT_MAX - 1, 'x');
	(void)strcat(text, "\xc3\xbc"
			   "end");
	got = lines_of(text, strlen(text), 100, NULL);
	assert_string_equal(got + LINE_TEXT_MAX - 1, "...|");
	free(got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
