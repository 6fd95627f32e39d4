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
 * what the source is called. lock_key as for job_add().
 */
bool backup_queue(struct catalog *c, struct backup_record *r,
		  const char *lock_key, struct err *e) MUST_CHECK;

/* Parts of conditions on backups b, in SQL: this server made it or took it
 * over; it is being restored or verified; a live backup needs it. */
#define BACKUP_IS_MINE "b.server_id = (SELECT v.server_id FROM server v)"
#define BACKUP_IS_USED(kind)                                                   \
	"EXISTS (SELECT 1 FROM jobs k WHERE k.resource = b.id"                 \
	" AND k.kind = '" kind "' AND k.status IN ('queued', 'running'))"
#define BACKUP_IS_RESTORING                                                    \
	"(EXISTS (SELECT 1 FROM restores r WHERE r.backup_id = b.id"           \
	" AND r.status IN ('queued', 'running')) OR " BACKUP_IS_USED(          \
		"drill") ")"
#define BACKUP_IS_VERIFYING BACKUP_IS_USED("verify")
#define BACKUP_IS_NEEDED                                                       \
	"EXISTS (SELECT 1 FROM backups d WHERE d.source_id = b.source_id"      \
	" AND d.depends_on_json IS NOT NULL"                                   \
	" AND d.status IN ('queued', 'backing_up', 'completed')"               \
	" AND instr(d.depends_on_json, b.id) > 0)"

/* Of b in a set "going" with ids: one that is not among them needs it. */
#define BACKUP_IS_NEEDED_BEYOND                                                \
	"EXISTS (SELECT 1 FROM backups d WHERE d.source_id = b.source_id"      \
	" AND d.depends_on_json IS NOT NULL"                                   \
	" AND d.status IN ('queued', 'backing_up', 'completed')"               \
	" AND instr(d.depends_on_json, b.id) > 0"                              \
	" AND d.id NOT IN (SELECT g.id FROM going g))"

/* Marks one as deleting without a job of its own: a sweep removes its objects
 * soon. The caller has seen that it may go. */
bool backup_mark(struct db *db, const char *id, struct err *e) MUST_CHECK;

/* The same for each whose id sql gives. */
bool backup_mark_all(struct db *db, const char *sql, const struct arg *args,
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
