/* jobs.c - /v1/jobs: lists, one (also waiting for its end), log, cancel. */
#include "http/handlers.h"

#include <string.h>

#include <event2/event.h>

#include "catalog/jobs.h"
#include "http/list_int.h"
#include "http/server_int.h"
#include "jobs/jobs.h"
#include "loop/loop.h"

enum { WAIT_MAX_SECONDS = 60 };

static json_t *show_now(const struct request *r, const struct job_record *rec)
{
	struct job_progress now = {0};
	bool is_here = jobs_progress(r->server->config.jobs, rec->id, &now);

	return show_job(rec, is_here ? &now : NULL);
}

static void on_list(void *arg, const struct job_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct request *r = arg;

	LIST_ANSWER_WITH(r, list, page, e, show_now, r);
}

void jobs_list_all(struct request *r)
{
	static const char *const kinds[] = {"backup", "restore", "verify",
					    "delete", "expire",	 "adopt",
					    "drill",  NULL};
	static const char *const statuses[] = {
		"queued", "running", "completed", "failed", "canceled", NULL};
	struct catalog_query q;
	struct err e = {0};

	query_word(&r->query, "kind", kinds, &r->faults);
	query_word(&r->query, "status", statuses, &r->faults);
	if (!list_query(r, &q))
		return;
	request_await_catalog(
		r,
		catalog_job_list(r->server->config.catalog, &q, on_list, r, &e),
		&e);
}

static void on_get(void *arg, const struct job_record *rec, const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply(r, 200, show_now(r, rec));
}

static void job_fetch(struct request *r, catalog_job_cb *done)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_job_get(r->server->config.catalog,
					      r->params[0], done, r, &e),
			      &e);
}

/* --- waiting: the job ends, or the time is over, whichever comes first */

static void on_ended(void *arg, const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	(void)evtimer_del(r->timer);
	job_fetch(r, on_get);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct request *r = arg;

	(void)fd;
	(void)what;
	jobs_op_cancel(r->jobs_op);
	r->jobs_op = NULL;
	job_fetch(r, on_get);
}

static void wait_begin(struct request *r, unsigned seconds)
{
	const struct timeval wait = {seconds, 0};
	struct err e = {0};

	r->timer = evtimer_new(loop_base(r->server->config.loop), on_time, r);
	if (r->timer == NULL || evtimer_add(r->timer, &wait) != 0) {
		(void)err_nomem(&e, "a timer");
		request_fail(r, &e);
		return;
	}
	request_await_jobs(r,
			   jobs_watch(r->server->config.jobs, r->params[0],
				      on_ended, r, &e),
			   &e);
}

/* What is over is answered at once, and so is a job that is not there. */
static void on_got_wait(void *arg, const struct job_record *rec,
			const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	if (rec->status == JOB_QUEUED || rec->status == JOB_RUNNING)
		wait_begin(r, query_number(&r->query, "wait", WAIT_MAX_SECONDS,
					   0, &r->faults));
	else
		request_reply(r, 200, show_now(r, rec));
}

void jobs_get(struct request *r)
{
	unsigned wait = query_number(&r->query, "wait", WAIT_MAX_SECONDS, 0,
				     &r->faults);

	if (request_is_sound(r))
		job_fetch(r, wait > 0 ? on_got_wait : on_get);
}

/* --- the log */

static void on_log(void *arg, const char *text, const struct err *e)
{
	struct request *r = arg;
	struct reply_bytes b = {.type = "text/plain; charset=utf-8",
				.bytes = text};

	if (!request_resume(r, e))
		return;
	b.len = strlen(text);
	request_reply_bytes(r, 200, &b);
}

void jobs_log(struct request *r)
{
	struct err e = {0};

	request_await_catalog(r,
			      catalog_job_read_log(r->server->config.catalog,
						   r->params[0], on_log, r, &e),
			      &e);
}

/* --- canceling */

static void on_got_cancel(void *arg, const struct job_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (rec->status != JOB_QUEUED && rec->status != JOB_RUNNING)
		request_refuse(r, ERR_CONFLICT, "job_not_running",
			       "the job is %s already",
			       job_status_name(rec->status));
	else if (!jobs_cancel(r->server->config.jobs, rec->id, &mine))
		request_fail(r, &mine);
	else
		request_reply_accepted(r, show_now(r, rec), rec->id);
}

void jobs_stop_one(struct request *r)
{
	job_fetch(r, on_got_cancel);
}
