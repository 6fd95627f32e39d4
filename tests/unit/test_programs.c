/* test_programs.c - programs by coffer-helper: start, pipes, lines, ends. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "test_programs_rig.h"

static void test_ends_well(void **state)
{
	struct rig *r = *state;

	rig_script(r, "good", "echo \"$2 of $1\"; echo a line >&2");
	rig_run(r, "good");
	assert_int_equal(r->nstarted, 1);
	assert_int_equal(r->end.status, 0);
	assert_int_equal(r->end.signal, 0);
	assert_true(r->end.is_started);
	assert_false(err_is(&r->end.err));
	assert_int_equal(r->nlines, 1);
	assert_string_equal(r->lines[0], "a line");
	assert_memory_equal(r->output.data, "run of /tmp/", 12);
}

static void test_status(void **state)
{
	struct rig *r = *state;

	rig_script(r, "bad", "echo no room on disk >&2; exit 7");
	rig_run(r, "bad");
	assert_int_equal(r->end.status, 7);
	assert_string_equal(r->end.err.api, "program_failed");
	assert_non_null(strstr(r->end.err.msg, "status 7: no room on disk"));
}

static void test_signal(void **state)
{
	struct rig *r = *state;

	rig_script(r, "killed", "kill -9 $$");
	rig_run(r, "killed");
	assert_int_equal(r->end.status, -1);
	assert_int_equal(r->end.signal, 9);
	assert_non_null(strstr(r->end.err.msg, "signal 9"));
}

/* All of it is told before the end, whatever the pipe holds. */
static void test_flood_of_lines(void **state)
{
	struct rig *r = *state;

	rig_script(r, "flood", "seq 1 200000 >&2");
	rig_run(r, "flood");
	assert_int_equal(r->end.status, 0);
	assert_int_equal(r->nlines, 200000);
}

static void test_environment(void **state)
{
	struct rig *r = *state;

	assert_int_equal(setenv("COFFER_TEST_SECRET", "x", 1), 0);
	rig_script(r, "env",
		   "env | grep -v '^_=' | cut -d= -f1 | sort; pwd;"
		   "ls /proc/self/fd; cat /proc/$$/stat | "
		   "awk '{print ($1 == $5) \" \" ($1 == $6)}'");
	rig_run(r, "env");
	assert_int_equal(r->end.status, 0);
	/* ls has the folder open as 3. */
	assert_string_equal(r->output.data,
			    "LANG\nPATH\nPWD\n/\n0\n1\n2\n3\n1 1\n");
}

static void until_quiet(struct rig *r)
{
	for (int i = 0; i < 2000 && !helper_is_quiet(r->helper); i++)
		rig_for(r, 10);
	assert_true(helper_is_quiet(r->helper));
}

/* Of one that ignores a TERM it is not told before the KILL. */
static void test_quiet_is_when_it_is_dead(void **state)
{
	struct rig *r = *state;
	int pid;

	rig_script(r, "stubborn",
		   "trap '' TERM; echo $$ > $1/stubborn;"
		   "while :; do sleep 0.1; done");
	rig_start(r, "stubborn");
	pid = rig_number(r, "stubborn");
	program_free(r->program);
	r->program = NULL;
	until_quiet(r);
	assert_false(rig_is_alive(pid));
}

static void test_free_ends_group(void **state)
{
	struct rig *r = *state;
	int leader, other;

	rig_script(
		r, "group",
		"sleep 1000 & echo $! > $1/other; echo $$ > $1/leader; wait");
	rig_start(r, "group");
	leader = rig_number(r, "leader");
	other = rig_number(r, "other");
	assert_true(rig_is_alive(leader) && rig_is_alive(other));
	assert_true(helper_is_quiet(r->helper));
	program_free(r->program);
	r->program = NULL;
	assert_false(helper_is_quiet(r->helper));
	until_quiet(r);
	assert_false(rig_is_alive(leader) || rig_is_alive(other));
	assert_int_equal(r->nended, 0);
}

