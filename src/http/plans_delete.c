/* plans_delete.c - rule 20: what goes with a plan, and what stays. */
#include "http/handlers.h"

#include "http/list_int.h"
#include "http/plans_int.h"
#include "http/server_int.h"

static void on_deleted(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	plans_tell_changed(r);
	jobs_sweep(r->server->config.jobs);
	request_reply_nothing(r);
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
		list_append(&items, show_doomed(list[i].id, list[i].name,
						list[i].stored_bytes));
	request_reply(r, 200, json_pack("{s:o}", "would_delete", items));
}

/* The plan alone: nothing else goes. */
static void on_alone(void *arg, const struct plan_record *rec,
		     const struct err *e)
{
	struct request *r = arg;

	(void)rec;
	if (request_resume(r, e))
		request_reply(r, 200, json_pack("{s:[]}", "would_delete"));
}

static void preview(struct request *r, bool with_backups)
{
	struct err e = {0};

	if (with_backups)
		request_await_catalog(r,
				      catalog_plan_would_delete(
					      r->server->config.catalog,
					      r->params[0], on_doomed, r, &e),
				      &e);
	else
		plans_fetch(r, on_alone);
}

void plans_delete(struct request *r)
{
	bool is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	bool with_backups = query_flag(&r->query, "delete_backups", &r->faults);
	struct err e = {0};

	if (!request_is_sound(r))
		return;
	if (is_dry_run) {
		preview(r, with_backups);
		return;
	}
	request_keep(r);
	request_await_catalog(r,
			      catalog_plan_delete(r->server->config.catalog,
						  r->params[0], with_backups,
						  on_deleted, r, &e),
			      &e);
}
