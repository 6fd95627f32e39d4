/* provision.c - one call of a provisioner, with its deadline. */
#include "jobs/instances/provision.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What only answers questions, and what may take its time. */
enum { DESCRIBE_SECONDS = 15 };

static unsigned deadline_ms(const struct provision_ask *ask)
{
	unsigned seconds = ask->jobs->config.stall_seconds;

	if (strcmp(ask->operation, "describe") == 0 &&
	    seconds > DESCRIBE_SECONDS)
		seconds = DESCRIBE_SECONDS;
	return seconds * 1000;
}

/* One code for whatever a program of somebody's does. */
static void as_provisioner(struct err *to, const struct err *from,
			   const struct provision *p)
{
	if (strcmp(from->api, "not_configured") == 0)
		(void)err_set(to, ERR_NOT_FOUND, "not_found",
			      "there is no provisioner \"%s\" (%s): GET "
			      "/v1/provisioners lists those that are "
			      "configured",
			      p->provider, from->msg);
	else if (from->code == ERR_NOMEM || from->code == ERR_BUG)
		*to = *from;
	else
		(void)err_set(to, ERR_REMOTE, "provisioner_failed",
			      "%s of provisioner \"%s\": %s", p->operation,
			      p->provider, from->msg);
}

static void on_reply(void *arg, json_t *reply, const struct err *e)
{
	struct provision *p = arg;
	struct err mine = {0};

	p->call = NULL;
	p->lingers = reply == NULL && failure(e) != NULL &&
		     strcmp(e->api, "timed_out") == 0;
	if (reply == NULL) {
		if (failure(e) == NULL)
			(void)err_bug(&mine, "a call without an answer");
		else
			as_provisioner(&mine, e, p);
	}
	p->done(p->arg, reply, reply != NULL ? NULL : &mine);
}

static void on_line(void *arg, const char *text)
{
	struct provision *p = arg;

	if (p->job != NULL)
		job_log(p->job, LOG_INFO, "%s: %s", p->provider, text);
	else
		log_info("jobs", "provisioner %s: %s", p->provider, text);
}

static bool begin(struct provision *p, const struct provision_ask *ask,
		  struct err *e)
{
	const struct program_call_config c = {
		.verb = "provision",
		.name = p->provider,
		.operation = ask->operation,
		.request = ask->request,
		.timeout_ms = deadline_ms(ask),
		.line = on_line,
	};
	struct helper *helper = ask->jobs->config.helper;
	struct err mine = {0};

	if (ask->request == NULL)
		return err_nomem(e, "a call");
	if (helper == NULL)
		return err_set(e, ERR_REMOTE, "provisioner_failed",
			       "this server has no helper that could run a "
			       "provisioner: see helper_program in "
			       "cofferd.conf");
	p->call = program_call_start(helper, &c, on_reply, p, &mine);
	if (p->call == NULL)
		as_provisioner(e, &mine, p);
	return p->call != NULL;
}

bool provision_start(struct provision *p, const struct provision_ask *ask,
		     struct err *e)
{
	bool ok;

	p->job = ask->job;
	p->operation = ask->operation;
	p->done = ask->done;
	p->arg = ask->arg;
	(void)str_copy(p->provider, sizeof(p->provider), ask->provider);
	ok = begin(p, ask, e);
	json_decref(ask->request);
	return ok;
}

bool provision_cancel(struct provision *p)
{
	bool was_running = p->call != NULL || p->lingers;

	program_call_cancel(p->call);
	p->call = NULL;
	p->lingers = false;
	return was_running;
}

json_t *provision_id(const char *id)
{
	return json_pack("{s:s}", "id", id);
}
