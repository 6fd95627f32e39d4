/*
 * backup_request.c - somebody asks for a backup: look at the source (rule 2),
 * look whether its scope exists (rule 11), let the catalog decide (rules 3, 5,
 * 7), queue it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobs/backup_int.h"
#include "jobs/scope_check.h"

struct backup_request {
	struct jobs_op base;
	struct backup_record r; /* as asked for */
	struct backup_job *job; /* to be, until it is accepted */
	struct opening opening;
	struct opened_address address;
	struct scope scope;
	size_t next_database; /* of the scope, whose tables to look at */
	bool is_databases_seen;
	struct source_op *look;
	struct catalog_op *op;
	catalog_backup_cb *done;
	void *arg;
};

static void look_at_scope(struct backup_request *q);

static void request_free(struct backup_request *q)
{
	source_op_cancel(q->look);
	catalog_cancel(q->op);
	opened_address_fini(&q->address);
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

static void on_names(void *arg, const struct source_name *names, size_t n,
		     const struct err *e)
{
	struct backup_request *q = arg;
	const char *source = q->opening.source.name;
	struct err mine = {0};
	bool ok;

	q->look = NULL;
	if (failure(e) != NULL) {
		request_end(q, NULL, e);
		return;
	}
	if (!q->is_databases_seen) {
		q->is_databases_seen = true;
		ok = scope_has_databases(&q->scope, names, n, source, &mine);
	} else {
		ok = scope_has_tables(&q->scope.databases[q->next_database++],
				      names, n, source, &mine);
	}
	if (ok)
		look_at_scope(q);
	else
		request_end(q, NULL, &mine);
}

/* First the databases, then the tables of each that names some. */
static void look_at_scope(struct backup_request *q)
{
	const struct source_kind *kind =
		source_kind_find(q->opening.source.engine);
	struct source_names_query query = {0};
	struct err e = {0};

	while (q->is_databases_seen && q->next_database < q->scope.ndatabases &&
	       q->scope.databases[q->next_database].tables == NULL)
		q->next_database++;
	if (q->scope.ndatabases == 0 ||
	    q->next_database == q->scope.ndatabases) {
		decide(q);
		return;
	}
	if (q->is_databases_seen)
		query.database = q->scope.databases[q->next_database].name;
	q->look = kind->names(&q->base.jobs->source_env, &q->address.a, &query,
			      on_names, q, &e);
	if (q->look == NULL)
		request_end(q, NULL, &e);
}

static void ignore(void *arg, const struct err *e)
{
	(void)arg;
	if (e != NULL)
		log_warn("jobs", "cannot keep what a probe found: %s", e->msg);
}

/* The catalog remembers what was found, for the source's status (rule 1). */
static void remember(struct backup_request *q, const struct source_info *info,
		     const struct err *e)
{
	struct source_record *s = &q->opening.source;
	struct err ignored = {0};

	s->probed_at = clock_now_ms();
	s->is_reachable = e == NULL;
	free(s->reason);
	s->reason = e != NULL ? strdup(e->msg) : NULL;
	if (info != NULL) {
		(void)str_copy(s->version, sizeof(s->version), info->version);
		(void)str_copy(s->role, sizeof(s->role), info->role);
	}
	if (catalog_source_probed(q->base.jobs->config.catalog, s, ignore, NULL,
				  &ignored) == NULL)
		ignore(NULL, &ignored);
}

static void on_probed(void *arg, const struct source_info *info,
		      const struct err *e)
{
	struct backup_request *q = arg;
	const char *name = q->opening.source.name;
	struct err mine = {0};

	q->look = NULL;
	e = failure(e);
	remember(q, info, e);
	if (e != NULL)
		(void)err_set(&mine, ERR_CONFLICT, "source_unavailable",
			      "source \"%s\" cannot be backed up now: %s", name,
			      e->msg);
	else if (info != NULL && strcmp(info->role, "replica") == 0)
		(void)err_set(&mine, ERR_CONFLICT, "source_is_replica",
			      "source \"%s\" is a replica; back up its "
			      "primary instead",
			      name);
	if (err_is(&mine))
		request_end(q, NULL, &mine);
	else
		look_at_scope(q);
}

static void on_opened(void *arg, const struct err *e)
{
	struct backup_request *q = arg;
	const struct source_kind *kind;
	struct err mine = {0};

	if (e != NULL) {
		request_end(q, NULL, e);
		return;
	}
	kind = source_kind_find(q->opening.source.engine);
	if (kind == NULL)
		(void)err_bug(&mine, "no %s sources in this build",
			      q->opening.source.engine);
	else if (opened_address_read(&q->address, &q->opening.source, &mine))
		q->look = kind->probe(&q->base.jobs->source_env, &q->address.a,
				      on_probed, q, &mine);
	if (q->look == NULL)
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
