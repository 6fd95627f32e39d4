/*
 * pools_write.c - binding, changing and testing pools.
 *
 * Binding:  read -> prove the store (rule 15) -> create.
 * Changing: get -> merge and read -> prove it, if it is reached in another
 *           way -> update -> keep what the probe found.
 * Testing:  get -> prove it -> keep what was found, also that it failed.
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/pools.h"
#include "http/list_int.h"
#include "http/merge.h"
#include "http/pool_form.h"
#include "http/server_int.h"
#include "jobs/checks.h"

enum { UPDATE_TRIES = 5 };

struct bind_state {
	struct pool_record pool; /* what is to be */
	struct err failure;	 /* why the probe failed */
	int64_t based_on;	 /* the revision that was read */
	unsigned tries;
	bool is_dry_run;
};

static void bind_fini(void *state)
{
	struct bind_state *b = state;

	pool_record_fini(&b->pool);
}

static struct catalog *catalog_of(const struct request *r)
{
	return r->server->config.catalog;
}

static struct bind_state *bind_new(struct request *r)
{
	return request_state(r, sizeof(struct bind_state), bind_fini);
}

static void fail_nomem(struct request *r)
{
	struct err e = {0};

	(void)err_nomem(&e, "a pool");
	request_fail(r, &e);
}

static bool keep_capabilities(struct pool_record *p,
			      const struct store_capabilities *caps)
{
	json_t *json = show_capabilities(caps);

	free(p->capabilities_json);
	p->capabilities_json = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return p->capabilities_json != NULL;
}

/* Writes the verdict of a probe into the record. */
static bool take_verdict(struct bind_state *b,
			 const struct store_capabilities *caps,
			 const struct err *e)
{
	struct pool_record *p = &b->pool;

	p->probed_at = clock_now_ms();
	p->is_reachable = e == NULL;
	free(p->reason);
	p->reason = NULL;
	if (e == NULL)
		return keep_capabilities(p, caps);
	b->failure = *e;
	p->reason = strdup(e->msg);
	return p->reason != NULL;
}

static void prove(struct request *r, probe_done_cb *done)
{
	struct bind_state *b = r->state;
	struct err e = {0};

	request_await_jobs(
		r,
		jobs_check_pool(r->server->config.jobs, &b->pool, done, r, &e),
		&e);
}

/* --- binding */

static void on_bound(void *arg, const struct pool_record *rec,
		     const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_created(r, show_pool(rec), rec->id,
				      rec->revision);
}

static void on_proved_new(void *arg, const struct store_capabilities *caps,
			  const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (!take_verdict(b, caps, NULL)) {
		fail_nomem(r);
		return;
	}
	request_keep(r);
	request_await_catalog(r,
			      catalog_pool_create(catalog_of(r), &b->pool,
						  on_bound, r, &mine),
			      &mine);
}

void pools_create(struct request *r)
{
	struct bind_state *b = bind_new(r);
	struct form f;

	if (b == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	pool_form_read(&f, NULL, &b->pool);
	if (request_is_sound(r))
		prove(r, on_proved_new);
}

/* --- testing */

static void on_kept(void *arg, const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;

	if (!request_resume(r, e))
		return;
	if (err_is(&b->failure))
		request_fail(r, &b->failure);
	else
		request_reply(r, 200,
			      json_pack("{s:b, s:o}", "ok", 1, "capabilities",
					show_json(b->pool.capabilities_json)));
}

static void on_proved_old(void *arg, const struct store_capabilities *caps,
			  const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;
	struct err mine = {0};

	request_forget(r);
	if (!take_verdict(b, caps, e)) {
		fail_nomem(r);
		return;
	}
	request_await_catalog(
		r,
		catalog_pool_probed(catalog_of(r), &b->pool, on_kept, r, &mine),
		&mine);
}

static void on_got_test(void *arg, const struct pool_record *rec,
			const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;

	if (!request_resume(r, e))
		return;
	if (pool_record_copy(&b->pool, rec))
		prove(r, on_proved_old);
	else
		fail_nomem(r);
}

static void get_with_secret(struct request *r, catalog_pool_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_pool_get(catalog_of(r), r->params[0],
					       true, done, r, &e),
			      &e);
}

void pools_test(struct request *r)
{
	if (bind_new(r) != NULL)
		get_with_secret(r, on_got_test);
}

/* --- changing */

static void on_got_update(void *arg, const struct pool_record *rec,
			  const struct err *e);

