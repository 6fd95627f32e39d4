/* plans.c - the catalog's plans: what users make of them. */
#include "catalog/plans.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"
#include "catalog/plans_int.h"

#define FROM                                                                   \
	"plans p LEFT JOIN sources s ON s.id = p.source_id"                    \
	" LEFT JOIN pools o ON o.id = p.pool_id"

#define RUNNING                                                                \
	"EXISTS (SELECT 1 FROM backups r WHERE r.plan_id = p.id"               \
	" AND r.status IN ('queued', 'backing_up'))"

#define COLUMNS                                                                \
	"p.id, p.name, p.remarks, p.enabled, p.source_id, p.pool_id, s.name,"  \
	" s.engine, s.region, o.name, p.strategy, p.method, p.scope_json,"     \
	" p.timer_json, p.options_json, p.retention_days, p.grace_seconds,"    \
	" p.expiry_held, p.next_due_at, p.unmet_due_at, p.last_backup_id,"     \
	" p.last_status, p.last_at, p.next_drill_at, p.last_drill_json,"       \
	" p.trouble, " RUNNING ", p.revision, p.created_at, p.updated_at"

static void read_settings(struct stmt *s, struct plan_record *r)
{
	stmt_copy(s, r->source_id, sizeof(r->source_id));
	stmt_copy(s, r->pool_id, sizeof(r->pool_id));
	stmt_copy(s, r->source_name, sizeof(r->source_name));
	stmt_copy(s, r->source_engine, sizeof(r->source_engine));
	stmt_dup(s, &r->source_region);
	stmt_copy(s, r->pool_name, sizeof(r->pool_name));
	stmt_copy(s, r->strategy, sizeof(r->strategy));
	stmt_copy(s, r->method, sizeof(r->method));
	stmt_dup(s, &r->scope_json);
	stmt_dup(s, &r->timer_json);
	stmt_dup(s, &r->options_json);
	r->retention_days = stmt_int(s);
	r->grace_seconds = stmt_int(s);
}

static void read_course(struct stmt *s, struct plan_record *r)
{
	stmt_dup(s, &r->expiry_held_reason);
	r->next_due_at = stmt_int(s);
	r->unmet_due_at = stmt_int(s);
	stmt_copy(s, r->last_backup_id, sizeof(r->last_backup_id));
	stmt_copy(s, r->last_status, sizeof(r->last_status));
	r->last_at = stmt_int(s);
	r->next_drill_at = stmt_int(s);
	stmt_dup(s, &r->last_drill_json);
	stmt_dup(s, &r->trouble);
	r->is_running = stmt_bool(s);
	r->revision = stmt_int(s);
	r->created_at = stmt_int(s);
	r->updated_at = stmt_int(s);
}

static bool read_plan(struct stmt *s, struct rows *out, struct err *e)
{
	struct plan_record *r = rows_grow(out->plans, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a plan");
	out->plans = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	stmt_copy(s, r->name, sizeof(r->name));
	stmt_dup(s, &r->remarks);
	r->is_enabled = stmt_bool(s);
	read_settings(s, r);
	read_course(s, r);
	return stmt_read(s, e);
}

static const struct list_sort sorts[] = {
	{"created_at", "p.created_at", false},
	{"updated_at", "p.updated_at", false},
	{"name", "p.name", true},
	{"next_run", "p.next_due_at", false},
	{"last_run", "p.last_at", false},
	{NULL, NULL, false},
};

static const struct list_spec spec = {
	.columns = COLUMNS,
	.from = FROM,
	.table = "plans p",
	.id = "p.id",
	.one = "SELECT " COLUMNS " FROM " FROM " WHERE p.id = ?",
	.sorts = sorts,
	.read = read_plan,
};

bool plan_read(struct db *db, const char *id, struct rows *out, struct err *e)
{
	return list_one(&spec, db, id, out, e);
}

bool plan_read_all(struct db *db, const char *sql, const struct arg *args,
		   struct rows *out, struct err *e)
{
	struct text ids = {0};
	bool ok = list_ids(db, sql, args, &ids, e);

	for (size_t at = 0; ok && at < ids.len; at += ID_MAX)
		ok = plan_read(db, ids.data + at, out, e);
	text_free(&ids);
	return ok;
}

bool plan_give(struct catalog_op *op, const struct plan_record *r)
{
	if (op == NULL)
		return false;
	op->in.plans = calloc(1, sizeof(*r));
	if (op->in.plans == NULL)
		return false;
	op->in.n = 1;
	return plan_record_copy(op->in.plans, r);
}

void plan_tell(const struct catalog_op *op, const struct err *e)
{
	op->cb.plan(op->arg, e == NULL ? op->out.plans : NULL, e);
}

void plan_tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.plans(op->arg, e == NULL ? op->out.plans : NULL,
		     e == NULL ? &op->page : NULL, e);
}

