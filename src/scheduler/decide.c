/* decide.c - see decide.h. The timer counts in seconds, the catalog in ms. */
#include "scheduler/decide.h"

static void missed(struct plan_decision *d, int64_t first_s,
		   const struct timer_misses *m)
{
	d->missed_first_at = first_s * 1000;
	d->missed_last_at = m->last_s * 1000;
	d->missed_count = m->count;
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
	int64_t first_s = first_due(t, z, after_s, last_s);
	struct timer_misses m;

	if (is_late && t->is_skip) {
		if (timer_missed(t, z, after_s, last_s, DECIDE_COUNT_MAX, &m))
			missed(d, first_s, &m);
		return;
	}
	d->run_due_at = last_s * 1000;
	d->is_catch_up = is_late;
	d->is_missed_merged = !t->is_skip;
	if (last_s > first_s &&
	    timer_missed(t, z, after_s, last_s - 1, DECIDE_COUNT_MAX, &m))
		missed(d, first_s, &m);
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
	struct timer_misses m = {0};
	int64_t next_s;

	d->expected_next_due_at = d->next_due_at = next_due_at;
	d->run_due_at = 0;
	d->is_catch_up = d->is_missed_merged = false;
	missed(d, 0, &m);
	if (now_ms < next_due_at)
		return;
	if (!timer_missed(t, z, after_s, now_ms / 1000, 1, &m))
		m.last_s = was_moved_ahead(t, z, noted_s) ? noted_s : after_s;
	if (m.last_s > after_s)
		decide(t, z, after_s, m.last_s, now_ms, d);
	d->next_due_at =
		timer_next(t, z, m.last_s, &next_s) ? next_s * 1000 : 0;
}
