/* backups.c - the catalog's backups: reading, listing, describing them. */
#include "catalog/backups_int.h"

#include <stdlib.h>

#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"

#define FROM                                                                   \
	"backups b LEFT JOIN pools p ON p.id = b.pool_id"                      \
	" LEFT JOIN jobs j ON j.id = b.job_id"

#define COLUMNS                                                                \
	"b.id, b.name, b.description, b.type, b.started_by, b.method,"         \
	" b.status, b.server_id, b.source_id, b.source_name,"                  \
	" b.source_engine, b.source_version, b.source_region,"                 \
	" b.pool_id, p.name, b.scope_json, b.options_json,"                    \
	" b.created_at, b.started_at, b.finished_at, b.expires_at,"            \
	" b.save_path, b.source_bytes, b.stored_bytes, b.part_count,"          \
	" b.table_count, b.row_count, b.key_count, b.counts_json,"             \
	" b.consistency_json, b.warnings_json, b.error_json,"                  \
	" b.phases_json, b.bottleneck,"                                        \
	" b.manifest_digest, b.plan_id, b.plan_name, b.due_at,"                \
	" b.retention_days,"                                                   \
	" b.verified_at, b.verify_status, b.verify_scope,"                     \
	" b.verify_shallow,"                                                   \
	" b.last_drill_json,"                                                  \
	" b.depends_on_json, b.is_encrypted, b.is_adopted,"                    \
	" " BACKUP_IS_MINE ", b.held, " BACKUP_IS_RESTORING                    \
	", " BACKUP_IS_VERIFYING ","                                           \
	" b.has_leftovers, b.job_id, j.fence, b.revision, b.increments"

static bool read_status(struct stmt *s, struct backup_record *r, struct err *e)
{
	char word[16];

	stmt_copy(s, word, sizeof(word));
	return backup_status_parse(word, &r->status) ||
	       err_set(e, ERR_DAMAGED, "internal",
		       "the catalog holds a backup of an unknown status");
}

static void read_origin(struct stmt *s, struct backup_record *r)
{
	stmt_copy(s, r->server_id, sizeof(r->server_id));
	stmt_copy(s, r->source_id, sizeof(r->source_id));
	stmt_copy(s, r->source_name, sizeof(r->source_name));
	stmt_copy(s, r->source_engine, sizeof(r->source_engine));
	stmt_copy(s, r->source_version, sizeof(r->source_version));
	stmt_dup(s, &r->source_region);
	stmt_copy(s, r->pool_id, sizeof(r->pool_id));
	stmt_copy(s, r->pool_name, sizeof(r->pool_name));
	stmt_dup(s, &r->scope_json);
	stmt_dup(s, &r->options_json);
}

static void read_measures(struct stmt *s, struct backup_record *r)
{
	r->created_at = stmt_int(s);
	r->started_at = stmt_int(s);
	r->finished_at = stmt_int(s);
	r->expires_at = stmt_int(s);
	stmt_dup(s, &r->save_path);
	r->source_bytes = stmt_u64(s);
	r->stored_bytes = stmt_u64(s);
	r->part_count = stmt_u64(s);
	r->table_count = stmt_u64(s);
	r->row_count = stmt_u64(s);
	r->key_count = stmt_u64(s);
}

static void read_findings(struct stmt *s, struct backup_record *r)
{
	stmt_dup(s, &r->counts_json);
	stmt_dup(s, &r->consistency_json);
	stmt_dup(s, &r->warnings_json);
	stmt_dup(s, &r->error_json);
	stmt_dup(s, &r->phases_json);
	stmt_copy(s, r->bottleneck, sizeof(r->bottleneck));
	stmt_copy(s, r->manifest_digest, sizeof(r->manifest_digest));
}

static void read_plan(struct stmt *s, struct backup_record *r)
{
	stmt_copy(s, r->plan_id, sizeof(r->plan_id));
	stmt_copy(s, r->plan_name, sizeof(r->plan_name));
	r->due_at = stmt_int(s);
	r->retention_days = stmt_int(s);
	r->verified_at = stmt_int(s);
	stmt_copy(s, r->verify_status, sizeof(r->verify_status));
	stmt_copy(s, r->verify_scope, sizeof(r->verify_scope));
	r->is_verify_shallow = stmt_bool(s);
	stmt_dup(s, &r->last_drill_json);
	stmt_dup(s, &r->depends_on_json);
	r->is_encrypted = stmt_bool(s);
	r->is_adopted = stmt_bool(s);
	r->is_mine = stmt_bool(s);
}

static void read_state(struct stmt *s, struct backup_record *r)
{
	r->held = stmt_bool(s);
	r->is_restoring = stmt_bool(s);
	r->is_verifying = stmt_bool(s);
	r->has_leftovers = stmt_bool(s);
	stmt_copy(s, r->job_id, sizeof(r->job_id));
	r->fence = stmt_int(s);
	r->revision = stmt_int(s);
	r->increments = stmt_int(s);
}

