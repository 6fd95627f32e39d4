#include "test_programs_rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "loop/loop.h"

enum { PATIENCE_MS = 10000 };

const char *rig_path(struct rig *r, const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	return path;
}

void rig_file(struct rig *r, const char *name, const char *text)
{
	FILE *f = fopen(rig_path(r, name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void write_config(struct rig *r)
{
	struct text t = {0};

	text_printf(&t,
		    "[helper]\ninstances = %s/instances\n"
		    "snapshots = %s/snapshots\n",
		    r->folder, r->folder);
	rig_file(r, "helper.conf", t.data);
	text_free(&t);
}

static void make_folder(struct rig *r, const char *name)
{
	assert_int_equal(mkdir(rig_path(r, name), 0700), 0);
}

int rig_begin(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct helper_config c = {.path = "./coffer-helper"};
	struct err e = {0};

	(void)umask(0077);
	(void)strcpy(r->folder, "/tmp/coffer-test.XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	make_folder(r, "instances");
	make_folder(r, "snapshots");
	write_config(r);
	r->loop = loop_new(&e);
	assert_non_null(r->loop);
	c.loop = r->loop;
	c.config = rig_path(r, "helper.conf");
	r->helper = helper_new(&c, &e);
	assert_non_null(r->helper);
	*state = r;
	return 0;
}

/* By hand: what is in there is the test's. */
static void remove_folder(const char *folder)
{
	char command[160];
	pid_t pid;

	(void)snprintf(command, sizeof(command), "%s", folder);
	pid = fork();
	if (pid == 0) {
		(void)execl("/bin/rm", "rm", "-rf", command, (char *)NULL);
		_exit(1);
	}
	assert_true(pid > 0);
	while (rig_is_alive(pid))
		(void)usleep(1000);
}

int rig_end(void **state)
{
	struct rig *r = *state;

	program_free(r->program);
	helper_free(r->helper);
	loop_free(r->loop);
	for (size_t i = 0; i < r->nlines && i < RIG_LINES_MAX; i++)
		free(r->lines[i]);
	text_free(&r->output);
	remove_folder(r->folder);
	free(r);
	return 0;
}

void rig_script(struct rig *r, const char *name, const char *script)
{
	struct text t = {0};
	char file[64];
	FILE *f;

	(void)snprintf(file, sizeof(file), "%s.sh", name);
	text_printf(&t, "#!/bin/sh\n%s\n", script);
	rig_file(r, file, t.data);
	text_free(&t);
	assert_int_equal(chmod(rig_path(r, file), 0700), 0);
	f = fopen(rig_path(r, "helper.conf"), "a");
	assert_non_null(f);
	(void)fprintf(f, "[provisioner %s]\nprogram = %s/%s\narguments = %s\n",
		      name, r->folder, file, r->folder);
	assert_int_equal(fclose(f), 0);
}

static void on_started(void *arg)
{
	struct rig *r = arg;

	r->nstarted++;
}

static void on_line(void *arg, const char *text)
{
	struct rig *r = arg;

	if (r->nlines < RIG_LINES_MAX)
		r->lines[r->nlines] = strdup(text);
	r->nlines++;
}

static void on_ended(void *arg, const struct program_end *end)
{
	struct rig *r = arg;

	r->nended++;
	r->end = *end;
}

void rig_request(struct rig *r, const struct program_request *q)
{
	static const struct program_ops ops = {on_started, on_line, on_ended};
	struct err e = {0};

	program_free(r->program);
	r->nstarted = r->nended = 0;
	r->program = program_start(r->helper, q, &ops, r, &e);
	assert_non_null(r->program);
	assert_int_equal(r->nstarted + r->nended, 0);
}

void rig_start(struct rig *r, const char *name)
{
	json_t *fields = json_pack("{s:s}", "operation", "run");
	const struct program_request q = {
		.verb = "provision", .name = name, .fields = fields};

	rig_request(r, &q);
	json_decref(fields);
}

static void turn(struct rig *r)
{
	const struct timeval pause = {0, 2000};

	(void)event_base_loopexit(loop_base(r->loop), &pause);
	(void)event_base_dispatch(loop_base(r->loop));
}

void rig_for(struct rig *r, unsigned ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (clock_mono_ms() < until)
		turn(r);
}

void rig_until(struct rig *r, const unsigned *value)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;

	while (*value == 0) {
		assert_true(clock_mono_ms() < until);
		turn(r);
	}
}

void rig_run(struct rig *r, const char *name)
{
	char bytes[4096];
	ssize_t n;

	rig_start(r, name);
	rig_until(r, &r->nended);
	text_reset(&r->output);
	if (program_output(r->program) < 0)
		return;
	while ((n = read(program_output(r->program), bytes, sizeof(bytes))) > 0)
		text_add(&r->output, bytes, (size_t)n);
}

bool rig_is_alive(int pid)
{
	char path[64], state = 'Z';
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	(void)fclose(f);
	return state != 'Z' && state != 'X';
}

void rig_until_dead(struct rig *r, int pid)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;

	while (rig_is_alive(pid)) {
		assert_true(clock_mono_ms() < until);
		turn(r);
	}
}

int rig_number(struct rig *r, const char *name)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;

	for (;;) {
		FILE *f = fopen(rig_path(r, name), "r");
		int number = 0, got = 0;

		if (f != NULL) {
			got = fscanf(f, "%d\n", &number);
			(void)fclose(f);
		}
		if (got == 1)
			return number;
		assert_true(clock_mono_ms() < until);
		turn(r);
	}
}
