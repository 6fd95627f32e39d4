/*
 * delete.c - jobs of kind delete: the catalog has marked the backup, so that
 * a deletion that is cut here is finished by the next sweep.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/job_request.h"
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
	.turns = TURNS_LIGHT,
	.start = delete_start,
	.cancel = NULL, /* what is marked goes, now or by a sweep */
	.progress = delete_progress,
	.destroy = delete_destroy,
};

static void on_marked(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct job_request *q = arg;

	if (e == NULL) {
		memcpy(delete_of(q->job)->backup_id, r->id, ID_MAX);
		job_request_queue(q, r->job_id, &delete_ops);
	}
	job_request_end_backup(q, r, e);
}

static const struct job_request_kind deletion = {
	.what = "a deletion",
	.size = sizeof(struct job_request),
	.job_size = sizeof(struct delete_job),
};

struct jobs_op *jobs_delete(struct jobs *j, const char *backup,
			    catalog_backup_cb *done, void *arg, struct err *e)
{
	const union job_request_cb cb = {.backup = done};
	struct job_request *q = job_request_new(&deletion, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_backup_delete(j->config.catalog, backup, on_marked, q,
				      e);
	return job_request_asked(q);
}
