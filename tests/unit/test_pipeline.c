/* test_pipeline.c - what a pipeline does when all goes well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "test_pipeline_rig.h"

static void expect_all(struct rig *r)
{
	rig_expect(r, ERR_NONE);
	assert_int_equal(r->taken, r->given);
	assert_int_equal(r->facts.source_bytes, r->facts.sink_bytes);
}

static void test_all_frames_in_order(void **state)
{
	struct rig r;

	for (size_t nstages = 0; nstages <= PIPELINE_STAGES_MAX; nstages++) {
		rig_init(&r, *state, nstages);
		r.total = 500;
		expect_all(&r);
		assert_int_equal(r.taken, 500);
		assert_int_equal(r.facts.sink_bytes, 500 * RIG_FRAME_BYTES);
	}
}

static void test_nothing_at_all(void **state)
{
	struct rig r;

	for (size_t nstages = 0; nstages <= PIPELINE_STAGES_MAX; nstages++) {
		rig_init(&r, *state, nstages);
		r.total = 0;
		expect_all(&r);
		assert_int_equal(r.taken, 0);
	}
}

/* Every part in turn waits, works without a frame, or wakes too early. */
static void test_waits_anywhere(void **state)
{
	static const char *const scripts[] = {
		"w",	  "r",	   "m",
		"wwww",	  "rrrr",  ".w.r.m.w.r.m",
		"mwrmwr", "....w", "w.w.w.w.w.w.w.w.w.w.w.w.",
	};
	struct rig r;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		for (int who = 0; who < 4; who++) {
			rig_init(&r, *state, 2);
			if (who == 0)
				r.source.part.script = scripts[i];
			else if (who == 3)
				r.sink.part.script = scripts[i];
			else
				r.stages[who - 1].part.script = scripts[i];
			expect_all(&r);
			assert_int_equal(r.taken, 10);
		}
	}
}

static void test_all_wait_at_once(void **state)
{
	struct rig r;

	rig_init(&r, *state, 3);
	r.source.part.script = "wr.w.m.w.rw";
	r.stages[0].part.script = "w.r.w.r";
	r.stages[1].part.script = "rw.m.m.w";
	r.stages[2].part.script = "r.r.w.w";
	r.sink.part.script = "w.w.r.m.w";
	expect_all(&r);
}

static void test_the_last_frame_may_come_with_the_end(void **state)
{
	struct rig r;

	rig_init(&r, *state, 1);
	r.source.part.script = "..p";
	expect_all(&r);
	assert_int_equal(r.taken, 3);
}

/* Whoever waits for input is woken by it, and by the end. */
static void test_input_ends_a_wait(void **state)
{
	struct rig r;

	rig_init(&r, *state, 1);
	r.source.part.script = ".w.w.w";
	r.stages[0].part.script = "hhh";
	r.sink.part.script = "hhh";
	expect_all(&r);
	assert_int_equal(r.taken, 10);
}

static void test_the_end_ends_a_wait(void **state)
{
	struct rig r;

	rig_init(&r, *state, 2);
	r.source.part.script = "we";
	expect_all(&r);
	assert_int_equal(r.taken, 0);
}

static void test_frames_without_bytes(void **state)
{
	struct rig r;

	rig_init(&r, *state, 2);
	r.source.part.script = "0.00w0..0";
	expect_all(&r);
	assert_int_equal(r.taken, 10);
}

/* The source is not asked for more than fits, plus what one read gave. */
static void test_a_full_link_stops_the_source(void **state)
{
	struct rig r;

	rig_init(&r, *state, 0);
	r.sink.part.script = "W*";
	rig_start(&r);
	for (int i = 0; i < 50; i++)
		rig_turn(&r);
	assert_int_equal(r.given, 4);
	assert_int_equal(r.source.part.polls, 4);
	assert_int_equal(r.sink.part.polls, 5);
	r.sink.part.script = "";
	wake(&r.sink.base.waker);
	rig_run(&r);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(r.taken, 10);
	assert_int_equal(r.most_bytes, 4 * RIG_FRAME_BYTES);
	rig_fini(&r);
}

static void test_a_full_link_stops_a_stage(void **state)
{
	struct rig r;

	rig_init(&r, *state, 1);
	r.total = 100;
	r.sink.part.script = "W*";
	rig_start(&r);
	for (int i = 0; i < 50; i++)
		rig_turn(&r);
	assert_int_equal(r.given, 8);
	unsigned polls = r.stages[0].part.polls;
	wake(&r.stages[0].base.waker);
	rig_turn(&r);
	rig_turn(&r);
	assert_int_equal(r.stages[0].part.polls, polls);
	rig_fini(&r);
}

/* A buffer takes what the sink does not, and gives it when the sink goes on,
 * without being asked by anybody but the pump. */
