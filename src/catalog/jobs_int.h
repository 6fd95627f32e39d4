/* jobs_int.h - jobs as part of other transactions. */
#ifndef COFFER_CATALOG_JOBS_INT_H
#define COFFER_CATALOG_JOBS_INT_H

#include "catalog/catalog_int.h"

/*
 * Adds a job, queued or running: j->kind, status, resource, source_id and
 * pool_id are given; id, fence and times are made. lock_key: the source that
 * it keeps for itself (job_check_lock() has said that it is free), or NULL.
 */
bool job_add(struct db *db, struct job_record *j, const char *lock_key,
	     struct err *e) MUST_CHECK;

/* Rule 3: no job keeps the source. "source_busy", naming what does. */
bool job_check_lock(struct db *db, const char *source_id,
		    struct err *e) MUST_CHECK;

/* queued -> running; ERR_CONFLICT "interrupted" if the fence is another or
 * the job is over. */
bool job_start(struct db *db, const char *resource, int64_t fence,
	       int64_t at_ms, struct err *e) MUST_CHECK;

/* How a job ends. */
struct job_end {
	const char *resource;
	int64_t fence;
	enum job_status status; /* completed, failed or canceled */
	const char *error_json, *progress_json;
	int64_t at_ms;
};

/* Ends it, gives its lock back, and forgets the oldest ended jobs beyond
 * JOBS_KEPT. Refuses as job_start() does. */
bool job_finish(struct db *db, const struct job_end *end,
		struct err *e) MUST_CHECK;

/* {"code","detail","attempts":[]} as text; caller frees, NULL without
 * memory. */
char *job_error_json(const char *code, const char *detail) MUST_CHECK;

enum { JOBS_KEPT = 10000 };

#endif
