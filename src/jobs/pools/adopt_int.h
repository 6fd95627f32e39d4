/* adopt_int.h - a pool that is read for its backups. */
#ifndef COFFER_JOBS_ADOPT_INT_H
#define COFFER_JOBS_ADOPT_INT_H

#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "manifest/listing.h"

/* Fills a zeroed record with what a manifest in that pool says and whose it
 * is; also after a failure, backup_record_fini() ends it. "damaged_backup":
 * it says what cannot be. */
bool adopt_fill(struct backup_record *r, const struct manifest *m,
		const struct pool_record *pool, const char *server_id,
		struct err *e) MUST_CHECK;

#endif
