/*
 * backups.h - the catalog's backups, and the jobs that make them. Rules of
 * calls: catalog.h.
 *
 * A job is claimed under a fence: the number that begin gave must be shown by
 * whoever reports on it. A report with another fence changes nothing and is
 * ERR_CONFLICT "interrupted": somebody else has decided meanwhile.
 */
#ifndef COFFER_CATALOG_BACKUPS_H
#define COFFER_CATALOG_BACKUPS_H

#include "catalog/catalog.h"
#include "model/runs.h"

typedef void catalog_backup_cb(void *arg, const struct backup_record *r,
			       const struct err *e);
typedef void catalog_backups_cb(void *arg, const struct backup_record *list,
				const struct catalog_page *page,
				const struct err *e);

/*
 * Decides in one transaction that a backup may be made, and queues it with
 * its job: name free (rule 5: "name_taken"), source known ("not_found") and
 * not busy with a backup or restore, running or queued (rule 3: "source_busy",
 * naming it), pool known, quota of manual ones (rule 7: "quota_exceeded").
 * Given: name, description, type, trigger, method, source_id, pool_id (ids or
 * names), scope_json, options_json. The rest is made.
 */
struct catalog_op *catalog_backup_begin(struct catalog *c,
					const struct backup_record *r,
					catalog_backup_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* Whether that would be refused now for its name or its source ("name_taken",
 * "not_found", "source_busy"): a look before what takes long, which binds
 * nobody. */
struct catalog_op *catalog_backup_check(struct catalog *c,
					const struct backup_record *r,
					catalog_done_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* queued -> backing_up, with started_at and save_path; under r->fence. One of a
 * plan takes its source now: "source_busy" when something else keeps it, and
 * it stays queued. */
struct catalog_op *catalog_backup_started(struct catalog *c,
					  const struct backup_record *r,
					  catalog_done_cb *done, void *arg,
					  struct err *e) MUST_CHECK;

/*
 * The end, under r->fence: status completed, failed or canceled, and all that
 * is known by then. Frees the source; failed and canceled ones free the name
 * and the quota and keep has_leftovers as given. progress_json: for the job.
 */
struct catalog_op *catalog_backup_finish(struct catalog *c,
					 const struct backup_record *r,
					 const char *progress_json,
					 catalog_done_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* One, by id or name (a name means the live one that has it). */
struct catalog_op *catalog_backup_get(struct catalog *c, const char *key,
				      catalog_backup_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

/* Filters: q source pool plan type method status since until. */
struct catalog_op *catalog_backup_list(struct catalog *c,
				       const struct catalog_query *q,
				       catalog_backups_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Sets description (NULL: unchanged) and held of r->id; if_revision as for
 * sources. "backup_in_use" while it is deleted. */
struct catalog_op *catalog_backup_update(struct catalog *c,
					 const struct backup_record *r,
					 int64_t if_revision,
					 catalog_backup_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/*
 * Rule 13: -> deleting, with a running job of kind delete (r->job_id,
 * r->fence), the name and quota freed. "backup_in_use" while it is made,
 * restored or deleted already; "backup_held".
 */
struct catalog_op *catalog_backup_delete(struct catalog *c, const char *key,
					 catalog_backup_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/*
 * The objects are gone (e NULL) or not (e: why; it stays deleting and is tried
 * again later). A deleting backup is forgotten, another one loses
 * has_leftovers. Ends the job of kind delete, if there is one.
 */
struct catalog_op *catalog_backup_swept(struct catalog *c, const char *id,
					const struct err *why,
					catalog_done_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* Those of no running job whose objects must go: deleting, has_leftovers. */
struct catalog_op *catalog_backup_sweepable(struct catalog *c,
					    catalog_backups_cb *done, void *arg,
					    struct err *e) MUST_CHECK;

#endif
