/* tell.c - the log of events learns when jobs begin and how they end. */
#include <stdio.h>
#include <string.h>

#include "catalog/events.h"
#include "jobs/jobs_int.h"

enum { ACT_MAX = 40, DETAIL_MAX = 64 + ERR_API_MAX + ERR_MSG_MAX };

/* What somebody asked for is no failure. */
static bool is_failure(const struct err *why)
{
	return failure(why) != NULL && strcmp(why->api, "canceled") != 0;
}

void job_tell(const struct job *job, const char *verb,
	      const struct job_subject *what, const struct err *why)
{
	char act[ACT_MAX], detail[DETAIL_MAX];
	const struct event_record e = {
		.kind = "job",
		.act = act,
		.resource = what->id,
		.name = what->name,
		.result = is_failure(why) ? "failed" : "ok",
		.who = "server",
		.detail = detail,
	};

	(void)snprintf(act, sizeof(act), "%s.%s", job->ops->name, verb);
	if (failure(why) == NULL)
		(void)snprintf(detail, sizeof(detail), "job %s", job->id);
	else
		(void)snprintf(detail, sizeof(detail), "job %s: %s: %s",
			       job->id, why->api, why->msg);
	catalog_event_add(job->jobs->config.catalog, &e);
}
