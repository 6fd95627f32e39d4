/*
 * backup_delete.c - rule 13: a backup on its way out. It is marked first, its
 * objects go, and the record last: so a crash in between leaves something
 * that says what is still to do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"
#include "catalog/packs_int.h"

/* Why it may not go, or NULL. */
static const char *use_of(const struct backup_record *r)
{
	if (r->is_restoring)
		return "it is being restored; wait for the end or cancel it";
	if (r->is_verifying)
		return "it is being verified; wait for the end or cancel it";
	switch (r->status) {
	case BACKUP_QUEUED:
	case BACKUP_BACKING_UP:
		return "it is being made; cancel it first";
	case BACKUP_DELETING:
		return "it is being deleted already";
	case BACKUP_COMPLETED:
	case BACKUP_FAILED:
	case BACKUP_CANCELED:
	case BACKUP_STATUS_COUNT:
		break;
	}
	return NULL;
}

/* Rule 17: what another server made is that server's to delete. */
static bool check_owner(const struct catalog *c, const struct backup_record *r,
			struct err *e)
{
	return strcmp(r->server_id, c->identity.server_id) == 0 ||
	       err_set(e, ERR_CONFLICT, "not_owner",
		       "backup %s (%s) belongs to the server %s and cannot be "
		       "deleted here: delete it there, or take that server "
		       "over (POST /v1/pools/{id}/takeover) if it is gone",
		       r->name, r->id, r->server_id);
}

static bool check_deletable(const struct catalog *c,
			    const struct backup_record *r, struct err *e)
{
	const char *use = use_of(r);

	if (!check_owner(c, r, e))
		return false;
	if (use != NULL)
		return err_set(e, ERR_CONFLICT, "backup_in_use",
			       "backup %s (%s) cannot be deleted: %s", r->name,
			       r->id, use);
	if (r->held)
		return err_set(e, ERR_CONFLICT, "backup_held",
			       "backup %s (%s) is held; set \"held\" to false "
			       "first",
			       r->name, r->id);
	return true;
}

/* Rule 13: the message names the one that needs it. */
static bool check_not_needed(struct db *db, const struct backup_record *r,
			     struct err *e)
{
	char *by = NULL;
	bool is_free;

	if (!db_text(db,
		     "SELECT d.name || ' (' || d.id || ')' FROM backups d"
		     " WHERE d.source_id = ?2 AND d.depends_on_json IS NOT NULL"
		     " AND d.status IN ('queued', 'backing_up', 'completed')"
		     " AND instr(d.depends_on_json, ?1) > 0 LIMIT 1",
		     ARGS(arg_text(r->id), arg_text(r->source_id)), &by, e))
		return false;
	is_free = by == NULL;
	if (!is_free)
		(void)err_set(e, ERR_CONFLICT, "backup_in_use",
			      "backup %s (%s) cannot be deleted: backup %s "
			      "depends on it; delete that one first",
			      r->name, r->id, by);
	free(by);
	return is_free;
}

bool backup_mark(struct db *db, const char *id, struct err *e)
{
	return backup_release(db, id, e) &&
	       db_run(db, "UPDATE backups SET status = 'deleting' WHERE id = ?",
		      ARGS(arg_text(id)), e);
}

bool backup_mark_all(struct db *db, const char *sql, const struct arg *args,
		     struct err *e)
{
	struct text ids = {0};
	bool ok = list_ids(db, sql, args, &ids, e);

	for (size_t at = 0; ok && at < ids.len; at += ID_MAX)
		ok = backup_mark(db, ids.data + at, e);
	text_free(&ids);
	return ok;
}

static bool mark(struct db *db, struct backup_record *r, struct err *e)
{
	struct job_record job = {.kind = JOB_DELETE, .status = JOB_RUNNING};

	(void)str_copy(job.resource, ID_MAX, r->id);
	(void)str_copy(job.source_id, ID_MAX, r->source_id);
	(void)str_copy(job.pool_id, ID_MAX, r->pool_id);
	if (!backup_release(db, r->id, e) || !job_add(db, &job, NULL, e))
		return false;
	(void)str_copy(r->job_id, ID_MAX, job.id);
	r->fence = job.fence;
	r->status = BACKUP_DELETING;
	return db_run(db,
		      "UPDATE backups SET status = 'deleting', job_id = ?"
		      " WHERE id = ?",
		      ARGS(arg_text(job.id), arg_text(r->id)), e);
}

