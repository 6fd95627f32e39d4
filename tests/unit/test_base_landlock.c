/* test_base_landlock.c - what is given up is gone, and nothing else. Each in a
 * child: there is no way back. */
#include "config.h" /* for makedev(), which is not POSIX */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/landlock.h"

enum { KERNEL_HAS_NONE = 77, NOT_GIVEN_UP = 78 };

/* What a child found, 0 to 255. */
static int in_child(int (*act)(const char *folder), const char *folder)
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0)
		_exit(act(folder));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int give_up(void)
{
	int failed;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return NOT_GIVEN_UP;
	failed = landlock_start_nothing();
	if (failed == ENOSYS || failed == EOPNOTSUPP)
		return KERNEL_HAS_NONE;
	return failed == 0 ? 0 : NOT_GIVEN_UP;
}

/* 0: refused, and by nothing but what was given up. */
static int start(const char *folder)
{
	(void)folder;
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno == EACCES ? 0 : 1;
}

static int start_confined(const char *folder)
{
	int failed = give_up();

	return failed != 0 ? failed : start(folder);
}

static void *start_in_thread(void *arg)
{
	return start(arg) == 0 ? NULL : arg;
}

/* The thread is made later: it has given up the same. */
static int start_by_thread(const char *folder)
{
	int failed = give_up();
	char none[] = "";
	void *said = none;
	pthread_t thread;

	(void)folder;
	if (failed != 0)
		return failed;
	if (pthread_create(&thread, NULL, start_in_thread, none) != 0 ||
	    pthread_join(thread, &said) != 0)
		return 1;
	return said == NULL ? 0 : 1;
}

static int make_device(const char *folder)
{
	int failed = give_up();

	if (failed != 0)
		return failed;
	if (chdir(folder) != 0)
		return 1;
	/* As /dev/null. Others than root may not, as it is. */
	if (mknod("null", S_IFCHR | 0600, makedev(1, 3)) == 0)
		return 1;
	return errno == EACCES || (geteuid() != 0 && errno == EPERM) ? 0 : 1;
}

static bool write_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
}

static int use_files(const char *folder)
{
	int failed = give_up();

	if (failed != 0)
		return failed;
	return chdir(folder) == 0 && mkdir("a", 0700) == 0 &&
			       mkdir("b", 0700) == 0 && write_file("a/x") &&
			       rename("a/x", "b/x") == 0 &&
			       link("b/x", "a/y") == 0 &&
			       symlink("b/x", "l") == 0 &&
			       mkfifo("fifo", 0600) == 0 &&
			       access("b/x", R_OK) == 0 && unlink("b/x") == 0 &&
			       unlink("a/y") == 0 && unlink("l") == 0 &&
			       unlink("fifo") == 0 && rmdir("a") == 0 &&
			       rmdir("b") == 0
		       ? 0
		       : 1;
}

static void wants(int (*act)(const char *folder))
{
	char folder[] = "/tmp/coffer-test.XXXXXX";
	int found;

	assert_non_null(mkdtemp(folder));
	found = in_child(act, folder);
	assert_int_equal(rmdir(folder), 0);
	if (found == KERNEL_HAS_NONE) {
		print_message("this kernel has no Landlock of Linux 5.19\n");
		skip();
	}
	assert_int_equal(found, 0);
}

static void test_no_program_is_started(void **state)
{
	(void)state;
	assert_int_equal(in_child(start, ""),
			 0); /* it is there: exit of true */
	wants(start_confined);
	wants(start_by_thread);
}

static void test_no_device_is_made(void **state)
{
	(void)state;
	wants(make_device);
}

static void test_files_are_as_before(void **state)
{
	(void)state;
	wants(use_files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_program_is_started),
		cmocka_unit_test(test_no_device_is_made),
		cmocka_unit_test(test_files_are_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