static bool read_backup(struct stmt *s, struct rows *out, struct err *e)
{
	struct backup_record *r = rows_grow(out->backups, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a backup");
	out->backups = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	stmt_copy(s, r->name, sizeof(r->name));
	stmt_dup(s, &r->description);
	stmt_copy(s, r->type, sizeof(r->type));
	stmt_copy(s, r->trigger, sizeof(r->trigger));
	stmt_copy(s, r->method, sizeof(r->method));
	if (!read_status(s, r, e))
		return false;
	read_origin(s, r);
	read_measures(s, r);
	read_findings(s, r);
	read_plan(s, r);
	read_state(s, r);
	return stmt_read(s, e);
}

static const struct list_sort sorts[] = {
	{"created_at", "b.created_at", false},
	{"started_at", "b.started_at", false},
	{"finished_at", "b.finished_at", false},
	{"expires_at", "b.expires_at", false},
	{"name", "b.name", true},
	{"status", "b.status", true},
	{"type", "b.type", true},
	{"method", "b.method", true},
	{"source", "b.source_name", true},
	{"source_bytes", "b.source_bytes", false},
	{"stored_bytes", "b.stored_bytes", false},
	{NULL, NULL, false},
};

static const struct list_spec spec = {
	.columns = COLUMNS,
	.from = FROM,
	.table = "backups b",
	.search = "backups b INDEXED BY backups_search",
	.totals = "backup_totals b",
	.sums = "backup_sums b",
	.id = "b.id",
	.one = "SELECT " COLUMNS " FROM " FROM " WHERE b.id = ?",
	.sorts = sorts,
	.read = read_backup,
};

bool backup_read(struct db *db, const char *id, struct rows *out, struct err *e)
{
	return list_one(&spec, db, id, out, e);
}

bool backup_read_all(struct db *db, const char *sql, const struct arg *args,
		     struct rows *out, struct err *e)
{
	struct text ids = {0};
	bool ok = list_ids(db, sql, args, &ids, e);

	for (size_t at = 0; ok && at < ids.len; at += ID_MAX)
		ok = backup_read(db, ids.data + at, out, e);
	text_free(&ids);
	return ok;
}

bool backup_give(struct catalog_op *op, const struct backup_record *r)
{
	if (op == NULL)
		return false;
	op->in.backups = calloc(1, sizeof(*r));
	if (op->in.backups == NULL)
		return false;
	op->in.n = 1;
	return backup_record_copy(op->in.backups, r);
}

void backup_tell(const struct catalog_op *op, const struct err *e)
{
	op->cb.backup(op->arg, e == NULL ? op->out.backups : NULL, e);
}

void backup_tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.backups(op->arg, e == NULL ? op->out.backups : NULL,
		       e == NULL ? &op->page : NULL, e);
}

static bool run_get(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_BACKUP, op->key, id, &op->err) &&
	       backup_read(&c->db, id, &op->out, &op->err);
}

static const struct intent get = {
	.mode = INTENT_READ, .run = run_get, .tell = backup_tell};

struct catalog_op *catalog_backup_get(struct catalog *c, const char *key,
				      catalog_backup_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op =
		call_new(c, &get, (union call_cb){.backup = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	struct list l = {0};

	(void)c;
	list_search(&l, q->q, q->since, q->until);
	list_filter_ref(&l, KEY_SOURCE, q->source, "b.source_id = ?",
			"b.source_id ="
			" (SELECT id FROM sources WHERE name_key = ?)");
	list_filter_ref(&l, KEY_POOL, q->pool, "b.pool_id = ?",
			"b.pool_id ="
			" (SELECT id FROM pools WHERE name_key = ?)");
	list_filter_ref(&l, KEY_PLAN, q->plan, "b.plan_id = ?",
			"b.plan_id ="
			" (SELECT id FROM plans WHERE name_key = ?)");
	list_filter(&l, "b.type = ?", q->type);
	list_filter(&l, "b.method = ?", q->method);
	list_filter(&l, "b.status = ?", q->status);
	return list_run(&l, &spec, op);
}

static const struct intent list = {
	.mode = INTENT_LIST, .run = run_list, .tell = backup_tell_list};

struct catalog_op *catalog_backup_list(struct catalog *c,
				       const struct catalog_query *q,
				       catalog_backups_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.backups = done}, arg, e);

	return call_submit(op, call_give_query(op, q), e);
}

/* Rule 17: what another server owns is described and held there. */
static bool check_changeable(struct db *db, const char *id, struct err *e)
{
	int64_t is_deleting = 0, is_mine = 0;

	if (!db_int(db, "SELECT status = 'deleting' FROM backups WHERE id = ?",
		    ARGS(arg_text(id)), &is_deleting, e) ||
	    !db_int(db,
		    "SELECT " BACKUP_IS_MINE " FROM backups b WHERE b.id = ?",
		    ARGS(arg_text(id)), &is_mine, e))
		return false;
	if (!is_mine)
		return err_set(e, ERR_CONFLICT, "not_owner",
			       "the backup belongs to another server and "
			       "cannot be changed here; take that server over "
			       "first if it is gone");
	return !is_deleting ||
	       err_set(e, ERR_CONFLICT, "backup_in_use",
		       "the backup is being deleted; it cannot be changed "
		       "any more");
}

static bool run_update(struct catalog *c, struct catalog_op *op)
{
	const struct backup_record *r = op->in.backups;
	struct err *e = &op->err;

	return key_check_revision(&c->db, KEY_BACKUP, r->id, op->number, e) &&
	       check_changeable(&c->db, r->id, e) &&
	       db_run(&c->db,
		      "UPDATE backups SET held = ?,"
		      " description = coalesce(?, description),"
		      " revision = revision + 1 WHERE id = ?",
		      ARGS(arg_int(r->held), arg_text(r->description),
			   arg_text(r->id)),
		      e) &&
	       backup_read(&c->db, r->id, &op->out, e);
}

static const struct intent change = {
	.mode = INTENT_WRITE, .run = run_update, .tell = backup_tell};

struct catalog_op *catalog_backup_update(struct catalog *c,
					 const struct backup_record *r,
					 int64_t if_revision,
					 catalog_backup_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &change, (union call_cb){.backup = done}, arg, e);

	return call_submit(
		op, call_give_number(op, if_revision) && backup_give(op, r), e);
}
