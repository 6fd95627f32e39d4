/* test_loop_signals.c - the loop itself: start, stop, turns, signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include <event2/event.h>

#include "loop/loop.h"

struct seen {
	struct loop *loop;
	int terminated;
	int reloaded;
	int turns;
	struct event *ev;
};

static int set_up(void **state)
{
	static struct seen seen;
	struct err e = {0};

	seen = (struct seen){.loop = loop_new(&e)};
	*state = &seen;
	return seen.loop == NULL;
}

static int tear_down(void **state)
{
	struct seen *seen = *state;

	if (seen->ev != NULL)
		event_free(seen->ev);
	loop_free(seen->loop);
	return 0;
}

static void terminate(void *arg)
{
	struct seen *seen = arg;

	seen->terminated++;
	loop_stop(seen->loop);
}

static void reload(void *arg)
{
	struct seen *seen = arg;

	seen->reloaded++;
	loop_stop(seen->loop);
}

static const struct loop_ops ops = {.terminate = terminate, .reload = reload};

static void test_signals_reach_their_callbacks(void **state)
{
	struct seen *seen = *state;
	struct err e = {0};

	assert_true(loop_catch_signals(seen->loop, &ops, seen, &e));
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	loop_run(seen->loop);
	assert_int_equal(seen->terminated, 1);
	assert_int_equal(kill(getpid(), SIGINT), 0);
	loop_run(seen->loop);
	assert_int_equal(seen->terminated, 2);
	assert_int_equal(seen->reloaded, 0);
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	loop_run(seen->loop);
	assert_int_equal(seen->reloaded, 1);
	assert_int_equal(seen->terminated, 2);
}

static void test_sigpipe_is_ignored(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(write(fds[1], "x", 1), -1);
	assert_int_equal(close(fds[1]), 0);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct seen *seen = arg;

	(void)fd;
	(void)what;
	if (++seen->turns == 3)
		loop_stop(seen->loop);
	else
		loop_next_turn(seen->ev);
}

static void test_next_turn_is_one_call_a_turn(void **state)
{
	struct seen *seen = *state;
	struct event_base *base = loop_base(seen->loop);

	seen->ev = evtimer_new(base, on_turn, seen);
	assert_non_null(seen->ev);
	loop_next_turn(seen->ev);
	assert_int_equal(seen->turns, 0);
	assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
	assert_int_equal(seen->turns, 1);
	loop_run(seen->loop);
	assert_int_equal(seen->turns, 3);
	assert_false(evtimer_pending(seen->ev, NULL));
}

/* A stop ends one run only: the loop is whole and runs again. */
static void test_runs_again_after_stop(void **state)
{
	struct seen *seen = *state;

	seen->ev = evtimer_new(loop_base(seen->loop), on_turn, seen);
	assert_non_null(seen->ev);
	for (int i = 1; i <= 4; i++) {
		seen->turns = 2;
		loop_next_turn(seen->ev);
		loop_run(seen->loop);
		assert_int_equal(seen->turns, 3);
	}
}

static void test_two_loops_side_by_side(void **state)
{
	struct err e = {0};
	struct loop *other = loop_new(&e);
	struct seen *seen = *state;

	assert_non_null(other);
	assert_ptr_not_equal(loop_base(other), loop_base(seen->loop));
	loop_free(other);
	loop_free(NULL);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(test_signals_reach_their_callbacks),
		LOOP_TEST(test_sigpipe_is_ignored),
		LOOP_TEST(test_next_turn_is_one_call_a_turn),
		LOOP_TEST(test_runs_again_after_stop),
		LOOP_TEST(test_two_loops_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
