/*
 * pools.h - what lies in pools beside this server's own backups: other
 * servers' (rule 17), and what this server tells of itself there. Rules of
 * calls: jobs.h.
 */
#ifndef COFFER_JOBS_POOLS_H
#define COFFER_JOBS_POOLS_H

#include "catalog/jobs.h"
#include "jobs/jobs.h"

/* Reads the manifests of a pool (rule 17); the job says what was found. Also
 * begun by itself when a pool was bound. */
struct jobs_op *jobs_adopt(struct jobs *j, const char *pool,
			   catalog_job_cb *done, void *arg,
			   struct err *e) MUST_CHECK;

/* What a takeover brought. */
struct takeover_report {
	unsigned backups, sources, plans;
	const char *secrets_json; /* array: names of sources whose secrets
				   * have to be given */
};
typedef void jobs_takeover_cb(void *arg, const struct takeover_report *r,
			      const struct err *e);

/* All that another server owns in a pool becomes this one's: owner files are
 * written anew, its sources and plans (paused) are taken from
 * servers/<id>.json. May be called again after a failure. */
struct jobs_op *jobs_takeover(struct jobs *j, const char *pool,
			      const char *server_id, jobs_takeover_cb *done,
			      void *arg, struct err *e) MUST_CHECK;

/* Plans, sources or pools have changed: servers/<id>.json of every pool is
 * written again, soon. */
void jobs_publish_server(struct jobs *j);

#endif
