/*
 * plan_news.c - events of what plans become by themselves. A plan is overdue
 * because time goes by, finished because its last backup ended, held because
 * that one shrank: the row keeps what was told, and each call compares. So
 * nothing is told twice, nor lost in a crash, and what has not changed costs
 * nothing: each question goes to an index of those few that it is about.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "catalog/call_int.h"
#include "catalog/events_int.h"
#include "catalog/plans_int.h"

enum { NEWS_AT_ONCE = 100 };

#define LATE "unmet_due_at + grace_seconds * 1000 < ?1"

/* One kind of news. */
struct news {
	const char *act, *result;
	const char *find; /* ids; ?1: the time, ?2: how many */
	const char *note; /* that it was told; ?: the id */
	void (*detail)(const struct plan_record *p, char out[ERR_MSG_MAX]);
};

static void say_overdue(const struct plan_record *p, char out[ERR_MSG_MAX])
{
	char at[CLOCK_TEXT_MAX];

	(void)snprintf(out, ERR_MSG_MAX,
		       "the run that was due at %s has not completed within "
		       "%lld seconds%s%s",
		       clock_format(p->unmet_due_at, at),
		       (long long)p->grace_seconds,
		       p->trouble != NULL ? ": " : "",
		       p->trouble != NULL ? p->trouble : "");
}

static void say_finished(const struct plan_record *p, char out[ERR_MSG_MAX])
{
	(void)p;
	(void)snprintf(out, ERR_MSG_MAX, "the timer has no run left");
}

static void say_active(const struct plan_record *p, char out[ERR_MSG_MAX])
{
	(void)p;
	(void)snprintf(out, ERR_MSG_MAX, "no due run is behind any more");
}

static void say_held(const struct plan_record *p, char out[ERR_MSG_MAX])
{
	const char *why = p->expiry_held_reason;

	(void)snprintf(out, ERR_MSG_MAX, "%s", why != NULL ? why : "");
}

/* As plan_status_name() decides. Finished before active: who has caught up
 * with his last run is told the one, not both. */
static const struct news all_news[] = {
	{.act = "plan.finished",
	 .result = "ok",
	 .find = "SELECT id FROM plans p WHERE told_status IN ('', 'overdue')"
		 " AND next_due_at = 0 AND strategy = 'timer'"
		 " AND unmet_due_at = 0 AND ?1 > 0 AND NOT EXISTS"
		 " (SELECT 1 FROM backups r WHERE r.plan_id = p.id"
		 " AND r.status IN ('queued', 'backing_up')) LIMIT ?2",
	 .note = "UPDATE plans SET told_status = 'finished' WHERE id = ?",
	 .detail = say_finished},
	{.act = "plan.overdue",
	 .result = "failed",
	 .find = "SELECT id FROM plans WHERE unmet_due_at > 0 AND enabled = 1"
		 " AND told_status <> 'overdue' AND " LATE " LIMIT ?2",
	 .note = "UPDATE plans SET told_status = 'overdue' WHERE id = ?",
	 .detail = say_overdue},
	{.act = "plan.active",
	 .result = "ok",
	 .find = "SELECT id FROM plans WHERE told_status = 'overdue'"
		 " AND enabled = 1 AND NOT (unmet_due_at > 0 AND " LATE ")"
		 " LIMIT ?2",
	 .note = "UPDATE plans SET told_status = '' WHERE id = ?",
	 .detail = say_active},
	{.act = "plan.expiry_held",
	 .result = "failed",
	 .find = "SELECT id FROM plans WHERE expiry_held IS NOT NULL"
		 " AND is_brake_told = 0 AND ?1 > 0 LIMIT ?2",
	 .note = "UPDATE plans SET is_brake_told = 1 WHERE id = ?",
	 .detail = say_held},
};

