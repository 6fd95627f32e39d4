/* decide.c - see decide.h. The timer counts in seconds, the catalog in ms. */
#include "scheduler/decide.h"

static void missed(struct plan_decision *d, int64_t first_s, int64_t last_s,
		   unsigned count)
{
	d->missed_first_at = first_s * 1000;
	d->missed_last_at = last_s * 1000;
	d->missed_count = count;
}

/* The first one after after_s; there is one. */
static int64_t first_due(const struct timer *t, const struct zone *z,
			 int64_t after_s, int64_t last_s)
{
	int64_t first_s;

	return timer_next(t, z, after_s, &first_s) ? first_s : last_s;
}

/* last_s is the last due time until now. */
static void decide(const struct timer *t, const struct zone *z, int64_t after_s,
		   int64_t last_s, int64_t now_ms, struct plan_decision *d)
{
	bool is_late = now_ms - last_s * 1000 >= DECIDE_LATE_MS;
	int64_t first_s = first_due(t, z, after_s, last_s), before_s;
	unsigned count;

	if (is_late && t->is_skip) {
		if (timer_missed(t, z, after_s, last_s, DECIDE_COUNT_MAX,
				 &before_s, &count))
			missed(d, first_s, before_s, count);
		return;
	}
	d->run_due_at = last_s * 1000;
	d->is_catch_up = is_late;
	d->is_missed_merged = !t->is_skip;
	if (last_s > first_s &&
	    timer_missed(t, z, after_s, last_s - 1, DECIDE_COUNT_MAX, &before_s,
			 &count))
		missed(d, first_s, before_s, count);
}

/* The zone's rules were changed since next_due_at was noted, and nothing is due
 * from then until now. If the due time was put off, it is still to come, soon.
 * Else it was moved ahead, and is over without a run: it runs as noted. */
static bool was_moved_ahead(const struct timer *t, const struct zone *z,
			    int64_t noted_s)
{
	int64_t next_s;

	return !timer_next(t, z, noted_s, &next_s) ||
	       next_s - noted_s > DECIDE_PUT_OFF_SECONDS;
}

void decide_due(const struct timer *t, const struct zone *z,
		int64_t next_due_at, int64_t now_ms, struct plan_decision *d)
{
	int64_t noted_s = next_due_at / 1000, after_s = noted_s - 1;
	int64_t last_s, next_s;
	unsigned count;

	d->expected_next_due_at = d->next_due_at = next_due_at;
	d->run_due_at = 0;
	d->is_catch_up = d->is_missed_merged = false;
	missed(d, 0, 0, 0);
	if (now_ms < next_due_at)
		return;
	if (!timer_missed(t, z, after_s, now_ms / 1000, 1, &last_s, &count))
		last_s = was_moved_ahead(t, z, noted_s) ? noted_s : after_s;
	if (last_s > after_s)
		decide(t, z, after_s, last_s, now_ms, d);
	d->next_due_at = timer_next(t, z, last_s, &next_s) ? next_s * 1000 : 0;
}
