/*
 * adopt.c - jobs of kind adopt (rule 17): list the pool, read each manifest
 * and whose it is, tell the catalog; what is listed there no more leaves the
 * catalog.
 *
 *   open -> list -> read (some at once) -> forget -> record;
 *   any failure of the store goes to record.
 *
 * A backup that is damaged is counted and logged, and never adopted. A
 * manifest is taken whoever signed it: its signature says that it is as its
 * server wrote it, and from here on the catalog knows its digest.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "catalog/adopted.h"
#include "jobs/job_request.h"
#include "jobs/pools.h"
#include "jobs/pools/adopt_int.h"

static const char *const state_names[] = {
	[ADOPT_OPEN] = "connect",  [ADOPT_LIST] = "list",
	[ADOPT_READ] = "read",	   [ADOPT_FORGET] = "read",
	[ADOPT_RECORD] = "record",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == ADOPT_STATE_COUNT,
	       "one name per state");

static struct adopt_job *adopt_of(struct job *job)
{
	return (struct adopt_job *)(void *)job; /* base comes first */
}

void adopt_set_state(struct adopt_job *a, enum adopt_state next)
{
	log_debug("jobs", "adopt %s: %s -> %s", a->base.id,
		  state_names[a->state], state_names[next]);
	a->state = next;
}

/* --- listing */

static bool has_manifest(const struct listing_entry *entry)
{
	return entry->has_manifest;
}

static void on_listed(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;

	if (e != NULL) {
		adopt_finish(a, e);
		return;
	}
	adopt_set_state(a, ADOPT_READ);
	adopt_read(a);
}

static void on_opened(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;
	struct err mine = {0};

	if (e != NULL) {
		adopt_finish(a, e);
		return;
	}
	adopt_set_state(a, ADOPT_LIST);
	a->list.wants = has_manifest;
	if (!pool_list_start(&a->list, &a->opening, on_listed, a, &mine))
		adopt_finish(a, &mine);
}

/* --- the job */

static void adopt_progress(const struct job *job, struct job_progress *p)
{
	const struct adopt_job *a = (const struct adopt_job *)(const void *)job;

	(void)snprintf(p->phase, sizeof(p->phase), "%s", state_names[a->state]);
	p->items_done = a->done;
	p->items_total = a->list.n;
	p->percent = -1;
	p->eta_seconds = -1;
	if (a->state >= ADOPT_READ && a->list.n > 0)
		p->percent = (int)(a->done * 100 / a->list.n);
}

static void adopt_start(struct job *job)
{
	struct adopt_job *a = adopt_of(job);
	const struct opening_want want = {.pool = a->pool_id};
	struct err e = {0};

	job_log(job, LOG_INFO, "reading the manifests of the pool");
	adopt_announce(a, "started");
	if (!opening_start(&a->opening, job->jobs, &want, on_opened, a, &e))
		adopt_finish(a, &e);
}

static void adopt_cancel(struct job *job, const struct err *why)
{
	struct adopt_job *a = adopt_of(job);

	if (a->state != ADOPT_RECORD)
		adopt_finish(a, why);
}

static void adopt_destroy(struct job *job)
{
	struct adopt_job *a = adopt_of(job);

	adopt_drop(a);
	retry_fini(&a->retry);
	pool_list_fini(&a->list);
	opening_fini(&a->opening);
	free(a);
}

static const struct job_ops adopt_ops = {
	.name = "adopt",
	.turns = TURNS_LIGHT,
	.start = adopt_start,
	.cancel = adopt_cancel,
	.progress = adopt_progress,
	.destroy = adopt_destroy,
};

/* --- the request */

static void on_begun(void *arg, const struct job_record *rec,
		     const struct err *e)
{
	struct job_request *q = arg;
	struct adopt_job *a = adopt_of(q->job);

	if (e == NULL) {
		(void)str_copy(a->pool_id, ID_MAX, rec->pool_id);
		a->fence = rec->fence;
		job_request_queue(q, rec->id, &adopt_ops);
	}
	job_request_end_job(q, rec, e);
}

static const struct job_request_kind adoption = {
	.what = "the reading of a pool",
	.size = sizeof(struct job_request),
	.job_size = sizeof(struct adopt_job),
};

struct jobs_op *jobs_adopt(struct jobs *j, const char *pool,
			   catalog_job_cb *done, void *arg, struct err *e)
{
	const union job_request_cb cb = {.job = done};
	struct job_request *q = job_request_new(&adoption, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_adopt_begin(j->config.catalog, pool, on_begun, q, e);
	return job_request_asked(q);
}
