#include "base/glob.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

enum what { FILE_, FOLDER };

static bool fits(const char *pattern, const char *path, enum what what)
{
	struct globs g = {&pattern, 1};
	struct err e = {0};

	assert_true(glob_check(pattern, &e));
	return globs_fit(&g, path, what == FOLDER);
}

static bool may(const char *pattern, const char *folder)
{
	struct globs g = {&pattern, 1};

	return globs_may_fit_in(&g, folder);
}

static void names_in_any_folder(void **state)
{
	(void)state;
	assert_true(fits("*.log", "a.log", FILE_));
	assert_true(fits("*.log", "x/y/a.log", FILE_));
	assert_true(fits("*.log", "x/y.log/a", FILE_));
	assert_false(fits("*.log", "x/a.log2", FILE_));
	assert_true(fits("a", "b/a/c/d", FILE_));
	assert_false(fits("a", "b/aa", FILE_));
	assert_false(fits("a", "A", FILE_));
}

static void others_count_from_the_top(void **state)
{
	(void)state;
	assert_true(fits("/a", "a", FILE_));
	assert_true(fits("/a", "a/b", FILE_));
	assert_false(fits("/a", "b/a", FILE_));
	assert_true(fits("a/b", "a/b", FILE_));
	assert_true(fits("a/b", "a/b/c", FILE_));
	assert_false(fits("a/b", "x/a/b", FILE_));
	assert_false(fits("a/b", "a", FOLDER));
	assert_true(fits("a/*.c", "a/x.c", FILE_));
	assert_false(fits("a/*.c", "a/b/x.c", FILE_));
}

static void a_slash_at_the_end_is_a_folder(void **state)
{
	(void)state;
	assert_true(fits("a/", "a", FOLDER));
	assert_false(fits("a/", "a", FILE_));
	assert_true(fits("a/", "a/f", FILE_));
	assert_true(fits("a/", "x/a/f", FILE_));
	assert_false(fits("/a/", "x/a/f", FILE_));
	assert_false(fits("x/a/", "x/a", FILE_));
	assert_true(fits("a/", "a/a", FILE_)); /* the upper one is a folder */
	assert_true(fits("**/a/", "b/a/a", FILE_));
	assert_false(fits("**/a/", "b/a", FILE_));
}

static void any_depth(void **state)
{
	(void)state;
	assert_true(fits("**", "a", FILE_));
	assert_true(fits("**", "a/b/c", FILE_));
	assert_true(fits("a/**/b", "a/b", FILE_));
	assert_true(fits("a/**/b", "a/x/y/b", FILE_));
	assert_true(fits("a/**/b", "a/x/y/b/c", FILE_));
	assert_false(fits("a/**/b", "a/x/y/c", FILE_));
	assert_false(fits("a/**/b", "b", FILE_));
	assert_true(fits("**/b/c", "b/c", FILE_));
	assert_true(fits("**/b/c", "b/b/c", FILE_));
	assert_true(fits("a/**/b/**/c", "a/b/x/b/x/c", FILE_));
	assert_true(fits("a/**/*.c", "a/x.c", FILE_));
	assert_true(fits("a/**/**/c", "a/c", FILE_));
	assert_true(fits("a/**", "a/b", FILE_));
	assert_true(fits("a/**", "a/b/c", FILE_));
	assert_false(fits("a/**", "a", FOLDER));
	assert_true(fits("a/**/", "a/b", FOLDER));
	assert_false(fits("a/**/", "a/b", FILE_));
	assert_true(fits("a/**/", "a/b/c", FILE_));
	assert_true(fits("a**c", "x/abc", FILE_));
	assert_false(fits("a**c/d", "a/c/d", FILE_));
}

static void characters(void **state)
{
	(void)state;
	assert_true(fits("?", "a", FILE_));
	assert_false(fits("?", "ab", FILE_));
	assert_false(fits("a?b", "a/b", FILE_));
	assert_false(fits("/a*b", "a/b", FILE_));
	assert_true(fits("*", ".hidden", FILE_));
	assert_true(fits("a*b*c", "a-b-b-c", FILE_));
	assert_false(fits("a*b*c", "a-b-b-", FILE_));
	assert_true(fits("*a", "aaa", FILE_));
	assert_true(fits("\\*", "*", FILE_));
	assert_false(fits("\\*", "a", FILE_));
	assert_true(fits("\\\\", "\\", FILE_));
	assert_true(fits("a\nb", "a\nb", FILE_));
	assert_true(fits("?\xff*", "\xfe\xff\xfd", FILE_));
}

