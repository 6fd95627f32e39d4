/* pools.c - /v1/pools: lists, and one. */
#include "http/handlers.h"

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
