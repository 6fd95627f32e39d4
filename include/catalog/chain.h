/* chain.h - what backups build upon. Rules of calls: catalog.h. */
#ifndef COFFER_CATALOG_CHAIN_H
#define COFFER_CATALOG_CHAIN_H

#include "catalog/backups.h"

/*
 * What an increment may build upon: the last completed backup of the plan,
 * source, pool, method and scope of the backup id, which is being made, if that
 * makes no more than full_every backups with the full one at the beginning of
 * the chain, and none of them is gone or damaged. None of them can be deleted
 * from then on, as long as id lives. done's record: NULL, there is none.
 */
struct catalog_op *catalog_backup_chain(struct catalog *c, const char *id,
					int64_t full_every,
					catalog_backup_cb *done, void *arg,
					struct err *e) MUST_CHECK;

#endif
