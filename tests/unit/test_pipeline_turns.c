/* test_pipeline_turns.c - pipelines share the loop with all other events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "test_pipeline_rig.h"

/* TICK_MS: the loop's clock may be as coarse as a tick of the kernel. */
enum { PIPELINES = 5, TIMER_MS = 5, TICK_MS = 10, LATE_POLLS_MAX = 20 };

static struct {
	int64_t due_ms;
	unsigned late_polls; /* polls after the timer was surely due */
	bool is_stopped;
} watch;

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	watch.is_stopped = true;
	loop_stop(arg);
}

static void count_late_polls(struct rig *r)
{
	if (clock_mono_ms() > watch.due_ms + TICK_MS)
		watch.late_polls++;
	/* Would run for ever: the test has failed. */
	if (watch.late_polls > LATE_POLLS_MAX)
		loop_stop(r->loop);
}

static void start_timer(struct event *ev, int ms)
{
	const struct timeval tv = {0, (suseconds_t)ms * 1000};

	watch.due_ms = clock_mono_ms() + ms;
	watch.late_polls = 0;
	watch.is_stopped = false;
	assert_int_equal(evtimer_add(ev, &tv), 0);
}

static void test_a_timer_is_not_starved(void **state)
{
	struct event *ev = evtimer_new(loop_base(*state), on_timer, *state);
	struct rig r;

	assert_non_null(ev);
	rig_init(&r, *state, 2);
	r.total = UINT32_MAX;
	rig_start(&r);
	for (int i = 0; i < 10; i++)
		rig_turn(&r);
	r.on_poll = count_late_polls;
	start_timer(ev, TIMER_MS);
	loop_run(*state);
	assert_true(watch.is_stopped);
	assert_true(watch.late_polls <= LATE_POLLS_MAX);
	assert_true(r.taken > 0);
	event_free(ev);
	rig_fini(&r);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	unsigned *polls = arg;
	char c;

	(void)what;
	assert_int_equal(read((int)fd, &c, 1), 1);
	*polls = 0;
}

/* A socket that became readable is served within two turns. */
static void test_a_socket_is_not_starved(void **state)
{
	unsigned unserved;
	struct event *ev;
	struct rig r;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	ev = event_new(loop_base(*state), fds[0], EV_READ | EV_PERSIST,
		       on_readable, &unserved);
	assert_non_null(ev);
	assert_int_equal(event_add(ev, NULL), 0);
	rig_init(&r, *state, 0);
	r.source.part.script = "m*";
	rig_start(&r);
	for (int i = 0; i < 20; i++) {
		unserved = 1;
		assert_int_equal(write(fds[1], "x", 1), 1);
		rig_turn(&r);
		rig_turn(&r);
		assert_int_equal(unserved, 0);
	}
	event_free(ev);
	rig_fini(&r);
	assert_int_equal(close(fds[0]) + close(fds[1]), 0);
}

/* One poll of each part per turn, whatever there is to do. */
static void test_work_per_turn_is_bounded(void **state)
{
	struct rig r;

	rig_init(&r, *state, 2);
	r.total = UINT32_MAX;
	rig_start(&r);
	for (unsigned turns = 1; turns <= 100; turns++) {
		rig_turn(&r);
		assert_true(r.source.part.polls <= turns);
		assert_true(r.stages[0].part.polls <= turns);
		assert_true(r.stages[1].part.polls <= turns);
		assert_true(r.sink.part.polls <= turns);
	}
	assert_true(r.taken >= 90);
	rig_fini(&r);
}

static void test_pipelines_take_turns(void **state)
{
	struct rig rigs[PIPELINES];

	for (int i = 0; i < PIPELINES; i++) {
		rig_init(&rigs[i], *state, 1);
		rigs[i].total = UINT32_MAX;
		rig_start(&rigs[i]);
	}
	for (int i = 0; i < 200; i++)
		rig_turn(&rigs[0]);
	for (int i = 0; i < PIPELINES; i++) {
		assert_true(rigs[i].taken > 150);
		assert_true(rigs[i].taken <= rigs[0].taken + 1);
		assert_true(rigs[i].taken + 1 >= rigs[0].taken);
	}
	for (int i = 0; i < PIPELINES; i++)
		rig_fini(&rigs[i]);
}

/* A pipeline that waits costs nothing: the loop sleeps in between. */
static void test_waiting_does_not_spin(void **state)
{
	struct rig r;

	rig_init(&r, *state, 1);
	r.source.part.script = "W";
	rig_start(&r);
	for (int i = 0; i < 50; i++)
		rig_turn(&r);
	assert_int_equal(r.source.part.polls, 1);
	assert_int_equal(r.stages[0].part.polls, 1);
	assert_int_equal(r.sink.part.polls, 1);
	wake(&r.source.base.waker);
	assert_int_equal(r.source.part.polls, 1);
	rig_run(&r);
	assert_int_equal(r.err.code, ERR_NONE);
	rig_fini(&r);
}

#define RIG_TEST(f)                                                            \
	cmocka_unit_test_setup_teardown(f, rig_loop_new, rig_loop_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_a_timer_is_not_starved),
		RIG_TEST(test_a_socket_is_not_starved),
		RIG_TEST(test_work_per_turn_is_bounded),
		RIG_TEST(test_pipelines_take_turns),
		RIG_TEST(test_waiting_does_not_spin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
