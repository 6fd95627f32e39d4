/* plans_runs.c - what a plan did when, what of it goes, and running it now. */
#include "catalog/expiry.h"
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/backup_form.h"
#include "http/backups_int.h"
#include "http/list_int.h"
#include "http/plans_int.h"
#include "http/server_int.h"
#include "http/show_plans.h"
#include "jobs/plans.h"

enum { RUNS_DEFAULT = 50 };

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

/*
 * When a backup goes is known only with what would keep it then: the last one
 * of its source and scope stays, however old it gets. So the catalog is asked
 * twice, about the end of days and about now.
 */
struct expiry_state {
	char (*ids)[ID_MAX];
	enum retention_verdict *at_last;
	size_t n;
};

static void expiry_fini(void *state)
{
	struct expiry_state *s = state;

	free(s->ids);
	free(s->at_last);
}

/* Both answers are in one order; a backup that came in between is as it is
 * now. What uses one now will not for ever. */
static enum retention_verdict verdict_of(const struct expiry_state *s, size_t i,
					 const struct backup_record *b,
					 enum retention_verdict now)
{
	if (now != RETENTION_NOT_YET || i >= s->n ||
	    strcmp(s->ids[i], b->id) != 0 || s->at_last[i] == RETENTION_GOES ||
	    s->at_last[i] == RETENTION_IN_USE)
		return now;
	return s->at_last[i];
}

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
		list_append(
			&items,
			show_expiry(&list[i], verdict_of(r->state, i, &list[i],
							 verdicts[i])));
	request_reply(r, 200, json_pack("{s:o}", "items", items));
}

static bool keep_verdicts(struct expiry_state *s,
			  const struct backup_record *list,
			  const enum retention_verdict *verdicts, size_t n)
{
	s->ids = calloc(n + 1, sizeof(*s->ids));
	s->at_last = calloc(n + 1, sizeof(*s->at_last));
	if (s->ids == NULL || s->at_last == NULL)
		return false;
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		memcpy(s->ids[i], list[i].id, ID_MAX);
		s->at_last[i] = verdicts[i];
	}
	return true;
}

static void ask_expiry(struct request *r, int64_t now_ms,
		       catalog_retention_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_plan_expiry(catalog_of(r), r->params[0],
						  now_ms, done, r, &e),
			      &e);
}

static void on_at_last(void *arg, const struct backup_record *list,
		       const enum retention_verdict *verdicts, size_t n,
		       const struct err *e)
{
	struct request *r = arg;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (keep_verdicts(r->state, list, verdicts, n)) {
		ask_expiry(r, clock_now_ms(), on_expiry);
		return;
	}
	(void)err_nomem(&mine, "a plan's backups");
	request_fail(r, &mine);
}

void plans_expiry(struct request *r)
{
	if (request_state(r, sizeof(struct expiry_state), expiry_fini) != NULL)
		ask_expiry(r, INT64_MAX, on_at_last);
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
