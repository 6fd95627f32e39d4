/*
 * drills.c - restore drills as jobs: queued, running, and what they proved.
 *
 * The row of an instance stands from the transaction that queues its drill to
 * the one that says that nothing of it is left; its provider is known before
 * that one is called first. So whatever cuts a drill short leaves what has to
 * be destroyed, and by whom.
 */
#include "catalog/drills.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/drills_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"

void drill_row_free(struct drill_row *row)
{
	if (row == NULL)
		return;
	free(row->error_json);
	free(row->progress_json);
	free(row);
}

void drill_tell(const struct catalog_op *op, const struct err *e)
{
	const struct drill_row *row = op->drill;

	op->cb.drill(op->arg, e == NULL && row->is_there ? &row->drill : NULL,
		     e);
}

/* --- beginning */

static bool check_completed(const struct backup_record *b, struct err *e)
{
	return b->status == BACKUP_COMPLETED ||
	       err_set(e, ERR_CONFLICT, "backup_not_completed",
		       "backup %s (%s) is %s; only completed backups can be "
		       "drilled",
		       b->name, b->id, backup_status_name(b->status));
}

bool drill_check_idle(struct db *db, const struct backup_record *b,
		      struct err *e)
{
	char *job = NULL;
	bool is_idle;

	if (!db_text(db,
		     "SELECT id FROM jobs WHERE resource = ?"
		     " AND kind = 'drill' AND status IN ('queued', 'running')",
		     ARGS(arg_text(b->id)), &job, e))
		return false;
	is_idle = job == NULL;
	if (!is_idle)
		(void)err_set(e, ERR_CONFLICT, "backup_in_use",
			      "backup %s (%s) is being drilled already, by job "
			      "%s; wait for its end or cancel it",
			      b->name, b->id, job);
	free(job);
	return is_idle;
}

bool drill_check_readable(struct db *db, const struct backup_record *b,
			  struct err *e)
{
	int64_t has_identity = 0;

	if (!b->is_encrypted)
		return true;
	if (!db_int(db,
		    "SELECT count(*) FROM pools WHERE id = ?"
		    " AND identity IS NOT NULL",
		    ARGS(arg_text(b->pool_id)), &has_identity, e))
		return false;
	return has_identity != 0 ||
	       err_set(e, ERR_CONFLICT, "identity_missing",
		       "backup %s (%s) is encrypted, and pool \"%s\" has no "
		       "identity that opens it; give it that one",
		       b->name, b->id, b->pool_name);
}

bool drill_queue(struct db *db, const struct backup_record *b,
		 struct drill_record *d, struct err *e)
{
	struct job_record *job = &d->job;

	job->kind = JOB_DRILL;
	job->status = JOB_QUEUED;
	(void)str_copy(job->resource, ID_MAX, b->id);
	(void)str_copy(job->source_id, ID_MAX, b->source_id);
	(void)str_copy(job->pool_id, ID_MAX, b->pool_id);
	id_new(d->instance_id, "src");
	return job_add(db, job, NULL, e) &&
	       db_run(db,
		      "INSERT INTO drills (instance_id, job_id, plan_id)"
		      " VALUES (?, ?, ?)",
		      ARGS(arg_text(d->instance_id), arg_text(job->id),
			   arg_text(d->plan_id)),
		      e);
}

static bool run_begin(struct catalog *c, struct catalog_op *op)
{
	struct rows found = {0};
	struct err *e = &op->err;
	struct db *db = &c->db;
	char id[ID_MAX];
	bool ok;

	if (!key_find(db, KEY_BACKUP, op->key, id, e))
		return false;
	ok = backup_read(db, id, &found, e) &&
	     check_completed(found.backups, e) &&
	     drill_check_readable(db, found.backups, e) &&
	     drill_check_idle(db, found.backups, e) &&
	     drill_queue(db, found.backups, &op->drill->drill, e);
	op->drill->is_there = ok;
	rows_free(&found);
	return ok;
}

static const struct intent begin = {
	.mode = INTENT_WRITE, .run = run_begin, .tell = drill_tell};

struct catalog_op *catalog_drill_begin(struct catalog *c, const char *key,
				       catalog_drill_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &begin, (union call_cb){.drill = done}, arg, e);

	if (op != NULL)
		op->drill = calloc(1, sizeof(*op->drill));
	return call_submit(
		op, op != NULL && op->drill != NULL && call_give_key(op, key),
		e);
}

static bool run_started(struct catalog *c, struct catalog_op *op)
{
	const struct drill_record *d = &op->drill->drill;

	return job_start(&c->db, d->job.resource, d->job.fence, clock_now_ms(),
			 &op->err) &&
	       db_run(&c->db,
		      "UPDATE drills SET provider = ? WHERE instance_id = ?",
		      ARGS(arg_text(d->provider), arg_text(d->instance_id)),
		      &op->err);
}

