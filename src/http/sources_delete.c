/* sources_delete.c - rule 4: what goes with a source, and what stays. */
#include "http/handlers.h"

#include "catalog/sources.h"
#include "http/list_int.h"
#include "http/plans_int.h"
#include "http/server_int.h"
#include "jobs/instances.h"

struct destroy_state {
	bool is_destroyed; /* the instance, too */
};

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
	const struct destroy_state *s = r->state;
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
	request_reply(r, 200,
		      json_pack("{s:o, s:o*}", "would_delete", items,
				"would_destroy",
				s->is_destroyed ? json_true() : NULL));
}

static void on_dry_source(void *arg, const struct source_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct destroy_state *s = r->state;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (s->is_destroyed && rec->provisioned_by[0] == '\0') {
		request_refuse(r, ERR_CONFLICT, "not_provisioned",
			       "no provisioner has made this instance, so none "
			       "can destroy it");
		return;
	}
	request_await_catalog(r,
			      catalog_source_would_delete(catalog_of(r),
							  rec->id, on_doomed, r,
							  &mine),
			      &mine);
}

static void dry_run(struct request *r)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_source_get(catalog_of(r), r->params[0],
						 false, on_dry_source, r, &e),
			      &e);
}

/* It stands until its job has ended; then it is not found any more. */
static void on_doomed_instance(void *arg, const struct job_record *job,
			       const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	plans_tell_changed(r);
	request_reply_accepted(r, show_job(job, NULL), job->id);
}

/* A provisioner may take minutes: a job. */
static void destroy(struct request *r)
{
	struct err e = {0};

	request_await_jobs(r,
			   jobs_destroy(r->server->config.jobs, r->params[0],
					on_doomed_instance, r, &e),
			   &e);
}

static void forget(struct request *r)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_source_delete(catalog_of(r), r->params[0],
						    on_deleted, r, &e),
			      &e);
}

void sources_delete(struct request *r)
{
	bool is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	bool is_destroyed = query_flag(&r->query, "destroy", &r->faults);
	struct destroy_state *s;

	if (!request_is_sound(r))
		return;
	s = request_state(r, sizeof(*s), NULL);
	if (s == NULL)
		return;
	s->is_destroyed = is_destroyed;
	if (is_dry_run) {
		dry_run(r);
		return;
	}
	request_keep(r);
	if (is_destroyed)
		destroy(r);
	else
		forget(r);
}
