/*
 * pools_update.c - changing a pool: get -> merge and read -> prove the store,
 * if it is reached in another way -> update -> keep what the probe found.
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/pool_crypt.h"
#include "http/pool_form.h"
#include "http/pools_int.h"
#include "http/server_int.h"
#include "http/show.h"

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
		request_await_catalog(
			r,
			catalog_pool_get(r->server->config.catalog, b->pool.id,
					 false, on_shown, r, &mine),
			&mine);
}

static void on_updated(void *arg, const struct pool_record *rec,
		       const struct err *e)
{
	struct request *r = arg;
	struct bind_state *b = r->state;
	struct err mine = {0};

	if (update_again(r, &b->update, e)) {
		pool_fetch_secret(r, on_got_update);
		return;
	}
	if (!request_resume(r, e))
		return;
	if (b->pool.probed_at == 0) {
		request_reply_revision(r, 200, show_pool(rec), rec->revision);
		return;
	}
	request_await_catalog(r,
			      catalog_pool_probed(r->server->config.catalog,
						  &b->pool, on_verdict_kept, r,
						  &mine),
			      &mine);
}

static void update(struct request *r)
{
	struct bind_state *b = r->state;
	struct err e = {0};

	if (b->update.is_dry_run) {
		request_reply(r, 200, show_pool(&b->pool));
		return;
	}
	request_keep(r);
	request_await_catalog(
		r,
		catalog_pool_update(r->server->config.catalog, &b->pool,
				    update_revision(r, &b->update), on_updated,
				    r, &e),
		&e);
}

static void on_proved_update(void *arg, const struct store_capabilities *caps,
			     const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	if (pool_take_verdict(r->state, caps, NULL))
		update(r);
	else
		pool_fail_nomem(r);
}

/* What a pool would be after the patch, as a document to read. */
static json_t *merged(struct request *r, const struct pool_record *rec)
{
	const char *const writable[] = {
		"name",	      "remarks",    "storage_type",
		"part_bytes", "encryption", rec->storage_type,
		NULL};

	return update_merge(r, show_pool(rec), writable);
}

static bool copy_text(char **to, const char *from)
{
	if (from == NULL)
		return true;
	*to = strdup(from);
	return *to != NULL;
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
	return copy_text(&to->capabilities_json, rec->capabilities_json) &&
	       copy_text(&to->plans_json, rec->plans_json);
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
	b->lacks_confirm = pool_crypt_lacks_confirm(&f, rec, &b->pool);
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
	if (!update_read(r, &b->update, rec->revision, "pool"))
		return;
	if (!read_update(r, rec)) {
		pool_fail_nomem(r);
		return;
	}
	if (!request_is_sound(r))
		return;
	if (b->lacks_confirm)
		pool_crypt_refuse(r);
	else if (pool_form_is_same(&b->pool, rec))
		update(r);
	else
		pool_prove(r, on_proved_update);
}

void pools_update(struct request *r)
{
	struct bind_state *b = pool_bind_new(r);

	if (b == NULL)
		return;
	b->update.is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	if (request_is_sound(r))
		pool_fetch_secret(r, on_got_update);
}
