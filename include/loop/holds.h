/*
 * holds.h - how long the loop computes between two waits: while it does, no
 * client is answered and no stream moves on. In CPU time of its thread, so that
 * what other programs take from a busy machine does not count.
 */
#ifndef COFFER_LOOP_HOLDS_H
#define COFFER_LOOP_HOLDS_H

#include <stdint.h>

struct loop;

enum { LOOP_HOLD_BOUNDS = 8 };

/* Since the start. */
struct loop_holds {
	uint64_t within[LOOP_HOLD_BOUNDS]; /* turns that took at most bound i */
	uint64_t turns;
	uint64_t sum_ns, longest_ns;
};

/* Of bound i, in microseconds: 100, 500, 1000, 2000, 5000, 10000, 20000,
 * 50000. */
unsigned loop_hold_bound_us(unsigned i);

/* Of turns that are over. Loop thread only; borrowed until loop_free(). */
const struct loop_holds *loop_holds(const struct loop *l);

#endif