static const struct intent started = {
	.mode = INTENT_WRITE, .run = run_started, .tell = call_tell_done};

/* What the catalog keeps of it has no texts. */
static struct drill_row *row_new(const struct drill_record *d)
{
	struct drill_row *row = calloc(1, sizeof(*row));

	if (row == NULL)
		return NULL;
	row->drill = *d;
	row->drill.job.error_json = NULL;
	row->drill.job.progress_json = NULL;
	return row;
}

struct catalog_op *catalog_drill_started(struct catalog *c,
					 const struct drill_record *r,
					 catalog_done_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &started, (union call_cb){.done = done}, arg, e);

	if (op != NULL)
		op->drill = row_new(r);
	return call_submit(op, op != NULL && op->drill != NULL, e);
}

/* --- the end */

static bool forget(struct db *db, const char *instance_id, struct err *e)
{
	return db_run(db, "DELETE FROM drills WHERE instance_id = ?",
		      ARGS(arg_text(instance_id)), e);
}

static bool run_finish(struct catalog *c, struct catalog_op *op)
{
	const struct drill_row *row = op->drill;
	const struct job_end end = {
		.resource = row->drill.job.resource,
		.fence = row->drill.job.fence,
		.status = row->end.status,
		.error_json = row->error_json,
		.progress_json = row->progress_json,
		.at_ms = clock_now_ms(),
	};

	if (end.status == JOB_QUEUED || end.status == JOB_RUNNING)
		return err_bug(&op->err, "a drill does not end as %s",
			       job_status_name(end.status));
	return job_finish(&c->db, &end, &op->err) && drill_keep(c, op) &&
	       (!row->end.is_destroyed ||
		forget(&c->db, row->drill.instance_id, &op->err));
}

static const struct intent finish = {
	.mode = INTENT_WRITE, .run = run_finish, .tell = call_tell_done};

static bool give_end(struct catalog_op *op, const struct drill_end *end)
{
	struct drill_row *row;

	if (op == NULL)
		return false;
	row = op->drill = row_new(end->drill);
	if (row == NULL)
		return false;
	row->end = *end;
	row->end.drill = NULL;
	row->end.error = NULL;
	if (end->error != NULL) {
		row->error = *end->error;
		row->end.error = &row->error;
		row->error_json =
			job_error_json(end->error->api, end->error->msg);
	}
	if (end->progress_json != NULL)
		row->progress_json = strdup(end->progress_json);
	return (end->error == NULL || row->error_json != NULL) &&
	       (end->progress_json == NULL || row->progress_json != NULL);
}

struct catalog_op *catalog_drill_finish(struct catalog *c,
					const struct drill_end *end,
					catalog_done_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &finish, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give_end(op, end), e);
}

/* --- what crashes leave */

#define OVER                                                                   \
	" NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = d.job_id"              \
	" AND j.status IN ('queued', 'running'))"

static bool read_leftover(struct stmt *s, struct rows *out, struct err *e)
{
	struct source_record *r = rows_grow(out->sources, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a drill");
	out->sources = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	(void)str_copy(r->name, sizeof(r->name), r->id);
	stmt_copy(s, r->provisioned_by, sizeof(r->provisioned_by));
	r->is_creating = true;
	return stmt_read(s, e);
}

bool drill_leftovers(struct db *db, struct rows *out, struct err *e)
{
	struct stmt s;
	bool ok = true;

	if (!stmt_begin(&s, db,
			"SELECT instance_id, provider FROM drills d WHERE" OVER
			" ORDER BY instance_id LIMIT 500",
			NULL, e))
		return false;
	while (ok && stmt_next(&s, e))
		ok = read_leftover(&s, out, e);
	stmt_end(&s);
	return ok && !err_is(e);
}

bool drill_swept(struct db *db, const char *id, struct err *e)
{
	return db_run(db,
		      "DELETE FROM drills AS d WHERE instance_id = ? AND" OVER,
		      ARGS(arg_text(id)), e);
}

/* One that never began has left nothing. */
static bool forget_unbegun(struct db *db, struct err *e)
{
	return db_run(db, "DELETE FROM drills WHERE provider = ''", NULL, e);
}

/* What such a clock has decided lies in the future (plan_clock.c). */
static bool set_right(struct db *db, int64_t now_ms, struct err *e)
{
	return db_run(db,
		      "UPDATE plans SET next_drill_at = ?1"
		      " WHERE next_drill_at > ?2 AND drill_decided_at > ?2",
		      ARGS(arg_int(now_ms), arg_int(now_ms + PLAN_CLOCK_MS)),
		      e);
}

bool drills_recover(struct db *db, int64_t now_ms, struct err *e)
{
	return drill_note_cut(db, e) && forget_unbegun(db, e) &&
	       set_right(db, now_ms, e);
}
