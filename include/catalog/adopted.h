/*
 * adopted.h - backups that were found in a pool (rule 17). Rules of calls:
 * catalog.h.
 */
#ifndef COFFER_CATALOG_ADOPTED_H
#define COFFER_CATALOG_ADOPTED_H

#include "catalog/backups.h"
#include "catalog/jobs.h"
#include "catalog/plans.h"
#include "catalog/sources.h"

/* Queues a job of kind adopt for a pool (running at once under r->fence):
 * "pool_in_use" while one runs already. */
struct catalog_op *catalog_adopt_begin(struct catalog *c, const char *pool,
				       catalog_job_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Pools that were bound, or were to be read again, and of which no job has come
 * to its end since (a crash, a stop, a store that was away); but those that a
 * job reads now. ids: n of them, valid during the call; NULL if there is none
 * or with e. */
typedef void catalog_unread_cb(void *arg, const char (*ids)[ID_MAX], size_t n,
			       const struct err *e);
struct catalog_op *catalog_adopt_unread(struct catalog *c,
					catalog_unread_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/*
 * Takes in a completed backup that a manifest in pool r->pool_id tells of: all
 * fields as given, server_id its owner's, manifest_digest known. One that is
 * known already (by id) gets its owner and nothing else anew. A name that is
 * taken gets a suffix ("-2"); the quota does not count. done: *r as it is now.
 */
struct catalog_op *catalog_backup_adopt(struct catalog *c,
					const struct backup_record *r,
					catalog_backup_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* The backups that a pool holds; copied. */
struct pool_listing {
	const char *pool_id;
	const char (*ids)[ID_MAX]; /* sorted */
	size_t n;
};

/* Adopted ones of the pool that it does not hold any more leave the list:
 * their manifests are gone. */
struct catalog_op *catalog_adopt_forget(struct catalog *c,
					const struct pool_listing *there,
					catalog_done_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* Takeover: all backups of a server in a pool are this server's from now on. */
struct catalog_op *catalog_adopt_take(struct catalog *c, const char *pool_id,
				      const char *server_id,
				      catalog_done_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

/*
 * Takeover: takes in a source of another server, with its id, remarks, engine,
 * region, connection; not reachable until its secret is given. One that is
 * known by its id stays as it is; a name that is taken gets a suffix. done: as
 * it is now.
 */
struct catalog_op *catalog_source_import(struct catalog *c,
					 const struct source_record *r,
					 catalog_source_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

/* The same for a plan, with its ids; it is paused. Its source is known. */
struct catalog_op *catalog_plan_import(struct catalog *c,
				       const struct plan_record *r,
				       catalog_plan_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* How the job ended, under its fence; copied. */
struct adopt_end {
	const char *job_id;
	int64_t fence;
	const struct err *why; /* NULL: it worked */
	const char *progress_json;
};
struct catalog_op *catalog_adopt_finish(struct catalog *c,
					const struct adopt_end *end,
					catalog_done_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