/* Which of two servers of one id it belongs to, somebody has to say first. */
static bool check_uncontested(struct db *db, const struct backup_record *r,
			      struct err *e)
{
	char *rival = NULL;

	if (!db_text(db, "SELECT rival FROM pools WHERE id = ?",
		     ARGS(arg_text(r->pool_id)), &rival, e))
		return false;
	if (rival != NULL)
		(void)err_set(e, ERR_CONFLICT, "pool_contested", "%s", rival);
	free(rival);
	return !err_is(e);
}

static bool run_delete(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_BACKUP, op->key, id, &op->err) &&
	       backup_read(&c->db, id, &op->out, &op->err) &&
	       check_deletable(c, op->out.backups, &op->err) &&
	       check_not_needed(&c->db, op->out.backups, &op->err) &&
	       check_uncontested(&c->db, op->out.backups, &op->err) &&
	       mark(&c->db, op->out.backups, &op->err);
}

static const struct intent delete = {
	.mode = INTENT_WRITE, .run = run_delete, .tell = backup_tell};

struct catalog_op *catalog_backup_delete(struct catalog *c, const char *key,
					 catalog_backup_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &delete, (union call_cb){.backup = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

static bool end_job(struct db *db, const char *id, const char *error_json,
		    struct err *e)
{
	struct job_end end = {
		.resource = id,
		.status = error_json == NULL ? JOB_COMPLETED : JOB_FAILED,
		.error_json = error_json,
		.at_ms = clock_now_ms(),
	};

	if (!db_int(db,
		    "SELECT fence FROM jobs WHERE resource = ?"
		    " AND kind = 'delete' AND status IN ('queued', 'running')",
		    ARGS(arg_text(id)), &end.fence, e))
		return false;
	return end.fence == 0 || job_finish(db, &end, e);
}

static bool forget(struct db *db, const char *id, struct err *e)
{
	return db_run(db,
		      "DELETE FROM backups WHERE id = ?"
		      " AND status = 'deleting'",
		      ARGS(arg_text(id)), e) &&
	       db_run(db, "UPDATE backups SET has_leftovers = 0 WHERE id = ?",
		      ARGS(arg_text(id)), e) &&
	       packs_drop(db, id, e);
}

static bool run_swept(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_BACKUP, op->key, id, &op->err) &&
	       end_job(&c->db, id, op->text, &op->err) &&
	       (op->text != NULL || forget(&c->db, id, &op->err));
}

static const struct intent swept = {
	.mode = INTENT_WRITE, .run = run_swept, .tell = call_tell_done};

static bool give_reason(struct catalog_op *op, const struct err *why)
{
	if (op == NULL)
		return false;
	if (why == NULL)
		return true;
	op->text = job_error_json(why->api, why->msg);
	return op->text != NULL;
}

struct catalog_op *catalog_backup_swept(struct catalog *c, const char *id,
					const struct err *why,
					catalog_done_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &swept, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give_reason(op, why) && call_give_key(op, id),
			   e);
}

static bool run_sweepable(struct catalog *c, struct catalog_op *op)
{
	bool ok = backup_read_all(
		&c->db,
		"SELECT id FROM backups b"
		" WHERE (status = 'deleting' OR has_leftovers = 1)"
		" AND server_id = (SELECT server_id FROM server)"
		" AND NOT EXISTS (SELECT 1 FROM jobs j"
		"  WHERE j.resource = b.id"
		"  AND j.status IN ('queued', 'running'))"
		" ORDER BY id DESC", /* what builds upon others goes first */
		NULL, &op->out, &op->err);

	op->page.n = op->page.total = op->out.n;
	return ok;
}

static const struct intent sweepable = {
	.mode = INTENT_READ, .run = run_sweepable, .tell = backup_tell_list};

struct catalog_op *catalog_backup_sweepable(struct catalog *c,
					    catalog_backups_cb *done, void *arg,
					    struct err *e)
{
	struct catalog_op *op = call_new(
		c, &sweepable, (union call_cb){.backups = done}, arg, e);

	return call_submit(op, true, e);
}
