#include "base/secret_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/secret.h"
#include "test_base_folder.h"

static void put(const char *name, mode_t mode, const char *bytes, size_t n)
{
	struct err e = {0};

	if (!file_write(name, mode, bytes, n, &e))
		fail_msg("%s", e.msg);
}

static char *get(const char *dir, const char *name, struct err *e)
{
	char *ref = secret_ref_new(name);
	char *text;

	assert_non_null(ref);
	assert_true(secret_ref_is(ref));
	text = secret_ref_read(dir, ref, e);
	free(ref);
	return text;
}

static void assert_read(const char *name, const char *expected)
{
	struct err e = {0};
	char *text = get(".", name, &e);

	if (text == NULL)
		fail_msg("%s", e.msg);
	assert_string_equal(text, expected);
	secret_free(text);
}

static void assert_refused(const char *dir, const char *name, const char *word)
{
	struct err e = {0};

	assert_null(get(dir, name, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_string_equal(e.api, "secret_unavailable");
	if (strstr(e.msg, word) == NULL)
		fail_msg("%s", e.msg);
}

static void names_have_a_rule(void **state)
{
	char longest[SECRET_NAME_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[SECRET_NAME_MAX + 1] = '\0';
	assert_false(secret_name_is_right(longest));
	longest[SECRET_NAME_MAX] = '\0';
	assert_true(secret_name_is_right(longest));
	assert_true(secret_name_is_right("db-1_password.txt"));
	assert_false(secret_name_is_right(""));
	assert_false(secret_name_is_right("."));
	assert_false(secret_name_is_right(".."));
	assert_false(secret_name_is_right(".hidden"));
	assert_false(secret_name_is_right("a/b"));
	assert_false(secret_name_is_right("../a"));
	assert_false(secret_name_is_right("a b"));
	assert_false(secret_name_is_right("a\n"));
}

static void only_references_are_such(void **state)
{
	(void)state;
	assert_false(secret_ref_is(NULL));
	assert_false(secret_ref_is(""));
	assert_false(secret_ref_is("password"));
}

static void one_newline_goes(void **state)
{
	(void)state;
	put("a", 0600, "pass word", 9);
	assert_read("a", "pass word");
	put("a", 0600, "new\n", 4);
	assert_read("a", "new");
	put("a", 0400, "two\n\n", 5);
	assert_read("a", "two\n");
}

static void what_is_no_secret_is_refused(void **state)
{
	char *large = calloc(1, SECRET_FILE_MAX + 1);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', SECRET_FILE_MAX + 1);
	put("large", 0600, large, SECRET_FILE_MAX + 1);
	assert_refused(".", "large", "longer");
	put("large", 0600, large, SECRET_FILE_MAX - 1);
	large[SECRET_FILE_MAX - 1] = '\0';
	assert_read("large", large);
	free(large);
	put("none", 0600, "\n", 1);
	assert_refused(".", "none", "empty");
	put("nul", 0600, "a\0b", 3);
	assert_refused(".", "nul", "NUL");
	put("odd", 0600,
	    "\x1f"
	    "a",
	    2);
	assert_refused(".", "odd", "control");
}

static void what_is_in_the_way_is_told(void **state)
{
	(void)state;
	assert_refused("", "a", "set secrets_dir");
	assert_refused(NULL, "a", "set secrets_dir");
	assert_refused("./missing", "a", "cannot be opened");
	assert_refused(".", "missing", "put a file");
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_refused(".", "folder", "regular");
	put("open", 0640, "a", 1);
	assert_refused(".", "open", "chmod 0600");
	put("world", 0604, "a", 1);
	assert_refused(".", "world", "chmod 0600");
	put("target", 0600, "a", 1);
	assert_int_equal(symlink("target", "link"), 0);
	assert_refused(".", "link", "symbolic");
}

static void another_owner_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	put("theirs", 0600, "a", 1);
	assert_int_equal(chown("theirs", 65534, 65534), 0);
	assert_refused(".", "theirs", "chown");
}

static void a_broken_reference_is_a_bug(void **state)
{
	struct err e = {0};

	(void)state;
	assert_null(secret_ref_read(".", "\x1f../a", &e));
	assert_int_equal(e.code, ERR_BUG);
	err_clear(&e);
	assert_null(secret_ref_read(".", "plain", &e));
	assert_int_equal(e.code, ERR_BUG);
}

#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(names_have_a_rule),
		IN_FOLDER(only_references_are_such),
		IN_FOLDER(one_newline_goes),
		IN_FOLDER(what_is_no_secret_is_refused),
		IN_FOLDER(what_is_in_the_way_is_told),
		IN_FOLDER(another_owner_is_refused),
		IN_FOLDER(a_broken_reference_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
