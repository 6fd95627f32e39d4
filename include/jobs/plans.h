/*
 * plans.h - backups that plans ask for, and what becomes of them. Rules of
 * calls: jobs.h.
 */
#ifndef COFFER_JOBS_PLANS_H
#define COFFER_JOBS_PLANS_H

#include "catalog/due.h"
#include "catalog/plans.h"
#include "jobs/jobs.h"

/* A run of a plan that is due (catalog_plan_decide): what it queues is
 * enqueued. done gets r NULL when nothing runs. */
struct jobs_op *jobs_plan_due(struct jobs *j, const struct plan_decision *d,
			      catalog_backup_cb *done, void *arg,
			      struct err *e) MUST_CHECK;

/* Somebody executes a plan (catalog_plan_execute). */
struct jobs_op *jobs_plan_execute(struct jobs *j, const char *plan,
				  const char *description,
				  catalog_backup_cb *done, void *arg,
				  struct err *e) MUST_CHECK;

/* One pass of retention (rule 14): marks and removes what is to go; returns at
 * once, several at a time are one. */
void jobs_expire(struct jobs *j);

#endif
