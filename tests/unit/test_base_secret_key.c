#include "base/secret_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "test_base_folder.h"

enum { PROCESSES = 12 };

static struct secret_key *load(void)
{
	struct err e = {0};
	struct secret_key *k = secret_key_load("key", &e);

	if (!k)
		fail_msg("%s", e.msg);
	return k;
}

static void assert_refused(enum err_code code, const char *word)
{
	struct err e = {0};

	assert_null(secret_key_load("key", &e));
	assert_int_equal(e.code, code);
	assert_non_null(strstr(e.msg, word));
}

static void the_first_load_makes_it(void **state)
{
	struct secret_key *k = load();
	struct stat st;

	(void)state;
	assert_int_equal(stat("key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, SECRET_KEY_LEN);
	assert_int_equal(count_entries("."), 1);
	secret_key_free(k);
}

static void the_umask_does_not_matter(void **state)
{
	mode_t kept = umask(0777);
	struct secret_key *k = load();
	struct stat st;

	(void)state;
	umask(kept);
	assert_int_equal(stat("key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	secret_key_free(k);
}

static void later_loads_read_the_same(void **state)
{
	struct secret_key *first = load(), *second = load();
	struct err e = {0};
	size_t len;
	char *file = file_read("key", SECRET_KEY_LEN, &len, &e);

	(void)state;
	assert_non_null(file);
	assert_memory_equal(first->bytes, second->bytes, SECRET_KEY_LEN);
	assert_memory_equal(first->bytes, file, SECRET_KEY_LEN);
	secret_free(file);
	secret_key_free(first);
	secret_key_free(second);
}

static void two_files_are_two_keys(void **state)
{
	struct secret_key *first = load(), *second;

	(void)state;
	unlink("key");
	second = load();
	assert_memory_not_equal(first->bytes, second->bytes, SECRET_KEY_LEN);
	secret_key_free(first);
	secret_key_free(second);
}

static void a_file_that_others_may_use_is_refused(void **state)
{
	static const mode_t bad[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666};
	static const mode_t good[] = {0600, 0400, 0700};

	(void)state;
	secret_key_free(load());
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		chmod("key", bad[i]);
		assert_refused(ERR_INVALID, "chmod");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		chmod("key", good[i]);
		secret_key_free(load());
	}
}

/* A file of another length is somebody's mistake; making a new key over it
 * would lose every secret that is sealed. */
static void another_length_is_refused_and_kept(void **state)
{
	static const char bytes[100] = "x";
	static const size_t lengths[] = {0, 1, 31, 33, 64, 100};
	struct err e = {0};
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_true(file_write("key", 0600, bytes, lengths[i], &e));
		assert_refused(ERR_INVALID, "bytes");
		assert_int_equal(stat("key", &st), 0);
		assert_int_equal(st.st_size, lengths[i]);
	}
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir("key", 0700), 0);
	assert_refused(ERR_INVALID, "regular");
	rmdir("key");
	assert_int_equal(mkfifo("key", 0600), 0);
	assert_refused(ERR_INVALID, "regular");
}

static void a_missing_folder_is_told(void **state)
{
	struct err e = {0};

	(void)state;
	assert_null(secret_key_load("none/key", &e));
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, "none/key"));
}

static void a_link_to_the_key_is_fine(void **state)
{
	struct secret_key *a = load(), *b;
	struct err e = {0};

	(void)state;
	assert_int_equal(symlink("key", "link"), 0);
	b = secret_key_load("link", &e);
	assert_non_null(b);
	assert_memory_equal(a->bytes, b->bytes, SECRET_KEY_LEN);
	secret_key_free(a);
	secret_key_free(b);
}

static void leftovers_of_a_power_cut_are_no_hindrance(void **state)
{
	struct err e = {0};

	(void)state;
	assert_true(file_write("key.tmp-0011223344556677", 0600, "h", 1, &e));
	secret_key_free(load());
}

/* Waits for all to be ready, loads, and tells its key through the pipe. */
static void load_as_process(int start_fd, int out_fd)
{
	struct err e = {0};
	struct secret_key *k;
	char c;

	(void)!read(start_fd, &c, 1);
	k = secret_key_load("key", &e);
	_exit(k && write(out_fd, k->bytes, SECRET_KEY_LEN) == SECRET_KEY_LEN
		      ? 0
		      : 1);
}

static void race(void)
{
	unsigned char keys[PROCESSES][SECRET_KEY_LEN];
	int start[2], out[2], status;

	assert_int_equal(pipe(start), 0);
	assert_int_equal(pipe(out), 0);
	for (unsigned i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			close(start[1]);
			load_as_process(start[0], out[1]);
		}
	}
	close(start[0]);
	close(start[1]);
	for (unsigned i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(out[0], keys[i], SECRET_KEY_LEN),
				 SECRET_KEY_LEN);
		assert_memory_equal(keys[i], keys[0], SECRET_KEY_LEN);
	}
	close(out[0]);
	close(out[1]);
}

static void processes_at_once_agree(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		unlink("key");
		race();
		assert_int_equal(count_entries("."), 1);
	}
}

#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_first_load_makes_it),
		IN_FOLDER(the_umask_does_not_matter),
		IN_FOLDER(later_loads_read_the_same),
		IN_FOLDER(two_files_are_two_keys),
		IN_FOLDER(a_file_that_others_may_use_is_refused),
		IN_FOLDER(another_length_is_refused_and_kept),
		IN_FOLDER(what_is_no_file_is_refused),
		IN_FOLDER(a_missing_folder_is_told),
		IN_FOLDER(a_link_to_the_key_is_fine),
		IN_FOLDER(leftovers_of_a_power_cut_are_no_hindrance),
		IN_FOLDER(processes_at_once_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
