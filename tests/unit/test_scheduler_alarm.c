/*
 * test_scheduler_alarm.c - the clock of the system is set: the scheduler looks
 * at once. The kernel's timer is replaced by one that rings, and says that it
 * was canceled, on request (see alarm.c); the slow look behind it comes only
 * after the time that these tests wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/plans.h"
#include "jobs_house.h"
#include "scheduler/alarm.h"
#include "scheduler/scheduler.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* The kernel's timer. */
static struct {
	int fd;
	int flags;	   /* of the last setting */
	int64_t at_ms;	   /* what it was set to */
	unsigned nset;	   /* how often */
	bool is_clock_set; /* the next call says so */
} kernel;

int __wrap_timerfd_create(clockid_t clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when,
			   struct itimerspec *before);
ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);

int __wrap_timerfd_create(clockid_t clock, int flags)
{
	assert_int_equal(clock, CLOCK_REALTIME);
	assert_int_equal(flags, TFD_NONBLOCK | TFD_CLOEXEC);
	memset(&kernel, 0, sizeof(kernel));
	kernel.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return kernel.fd;
}

static void ring(void)
{
	assert_int_equal(eventfd_write(kernel.fd, 1), 0);
}

static void calm(void)
{
	uint64_t count;

	(void)__real_read(kernel.fd, &count, sizeof(count));
}

static bool was_clock_set(void)
{
	bool was = kernel.is_clock_set;

	kernel.is_clock_set = false;
	if (was)
		errno = ECANCELED;
	return was;
}

/* As the kernel does: sets it, forgets that it rang, and only then says that
 * the clock was set. */
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when,
			   struct itimerspec *before)
{
	assert_int_equal(fd, kernel.fd);
	assert_null(before);
	kernel.flags = flags;
	kernel.at_ms = (int64_t)when->it_value.tv_sec * 1000 +
		       when->it_value.tv_nsec / 1000000;
	kernel.nset++;
	calm();
	if (when->it_value.tv_sec < 1)
		ring(); /* long ago */
	return was_clock_set() ? -1 : 0;
}

ssize_t __wrap_read(int fd, void *to, size_t n)
{
	if (fd != kernel.fd)
		return __real_read(fd, to, n);
	if (was_clock_set()) {
		calm();
		errno = ECANCELED;
		return -1;
	}
	return __real_read(fd, to, n);
}

static void set_clock(void)
{
	kernel.is_clock_set = true;
	ring();
}

static void on_wake(void *arg)
{
	*(bool *)arg = true;
}

static struct alarm *make(struct house *h, bool *is_woken)
{
	const struct alarm_config c = {
		.loop = h->loop, .wake = on_wake, .arg = is_woken};
	struct err e = {0};
	struct alarm *a = alarm_new(&c, &e);

	assert_non_null(a);
	return a;
}

