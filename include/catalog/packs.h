/*
 * packs.h - who needs which packs: parts that several backups of a tree share
 * (model/packs.h). Rules of calls: catalog.h.
 *
 * A backup holds packs from the choice of its base on. Holds are copied from
 * completed backups alone, in one transaction; and the last hold on a pack is
 * given up only after the pack was removed from the store. So nothing that is
 * needed goes, and nothing stays that nobody holds.
 */
#ifndef COFFER_CATALOG_PACKS_H
#define COFFER_CATALOG_PACKS_H

#include "catalog/backups.h"

/*
 * What the increment id, which is being made, may build upon: the last
 * completed backup of its plan, source, pool, method and scope, if it has
 * packs, no verification has found it or one that it shares packs with damaged,
 * and there would be no more than full_every backups with the full one at the
 * beginning. id holds its packs from then on, even if it is deleted. done's
 * record: NULL, there is none.
 */
struct catalog_op *catalog_packs_hold(struct catalog *c, const char *id,
				      int64_t full_every,
				      catalog_backup_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

/* Whose packs are to go; copied. */
struct packs_release {
	const char *backup_id, *source_id;
	/* all backups of the source whose manifests lie in the pool */
	const char (*there)[ID_MAX];
	size_t n;
};

/* packs: text as in model/packs.h, valid during the call; NULL with e. */
typedef void catalog_packs_cb(void *arg, const char *packs,
			      const struct err *e);

/*
 * A backup that does not live any more (or that is in no record) gives up what
 * others hold, too; what is left, and all that it wrote and nobody holds, is
 * told, to be removed from the store before the catalog forgets the backup. It
 * may be asked again. "pool_unread" (ERR_CONFLICT) when a backup lies in the
 * pool that is in no record, since nobody knows what that one needs.
 */
struct catalog_op *catalog_packs_release(struct catalog *c,
					 const struct packs_release *what,
					 catalog_packs_cb *done, void *arg,
					 struct err *e) MUST_CHECK;

#endif
