/* test_programs_call.c - one JSON object in, one out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_programs_rig.h"

struct answer {
	unsigned ndone, nlines;
	json_t *reply;
	struct err err;
};

static void on_done(void *arg, json_t *reply, const struct err *e)
{
	struct answer *a = arg;

	a->ndone++;
	a->reply = json_incref(reply);
	if (e != NULL)
		a->err = *e;
}

static void on_line(void *arg, const char *text)
{
	struct answer *a = arg;

	(void)text;
	a->nlines++;
}

static struct program_call *begin(struct rig *r, struct answer *a,
				  const char *name, json_t *request,
				  unsigned ms)
{
	const struct program_call_config c = {
		.verb = "provision",
		.name = name,
		.operation = "prepare",
		.request = request,
		.timeout_ms = ms,
		.line = on_line,
	};
	struct program_call *call;
	struct err e = {0};

	*a = (struct answer){0};
	call = program_call_start(r->helper, &c, on_done, a, &e);
	assert_non_null(call);
	assert_int_equal(a->ndone, 0);
	json_decref(request);
	return call;
}

static struct answer call(struct rig *r, const char *name, const char *script)
{
	struct answer a;

	rig_script(r, name, script);
	(void)begin(r, &a, name, json_pack("{s:s}", "id", "src_1"), 3000);
	rig_until(r, &a.ndone);
	assert_true((a.reply == NULL) == err_is(&a.err));
	return a;
}

static void test_answers(void **state)
{
	struct answer a = call(*state, "echo", "echo hello >&2; cat");

	assert_string_equal(json_string_value(json_object_get(a.reply, "id")),
			    "src_1");
	assert_int_equal(a.nlines, 1);
	json_decref(a.reply);
}

/* More than a pipe holds, both ways, of one that answers before it reads. */
static void test_large(void **state)
{
	struct rig *r = *state;
	char *big = malloc(900001);
	struct answer a;

	assert_non_null(big);
	memset(big, 'x', 900000);
	big[900000] = '\0';
	rig_script(r, "echo", "cat");
	(void)begin(r, &a, "echo", json_pack("{s:s}", "big", big), 9000);
	rig_until(r, &a.ndone);
	assert_string_equal(json_string_value(json_object_get(a.reply, "big")),
			    big);
	json_decref(a.reply);
	a = call(r, "endless", "while :; do echo xxxxxxxxxxxxxxxx; done");
	assert_string_equal(a.err.api, "program_lied");
	rig_script(r, "deaf", "echo '{}'");
	(void)begin(r, &a, "deaf", json_pack("{s:s}", "big", big), 9000);
	rig_until(r, &a.ndone);
	assert_non_null(a.reply);
	json_decref(a.reply);
	free(big);
}

static void test_failures(void **state)
{
	struct answer a;

	a = call(*state, "detail",
		 "echo '{\"error\":{\"detail\":\"no room\"}}'; exit 1");
	assert_string_equal(a.err.api, "program_failed");
	assert_string_equal(a.err.msg, "provision detail: no room");
	a = call(*state, "status", "echo '{}'; echo why >&2; exit 1");
	assert_string_equal(a.err.api, "program_failed");
	assert_non_null(strstr(a.err.msg, "why"));
	a = call(*state, "nothing", "true");
	assert_string_equal(a.err.api, "program_lied");
	a = call(*state, "noise", "echo ready");
	assert_string_equal(a.err.api, "program_lied");
	a = call(*state, "list", "echo '[]'");
	assert_string_equal(a.err.api, "program_lied");
	a = call(*state, "lie", "echo '{\"error\":{\"detail\":\"x\"}}'");
	assert_string_equal(a.err.api, "program_failed");
}

static void test_time(void **state)
{
	struct rig *r = *state;
	struct answer a;
	int pid;

	rig_script(r, "slow", "echo $$ > $1/pid; exec sleep 1000");
	(void)begin(r, &a, "slow", json_object(), 300);
	pid = rig_number(r, "pid");
	rig_until(r, &a.ndone);
	assert_string_equal(a.err.api, "timed_out");
	rig_until_dead(r, pid);
}

static void test_cancel(void **state)
{
	struct rig *r = *state;
	struct program_call *c;
	struct answer a;
	int pid;

	rig_script(r, "slow", "echo $$ > $1/pid; exec sleep 1000");
	c = begin(r, &a, "slow", json_object(), 3000);
	program_call_cancel(c);
	c = begin(r, &a, "slow", json_object(), 3000);
	pid = rig_number(r, "pid");
	program_call_cancel(c);
	rig_until_dead(r, pid);
	assert_int_equal(a.ndone, 0);
}

static void test_list(void **state)
{
	struct rig *r = *state;
	struct answer a = {0};
	struct err e = {0};
	char *text;

	rig_script(r, "one", "true");
	assert_non_null(helper_list(r->helper, on_done, &a, &e));
	rig_until(r, &a.ndone);
	text = json_dumps(json_object_get(a.reply, "provisioners"), 0);
	assert_string_equal(text, "[\"one\"]");
	free(text);
	json_decref(a.reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_answers), TEST(test_large),  TEST(test_failures),
		TEST(test_time),    TEST(test_cancel), TEST(test_list),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