static bool tell_one(struct catalog *c, struct catalog_op *op,
		     const struct news *n, const struct plan_record *p)
{
	char detail[ERR_MSG_MAX];
	const struct event_record r = {
		.kind = "plan",
		.act = n->act,
		.resource = p->id,
		.name = p->name,
		.result = n->result,
		.who = "server",
		.detail = detail,
	};

	n->detail(p, detail);
	return events_note(c, op, &r) &&
	       db_run(&c->db, n->note, ARGS(arg_text(p->id)), &op->err);
}

static bool tell_kind(struct catalog *c, struct catalog_op *op,
		      const struct news *n)
{
	struct rows rows = {0};
	bool ok = plan_read_all(&c->db, n->find,
				ARGS(arg_int(op->at_ms), arg_int(NEWS_AT_ONCE)),
				&rows, &op->err);

	for (size_t i = 0; ok && i < rows.n; i++)
		ok = tell_one(c, op, n, &rows.plans[i]);
	op->is_more = op->is_more || rows.n == NEWS_AT_ONCE;
	rows_free(&rows);
	return ok;
}

/* What users have done about it is in the audit log. */
static bool forget_changed(struct db *db, struct err *e)
{
	return db_run(db,
		      "UPDATE plans SET told_status = ''"
		      " WHERE (told_status = 'overdue' AND enabled = 0)"
		      " OR (told_status = 'finished' AND next_due_at > 0)",
		      NULL, e);
}

static bool run_news(struct catalog *c, struct catalog_op *op)
{
	bool ok = forget_changed(&c->db, &op->err);

	for (size_t i = 0; ok && i < sizeof(all_news) / sizeof(*all_news); i++)
		ok = tell_kind(c, op, &all_news[i]);
	return ok;
}

static void tell_news(const struct catalog_op *op, const struct err *e)
{
	op->cb.news(op->arg, op->is_more, e);
}

static const struct intent news = {
	.mode = INTENT_WRITE, .run = run_news, .tell = tell_news};

struct catalog_op *catalog_plan_news(struct catalog *c, int64_t now_ms,
				     catalog_news_cb *done, void *arg,
				     struct err *e)
{
	struct catalog_op *op =
		call_new(c, &news, (union call_cb){.news = done}, arg, e);

	if (op != NULL)
		op->at_ms = now_ms;
	return call_submit(op, op != NULL, e);
}

/* --- what the scheduler cannot decide */

static bool keep_trouble(struct catalog *c, struct catalog_op *op,
			 const struct plan_record *p)
{
	const struct event_record r = {
		.kind = "plan",
		.act = "plan.undecided",
		.resource = p->id,
		.name = p->name,
		.result = "failed",
		.who = "server",
		.detail = op->text,
	};

	return (p->trouble != NULL || events_note(c, op, &r)) &&
	       db_run(&c->db,
		      "UPDATE plans SET trouble = ?, unmet_due_at ="
		      " CASE unmet_due_at WHEN 0 THEN next_due_at"
		      " ELSE unmet_due_at END WHERE id = ?",
		      ARGS(arg_text(op->text), arg_text(p->id)), &op->err);
}

/* One that is gone meanwhile has none. */
static bool run_trouble(struct catalog *c, struct catalog_op *op)
{
	struct rows rows = {0};
	bool ok = plan_read_all(&c->db, "SELECT id FROM plans WHERE id = ?",
				ARGS(arg_text(op->key)), &rows, &op->err);

	if (ok && rows.n > 0)
		ok = keep_trouble(c, op, rows.plans);
	rows_free(&rows);
	return ok;
}

static const struct intent trouble = {
	.mode = INTENT_WRITE, .run = run_trouble, .tell = call_tell_nobody};

void catalog_plan_trouble(struct catalog *c, const char *id, const char *why)
{
	struct err e = {0};
	struct catalog_op *op =
		call_new(c, &trouble, (union call_cb){0}, NULL, &e);

	if (call_submit(op, call_give_key(op, id) && call_give_text(op, why),
			&e) == NULL)
		log_error("catalog", "%s", e.msg);
}
