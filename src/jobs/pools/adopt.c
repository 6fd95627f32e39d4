/*
 * adopt.c - jobs of kind adopt (rule 17): list the pool, read each manifest
 * and whose it is, tell the catalog; what is listed there no more leaves the
 * catalog.
 *
 *   open -> list -> read (some at once) -> forget -> record;
 *   any failure of the store goes to record.
 *
 * A backup that is damaged is counted and logged, and never adopted. A
 * manifest is taken whoever signed it: its signature says that it is as its
 * server wrote it, and from here on the catalog knows its digest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/adopted.h"
#include "jobs/pools/adopt_int.h"
#include "jobs/job_request.h"
#include "jobs/meter.h"
#include "jobs/pools.h"
#include "jobs/retry.h"

enum { READERS = 4 };

enum adopt_state {
	ADOPT_OPEN,   /* the pool's record and store */
	ADOPT_LIST,   /* what lies there */
	ADOPT_READ,   /* the manifests */
	ADOPT_FORGET, /* what does not lie there any more */
	ADOPT_RECORD, /* the catalog is told the end */
};

static const char *const state_names[] = {
	[ADOPT_OPEN] = "connect",  [ADOPT_LIST] = "list",
	[ADOPT_READ] = "read",	   [ADOPT_FORGET] = "read",
	[ADOPT_RECORD] = "record",
};

/* The ids of a backup; backup_id comes first, so that arrays can be sorted. */
struct place {
	char backup_id[ID_MAX];
	char source_id[ID_MAX];
};

struct adopt_job;

/* Reads one manifest after the other. */
struct reader {
	struct adopt_job *job;
	const struct place *at; /* NULL: idle */
	struct exchange *exchange;
	struct catalog_op *op;
	struct manifest m;
	struct owner_found owner;
};

struct adopt_job {
	struct job base; /* first */
	enum adopt_state state;
	char pool_id[ID_MAX];
	int64_t fence;
	struct opening opening;
	struct exchange *exchange; /* the listing */
	struct catalog_op *op;
	struct retry retry;
	struct place *places;
	size_t n, cap, next;
	bool is_out_of_memory;
	struct reader readers[READERS];
	unsigned nreading;
	size_t done, adopted, damaged;
	struct err err;
};

static struct adopt_job *adopt_of(struct job *job)
{
	return (struct adopt_job *)(void *)job; /* base comes first */
}

static struct catalog *catalog_of(const struct adopt_job *a)
{
	return a->base.jobs->config.catalog;
}

static void set_state(struct adopt_job *a, enum adopt_state next)
{
	log_debug("jobs", "adopt %s: %s -> %s", a->base.id,
		  state_names[a->state], state_names[next]);
	a->state = next;
}

/* --- the end */

static void adopt_progress(const struct job *job, struct job_progress *p)
{
	const struct adopt_job *a = (const struct adopt_job *)(const void *)job;

	(void)snprintf(p->phase, sizeof(p->phase), "%s", state_names[a->state]);
	p->items_done = a->done;
	p->items_total = a->n;
	p->percent = -1;
	p->eta_seconds = -1;
	if (a->state >= ADOPT_READ && a->n > 0)
		p->percent = (int)(a->done * 100 / a->n);
}

static void tell_catalog(struct adopt_job *a);

static void tell_events(const struct adopt_job *a, const char *verb)
{
	const struct job_subject what = {a->pool_id, ""};

	job_tell(&a->base, verb, &what, &a->err);
}

/* The word for how it has ended. */
static const char *verb_of(const struct err *why)
{
	if (failure(why) == NULL)
		return "completed";
	return strcmp(why->api, "canceled") == 0 ? "canceled" : "failed";
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_catalog(arg);
}

static void on_recorded(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;

	a->op = NULL;
	if (e != NULL && retry_later(&a->retry, a->base.jobs, e, on_retry, a))
		return;
	if (e != NULL)
		log_error("jobs", "adopt %s: how it ended is not recorded: %s",
			  a->base.id, e->msg);
	else
		tell_events(a, verb_of(&a->err));
	job_over(&a->base);
}

