/*
 * throwaways.h - instances that a restore makes of a backup's files to read
 * from them, and throws away. Rules of calls: catalog.h.
 *
 * Like those of drills (drills.h) one has the id of a source that no list
 * shows, is noted before anything of it is made, and forgotten when nothing of
 * it is left; what a crash leaves is found among catalog_instance_leftovers().
 */
#ifndef COFFER_CATALOG_THROWAWAYS_H
#define COFFER_CATALOG_THROWAWAYS_H

#include "catalog/catalog.h"

struct throwaway {
	const char *instance_id; /* id_new(..., "src") */
	const char *job_id;	 /* whose it is: running */
	int64_t fence;		 /* of the job */
	const char *provider;	 /* may have something of it from now on */
};

/* Strings are copied. ERR_CONFLICT: the job is not this one's any more. */
struct catalog_op *catalog_throwaway_begin(struct catalog *c,
					   const struct throwaway *t,
					   catalog_done_cb *done, void *arg,
					   struct err *e) MUST_CHECK;

/* Nothing of it is left. */
struct catalog_op *catalog_throwaway_gone(struct catalog *c,
					  const char *instance_id,
					  catalog_done_cb *done, void *arg,
					  struct err *e) MUST_CHECK;

#endif
