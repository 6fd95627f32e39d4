#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_base_folder.h"

static void assert_content(const char *path, const char *expected)
{
	struct err e = {0};
	size_t len = 0;
	char *content = file_read(path, 1000, &len, &e);

	assert_non_null(content);
	assert_int_equal(len, strlen(expected));
	assert_string_equal(content, expected);
	free(content);
}

static void put(const char *path, const char *content)
{
	struct err e = {0};

	if (!file_write(path, 0600, content, strlen(content), &e))
		fail_msg("%s", e.msg);
}

static void assert_err(const struct err *e, enum err_code code)
{
	assert_int_equal(e->code, code);
	assert_true(strlen(e->msg) > 0);
}

static void read_gives_all_bytes_and_a_nul(void **state)
{
	struct err e = {0};
	size_t len;
	char *content;

	(void)state;
	assert_true(file_write("f", 0600, "a\0b\n", 4, &e));
	content = file_read("f", 4, &len, &e);
	assert_non_null(content);
	assert_int_equal(len, 4);
	assert_memory_equal(content, "a\0b\n\0", 5);
	free(content);
	put("f", "");
	assert_content("f", "");
}

static void read_keeps_to_the_limit(void **state)
{
	struct err e = {0};
	size_t len;
	char *content;

	(void)state;
	put("f", "12345");
	assert_null(file_read("f", 4, &len, &e));
	assert_err(&e, ERR_IO);
	err_clear(&e);
	content = file_read("f", 5, &len, &e);
	assert_non_null(content);
	free(content);
	put("f", "");
	content = file_read("f", 0, &len, &e);
	assert_non_null(content);
	free(content);
	assert_null(file_read("f", SIZE_MAX, &len, &e));
	assert_err(&e, ERR_BUG);
}

/* A file of /proc says that its size is 0. */
static void read_does_not_trust_the_size(void **state)
{
	struct err e = {0};
	size_t len;
	char *content = file_read("/proc/self/status", 100000, &len, &e);

	(void)state;
	assert_non_null(content);
	assert_true(len > 100);
	free(content);
}

static void read_tells_what_is_missing(void **state)
{
	struct err e = {0};
	size_t len;

	(void)state;
	assert_null(file_read("none", 10, &len, &e));
	assert_err(&e, ERR_NOT_FOUND);
	assert_non_null(strstr(e.msg, "none"));
	err_clear(&e);
	assert_null(file_read(".", 10, &len, &e));
	assert_err(&e, ERR_IO);
	err_clear(&e);
	put("f", "x");
	assert_null(file_read("f/none", 10, &len, &e));
	assert_err(&e, ERR_IO);
}

