/* upkeep.c - what goes on beside the jobs, as one. */
#include "jobs/pools.h"
#include "jobs/pools/upkeep.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/jobs_int.h"
#include "jobs/pools/leftovers.h"
#include "jobs/monitor/monitor.h"
#include "jobs/pools/server_file.h"

struct upkeep {
	struct monitor *monitor;
	struct server_writer *writer;
	struct leftovers *leftovers;
};

struct upkeep *upkeep_new(struct jobs *j)
{
	struct upkeep *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->monitor = monitor_new(j);
	u->writer = server_writer_new(j);
	u->leftovers = leftovers_new(j);
	if (u->monitor != NULL && u->writer != NULL && u->leftovers != NULL)
		return u;
	upkeep_free(u);
	return NULL;
}

void upkeep_start(struct upkeep *u)
{
	monitor_start(u->monitor);
	server_writer_kick(u->writer);
	leftovers_kick(u->leftovers);
}

void upkeep_stop(struct upkeep *u)
{
	monitor_stop(u->monitor);
	server_writer_stop(u->writer);
	leftovers_stop(u->leftovers);
}

void upkeep_free(struct upkeep *u)
{
	if (u == NULL)
		return;
	monitor_free(u->monitor);
	server_writer_free(u->writer);
	leftovers_free(u->leftovers);
	free(u);
}

void upkeep_suspect(struct upkeep *u, const struct err *e)
{
	static const char *const codes[] = {
		"connection_failed", "address_refused", "access_denied",
		"store_failed",	     "store_stalled",	"target_failed",
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(e->api, codes[i]) == 0)
			monitor_kick(u->monitor);
	}
}

void upkeep_job_over(struct upkeep *u)
{
	monitor_job_over(u->monitor);
}

void upkeep_publish(struct upkeep *u)
{
	server_writer_kick(u->writer);
}

void upkeep_sweep(struct upkeep *u)
{
	leftovers_kick(u->leftovers);
}

void jobs_publish_server(struct jobs *j)
{
	upkeep_publish(j->upkeep);
}
