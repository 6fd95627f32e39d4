/*
 * drill_due.c - the second clock of plans: drills, each decided exactly once.
 * The plan's next_drill_at must be what the caller saw, and in the transaction
 * that moves it on the drill is queued.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/drills_int.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"

#define DUE                                                                    \
	"SELECT id, next_drill_at FROM plans WHERE enabled = 1"                \
	" AND (next_drill_at, id) > (?, ?)"                                    \
	" ORDER BY next_drill_at, id LIMIT ?"

static bool run_due(struct catalog *c, struct catalog_op *op)
{
	return plan_read_due(c, op, DUE);
}

static const struct intent due = {
	.mode = INTENT_READ, .run = run_due, .tell = plan_tell_list};

struct catalog_op *catalog_drill_due(struct catalog *c,
				     const struct plan_due_query *q,
				     catalog_plans_cb *done, void *arg,
				     struct err *e)
{
	struct catalog_op *op =
		call_new(c, &due, (union call_cb){.plans = done}, arg, e);

	return call_submit(op, plan_give_due(op, q), e);
}

static bool check_expected(const struct plan_record *p,
			   const struct plan_decision *d, struct err *e)
{
	return (p->next_drill_at == d->expected_next_due_at && p->is_enabled) ||
	       err_set(e, ERR_CONFLICT, "conflict",
		       "plan %s was changed or decided on meanwhile; read it "
		       "again",
		       p->name);
}

static bool move_on(struct db *db, const struct plan_decision *d, struct err *e)
{
	return db_run(db,
		      "UPDATE plans SET next_drill_at = ?,"
		      " drill_decided_at = ? WHERE id = ?",
		      ARGS(arg_int(d->next_due_at), arg_int(clock_now_ms()),
			   arg_text(d->plan_id)),
		      e);
}

/* There is no backup, or it cannot be read: that is told, and the next due time
 * tries again. */
static bool decide_trouble(struct catalog *c, struct catalog_op *op,
			   const struct backup_record *b, const struct err *why)
{
	const struct drill_trouble t = {.code = why->api,
					.detail = why->msg,
					.backup_id = b ? b->id : NULL};

	return drill_note_trouble(c, op, op->decision.plan_id, &t);
}

static bool drill_newest(struct catalog *c, struct catalog_op *op,
			 const struct backup_record *b)
{
	struct drill_record *d = &op->drill->drill;
	struct err why = {0};

	if (drill_check_readable(&c->db, b, &why) &&
	    drill_check_idle(&c->db, b, &why)) {
		(void)str_copy(d->plan_id, ID_MAX, op->decision.plan_id);
		op->drill->is_there = drill_queue(&c->db, b, d, &op->err);
		return op->drill->is_there;
	}
	if (strcmp(why.api, "backup_in_use") == 0)
		return true;
	if (strcmp(why.api, "identity_missing") == 0)
		return decide_trouble(c, op, b, &why);
	op->err = why;
	return false;
}

static bool run_one(struct catalog *c, struct catalog_op *op)
{
	struct rows found = {0};
	struct err none = {0};
	bool ok = backup_read_all(&c->db,
				  "SELECT id FROM backups WHERE plan_id = ?"
				  " AND status = 'completed'"
				  " ORDER BY finished_at DESC, id DESC LIMIT 1",
				  ARGS(arg_text(op->decision.plan_id)), &found,
				  &op->err);

	(void)err_set(&none, ERR_CONFLICT, "no_backup",
		      "the plan has no completed backup to drill");
	if (ok && found.n > 0)
		ok = drill_newest(c, op, found.backups);
	else if (ok)
		ok = decide_trouble(c, op, NULL, &none);
	rows_free(&found);
	return ok;
}

static bool run_decide(struct catalog *c, struct catalog_op *op)
{
	struct plan_decision *d = &op->decision;
	struct rows plans = {0};
	struct err *e = &op->err;
	char id[ID_MAX];
	bool ok;

	if (!key_find(&c->db, KEY_PLAN, d->plan_id, id, e))
		return false;
	memcpy(d->plan_id, id, sizeof(id));
	ok = plan_read(&c->db, id, &plans, e) &&
	     check_expected(plans.plans, d, e) && move_on(&c->db, d, e) &&
	     (d->run_due_at == 0 || run_one(c, op));
	rows_free(&plans);
	return ok;
}

static const struct intent decide = {
	.mode = INTENT_WRITE, .run = run_decide, .tell = drill_tell};

struct catalog_op *catalog_drill_decide(struct catalog *c,
					const struct plan_decision *d,
					catalog_drill_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &decide, (union call_cb){.drill = done}, arg, e);

	if (op != NULL) {
		op->decision = *d;
		op->drill = calloc(1, sizeof(*op->drill));
	}
	return call_submit(op, op != NULL && op->drill != NULL, e);
}
