/* drill.c - POST /v1/backups/{id}/drill. */
#include "http/handlers.h"

#include <stdlib.h>

#include "http/drill_form.h"
#include "http/server_int.h"
#include "http/show.h"
#include "jobs/drills.h"

static void on_queued(void *arg, const struct job_record *rec,
		      const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, show_job(rec, NULL), rec->id);
}

void backups_drill(struct request *r)
{
	struct jobs_drill_means means = {0};
	char *options = NULL;
	struct err e = {0};
	struct form f;

	form_init(&f, r->body, "", &r->faults);
	drill_form_means(&f, &means.provider, &options);
	form_end(&f);
	means.options_json = options;
	if (request_is_sound(r))
		request_await_jobs(r,
				   jobs_drill(r->server->config.jobs,
					      r->params[0], &means, on_queued,
					      r, &e),
				   &e);
	free(options);
}
