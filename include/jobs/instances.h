/*
 * instances.h - instances that provisioners make (rule 24). Rules of calls:
 * jobs.h. They are made by jobs_restore() with a provider.
 */
#ifndef COFFER_JOBS_INSTANCES_H
#define COFFER_JOBS_INSTANCES_H

#include <jansson.h>

#include "catalog/jobs.h"
#include "jobs/jobs.h"

/* One that the helper's configuration lists. */
struct jobs_provisioner {
	const char *name;
	const char *description; /* NULL: it told none */
	const json_t *engines;	 /* as it answered; NULL: err tells why */
	struct err err;
};

/* The list and what it points to are valid during the call. e: the helper
 * could not be asked. */
typedef void jobs_provisioners_cb(void *arg,
				  const struct jobs_provisioner *list, size_t n,
				  const struct err *e);

/* Asks each what it can, all at the same time; one that does not answer right
 * within 15 s is listed with its error. */
struct jobs_op *jobs_provisioners(struct jobs *j, jobs_provisioners_cb *done,
				  void *arg, struct err *e) MUST_CHECK;

/*
 * Destroys the instance of a source that a provisioner made, then forgets the
 * source, as DELETE does: a job of kind delete. Errors:
 * catalog_instance_doom().
 */
struct jobs_op *jobs_destroy(struct jobs *j, const char *source,
			     catalog_job_cb *done, void *arg,
			     struct err *e) MUST_CHECK;

#endif
