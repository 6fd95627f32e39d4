/* restore_int.h - one restore under way. */
#ifndef COFFER_JOBS_RESTORE_INT_H
#define COFFER_JOBS_RESTORE_INT_H

#include "jobs/extract/extract.h"
#include "jobs/jobs_int.h"
#include "jobs/meter.h"
#include "jobs/restore/preflight.h"
#include "jobs/report.h"
#include "jobs/restore/restore_stream.h"
#include "jobs/retry.h"
#include "pipeline/budget.h"

enum restore_state {
	RESTORE_IDLE,	   /* in the queue */
	RESTORE_PREFLIGHT, /* manifest, index, target */
	RESTORE_SHARE,	   /* waits for its share of the buffers */
	RESTORE_START,	   /* the catalog notes that it runs */
	RESTORE_PROOF,	   /* they are read once before, into nothing */
	RESTORE_STREAM,	   /* parts flow into the target */
	RESTORE_EXTRACT,   /* of files: an instance is made, and read */
	RESTORE_VERIFY,	   /* tables are counted and digested again */
	RESTORE_SETTLE,	   /* a worker has not let go of the target yet */
	RESTORE_DESTROY,   /* that instance is taken down */
	RESTORE_RECORD,	   /* the catalog notes how it ended */
	RESTORE_STATE_COUNT,
};

struct restore_job {
	struct job base;
	enum restore_state state;
	struct restore_record r; /* what the catalog is told */
	struct preflight preflight;
	struct budget_share share;
	struct restore_stream stream;
	struct extract extract;
	struct source_op *verify;
	uint64_t total_bytes; /* to be read */
	size_t next_table;    /* to compare */
	int64_t settled_by;   /* RESTORE_SETTLE is over then; clock_mono_ms() */
	struct catalog_op *op;
	struct event *tick;
	struct retry retry; /* of telling the catalog how it ended */
	struct meter meter;
	struct err err; /* why it does not end well */
};

/* Into a zeroed job: what the catalog has accepted. Without memory for a copy
 * the job fails, when its turn has come. */
void restore_job_fill(struct restore_job *t, const struct restore_record *r);

/* Its vtable, for job_enqueue(). */
const struct job_ops *restore_job_ops(void);

/* What came until now belongs to the phase that is over, and who looks sees the
 * next one at once. */
void restore_set_state(struct restore_job *t, enum restore_state next);

/* An event of the restore: "started", or how it ended. */
void restore_tell_events(const struct restore_job *t, const char *verb);

/* Whether something of it may be in the target. */
bool restore_has_written(const struct restore_job *t);

/* --- restore_close.c: the ways to the end; each may free t */

/* Ends it; t->err tells how it went. A server that stops has no time for a
 * provisioner, its next start has. */
void restore_close(struct restore_job *t);

/* Drops what is under way, and ends it so. e is copied first. */
void restore_fail(struct restore_job *t, const struct err *e);

/* In RESTORE_SETTLE, from time to time. */
void restore_look_settled(struct restore_job *t);

/* Ends pipelines and the comparison at once. */
void restore_drop_stream(struct restore_job *t);

#endif
