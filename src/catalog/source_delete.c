/*
 * source_delete.c - rule 4: with a source go its plans and its automated
 * backups; manual ones stay, and know its name, engine and version. A hold is
 * a promise: a held automated backup keeps the source.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/instances_int.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"
#include "catalog/sources.h"

/* Failed and canceled ones, too: nothing is left of the source but what
 * restores. Those of other servers are not ours to delete. */
#define AUTOMATED                                                              \
	" FROM backups b WHERE b.source_id = ? AND b.status IN"                \
	" ('completed', 'failed', 'canceled')"                                 \
	" AND b.type = 'automated' AND " BACKUP_IS_MINE

#define DOOMED "SELECT b.id" AUTOMATED " ORDER BY b.finished_at, b.id"

#define PLANS "SELECT id FROM plans WHERE source_id = ? ORDER BY created_at, id"

static bool check_not_held(struct db *db, const char *id, struct err *e)
{
	char *held = NULL;
	bool is_free;

	if (!db_text(db,
		     "SELECT b.name || ' (' || b.id || ')'" AUTOMATED
		     " AND b.held = 1 LIMIT 1",
		     ARGS(arg_text(id)), &held, e))
		return false;
	is_free = held == NULL;
	if (!is_free)
		(void)err_set(e, ERR_CONFLICT, "backup_held",
			      "automated backups go with their source, and "
			      "%s is held; set its \"held\" to false first",
			      held);
	free(held);
	return is_free;
}

static bool check_not_used(struct db *db, const char *id, struct err *e)
{
	char *used = NULL;
	bool is_free;

	if (!db_text(db,
		     "SELECT b.name || ' (' || b.id || ')'" AUTOMATED
		     " AND (" BACKUP_IS_RESTORING " OR " BACKUP_IS_VERIFYING
		     ") LIMIT 1",
		     ARGS(arg_text(id)), &used, e))
		return false;
	is_free = used == NULL;
	if (!is_free)
		(void)err_set(e, ERR_CONFLICT, "backup_in_use",
			      "automated backups go with their source, and "
			      "%s is being restored or verified; wait for the "
			      "end or cancel it",
			      used);
	free(used);
	return is_free;
}

bool source_check_free(struct db *db, const char *id, struct err *e)
{
	return backup_check_idle(db, id, e) && check_not_held(db, id, e) &&
	       check_not_used(db, id, e);
}

bool source_drop(struct db *db, const char *id, struct err *e)
{
	return backup_mark_all(db,
			       "WITH going AS (SELECT b.id, b.source_id,"
			       " b.finished_at" AUTOMATED
			       " AND b.held = 0 AND NOT " BACKUP_IS_RESTORING
			       " AND NOT " BACKUP_IS_VERIFYING ")"
			       " SELECT b.id FROM going b WHERE "
			       "NOT " BACKUP_IS_NEEDED_BEYOND
			       " ORDER BY b.finished_at, b.id",
			       ARGS(arg_text(id)), e) &&
	       db_run(db, "DELETE FROM plans WHERE source_id = ?",
		      ARGS(arg_text(id)), e) &&
	       db_run(db, "DELETE FROM sources WHERE id = ?",
		      ARGS(arg_text(id)), e);
}

static bool run_delete(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_SOURCE, op->key, id, &op->err) &&
	       source_check_free(&c->db, id, &op->err) &&
	       source_drop(&c->db, id, &op->err);
}

static const struct intent delete = {
	.mode = INTENT_WRITE, .run = run_delete, .tell = call_tell_done};

struct catalog_op *catalog_source_delete(struct catalog *c, const char *key,
					 catalog_done_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &delete, (union call_cb){.done = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

static bool run_would_delete(struct catalog *c, struct catalog_op *op)
{
	struct err *e = &op->err;
	char id[ID_MAX];

	return key_find(&c->db, KEY_SOURCE, op->key, id, e) &&
	       plan_read_all(&c->db, PLANS, ARGS(arg_text(id)), &op->more, e) &&
	       backup_read_all(&c->db, DOOMED, ARGS(arg_text(id)), &op->out, e);
}

static void tell_doomed(const struct catalog_op *op, const struct err *e)
{
	struct catalog_doomed all = {.plans = op->more.plans,
				     .nplans = op->more.n,
				     .backups = op->out.backups,
				     .nbackups = op->out.n};

	op->cb.doomed(op->arg, e == NULL ? &all : NULL, e);
}

static const struct intent would_delete = {
	.mode = INTENT_READ, .run = run_would_delete, .tell = tell_doomed};

struct catalog_op *catalog_source_would_delete(struct catalog *c,
					       const char *key,
					       catalog_doomed_cb *done,
					       void *arg, struct err *e)
{
	struct catalog_op *op = call_new(
		c, &would_delete, (union call_cb){.doomed = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}
