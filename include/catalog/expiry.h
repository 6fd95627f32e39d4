/* expiry.h - rule 14 in the catalog: what expires. Rules of calls: catalog.h.
 */
#ifndef COFFER_CATALOG_EXPIRY_H
#define COFFER_CATALOG_EXPIRY_H

#include "catalog/backups.h"
#include "catalog/plans.h"
#include "model/retention.h"

/* Verdicts of retention_decide() over the completed backups of a plan (key
 * NULL: of all), with what else the decision needs, at now_ms. */
typedef void catalog_retention_cb(void *arg, const struct backup_record *list,
				  const enum retention_verdict *verdicts,
				  size_t n, const struct err *e);
struct catalog_op *catalog_plan_expiry(struct catalog *c, const char *key,
				       int64_t now_ms,
				       catalog_retention_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Decides and marks those that go as deleting, at most limit, in one
 * transaction, and gives them. It leaves an event of each (kind backup, act
 * backup.expired, with the reason) and, if there are any, a job of kind expire
 * that is over. A sweep, which the caller starts, removes their objects. */
struct catalog_op *catalog_backup_expire(struct catalog *c, int64_t now_ms,
					 unsigned limit,
					 catalog_backups_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* Lets go of the brake: expiry_held_reason becomes NULL, and the sizes of
 * today are what the next backup is compared with. */
struct catalog_op *catalog_plan_release(struct catalog *c, const char *key,
					catalog_plan_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
