/*
 * backup_request.c - somebody asks for a backup: look at the source (rule 2),
 * look whether its scope exists (rule 11), let the catalog decide (rules 3, 5,
 * 7), queue it.
 */
#include "jobs/backup/backup_int.h"
#include "jobs/job_request.h"

struct backup_request {
	struct job_request base; /* first */
	struct backup_record r;	 /* as asked for */
	struct opening opening;
	struct scope scope;
	struct source_look look;
};

static void request_fini(struct job_request *base)
{
	struct backup_request *q = (struct backup_request *)(void *)base;

	source_look_fini(&q->look);
	opening_fini(&q->opening);
	scope_fini(&q->scope);
	backup_record_fini(&q->r);
}

static void on_begun(void *arg, const struct backup_record *r,
		     const struct err *e)
{
	struct backup_request *q = arg;

	if (e == NULL) {
		backup_job_fill((struct backup_job *)(void *)q->base.job, r);
		job_request_queue(&q->base, r->job_id, backup_job_ops());
	}
	job_request_end_backup(&q->base, r, e);
}

static void decide(struct backup_request *q)
{
	struct catalog *catalog = q->base.base.jobs->config.catalog;
	struct err e = {0};

	q->base.op = catalog_backup_begin(catalog, &q->r, on_begun, q, &e);
	if (q->base.op == NULL)
		job_request_end_backup(&q->base, NULL, &e);
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
	job_request_end_backup(&q->base, NULL, e);
}

static bool suits_source(const struct backup_request *q, struct err *e)
{
	const struct source_kind *kind =
		source_kind_find(q->opening.source.engine);

	return kind == NULL || scope_suits(&q->scope, kind->is_by_key, e);
}

static void on_opened(void *arg, const struct err *e)
{
	struct backup_request *q = arg;
	struct err mine = {0};

	if (e != NULL)
		job_request_end_backup(&q->base, NULL, e);
	else if (!suits_source(q, &mine) ||
		 !source_look_start(&q->look, &q->opening, &q->scope, on_looked,
				    q, &mine))
		job_request_end_backup(&q->base, NULL, &mine);
}

static const struct job_request_kind backup_request = {
	.what = "a request for a backup",
	.size = sizeof(struct backup_request),
	.job_size = sizeof(struct backup_job),
	.fini = request_fini,
};

static bool request_start(struct backup_request *q,
			  const struct backup_record *r, struct err *e)
{
	const struct opening_want want = {.pool = r->pool_id,
					  .source = r->source_id};

	if (!backup_record_copy(&q->r, r))
		return err_nomem(e, "a request for a backup");
	return scope_parse(&q->scope, r->scope_json, e) &&
	       opening_start(&q->opening, q->base.base.jobs, &want, on_opened,
			     q, e);
}

struct jobs_op *jobs_backup(struct jobs *j, const struct backup_record *r,
			    catalog_backup_cb *done, void *arg, struct err *e)
{
	const union job_request_cb cb = {.backup = done};
	struct job_request *q = job_request_new(&backup_request, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	if (request_start((struct backup_request *)(void *)q, r, e))
		return &q->base;
	job_request_free(q);
	return NULL;
}
