/*
 * test_programs_nomem.c - the n-th allocation fails, for all n: a call, and a
 * pipeline between two programs, work or say so, and nothing is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "scarce_memory.h"
#include "test_programs_rig.h"

enum { ALLOCATIONS_MAX = 2000 };

static unsigned countdown; /* 0: nothing fails */

bool scarce_memory_refuses(void)
{
	return countdown > 0 && --countdown == 0;
}

struct run {
	struct rig *rig;
	json_t *fields;
	struct pipeline *pipeline;
	struct helper *helper;
	unsigned ndone;
	struct err err;
};

static void torture(struct rig *r, void (*one)(struct run *run))
{
	unsigned refused = 0;

	for (unsigned n = 1;; n++) {
		struct run run = {.rig = r};
		bool is_through;

		assert_true(n < ALLOCATIONS_MAX);
		run.fields = json_pack("{s:s}", "operation", "run");
		countdown = n;
		one(&run);
		is_through = countdown > 0;
		countdown = 0;
		helper_free(run.helper);
		json_decref(run.fields);
		refused += err_is(&run.err);
		if (is_through) {
			assert_string_equal(run.err.msg, "");
			break;
		}
	}
	assert_true(refused > 5);
}

static bool make_helper(struct run *run)
{
	struct helper_config c = {.loop = run->rig->loop,
				  .path = "./coffer-helper"};

	c.config = rig_path(run->rig, "helper.conf");
	run->helper = helper_new(&c, &run->err);
	return run->helper != NULL;
}

static void on_reply(void *arg, json_t *reply, const struct err *e)
{
	struct run *run = arg;

	run->ndone++;
	if (e != NULL)
		run->err = *e;
	assert_true((reply == NULL) == (e != NULL));
}

static void one_call(struct run *run)
{
	const struct program_call_config c = {
		.verb = "provision",
		.name = "echo",
		.operation = "run",
		.request = run->fields,
		.timeout_ms = 9000,
	};

	if (make_helper(run) &&
	    program_call_start(run->helper, &c, on_reply, run, &run->err))
		rig_until(run->rig, &run->ndone);
}

static void on_done(void *arg, const struct err *e)
{
	struct run *run = arg;

	run->ndone++;
	run->err = *e;
	pipeline_free(run->pipeline);
}

static void one_stream(struct run *run)
{
	struct program_stream_config c = {
		.request = {.verb = "provision",
			    .name = "echo",
			    .fields = run->fields},
		.loop = run->rig->loop,
	};
	struct pipeline_parts parts = {.link_bytes = 1 << 20,
				       .idle_seconds = 9};
	struct item *item;
	uint64_t read = 0, written = 0;

	if (!make_helper(run))
		return;
	c.helper = run->helper;
	item = item_new(0, ITEM_DATA, "stream", "", "");
	if (item == NULL) {
		(void)err_nomem(&run->err, "an item");
		return;
	}
	parts.source = program_source_new(&c, item, &read, &run->err);
	item_unref(item);
	if (parts.source == NULL)
		return;
	c.request.name = "take";
	parts.sink = program_sink_new(&c, &written, &run->err);
	if (parts.sink == NULL) {
		parts.source->ops->destroy(parts.source);
		return;
	}
	run->pipeline =
		pipeline_new(run->rig->loop, &parts, on_done, run, &run->err);
	if (run->pipeline == NULL)
		return;
	rig_until(run->rig, &run->ndone);
	if (!err_is(&run->err))
		assert_int_equal(written, 3000000);
}

static void test_call(void **state)
{
	rig_script(*state, "echo", "cat");
	torture(*state, one_call);
}

static void test_stream(void **state)
{
	rig_script(*state, "echo", "exec head -c 3000000 /dev/zero");
	rig_script(*state, "take", "exec cat > /dev/null");
	torture(*state, one_stream);
}

static void *take(size_t n)
{
	return __wrap_malloc(n);
}

static void *take_again(void *p, size_t n)
{
	return __wrap_realloc(p, n);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call, rig_begin, rig_end),
		cmocka_unit_test_setup_teardown(test_stream, rig_begin,
						rig_end),
	};

	event_set_mem_functions(take, take_again, free);
	return scarce_memory_verdict(
		cmocka_run_group_tests_name("programs", tests, NULL, NULL));
}
