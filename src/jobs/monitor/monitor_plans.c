/* monitor_plans.c - asks the catalog to tell what has become of plans. */
#include "jobs/monitor/monitor_plans.h"

#include <event2/event.h>

#include "base/clock.h"
#include "catalog/due.h"
#include "catalog/plans.h"
#include "jobs/jobs_int.h"
#include "loop/loop.h"

enum { SOON_MS = 200 }; /* the ends of several jobs are one look */

static void arm(struct plan_watch *w, int64_t ms)
{
	const struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

	if (evtimer_add(w->timer, &tv) != 0)
		log_error("jobs", "cannot arm the look at plans");
}

static void on_told(void *arg, bool is_more, const struct err *e)
{
	struct plan_watch *w = arg;
	bool is_again = w->is_again || is_more;

	w->op = NULL;
	w->is_again = false;
	if (e != NULL)
		log_warn("jobs", "cannot look at the plans: %s", e->msg);
	if (is_again && e == NULL)
		arm(w, SOON_MS);
	else
		arm(w, (int64_t)w->jobs->config.probe_seconds * 1000);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct plan_watch *w = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	w->op = catalog_plan_news(w->jobs->config.catalog, clock_now_ms(),
				  on_told, w, &e);
	if (w->op == NULL)
		on_told(w, false, &e);
}

bool plan_watch_init(struct plan_watch *w, struct jobs *j)
{
	w->jobs = j;
	w->timer = evtimer_new(loop_base(j->config.loop), on_time, w);
	return w->timer != NULL;
}

void plan_watch_start(struct plan_watch *w)
{
	w->is_on = w->jobs->config.probe_seconds > 0;
	if (w->is_on)
		arm(w, SOON_MS);
}

void plan_watch_kick(struct plan_watch *w)
{
	if (w->op != NULL)
		w->is_again = true;
	else if (w->is_on)
		arm(w, SOON_MS);
}

void plan_watch_stop(struct plan_watch *w)
{
	w->is_on = false;
	catalog_cancel(w->op);
	w->op = NULL;
	if (w->timer != NULL)
		(void)evtimer_del(w->timer);
}

void plan_watch_fini(struct plan_watch *w)
{
	plan_watch_stop(w);
	if (w->timer != NULL)
		event_free(w->timer);
	w->timer = NULL;
}
