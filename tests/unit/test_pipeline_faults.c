/* test_pipeline_faults.c - parts that fail, lie, hang, or are taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "test_pipeline_rig.h"

enum { PARTS = 4, CASES = 4, ALARM_SECONDS = 120 };

/* The parts of a pipeline with two stages, from source to sink. */
static struct rig_part *part_of(struct rig *r, int who)
{
	if (who == 0)
		return &r->source.part;
	return who == PARTS - 1 ? &r->sink.part : &r->stages[who - 1].part;
}

static void test_failures_anywhere(void **state)
{
	static const char *const scripts[] = {"x", "...x", "w.wx", "rx"};
	static const char *const texts[] = {"scripted s", "scripted 1",
					    "scripted 2", "scripted k"};
	struct rig r;

	for (int who = 0; who < PARTS; who++) {
		for (int i = 0; i < CASES; i++) {
			rig_init(&r, *state, 2);
			part_of(&r, who)->script = scripts[i];
			rig_expect(&r, ERR_REMOTE);
			assert_string_equal(r.err.api, "some_code");
			assert_string_equal(r.err.msg, texts[who]);
		}
	}
}

/* Success after any of these would be a backup with a hole in it. */
static void test_broken_contracts(void **state)
{
	struct rig r;

	for (int who = 0; who < PARTS; who++) {
		rig_init(&r, *state, 2);
		part_of(&r, who)->script = "..z";
		rig_expect(&r, ERR_BUG);
		rig_init(&r, *state, 2);
		part_of(&r, who)->script = "..s";
		rig_expect(&r, ERR_REMOTE);
		if (who == 0)
			continue;
		rig_init(&r, *state, 2);
		part_of(&r, who)->script = "..e";
		rig_expect(&r, ERR_BUG);
		rig_init(&r, *state, 2);
		part_of(&r, who)->script = "e";
		rig_expect(&r, ERR_BUG);
	}
}

/* The source has ended, but the sink has not taken everything. */
static void test_the_sink_ends_with_input_left(void **state)
{
	struct rig r;

	rig_init(&r, *state, 0);
	r.total = 3;
	r.sink.part.script = "mmmmmmmme";
	rig_expect(&r, ERR_BUG);
	assert_int_equal(r.taken, 0);
}

static bool are_done(const struct rig *rigs, int n)
{
	for (int i = 0; i < n; i++) {
		if (rigs[i].done == 0)
			return false;
	}
	return true;
}

struct hang {
	int who;	    /* hangs after the script */
	const char *script; /* of who */
	const char *api;
	const char *text;
};

/* All at once, because each one takes its second. */
static void test_who_hangs_is_named(void **state)
{
	static const struct hang hangs[] = {
		{0, "W", "connection_failed",
		 "nothing moved for 1 s while waiting for scripted source"},
		{0, "...W", "connection_failed",
		 "nothing moved for 1 s while waiting for scripted source"},
		{1, "W*", "connection_failed",
		 "nothing moved for 1 s while waiting for scripted stage"},
		{2, "..W*", "connection_failed",
		 "nothing moved for 1 s while waiting for scripted stage"},
		{3, "W*", "store_stalled",
		 "nothing moved for 1 s while waiting for scripted sink"},
		{3, "....W*", "store_stalled",
		 "nothing moved for 1 s while waiting for scripted sink"},
		{3, "..........W*", "store_stalled",
		 "nothing moved for 1 s while waiting for scripted sink"},
	};
	enum { HANGS = sizeof(hangs) / sizeof(hangs[0]) };
	struct rig rigs[HANGS];

	for (int i = 0; i < HANGS; i++) {
		rig_init(&rigs[i], *state, 2);
		rigs[i].total = i == HANGS - 1 ? 10 : 100;
		rigs[i].idle_seconds = 1;
		rigs[i].stops_at_done = true;
		part_of(&rigs[i], hangs[i].who)->script = hangs[i].script;
		rig_start(&rigs[i]);
	}
	(void)alarm(ALARM_SECONDS);
	while (!are_done(rigs, HANGS))
		loop_run(*state);
	(void)alarm(0);
	for (int i = 0; i < HANGS; i++) {
		assert_int_equal(rigs[i].done, 1);
		assert_int_equal(rigs[i].err.code, ERR_TIMEOUT);
		assert_string_equal(rigs[i].err.api, hangs[i].api);
		assert_string_equal(rigs[i].err.msg, hangs[i].text);
		rig_fini(&rigs[i]);
	}
}

