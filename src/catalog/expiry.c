/*
 * expiry.c - rule 14 on what the tables say. Backups are gathered group by
 * group (a group: a source and a scope), since only within one are they
 * compared; the decision itself is model/retention.h's. It is made and written
 * in one transaction, so nothing can hold, restore or complete a backup in
 * between. A preview gathers whole groups; a pass, which runs after every
 * backup, what has expired and the newest of each group beside it: all that
 * the decision on those depends on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/expiry.h"
#include "catalog/expiry_int.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"

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

/* One more, of the group at hand; NULL: no memory. */
static struct retained *grow(struct gathering *g, struct err *e)
{
	struct retained *list = rows_grow(g->list, g->n, sizeof(*list));
	struct member *members;

	if (list != NULL)
		g->list = list;
	members = rows_grow(g->members, g->n, sizeof(*members));
	if (members != NULL)
		g->members = members;
	if (list == NULL || members == NULL) {
		(void)err_nomem(e, "a list");
		return NULL;
	}
	list[g->n].group = g->ngroups;
	return &list[g->n++];
}

static bool read_member(struct stmt *s, struct gathering *g, struct err *e)
{
	struct retained *r = grow(g, e);
	struct member *m;

	if (r == NULL)
		return false;
	m = &g->members[g->n - 1];
	stmt_copy(s, m->id, ID_MAX);
	m->is_wanted = stmt_bool(s);
	r->finished_at = stmt_int(s);
	r->expires_at = stmt_int(s);
	r->is_held = stmt_bool(s);
	r->is_foreign = !stmt_bool(s);
	r->is_in_use = stmt_bool(s);
	r->is_needed = stmt_bool(s);
	r->is_damaged = stmt_bool(s);
	r->is_braked = stmt_bool(s);
	return true;
}

/* A scope that nobody here can read (an encrypted backup that was adopted
 * without an identity) is like no other: it must not pass for the whole
 * instance, or the last backup of that would go. */
#define SCOPE                                                                  \
	"CASE WHEN b.is_adopted = 1 AND b.scope_json IS NULL"                  \
	" AND instr(b.warnings_json, '\"scope_hidden\"') > 0"                  \
	" THEN b.id ELSE coalesce(b.scope_json, 'null') END"

#define IS_DAMAGED "b.verify_status = 'failed'"

/* Who has lost his plan has nobody to release him from a doubt. */
#define IS_BRAKED                                                              \
	"coalesce((SELECT p.expiry_held IS NOT NULL FROM plans p"              \
	" WHERE p.id = b.plan_id), " EXPIRY_IS_DOUBTED ")"

#define MEMBERS                                                                \
	"SELECT b.id, ?3 = '' OR b.plan_id = ?3, b.finished_at,"               \
	" b.expires_at, b.held, " BACKUP_IS_MINE ", " BACKUP_IS_RESTORING      \
	" OR " BACKUP_IS_VERIFYING ", " BACKUP_IS_NEEDED ", " IS_DAMAGED       \
	", " IS_BRAKED                                                         \
	" FROM backups b WHERE b.source_id = ?1 AND b.status = 'completed'"    \
	" AND " SCOPE " = ?2"                                                  \
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

#define GROUP "SELECT DISTINCT b.source_id, " SCOPE " FROM backups b"

/*
 * What has expired, by the index backups_expiry: a pass costs what is due and
 * nothing else. The newest of a group comes first in it, as everywhere.
 */
#define EXPIRED                                                                \
	"SELECT b.id, b.source_id, " SCOPE " AS scope,"                        \
	" b.finished_at, b.expires_at, b.held, " IS_DAMAGED ", " IS_BRAKED     \
	" FROM backups b"                                                      \
	" WHERE b.status = 'completed' AND b.type = 'automated'"               \
	" AND b.expires_at > 0 AND b.expires_at <= ? AND " BACKUP_IS_MINE      \
	" AND (SELECT o.rival FROM pools o WHERE o.id = b.pool_id) IS NULL"    \
	" ORDER BY b.source_id, scope, b.finished_at DESC, b.id DESC"

/* What must stay of a group (the newest, or the newest that no verification
 * found damaged), and whether it has expired itself. */
#define NEWEST                                                                 \
	"SELECT b.id, b.finished_at, b.expires_at, " IS_DAMAGED ","            \
	" b.type = 'automated' AND b.expires_at > 0 AND b.expires_at <= ?3"    \
	" FROM backups b WHERE b.source_id = ?1 AND b.status = 'completed'"    \
	" AND " SCOPE " = ?2 AND " BACKUP_IS_MINE
#define FIRST	     " ORDER BY b.finished_at DESC, b.id DESC LIMIT 1"
#define NEWEST_SOUND NEWEST " AND NOT " IS_DAMAGED FIRST

/* The group of the row that is read. */
struct group_key {
	char source_id[ID_MAX];
	char *scope;
};

/* One that has expired, too, is among the rows that are read. */
static bool add_newest(struct db *db, const char *sql,
		       const struct group_key *key, int64_t now_ms,
		       struct gathering *g, struct err *e)
{
	struct retained *r, found = {.group = g->ngroups};
	char id[ID_MAX] = "";
	bool has_expired = false;
	struct stmt s;