bool plan_insert(struct db *db, const struct plan_record *r, struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(
		db,
		"INSERT INTO plans (id, name, name_key, remarks, enabled,"
		" source_id, pool_id, strategy, method, scope_json,"
		" timer_json, options_json, retention_days, grace_seconds,"
		" next_due_at, next_drill_at, created_at, updated_at) VALUES"
		" (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		ARGS(arg_text(r->id), arg_text(r->name), arg_text(folded),
		     arg_text(r->remarks), arg_int(r->is_enabled),
		     arg_text(r->source_id), arg_text(r->pool_id),
		     arg_text(r->strategy), arg_text(r->method),
		     arg_text(r->scope_json), arg_text(r->timer_json),
		     arg_text(r->options_json), arg_int(r->retention_days),
		     arg_int(r->grace_seconds), arg_int(r->next_due_at),
		     arg_int(r->next_drill_at), arg_int(r->created_at),
		     arg_int(r->updated_at)),
		e);
}

static bool run_create(struct catalog *c, struct catalog_op *op)
{
	struct plan_record *r = op->in.plans;

	id_new(r->id, "plan");
	r->created_at = r->updated_at = clock_now_ms();
	return name_check_resource(r->name, &op->err) &&
	       key_check_free(&c->db, KEY_PLAN, r->name, "", &op->err) &&
	       key_find_pair(&c->db, r->source_id, r->pool_id, &op->err) &&
	       plan_insert(&c->db, r, &op->err) &&
	       plan_read(&c->db, r->id, &op->out, &op->err);
}

static const struct intent create = {
	.mode = INTENT_WRITE, .run = run_create, .tell = plan_tell};

struct catalog_op *catalog_plan_create(struct catalog *c,
				       const struct plan_record *r,
				       catalog_plan_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &create, (union call_cb){.plan = done}, arg, e);

	return call_submit(op, plan_give(op, r), e);
}

static bool run_get(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_PLAN, op->key, id, &op->err) &&
	       plan_read(&c->db, id, &op->out, &op->err);
}

static const struct intent get = {
	.mode = INTENT_READ, .run = run_get, .tell = plan_tell};