static void test_not_configured(void **state)
{
	struct rig *r = *state;

	rig_run(r, "nobody");
	assert_false(r->end.is_started);
	assert_string_equal(r->end.err.api, "not_configured");
	assert_non_null(strstr(r->end.err.msg, "[provisioner nobody]"));
	assert_int_equal(unlink(rig_path(r, "helper.conf")), 0);
	rig_run(r, "nobody");
	assert_string_equal(r->end.err.api, "not_configured");
	assert_non_null(strstr(r->end.err.msg, "there is no /tmp"));
}

/* Who is a process's parent. */
static int parent_of(int pid)
{
	char path[64];
	int parent = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d (%*[^)]) %*c %d", &parent), 1);
	(void)fclose(f);
	return parent;
}

static void test_its_process_dies(void **state)
{
	struct rig *r = *state;

	rig_script(r, "long", "echo $$ > $1/leader; cat; exit 3");
	rig_start(r, "long");
	rig_until(r, &r->nstarted);
	assert_int_equal(kill(parent_of(rig_number(r, "leader")), SIGKILL), 0);
	rig_until(r, &r->nended);
	assert_string_equal(r->end.err.api, "helper_failed");
	assert_true(r->end.is_started);
}

/* What runs goes on; what comes next starts another helper. */
static void test_helper_dies(void **state)
{
	struct rig *r = *state;
	int main_pid;

	rig_script(r, "long", "echo $$ > $1/leader; cat; exit 3");
	rig_start(r, "long");
	main_pid = parent_of(parent_of(rig_number(r, "leader")));
	assert_int_equal(kill(main_pid, SIGKILL), 0);
	rig_until_dead(r, main_pid);
	rig_for(r, 20);
	assert_int_equal(r->nended, 0);
	program_close_input(r->program);
	rig_until(r, &r->nended);
	assert_int_equal(r->end.status, 3);
	rig_script(r, "next", "echo here");
	rig_run(r, "next");
	assert_int_equal(r->end.status, 0);
	assert_string_equal(r->output.data, "here\n");
}

/* The client is gone without a word: a process of its own, killed. */
static void test_client_dies(void **state)
{
	struct rig *r = *state;
	int leader, other;
	pid_t client;

	rig_script(
		r, "tree",
		"sleep 1000 & echo $! > $1/other; echo $$ > $1/leader; wait");
	client = fork();
	if (client == 0) {
		rig_start(r, "tree");
		rig_for(r, 60000);
		_exit(0);
	}
	leader = rig_number(r, "leader");
	other = rig_number(r, "other");
	assert_true(rig_is_alive(leader));
	assert_int_equal(kill(client, SIGKILL), 0);
	assert_int_equal(waitpid(client, NULL, 0), client);
	rig_until_dead(r, leader);
	rig_until_dead(r, other);
}

/* Callbacks may let go of the program. */
static void let_go(void *arg)
{
	struct rig *r = arg;

	program_free(r->program);
	r->program = NULL;
	r->nended++;
}

static void let_go_at_line(void *arg, const char *text)
{
	(void)text;
	let_go(arg);
}

static void let_go_at_end(void *arg, const struct program_end *end)
{
	(void)end;
	let_go(arg);
}

static void test_free_in_callbacks(void **state)
{
	static const struct program_ops all[] = {
		{.started = let_go, .ended = let_go_at_end},
		{.line = let_go_at_line, .ended = let_go_at_end},
		{.ended = let_go_at_end},
	};
	struct rig *r = *state;
	json_t *fields = json_pack("{s:s}", "operation", "run");
	const struct program_request q = {
		.verb = "provision", .name = "lines", .fields = fields};
	struct err e = {0};

	rig_script(r, "lines", "seq 1 1000 >&2; sleep 0.2; seq 1 10 >&2");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		r->nended = 0;
		r->program = program_start(r->helper, &q, &all[i], r, &e);
		assert_non_null(r->program);
		rig_until(r, &r->nended);
		rig_for(r, 20);
		assert_int_equal(r->nended, 1);
	}
	json_decref(fields);
}

