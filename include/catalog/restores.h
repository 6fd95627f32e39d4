/*
 * restores.h - the catalog's restores, and the jobs that make them. Rules of
 * calls: catalog.h; fences: backups.h.
 */
#ifndef COFFER_CATALOG_RESTORES_H
#define COFFER_CATALOG_RESTORES_H

#include "catalog/catalog.h"
#include "model/runs.h"

typedef void catalog_restore_cb(void *arg, const struct restore_record *r,
				const struct err *e);
typedef void catalog_restores_cb(void *arg, const struct restore_record *list,
				 const struct catalog_page *page,
				 const struct err *e);

/*
 * Queues a restore with its job: backup completed (rule 23:
 * "backup_not_completed"), target known and not busy ("source_busy", naming
 * what keeps it). Given: backup_id, target_id (ids or names), request_json.
 * With target_path a folder is the target, and target_id is "". Into a folder,
 * those above it and those in it no other restore writes meanwhile, be it named
 * by its path or as a source of files ("source_busy").
 * With a provider the target is new (rule 24): target_name is given, and the
 * source is made in the same transaction, is_creating (instances.h);
 * "invalid_name", "name_taken".
 */
struct catalog_op *catalog_restore_begin(struct catalog *c,
					 const struct restore_record *r,
					 catalog_restore_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* -> running, with started_at; under r->fence. */
struct catalog_op *catalog_restore_started(struct catalog *c,
					   const struct restore_record *r,
					   catalog_done_cb *done, void *arg,
					   struct err *e) MUST_CHECK;

/* The end, under r->fence. Of one with a new target, which completed:
 * connection_json, secret and version make the source whole; which did not:
 * is_destroyed takes it away, else it stays and says leftover. */
struct catalog_op *catalog_restore_finish(struct catalog *c,
					  const struct restore_record *r,
					  const char *progress_json,
					  catalog_done_cb *done, void *arg,
					  struct err *e) MUST_CHECK;

/* One, by id. */
struct catalog_op *catalog_restore_get(struct catalog *c, const char *id,
				       catalog_restore_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Filters: backup status target. */
struct catalog_op *catalog_restore_list(struct catalog *c,
					const struct catalog_query *q,
					catalog_restores_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
