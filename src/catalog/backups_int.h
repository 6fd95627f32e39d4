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

/* Rule 3: nothing keeps the source, and no backup of it is queued or running.
 * "source_busy", naming what is. */
bool backup_check_idle(struct db *db, const char *source_id,
		       struct err *e) MUST_CHECK;

/*
 * Adds a backup with its job, both queued, and nothing is asked any more:
 * r->name is free, source_id and pool_id are ids. r gets its id, its job's and
 * what the source is called. lock_key as for job_add(); retention_days: how
 * long it is kept once it is completed, 0: for ever.
 */
bool backup_queue(struct catalog *c, struct backup_record *r,
		  const char *lock_key, int64_t retention_days,
		  struct err *e) MUST_CHECK;

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
