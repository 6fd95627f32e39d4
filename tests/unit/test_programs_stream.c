/* test_programs_stream.c - programs as both ends of a pipeline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "test_programs_rig.h"

struct flow_run {
	struct rig *rig;
	struct pipeline *pipeline;
	uint64_t read, written;
	unsigned nended, nasked;
	bool refuses;
	struct err err;
};

static bool on_end(void *arg, const struct program_end *end, struct err *e)
{
	struct flow_run *f = arg;

	f->nasked++;
	if (end->status == 0 && f->refuses)
		return err_set(e, ERR_REMOTE, "source_failed", "no last words");
	return true;
}

static void on_done(void *arg, const struct err *e)
{
	struct flow_run *f = arg;

	f->nended++;
	f->err = *e;
	pipeline_free(f->pipeline);
	f->pipeline = NULL;
}

static struct program_stream_config config_of(struct flow_run *f,
					      const char *name, json_t *fields)
{
	return (struct program_stream_config){
		.helper = f->rig->helper,
		.loop = f->rig->loop,
		.request = {.verb = "provision",
			    .name = name,
			    .fields = fields},
		.end = on_end,
		.arg = f,
		.fail_api = "source_check_failed",
	};
}

static void begin(struct flow_run *f, const char *from, const char *to)
{
	json_t *fields = json_pack("{s:s}", "operation", "run");
	struct program_stream_config source = config_of(f, from, fields),
				     sink = config_of(f, to, fields);
	struct item *item = item_new(0, ITEM_DATA, "stream", "", "");
	struct pipeline_parts parts = {.link_bytes = 8 << 20,
				       .idle_seconds = 8};
	struct err e = {0};

	parts.source = program_source_new(&source, item, &f->read, &e);
	assert_non_null(parts.source);
	parts.sink = program_sink_new(&sink, &f->written, &e);
	assert_non_null(parts.sink);
	f->pipeline = pipeline_new(f->rig->loop, &parts, on_done, f, &e);
	assert_non_null(f->pipeline);
	item_unref(item);
	json_decref(fields);
}

static void run(struct flow_run *f, const char *from, const char *to)
{
	begin(f, from, to);
	rig_until(f->rig, &f->nended);
}

static void test_all_bytes_pass(void **state)
{
	struct flow_run f = {.rig = *state};

	rig_script(f.rig, "from",
		   "head -c 30000000 /dev/urandom | "
		   "tee $1/sent | cat");
	rig_script(f.rig, "to", "cat > $1/got; cmp $1/sent $1/got");
	run(&f, "from", "to");
	assert_string_equal(f.err.msg, "");
	assert_int_equal(f.read, 30000000);
	assert_int_equal(f.written, 30000000);
	assert_int_equal(f.nasked, 2);
}

/* The last frame stays until the end is good: nothing looks whole. */
static void test_failure_after_all_bytes(void **state)
{
	struct flow_run f = {.rig = *state};

	rig_script(f.rig, "from",
		   "head -c 3000000 /dev/zero; "
		   "echo disk is broken >&2; exit 3");
	rig_script(f.rig, "to", "cat > $1/got");
	run(&f, "from", "to");
	assert_string_equal(f.err.api, "source_check_failed");
	assert_non_null(strstr(f.err.msg, "status 3: disk is broken"));
	assert_true(f.written < 3000000);
}

static void test_end_refuses(void **state)
{
	struct flow_run f = {.rig = *state, .refuses = true};

	rig_script(f.rig, "from", "head -c 3000000 /dev/zero");
	rig_script(f.rig, "to", "cat > $1/got");
	run(&f, "from", "to");
	assert_string_equal(f.err.msg, "no last words");
}

static void test_nothing_written(void **state)
{
	struct flow_run f = {.rig = *state};

	rig_script(f.rig, "from", "true");
	rig_script(f.rig, "to", "cat > $1/got");
	run(&f, "from", "to");
	assert_non_null(strstr(f.err.msg, "wrote nothing"));
}

static void test_input_not_read(void **state)
{
	struct flow_run f = {.rig = *state};

	rig_script(f.rig, "from", "head -c 30000000 /dev/zero");
	rig_script(f.rig, "to",
		   "head -c 10 > /dev/null; echo full >&2; "
		   "exit 1");
	run(&f, "from", "to");
	assert_non_null(strstr(f.err.msg, "status 1: full"));
	rig_script(f.rig, "well", "head -c 10 > /dev/null");
	f.nended = 0;
	run(&f, "from", "well");
	assert_non_null(strstr(f.err.msg, "before it had read all"));
}

