/* backups_int.h - backups as part of other transactions. */
#ifndef COFFER_CATALOG_BACKUPS_INT_H
#define COFFER_CATALOG_BACKUPS_INT_H

#include "catalog/catalog_int.h"

/* Reads one into out. */
bool backup_read(struct db *db, const char *id, struct rows *out,
		 struct err *e) MUST_CHECK;

/* Reads each whose id sql gives into out. */
bool backup_read_all(struct db *db, const char *sql, const struct arg *args,
		     struct rows *out, struct err *e) MUST_CHECK;

/* It is not live any more: its name is free (rule 5), and it does not count
 * for the quota (rule 7). Does nothing to one that is dead already. */
bool backup_release(struct db *db, const char *id, struct err *e) MUST_CHECK;

/* Copies r into the call; op may be NULL. False: no memory. */
bool backup_give(struct catalog_op *op,
		 const struct backup_record *r) MUST_CHECK;

/* Answers with one backup. */
void backup_tell(const struct catalog_op *op, const struct err *e);

/* Answers with op->page and all that were read. */
void backup_tell_list(const struct catalog_op *op, const struct err *e);

#endif
