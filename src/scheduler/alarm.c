/*
 * alarm.c - see alarm.h.
 *
 * That the clock was set is told by the kernel in one of two calls, whichever
 * comes first: read(2) and timerfd_settime(2) fail with ECANCELED, once. The
 * latter has set the timer nevertheless, and taken back that it was readable.
 *
 * What shows that: test_scheduler_alarm.c, where the two calls say so on
 * request. Only who may set the clock of the whole machine can have the kernel
 * say it: a time namespace has monotonic clocks alone, and libfaketime changes
 * what a process is told, not when the kernel's timers end. Servers under
 * libfaketime live by the slow look.
 */
#include "scheduler/alarm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"

enum {
	LOOK_SECONDS = 30,	/* between looks at the clock */
	FAR_SECONDS = 86400000, /* no due time, but setting the clock counts */
};

struct alarm {
	struct alarm_config config;
	int fd;
	struct event *ring, *look;
	int64_t at_ms;
};

static int64_t now_ms(const struct alarm *a)
{
	return a->config.now_ms ? a->config.now_ms(a->config.clock)
				: clock_now_ms();
}

/* What was read matters as little as that it could not be (ECANCELED: the
 * clock was set): whoever is woken looks at the clock. */
static void on_ring(evutil_socket_t fd, short what, void *arg)
{
	struct alarm *a = arg;
	uint64_t times;

	(void)what;
	if (read(fd, &times, sizeof(times)) < 0 && errno == EAGAIN)
		return;
	a->config.wake(a->config.arg);
}

/* A clock that goes at another pace than the kernel's timers is followed by
 * looking at it. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct alarm *a = arg;

	(void)fd;
	(void)what;
	if (a->at_ms != 0 && now_ms(a) >= a->at_ms)
		a->config.wake(a->config.arg);
}

static bool make(struct alarm *a, struct err *e)
{
	struct event_base *base = loop_base(a->config.loop);

	a->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (a->fd < 0)
		return err_set(e, ERR_IO, "internal",
			       "cannot make a timer for plans: %s",
			       strerror(errno));
	a->ring = event_new(base, a->fd, EV_READ | EV_PERSIST, on_ring, a);
	a->look = event_new(base, -1, EV_PERSIST, on_look, a);
	return (a->ring != NULL && a->look != NULL) ||
	       err_nomem(e, "a timer for plans");
}

struct alarm *alarm_new(const struct alarm_config *c, struct err *e)
{
	struct alarm *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)err_nomem(e, "a timer for plans");
		return NULL;
	}
	a->config = *c;
	a->fd = -1;
	if (!make(a, e)) {
		alarm_free(a);
		return NULL;
	}
	return a;
}

/* A clock that is not the system's is so much ahead of it. */
static int64_t ahead_ms(const struct alarm *a)
{
	return a->config.now_ms != NULL ? now_ms(a) - clock_now_ms() : 0;
}

static struct timespec instant(const struct alarm *a)
{
	int64_t at_ms = a->at_ms != 0
				? a->at_ms - ahead_ms(a)
				: clock_now_ms() + FAR_SECONDS * INT64_C(1000);

	if (at_ms < 1)
		at_ms = 1; /* 0 would stop it */
	return (struct timespec){.tv_sec = (time_t)(at_ms / 1000),
				 .tv_nsec = (long)(at_ms % 1000) * 1000000};
}

static bool arm(struct alarm *a, struct timespec at)
{
	const struct itimerspec when = {.it_value = at};

	return timerfd_settime(a->fd,
			       TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			       &when, NULL) == 0;
}

void alarm_set(struct alarm *a, int64_t at_ms)
{
	static const struct timeval period = {LOOK_SECONDS, 0};
	static const struct timespec at_once = {0, 1};
	bool ok;

	a->at_ms = at_ms;
	ok = arm(a, instant(a));
	while (!ok && errno == ECANCELED) /* the clock was set: wakes */
		ok = arm(a, at_once);
	if (!ok)
		log_warn("scheduler",
			 "cannot set the timer of plans: %s; they are up to "
			 "%d s late",
			 strerror(errno), LOOK_SECONDS);
	if (event_add(a->ring, NULL) != 0 || evtimer_add(a->look, &period) != 0)
		log_error("scheduler", "no memory for the timer of plans");
}

void alarm_stop(struct alarm *a)
{
	(void)event_del(a->ring);
	(void)evtimer_del(a->look);
}

void alarm_free(struct alarm *a)
{
	if (a == NULL)
		return;
	if (a->ring != NULL)
		event_free(a->ring);
	if (a->look != NULL)
		event_free(a->look);
	if (a->fd >= 0)
		(void)close(a->fd);
	free(a);
}
