/* checks.h - the catalog's verifications of backups. Rules of calls:
 * catalog.h. */
#ifndef COFFER_CATALOG_CHECKS_H
#define COFFER_CATALOG_CHECKS_H

#include "catalog/backups.h"
#include "catalog/jobs.h"

/* Queues a job of kind verify: the backup is completed ("backup_not_completed")
 * and not verified already ("backup_in_use"); until its end it cannot be
 * deleted. scope: "all" "sample". */
struct catalog_op *catalog_verify_begin(struct catalog *c, const char *key,
					const char *scope, catalog_job_cb *done,
					void *arg, struct err *e) MUST_CHECK;

/* queued -> running, under fence. */
struct catalog_op *catalog_verify_started(struct catalog *c, const char *job_id,
					  int64_t fence, catalog_done_cb *done,
					  void *arg, struct err *e) MUST_CHECK;

/* How it ended. */
struct verify_end {
	const char *job_id, *backup_id, *scope;
	int64_t fence;
	enum job_status status;	 /* completed failed canceled */
	bool has_verdict;	 /* else the store could not be read: the
				  * backup's own verdict stays as it was */
	bool is_sound;		 /* has_verdict: passed, else failed */
	bool is_shallow;	 /* what is in the objects was not read */
	const struct err *error; /* why not; or NULL */
	const char *progress_json;
};
struct catalog_op *catalog_verify_finish(struct catalog *c,
					 const struct verify_end *v,
					 catalog_done_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

#endif
