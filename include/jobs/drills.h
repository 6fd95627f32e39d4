/*
 * drills.h - restore drills: a throwaway instance is made from a backup, held
 * against the manifest, and destroyed. Rules of calls: jobs.h.
 */
#ifndef COFFER_JOBS_DRILLS_H
#define COFFER_JOBS_DRILLS_H

#include "catalog/drills.h"
#include "jobs/jobs.h"

/* What makes the instance. Strings are copied. */
struct jobs_drill_means {
	const char *provider;	  /* a provisioner; NULL or "": the only one */
	const char *options_json; /* for it; or NULL */
};

/* Somebody asks for a drill of a backup, by id or name: the job is queued.
 * Beyond the errors of catalog_drill_begin(): "invalid_value", naming the
 * provisioners that there are, and that they cannot be asked for. */
struct jobs_op *jobs_drill(struct jobs *j, const char *backup,
			   const struct jobs_drill_means *means,
			   catalog_job_cb *done, void *arg,
			   struct err *e) MUST_CHECK;

/* A drill of a plan is due (catalog_drill_decide): what it queues is enqueued.
 * done gets r NULL when nothing runs. */
struct jobs_op *jobs_drill_due(struct jobs *j, const struct plan_decision *d,
			       const struct jobs_drill_means *means,
			       catalog_job_cb *done, void *arg,
			       struct err *e) MUST_CHECK;

#endif