static void test_a_buffer_keeps_the_source_going(void **state)
{
	struct rig r;

	for (size_t at = 0; at < 2; at++) {
		rig_init(&r, *state, 2);
		rig_make_buffer(&r, at);
		r.total = 100;
		r.sink.part.script = "W*";
		rig_start(&r);
		for (int i = 0; i < 300; i++)
			rig_turn(&r);
		assert_int_equal(r.given, 100);
		assert_true(r.stages[at].nkept >= 90);
		unsigned polls = r.stages[at].part.polls;
		for (int i = 0; i < 10; i++)
			rig_turn(&r);
		assert_int_equal(r.stages[at].part.polls, polls);
		r.sink.part.script = "";
		wake(&r.sink.base.waker);
		rig_run(&r);
		assert_int_equal(r.err.code, ERR_NONE);
		assert_int_equal(r.taken, 100);
		rig_fini(&r);
	}
}

static void test_the_source_goes_on_at_half(void **state)
{
	struct rig r;

	rig_init(&r, *state, 0);
	r.total = 200;
	r.source.part.script = "bbbbbbbbbbbbbbbbbbbbbbbbbb";
	expect_all(&r);
	assert_false(r.read_above_half);
	assert_true(r.most_bytes <= (size_t)6 * RIG_FRAME_BYTES);
}

/* Tiny frames cost memory beyond their bytes, so they are counted too. */
static void test_many_empty_frames_fill_a_link(void **state)
{
	struct rig r;

	rig_init(&r, *state, 0);
	r.source.part.script = "0*";
	r.sink.part.script = "W*";
	rig_start(&r);
	for (int i = 0; i < 5000; i++)
		rig_turn(&r);
	assert_int_equal(r.most_frames, 1024);
	rig_fini(&r);
}

/* While one part waits some 20 ms, the time goes to who stood still. */
static void test_time_goes_to_who_stands_still(void **state)
{
	struct rig r;

	rig_init(&r, *state, 0);
	r.source.part.script = ".d";
	expect_all(&r);
	assert_true(r.facts.source_starved_ms >= 10);
	assert_int_equal(r.facts.stage_blocked_ms, 0);

	rig_init(&r, *state, 0);
	r.total = 4;
	r.sink.part.script = "mmmmmmd";
	expect_all(&r);
	assert_true(r.facts.source_blocked_ms >= 10);

	rig_init(&r, *state, 1);
	r.total = 100;
	r.sink.part.script = "mmmmmmmmmmmmmmmmd";
	expect_all(&r);
	assert_true(r.facts.source_blocked_ms >= 10);
	assert_true(r.facts.stage_blocked_ms >= 10);
}

static void test_facts_while_it_runs(void **state)
{
	struct pipeline_facts f;
	struct rig r;

	rig_init(&r, *state, 1);
	r.sink.part.script = "W*";
	rig_start(&r);
	for (int i = 0; i < 20; i++)
		rig_turn(&r);
	pipeline_facts(r.p, &f);
	assert_int_equal(f.source_bytes, 8 * RIG_FRAME_BYTES);
	assert_int_equal(f.sink_bytes, 0);
	rig_fini(&r);
}

/* A source that has given all may go before all is taken. */
static void test_a_source_is_dropped_at_its_end(void **state)
{
	struct rig r;

	rig_init(&r, *state, 1);
	r.total = 5;
	r.sink.part.script = "W*";
	rig_start(&r);
	assert_false(pipeline_drop_source(r.p));
	while (r.given < r.total)
		rig_turn(&r);
	rig_turn(&r);
	rig_turn(&r);
	assert_true(pipeline_drop_source(r.p));
	assert_true(r.source.part.is_destroyed);
	assert_true(pipeline_drop_source(r.p));
	r.sink.part.script = "";
	wake(&r.sink.base.waker);
	rig_run(&r);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(r.taken, 5);
	rig_fini(&r);
}

#define RIG_TEST(f)                                                            \
	cmocka_unit_test_setup_teardown(f, rig_loop_new, rig_loop_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_all_frames_in_order),
		RIG_TEST(test_nothing_at_all),
		RIG_TEST(test_waits_anywhere),
		RIG_TEST(test_all_wait_at_once),
		RIG_TEST(test_the_last_frame_may_come_with_the_end),
		RIG_TEST(test_input_ends_a_wait),
		RIG_TEST(test_the_end_ends_a_wait),
		RIG_TEST(test_frames_without_bytes),
		RIG_TEST(test_a_full_link_stops_the_source),
		RIG_TEST(test_a_full_link_stops_a_stage),
		RIG_TEST(test_a_buffer_keeps_the_source_going),
		RIG_TEST(test_the_source_goes_on_at_half),
		RIG_TEST(test_many_empty_frames_fill_a_link),
		RIG_TEST(test_time_goes_to_who_stands_still),
		RIG_TEST(test_facts_while_it_runs),
		RIG_TEST(test_a_source_is_dropped_at_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
