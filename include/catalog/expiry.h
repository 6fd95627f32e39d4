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

/* What a pass goes by; copied. */
struct expiry_pass {
	int64_t now_ms;
	/* How long the server has run since its last pass, by the monotonic
	 * clock; 0: this is its first. A clock that is far ahead of that is
	 * doubted: it puts the brake on all plans, see doc/reference/plans.md.
	 */
	int64_t ran_ms;
	unsigned limit;
};

/* Decides and marks those that go as deleting, at most limit, in one
 * transaction, and gives them. It leaves an event of each (kind backup, act
 * backup.expired, with the reason) and, if there are any, a job of kind expire
 * that is over. A sweep, which the caller starts, removes their objects. */
struct catalog_op *catalog_backup_expire(struct catalog *c,
					 const struct expiry_pass *pass,
					 catalog_backups_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* Lets go of the brake: expiry_held_reason becomes NULL, and the sizes of
 * today are what the next backup is compared with. */
struct catalog_op *catalog_plan_release(struct catalog *c, const char *key,
					catalog_plan_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
