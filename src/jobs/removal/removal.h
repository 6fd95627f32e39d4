/*
 * removal.h - takes the objects of one backup out of its pool and tells the
 * catalog. For deletions, and for what failed jobs left.
 */
#ifndef COFFER_JOBS_REMOVAL_H
#define COFFER_JOBS_REMOVAL_H

#include "base/err.h"
#include "catalog/catalog.h"

struct jobs;
struct removal;

/*
 * done runs once, from the loop: e NULL when the objects are gone and the
 * catalog knows; else the catalog keeps the backup for a later sweep. A backup
 * whose pool is no longer bound has nothing here to remove. NULL with *e
 * filled.
 */
struct removal *removal_start(struct jobs *j, const char *backup_id,
			      catalog_done_cb *done, void *arg,
			      struct err *e) MUST_CHECK;

/* The same, but the catalog is not told: there will be another look. */
struct removal *removal_start_early(struct jobs *j, const char *backup_id,
				    catalog_done_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

/* done will not run; frees it. NULL is fine. */
void removal_cancel(struct removal *r);

#endif
