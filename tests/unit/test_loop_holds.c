/* test_loop_holds.c - how long the loop computes between two waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include <event2/event.h>

#include "loop/holds.h"
#include "loop/loop.h"

enum { NS_PER_MS = 1000 * 1000, TURNS = 5, BUSY_MS = 3, WAIT_MS = 30 };

struct busy {
	struct loop *loop;
	struct event *timer;
	unsigned turns, ms;
};

static uint64_t cpu_ns(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (uint64_t)t.tv_sec * 1000 * NS_PER_MS + (uint64_t)t.tv_nsec;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval later = {0, WAIT_MS * 1000};
	struct busy *b = arg;
	uint64_t until = cpu_ns() + (uint64_t)b->ms * NS_PER_MS;

	(void)fd;
	(void)what;
	while (cpu_ns() < until)
		continue;
	if (++b->turns == TURNS)
		loop_stop(b->loop);
	else
		assert_int_equal(evtimer_add(b->timer, &later), 0);
}

static void run(struct busy *b, unsigned ms)
{
	struct err e = {0};

	b->turns = 0;
	b->ms = ms;
	b->loop = loop_new(&e);
	assert_non_null(b->loop);
	b->timer = evtimer_new(loop_base(b->loop), on_timer, b);
	assert_non_null(b->timer);
	loop_next_turn(b->timer);
	loop_run(b->loop);
	assert_int_equal(b->turns, TURNS);
}

static void end(struct busy *b)
{
	event_free(b->timer);
	loop_free(b->loop);
}

static void test_bounds(void **state)
{
	(void)state;
	for (unsigned i = 1; i < LOOP_HOLD_BOUNDS; i++)
		assert_true(loop_hold_bound_us(i - 1) < loop_hold_bound_us(i));
}

/* What it computed counts, and none of the short bounds has it. */
static void test_busy(void **state)
{
	const struct loop_holds *h;
	struct busy b;

	(void)state;
	run(&b, BUSY_MS);
	h = loop_holds(b.loop);
	assert_int_equal(h->turns, TURNS);
	assert_true(h->longest_ns >= BUSY_MS * NS_PER_MS);
	assert_true(h->sum_ns >= TURNS * BUSY_MS * NS_PER_MS);
	for (unsigned i = 0; i < LOOP_HOLD_BOUNDS; i++) {
		if (loop_hold_bound_us(i) < BUSY_MS * 1000)
			assert_int_equal(h->within[i], 0);
		if (i > 0)
			assert_true(h->within[i] >= h->within[i - 1]);
	}
	end(&b);
}

/* Waiting does not: of four waits of 30 ms each not one is seen. */
static void test_waiting(void **state)
{
	const struct loop_holds *h;
	struct busy b;

	(void)state;
	run(&b, 0);
	h = loop_holds(b.loop);
	assert_int_equal(h->turns, TURNS);
	assert_true(h->sum_ns < (TURNS - 1) * WAIT_MS * NS_PER_MS);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests_name("the loop's holds", tests, NULL,
					   NULL);
}
