/* sources_delete.c - rule 4: what goes with a source, and what stays. */
#include "http/handlers.h"

#include "catalog/sources.h"
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

static void on_doomed(void *arg, const struct catalog_doomed *d,
		      const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < d->nplans; i++)
		list_append(&items,
			    show_doomed(d->plans[i].id, d->plans[i].name, 0));
	for (size_t i = 0; i < d->nbackups; i++)
		list_append(&items,
			    show_doomed(d->backups[i].id, d->backups[i].name,
					d->backups[i].stored_bytes));
	request_reply(r, 200, json_pack("{s:o}", "would_delete", items));
}

void sources_delete(struct request *r)
{
	bool is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	struct catalog *c = r->server->config.catalog;
	struct err e = {0};

	if (query_flag(&r->query, "destroy", &r->faults))
		faults_add(&r->faults, "destroy", "not_supported",
			   "only what a provisioner made can be destroyed, "
			   "and this source was registered");
	if (!request_is_sound(r))
		return;
	if (!is_dry_run)
		request_keep(r);
	request_await_catalog(
		r,
		is_dry_run ? catalog_source_would_delete(c, r->params[0],
							 on_doomed, r, &e)
			   : catalog_source_delete(c, r->params[0], on_deleted,
						   r, &e),
		&e);
}
