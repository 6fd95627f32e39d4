/*
 * pools_write.c - binding and testing pools.
 *
 * Binding: read -> prove the store (rule 15) -> create -> adopt (rule 17).
 * Testing: get -> prove it -> keep what was found, also that it failed.
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/adopt.h"
#include "http/pool_crypt.h"
#include "http/pool_form.h"
#include "http/pools_int.h"
#include "http/server_int.h"
#include "http/show.h"

static void bind_fini(void *state)
{
	struct bind_state *b = state;

	pool_record_fini(&b->pool);
}

struct bind_state *pool_bind_new(struct request *r)
{
	return request_state(r, sizeof(struct bind_state), bind_fini);
}

void pool_fail_nomem(struct request *r)
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
bool pool_take_verdict(struct bind_state *b,
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

void pool_prove(struct request *r, probe_done_cb *done)
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
	struct bind_state *b = r->state;

	if (!request_resume(r, e))
		return;
	(void)str_copy(b->pool.id, sizeof(b->pool.id), rec->id);
	pool_adopt_bound(r);
}

static void on_proved_new(void *arg, const struct store_capabilities *caps,
			  const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (!pool_take_verdict(b, caps, NULL)) {
		pool_fail_nomem(r);
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
	struct bind_state *b = pool_bind_new(r);
	struct form f;

	if (b == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	pool_form_read(&f, NULL, &b->pool);
	if (!request_is_sound(r))
		return;
	if (pool_crypt_lacks_confirm(&f, NULL, &b->pool))
		pool_crypt_refuse(r);
	else
		pool_prove(r, on_proved_new);
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
	if (!pool_take_verdict(b, caps, e)) {
		pool_fail_nomem(r);
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
		pool_prove(r, on_proved_old);
	else
		pool_fail_nomem(r);
}

void pool_fetch_secret(struct request *r, catalog_pool_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_pool_get(catalog_of(r), r->params[0],
					       true, done, r, &e),
			      &e);
}

void pools_test(struct request *r)
{
	if (pool_bind_new(r) != NULL)
		pool_fetch_secret(r, on_got_test);
}
