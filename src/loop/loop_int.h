/* loop_int.h - what the files of the room loop know of struct loop. */
#ifndef COFFER_LOOP_LOOP_INT_H
#define COFFER_LOOP_LOOP_INT_H

#include "loop/holds.h"
#include "loop/loop.h"

struct event;

enum { LOOP_SIGNALS = 3 };

struct loop {
	struct event_base *base;
	struct event *signals[LOOP_SIGNALS];
	struct event *watchdog; /* NULL: nobody watches */
	const struct loop_ops *ops;
	void *arg;
	struct loop_holds holds;
};

/* CPU time of this thread. */
uint64_t holds_now_ns(void);

/* A turn took so long. */
void holds_note(struct loop_holds *h, uint64_t ns);

/*
 * This thread asks for short turns on a core (0.1 ms, the least there is): who
 * does so is woken sooner than those that compute for long, and a stream or a
 * client does not wait until one of them has had its turn. From Linux 6.12 on
 * (Documentation/scheduler/sched-eevdf.rst); before, and where the system does
 * not permit it, nothing changes. Not for threads and programs that it starts.
 */
void slices_shorten(void);

#endif