struct catalog_op *catalog_plan_get(struct catalog *c, const char *key,
				    catalog_plan_cb *done, void *arg,
				    struct err *e)
{
	struct catalog_op *op =
		call_new(c, &get, (union call_cb){.plan = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

#define FINISHED                                                               \
	"(p.strategy = 'timer' AND p.next_due_at = 0"                          \
	" AND p.unmet_due_at = 0 AND NOT " RUNNING ")"
#define GOING	 "(p.enabled = 1 AND NOT " FINISHED ")"
#define PATIENCE "p.unmet_due_at + p.grace_seconds * 1000"

/* As plan_status_name() decides. */
static void filter_status(struct list *l, const char *status)
{
	if (status == NULL)
		return;
	if (strcmp(status, "finished") == 0)
		list_where(l, FINISHED);
	else if (strcmp(status, "paused") == 0)
		list_where(l, "p.enabled = 0 AND NOT " FINISHED);
	else if (strcmp(status, "overdue") == 0)
		list_filter_int(
			l, GOING " AND p.unmet_due_at > 0 AND " PATIENCE " < ?",
			clock_now_ms());
	else if (strcmp(status, "active") == 0)
		list_filter_int(l,
				GOING " AND (p.unmet_due_at = 0 OR " PATIENCE
				      " >= ?)",
				clock_now_ms());
	else
		list_where(l, "0");
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	struct list l = {0};

	(void)c;
	list_filter_name(&l, "instr(p.name_key, ?) > 0", q->q);
	list_filter_ref(&l, KEY_SOURCE, q->source, "p.source_id = ?",
			"p.source_id ="
			" (SELECT id FROM sources WHERE name_key = ?)");
	list_filter_ref(&l, KEY_POOL, q->pool, "p.pool_id = ?",
			"p.pool_id ="
			" (SELECT id FROM pools WHERE name_key = ?)");
	list_filter(&l, "p.strategy = ?", q->strategy);
	list_filter(&l, "p.method = ?", q->method);
	list_filter(&l,
		    "(SELECT engine FROM sources WHERE id = p.source_id) = ?",
		    q->engine);
	list_filter_int(&l, "p.created_at >= ?", q->since);
	list_filter_int(&l, "p.created_at < ?", q->until);
	filter_status(&l, q->status);
	return list_run(&l, &spec, op);
}

static const struct intent list = {
	.mode = INTENT_LIST, .run = run_list, .tell = plan_tell_list};

struct catalog_op *catalog_plan_list(struct catalog *c,
				     const struct catalog_query *q,
				     catalog_plans_cb *done, void *arg,
				     struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.plans = done}, arg, e);

	return call_submit(op, call_give_query(op, q), e);
}

#define DRILL(options)                                                         \
	"CASE WHEN json_valid(" options ")"                                    \
	" THEN json_extract(" options ", '$.drill') END"

/* What was due by another timer, or before a pause, is owed no more; the due
 * time of a timer that stays is the scheduler's, which may have moved it on
 * since the caller read it. */
static bool update(struct db *db, const struct plan_record *r, struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(
		db,
		"UPDATE plans SET name = ?1, name_key = ?2, remarks = ?3,"
		" unmet_due_at = CASE WHEN timer_json IS ?9 AND enabled = ?4"
		"  THEN unmet_due_at ELSE 0 END,"
		" next_due_at = CASE WHEN timer_json IS ?9 AND enabled = ?4"
		"  THEN next_due_at ELSE ?14 END,"
		" trouble = NULL, next_drill_at ="
		"  CASE WHEN " DRILL("options_json") " IS " DRILL(
			"?11") "  AND enabled = ?4 THEN next_drill_at ELSE ?17 "
			       "END,"
			       " enabled = ?4, source_id = ?5, pool_id = ?6, "
			       "strategy = ?7,"
			       " method = ?8, timer_json = ?9, scope_json = "
			       "?10,"
			       " options_json = ?11, retention_days = ?12,"
			       " grace_seconds = ?13, updated_at = ?15,"
			       " revision = revision + 1 WHERE id = ?16",
		ARGS(arg_text(r->name), arg_text(folded), arg_text(r->remarks),
		     arg_int(r->is_enabled), arg_text(r->source_id),
		     arg_text(r->pool_id), arg_text(r->strategy),
		     arg_text(r->method), arg_text(r->timer_json),
		     arg_text(r->scope_json), arg_text(r->options_json),
		     arg_int(r->retention_days), arg_int(r->grace_seconds),
		     arg_int(r->next_due_at), arg_int(clock_now_ms()),
		     arg_text(r->id), arg_int(r->next_drill_at)),
		e);
}

static bool run_update(struct catalog *c, struct catalog_op *op)
{
	struct plan_record *r = op->in.plans;
	struct err *e = &op->err;

	return name_check_resource(r->name, e) &&
	       key_check_revision(&c->db, KEY_PLAN, r->id, op->number, e) &&
	       key_check_free(&c->db, KEY_PLAN, r->name, r->id, e) &&
	       key_find_pair(&c->db, r->source_id, r->pool_id, e) &&
	       update(&c->db, r, e) && plan_read(&c->db, r->id, &op->out, e);
}

static const struct intent change = {
	.mode = INTENT_WRITE, .run = run_update, .tell = plan_tell};

struct catalog_op *catalog_plan_update(struct catalog *c,
				       const struct plan_record *r,
				       int64_t if_revision,
				       catalog_plan_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &change, (union call_cb){.plan = done}, arg, e);

	return call_submit(
		op, call_give_number(op, if_revision) && plan_give(op, r), e);
}