/* Gives a few bytes, and their end only when the test allows it. */
struct late_source {
	struct source base; /* comes first */
	bool has_given, gives_more, may_end;
};

static enum flow late_read(struct source *base, struct link *out, struct err *e)
{
	struct late_source *s = (struct late_source *)(void *)base;
	struct frame *f;

	if (s->has_given && !s->gives_more)
		return s->may_end ? FLOW_END : FLOW_WAIT;
	f = frame_new(FRAME_BYTES);
	if (f == NULL)
		return err_nomem(e, "a frame") ? FLOW_MORE : FLOW_FAIL;
	f->len = 10;
	memset(f->data, 'x', f->len);
	s->has_given = true;
	s->gives_more = false;
	link_push(out, f);
	return FLOW_MORE;
}

static void late_destroy(struct source *base)
{
	free((struct late_source *)(void *)base);
}

/* A sink that ends after ten bytes and is known to have ended. */
static struct late_source *begin_late(struct flow_run *f)
{
	static const struct source_ops ops = {"late", late_read, late_destroy};
	struct late_source *s = calloc(1, sizeof(*s));
	json_t *fields = json_pack("{s:s}", "operation", "run");
	struct program_stream_config sink = config_of(f, "to", fields);
	struct pipeline_parts parts = {.link_bytes = 8 << 20,
				       .idle_seconds = 8};
	struct err e = {0};
	int to;

	assert_non_null(s);
	s->base.ops = &ops;
	rig_script(f->rig, "to", "echo $$ > $1/to; head -c 10 > /dev/null");
	parts.source = &s->base;
	parts.sink = program_sink_new(&sink, &f->written, &e);
	assert_non_null(parts.sink);
	f->pipeline = pipeline_new(f->rig->loop, &parts, on_done, f, &e);
	assert_non_null(f->pipeline);
	json_decref(fields);
	to = rig_number(f->rig, "to");
	rig_until_dead(f->rig, to);
	rig_for(f->rig, 50);
	assert_int_equal(f->nended, 0);
	assert_int_equal(f->written, 10);
	return s;
}

/* As tar does at the mark of an archive: nothing is missing. */
static void test_end_before_the_end_of_input(void **state)
{
	struct flow_run f = {.rig = *state};
	struct late_source *s = begin_late(&f);

	s->may_end = true;
	wake(&s->base.waker);
	rig_until(f.rig, &f.nended);
	assert_string_equal(f.err.msg, "");
	assert_int_equal(f.nasked, 1);
}

static void test_end_before_more_input(void **state)
{
	struct flow_run f = {.rig = *state};
	struct late_source *s = begin_late(&f);

	s->gives_more = true;
	wake(&s->base.waker);
	rig_until(f.rig, &f.nended);
	assert_non_null(strstr(f.err.msg, "before it had read all"));
	assert_int_equal(f.written, 10);
}

static void test_cancel(void **state)
{
	struct flow_run f = {.rig = *state};
	int from, to;

	rig_script(f.rig, "from", "echo $$ > $1/from; cat /dev/zero");
	rig_script(f.rig, "to", "echo $$ > $1/to; cat > /dev/null");
	begin(&f, "from", "to");
	from = rig_number(f.rig, "from");
	to = rig_number(f.rig, "to");
	rig_for(f.rig, 50);
	assert_true(f.read > 0);
	pipeline_free(f.pipeline);
	rig_until_dead(f.rig, from);
	rig_until_dead(f.rig, to);
	assert_int_equal(f.nended, 0);
}

/* Something left behind holds the pipe: that is no end. */
static void test_output_held(void **state)
{
	struct flow_run f = {.rig = *state};

	rig_script(f.rig, "from",
		   "head -c 3000000 /dev/zero; sleep 5 2>/dev/null &");
	rig_script(f.rig, "to", "cat > $1/got");
	run(&f, "from", "to");
	assert_non_null(strstr(f.err.msg, "holds its output"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_all_bytes_pass),
		TEST(test_failure_after_all_bytes),
		TEST(test_end_refuses),
		TEST(test_nothing_written),
		TEST(test_input_not_read),
		TEST(test_cancel),
		TEST(test_output_held),
		TEST(test_end_before_the_end_of_input),
		TEST(test_end_before_more_input),
	};

	return cmocka_run_group_tests_name("streams", tests, NULL, NULL);
}
