/* server_gather.c - what servers/<id>.json says, read page by page. */
#include "jobs/pools/server_gather.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/plans.h"
#include "catalog/pools.h"
#include "catalog/sources.h"
#include "jobs/pools/server_file.h"

enum { GATHER_PAGE = 500 };

static const char *const list_names[] = {
	[GATHER_SOURCES] = "sources",
	[GATHER_POOLS] = "pools",
	[GATHER_PLANS] = "plans",
};

static bool ask(struct server_gather *g, struct err *e);

/* Where to go on after a page: the next one, or the next list. False: no
 * memory. */
static bool advance(struct server_gather *g, const struct catalog_page *page)
{
	free(g->cursor);
	g->cursor = NULL;
	if (page->next == NULL) {
		g->list++;
		return true;
	}
	g->cursor = strdup(page->next);
	return g->cursor != NULL;
}

static void take_page(struct server_gather *g, const struct catalog_page *page,
		      const struct err *e)
{
	struct err mine = {0};

	g->op = NULL;
	if (e == NULL && !advance(g, page)) {
		(void)err_nomem(&mine, "servers/<id>.json");
		e = &mine;
	}
	if (e == NULL && g->list != GATHER_END && !ask(g, &mine))
		e = &mine;
	if (g->op == NULL)
		g->done(g->arg, e);
}

static void keep(struct server_gather *g, json_t *item)
{
	(void)json_array_append_new(
		json_object_get(g->doc, list_names[g->list]), item);
}

static void on_sources(void *arg, const struct source_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	struct server_gather *g = arg;

	for (size_t i = 0; e == NULL && i < page->n; i++) {
		if (!list[i].is_creating)
			keep(g, server_doc_source(&list[i]));
	}
	take_page(g, page, e);
}

static void on_pools(void *arg, const struct pool_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	struct server_gather *g = arg;

	for (size_t i = 0; e == NULL && i < page->n; i++)
		keep(g, server_doc_pool(&list[i]));
	take_page(g, page, e);
}

static void on_plans(void *arg, const struct plan_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	struct server_gather *g = arg;

	for (size_t i = 0; e == NULL && i < page->n; i++)
		keep(g, server_doc_plan(&list[i]));
	take_page(g, page, e);
}

static bool ask(struct server_gather *g, struct err *e)
{
	const struct catalog_query q = {
		.sort = "created_at", .after = g->cursor, .limit = GATHER_PAGE};

	switch (g->list) {
	case GATHER_SOURCES:
		g->op = catalog_source_list(g->catalog, &q, on_sources, g, e);
		break;
	case GATHER_POOLS:
		g->op = catalog_pool_list(g->catalog, &q, on_pools, g, e);
		break;
	case GATHER_PLANS:
		g->op = catalog_plan_list(g->catalog, &q, on_plans, g, e);
		break;
	case GATHER_END:
		break;
	}
	return g->op != NULL;
}

bool server_gather_start(struct server_gather *g, struct catalog *c,
			 catalog_done_cb *done, void *arg, struct err *e)
{
	*g = (struct server_gather){.catalog = c, .done = done, .arg = arg};
	g->doc = json_pack("{s:[], s:[], s:[]}", list_names[GATHER_SOURCES],
			   list_names[GATHER_POOLS], list_names[GATHER_PLANS]);
	if (g->doc == NULL)
		return err_nomem(e, "servers/<id>.json");
	return ask(g, e);
}

void server_gather_fini(struct server_gather *g)
{
	catalog_cancel(g->op);
	g->op = NULL;
	json_decref(g->doc);
	g->doc = NULL;
	free(g->cursor);
	g->cursor = NULL;
}
