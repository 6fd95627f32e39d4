/*
 * plan_due.c - rule 21: due times, each decided exactly once. What keeps that
 * promise is in one transaction: the plan's next_due_at must be what the
 * caller saw, and the instant must not be in plan_runs already (it would be
 * after the clock was set back).
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"
#include "catalog/plans_int.h"

enum { DUE_MAX = 500, RUNS_KEPT = 1000 };

/* One walk of an index, which ends at the first that is not due yet. */
static bool find_due(struct db *db, struct catalog_op *op, const char *sql,
		     struct text *ids, struct err *e)
{
	char id[ID_MAX];
	int64_t due_at;
	struct stmt s;

	if (!stmt_begin(&s, db, sql,
			ARGS(arg_int(op->number), arg_text(op->key),
			     arg_int(DUE_MAX + 1)),
			e))
		return false;
	while (stmt_next(&s, e)) {
		stmt_copy(&s, id, sizeof(id));
		due_at = stmt_int(&s);
		if (due_at > op->at_ms || ids->len == DUE_MAX * sizeof(id)) {
			op->page.total = (uint64_t)due_at;
			break;
		}
		text_add(ids, id, sizeof(id));
	}
	stmt_end(&s);
	return !err_is(e) && (!ids->is_broken || err_nomem(e, "a list"));
}

bool plan_read_due(struct catalog *c, struct catalog_op *op, const char *sql)
{
	struct text ids = {0};
	bool ok = find_due(&c->db, op, sql, &ids, &op->err);

	for (size_t at = 0; ok && at < ids.len; at += ID_MAX)
		ok = plan_read(&c->db, ids.data + at, &op->out, &op->err);
	text_free(&ids);
	op->page.n = op->out.n;
	return ok;
}

/* 0 is no due time. */
bool plan_give_due(struct catalog_op *op, const struct plan_due_query *q)
{
	if (op == NULL)
		return false;
	op->at_ms = q->until_ms;
	op->number = q->after_due_at > 0 ? q->after_due_at : 1;
	return call_give_key(op, q->after_id);
}

#define DUE                                                                    \
	"SELECT id, next_due_at FROM plans WHERE enabled = 1"                  \
	" AND strategy = 'timer' AND (next_due_at, id) > (?, ?)"               \
	" ORDER BY next_due_at, id LIMIT ?"

static bool run_due(struct catalog *c, struct catalog_op *op)
{
	return plan_read_due(c, op, DUE);
}

static const struct intent due = {
	.mode = INTENT_READ, .run = run_due, .tell = plan_tell_list};

struct catalog_op *catalog_plan_due(struct catalog *c,
				    const struct plan_due_query *q,
				    catalog_plans_cb *done, void *arg,
				    struct err *e)
{
	struct catalog_op *op =
		call_new(c, &due, (union call_cb){.plans = done}, arg, e);

	return call_submit(op, plan_give_due(op, q), e);
}

/* A decision in the making. */
struct deciding {
	struct catalog *c;
	const struct plan_decision *d;
	const struct plan_record *plan;
	char backup_id[ID_MAX]; /* that runs, or was merged into */
	bool is_new;		/* it was queued just now */
	bool is_decided;	/* run_due_at was, before */
};

static bool check_expected(const struct plan_record *p,
			   const struct plan_decision *d, struct err *e)
{
	return (p->next_due_at == d->expected_next_due_at && p->is_enabled &&
		strcmp(p->strategy, "timer") == 0) ||
	       err_set(e, ERR_CONFLICT, "conflict",
		       "plan %s was changed or decided on meanwhile; read it "
		       "again",
		       p->name);
}

/* The span that begins last before it is the only one that may hold it. */
static bool look_decided(struct deciding *g, struct err *e)
{
	int64_t is_decided = 0;

	if (!db_int(&g->c->db,
		    "SELECT last_at >= ?2 FROM plan_runs WHERE plan_id = ?1"
		    " AND due_at <= ?2 AND decided_at <= ?3"
		    " ORDER BY due_at DESC LIMIT 1",
		    ARGS(arg_text(g->plan->id), arg_int(g->d->run_due_at),
			 arg_int(clock_now_ms() + PLAN_CLOCK_MS)),
		    &is_decided, e))
		return false;
	g->is_decided = is_decided != 0;
	return true;
}

static bool find_queued(struct deciding *g, struct err *e)
{
	char *id = NULL;

	if (!db_text(&g->c->db,
		     "SELECT id FROM backups WHERE plan_id = ?"
		     " AND status = 'queued' ORDER BY created_at, id LIMIT 1",
		     ARGS(arg_text(g->plan->id)), &id, e))
		return false;
	(void)str_copy(g->backup_id, ID_MAX, id != NULL ? id : "");
	free(id);
	return true;
}

static bool note(struct deciding *g, int64_t first_at, int64_t last_at,
		 unsigned count, const char *decision, struct err *e)
{
	bool is_skipped = strcmp(decision, "skipped") == 0;

	return db_run(&g->c->db,
		      "INSERT OR IGNORE INTO plan_runs (plan_id, due_at,"
		      " last_at, count, decision, backup_id, decided_at)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?)",
		      ARGS(arg_text(g->plan->id), arg_int(first_at),
			   arg_int(last_at), arg_int(count), arg_text(decision),
			   arg_text(is_skipped ? "" : g->backup_id),
			   arg_int(clock_now_ms())),
		      e);
}