static void test_wakes_when_the_clock_is_set(void **state)
{
	struct house *h = house_open(1);
	bool is_woken = false;
	struct alarm *a = make(h, &is_woken);
	int64_t due_ms = clock_now_ms() + DAY_MS;

	(void)state;
	alarm_set(a, due_ms);
	assert_int_equal(kernel.at_ms, due_ms);
	assert_int_equal(kernel.flags,
			 TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	house_settle(h);
	assert_false(is_woken);
	set_clock();
	house_until(h, &is_woken);
	/* also when nothing is due at all */
	is_woken = false;
	alarm_set(a, 0);
	assert_true(kernel.at_ms > due_ms);
	assert_int_equal(kernel.flags,
			 TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	set_clock();
	house_until(h, &is_woken);
	/* A ring that somebody has read before is none. */
	is_woken = false;
	alarm_set(a, 0);
	ring();
	calm();
	house_settle(h);
	assert_false(is_woken);
	alarm_free(a);
	house_close(h);
}

/* It was set while somebody looked, and the next setting of the timer learns
 * of it: that must not be lost. */
static void test_wakes_when_the_setting_was_canceled(void **state)
{
	struct house *h = house_open(1);
	bool is_woken = false;
	struct alarm *a = make(h, &is_woken);

	(void)state;
	kernel.is_clock_set = true;
	alarm_set(a, clock_now_ms() + DAY_MS);
	assert_false(is_woken); /* not inside the call */
	house_until(h, &is_woken);
	alarm_free(a);
	house_close(h);
}

/* ---- with the scheduler */

struct watched {
	int64_t now_ms;
	bool is_answered;
	struct plan_record plan;
};

static int64_t tell_now(void *arg)
{
	return ((struct watched *)arg)->now_ms;
}

static void on_plan(void *arg, const struct plan_record *r, const struct err *e)
{
	struct watched *w = arg;

	assert_null(e);
	plan_record_fini(&w->plan);
	assert_true(plan_record_copy(&w->plan, r));
	w->is_answered = true;
}

static void read_plan(struct house *h, struct watched *w)
{
	struct err e = {0};

	w->is_answered = false;
	assert_non_null(
		catalog_plan_get(h->catalog, "nightly", on_plan, w, &e));
	house_until(h, &w->is_answered);
}

static void add_plan(struct house *h, struct watched *w, int64_t due_ms)
{
	struct plan_record r = {
		.name = "nightly",
		.is_enabled = true,
		.strategy = "timer",
		.method = "logical",
		.timer_json = (char[]){"{\"cycle\":\"daily\","
				       "\"at\":\"02:30\"}"},
		.retention_days = 7,
		.grace_seconds = 60,
		.next_due_at = due_ms,
	};
	struct err e = {0};

	memcpy(r.source_id, h->source, ID_MAX);
	memcpy(r.pool_id, h->pool, ID_MAX);
	assert_non_null(catalog_plan_create(h->catalog, &r, on_plan, w, &e));
	house_until(h, &w->is_answered);
}

static struct scheduler *begin(struct house *h, struct watched *w)
{
	const struct scheduler_config c = {.loop = h->loop,
					   .catalog = h->catalog,
					   .jobs = h->jobs,
					   .now_ms = tell_now,
					   .clock = w};
	struct err e = {0};
	struct scheduler *s = scheduler_new(&c, &e);

	assert_non_null(s);
	scheduler_start(s);
	return s;
}

/* Nobody calls scheduler_wake(). */
static void test_rule21_a_clock_set_forward_is_seen_at_once(void **state)
{
	struct house *h = house_open(1);
	struct watched w = {0};
	struct scheduler *s;
	int64_t due_ms, began_ms;
	unsigned nset;

	(void)state;
	assert_true(clock_parse("2026-12-02T02:30:00Z", &due_ms));
	w.now_ms = due_ms - DAY_MS;
	add_plan(h, &w, due_ms);
	s = begin(h, &w);
	house_settle(h);
	nset = kernel.nset;
	assert_true(nset > 0);
	w.now_ms = due_ms + 1000;
	house_settle(h);
	read_plan(h, &w);
	assert_int_equal(w.plan.next_due_at, due_ms);
	began_ms = clock_mono_ms();
	set_clock();
	do {
		assert_true(clock_mono_ms() - began_ms < 25000);
		house_turn(h);
		read_plan(h, &w);
	} while (w.plan.next_due_at == due_ms);
	assert_int_equal(w.plan.next_due_at, due_ms + DAY_MS);
	house_settle(h);
	assert_true(kernel.nset > nset);
	assert_int_equal(fake_source_facts()->dumps, 1);
	scheduler_free(s);
	plan_record_fini(&w.plan);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wakes_when_the_clock_is_set),
		cmocka_unit_test(test_wakes_when_the_setting_was_canceled),
		cmocka_unit_test(
			test_rule21_a_clock_set_forward_is_seen_at_once),
	};

	log_setup(LOG_ERROR, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