/* Waits of 20 ms, for more than a second in all: each wake is a sign of life.
 */
static void test_wakes_count_as_life(void **state)
{
	static const char waits[] =
		"ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd";
	struct rig r;

	rig_init(&r, *state, 0);
	r.idle_seconds = 1;
	r.source.part.script = waits;
	rig_expect(&r, ERR_NONE);
	assert_int_equal(r.taken, 10);
}

/* Taken away after every count of turns, the last one after done(). */
static void test_free_at_every_turn(void **state)
{
	struct rig r;
	bool is_over = false;

	for (int turns = 0; !is_over; turns++) {
		assert_true(turns < 1000);
		rig_init(&r, *state, 3);
		r.source.part.script = "b.w.r.b";
		r.stages[1].part.script = "h.h.h.w.h.h";
		r.sink.part.script = "w...w.d";
		rig_start(&r);
		for (int i = 0; i < turns; i++)
			rig_turn(&r);
		is_over = r.done > 0;
		rig_fini(&r);
		rig_turn(&r);
		assert_int_equal(r.done, is_over);
	}
}

static void test_done_may_free_its_own(void **state)
{
	static const char *const scripts[] = {"", "x"};
	struct rig r;

	for (int i = 0; i < 2; i++) {
		rig_init(&r, *state, 2);
		r.frees_at_done = true;
		r.stages[0].part.script = scripts[i];
		rig_start(&r);
		rig_run(&r);
		assert_null(r.p);
		rig_fini(&r);
	}
}

/* The other one has a pass due in the same turn. */
static void test_done_may_free_another(void **state)
{
	struct rig a, b;

	rig_init(&a, *state, 1);
	rig_init(&b, *state, 1);
	b.source.part.script = "m*";
	a.free_at_done = &b;
	rig_start(&a);
	rig_start(&b);
	rig_run(&a);
	for (int i = 0; i < 5; i++)
		rig_turn(&a);
	assert_int_equal(b.done, 0);
	rig_fini(&b);
	rig_fini(&a);
}

/* Its events may still fire while the owner has not freed it. */
static void test_wakes_after_the_end_do_nothing(void **state)
{
	struct rig r;

	rig_init(&r, *state, 1);
	r.source.part.script = ".d";
	r.sink.part.script = "wwx";
	rig_start(&r);
	rig_run(&r);
	unsigned polls = r.source.part.polls;
	wake(&r.source.base.waker);
	wake(&r.sink.base.waker);
	for (int i = 0; i < 5; i++)
		rig_turn(&r);
	assert_int_equal(r.source.part.polls, polls);
	assert_int_equal(r.done, 1);
	rig_fini(&r);
	pipeline_free(NULL);
}

/* A part that is built, but not yet in a pipeline. */
static void test_a_wake_before_the_start(void **state)
{
	struct rig r;

	rig_init(&r, *state, 0);
	wake(&r.source.base.waker);
	rig_expect(&r, ERR_NONE);
}

#define RIG_TEST(f)                                                            \
	cmocka_unit_test_setup_teardown(f, rig_loop_new, rig_loop_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_failures_anywhere),
		RIG_TEST(test_broken_contracts),
		RIG_TEST(test_the_sink_ends_with_input_left),
		RIG_TEST(test_who_hangs_is_named),
		RIG_TEST(test_wakes_count_as_life),
		RIG_TEST(test_free_at_every_turn),
		RIG_TEST(test_done_may_free_its_own),
		RIG_TEST(test_done_may_free_another),
		RIG_TEST(test_wakes_after_the_end_do_nothing),
		RIG_TEST(test_a_wake_before_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
