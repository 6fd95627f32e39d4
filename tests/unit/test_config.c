/* test_config.c - settings: four places, their precedence, their checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

enum { ARGS_MAX = 8 };

struct given {
	char *argv[ARGS_MAX];
	int argc;
};

static struct given args(const char *a, const char *b)
{
	static char storage[ARGS_MAX][256];
	struct given g = {.argc = 1};

	(void)snprintf(storage[0], sizeof(storage[0]), "cofferd");
	g.argv[0] = storage[0];
	if (a != NULL) {
		(void)snprintf(storage[1], sizeof(storage[1]), "%s", a);
		g.argv[g.argc++] = storage[1];
	}
	if (b != NULL) {
		(void)snprintf(storage[2], sizeof(storage[2]), "%s", b);
		g.argv[g.argc++] = storage[2];
	}
	return g;
}

static bool load(struct config *c, struct given g, struct err *e)
{
	enum config_action action;

	return config_load(c, g.argc, g.argv, &action, e);
}

static char *write_file(const char *content)
{
	static char path[] = "/tmp/coffer-config-XXXXXX";
	int fd;

	memcpy(strrchr(path, 0x2d), "-XXXXXX", 8);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(close(fd), 0);
	return path;
}

static void test_built_in(void **state)
{
	struct config c = {0};
	struct err e = {0};

	(void)state;
	assert_true(load(&c, args("--data-dir", "/tmp/x"), &e));
	assert_string_equal(c.listen, "127.0.0.1:7420");
	assert_string_equal(c.socket, "/tmp/x/cofferd.sock");
	assert_string_equal(c.spool_dir, "/tmp/x/spool");
	assert_true(c.spool_bytes == UINT64_C(2) << 30);
	assert_int_equal(c.buffer_bytes, 96 * 1024 * 1024);
	assert_int_equal(c.manual_backups_max, 50);
	assert_string_equal(c.console, "on");
	assert_string_equal(c.console_dir, "");
	assert_int_equal(c.guard_seconds, 3600);
	assert_int_equal(c.snapshot_seconds, 10);
	config_fini(&c);
	assert_true(
		load(&c, args("--data-dir=/tmp/x", "--guard-seconds=0"), &e));
	assert_int_equal(c.guard_seconds, 0);
	config_fini(&c);
}

static void test_precedence(void **state)
{
	const char *path = write_file("max_jobs = 5\nmax_tables = 6\n"
				      "[server]\nretry_seconds = 7\n");
	struct config c = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(setenv("COFFER_CONFIG", path, 1), 0);
	assert_int_equal(setenv("COFFER_MAX_TABLES", "16", 1), 0);
	assert_int_equal(setenv("COFFER_RETRY_SECONDS", "17", 1), 0);
	assert_true(load(&c, args("--retry-seconds=27", NULL), &e));
	assert_int_equal(c.max_jobs, 5);
	assert_int_equal(c.max_tables, 16);
	assert_int_equal(c.retry_seconds, 27);
	config_fini(&c);
	(void)unsetenv("COFFER_CONFIG");
	(void)unsetenv("COFFER_MAX_TABLES");
	(void)unsetenv("COFFER_RETRY_SECONDS");
	(void)unlink(path);
}

static void refused(struct given g, const char *needle)
{
	struct config c = {0};
	struct err e = {0};

	assert_false(load(&c, g, &e));
	assert_string_equal(e.api, "invalid_config");
	if (strstr(e.msg, needle) == NULL)
		fail_msg("\"%s\" does not name \"%s\"", e.msg, needle);
	config_fini(&c);
}

static void test_refusals_name_the_place(void **state)
{
	char *path;

	(void)state;
	refused(args("--max-jobs", "0"), "from 1 to 64");
	refused(args("--guard-seconds", "86401"), "from 0 to 86400");
	refused(args("--max-jobs", "many"), "max_jobs");
	refused(args("--max-jobs", NULL), "wants a value");
	refused(args("--log-level", "loud"), "loud");
	refused(args("--console", "no"), "on or off");
	refused(args("--max_jobs", "4"), "unknown argument");
	refused(args("--listen", "nonsense"), "ADDR:PORT");
	refused(args("--listen", "127.0.0.1:65536"), "ADDR:PORT");
	refused(args("--listen", ":7420"), "ADDR:PORT");
	refused(args("--allowed-hosts", "a.example,b/c"), "NAME[,NAME...]");
	refused(args("--config", "/nonexistent/file"), "/nonexistent/file");
	path = write_file("max_jbos = 5\n");
	refused(args("--config", path), "max_jbos");
	(void)unlink(path);
	path = write_file("max_jobs = 5\nnonsense\n");
	refused(args("--config", path), "line 2");
	(void)unlink(path);
}

static void test_actions(void **state)
{
	struct given g = args("--check-config", NULL);
	enum config_action action;
	struct config c = {0};
	struct err e = {0};

	(void)state;
	assert_true(config_load(&c, g.argc, g.argv, &action, &e));
	assert_int_equal(action, CONFIG_CHECK);
	config_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_refusals_name_the_place),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
