/* sources_delete.c - rule 4: what goes with a source, and what stays. */
#include "http/handlers.h"

#include "catalog/backups.h"
#include "catalog/sources.h"
#include "http/list_int.h"
#include "http/server_int.h"

static void on_deleted(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_nothing(r);
}

static json_t *show_doomed(const struct backup_record *b)
{
	return json_pack("{s:s, s:s, s:I}", "id", b->id, "name", b->name,
			 "stored_bytes", (json_int_t)b->stored_bytes);
}

static void on_doomed(void *arg, const struct backup_record *list,
		      const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < page->n; i++)
		list_append(&items, show_doomed(&list[i]));
	request_reply(r, 200, json_pack("{s:o}", "would_delete", items));
}

static void on_got_doomed(void *arg, const struct source_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct catalog_query q = {.type = "automated", .limit = LIMIT_MAX};
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	q.source = rec->id;
	request_await_catalog(r,
			      catalog_backup_list(r->server->config.catalog, &q,
						  on_doomed, r, &mine),
			      &mine);
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
	request_await_catalog(
		r,
		is_dry_run ? catalog_source_get(r->server->config.catalog,
						r->params[0], false,
						on_got_doomed, r, &e)
			   : catalog_source_delete(r->server->config.catalog,
						   r->params[0], on_deleted, r,
						   &e),
		&e);
}
