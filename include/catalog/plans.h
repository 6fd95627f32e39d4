/* plans.h - the catalog's plans. Due times: due.h. Rules of calls: catalog.h.
 */
#ifndef COFFER_CATALOG_PLANS_H
#define COFFER_CATALOG_PLANS_H

#include "catalog/backups.h"
#include "catalog/catalog.h"
#include "model/plan.h"

typedef void catalog_plan_cb(void *arg, const struct plan_record *r,
			     const struct err *e);
typedef void catalog_plans_cb(void *arg, const struct plan_record *list,
			      const struct catalog_page *page,
			      const struct err *e);

/*
 * A new plan: id, revision and times are made. Given: name, remarks,
 * is_enabled, source_id and pool_id (ids or names), strategy, method, scope,
 * timer, options, retention_days, grace_seconds, next_due_at. "name_taken",
 * "not_found" with the pointer's word source or pool in the text.
 */
struct catalog_op *catalog_plan_create(struct catalog *c,
				       const struct plan_record *r,
				       catalog_plan_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* One, by id or name. "not_found". */
struct catalog_op *catalog_plan_get(struct catalog *c, const char *key,
				    catalog_plan_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

/* Filters: q source pool strategy status engine. Sorts: created_at updated_at
 * name next_run last_run. status counts with the time of the call. */
struct catalog_op *catalog_plan_list(struct catalog *c,
				     const struct catalog_query *q,
				     catalog_plans_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

/*
 * Rule 22: sets everything that create takes, of r->id; if_revision as for
 * sources. What it derives stays; unmet_due_at is cleared when timer or
 * is_enabled changed. A backup that runs keeps what it began with.
 */
struct catalog_op *catalog_plan_update(struct catalog *c,
				       const struct plan_record *r,
				       int64_t if_revision,
				       catalog_plan_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/*
 * Rule 20. Its backups stay with their plan's name and expire on their own
 * date; with_backups: the completed ones that nothing holds are marked
 * deleting (rule 13), those that run are left to the caller to cancel first.
 * "plan_busy" while one of its backups is queued or running; "expiry_held"
 * when they stay and the brake keeps them (rule 14).
 */
struct catalog_op *catalog_plan_delete(struct catalog *c, const char *key,
				       bool with_backups, catalog_done_cb *done,
				       void *arg, struct err *e) MUST_CHECK;

/* What would go with it: its backups that delete would mark. */
struct catalog_op *catalog_plan_would_delete(struct catalog *c, const char *key,
					     catalog_backups_cb *done,
					     void *arg,
					     struct err *e) MUST_CHECK;

/* Somebody executes it now (rule 19): queues an automated backup with trigger
 * user. "plan_busy" while one of the plan is queued or running, "source_busy"
 * as for manual ones. description may be NULL. */
struct catalog_op *catalog_plan_execute(struct catalog *c, const char *key,
					const char *description,
					catalog_backup_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