static void write_sets_the_mode_whatever_the_umask(void **state)
{
	static const mode_t modes[] = {0600, 0640, 0644, 0400};
	mode_t kept = umask(0077);
	struct err e = {0};
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_true(file_write("f", modes[i], "x", 1, &e));
		assert_int_equal(stat("f", &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
	}
	umask(kept);
}

/* The name leads to a new file; who has the old one open still reads it, so
 * at no instant are there half of each. */
static void write_replaces_by_rename(void **state)
{
	struct stat before, after;
	char old[8] = "";
	int fd;

	(void)state;
	put("f", "old");
	assert_int_equal(stat("f", &before), 0);
	fd = open("f", O_RDONLY);
	put("f", "newer");
	assert_int_equal(stat("f", &after), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(read(fd, old, sizeof(old)), 3);
	assert_string_equal(old, "old");
	close(fd);
	assert_content("f", "newer");
	assert_int_equal(count_entries("."), 1);
}

static void write_that_fails_keeps_the_old(void **state)
{
	struct rlimit all, little = {.rlim_cur = 100};
	struct err e = {0};
	char big[1000];

	(void)state;
	put("f", "old");
	memset(big, 'x', sizeof(big));
	getrlimit(RLIMIT_FSIZE, &all);
	little.rlim_max = all.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &little);
	assert_false(file_write("f", 0600, big, sizeof(big), &e));
	setrlimit(RLIMIT_FSIZE, &all);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_err(&e, ERR_IO);
	assert_non_null(strstr(e.msg, "File too large"));
	assert_content("f", "old");
	assert_int_equal(count_entries("."), 1);
}

static void write_onto_a_folder_leaves_nothing_behind(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	assert_false(file_write("d", 0600, "x", 1, &e));
	assert_err(&e, ERR_IO);
	assert_int_equal(count_entries("."), 1);
	assert_int_equal(count_entries("d"), 0);
	err_clear(&e);
	assert_false(file_write("none/f", 0600, "x", 1, &e));
	assert_err(&e, ERR_IO);
	assert_int_equal(count_entries("."), 1);
}

/* What a power cut in the middle of an earlier write left is no hindrance. */
static void write_ignores_leftovers(void **state)
{
	(void)state;
	put("f.tmp-AAAAAA", "half");
	put("f", "whole");
	assert_content("f", "whole");
	assert_content("f.tmp-AAAAAA", "half");
}

static void write_takes_any_path(void **state)
{
	char path[64];
	const char *folder = *state;

	assert_int_equal(mkdir("d", 0700), 0);
	put("d/f", "1");
	assert_content("d/f", "1");
	(void)snprintf(path, sizeof(path), "%s/g", folder);
	put(path, "2");
	assert_content("g", "2");
}

static void make_dirs_makes_all_of_them(void **state)
{
	struct err e = {0};
	char path[64];
	struct stat st;
	mode_t kept = umask(0);

	assert_true(file_make_dirs("a/b/c", &e));
	assert_int_equal(stat("a/b", &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(file_make_dirs("a/b/c", &e));
	assert_true(file_make_dirs("a//d///e/", &e));
	assert_int_equal(stat("a/d/e", &st), 0);
	(void)snprintf(path, sizeof(path), "%s/x/y", (const char *)*state);
	assert_true(file_make_dirs(path, &e));
	assert_int_equal(stat("x/y", &st), 0);
	assert_true(file_make_dirs("/", &e));
	assert_true(file_make_dirs(".", &e));
	umask(kept);
}

static void make_dirs_does_not_change_what_is_there(void **state)
{
	struct err e = {0};
	struct stat st;

	(void)state;
	assert_int_equal(mkdir("a", 0750), 0);
	assert_int_equal(chmod("a", 0750), 0);
	assert_true(file_make_dirs("a/b", &e));
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(symlink("a", "link"), 0);
	assert_true(file_make_dirs("link/c", &e));
	assert_int_equal(stat("a/c", &st), 0);
}

static void make_dirs_tells_what_is_in_the_way(void **state)
{
	struct err e = {0};

	(void)state;
	put("f", "x");
	assert_false(file_make_dirs("f", &e));
	assert_err(&e, ERR_IO);
	err_clear(&e);
	assert_false(file_make_dirs("f/g", &e));
	assert_err(&e, ERR_IO);
	assert_non_null(strstr(e.msg, "f is not a folder"));
	err_clear(&e);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_false(file_make_dirs("dangling", &e));
	assert_err(&e, ERR_IO);
	assert_content("f", "x");
}

static void sync_dir_wants_a_folder(void **state)
{
	struct err e = {0};

	(void)state;
	assert_true(file_sync_dir(".", &e));
	assert_false(file_sync_dir("none", &e));
	assert_err(&e, ERR_IO);
	err_clear(&e);
	put("f", "x");
	assert_false(file_sync_dir("f", &e));
	assert_err(&e, ERR_IO);
}

#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(read_gives_all_bytes_and_a_nul),
		IN_FOLDER(read_keeps_to_the_limit),
		IN_FOLDER(read_does_not_trust_the_size),
		IN_FOLDER(read_tells_what_is_missing),
		IN_FOLDER(write_sets_the_mode_whatever_the_umask),
		IN_FOLDER(write_replaces_by_rename),
		IN_FOLDER(write_that_fails_keeps_the_old),
		IN_FOLDER(write_onto_a_folder_leaves_nothing_behind),
		IN_FOLDER(write_ignores_leftovers),
		IN_FOLDER(write_takes_any_path),
		IN_FOLDER(make_dirs_makes_all_of_them),
		IN_FOLDER(make_dirs_does_not_change_what_is_there),
		IN_FOLDER(make_dirs_tells_what_is_in_the_way),
		IN_FOLDER(sync_dir_wants_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