static void tell_catalog(struct adopt_job *a)
{
	struct adopt_end end = {.job_id = a->base.id,
				.fence = a->fence,
				.why = failure(&a->err)};
	struct job_progress p = {0};
	struct err e = {0};
	char *progress;

	adopt_progress(&a->base, &p);
	progress = progress_json(&p);
	end.progress_json = progress;
	a->op = catalog_adopt_finish(catalog_of(a), &end, on_recorded, a, &e);
	free(progress);
	if (a->op == NULL)
		on_recorded(a, &e);
}

static void reader_drop(struct reader *r)
{
	exchange_cancel(r->exchange);
	catalog_cancel(r->op);
	manifest_fini(&r->m);
	r->exchange = NULL;
	r->op = NULL;
	r->at = NULL;
}

static void drop_all(struct adopt_job *a)
{
	for (unsigned i = 0; i < READERS; i++)
		reader_drop(&a->readers[i]);
	a->nreading = 0;
	exchange_cancel(a->exchange);
	catalog_cancel(a->op);
	opening_cancel(&a->opening);
	a->exchange = NULL;
	a->op = NULL;
}

/* why may live in what is dropped here. */
static void record(struct adopt_job *a, const struct err *why)
{
	struct err copy = {0};

	if (why != NULL)
		copy = *why;
	drop_all(a);
	a->err = copy;
	a->base.is_cancelable = false;
	set_state(a, ADOPT_RECORD);
	if (why != NULL)
		job_log(&a->base, LOG_WARN, "%s", a->err.msg);
	else
		job_log(&a->base, a->damaged > 0 ? LOG_WARN : LOG_INFO,
			"%zu backups in the pool are known now, %zu are "
			"damaged and are not",
			a->adopted, a->damaged);
	tell_catalog(a);
}

/* --- what is gone */

static void on_forgotten(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;

	a->op = NULL;
	record(a, e);
}

static void forget(struct adopt_job *a)
{
	char(*ids)[ID_MAX] = calloc(a->n + 1, sizeof(*ids));
	struct err e = {0};

	set_state(a, ADOPT_FORGET);
	for (size_t i = 0; ids != NULL && i < a->n; i++)
		memcpy(ids[i], a->places[i].backup_id, ID_MAX);
	if (ids != NULL)
		a->op = catalog_adopt_forget(
			catalog_of(a),
			&(struct pool_listing){
				a->pool_id, (const char(*)[ID_MAX])ids, a->n},
			on_forgotten, a, &e);
	else
		(void)err_nomem(&e, "a list of backups");
	free(ids);
	if (a->op == NULL)
		record(a, &e);
}

/* --- reading */

static void read_on(struct adopt_job *a);

static void reader_end(struct reader *r)
{
	struct adopt_job *a = r->job;

	reader_drop(r);
	a->nreading--;
	a->done++;
	read_on(a);
}

/* What is wrong with one backup does not end the job, what is wrong with the
 * store or the catalog does. One whose manifest went meanwhile is none. */
