/*
 * pack_release.h - which packs go with a backup that does not live any more:
 * looks which backups of its source lie in the pool, and asks the catalog,
 * which must know all of them.
 */
#ifndef COFFER_JOBS_PACK_RELEASE_H
#define COFFER_JOBS_PACK_RELEASE_H

#include "catalog/packs.h"
#include "jobs/pools/pool_list.h"

/* Embedded in its owner; zero it to begin with. */
struct pack_release {
	struct jobs *jobs;
	char source_id[ID_MAX], backup_id[ID_MAX];
	struct pool_list list;
	struct catalog_op *op;
	catalog_packs_cb *done;
	void *arg;
};

/* Whose packs; copied. */
struct pack_owner {
	const char *source_id, *backup_id;
};

/* done runs once, from the loop, as that of catalog_packs_release(); or with
 * "store_failed". The opened pool lives as long. False with *e filled: it will
 * not run. */
bool pack_release_start(struct pack_release *p, const struct opening *o,
			const struct pack_owner *whose, catalog_packs_cb *done,
			void *arg, struct err *e) MUST_CHECK;

/* Cancels and frees what it holds; it may be started anew. */
void pack_release_fini(struct pack_release *p);

#endif
