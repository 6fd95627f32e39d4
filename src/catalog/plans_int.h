/* plans_int.h - plans as part of other transactions. */
#ifndef COFFER_CATALOG_PLANS_INT_H
#define COFFER_CATALOG_PLANS_INT_H

#include "catalog/catalog_int.h"

/* Reads one into out. */
bool plan_read(struct db *db, const char *id, struct rows *out,
	       struct err *e) MUST_CHECK;

/* Reads each whose id sql gives into out. */
bool plan_read_all(struct db *db, const char *sql, const struct arg *args,
		   struct rows *out, struct err *e) MUST_CHECK;

/* Adds it as it is: id, name and times are settled, secrets are none of it. */
bool plan_insert(struct db *db, const struct plan_record *r,
		 struct err *e) MUST_CHECK;

/* Copies r into the call; op may be NULL. False: no memory. */
bool plan_give(struct catalog_op *op, const struct plan_record *r) MUST_CHECK;

/* Answers with one plan; with all that were read. */
void plan_tell(const struct catalog_op *op, const struct err *e);
void plan_tell_list(const struct catalog_op *op, const struct err *e);

/* None of its backups is queued or running. "plan_busy", naming the one. */
bool plan_check_idle(struct db *db, const char *id, struct err *e) MUST_CHECK;

/*
 * What is due: plan_give_due() copies the query into the call, plan_read_due()
 * reads the plans into op->out by sql, which gives id and due time of those
 * behind a place (?, ?) in order, at most so many (?).
 */
bool plan_give_due(struct catalog_op *op,
		   const struct plan_due_query *q) MUST_CHECK;
bool plan_read_due(struct catalog *c, struct catalog_op *op,
		   const char *sql) MUST_CHECK;

/* Why a plan begins a backup. */
struct plan_start {
	const char *trigger;
	int64_t due_at;	   /* 0: it is no due time's */
	char *description; /* borrowed, or NULL */
};

/*
 * Queues an automated backup by the plan as it is now, named after due_at (or
 * the time it is), which waits for its source without a lock. id gets its id.
 */
bool plan_queue(struct catalog *c, const struct plan_record *p,
		const struct plan_start *start, char id[ID_MAX],
		struct err *e) MUST_CHECK;

/* Decisions that were made so much later than now were made by a clock that
 * was wrong. */
#define PLAN_CLOCK_MS (INT64_C(24) * 60 * 60 * 1000)

/* Plans that wait for a time that such a clock has set are due at once. */
bool plans_set_right(struct db *db, int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * A backup of a plan has ended, with r->id and r->status in the catalog
 * already: what the plan says of its newest one, whether it is still behind
 * (rule 21), and the brake (rule 14). Does nothing to a backup without a plan.
 */
bool plan_backup_ended(struct catalog *c, const char *backup_id,
		       struct err *e) MUST_CHECK;

#endif
