/*
 * scheduler.h - one timer to the next due plan. When it fires, or the clock of
 * the system is set, or plans change, every plan that is due is decided
 * (catalog_plan_decide) and what is to run is handed to the jobs. The cost
 * does not depend on the number of plans. Runs on the loop.
 */
#ifndef COFFER_SCHEDULER_SCHEDULER_H
#define COFFER_SCHEDULER_SCHEDULER_H

#include <stdint.h>

#include "base/err.h"

struct catalog;
struct jobs;
struct loop;
struct scheduler;

struct scheduler_config {
	struct loop *loop;
	struct catalog *catalog;
	struct jobs *jobs;
	const char *zone_folder;	/* NULL: the system's */
	int64_t (*now_ms)(void *clock); /* NULL: clock_now_ms() */
	void *clock;
};

/* NULL with *e filled. */
struct scheduler *scheduler_new(const struct scheduler_config *c,
				struct err *e) MUST_CHECK;

/* Begins: what was missed meanwhile is caught up or skipped (rule 21), an
 * expiry pass runs now and each hour. catalog_recover() has run. */
void scheduler_start(struct scheduler *s);

/* A plan was made, changed or deleted: looks for the next due time again. */
void scheduler_wake(struct scheduler *s);

/* Decides nothing any more. */
void scheduler_stop(struct scheduler *s);

/* NULL is fine. */
void scheduler_free(struct scheduler *s);

#endif
