/*
 * expiry.c - rule 14 on what the tables say. Backups are gathered group by
 * group (a group: a source and a scope), since only within one are they
 * compared; the decision itself is model/retention.h's. It is made and written
 * in one transaction, so nothing can hold, restore or complete a backup in
 * between.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"

struct member {
	char id[ID_MAX];
	bool is_wanted; /* of the plan that was asked for */
};

/* The completed backups of some groups, the groups one after the other. */
struct gathering {
	struct retained *list;
	struct member *members;
	enum retention_verdict *verdicts;
	size_t n;
	uint64_t ngroups;
};

static void gathering_fini(struct gathering *g)
{
	free(g->list);
	free(g->members);
	free(g->verdicts);
}

static bool read_member(struct stmt *s, struct gathering *g, struct err *e)
{
	struct retained *list = rows_grow(g->list, g->n, sizeof(*list));
	struct member *members;

	if (list == NULL)
		return err_nomem(e, "a list");
	g->list = list;
	members = rows_grow(g->members, g->n, sizeof(*members));
	if (members == NULL)
		return err_nomem(e, "a list");
	g->members = members;
	list += g->n;
	members += g->n;
	g->n++;
	list->group = g->ngroups;
	stmt_copy(s, members->id, ID_MAX);
	members->is_wanted = stmt_bool(s);
	list->finished_at = stmt_int(s);
	list->expires_at = stmt_int(s);
	list->is_held = stmt_bool(s);
	list->is_foreign = !stmt_bool(s);
	list->is_in_use = stmt_bool(s);
	list->is_needed = stmt_bool(s);
	list->is_braked = stmt_bool(s);
	return true;
}

#define MEMBERS                                                                \
	"SELECT b.id, ?3 = '' OR b.plan_id = ?3, b.finished_at,"               \
	" b.expires_at, b.held, " BACKUP_IS_MINE ", " BACKUP_IS_RESTORING      \
	" OR " BACKUP_IS_VERIFYING ", " BACKUP_IS_NEEDED ","                   \
	" EXISTS (SELECT 1 FROM plans p WHERE p.id = b.plan_id"                \
	"  AND p.expiry_held IS NOT NULL)"                                     \
	" FROM backups b WHERE b.source_id = ?1 AND b.status = 'completed'"    \
	" AND coalesce(b.scope_json, 'null') = ?2"                             \
	" ORDER BY b.finished_at DESC, b.id DESC"

static bool gather_group(struct db *db, const char *source_id,
			 const char *scope, const char *plan_id,
			 struct gathering *g, struct err *e)
{
	struct stmt s;
	bool ok = true;

	if (!stmt_begin(&s, db, MEMBERS,
			ARGS(arg_text(source_id), arg_text(scope),
			     arg_text(plan_id)),
			e))
		return false;
	while (ok && stmt_next(&s, e))
		ok = read_member(&s, g, e);
	stmt_end(&s);
	g->ngroups++;
	return ok && !err_is(e);
}

/* sql: source and scope of each group that counts. */
static bool gather(struct db *db, const char *sql, const struct arg *args,
		   const char *plan_id, struct gathering *g, struct err *e)
{
	char source_id[ID_MAX], *scope = NULL;
	struct stmt s;
	bool ok = true;

	if (!stmt_begin(&s, db, sql, args, e))
		return false;
	while (ok && stmt_next(&s, e)) {
		stmt_copy(&s, source_id, sizeof(source_id));
		stmt_dup(&s, &scope);
		ok = stmt_read(&s, e) &&
		     gather_group(db, source_id, scope, plan_id, g, e);
		free(scope);
		scope = NULL;
	}
	stmt_end(&s);
	return ok && !err_is(e);
}

static bool judge(struct gathering *g, int64_t now_ms, struct err *e)
{
	g->verdicts = calloc(g->n + 1, sizeof(g->verdicts[0]));
	return (g->verdicts != NULL &&
		retention_decide(g->list, g->n, now_ms, g->verdicts)) ||
	       err_nomem(e, "a list");
}

