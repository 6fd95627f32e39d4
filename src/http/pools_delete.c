/*
 * pools_delete.c - unbinding a pool (rule 16), and what would leave the list
 * with it: get -> its backups, page by page.
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/backups.h"
#include "catalog/pools.h"
#include "http/list_int.h"
#include "http/server_int.h"

struct leave_state {
	json_t *items;
	char id[ID_MAX]; /* of the pool */
	char *after;	 /* the cursor of the page before */
};

static void leave_fini(void *state)
{
	struct leave_state *s = state;

	json_decref(s->items);
	free(s->after);
}

static void on_page(void *arg, const struct backup_record *list,
		    const struct catalog_page *page, const struct err *e);

static void ask_page(struct request *r)
{
	const struct leave_state *s = r->state;
	const struct catalog_query q = {
		.pool = s->id, .after = s->after, .limit = LIMIT_MAX};
	struct err e = {0};

	request_await_catalog(r,
			      catalog_backup_list(r->server->config.catalog, &q,
						  on_page, r, &e),
			      &e);
}

/* Keeps the cursor; without memory for it the items are lost, too. */
static bool goes_on(struct leave_state *s, const struct catalog_page *page)
{
	free(s->after);
	s->after = page->next ? strdup(page->next) : NULL;
	if (page->next != NULL && s->after == NULL) {
		json_decref(s->items);
		s->items = NULL;
	}
	return s->after != NULL;
}

static void on_page(void *arg, const struct backup_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;
	struct leave_state *s = r->state;

	if (!request_resume(r, e))
		return;
	for (size_t i = 0; i < page->n; i++)
		list_append(&s->items, show_doomed(list[i].id, list[i].name,
						   list[i].stored_bytes));
	if (goes_on(s, page))
		ask_page(r);
	else
		request_reply(r, 200,
			      json_pack("{s:O}", "would_delete", s->items));
}

static void on_got(void *arg, const struct pool_record *rec,
		   const struct err *e)
{
	struct request *r = arg;
	struct leave_state *s = r->state;

	if (!request_resume(r, e))
		return;
	/* Rule 16, as catalog_pool_delete() has it. */
	if (rec->plans_json != NULL && strcmp(rec->plans_json, "[]") != 0) {
		request_refuse(r, ERR_CONFLICT, "pool_in_use",
			       "the pool cannot be unbound: plans refer to it "
			       "(GET it to see which); delete them or give "
			       "them another pool first");
		return;
	}
	(void)str_copy(s->id, sizeof(s->id), rec->id);
	ask_page(r);
}

/* No objects go, but these backups leave the list. */
static void preview(struct request *r)
{
	struct leave_state *s = request_state(r, sizeof(*s), leave_fini);
	struct err e = {0};

	if (s == NULL)
		return;
	s->items = json_array();
	request_await_catalog(r,
			      catalog_pool_get(r->server->config.catalog,
					       r->params[0], false, on_got, r,
					       &e),
			      &e);
}

static void on_deleted(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_nothing(r);
}

void pools_delete(struct request *r)
{
	bool is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	struct err e = {0};

	if (!request_is_sound(r))
		return;
	if (is_dry_run) {
		preview(r);
		return;
	}
	request_await_catalog(
		r,
		catalog_pool_delete(r->server->config.catalog, r->params[0],
				    query_get(&r->query, "confirm"), on_deleted,
				    r, &e),
		&e);
}
