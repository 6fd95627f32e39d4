/*
 * plan_end.c - what a plan learns from its backups: how the newest ended,
 * whether a due time is still unmet (rule 21), and when to stop expiring
 * (rule 14's brake). The brake compares with the last completed backup of the
 * same source, method and scope that did not shrink; what is compared with is
 * kept in the plan, so that it outlives the backup.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/backups_int.h"
#include "catalog/expiry.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"

/* What makes two backups comparable, as text. Caller frees; NULL: no memory. */
static char *scope_of(const struct backup_record *b)
{
	struct text t = {0};

	text_printf(&t, "%s %s %s", b->source_id, b->method,
		    b->scope_json != NULL ? b->scope_json : "null");
	return text_take(&t);
}

static struct retention_size size_of(const struct backup_record *b)
{
	return (struct retention_size){.rows = b->row_count,
				       .keys = b->key_count,
				       .bytes = b->source_bytes};
}

static bool set_base(struct db *db, const struct backup_record *b,
		     const struct retention_size *size, const char *scope,
		     struct err *e)
{
	return db_run(db,
		      "UPDATE plans SET base_rows = ?, base_keys = ?,"
		      " base_bytes = ?, base_scope = ? WHERE id = ?",
		      ARGS(arg_u64(size->rows), arg_u64(size->keys),
			   arg_u64(size->bytes), arg_text(scope),
			   arg_text(b->plan_id)),
		      e);
}

/* False without e: there is nothing to compare with. */
static bool read_base(struct db *db, const struct backup_record *b,
		      const char *scope, struct retention_size *base,
		      struct err *e)
{
	struct stmt s;
	bool ok;

	if (!stmt_begin(&s, db,
			"SELECT base_rows, base_keys, base_bytes FROM plans"
			" WHERE id = ? AND base_scope = ?",
			ARGS(arg_text(b->plan_id), arg_text(scope)), e))
		return false;
	ok = stmt_next(&s, e);
	if (ok) {
		base->rows = stmt_u64(&s);
		base->keys = stmt_u64(&s);
		base->bytes = stmt_u64(&s);
	}
	stmt_end(&s);
	return ok;
}

static bool pull(struct db *db, const struct backup_record *b,
		 const char *figures, struct err *e)
{
	struct text why = {0};
	bool ok;

	text_printf(&why,
		    "backup %s: %s; nothing of this plan expires until "
		    "somebody has looked and released it",
		    b->name, figures);
	ok = !why.is_broken || err_nomem(e, "a reason");
	ok = ok && db_run(db, "UPDATE plans SET expiry_held = ? WHERE id = ?",
			  ARGS(arg_text(why.data), arg_text(b->plan_id)), e);
	text_free(&why);
	return ok;
}

/* What has changed says nothing of how much there is. */
static bool is_increment(const struct backup_record *b)
{
	return b->depends_on_json != NULL &&
	       strcmp(b->depends_on_json, "[]") != 0;
}

static bool brake(struct catalog *c, const struct backup_record *b,
		  struct err *e)
{
	struct retention_size base = {0}, size = size_of(b);
	char *scope = scope_of(b), figures[256];
	bool is_known, ok;

	if (scope == NULL)
		return err_nomem(e, "a scope");
	is_known = read_base(&c->db, b, scope, &base, e);
	ok = !err_is(e);
	/* An increment of a tree counts all that is in it, but its bytes are
	 * those that were read. */
	if (b->increments > 0)
		size.bytes = base.bytes;
	if (ok && is_known &&
	    retention_shrank(&base, &size, c->shrink_percent, figures,
			     sizeof(figures)))
		ok = pull(&c->db, b, figures, e);
	else if (ok)
		ok = set_base(&c->db, b, &size, scope, e);
	free(scope);
	return ok;
}

/* What is still unmet is the earliest run that waits; an older one that was
 * owed has been made good by a newer backup. */
#define STILL_UNMET                                                            \
	"coalesce((SELECT min(due_at) FROM backups WHERE plan_id = ?1"         \
	" AND status IN ('queued', 'backing_up') AND due_at > 0), 0)"

static bool meet(struct db *db, const struct backup_record *b, struct err *e)
{
	bool is_by_user = strcmp(b->trigger, "user") == 0;

	return db_run(db,
		      "UPDATE plans SET unmet_due_at = " STILL_UNMET
		      " WHERE id = ?1 AND (?2 OR unmet_due_at <= ?3)",
		      ARGS(arg_text(b->plan_id), arg_int(is_by_user),
			   arg_int(b->due_at)),
		      e);
}

static bool note_last(struct db *db, const struct backup_record *b,
		      struct err *e)
{
	return db_run(db,
		      "UPDATE plans SET last_backup_id = ?, last_status = ?,"
		      " last_at = ? WHERE id = ?",
		      ARGS(arg_text(b->id),
			   arg_text(backup_status_name(b->status)),
			   arg_int(b->finished_at), arg_text(b->plan_id)),
		      e);
}

bool plan_backup_ended(struct catalog *c, const char *backup_id, struct err *e)
{
	struct rows rows = {0};
	const struct backup_record *b;
	bool ok = backup_read(&c->db, backup_id, &rows, e);

	b = rows.backups;
	if (ok && b->plan_id[0] != '\0') {
		ok = note_last(&c->db, b, e);
		if (ok && b->status == BACKUP_COMPLETED)
			ok = meet(&c->db, b, e) &&
			     (is_increment(b) || brake(c, b, e));
	}
	rows_free(&rows);
	return ok;
}

/* Nothing was completed yet: then there is nothing to compare with. */
static bool set_base_anew(struct db *db, const char *id, struct err *e)
{
	struct retention_size size;
	struct rows rows = {0};
	char *scope = NULL;
	bool ok = backup_read_all(db,
				  "SELECT id FROM backups WHERE plan_id = ?"
				  " AND status = 'completed'"
				  " AND coalesce(depends_on_json, '[]') = '[]'"
				  " ORDER BY finished_at DESC, id DESC LIMIT 1",
				  ARGS(arg_text(id)), &rows, e);

	if (ok && rows.n > 0) {
		size = size_of(rows.backups);
		size.bytes = rows.backups->increments > 0 ? 0 : size.bytes;
		scope = scope_of(rows.backups);
		ok = (scope != NULL || err_nomem(e, "a scope")) &&
		     set_base(db, rows.backups, &size, scope, e);
	}
	free(scope);
	rows_free(&rows);
	return ok;
}

static bool run_release(struct catalog *c, struct catalog_op *op)
{
	struct err *e = &op->err;
	char id[ID_MAX];

	return key_find(&c->db, KEY_PLAN, op->key, id, e) &&
	       set_base_anew(&c->db, id, e) &&
	       db_run(&c->db,
		      "UPDATE plans SET expiry_held = NULL,"
		      " is_brake_told = 0 WHERE id = ?",
		      ARGS(arg_text(id)), e) &&
	       plan_read(&c->db, id, &op->out, e);
}

static const struct intent release = {
	.mode = INTENT_WRITE, .run = run_release, .tell = plan_tell};

struct catalog_op *catalog_plan_release(struct catalog *c, const char *key,
					catalog_plan_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &release, (union call_cb){.plan = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}
