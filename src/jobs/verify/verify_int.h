/* verify_int.h - one verification under way. */
#ifndef COFFER_JOBS_VERIFY_INT_H
#define COFFER_JOBS_VERIFY_INT_H

#include "catalog/checks.h"
#include "jobs/jobs_int.h"
#include "jobs/meter.h"
#include "jobs/opening.h"
#include "jobs/retry.h"
#include "jobs/verify/verify_index.h"
#include "jobs/verify/verify_parts.h"
#include "pipeline/budget.h"

enum verify_state {
	VERIFY_IDLE,	 /* in the queue */
	VERIFY_START,	 /* the catalog notes that it runs */
	VERIFY_OPEN,	 /* records, the store */
	VERIFY_MANIFEST, /* fetched, compared with the catalog's digest */
	VERIFY_INDEX,	 /* read line by line */
	VERIFY_SETTLE,	 /* a worker adds up what it says */
	VERIFY_SHARE,	 /* waits for its share of the buffers */
	VERIFY_PARTS,	 /* objects are read and compared */
	VERIFY_PROBE,	 /* something is missing: is the pool there at all? */
	VERIFY_RECORD,	 /* the catalog notes how it ended */
	VERIFY_STATE_COUNT,
};

struct verify_job {
	struct job base; /* first */
	enum verify_state state;
	char backup_id[ID_MAX], scope[8];
	int64_t fence;
	struct opening opening;
	struct exchange *exchange;
	struct manifest m;
	struct verify_index *index;
	struct budget_share share;
	uint32_t *list; /* what is read, see verify_parts.h */
	size_t n;
	uint64_t total_bytes;
	struct verify_parts *parts;
	struct verify_parts_facts facts; /* of parts that are gone */
	struct store_op *probe;
	char *probed; /* what it reads */
	struct catalog_op *op;
	struct event *tick;
	struct retry retry; /* of telling the catalog how it ended */
	struct meter meter;
	size_t ndamaged;
	bool is_missing;   /* some object, or the manifest */
	bool is_shallow;   /* no identity opens it */
	bool is_bare;	   /* not even the manifest was there */
	bool has_verdict;  /* else err tells why there is none */
	struct err damage; /* the first that was found */
	struct err err;
};

/* What the catalog has accepted; the scope is there. */
void verify_job_fill(struct verify_job *v, const struct job_record *r);

/* Its vtable, for job_enqueue(). */
const struct job_ops *verify_job_ops(void);

/* verify_end.c: something is damaged; goes on, or not, as the caller likes. */
void verify_note(struct verify_job *v, const struct err *e);

/* All was looked at that can be: asks whether the pool is there if something
 * is missing, then tells the catalog. */
void verify_conclude(struct verify_job *v);

/* It cannot go on: no verdict. */
void verify_fail(struct verify_job *v, const struct err *e);

/* Ends all that is under way but telling the catalog. */
void verify_drop(struct verify_job *v);

/* Logs the change. */
void verify_set_state(struct verify_job *v, enum verify_state next);

/* One more event: "started", or how it has ended. */
void verify_announce(const struct verify_job *v, const char *verb);

#endif
