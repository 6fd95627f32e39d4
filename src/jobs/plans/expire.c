/* expire.c - a pass marks a bounded number at a time, until none is left. */
#include "catalog/expiry.h"
#include "jobs/plans/expire.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "catalog/plans.h"
#include "jobs/jobs_int.h"
#include "jobs/plans.h"
#include "jobs/removal/sweep.h"
#include "loop/loop.h"

enum {
	EXPIRE_AT_ONCE = 100, /* of one transaction */
	EXPIRE_RETRY_S = 60,
};

struct expirer {
	struct jobs *jobs;
	struct event *timer;
	struct catalog_op *op;
	bool is_again; /* kicked while it asked */
	/* by the monotonic clock: of the last pass (0: none), of this one */
	int64_t passed_ms, asked_ms;
};

static void arm(struct expirer *x, time_t seconds)
{
	const struct timeval tv = {seconds, 0};

	if (evtimer_add(x->timer, &tv) != 0)
		log_error("jobs", "cannot arm the expiry; the next one is in "
				  "an hour");
}

static void on_marked(void *arg, const struct backup_record *list,
		      const struct catalog_page *page, const struct err *e)
{
	struct expirer *x = arg;
	bool is_again = x->is_again;

	x->op = NULL;
	x->is_again = false;
	if (e != NULL) {
		log_warn("jobs", "cannot expire backups: %s; once more in %d s",
			 e->msg, EXPIRE_RETRY_S);
		arm(x, EXPIRE_RETRY_S);
		return;
	}
	x->passed_ms = x->asked_ms;
	for (size_t i = 0; i < page->n; i++)
		log_info("jobs", "backup \"%s\" (%s) has expired", list[i].name,
			 list[i].id);
	if (page->n > 0)
		sweeper_kick(x->jobs->sweeper);
	if (is_again || page->n == EXPIRE_AT_ONCE)
		arm(x, 0);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct expirer *x = arg;
	struct expiry_pass pass = {.now_ms = clock_now_ms(),
				   .limit = EXPIRE_AT_ONCE};
	struct err e = {0};

	(void)fd;
	(void)what;
	x->asked_ms = clock_mono_ms();
	if (x->passed_ms != 0)
		pass.ran_ms = x->asked_ms - x->passed_ms;
	x->op = catalog_backup_expire(x->jobs->config.catalog, &pass, on_marked,
				      x, &e);
	if (x->op == NULL)
		arm(x, EXPIRE_RETRY_S);
}

struct expirer *expirer_new(struct jobs *j)
{
	struct expirer *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->jobs = j;
	x->timer = evtimer_new(loop_base(j->config.loop), on_time, x);
	if (x->timer == NULL) {
		free(x);
		return NULL;
	}
	return x;
}

void expirer_kick(struct expirer *x)
{
	if (x->op != NULL)
		x->is_again = true;
	else if (!x->jobs->is_stopping)
		arm(x, 0);
}

void expirer_stop(struct expirer *x)
{
	catalog_cancel(x->op);
	x->op = NULL;
	(void)evtimer_del(x->timer);
}

void expirer_free(struct expirer *x)
{
	if (x == NULL)
		return;
	expirer_stop(x);
	event_free(x->timer);
	free(x);
}

void jobs_expire(struct jobs *j)
{
	expirer_kick(j->expirer);
}
