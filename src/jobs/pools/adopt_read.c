/*
 * adopt_read.c - reads the manifests of a pool, some at once, and whose each
 * is; the catalog is told of one after the other.
 */
#include <string.h>

#include "catalog/adopted.h"
#include "jobs/pools/adopt_int.h"

static struct catalog *catalog_of(const struct adopt_job *a)
{
	return a->base.jobs->config.catalog;
}

static void reader_drop(struct adopt_reader *r)
{
	exchange_cancel(r->exchange);
	catalog_cancel(r->op);
	manifest_fini(&r->m);
	r->exchange = NULL;
	r->op = NULL;
	r->at = NULL;
}

static void reader_end(struct adopt_reader *r)
{
	struct adopt_job *a = r->job;

	reader_drop(r);
	a->nreading--;
	a->done++;
	adopt_read(a);
}

/* What is wrong with one backup does not end the job, what is wrong with the
 * store or the catalog does. One whose manifest went meanwhile is none. */
static void reader_fail(struct adopt_reader *r, const struct err *e)
{
	struct adopt_job *a = r->job;

	if (strcmp(e->api, "damaged_backup") != 0) {
		adopt_finish(a, e);
		return;
	}
	if (e->code != ERR_NOT_FOUND) {
		a->damaged++;
		job_log(&a->base, LOG_WARN, "%s is not adopted: %s",
			r->at->backup_id, e->msg);
	}
	reader_end(r);
}

static void on_adopted(void *arg, const struct backup_record *rec,
		       const struct err *e)
{
	struct adopt_reader *r = arg;

	(void)rec;
	r->op = NULL;
	if (e != NULL) {
		reader_fail(r, e);
		return;
	}
	r->job->adopted++;
	reader_end(r);
}

static void tell_backup(struct adopt_reader *r, const char *server_id)
{
	struct adopt_job *a = r->job;
	struct backup_record rec = {0};
	struct err e = {0};

	if (adopt_fill(&rec, &r->m, &a->opening.pool, server_id, &e))
		r->op = catalog_backup_adopt(catalog_of(a), &rec, on_adopted, r,
					     &e);
	backup_record_fini(&rec);
	if (r->op == NULL)
		reader_fail(r, &e);
}

/* Without an owner.json that can be read it belongs to whom the manifest says
 * that made it. */
static void on_owner(void *arg, const struct err *e)
{
	struct adopt_reader *r = arg;

	r->exchange = NULL;
	if (e == NULL)
		tell_backup(r, r->owner.server_id);
	else if (e->code == ERR_NOT_FOUND || e->code == ERR_DAMAGED)
		tell_backup(r, r->m.server_id);
	else
		reader_fail(r, e);
}

static void on_manifest(void *arg, const struct err *e)
{
	struct adopt_reader *r = arg;
	struct exchange_env env;
	struct err mine = {0};

	r->exchange = NULL;
	if (e != NULL) {
		reader_fail(r, e);
		return;
	}
	opening_exchange_env(&r->job->opening, &env);
	r->exchange = exchange_own(
		&env,
		&(struct owner_change){r->at->source_id, r->at->backup_id, ""},
		&r->owner, on_owner, r, &mine);
	if (r->exchange == NULL)
		reader_fail(r, &mine);
}

/* False: the job is ending. */
static bool reader_begin(struct adopt_job *a, struct adopt_reader *r)
{
	struct exchange_wanted wanted = {0};
	struct exchange_env env;
	struct err e = {0};

	r->job = a;
	r->at = &a->list.entries[a->next++];
	a->nreading++;
	wanted.source_id = r->at->source_id;
	wanted.backup_id = r->at->backup_id;
	opening_exchange_env(&a->opening, &env);
	r->exchange = exchange_fetch(&env, &wanted, &r->m, on_manifest, r, &e);
	if (r->exchange == NULL)
		adopt_finish(a, &e);
	return r->exchange != NULL;
}

void adopt_read(struct adopt_job *a)
{
	for (unsigned i = 0; i < ADOPT_READERS && a->next < a->list.n; i++) {
		struct adopt_reader *r = &a->readers[i];

		if (r->at == NULL && !reader_begin(a, r))
			return;
	}
	if (a->nreading == 0)
		adopt_forget(a);
}

void adopt_read_drop(struct adopt_job *a)
{
	for (unsigned i = 0; i < ADOPT_READERS; i++)
		reader_drop(&a->readers[i]);
	a->nreading = 0;
}
