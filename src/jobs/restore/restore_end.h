/* restore_end.h - how a restore has ended, whatever its target. */
#ifndef COFFER_JOBS_RESTORE_END_H
#define COFFER_JOBS_RESTORE_END_H

#include "catalog/restores.h"
#include "jobs/jobs_int.h"

/* Status, error and time into r, a line into the job's log; from here on it
 * cannot be canceled. why is empty when it went well. */
void restore_end_fill(struct job *job, struct restore_record *r,
		      const struct err *why);

/* Tells the catalog r, with the job's progress; the target is locked until it
 * has taken it. Returns the op; NULL with *e filled. */
struct catalog_op *restore_end_tell(struct job *job,
				    const struct restore_record *r,
				    catalog_done_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

#endif
