/* plans.c - /v1/plans: lists, one, and the backups it made. */
#include "http/handlers.h"

#include "base/clock.h"
#include "catalog/plans.h"
#include "http/backups_int.h"
#include "http/list_int.h"
#include "http/plans_int.h"
#include "http/server_int.h"
#include "http/show_plans.h"

void plans_tell_changed(const struct request *r)
{
	const struct http_config *c = &r->server->config;

	if (c->plans_changed != NULL)
		c->plans_changed(c->arg);
}

void plans_fetch(struct request *r, catalog_plan_cb *done)
{
	struct err e = {0};

	request_await_catalog(
		r, catalog_plan_get(catalog_of(r), r->params[0], done, r, &e),
		&e);
}

/* --- lists */

static char *render(const void *with, const void *records,
		    const struct catalog_page *page)
{
	const struct plan_record *list = records;
	struct plan_shower s;
	char *text;

	(void)with;
	plan_shower_init(&s, clock_now_ms());
	LIST_TEXT(text, page, plan_shower_show(&s, &list[i_]));
	plan_shower_fini(&s);
	return text;
}

static void on_list(void *arg, const struct plan_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	(void)list;
	list_answer(arg, page, e);
}

void plans_list(struct request *r)
{
	static const char *const strategies[] = {"timer", "manual", NULL};
	static const char *const statuses[] = {"active", "paused", "overdue",
					       "finished", NULL};
	struct catalog_query q;
	struct err e = {0};

	query_word(&r->query, "strategy", strategies, &r->faults);
	query_word(&r->query, "status", statuses, &r->faults);
	if (!list_query(r, &q))
		return;
	q.render = render;
	request_await_catalog(
		r, catalog_plan_list(catalog_of(r), &q, on_list, r, &e), &e);
}

static void on_get(void *arg, const struct plan_record *rec,
		   const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_revision(r, 200, show_plan(rec), rec->revision);
}

void plans_get(struct request *r)
{
	plans_fetch(r, on_get);
}

/* --- what it made */

static void on_got_backups(void *arg, const struct plan_record *rec,
			   const struct err *e)
{
	struct request *r = arg;
	struct catalog_query q;

	if (!request_resume(r, e) || !list_query(r, &q))
		return;
	q.plan = rec->id;
	backups_ask(r, &q);
}

void plans_backups(struct request *r)
{
	struct catalog_query q;

	backups_check_words(r);
	if (list_query(r, &q))
		plans_fetch(r, on_got_backups);
}
