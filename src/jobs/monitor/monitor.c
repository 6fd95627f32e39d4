/* monitor.c - two rounds, so that sources that are away do not hold up the
 * look at the pools; and the plans. */
#include "jobs/monitor/monitor.h"

#include <stdlib.h>

#include "jobs/monitor/monitor_int.h"
#include "jobs/monitor/monitor_plans.h"

struct monitor {
	struct monitor_round pools, sources;
	struct plan_watch plans;
};

struct monitor *monitor_new(struct jobs *j)
{
	struct monitor *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	if (round_init(&m->pools, j, monitor_pools()) &&
	    round_init(&m->sources, j, monitor_sources()) &&
	    plan_watch_init(&m->plans, j))
		return m;
	monitor_free(m);
	return NULL;
}

void monitor_start(struct monitor *m)
{
	round_start(&m->pools);
	round_start(&m->sources);
	plan_watch_start(&m->plans);
}

void monitor_kick(struct monitor *m)
{
	round_kick(&m->pools);
	round_kick(&m->sources);
}

void monitor_stop(struct monitor *m)
{
	round_stop(&m->pools);
	round_stop(&m->sources);
	plan_watch_stop(&m->plans);
}

void monitor_job_over(struct monitor *m)
{
	plan_watch_kick(&m->plans);
}

void monitor_free(struct monitor *m)
{
	if (m == NULL)
		return;
	round_fini(&m->pools);
	round_fini(&m->sources);
	plan_watch_fini(&m->plans);
	free(m);
}
