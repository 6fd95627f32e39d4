/*
 * backup_run.c - the life of a backup while it is made. All that decides
 * whether one may begin is asked and written in the same transaction, so two
 * that come at once cannot both win, on whatever database.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/instances_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/packs_int.h"
#include "catalog/plans_int.h"

static bool read_source(struct db *db, struct backup_record *r, struct err *e)
{
	struct stmt s;
	bool ok;

	if (!stmt_begin(&s, db,
			"SELECT name, engine, version, region FROM sources"
			" WHERE id = ?",
			ARGS(arg_text(r->source_id)), e))
		return false;
	ok = stmt_next(&s, e);
	if (ok) {
		free(r->source_region);
		r->source_region = NULL;
		stmt_copy(&s, r->source_name, sizeof(r->source_name));
		stmt_copy(&s, r->source_engine, sizeof(r->source_engine));
		stmt_copy(&s, r->source_version, sizeof(r->source_version));
		stmt_dup(&s, &r->source_region);
		ok = stmt_read(&s, e);
	}
	stmt_end(&s);
	return ok;
}

/* Rule 7: the counter row decides, not a count, so that two transactions at
 * once would have to wait for each other. */
static bool take_quota(struct catalog *c, const struct backup_record *r,
		       struct err *e)
{
	if (strcmp(r->type, "manual") != 0)
		return true;
	if (!db_run(&c->db,
		    "UPDATE counters SET value = value + 1"
		    " WHERE name = 'manual_backups' AND value < ?",
		    ARGS(arg_int(c->manual_backups_max)), e))
		return false;
	return db_changes(&c->db) > 0 ||
	       err_set(e, ERR_CONFLICT, "quota_exceeded",
		       "there are %u manual backups, which is the limit "
		       "(queued and running ones count): delete one first",
		       c->manual_backups_max);
}

/* What is being made of the source, or will be as soon as it is free. */
#define MAKING                                                                 \
	"SELECT 'backup ' || name || ' (' || id || ')' || CASE status"         \
	" WHEN 'queued' THEN ' is queued' ELSE ' is being made' END"           \
	" FROM backups WHERE source_id = ?"                                    \
	" AND status IN ('queued', 'backing_up') LIMIT 1"

bool backup_check_idle(struct db *db, const char *source_id, struct err *e)
{
	char *making = NULL;
	bool is_idle;

	if (!job_check_lock(db, source_id, e) ||
	    !db_text(db, MAKING, ARGS(arg_text(source_id)), &making, e))
		return false;
	is_idle = making == NULL;
	if (!is_idle)
		(void)err_set(e, ERR_CONFLICT, "source_busy",
			      "the source is busy: %s; wait for its end or "
			      "cancel it",
			      making);
	free(making);
	return is_idle;
}

static bool add_job(struct db *db, struct backup_record *r,
		    const char *lock_key, struct err *e)
{
	struct job_record job = {.kind = JOB_BACKUP, .status = JOB_QUEUED};

	(void)str_copy(job.resource, ID_MAX, r->id);
	(void)str_copy(job.source_id, ID_MAX, r->source_id);
	(void)str_copy(job.pool_id, ID_MAX, r->pool_id);
	if (!job_add(db, &job, lock_key, e))
		return false;
	(void)str_copy(r->job_id, ID_MAX, job.id);
	r->created_at = job.created_at;
	return true;
}

static bool insert(struct catalog *c, const struct backup_record *r,
		   struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(
		&c->db,
		"INSERT INTO backups (id, name, name_key, description, type,"
		" started_by, method, status, server_id, source_id,"
		" source_name, source_engine, source_version, source_region,"
		" pool_id, scope_json, options_json, created_at, job_id)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?,"
		" ?, ?, ?, ?)",
		ARGS(arg_text(r->id), arg_text(r->name), arg_text(folded),
		     arg_text(r->description), arg_text(r->type),
		     arg_text(r->trigger), arg_text(r->method),
		     arg_text(c->identity.server_id), arg_text(r->source_id),
		     arg_text(r->source_name), arg_text(r->source_engine),
		     arg_text(r->source_version), arg_text(r->source_region),
		     arg_text(r->pool_id), arg_text(r->scope_json),
		     arg_text(r->options_json), arg_int(r->created_at),
		     arg_text(r->job_id)),
		e);
}

/* Rule 22: what the plan says now is what this backup keeps. */
static bool note_plan(struct db *db, const struct backup_record *r,
		      struct err *e)
{
	return db_run(db,
		      "UPDATE backups SET plan_id = ?, plan_name = ?,"
		      " due_at = ?, retention_days = ?, is_encrypted ="
		      "  (SELECT recipients_json IS NOT NULL FROM pools"
		      "   WHERE id = pool_id) WHERE id = ?",
		      ARGS(arg_text(r->plan_id), arg_text(r->plan_name),
			   arg_int(r->due_at), arg_int(r->retention_days),
			   arg_text(r->id)),
		      e);
}

