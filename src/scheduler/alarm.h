/*
 * alarm.h - wakes at an instant of the system's clock, and when that clock is
 * set: a timer of the kernel that follows the time of day (timerfd_create(2),
 * TFD_TIMER_CANCEL_ON_SET). A slow look at the clock stands behind it.
 */
#ifndef COFFER_SCHEDULER_ALARM_H
#define COFFER_SCHEDULER_ALARM_H

#include <stdint.h>

#include "base/err.h"

struct alarm;
struct loop;

struct alarm_config {
	struct loop *loop;
	int64_t (*now_ms)(void *clock); /* NULL: clock_now_ms() */
	void *clock;
	void (*wake)(void *arg); /* from the loop; may come too early */
	void *arg;
};

/* At rest. NULL with *e filled. */
struct alarm *alarm_new(const struct alarm_config *c, struct err *e) MUST_CHECK;

/* Wakes at that instant (ms since 1970), soon if it is over; and whenever the
 * clock is set. 0: only then. Takes the place of what was set before. */
void alarm_set(struct alarm *a, int64_t at_ms);

/* Wakes no more, until it is set again. */
void alarm_stop(struct alarm *a);

/* NULL is fine. */
void alarm_free(struct alarm *a);

#endif
