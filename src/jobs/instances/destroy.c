/*
 * destroy.c - an instance that a provisioner made is to go: a job of kind
 * delete, which keeps the source. The provisioner first, the record last, so
 * that a cut leaves a record with which it can be asked for again; that
 * destroys what is destroyed already once more, which is nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/text.h"
#include "catalog/instances.h"
#include "jobs/instances.h"
#include "jobs/instances/provision.h"
#include "jobs/job_request.h"
#include "jobs/report.h"
#include "jobs/retry.h"

struct destroy_job {
	struct job base;
	struct job_record r;
	char name[NAME_BUF];
	struct provision provision;
	struct catalog_op *op;
	struct retry retry;
	struct err err;
};

static struct destroy_job *destroy_of(struct job *job)
{
	return (struct destroy_job *)(void *)job; /* base comes first */
}

static void tell_catalog(struct destroy_job *d);

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

static void on_recorded(void *arg, const struct err *e)
{
	struct destroy_job *d = arg;
	const struct job_subject what = {d->r.source_id, d->name};
	struct jobs *j = d->base.jobs;

	d->op = NULL;
	if (e != NULL && retry_later(&d->retry, j, e, on_retry, d))
		return;
	if (e != NULL)
		log_error("jobs",
			  "how the end of instance %s went is not "
			  "recorded: %s",
			  d->r.source_id, e->msg);
	else
		job_tell(&d->base, err_is(&d->err) ? "failed" : "completed",
			 &what, &d->err);
	jobs_sweep(j);
	job_over(&d->base);
}

static void tell_catalog(struct destroy_job *d)
{
	struct err e = {0};

	d->op = catalog_instance_destroyed(d->base.jobs->config.catalog, &d->r,
					   d->err.msg, on_recorded, d, &e);
	if (d->op == NULL)
		on_recorded(d, &e);
}

static void record(struct destroy_job *d)
{
	d->r.status = err_is(&d->err) ? JOB_FAILED : JOB_COMPLETED;
	if (err_is(&d->err)) {
		struct text words = {0};

		text_printf(&words,
			    "it was to be destroyed, and is not: %s; try "
			    "again with DELETE /v1/sources/%s?destroy=true",
			    d->err.msg, d->r.source_id);
		if (words.data != NULL)
			(void)snprintf(d->err.msg, sizeof(d->err.msg), "%s",
				       words.data);
		text_free(&words);
		d->r.error_json = error_json(&d->err);
	}
	job_log(&d->base, err_is(&d->err) ? LOG_WARN : LOG_INFO, "%s",
		err_is(&d->err) ? d->err.msg : "the instance is destroyed");
	tell_catalog(d);
}

static void on_destroyed(void *arg, json_t *reply, const struct err *e)
{
	struct destroy_job *d = arg;

	if (failure(e) != NULL)
		d->err = *e;
	else
		(void)provision_destroyed(d->provision.provider, reply,
					  &d->err);
	record(d);
}

static void on_source(void *arg, const struct source_record *s,
		      const struct err *e)
{
	struct destroy_job *d = arg;
	struct provision_ask ask = {
		.jobs = d->base.jobs,
		.job = &d->base,
		.operation = "destroy",
		.done = on_destroyed,
		.arg = d,
	};

	d->op = NULL;
	if (e != NULL) {
		d->err = *e;
		record(d);
		return;
	}
	(void)str_copy(d->name, sizeof(d->name), s->name);
	ask.provider = s->provisioned_by;
	ask.request = provision_id(s->id);
	if (!provision_start(&d->provision, &ask, &d->err))
		record(d);
}

static void destroy_start(struct job *job)
{
	struct destroy_job *d = destroy_of(job);

	job_log(job, LOG_INFO, "instance %s is to be destroyed",
		d->r.source_id);
	d->op = catalog_source_get(job->jobs->config.catalog, d->r.source_id,
				   false, on_source, d, &d->err);
	if (d->op == NULL)
		record(d);
}

static void destroy_progress(const struct job *job, struct job_progress *p)
{
	(void)job;
	(void)snprintf(p->phase, sizeof(p->phase), "destroy");
}

static void destroy_free(struct job *job)
{
	struct destroy_job *d = destroy_of(job);

	(void)provision_cancel(&d->provision);
	catalog_cancel(d->op);
	retry_fini(&d->retry);
	job_record_fini(&d->r);
	free(d);
}

static const struct job_ops destroy_ops = {
	.name = "delete",
	.turns = TURNS_LIGHT,
	.start = destroy_start,
	.cancel = NULL, /* half of an instance is of no use */
	.progress = destroy_progress,
	.destroy = destroy_free,
};

static void on_doomed(void *arg, const struct job_record *r,
		      const struct err *e)
{
	struct job_request *q = arg;

	if (e == NULL) {
		struct destroy_job *d = destroy_of(q->job);

		d->r = *r; /* a new job's record has no texts */
		(void)str_copy(d->base.source_id, ID_MAX, r->source_id);
		job_request_queue(q, r->id, &destroy_ops);
	}
	job_request_end_job(q, r, e);
}

static const struct job_request_kind destruction = {
	.what = "an end of an instance",
	.size = sizeof(struct job_request),
	.job_size = sizeof(struct destroy_job),
};

struct jobs_op *jobs_destroy(struct jobs *j, const char *source,
			     catalog_job_cb *done, void *arg, struct err *e)
{
	const union job_request_cb cb = {.job = done};
	struct job_request *q = job_request_new(&destruction, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_instance_doom(j->config.catalog, source, on_doomed, q,
				      e);
	return job_request_asked(q);
}