static bool decide_run(struct deciding *g, struct err *e)
{
	const struct plan_decision *d = g->d;
	struct plan_start start = {.trigger = d->is_catch_up ? "catch_up"
							     : "timer",
				   .due_at = d->run_due_at};

	if (d->run_due_at == 0)
		return true;
	if (!look_decided(g, e))
		return false;
	if (g->is_decided)
		return true;
	if (!find_queued(g, e))
		return false;
	g->is_new = g->backup_id[0] == '\0';
	if (g->is_new && !plan_queue(g->c, g->plan, &start, g->backup_id, e))
		return false;
	return note(g, d->run_due_at, d->run_due_at, 1,
		    g->is_new ? "run" : "merged", e);
}

static bool decide_missed(struct deciding *g, struct err *e)
{
	const struct plan_decision *d = g->d;
	bool is_merged = d->is_missed_merged && g->backup_id[0] != '\0';

	return d->missed_first_at == 0 ||
	       note(g, d->missed_first_at, d->missed_last_at, d->missed_count,
		    is_merged ? "merged" : "skipped", e);
}

/* What is owed from now on; skipped ones are not. */
static int64_t owed_from(const struct deciding *g)
{
	const struct plan_decision *d = g->d;

	if (d->run_due_at == 0 || g->is_decided)
		return 0;
	if (d->missed_first_at != 0 && d->is_missed_merged)
		return d->missed_first_at;
	return d->run_due_at;
}

static bool move_on(struct deciding *g, struct err *e)
{
	return db_run(&g->c->db,
		      "UPDATE plans SET next_due_at = ?, trouble = NULL,"
		      " unmet_due_at ="
		      " CASE unmet_due_at WHEN 0 THEN ? ELSE unmet_due_at END"
		      " WHERE id = ?",
		      ARGS(arg_int(g->d->next_due_at), arg_int(owed_from(g)),
			   arg_text(g->plan->id)),
		      e);
}

static bool prune(struct deciding *g, struct err *e)
{
	return db_run(&g->c->db,
		      "DELETE FROM plan_runs WHERE plan_id = ?1 AND due_at <"
		      " (SELECT due_at FROM plan_runs WHERE plan_id = ?1"
		      " ORDER BY due_at DESC LIMIT 1 OFFSET ?2)",
		      ARGS(arg_text(g->plan->id), arg_int(RUNS_KEPT - 1)), e);
}

static bool decide_plan(struct catalog *c, struct catalog_op *op,
			const struct plan_record *p)
{
	struct deciding g = {.c = c, .d = &op->decision, .plan = p};
	struct err *e = &op->err;

	return check_expected(p, g.d, e) && decide_run(&g, e) &&
	       decide_missed(&g, e) && move_on(&g, e) && prune(&g, e) &&
	       (!g.is_new || backup_read(&c->db, g.backup_id, &op->out, e));
}

static bool run_decide(struct catalog *c, struct catalog_op *op)
{
	struct rows plans = {0};
	char id[ID_MAX];
	bool ok = key_find(&c->db, KEY_PLAN, op->decision.plan_id, id,
			   &op->err) &&
		  plan_read(&c->db, id, &plans, &op->err) &&
		  decide_plan(c, op, plans.plans);

	rows_free(&plans);
	return ok;
}

static const struct intent decide = {
	.mode = INTENT_WRITE, .run = run_decide, .tell = backup_tell};

struct catalog_op *catalog_plan_decide(struct catalog *c,
				       const struct plan_decision *d,
				       catalog_backup_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &decide, (union call_cb){.backup = done}, arg, e);

	if (op != NULL)
		op->decision = *d;
	return call_submit(op, op != NULL, e);
}

static bool read_run(struct stmt *s, struct rows *out, struct err *e)
{
	struct plan_run *r = rows_grow(out->runs, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a run");
	out->runs = r;
	r += out->n++;
	r->due_at = stmt_int(s);
	r->last_at = stmt_int(s);
	r->count = (unsigned)stmt_int(s);
	stmt_copy(s, r->decision, sizeof(r->decision));
	stmt_copy(s, r->backup_id, sizeof(r->backup_id));
	r->decided_at = stmt_int(s);
	return stmt_read(s, e);
}

static bool run_runs(struct catalog *c, struct catalog_op *op)
{
	struct err *e = &op->err;
	char id[ID_MAX];
	struct stmt s;
	bool ok = true;

	if (!key_find(&c->db, KEY_PLAN, op->key, id, e) ||
	    !stmt_begin(&s, &c->db,
			"SELECT due_at, last_at, count, decision, backup_id,"
			" decided_at FROM plan_runs WHERE plan_id = ?"
			" ORDER BY due_at DESC LIMIT ?",
			ARGS(arg_text(id), arg_int(op->limit)), e))
		return false;
	while (ok && stmt_next(&s, e))
		ok = read_run(&s, &op->out, e);
	stmt_end(&s);
	return ok && !err_is(e);
}

static void tell_runs(const struct catalog_op *op, const struct err *e)
{
	op->cb.plan_runs(op->arg, e == NULL ? op->out.runs : NULL,
			 e == NULL ? op->out.n : 0, e);
}

static const struct intent runs = {
	.mode = INTENT_READ, .run = run_runs, .tell = tell_runs};

struct catalog_op *catalog_plan_runs(struct catalog *c, const char *key,
				     unsigned limit, catalog_plan_runs_cb *done,
				     void *arg, struct err *e)
{
	struct catalog_op *op =
		call_new(c, &runs, (union call_cb){.plan_runs = done}, arg, e);

	if (op != NULL)
		op->limit = limit;
	return call_submit(op, call_give_key(op, key), e);
}
