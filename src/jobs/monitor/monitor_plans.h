/* monitor_plans.h - what plans become by themselves is told: each
 * probe_seconds, and soon after a job has ended. */
#ifndef COFFER_JOBS_MONITOR_PLANS_H
#define COFFER_JOBS_MONITOR_PLANS_H

#include <stdbool.h>

#include "base/err.h"

struct catalog_op;
struct event;
struct jobs;

/* Embedded; zero it to begin with. */
struct plan_watch {
	struct jobs *jobs;
	struct event *timer;
	struct catalog_op *op;
	bool is_on;
	bool is_again; /* kicked while it asked */
};

/* False: no memory; plan_watch_fini() ends it, also then. */
bool plan_watch_init(struct plan_watch *w, struct jobs *j) MUST_CHECK;
void plan_watch_start(struct plan_watch *w);

/* Soon: a job has ended. */
void plan_watch_kick(struct plan_watch *w);
void plan_watch_stop(struct plan_watch *w);
void plan_watch_fini(struct plan_watch *w);

#endif
