/* packs_int.h - packs as part of other transactions. */
#ifndef COFFER_CATALOG_PACKS_INT_H
#define COFFER_CATALOG_PACKS_INT_H

#include "catalog/catalog_int.h"

/* A backup is completed: it needs these (text, NULL: none) and holds no others
 * of those that it held while it was made, but for such as nobody else holds:
 * they go with it. */
bool packs_settle(struct db *db, const struct backup_record *r,
		  struct err *e) MUST_CHECK;

/* What a manifest in a pool says that a backup needs is held besides. */
bool packs_adopt(struct db *db, const struct backup_record *r,
		 struct err *e) MUST_CHECK;

/* It holds nothing any more: what it held alone has been removed. */
bool packs_drop(struct db *db, const char *backup_id, struct err *e) MUST_CHECK;

/* In SQL, of a backup: it holds packs. */
#define BACKUP_HAS_PACKS(id)                                                   \
	"EXISTS (SELECT 1 FROM backup_packs k WHERE k.backup_id = " id ")"

#endif
