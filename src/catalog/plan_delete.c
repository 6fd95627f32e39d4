/* plan_delete.c - rule 20: a plan goes, and what goes with it. */
#include <stdlib.h>

#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"

/* Its completed backups that nothing keeps (rule 13); oldest first. What only
 * those need that go as well goes with them. */
#define DOOMED                                                                 \
	"WITH going AS (SELECT b.id, b.source_id, b.finished_at"               \
	" FROM backups b WHERE b.plan_id = ?"                                  \
	" AND b.status = 'completed' AND b.held = 0 AND " BACKUP_IS_MINE       \
	" AND NOT " BACKUP_IS_RESTORING " AND NOT " BACKUP_IS_VERIFYING ")"    \
	" SELECT b.id FROM going b WHERE NOT " BACKUP_IS_NEEDED_BEYOND         \
	" ORDER BY b.finished_at, b.id"

/* Rule 14: what the brake keeps would go on its own day, with nobody asked. */
static bool check_released(struct db *db, const char *id, struct err *e)
{
	char *why = NULL;
	bool is_released;

	if (!db_text(db,
		     "SELECT expiry_held FROM plans WHERE id = ?1"
		     " AND EXISTS (SELECT 1 FROM backups b WHERE b.plan_id = ?1"
		     "  AND b.status = 'completed' AND b.type = 'automated')",
		     ARGS(arg_text(id)), &why, e))
		return false;
	is_released = why == NULL;
	if (!is_released)
		(void)err_set(e, ERR_CONFLICT, "expiry_held",
			      "without the plan its backups would expire on "
			      "their day, but their expiry stands still (%s): "
			      "release it first, or delete them with the plan",
			      why);
	free(why);
	return is_released;
}

static bool run_delete(struct catalog *c, struct catalog_op *op)
{
	struct err *e = &op->err;
	char id[ID_MAX];

	if (!key_find(&c->db, KEY_PLAN, op->key, id, e) ||
	    !plan_check_idle(&c->db, id, e) ||
	    (!op->with_backups && !check_released(&c->db, id, e)))
		return false;
	if (op->with_backups &&
	    !backup_mark_all(&c->db, DOOMED, ARGS(arg_text(id)), e))
		return false;
	return db_run(&c->db, "DELETE FROM plans WHERE id = ?",
		      ARGS(arg_text(id)), e);
}

static const struct intent delete = {
	.mode = INTENT_WRITE, .run = run_delete, .tell = call_tell_done};

struct catalog_op *catalog_plan_delete(struct catalog *c, const char *key,
				       bool with_backups, catalog_done_cb *done,
				       void *arg, struct err *e)
{
	struct catalog_op *op =
		call_new(c, &delete, (union call_cb){.done = done}, arg, e);

	if (op != NULL)
		op->with_backups = with_backups;
	return call_submit(op, call_give_key(op, key), e);
}

static bool run_would_delete(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];
	bool ok = key_find(&c->db, KEY_PLAN, op->key, id, &op->err) &&
		  backup_read_all(&c->db, DOOMED, ARGS(arg_text(id)), &op->out,
				  &op->err);

	op->page.n = op->page.total = op->out.n;
	return ok;
}

static const struct intent would_delete = {
	.mode = INTENT_READ, .run = run_would_delete, .tell = backup_tell_list};

struct catalog_op *catalog_plan_would_delete(struct catalog *c, const char *key,
					     catalog_backups_cb *done,
					     void *arg, struct err *e)
{
	struct catalog_op *op = call_new(
		c, &would_delete, (union call_cb){.backups = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}
