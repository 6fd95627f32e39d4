/* sweep.c - one removal after the other, until the catalog names no more. */
#include "jobs/removal/sweep.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobs/jobs_int.h"
#include "jobs/removal/removal.h"
#include "loop/loop.h"

/*
 * For a while after the end of a backup its last requests may still be on
 * their way to the store. So what it left is removed again every few seconds,
 * and forgotten only by the first removal after that while.
 */
enum {
	SWEEP_PERIOD_S = 3600,
	SWEEP_RETRY_S = 10,
	SWEEP_GRACE_MS = 60 * 1000,
};

struct sweep_item {
	char id[ID_MAX];
	bool is_early; /* it is not to be forgotten yet */
};

struct sweeper {
	struct jobs *jobs;
	struct event *timer;
	struct catalog_op *op;
	struct removal *removal;
	struct sweep_item *items; /* still to do: the last nitems */
	size_t nitems;
	bool is_early; /* something is left for a sweep soon */
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
	free(s->items);
	s->items = NULL;
	s->nitems = 0;
	if (s->is_again)
		arm(s, 0);
	else
		arm(s, s->is_early ? SWEEP_RETRY_S : SWEEP_PERIOD_S);
	s->is_again = false;
}

static void sweep_next(struct sweeper *s);

static void on_removed(void *arg, const struct err *e)
{
	struct sweeper *s = arg;

	s->removal = NULL;
	if (e == NULL) {
		log_info("jobs", "swept what %s left", s->items[s->nitems].id);
	} else {
		s->is_early = true;
		log_warn("jobs", "cannot sweep what %s left: %s",
			 s->items[s->nitems].id, e->msg);
	}
	sweep_next(s);
}

static void sweep_next(struct sweeper *s)
{
	while (s->removal == NULL && s->nitems > 0) {
		const struct sweep_item *it = &s->items[--s->nitems];
		struct err e = {0};

		s->removal = it->is_early
				     ? removal_start_early(s->jobs, it->id,
							   on_removed, s, &e)
				     : removal_start(s->jobs, it->id,
						     on_removed, s, &e);
		if (s->removal == NULL)
			s->is_early = true;
	}
	if (s->removal == NULL)
		rest(s);
}

static bool has_late_requests(const struct backup_record *r)
{
	return r->status != BACKUP_DELETING &&
	       clock_now_ms() - r->finished_at < SWEEP_GRACE_MS;
}

static void take_items(struct sweeper *s, const struct backup_record *list,
		       size_t n)
{
	s->items = calloc(n + 1, sizeof(*s->items));
	if (s->items == NULL)
		s->is_early = true;
	for (size_t i = 0; s->items != NULL && i < n; i++) {
		struct sweep_item *it = &s->items[s->nitems];

		memcpy(it->id, list[i].id, ID_MAX);
		it->is_early = has_late_requests(&list[i]);
		s->is_early = s->is_early || it->is_early;
		s->nitems++;
	}
}

static void on_sweepable(void *arg, const struct backup_record *list,
			 const struct catalog_page *page, const struct err *e)
{
	struct sweeper *s = arg;

	s->op = NULL;
	if (e != NULL) {
		s->is_early = true;
		log_warn("jobs", "cannot list what to sweep: %s", e->msg);
		rest(s);
		return;
	}
	take_items(s, list, page->n);
	sweep_next(s);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct sweeper *s = arg;
	struct err e = {0};

	(void)fd;
	(void)what;
	s->is_early = false;
	s->op = catalog_backup_sweepable(s->jobs->config.catalog, on_sweepable,
					 s, &e);
	if (s->op == NULL) {
		s->is_early = true;
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
	free(s->items);
	event_free(s->timer);
	free(s);
}
