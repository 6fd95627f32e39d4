/*
 * backup_request.c - somebody asks for a backup: ask the catalog whether the
 * source is busy, so that nobody has to wait for a server to hear that; look at
 * the source (rule 2), look whether its scope exists (rule 11), and whether
 * there are the programs that the method needs, let the catalog decide (rules
 * 3, 5, 7), queue it.
 */
#include "jobs/backup/backup_int.h"
#include "jobs/backup/backup_programs.h"
#include "jobs/job_request.h"
#include "jobs/source_scope.h"

struct backup_request {
	struct job_request base; /* first */
	struct backup_record r;	 /* as asked for */
	struct catalog_op *check;
	struct opening opening;
	struct scope scope;
	struct source_look look;
	struct backup_programs programs;
};

static void request_fini(struct job_request *base)
{
	struct backup_request *q = (struct backup_request *)(void *)base;

	catalog_cancel(q->check);
	backup_programs_fini(&q->programs);
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

static void on_programs(void *arg, const struct err *e)
{
	struct backup_request *q = arg;

	if (e == NULL)
		decide(q);
	else
		job_request_end_backup(&q->base, NULL, e);
}

static void look_at_programs(struct backup_request *q)
{
	struct err e = {0};

	if (!backup_programs_are_needed(&q->programs, &q->r,
					&q->opening.source))
		decide(q);
	else if (!backup_programs_ask(&q->programs, q->base.base.jobs,
				      on_programs, q, &e))
		job_request_end_backup(&q->base, NULL, &e);
}

static void on_looked(void *arg, const struct err *e)
{
	struct backup_request *q = arg;
	struct err mine = {0};

	if (e == NULL) {
		look_at_programs(q);
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

static bool read_scope(struct backup_request *q, struct err *e)
{
	const struct source_kind *kind =
		source_kind_find(q->opening.source.engine);

	return scope_parse(
		&q->scope, q->r.scope_json,
		kind != NULL ? source_scope_form(kind) : SCOPE_OF_ANY, e);
}

static void on_opened(void *arg, const struct err *e)
{
	struct backup_request *q = arg;
	struct err mine = {0};

	if (e != NULL)
		job_request_end_backup(&q->base, NULL, e);
	else if (!read_scope(q, &mine) ||
		 !source_look_start(&q->look, &q->opening, &q->scope, on_looked,
				    q, &mine))
		job_request_end_backup(&q->base, NULL, &mine);
}

static void on_checked(void *arg, const struct err *e)
{
	struct backup_request *q = arg;
	const struct opening_want want = {.pool = q->r.pool_id,
					  .source = q->r.source_id};
	struct err mine = {0};

	q->check = NULL;
	if (e != NULL)
		job_request_end_backup(&q->base, NULL, e);
	else if (!opening_start(&q->opening, q->base.base.jobs, &want,
				on_opened, q, &mine))
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
	struct catalog *catalog = q->base.base.jobs->config.catalog;

	if (!backup_record_copy(&q->r, r))
		return err_nomem(e, "a request for a backup");
	q->check = catalog_backup_check(catalog, &q->r, on_checked, q, e);
	return q->check != NULL;
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