static void on_shown(void *arg, const struct pool_record *rec,
		     const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_revision(r, 200, show_pool(rec), rec->revision);
}

static void on_verdict_kept(void *arg, const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;
	struct err mine = {0};

	if (request_resume(r, e))
		request_await_catalog(r,
				      catalog_pool_get(catalog_of(r),
						       b->pool.id, false,
						       on_shown, r, &mine),
				      &mine);
}

static void on_updated(void *arg, const struct pool_record *rec,
		       const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;
	struct err mine = {0};

	/* As for sources: merge again with what somebody else has written. */
	if (e != NULL && strcmp(e->api, "revision_changed") == 0 &&
	    r->if_revision == 0 && b->tries < UPDATE_TRIES) {
		request_forget(r);
		get_with_secret(r, on_got_update);
		return;
	}
	if (!request_resume(r, e))
		return;
	if (b->pool.probed_at == 0) {
		request_reply_revision(r, 200, show_pool(rec), rec->revision);
		return;
	}
	request_await_catalog(r,
			      catalog_pool_probed(catalog_of(r), &b->pool,
						  on_verdict_kept, r, &mine),
			      &mine);
}

static void update(struct request *r)
{
	struct bind_state *b = r->state;
	struct err e = {0};

	if (b->is_dry_run) {
		request_reply(r, 200, show_pool(&b->pool));
		return;
	}
	request_keep(r);
	request_await_catalog(r,
			      catalog_pool_update(catalog_of(r), &b->pool,
						  r->if_revision
							  ? r->if_revision
							  : b->based_on,
						  on_updated, r, &e),
			      &e);
}

static void on_proved_update(void *arg, const struct store_capabilities *caps,
			     const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	if (take_verdict(r->state, caps, NULL))
		update(r);
	else
		fail_nomem(r);
}

/* What a pool would be after the patch, as a document to read. */
static json_t *merged(struct request *r, const struct pool_record *rec)
{
	json_t *shown = show_pool(rec);
	const char *const writable[] = {"name",		"remarks",
					"storage_type", "part_bytes",
					"encryption",	rec->storage_type};
	json_t *base = json_object();
	bool ok = shown != NULL && base != NULL;

	for (size_t i = 0; ok && i < sizeof(writable) / sizeof(writable[0]);
	     i++)
		ok = json_object_set(base, writable[i],
				     json_object_get(shown, writable[i])) == 0;
	if (ok) {
		merge_drop_echoes(r->body, shown);
		ok = merge_apply(base, r->body);
	}
	json_decref(shown);
	if (ok)
		return base;
	json_decref(base);
	return NULL;
}

/* What the form does not say: identity, and what the last probe found. */
static bool take_over(struct pool_record *to, const struct pool_record *rec)
{
	(void)str_copy(to->id, sizeof(to->id), rec->id);
	to->is_reachable = rec->is_reachable;
	to->backup_count = rec->backup_count;
	to->stored_bytes = rec->stored_bytes;
	to->revision = rec->revision;
	to->created_at = rec->created_at;
	to->updated_at = rec->updated_at;
	if (rec->capabilities_json == NULL)
		return true;
	to->capabilities_json = strdup(rec->capabilities_json);
	return to->capabilities_json != NULL;
}

static bool read_update(struct request *r, const struct pool_record *rec)
{
	struct bind_state *b = r->state;
	json_t *document = merged(r, rec);
	struct form f;
	bool ok;

	if (document == NULL)
		return false;
	pool_record_fini(&b->pool);
	form_init(&f, document, "", &r->faults);
	pool_form_read(&f, rec, &b->pool);
	pool_form_check_place(&f, rec, &b->pool);
	ok = take_over(&b->pool, rec);
	json_decref(document);
	return ok;
}

static void on_got_update(void *arg, const struct pool_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;

	if (!request_resume(r, e))
		return;
	if (r->if_revision != 0 && r->if_revision != rec->revision) {
		request_refuse(r, ERR_CONFLICT, "revision_changed",
			       "the pool was changed meanwhile: read it again");
		return;
	}
	b->tries++;
	b->based_on = rec->revision;
	if (!read_update(r, rec)) {
		fail_nomem(r);
		return;
	}
	if (!request_is_sound(r))
		return;
	if (pool_form_is_same(&b->pool, rec))
		update(r);
	else
		prove(r, on_proved_update);
}

void pools_update(struct request *r)
{
	struct bind_state *b = bind_new(r);

	if (b == NULL)
		return;
	b->is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	if (request_is_sound(r))
		get_with_secret(r, on_got_update);
}
