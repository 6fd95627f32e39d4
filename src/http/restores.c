/* restores.c - /v1/restores: lists, one, canceling. */
#include "http/handlers.h"

#include "catalog/backups.h"
#include "catalog/restores.h"
#include "http/list_int.h"
#include "http/server_int.h"
#include "jobs/jobs.h"

static char *render(const void *with, const void *records,
		    const struct catalog_page *page)
{
	const struct restore_record *list = records;
	char *text;

	(void)with;
	LIST_TEXT(text, page, show_restore(&list[i_]));
	return text;
}

static void on_list(void *arg, const struct restore_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	(void)list;
	list_answer(arg, page, e);
}

void restores_list(struct request *r)
{
	static const char *const statuses[] = {
		"queued", "running", "completed", "failed", "canceled", NULL};
	struct catalog_query q;
	struct err e = {0};

	query_word(&r->query, "status", statuses, &r->faults);
	if (!list_query(r, &q))
		return;
	q.render = render;
	request_await_catalog(r,
			      catalog_restore_list(r->server->config.catalog,
						   &q, on_list, r, &e),
			      &e);
}

static void on_get(void *arg, const struct restore_record *rec,
		   const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply(r, 200, show_restore(rec));
}

static void restore_fetch(struct request *r, catalog_restore_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_restore_get(r->server->config.catalog,
						  r->params[0], done, r, &e),
			      &e);
}

void restores_get(struct request *r)
{
	restore_fetch(r, on_get);
}

static void on_got_cancel(void *arg, const struct restore_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (rec->status != JOB_QUEUED && rec->status != JOB_RUNNING)
		request_refuse(r, ERR_CONFLICT, "job_not_running",
			       "the restore is %s: only a running one can be "
			       "canceled",
			       job_status_name(rec->status));
	else if (!jobs_cancel(r->server->config.jobs, rec->job_id, &mine))
		request_fail(r, &mine);
	else
		request_reply_accepted(r, show_restore(rec), rec->job_id);
}

void restores_cancel(struct request *r)
{
	restore_fetch(r, on_got_cancel);
}
