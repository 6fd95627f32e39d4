/* test_loop_slices.c - the loop has short turns on a core, where there are
 * such; the threads and programs that it starts have not. */
#include "config.h" /* for syscall() */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "loop/loop.h"

enum { SHORT_NS = 100 * 1000 };

/* The kernel's struct attr (sched_setattr(2)): its header and that of
 * threads do not go together. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

struct seen {
	struct loop *loop;
	struct attr in_loop, in_thread;
};

static void look(struct attr *a)
{
	assert_int_equal(syscall(SYS_sched_getattr, 0, a, sizeof(*a), 0), 0);
}

static void *look_from_thread(void *arg)
{
	look(arg);
	return NULL;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct seen *s = arg;
	pthread_t thread;

	(void)fd;
	(void)what;
	look(&s->in_loop);
	assert_int_equal(
		pthread_create(&thread, NULL, look_from_thread, &s->in_thread),
		0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	loop_stop(s->loop);
}

static void test_turns_are_short(void **state)
{
	struct attr before = {0};
	struct seen s = {0};
	struct event *timer;
	struct err e = {0};

	(void)state;
	look(&before);
	s.loop = loop_new(&e);
	assert_non_null(s.loop);
	timer = evtimer_new(loop_base(s.loop), on_timer, &s);
	assert_non_null(timer);
	loop_next_turn(timer);
	loop_run(s.loop);
	assert_int_equal(s.in_loop.policy, before.policy);
	assert_int_equal(s.in_loop.nice, before.nice);
	/* Before Linux 6.12 it tells none. */
	if (before.policy == SCHED_OTHER && before.runtime != 0)
		assert_int_equal(s.in_loop.runtime, SHORT_NS);
	assert_int_equal(s.in_thread.runtime, before.runtime);
	event_free(timer);
	loop_free(s.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
