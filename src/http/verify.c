/* verify.c - POST /v1/backups/{id}/verify. */
#include "http/handlers.h"

#include "http/fields.h"
#include "http/server_int.h"
#include "http/show.h"
#include "jobs/checks.h"
#include "jobs/jobs.h"

static void on_queued(void *arg, const struct job_record *rec,
		      const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, show_job(rec, NULL), rec->id);
}

void backups_verify(struct request *r)
{
	static const char *const scopes[] = {"all", "sample", NULL};
	const char *scope;
	struct err e = {0};
	struct form f;

	form_init(&f, r->body, "", &r->faults);
	scope = field_word(&f, "read", scopes, scopes[0]);
	form_end(&f);
	if (request_is_sound(r))
		request_await_jobs(r,
				   jobs_verify(r->server->config.jobs,
					       r->params[0], scope, on_queued,
					       r, &e),
				   &e);
}
