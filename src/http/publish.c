/* publish.c - what changed here is told to the pools: servers/<id>.json. */
#include "http/publish.h"

#include <string.h>

#include "http/request_int.h"
#include "http/routes.h"
#include "http/server_int.h"
#include "jobs/jobs.h"
#include "jobs/pools.h"

static bool begins_with(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Writing once too often costs a look at what is there. */
void publish_request(const struct request *r, int status)
{
	const char *act = r->route != NULL ? r->route->act : NULL;

	if (act == NULL || status >= 300)
		return;
	if (begins_with(act, "source.") || begins_with(act, "pool.") ||
	    begins_with(act, "plan."))
		jobs_publish_server(r->server->config.jobs);
}
