/*
 * delete.c - jobs of kind delete: the catalog has marked the backup, so that
 * a deletion that is cut here is finished by the next sweep.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/jobs_int.h"
#include "jobs/removal/removal.h"
#include "jobs/removal/sweep.h"

struct delete_job {
	struct job base;
	char backup_id[ID_MAX];
	struct removal *removal;
};

static struct delete_job *delete_of(struct job *job)
{
	return (struct delete_job *)(void *)job; /* base comes first */
}

/* A deletion that did not come to its end is finished by a sweep. */
static void tell_events(const struct delete_job *d, const char *verb,
			const struct err *why)
{
	const struct job_subject what = {d->backup_id, ""};

	job_tell(&d->base, verb, &what, why);
}

static void on_removed(void *arg, const struct err *e)
{
	struct delete_job *d = arg;

	d->removal = NULL;
	if (e == NULL) {
		job_log(&d->base, LOG_INFO, "objects removed");
	} else {
		job_log(&d->base, LOG_WARN,
			"not all objects are removed, a sweep tries again: %s",
			e->msg);
		sweeper_kick(d->base.jobs->sweeper);
	}
	tell_events(d, e == NULL ? "completed" : "failed", e);
	job_over(&d->base);
}

static void delete_start(struct job *job)
{
	struct delete_job *d = delete_of(job);
	struct err e = {0};

	tell_events(d, "started", NULL);
	d->removal = removal_start(job->jobs, d->backup_id, on_removed, d, &e);
	if (d->removal == NULL)
		on_removed(d, &e);
}

static void delete_progress(const struct job *job, struct job_progress *p)
{
	(void)job;
	(void)snprintf(p->phase, sizeof(p->phase), "delete");
}

static void delete_destroy(struct job *job)
{
	struct delete_job *d = delete_of(job);

	removal_cancel(d->removal);
	free(d);
}

static const struct job_ops delete_ops = {
	.name = "delete",
	.is_light = true,
	.start = delete_start,
	.cancel = NULL, /* what is marked goes, now or by a sweep */
	.progress = delete_progress,
	.destroy = delete_destroy,
};

struct delete_request {
	struct jobs_op base;
	struct delete_job *job; /* to be, until it is marked */
	struct catalog_op *op;
	catalog_backup_cb *done;
	void *arg;
};

static void request_free(struct delete_request *q)
{
	catalog_cancel(q->op);
	op_fini(&q->base);
	free(q->job);
	free(q);
}

static void on_marked(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct delete_request *q = arg;
	struct delete_job *d = q->job;
	catalog_backup_cb *done = q->base.is_adrift ? NULL : q->done;
	void *done_arg = q->arg;

	q->op = NULL;
	if (e == NULL) {
		q->job = NULL;
		memcpy(d->backup_id, r->id, sizeof(d->backup_id));
		job_enqueue(q->base.jobs, &d->base, r->job_id, &delete_ops);
	}
	request_free(q);
	if (done != NULL)
		done(done_arg, r, e);
}

static void request_cancel(struct jobs_op *op)
{
	struct delete_request *q = (struct delete_request *)(void *)op;

	if (!op_cast_off(op))
		request_free(q);
}

struct jobs_op *jobs_delete(struct jobs *j, const char *backup,
			    catalog_backup_cb *done, void *arg, struct err *e)
{
	struct delete_request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		goto nomem;
	q->base.cancel = request_cancel;
	q->base.jobs = j;
	q->done = done;
	q->arg = arg;
	q->job = calloc(1, sizeof(*q->job));
	if (q->job == NULL)
		goto nomem;
	q->op = catalog_backup_delete(j->config.catalog, backup, on_marked, q,
				      e);
	if (q->op != NULL)
		return &q->base;
nomem:
	if (q != NULL)
		request_free(q);
	(void)err_nomem(e, "a deletion");
	return NULL;
}
