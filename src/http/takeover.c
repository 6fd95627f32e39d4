/* takeover.c - POST /v1/pools/{id}/takeover: what another server, which is
 * gone, owns in a pool becomes this one's. */
#include "base/id.h"
#include "http/fields.h"
#include "http/handlers.h"
#include "http/server_int.h"
#include "http/show.h"
#include "jobs/jobs.h"
#include "jobs/pools.h"

static json_t *show_report(const struct takeover_report *t)
{
	return json_pack("{s:i, s:i, s:i, s:o}", "backups", (int)t->backups,
			 "sources", (int)t->sources, "plans", (int)t->plans,
			 "secrets_needed",
			 show_json_or(t->secrets_json, json_array()));
}

static void on_taken(void *arg, const struct takeover_report *t,
		     const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply(r, 200, show_report(t));
}

void pools_takeover(struct request *r)
{
	struct form f;
	const char *server;
	struct err e = {0};

	form_init(&f, r->body, "", &r->faults);
	server = form_string(&f, "server", FORM_REQUIRED);
	form_end(&f);
	if (server != NULL && !id_has_prefix(server, "srv"))
		faults_add(&r->faults, "/server", "invalid_value",
			   "the id of a server is \"srv_\" and 26 characters; "
			   "backups show it as owner.server_id");
	if (!request_is_sound(r))
		return;
	request_keep(r);
	request_await_jobs(r,
			   jobs_takeover(r->server->config.jobs, r->params[0],
					 server, on_taken, r, &e),
			   &e);
}