	if (!stmt_begin(&s, db, sql,
			ARGS(arg_text(key->source_id), arg_text(key->scope),
			     arg_int(now_ms)),
			e))
		return false;
	if (stmt_next(&s, e)) {
		stmt_copy(&s, id, sizeof(id));
		found.finished_at = stmt_int(&s);
		found.expires_at = stmt_int(&s);
		found.is_damaged = stmt_bool(&s);
		has_expired = stmt_bool(&s);
	}
	stmt_end(&s);
	if (err_is(e) || id[0] == '\0' || has_expired)
		return !err_is(e);
	r = grow(g, e);
	if (r == NULL)
		return false;
	*r = found;
	(void)str_copy(g->members[g->n - 1].id, ID_MAX, id);
	return true;
}

/* The two may be one and the same, which does no harm. */
static bool begin_group(struct db *db, const struct group_key *key,
			int64_t now_ms, struct gathering *g, struct err *e)
{
	g->ngroups++;
	return add_newest(db, NEWEST FIRST, key, now_ms, g, e) &&
	       add_newest(db, NEWEST_SOUND, key, now_ms, g, e);
}

static bool read_expired(struct stmt *s, int64_t now_ms, struct group_key *last,
			 struct gathering *g, struct err *e)
{
	struct group_key key = {0};
	struct retained *r;
	char id[ID_MAX];
	bool is_new, ok;

	stmt_copy(s, id, sizeof(id));
	stmt_copy(s, key.source_id, ID_MAX);
	stmt_dup(s, &key.scope);
	if (!stmt_read(s, e))
		return false;
	is_new = last->scope == NULL || strcmp(last->scope, key.scope) != 0 ||
		 strcmp(last->source_id, key.source_id) != 0;
	ok = !is_new || begin_group(s->db, &key, now_ms, g, e);
	free(last->scope);
	*last = key;
	r = ok ? grow(g, e) : NULL;
	if (r == NULL)
		return false;
	(void)str_copy(g->members[g->n - 1].id, ID_MAX, id);
	r->finished_at = stmt_int(s);
	r->expires_at = stmt_int(s);
	r->is_held = stmt_bool(s);
	r->is_damaged = stmt_bool(s);
	r->is_braked = stmt_bool(s);
	return true;
}

static bool gather_expired(struct db *db, int64_t now_ms, struct gathering *g,
			   struct err *e)
{
	struct group_key last = {0};
	struct stmt s;
	bool ok = true;

	if (!stmt_begin(&s, db, EXPIRED, ARGS(arg_int(now_ms)), e))
		return false;
	while (ok && stmt_next(&s, e))
		ok = read_expired(&s, now_ms, &last, g, e);
	stmt_end(&s);
	free(last.scope);
	return ok && !err_is(e);
}

/* What is dear to ask is asked of those alone that would go. */
static bool look_used(struct db *db, const char *id, bool *is_used,
		      struct err *e)
{
	int64_t used = 0;

	if (!db_int(db,
		    "SELECT " BACKUP_IS_RESTORING " OR " BACKUP_IS_VERIFYING
		    " OR " BACKUP_IS_NEEDED " FROM backups b WHERE b.id = ?",
		    ARGS(arg_text(id)), &used, e))
		return false;
	*is_used = used != 0;
	return true;
}

static bool expire(struct catalog *c, struct catalog_op *op,
		   const struct gathering *g)
{
	bool ok = true;

	for (size_t i = 0; ok && i < g->n && op->out.n < op->limit; i++) {
		const char *id = g->members[i].id;
		bool is_used = true;

		if (g->verdicts[i] != RETENTION_GOES)
			continue;
		ok = look_used(&c->db, id, &is_used, &op->err);
		if (ok && !is_used)
			ok = backup_mark(&c->db, id, &op->err) &&
			     backup_read(&c->db, id, &op->out, &op->err);
	}
	op->page.n = op->page.total = op->out.n;
	return ok && expiry_trace(c, op);
}

static bool run_expire(struct catalog *c, struct catalog_op *op)
{
	struct gathering g = {0};
	bool ok = plans_set_right(&c->db, clock_now_ms(), &op->err) &&
		  expiry_clock(&c->db, op->at_ms, op->number, &op->err) &&
		  gather_expired(&c->db, op->at_ms, &g, &op->err) &&
		  judge(&g, op->at_ms, &op->err) && expire(c, op, &g);

	gathering_fini(&g);
	return ok;
}

static const struct intent expire_some = {
	.mode = INTENT_WRITE, .run = run_expire, .tell = backup_tell_list};

struct catalog_op *catalog_backup_expire(struct catalog *c,
					 const struct expiry_pass *pass,
					 catalog_backups_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op = call_new(
		c, &expire_some, (union call_cb){.backups = done}, arg, e);

	if (op != NULL) {
		op->at_ms = pass->now_ms;
		op->number = pass->ran_ms;
		op->limit = pass->limit;
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
	ok = (id[0] != '\0'
		      ? gather(&c->db,
			       GROUP " WHERE b.plan_id = ?"
				     " AND status = 'completed'",
			       ARGS(arg_text(id)), id, &g, e)
		      : gather(&c->db, GROUP " WHERE status = 'completed'",
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