static void reader_fail(struct reader *r, const struct err *e)
{
	struct adopt_job *a = r->job;

	if (strcmp(e->api, "damaged_backup") != 0) {
		record(a, e);
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
	struct reader *r = arg;

	(void)rec;
	r->op = NULL;
	if (e != NULL) {
		reader_fail(r, e);
		return;
	}
	r->job->adopted++;
	reader_end(r);
}

static void tell_backup(struct reader *r, const char *server_id)
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
	struct reader *r = arg;

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
	struct reader *r = arg;
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

/* False: the job is being recorded. */
static bool reader_begin(struct adopt_job *a, struct reader *r)
{
	struct exchange_wanted wanted = {0};
	struct exchange_env env;
	struct err e = {0};

	r->job = a;
	r->at = &a->places[a->next++];
	a->nreading++;
	wanted.source_id = r->at->source_id;
	wanted.backup_id = r->at->backup_id;
	opening_exchange_env(&a->opening, &env);
	r->exchange = exchange_fetch(&env, &wanted, &r->m, on_manifest, r, &e);
	if (r->exchange == NULL)
		record(a, &e);
	return r->exchange != NULL;
}

static void read_on(struct adopt_job *a)
{
	for (unsigned i = 0; i < READERS && a->next < a->n; i++) {
		struct reader *r = &a->readers[i];

		if (r->at == NULL && !reader_begin(a, r))
			return;
	}
	if (a->nreading == 0)
		forget(a);
}

/* --- listing */

static void on_entry(void *arg, const struct listing_entry *entry)
{
	struct adopt_job *a = arg;
	size_t more = a->cap > 0 ? 2 * a->cap : 64;
	struct place *p;

	if (!entry->has_manifest || a->is_out_of_memory)
		return;
	if (a->n == a->cap) {
		p = realloc(a->places, more * sizeof(*p));
		if (p == NULL) {
			a->is_out_of_memory = true;
			return;
		}
		a->places = p;
		a->cap = more;
	}
	p = &a->places[a->n++];
	memcpy(p->backup_id, entry->backup_id, ID_MAX);
	memcpy(p->source_id, entry->source_id, ID_MAX);
}

static int compare_places(const void *x, const void *y)
{
	return strcmp(x, y); /* backup_id comes first */
}

static void on_listed(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;
	struct err mine = {0};

	a->exchange = NULL;
	if (e == NULL && a->is_out_of_memory) {
		(void)err_nomem(&mine, "a list of backups");
		e = &mine;
	}
	if (e != NULL) {
		record(a, e);
		return;
	}
	if (a->n > 0)
		qsort(a->places, a->n, sizeof(*a->places), compare_places);
	set_state(a, ADOPT_READ);
	read_on(a);
}

static void on_opened(void *arg, const struct err *e)
{
	struct adopt_job *a = arg;
	struct exchange_env env;
	struct err mine = {0};

	if (e != NULL) {
		record(a, e);
		return;
	}
	set_state(a, ADOPT_LIST);
	opening_exchange_env(&a->opening, &env);
	a->exchange = exchange_list(&env, on_entry, on_listed, a, &mine);
	if (a->exchange == NULL)
		record(a, &mine);
}

/* --- the job */

static void adopt_start(struct job *job)
{
	struct adopt_job *a = adopt_of(job);
	const struct opening_want want = {.pool = a->pool_id};
	struct err e = {0};

	job_log(job, LOG_INFO, "reading the manifests of the pool");
	tell_events(a, "started");
	if (!opening_start(&a->opening, job->jobs, &want, on_opened, a, &e))
		record(a, &e);
}

static void adopt_cancel(struct job *job, const struct err *why)
{
	struct adopt_job *a = adopt_of(job);

	if (a->state != ADOPT_RECORD)
		record(a, why);
}

static void adopt_destroy(struct job *job)
{
	struct adopt_job *a = adopt_of(job);

	drop_all(a);
	retry_fini(&a->retry);
	opening_fini(&a->opening);
	free(a->places);
	free(a);
}

static const struct job_ops adopt_ops = {
	.name = "adopt",
	.is_light = true,
	.start = adopt_start,
	.cancel = adopt_cancel,
	.progress = adopt_progress,
	.destroy = adopt_destroy,
};

/* --- the request */

static void on_begun(void *arg, const struct job_record *rec,
		     const struct err *e)
{
	struct job_request *q = arg;
	struct adopt_job *a = adopt_of(q->job);

	if (e == NULL) {
		(void)str_copy(a->pool_id, ID_MAX, rec->pool_id);
		a->fence = rec->fence;
		job_request_queue(q, rec->id, &adopt_ops);
	}
	job_request_end_job(q, rec, e);
}

static const struct job_request_kind adoption = {
	.what = "the reading of a pool",
	.size = sizeof(struct job_request),
	.job_size = sizeof(struct adopt_job),
};

struct jobs_op *jobs_adopt(struct jobs *j, const char *pool,
			   catalog_job_cb *done, void *arg, struct err *e)
{
	const union job_request_cb cb = {.job = done};
	struct job_request *q = job_request_new(&adoption, j, cb, arg, e);

	if (q == NULL)
		return NULL;
	q->op = catalog_adopt_begin(j->config.catalog, pool, on_begun, q, e);
	return job_request_asked(q);
}