bool backup_queue(struct catalog *c, struct backup_record *r,
		  const char *lock_key, struct err *e)
{
	id_new(r->id, "bak");
	return read_source(&c->db, r, e) && add_job(&c->db, r, lock_key, e) &&
	       insert(c, r, e) && note_plan(&c->db, r, e);
}

static bool check_begin(struct catalog *c, struct backup_record *r,
			struct err *e)
{
	return name_check_backup(r->name, e) &&
	       key_find_pair(&c->db, r->source_id, r->pool_id, e) &&
	       key_check_free(&c->db, KEY_BACKUP, r->name, "", e) &&
	       backup_check_idle(&c->db, r->source_id, e) &&
	       instance_check_whole(&c->db, r->source_id, e);
}

static bool run_begin(struct catalog *c, struct catalog_op *op)
{
	struct backup_record *r = op->in.backups;
	struct err *e = &op->err;

	r->plan_id[0] = r->plan_name[0] = '\0';
	r->due_at = r->retention_days = 0;
	return check_begin(c, r, e) && take_quota(c, r, e) &&
	       backup_queue(c, r, r->source_id, e) &&
	       backup_read(&c->db, r->id, &op->out, e);
}

static const struct intent begin = {
	.mode = INTENT_WRITE, .run = run_begin, .tell = backup_tell};

struct catalog_op *catalog_backup_begin(struct catalog *c,
					const struct backup_record *r,
					catalog_backup_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &begin, (union call_cb){.backup = done}, arg, e);

	return call_submit(op, backup_give(op, r), e);
}

static bool run_check(struct catalog *c, struct catalog_op *op)
{
	return check_begin(c, op->in.backups, &op->err);
}

static const struct intent check = {
	.mode = INTENT_READ, .run = run_check, .tell = call_tell_done};

struct catalog_op *catalog_backup_check(struct catalog *c,
					const struct backup_record *r,
					catalog_done_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &check, (union call_cb){.done = done}, arg, e);

	return call_submit(op, backup_give(op, r), e);
}

static int64_t or_now(int64_t at_ms)
{
	return at_ms != 0 ? at_ms : clock_now_ms();
}

/* A run of a plan waits without the source's lock; it takes it when it begins
 * (rule 3). Manual ones have it since they were queued. */
static bool take_lock(struct db *db, const struct backup_record *r,
		      struct err *e)
{
	const struct arg *mine = ARGS(arg_text(r->id), arg_int(r->fence));
	char *source_id = NULL;
	bool ok;

	if (!db_text(db,
		     "SELECT source_id FROM jobs WHERE resource = ?"
		     " AND fence = ? AND lock_key IS NULL"
		     " AND status = 'queued'",
		     mine, &source_id, e))
		return false;
	ok = source_id == NULL || (job_check_lock(db, source_id, e) &&
				   instance_check_whole(db, source_id, e) &&
				   db_run(db,
					  "UPDATE jobs SET lock_key = source_id"
					  " WHERE resource = ? AND fence = ?",
					  mine, e));
	free(source_id);
	return ok;
}

static bool run_started(struct catalog *c, struct catalog_op *op)
{
	const struct backup_record *r = op->in.backups;
	int64_t at_ms = or_now(r->started_at);

	return take_lock(&c->db, r, &op->err) &&
	       job_start(&c->db, r->id, r->fence, at_ms, &op->err) &&
	       db_run(&c->db,
		      "UPDATE backups SET status = 'backing_up',"
		      " started_at = ?, save_path = ? WHERE id = ?",
		      ARGS(arg_int(at_ms), arg_text(r->save_path),
			   arg_text(r->id)),
		      &op->err);
}

static const struct intent started = {
	.mode = INTENT_WRITE, .run = run_started, .tell = call_tell_done};

struct catalog_op *catalog_backup_started(struct catalog *c,
					  const struct backup_record *r,
					  catalog_done_cb *done, void *arg,
					  struct err *e)
{
	struct catalog_op *op =
		call_new(c, &started, (union call_cb){.done = done}, arg, e);

	return call_submit(op, backup_give(op, r), e);
}

