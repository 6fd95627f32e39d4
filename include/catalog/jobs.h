/* jobs.h - the catalog's jobs and their logs. Rules of calls: catalog.h. */
#ifndef COFFER_CATALOG_JOBS_H
#define COFFER_CATALOG_JOBS_H

#include "catalog/catalog.h"
#include "model/runs.h"

typedef void catalog_job_cb(void *arg, const struct job_record *r,
			    const struct err *e);
typedef void catalog_jobs_cb(void *arg, const struct job_record *list,
			     const struct catalog_page *page,
			     const struct err *e);
typedef void catalog_log_cb(void *arg, const char *text, const struct err *e);

/* One, by id. */
struct catalog_op *catalog_job_get(struct catalog *c, const char *id,
				   catalog_job_cb *done, void *arg,
				   struct err *e) MUST_CHECK;

/* Filters: kind status source. */
struct catalog_op *catalog_job_list(struct catalog *c,
				    const struct catalog_query *q,
				    catalog_jobs_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

/* Adds one line to a job's log (at most 1,000 are kept, the newest); at_ms is
 * put before it. Nobody waits for it; a failure is logged. */
void catalog_job_log(struct catalog *c, const char *id, int64_t at_ms,
		     const char *text);

/* The log: "TIME line\n" each. */
struct catalog_op *catalog_job_read_log(struct catalog *c, const char *id,
					catalog_log_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
