/*
 * sources_delete.c - rule 4: what goes with a source, and what stays.
 *
 * Asked what would go: get -> its plans, page by page -> its automated
 * backups, page by page.
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/backups.h"
#include "catalog/plans.h"
#include "catalog/sources.h"
#include "http/list_int.h"
#include "http/plans_int.h"
#include "http/server_int.h"

static struct catalog *catalog_of(const struct request *r)
{
	return r->server->config.catalog;
}

static void on_deleted(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	plans_tell_changed(r);
	jobs_sweep(r->server->config.jobs);
	request_reply_nothing(r);
}

/* --- what would go */

struct doom_state {
	json_t *items;
	char id[ID_MAX]; /* of the source */
	char *after;	 /* the cursor of the page before */
};

static void doom_fini(void *state)
{
	struct doom_state *s = state;

	json_decref(s->items);
	free(s->after);
}

/* Keeps the cursor; false: that was the last page. */
static bool doom_goes_on(struct doom_state *s, const struct catalog_page *page)
{
	free(s->after);
	s->after = page->next ? strdup(page->next) : NULL;
	return s->after != NULL;
}

static struct catalog_query doom_query(const struct doom_state *s)
{
	return (struct catalog_query){
		.source = s->id, .after = s->after, .limit = LIMIT_MAX};
}

static void on_backups(void *arg, const struct backup_record *list,
		       const struct catalog_page *page, const struct err *e);

static void ask_backups(struct request *r)
{
	struct catalog_query q = doom_query(r->state);
	struct err e = {0};

	q.type = "automated";
	request_await_catalog(
		r, catalog_backup_list(catalog_of(r), &q, on_backups, r, &e),
		&e);
}

static void on_backups(void *arg, const struct backup_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;
	struct doom_state *s = r->state;

	if (!request_resume(r, e))
		return;
	for (size_t i = 0; i < page->n; i++) {
		if (!list[i].is_mine)
			continue;
		list_append(&s->items, show_doomed(list[i].id, list[i].name,
						   list[i].stored_bytes));
	}
	if (doom_goes_on(s, page)) {
		ask_backups(r);
		return;
	}
	request_reply(r, 200, json_pack("{s:O}", "would_delete", s->items));
}

static void on_plans(void *arg, const struct plan_record *list,
		     const struct catalog_page *page, const struct err *e);

static void ask_plans(struct request *r)
{
	struct catalog_query q = doom_query(r->state);
	struct err e = {0};

	request_await_catalog(
		r, catalog_plan_list(catalog_of(r), &q, on_plans, r, &e), &e);
}

static void on_plans(void *arg, const struct plan_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;
	struct doom_state *s = r->state;

	if (!request_resume(r, e))
		return;
	for (size_t i = 0; i < page->n; i++)
		list_append(&s->items,
			    show_doomed(list[i].id, list[i].name, 0));
	if (doom_goes_on(s, page))
		ask_plans(r);
	else
		ask_backups(r);
}

static void on_got_doomed(void *arg, const struct source_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct doom_state *s = r->state;

	if (!request_resume(r, e))
		return;
	(void)str_copy(s->id, sizeof(s->id), rec->id);
	ask_plans(r);
}

static void preview(struct request *r)
{
	struct doom_state *s = request_state(r, sizeof(*s), doom_fini);
	struct err e = {0};

	if (s == NULL)
		return;
	s->items = json_array();
	request_await_catalog(r,
			      catalog_source_get(catalog_of(r), r->params[0],
						 false, on_got_doomed, r, &e),
			      &e);
}

void sources_delete(struct request *r)
{
	bool is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	struct err e = {0};

	if (query_flag(&r->query, "destroy", &r->faults))
		faults_add(&r->faults, "destroy", "not_supported",
			   "only what a provisioner made can be destroyed, "
			   "and this source was registered");
	if (!request_is_sound(r))
		return;
	if (is_dry_run) {
		preview(r);
		return;
	}
	request_keep(r);
	request_await_catalog(r,
			      catalog_source_delete(catalog_of(r), r->params[0],
						    on_deleted, r, &e),
			      &e);
}
