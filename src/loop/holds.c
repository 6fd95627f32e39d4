/* holds.c - see holds.h. */
#include "loop_int.h"

#include <stdbool.h>
#include <time.h>

enum { NS_PER_US = 1000, NS_PER_SEC = 1000 * 1000 * 1000 };

static const unsigned bounds_us[LOOP_HOLD_BOUNDS] = {
	100, 500, 1000, 2000, 5000, 10000, 20000, 50000,
};

unsigned loop_hold_bound_us(unsigned i)
{
	return bounds_us[i];
}

const struct loop_holds *loop_holds(const struct loop *l)
{
	return &l->holds;
}

uint64_t holds_now_ns(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

void holds_note(struct loop_holds *h, uint64_t ns)
{
	for (unsigned i = LOOP_HOLD_BOUNDS;
	     i > 0 && ns <= (uint64_t)bounds_us[i - 1] * NS_PER_US; i--)
		h->within[i - 1]++;
	h->turns++;
	h->sum_ns += ns;
	if (ns > h->longest_ns)
		h->longest_ns = ns;
}
