/* sweep.c - one removal after the other, until the catalog names no more. */
#include "jobs/sweep.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "jobs/jobs_int.h"
#include "jobs/removal.h"
#include "loop/loop.h"

enum { SWEEP_PERIOD_S = 3600, SWEEP_RETRY_S = 60 };

struct sweeper {
	struct jobs *jobs;
	struct event *timer;
	struct catalog_op *op;
	struct removal *removal;
	char (*ids)[ID_MAX]; /* still to do: the last nids */
	size_t nids;
	unsigned failed;
	bool is_again; /* kicked while it swept */
};

static void arm(struct sweeper *s, time_t seconds)
{
	const struct timeval tv = {seconds, 0};

	if (evtimer_add(s->timer, &tv) != 0)
		log_error("jobs", "cannot arm the sweep");
}

static void rest(struct sweeper *s)
{
	free(s->ids);
	s->ids = NULL;
	s->nids = 0;
	if (s->is_again)
		arm(s, 0);
	else
		arm(s, s->failed > 0 ? SWEEP_RETRY_S : SWEEP_PERIOD_S);
	s->is_again = false;
}

static void sweep_next(struct sweeper *s);

static void on_removed(void *arg, const struct err *e)
{
	struct sweeper *s = arg;

	s->removal = NULL;
	if (e == NULL) {
		log_info("jobs", "swept what %s left", s->ids[s->nids]);
	} else {
		s->failed++;
		log_warn("jobs", "cannot sweep what %s left: %s",
			 s->ids[s->nids], e->msg);
	}
	sweep_next(s);
}

static void sweep_next(struct sweeper *s)
{
	struct err e = {0};

	while (s->removal == NULL && s->nids > 0) {
		s->nids--;
		s->removal = removal_start(s->jobs, s->ids[s->nids], on_removed,
					   s, &e);
		if (s->removal == NULL)
			s->failed++;
	}
	if (s->removal == NULL)
		rest(s);
}

static void on_sweepable(void *arg, const struct backup_record *list,
			 const struct catalog_page *page, const struct err *e)
{
	struct sweeper *s = arg;

	s->op = NULL;
	if (e != NULL) {
		s->failed++;
		log_warn("jobs", "cannot list what to sweep: %s", e->msg);
		rest(s);
		return;
	}
	s->ids = calloc(page->n + 1, sizeof(*s->ids));
	if (s->ids != NULL) {
		for (size_t i = 0; i < page->n; i++)
			memcpy(s->ids[i], list[i].id, ID_MAX);
		s->nids = page->n;
	}
	sweep_next(s);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct sweeper *s = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	s->failed = 0;
	s->op = catalog_backup_sweepable(s->jobs->config.catalog, on_sweepable,
					 s, &e);
	if (s->op == NULL) {
		s->failed++;
		rest(s);
	}
}

struct sweeper *sweeper_new(struct jobs *j)
{
	struct sweeper *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->jobs = j;
	s->timer = evtimer_new(loop_base(j->config.loop), on_time, s);
	if (s->timer == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void sweeper_kick(struct sweeper *s)
{
	if (s->op != NULL || s->removal != NULL)
		s->is_again = true;
	else if (!s->jobs->is_stopping)
		arm(s, 0);
}

void sweeper_stop(struct sweeper *s)
{
	catalog_cancel(s->op);
	removal_cancel(s->removal);
	s->op = NULL;
	s->removal = NULL;
	(void)evtimer_del(s->timer);
}

void sweeper_free(struct sweeper *s)
{
	if (s == NULL)
		return;
	sweeper_stop(s);
	free(s->ids);
	event_free(s->timer);
	free(s);
}
