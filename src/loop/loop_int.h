/* loop_int.h - what the files of the room loop know of struct loop. */
#ifndef COFFER_LOOP_LOOP_INT_H
#define COFFER_LOOP_LOOP_INT_H

#include "loop/loop.h"

struct event;

enum { LOOP_SIGNALS = 3 };

struct loop {
	struct event_base *base;
	struct event *signals[LOOP_SIGNALS];
	struct event *watchdog; /* NULL: nobody watches */
	const struct loop_ops *ops;
	void *arg;
};

#endif
