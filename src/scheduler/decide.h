/* decide.h - rule 21: what becomes of the due times of one plan. Pure. */
#ifndef COFFER_SCHEDULER_DECIDE_H
#define COFFER_SCHEDULER_DECIDE_H

#include <stdint.h>

#include "catalog/due.h"
#include "catalog/plans.h"
#include "model/timer.h"

struct zone;

enum {
	/* A due time that is seen at most so late was seen in time. */
	DECIDE_LATE_MS = 60 * 1000,
	/* So many missed ones are counted; more are told as so many. */
	DECIDE_COUNT_MAX = 1000,
	/* Zones' rules put nothing off for longer. */
	DECIDE_PUT_OFF_SECONDS = 3 * 3600,
};

/*
 * Of the due times from next_due_at (ms, not decided yet) until now_ms: the
 * last one runs, those before it are merged into it, or skipped if the timer
 * says so. One that is late is a catch-up, or skipped as well. d->plan_id is
 * left alone. Where a zone's rules were changed meanwhile, there may be no due
 * time: one that was put off only moves next_due_at, one that was moved ahead
 * runs at next_due_at, so that it is not lost.
 */
void decide_due(const struct timer *t, const struct zone *z,
		int64_t next_due_at, int64_t now_ms, struct plan_decision *d);

#endif
