/* plans_runs.c - what a plan did when, what of it goes, and running it now. */
#include "http/handlers.h"

#include <stdlib.h>

#include "base/clock.h"
#include "http/backup_form.h"
#include "http/backups_int.h"
#include "http/list_int.h"
#include "http/plans_int.h"
#include "http/server_int.h"
#include "http/show_plans.h"

enum { RUNS_DEFAULT = 50 };

static struct catalog *catalog_of(const struct request *r)
{
	return r->server->config.catalog;
}

static void on_runs(void *arg, const struct plan_run *list, size_t n,
		    const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		list_append(&items, show_plan_run(&list[i]));
	request_reply(r, 200, json_pack("{s:o}", "items", items));
}

void plans_runs(struct request *r)
{
	unsigned limit = query_limit(&r->query, RUNS_DEFAULT, &r->faults);
	struct err e = {0};

	if (!request_is_sound(r))
		return;
	request_await_catalog(r,
			      catalog_plan_runs(catalog_of(r), r->params[0],
						limit, on_runs, r, &e),
			      &e);
}

/* --- retention (rule 14) */

static void on_expiry(void *arg, const struct backup_record *list,
		      const enum retention_verdict *verdicts, size_t n,
		      const struct err *e)
{
	struct request *r = arg;
	json_t *items;

	if (!request_resume(r, e))
		return;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		list_append(&items, show_expiry(&list[i], verdicts[i]));
	request_reply(r, 200, json_pack("{s:o}", "items", items));
}

void plans_expiry(struct request *r)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_plan_expiry(catalog_of(r), r->params[0],
						  clock_now_ms(), on_expiry, r,
						  &e),
			      &e);
}

static void on_released(void *arg, const struct plan_record *rec,
			const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	jobs_expire(r->server->config.jobs);
	request_reply_revision(r, 200, show_plan(rec), rec->revision);
}

void plans_release(struct request *r)
{
	struct err e = {0};

	request_keep(r);
	request_await_catalog(r,
			      catalog_plan_release(catalog_of(r), r->params[0],
						   on_released, r, &e),
			      &e);
}

/* --- executing (rule 19) */

static void on_queued(void *arg, const struct backup_record *rec,
		      const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, backups_show(r, rec), rec->job_id);
}

/* The description has to outlive the question. */
struct execute_state {
	char *description;
};

static void execute_fini(void *state)
{
	struct execute_state *s = state;

	free(s->description);
}

void plans_execute(struct request *r)
{
	struct execute_state *s = request_state(r, sizeof(*s), execute_fini);
	struct err e = {0};
	struct form f;

	if (s == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	backup_form_description(&f, &s->description);
	form_end(&f);
	if (!request_is_sound(r))
		return;
	request_await_jobs(r,
			   jobs_plan_execute(r->server->config.jobs,
					     r->params[0], s->description,
					     on_queued, r, &e),
			   &e);
}
