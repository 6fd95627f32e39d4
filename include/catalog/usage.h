/* usage.h - how much the catalog holds. Rules of calls: catalog.h. */
#ifndef COFFER_CATALOG_USAGE_H
#define COFFER_CATALOG_USAGE_H

#include <stdint.h>

#include "catalog/catalog.h"
#include "model/runs.h"

/* For /v1/system and /metrics. */
struct catalog_usage {
	uint64_t sources, pools;
	uint64_t manual_backups; /* live ones: what rule 7 counts */
	uint64_t backups[BACKUP_STATUS_COUNT]; /* by status */
	uint64_t jobs[JOB_STATUS_COUNT];       /* by status */
	uint64_t stored_bytes;		       /* of completed backups */
};

/* u is NULL when e is not. */
typedef void catalog_usage_cb(void *arg, const struct catalog_usage *u,
			      const struct err *e);

/* Counts everything, at one instant. */
struct catalog_op *catalog_count(struct catalog *c, catalog_usage_cb *done,
				 void *arg, struct err *e) MUST_CHECK;

#endif