#define GROUP "SELECT DISTINCT source_id, coalesce(scope_json, 'null')"

/* By the index backups_expiry: what is not due yet costs nothing. */
#define EXPIRED                                                                \
	GROUP " FROM backups b WHERE b.status = 'completed'"                   \
	      " AND b.type = 'automated' AND b.expires_at > 0"                 \
	      " AND b.expires_at <= ? AND " BACKUP_IS_MINE

static bool expire(struct catalog *c, struct catalog_op *op,
		   const struct gathering *g)
{
	bool ok = true;

	for (size_t i = 0; ok && i < g->n && op->out.n < op->limit; i++) {
		const char *id = g->members[i].id;

		if (g->verdicts[i] != RETENTION_GOES)
			continue;
		ok = backup_mark(&c->db, id, &op->err) &&
		     backup_read(&c->db, id, &op->out, &op->err);
	}
	op->page.n = op->page.total = op->out.n;
	return ok;
}

static bool run_expire(struct catalog *c, struct catalog_op *op)
{
	struct gathering g = {0};
	bool ok = gather(&c->db, EXPIRED, ARGS(arg_int(op->at_ms)), "", &g,
			 &op->err) &&
		  judge(&g, op->at_ms, &op->err) && expire(c, op, &g);

	gathering_fini(&g);
	return ok;
}

static const struct intent expire_some = {
	.mode = INTENT_WRITE, .run = run_expire, .tell = backup_tell_list};

struct catalog_op *catalog_backup_expire(struct catalog *c, int64_t now_ms,
					 unsigned limit,
					 catalog_backups_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op = call_new(
		c, &expire_some, (union call_cb){.backups = done}, arg, e);

	if (op != NULL) {
		op->at_ms = now_ms;
		op->limit = limit;
	}
	return call_submit(op, op != NULL, e);
}

static bool answer(struct catalog *c, struct catalog_op *op,
		   const struct gathering *g)
{
	bool ok = true;

	op->out.verdicts = calloc(g->n + 1, sizeof(op->out.verdicts[0]));
	if (op->out.verdicts == NULL)
		return err_nomem(&op->err, "a list");
	for (size_t i = 0; ok && i < g->n; i++) {
		if (!g->members[i].is_wanted)
			continue;
		op->out.verdicts[op->out.n] = g->verdicts[i];
		ok = backup_read(&c->db, g->members[i].id, &op->out, &op->err);
	}
	return ok;
}

static bool run_preview(struct catalog *c, struct catalog_op *op)
{
	struct gathering g = {0};
	struct err *e = &op->err;
	char id[ID_MAX] = "";
	bool ok;

	if (op->key != NULL && !key_find(&c->db, KEY_PLAN, op->key, id, e))
		return false;
	ok = (id[0] != '\0' ? gather(&c->db,
				     GROUP " FROM backups WHERE plan_id = ?"
					   " AND status = 'completed'",
				     ARGS(arg_text(id)), id, &g, e)
			    : gather(&c->db,
				     GROUP " FROM backups"
					   " WHERE status = 'completed'",
				     NULL, id, &g, e)) &&
	     judge(&g, op->at_ms, e) && answer(c, op, &g);
	gathering_fini(&g);
	return ok;
}

static void tell_preview(const struct catalog_op *op, const struct err *e)
{
	op->cb.retention(op->arg, e == NULL ? op->out.backups : NULL,
			 e == NULL ? op->out.verdicts : NULL,
			 e == NULL ? op->out.n : 0, e);
}

static const struct intent preview = {
	.mode = INTENT_READ, .run = run_preview, .tell = tell_preview};

struct catalog_op *catalog_plan_expiry(struct catalog *c, const char *key,
				       int64_t now_ms,
				       catalog_retention_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op = call_new(
		c, &preview, (union call_cb){.retention = done}, arg, e);

	if (op != NULL)
		op->at_ms = now_ms;
	return call_submit(op, call_give_key(op, key), e);
}
