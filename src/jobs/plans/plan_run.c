/*
 * plan_run.c - backups that plans ask for: the catalog decides and queues, and
 * what it queued gets a job here. Source and scope are looked at by the job
 * itself, when its turn has come, so that what is wrong with them shows as a
 * failed backup of the plan and is not lost.
 */
#include <stdlib.h>

#include "jobs/backup/backup_int.h"
#include "jobs/job_request.h"
#include "jobs/plans/plan_run.h"
#include "jobs/plans.h"

static struct backup_job *backup_of(struct job_request *q)
{
	return (struct backup_job *)(void *)q->job; /* base comes first */
}

/* r is NULL, too, when a due time was decided and nothing runs. */
static void on_queued(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct job_request *q = arg;

	if (e == NULL && r != NULL) {
		backup_job_fill(backup_of(q), r);
		job_request_queue(q, r->job_id, backup_job_ops());
	}
	job_request_end_backup(q, r, e);
}

static const struct job_request_kind plan_run = {
	.what = "a run of a plan",
	.size = sizeof(struct job_request),
	.job_size = sizeof(struct backup_job),
};

struct jobs_op *jobs_plan_due(struct jobs *j, const struct plan_decision *d,
			      catalog_backup_cb *done, void *arg, struct err *e)
{
	const union job_request_cb cb = {.backup = done};
	struct job_request *q = job_request_new(&plan_run, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_plan_decide(j->config.catalog, d, on_queued, q, e);
	return job_request_asked(q);
}

struct jobs_op *jobs_plan_execute(struct jobs *j, const char *plan,
				  const char *description,
				  catalog_backup_cb *done, void *arg,
				  struct err *e)
{
	const union job_request_cb cb = {.backup = done};
	struct job_request *q = job_request_new(&plan_run, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_plan_execute(j->config.catalog, plan, description,
				     on_queued, q, e);
	return job_request_asked(q);
}

static void take_up(struct jobs *j, const struct backup_record *r)
{
	struct backup_job *b;

	if (job_find(j, r->job_id) != NULL)
		return;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return;
	backup_job_fill(b, r);
	job_enqueue(j, &b->base, r->job_id, backup_job_ops());
}

/* One that cannot be taken up for want of memory stays queued: the next start
 * takes it up. */
static void on_left(void *arg, const struct backup_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct jobs *j = arg;

	j->resume = NULL;
	if (e != NULL) {
		log_error("jobs", "cannot take up what was queued: %s", e->msg);
		return;
	}
	for (size_t i = 0; i < page->n; i++)
		take_up(j, &list[i]);
}

void plan_runs_resume(struct jobs *j)
{
	struct err e = {0};

	j->resume = catalog_backup_queued(j->config.catalog, on_left, j, &e);
	if (j->resume == NULL)
		log_error("jobs", "cannot take up what was queued: %s", e.msg);
}