bool backup_release(struct db *db, const char *id, struct err *e)
{
	return db_run(db,
		      "UPDATE counters SET value = value - 1"
		      " WHERE name = 'manual_backups' AND EXISTS"
		      " (SELECT 1 FROM backups WHERE id = ?"
		      "  AND type = 'manual' AND is_adopted = 0"
		      "  AND name_key IS NOT NULL)",
		      ARGS(arg_text(id)), e) &&
	       db_run(db, "UPDATE backups SET name_key = NULL WHERE id = ?",
		      ARGS(arg_text(id)), e);
}

static bool job_status_of(enum backup_status from, enum job_status *to,
			  struct err *e)
{
	switch (from) {
	case BACKUP_COMPLETED:
		*to = JOB_COMPLETED;
		return true;
	case BACKUP_FAILED:
		*to = JOB_FAILED;
		return true;
	case BACKUP_CANCELED:
		*to = JOB_CANCELED;
		return true;
	case BACKUP_QUEUED:
	case BACKUP_BACKING_UP:
	case BACKUP_DELETING:
	case BACKUP_STATUS_COUNT:
		break;
	}
	return err_bug(e, "a backup does not end as %s",
		       backup_status_name(from));
}

/* The objects of a completed backup are never leftovers, whatever was given: a
 * sweep would take them. */
static bool write_end(struct db *db, const struct backup_record *r,
		      int64_t at_ms, struct err *e)
{
	bool has_leftovers = r->has_leftovers && r->status != BACKUP_COMPLETED;

	return db_run(
		db,
		"UPDATE backups SET status = ?, finished_at = ?,"
		" save_path = coalesce(?, save_path),"
		" source_version = coalesce(nullif(?, ''), source_version),"
		" source_bytes = ?, stored_bytes = ?, part_count = ?,"
		" table_count = ?, row_count = ?, key_count = ?,"
		" counts_json = ?, consistency_json = ?,"
		" warnings_json = ?, error_json = ?,"
		" phases_json = ?, bottleneck = ?, manifest_digest = ?,"
		" depends_on_json = coalesce(?, depends_on_json),"
		" expires_at = CASE WHEN retention_days > 0"
		"  AND ? = 'completed' THEN ? + retention_days * 86400000"
		"  ELSE expires_at END,"
		" is_encrypted = max(is_encrypted, ?),"
		" increments = ?, has_leftovers = ? WHERE id = ?",
		ARGS(arg_text(backup_status_name(r->status)), arg_int(at_ms),
		     arg_text(r->save_path), arg_text(r->source_version),
		     arg_u64(r->source_bytes), arg_u64(r->stored_bytes),
		     arg_u64(r->part_count), arg_u64(r->table_count),
		     arg_u64(r->row_count), arg_u64(r->key_count),
		     arg_text(r->counts_json), arg_text(r->consistency_json),
		     arg_text(r->warnings_json), arg_text(r->error_json),
		     arg_text(r->phases_json), arg_text(r->bottleneck),
		     arg_text(r->manifest_digest), arg_text(r->depends_on_json),
		     arg_text(backup_status_name(r->status)), arg_int(at_ms),
		     arg_int(r->is_encrypted), arg_int(r->increments),
		     arg_int(has_leftovers), arg_text(r->id)),
		e);
}

/* One that has come to nothing holds the packs of its base until a sweep has
 * seen which of them nobody else holds any more. */
static bool end_packs(struct db *db, const struct backup_record *r,
		      struct err *e)
{
	if (r->status == BACKUP_COMPLETED)
		return packs_settle(db, r, e);
	return db_run(db,
		      "UPDATE backups SET has_leftovers = 1 WHERE id = ?1"
		      " AND " BACKUP_HAS_PACKS("?1"),
		      ARGS(arg_text(r->id)), e);
}

static bool run_finish(struct catalog *c, struct catalog_op *op)
{
	const struct backup_record *r = op->in.backups;
	struct job_end end = {.resource = r->id,
			      .fence = r->fence,
			      .error_json = r->error_json,
			      .progress_json = op->text,
			      .at_ms = or_now(r->finished_at)};

	return job_status_of(r->status, &end.status, &op->err) &&
	       job_finish(&c->db, &end, &op->err) &&
	       write_end(&c->db, r, end.at_ms, &op->err) &&
	       end_packs(&c->db, r, &op->err) &&
	       (r->status == BACKUP_COMPLETED ||
		backup_release(&c->db, r->id, &op->err)) &&
	       plan_backup_ended(c, r->id, &op->err);
}

static const struct intent finish = {
	.mode = INTENT_WRITE, .run = run_finish, .tell = call_tell_done};

struct catalog_op *catalog_backup_finish(struct catalog *c,
					 const struct backup_record *r,
					 const char *progress_json,
					 catalog_done_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &finish, (union call_cb){.done = done}, arg, e);

	return call_submit(
		op, backup_give(op, r) && call_give_text(op, progress_json), e);
}
