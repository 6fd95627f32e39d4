/*
 * backup_request.c - somebody asks for a backup: look at the source (rule 2),
 * look whether its scope exists (rule 11), let the catalog decide (rules 3, 5,
 * 7), queue it.
 */
#include <stdlib.h>

#include "jobs/backup/backup_int.h"

struct backup_request {
	struct jobs_op base;
	struct backup_record r; /* as asked for */
	struct backup_job *job; /* to be, until it is accepted */
	struct opening opening;
	struct scope scope;
	struct source_look look;
	struct catalog_op *op;
	catalog_backup_cb *done;
	void *arg;
};

static void request_free(struct backup_request *q)
{
	source_look_fini(&q->look);
	catalog_cancel(q->op);
	opening_fini(&q->opening);
	scope_fini(&q->scope);
	backup_record_fini(&q->r);
	op_fini(&q->base);
	free(q->job);
	free(q);
}

/* e is copied: it may live in what is freed here. */
static void request_end(struct backup_request *q, const struct backup_record *r,
			const struct err *e)
{
	catalog_backup_cb *done = q->base.is_adrift ? NULL : q->done;
	struct err copy = {0};
	void *arg = q->arg;

	if (failure(e) != NULL)
		copy = *e;
	request_free(q);
	if (done != NULL)
		done(arg, r, failure(&copy));
}

static void on_begun(void *arg, const struct backup_record *r,
		     const struct err *e)
{
	struct backup_request *q = arg;
	struct backup_job *b = q->job;

	q->op = NULL;
	if (e == NULL) {
		q->job = NULL;
		backup_job_fill(b, r);
		job_enqueue(q->base.jobs, &b->base, r->job_id,
			    backup_job_ops());
	}
	request_end(q, r, e);
}

static void decide(struct backup_request *q)
{
	struct err e = {0};

	q->op = catalog_backup_begin(q->base.jobs->config.catalog, &q->r,
				     on_begun, q, &e);
	if (q->op == NULL)
		request_end(q, NULL, &e);
}

static void on_looked(void *arg, const struct err *e)
{
	struct backup_request *q = arg;
	struct err mine = {0};

	if (e == NULL) {
		decide(q);
		return;
	}
	if (!q->look.has_answered) {
		(void)err_set(&mine, ERR_CONFLICT, "source_unavailable",
			      "source \"%s\" cannot be backed up now: %s",
			      q->opening.source.name, e->msg);
		e = &mine;
	}
	request_end(q, NULL, e);
}

static void on_opened(void *arg, const struct err *e)
{
	struct backup_request *q = arg;
	struct err mine = {0};

	if (e != NULL)
		request_end(q, NULL, e);
	else if (!source_look_start(&q->look, &q->opening, &q->scope, on_looked,
				    q, &mine))
		request_end(q, NULL, &mine);
}

static void request_cancel(struct jobs_op *op)
{
	struct backup_request *q = (struct backup_request *)(void *)op;

	if (q->op == NULL || !op_cast_off(op))
		request_free(q);
}

struct jobs_op *jobs_backup(struct jobs *j, const struct backup_record *r,
			    catalog_backup_cb *done, void *arg, struct err *e)
{
	const struct opening_want want = {.pool = r->pool_id,
					  .source = r->source_id};
	struct backup_request *q = calloc(1, sizeof(*q));

	if (q == NULL) {
		(void)err_nomem(e, "a request for a backup");
		return NULL;
	}
	q->base.cancel = request_cancel;
	q->base.jobs = j;
	q->done = done;
	q->arg = arg;
	q->job = backup_job_new();
	if (q->job == NULL || !backup_record_copy(&q->r, r)) {
		request_free(q);
		(void)err_nomem(e, "a request for a backup");
		return NULL;
	}
	if (!scope_parse(&q->scope, r->scope_json, e) ||
	    !opening_start(&q->opening, j, &want, on_opened, q, e)) {
		request_free(q);
		return NULL;
	}
	return &q->base;
}
