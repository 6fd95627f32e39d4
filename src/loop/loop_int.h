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

#endif
