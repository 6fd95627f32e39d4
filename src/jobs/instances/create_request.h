/* create_request.h - jobs_restore() and jobs_restore_check() of restores that
 * make their target: with a provider in r. */
#ifndef COFFER_JOBS_CREATE_REQUEST_H
#define COFFER_JOBS_CREATE_REQUEST_H

#include "jobs/jobs.h"

/* As jobs_restore(); given in r as for catalog_restore_begin() with a provider.
 * Beyond its errors: "not_found" (no such provisioner), "provisioner_failed".
 */
struct jobs_op *create_request(struct jobs *j, const struct restore_record *r,
			       catalog_restore_cb *done, void *arg,
			       struct err *e) MUST_CHECK;

/* As jobs_restore_check(); that the name is taken, and what the provisioner
 * does not have, are blockers. */
struct jobs_op *create_check(struct jobs *j, const struct restore_record *r,
			     jobs_restore_report_cb *done, void *arg,
			     struct err *e) MUST_CHECK;

#endif
