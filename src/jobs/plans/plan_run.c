/*
 * plan_run.c - backups that plans ask for: the catalog decides and queues, and
 * what it queued gets a job here. Source and scope are looked at by the job
 * itself, when its turn has come, so that what is wrong with them shows as a
 * failed backup of the plan and is not lost.
 */
#include <stdlib.h>

#include "jobs/backup/backup_int.h"
#include "jobs/plans/plan_run.h"
#include "jobs/plans.h"

struct plan_request {
	struct jobs_op base;
	struct backup_job *job; /* to be, if something is to run */
	struct catalog_op *op;
	catalog_backup_cb *done;
	void *arg;
};

static void request_free(struct plan_request *q)
{
	catalog_cancel(q->op);
	op_fini(&q->base);
	free(q->job);
	free(q);
}

static void enqueue(struct jobs *j, struct backup_job *b,
		    const struct backup_record *r)
{
	backup_job_fill(b, r);
	job_enqueue(j, &b->base, r->job_id, backup_job_ops());
}

/* r is NULL, too, when a due time was decided and nothing runs. */
static void on_queued(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct plan_request *q = arg;
	struct backup_job *b = q->job;
	catalog_backup_cb *done = q->base.is_adrift ? NULL : q->done;
	void *done_arg = q->arg;

	q->op = NULL;
	if (e == NULL && r != NULL) {
		q->job = NULL;
		enqueue(q->base.jobs, b, r);
	}
	request_free(q);
	if (done != NULL)
		done(done_arg, r, e);
}

static void request_cancel(struct jobs_op *op)
{
	struct plan_request *q = (struct plan_request *)(void *)op;

	if (!op_cast_off(op))
		request_free(q);
}

static struct plan_request *request_new(struct jobs *j, catalog_backup_cb *done,
					void *arg, struct err *e)
{
	struct plan_request *q = calloc(1, sizeof(*q));

	if (q != NULL) {
		q->base.cancel = request_cancel;
		q->base.jobs = j;
		q->done = done;
		q->arg = arg;
		q->job = backup_job_new();
	}
	if (q == NULL || q->job == NULL) {
		free(q);
		(void)err_nomem(e, "a run of a plan");
		return NULL;
	}
	return q;
}

/* The request, if the catalog was asked. */
static struct jobs_op *request_begun(struct plan_request *q)
{
	if (q->op != NULL)
		return &q->base;
	request_free(q);
	return NULL;
}

struct jobs_op *jobs_plan_due(struct jobs *j, const struct plan_decision *d,
			      catalog_backup_cb *done, void *arg, struct err *e)
{
	struct plan_request *q = request_new(j, done, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_plan_decide(j->config.catalog, d, on_queued, q, e);
	return request_begun(q);
}

struct jobs_op *jobs_plan_execute(struct jobs *j, const char *plan,
				  const char *description,
				  catalog_backup_cb *done, void *arg,
				  struct err *e)
{
	struct plan_request *q = request_new(j, done, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_plan_execute(j->config.catalog, plan, description,
				     on_queued, q, e);
	return request_begun(q);
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
	for (size_t i = 0; i < page->n; i++) {
		struct backup_job *b = backup_job_new();

		if (b != NULL && job_find(j, list[i].job_id) == NULL)
			enqueue(j, b, &list[i]);
		else
			free(b);
	}
}

void plan_runs_resume(struct jobs *j)
{
	struct err e = {0};

	j->resume = catalog_backup_queued(j->config.catalog, on_left, j, &e);
	if (j->resume == NULL)
		log_error("jobs", "cannot take up what was queued: %s", e.msg);
}
