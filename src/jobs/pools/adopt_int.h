/* adopt_int.h - a pool that is read for its backups. */
#ifndef COFFER_JOBS_ADOPT_INT_H
#define COFFER_JOBS_ADOPT_INT_H

#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "jobs/pools/pool_list.h"
#include "jobs/retry.h"
#include "manifest/listing.h"

enum { ADOPT_READERS = 4 };

enum adopt_state {
	ADOPT_OPEN,   /* the pool's record and store */
	ADOPT_LIST,   /* what lies there */
	ADOPT_READ,   /* the manifests */
	ADOPT_FORGET, /* what does not lie there any more */
	ADOPT_RECORD, /* the catalog is told the end */
	ADOPT_STATE_COUNT,
};

struct adopt_job;

/* Reads one manifest after the other. */
struct adopt_reader {
	struct adopt_job *job;
	const struct listing_entry *at; /* NULL: idle */
	struct exchange *exchange;
	struct catalog_op *op;
	struct manifest m;
	struct owner_found owner;
};

struct adopt_job {
	struct job base; /* first */
	enum adopt_state state;
	char pool_id[ID_MAX];
	int64_t fence;
	struct opening opening;
	struct pool_list list;
	size_t next; /* of the list, to read */
	struct adopt_reader readers[ADOPT_READERS];
	unsigned nreading;
	size_t done, adopted, damaged;
	struct catalog_op *op;
	struct retry retry;
	struct err err;
};

/* adopt.c: logs the change. */
void adopt_set_state(struct adopt_job *a, enum adopt_state next);

/* adopt_read.c: reads the manifests that are listed and tells the catalog of
 * each; goes on with adopt_forget(), or ends the job. */
void adopt_read(struct adopt_job *a);

/* Ends what the readers have under way. */
void adopt_read_drop(struct adopt_job *a);

/* adopt_end.c: all is read: what is not listed leaves the catalog, and the job
 * ends. */
void adopt_forget(struct adopt_job *a);

/* Drops all, tells the catalog how it ended, and ends the job. why: the
 * failure, copied, or NULL. */
void adopt_finish(struct adopt_job *a, const struct err *why);

/* Ends all that is under way but telling the catalog. */
void adopt_drop(struct adopt_job *a);

/* One more event: "started", or how it has ended. */
void adopt_announce(const struct adopt_job *a, const char *verb);

/* Fills a zeroed record with what a manifest in that pool says and whose it
 * is; also after a failure, backup_record_fini() ends it. "damaged_backup":
 * it says what cannot be. */
bool adopt_fill(struct backup_record *r, const struct manifest *m,
		const struct pool_record *pool, const char *server_id,
		struct err *e) MUST_CHECK;

#endif