/* Something it leaves behind keeps its standard error: waited for a second. */
static void test_error_held(void **state)
{
	struct rig *r = *state;

	rig_script(r, "held",
		   "echo a line >&2; setsid sleep 3 </dev/null >/dev/null &");
	rig_run(r, "held");
	assert_int_equal(r->end.status, 0);
	assert_int_equal(r->nlines, 1);
}

static void count_end(void *arg, const struct program_end *end)
{
	struct rig *r = arg;

	(void)end;
	r->nended++;
}

static void test_several_at_once(void **state)
{
	enum { N = 30 };
	static const struct program_ops ops = {.ended = count_end};
	struct rig *r = *state;
	struct program *all[N];
	json_t *fields = json_pack("{s:s}", "operation", "run");
	const struct program_request q = {
		.verb = "provision", .name = "cat", .fields = fields};
	struct err e = {0};

	rig_script(r, "cat", "exec cat");
	for (size_t i = 0; i < N; i++) {
		all[i] = program_start(r->helper, &q, &ops, r, &e);
		assert_non_null(all[i]);
	}
	for (size_t i = 0; i < N; i++) {
		while (program_input(all[i]) < 0)
			rig_for(r, 5);
	}
	assert_int_equal(r->nended, 0);
	for (size_t i = 0; i < N; i++)
		program_close_input(all[i]);
	while (r->nended < N)
		rig_for(r, 5);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(program_ended(all[i])->status, 0);
		program_free(all[i]);
	}
	json_decref(fields);
}

/* What the helper does itself is an end without a start. */
static void test_remove(void **state)
{
	struct rig *r = *state;
	char path[256];
	json_t *fields;
	struct program_request q = {.verb = "remove"};

	(void)strcpy(path, rig_path(r, "instances/one"));
	assert_int_equal(mkdir(path, 0700), 0);
	fields = json_pack("{s:s}", "directory", path);
	q.fields = fields;
	rig_request(r, &q);
	rig_until(r, &r->nended);
	assert_false(err_is(&r->end.err));
	assert_int_equal(r->end.status, 0);
	assert_false(r->end.is_started);
	assert_int_equal(access(path, F_OK), -1);
	json_decref(fields);
}

/* One that runs already, at a socket; and one that does not. */
static void test_socket(void **state)
{
	struct rig *r = *state;
	struct helper_config c = {.loop = r->loop};
	struct err e = {0};
	char path[256], config[256];
	pid_t pid;

	rig_script(r, "good", "echo yes");
	(void)strcpy(path, rig_path(r, "sock"));
	(void)strcpy(config, rig_path(r, "helper.conf"));
	helper_free(r->helper);
	c.socket = path;
	r->helper = helper_new(&c, &e);
	assert_non_null(r->helper);
	rig_run(r, "good");
	assert_string_equal(r->end.err.api, "helper_failed");
	assert_non_null(strstr(r->end.err.msg, path));
	pid = fork();
	if (pid == 0) {
		(void)execl("./coffer-helper", "coffer-helper", "--socket",
			    path, "--config", config, (char *)NULL);
		_exit(1);
	}
	while (access(path, F_OK) != 0 || !r->end.is_started)
		rig_run(r, "good");
	assert_string_equal(r->output.data, "yes\n");
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_ends_well),
		TEST(test_status),
		TEST(test_signal),
		TEST(test_flood_of_lines),
		TEST(test_environment),
		TEST(test_free_ends_group),
		TEST(test_quiet_is_when_it_is_dead),
		TEST(test_not_configured),
		TEST(test_its_process_dies),
		TEST(test_helper_dies),
		TEST(test_client_dies),
		TEST(test_free_in_callbacks),
		TEST(test_error_held),
		TEST(test_several_at_once),
		TEST(test_remove),
		TEST(test_socket),
	};

	return cmocka_run_group_tests_name("programs", tests, NULL, NULL);
}
