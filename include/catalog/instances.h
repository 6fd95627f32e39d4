/*
 * instances.h - sources that a provisioner makes, from the moment that their
 * restore is accepted until nothing of them is left. Rules of calls: catalog.h.
 *
 * catalog_restore_begin() makes the source with is_creating, in the transaction
 * that queues the restore; catalog_restore_finish() makes it whole or takes it
 * away. Between the two, and for as long as something of it is left, nobody may
 * use it: "source_busy".
 */
#ifndef COFFER_CATALOG_INSTANCES_H
#define COFFER_CATALOG_INSTANCES_H

#include "catalog/catalog.h"
#include "catalog/jobs.h"
#include "catalog/sources.h"

/* Those that are not whole and that no job works with: what a crash or a
 * provisioner that failed has left. page->n of them, at most 500. */
struct catalog_op *catalog_instance_leftovers(struct catalog *c,
					      catalog_sources_cb *done,
					      void *arg,
					      struct err *e) MUST_CHECK;

/* Nothing of it is left (why NULL): its source goes. Or why it could not be
 * destroyed: the source says so. Leaves one alone that is whole, that a job
 * works with, or that is gone. */
struct catalog_op *catalog_instance_swept(struct catalog *c, const char *id,
					  const struct err *why,
					  catalog_done_cb *done, void *arg,
					  struct err *e) MUST_CHECK;

/*
 * It is to be destroyed, whole or not: a running job of kind delete keeps the
 * source from now on (r->source_id, r->id, r->fence). "not_provisioned" when
 * no provisioner has made it, and all that catalog_source_delete() refuses.
 */
struct catalog_op *catalog_instance_doom(struct catalog *c, const char *key,
					 catalog_job_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/*
 * The end of that job, under r->fence: it is destroyed (r->status completed),
 * and its source goes as with catalog_source_delete(), but for automated
 * backups that somebody holds or uses by now: they stay. Or not (failed,
 * r->error_json): the source stays, unreachable, with why as the reason.
 */
struct catalog_op *catalog_instance_destroyed(struct catalog *c,
					      const struct job_record *r,
					      const char *why,
					      catalog_done_cb *done, void *arg,
					      struct err *e) MUST_CHECK;

#endif
