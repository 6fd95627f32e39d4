/* pools.c - /v1/pools: lists, one, and unbinding. */
#include "http/handlers.h"

#include <string.h>

#include "catalog/backups.h"
#include "catalog/pools.h"
#include "http/list_int.h"
#include "http/server_int.h"

static void on_list(void *arg, const struct pool_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;

	LIST_ANSWER(r, list, page, e, show_pool);
}

void pools_list(struct request *r)
{
	static const char *const statuses[] = {"available", "unreachable",
					       "adopting", NULL};
	static const char *const types[] = {"object_storage", "local_directory",
					    NULL};
	struct catalog_query q;
	struct err e = {0};

	query_word(&r->query, "status", statuses, &r->faults);
	query_word(&r->query, "storage_type", types, &r->faults);
	if (!list_query(r, &q))
		return;
	request_await_catalog(r,
			      catalog_pool_list(r->server->config.catalog, &q,
						on_list, r, &e),
			      &e);
}

static void on_get(void *arg, const struct pool_record *rec,
		   const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_revision(r, 200, show_pool(rec), rec->revision);
}

void pools_get(struct request *r)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_pool_get(r->server->config.catalog,
					       r->params[0], false, on_get, r,
					       &e),
			      &e);
}

static void on_deleted(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_nothing(r);
}

static void on_leaving(void *arg, const struct backup_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < page->n; i++)
		list_append(&items, show_doomed(list[i].id, list[i].name,
						list[i].stored_bytes));
	request_reply(r, 200, json_pack("{s:o}", "would_delete", items));
}

/* No objects go, but these backups leave the list. */
static void on_got_leaving(void *arg, const struct pool_record *rec,
			   const struct err *e)
{
	struct request *r = arg;
	struct catalog_query q = {.limit = LIMIT_MAX};
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	q.pool = rec->id;
	request_await_catalog(r,
			      catalog_backup_list(r->server->config.catalog, &q,
						  on_leaving, r, &mine),
			      &mine);
}

void pools_delete(struct request *r)
{
	bool is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	struct catalog *c = r->server->config.catalog;
	struct err e = {0};

	if (!request_is_sound(r))
		return;
	request_await_catalog(
		r,
		is_dry_run
			? catalog_pool_get(c, r->params[0], false,
					   on_got_leaving, r, &e)
			: catalog_pool_delete(c, r->params[0],
					      query_get(&r->query, "confirm"),
					      on_deleted, r, &e),
		&e);
}
