/* drills_int.h - restore drills in the catalog's transactions. */
#ifndef COFFER_CATALOG_DRILLS_INT_H
#define COFFER_CATALOG_DRILLS_INT_H

#include "catalog/catalog_int.h"
#include "catalog/drills.h"

/* A call about a drill: what it takes or gives, with strings of its own. */
struct drill_row {
	struct drill_record drill;
	bool is_there;	      /* begun or decided: to be told */
	struct drill_end end; /* its error is the one below */
	struct err error;
	char *error_json, *progress_json;
};

/* NULL is fine. */
void drill_row_free(struct drill_row *row);

/* Answers with op->drill, or that there is none. */
void drill_tell(const struct catalog_op *op, const struct err *e);

/* Adds the job, queued, and notes the instance; nothing is asked any more. */
bool drill_queue(struct db *db, const struct backup_record *b,
		 struct drill_record *d, struct err *e) MUST_CHECK;

/* No drill of the backup is queued or running: "backup_in_use". */
bool drill_check_idle(struct db *db, const struct backup_record *b,
		      struct err *e) MUST_CHECK;

/* The backup's data can be read here: "identity_missing". */
bool drill_check_readable(struct db *db, const struct backup_record *b,
			  struct err *e) MUST_CHECK;

/* Why a plan's timer got no verdict, as its last_drill_json; and as an event,
 * unless is_told. */
struct drill_trouble {
	const char *code, *detail;
	const char *backup_id, *job_id; /* or NULL */
};
bool drill_note_trouble(struct catalog *c, struct catalog_op *op,
			const char *plan_id,
			const struct drill_trouble *t) MUST_CHECK;

/* The same of a drill that has ended, op->drill: its verdict, on its backup and
 * the backup's plan, or why the timer that began it got none. */
bool drill_keep(struct catalog *c, struct catalog_op *op) MUST_CHECK;

/* Plans whose timers began a drill that a crash has cut say so. */
bool drill_note_cut(struct db *db, struct err *e) MUST_CHECK;

/* After a crash, before jobs are failed: the above; drills of which nothing was
 * made are forgotten; and a clock that was far ahead keeps no plan waiting
 * (PLAN_CLOCK_MS). */
bool drills_recover(struct db *db, int64_t now_ms, struct err *e) MUST_CHECK;

/* Adds the instances of drills that are over to sources, as such that are being
 * made; and one of them is gone. */
bool drill_leftovers(struct db *db, struct rows *out, struct err *e) MUST_CHECK;
bool drill_swept(struct db *db, const char *id, struct err *e) MUST_CHECK;

#endif