static void brackets(void **state)
{
	(void)state;
	assert_true(fits("[a-c]", "b", FILE_));
	assert_false(fits("[a-c]", "d", FILE_));
	assert_true(fits("[!a-c]", "d", FILE_));
	assert_false(fits("[!a-c]", "c", FILE_));
	assert_true(fits("[]x]", "]", FILE_));
	assert_true(fits("[!]]", "x", FILE_));
	assert_true(fits("[\\]-a]", "^", FILE_)); /* between ']' and 'a' */
	assert_true(fits("[a-]", "-", FILE_));
	assert_true(fits("[-a]", "-", FILE_));
	assert_true(fits("[*?]", "*", FILE_));
	assert_false(fits("[*?]", "x", FILE_));
	assert_true(fits("[\x80-\xff]", "\xc3", FILE_));
	assert_true(fits("*.[ch]", "dir/x.h", FILE_));
	assert_false(fits("a[!x]b/c", "a/b/c", FILE_));
}

static void several(void **state)
{
	const char *patterns[] = {"/a", "*.o"};
	struct globs g = {patterns, 2};
	struct globs none = {NULL, 0};

	(void)state;
	assert_true(globs_fit(&g, "a/b", false));
	assert_true(globs_fit(&g, "b/x.o", false));
	assert_false(globs_fit(&g, "b/x.c", false));
	assert_false(globs_fit(&none, "a", false));
	assert_false(globs_may_fit_in(&none, "a"));
	assert_true(globs_may_fit_in(&g, "b"));
}

static void where_a_walk_need_not_enter(void **state)
{
	(void)state;
	assert_true(may("a/b/c", "a"));
	assert_true(may("a/b/c", "a/b"));
	assert_true(may("a/b/c", "a/b/c"));
	assert_true(may("a/b/c", "a/b/c/d"));
	assert_false(may("a/b/c", "b"));
	assert_false(may("a/b/c", "a/c"));
	assert_true(may("a/*/c", "a/x"));
	assert_false(may("a/*/c", "a/x/d"));
	assert_true(may("a/**/c", "a/x/d"));
	assert_false(may("a/**/c", "b"));
	assert_true(may("a/**", "a"));
	assert_true(may("**/c", "x"));
	assert_true(may("*.c", "x/y"));
	assert_true(may("/a/", "a"));
	assert_false(may("/a/", "b"));
	assert_true(may("/a", "")); /* the top */
}

static void refused(const char *pattern, const char *word)
{
	struct err e = {0};

	assert_false(glob_check(pattern, &e));
	assert_string_equal(e.api, "invalid_scope");
	assert_int_equal(e.code, ERR_INVALID);
	assert_non_null(strstr(e.msg, word));
}

static void what_can_fit_nothing_is_refused(void **state)
{
	char longest[GLOB_MAX + 2];
	struct err e = {0};

	(void)state;
	refused("", "names nothing");
	refused("/", "names nothing");
	refused("//", "names nothing");
	refused("a//b", "no name");
	refused("a//", "no name");
	refused("../x", "'..'");
	refused("a/../b", "'..'");
	refused("a/..", "'..'");
	refused(".", "'.'");
	refused("./a", "'.'");
	refused("[a", "not closed");
	refused("a[]", "not closed");
	refused("a[x/y]", "not closed");
	refused("a\\", "follows");
	refused("a\\/b", "follows");
	assert_true(glob_check("...", &e));
	assert_true(glob_check("\\[", &e));
	memset(longest, 'a', sizeof(longest));
	longest[GLOB_MAX + 1] = '\0';
	refused(longest, "1024");
	longest[GLOB_MAX] = '\0';
	assert_true(glob_check(longest, &e));
}

/* What would take 2^n steps, were each way tried. */
static void nothing_takes_long(void **state)
{
	struct text stars = {0}, names = {0}, folders = {0}, path = {0};

	(void)state;
	for (int i = 0; i < 200; i++) {
		text_str(&stars, "*a");
		text_str(&names, "aaaaaaaaaaaaaaaaaaaa");
		text_str(&folders, "**/a/");
		text_str(&path, "a/a/a/a/a/a/a/a/");
	}
	text_char(&stars, 'b');
	text_char(&folders, 'b');
	text_char(&path, 'c');
	assert_false(fits(stars.data, names.data, FILE_));
	assert_false(fits(folders.data, path.data, FILE_));
	text_free(&stars);
	text_free(&names);
	text_free(&folders);
	text_free(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_any_folder),
		cmocka_unit_test(others_count_from_the_top),
		cmocka_unit_test(a_slash_at_the_end_is_a_folder),
		cmocka_unit_test(any_depth),
		cmocka_unit_test(characters),
		cmocka_unit_test(brackets),
		cmocka_unit_test(several),
		cmocka_unit_test(where_a_walk_need_not_enter),
		cmocka_unit_test(what_can_fit_nothing_is_refused),
		cmocka_unit_test(nothing_takes_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
