/*
 * verify.c - verifications of backups as jobs: queued, running, and what they
 * found. While one is queued or running its backup cannot be deleted.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/verify_int.h"

static bool check_completed(const struct backup_record *b, struct err *e)
{
	return b->status == BACKUP_COMPLETED ||
	       err_set(e, ERR_CONFLICT, "backup_not_completed",
		       "backup %s (%s) is %s; only completed backups can be "
		       "verified",
		       b->name, b->id, backup_status_name(b->status));
}

static bool check_idle(struct db *db, const struct backup_record *b,
		       struct err *e)
{
	char *job = NULL;
	bool is_idle;

	if (!db_text(db,
		     "SELECT id FROM jobs WHERE resource = ?"
		     " AND kind = 'verify' AND status IN ('queued', 'running')",
		     ARGS(arg_text(b->id)), &job, e))
		return false;
	is_idle = job == NULL;
	if (!is_idle)
		(void)err_set(e, ERR_CONFLICT, "backup_in_use",
			      "backup %s (%s) is being verified already, by "
			      "job %s; wait for its end or cancel it",
			      b->name, b->id, job);
	free(job);
	return is_idle;
}

static bool add_job(struct db *db, const struct backup_record *b,
		    struct catalog_op *op)
{
	struct job_record job = {.kind = JOB_VERIFY, .status = JOB_QUEUED};

	(void)str_copy(job.resource, ID_MAX, b->id);
	(void)str_copy(job.source_id, ID_MAX, b->source_id);
	(void)str_copy(job.pool_id, ID_MAX, b->pool_id);
	if (!job_add(db, &job, NULL, &op->err))
		return false;
	op->out.jobs = calloc(1, sizeof(job));
	if (op->out.jobs == NULL)
		return err_nomem(&op->err, "a job");
	*op->out.jobs = job;
	op->out.n = 1;
	return true;
}

static bool run_begin(struct catalog *c, struct catalog_op *op)
{
	struct rows found = {0};
	char id[ID_MAX];
	bool ok;

	if (!key_find(&c->db, KEY_BACKUP, op->key, id, &op->err))
		return false;
	ok = backup_read(&c->db, id, &found, &op->err) &&
	     check_completed(found.backups, &op->err) &&
	     check_idle(&c->db, found.backups, &op->err) &&
	     add_job(&c->db, found.backups, op);
	rows_free(&found);
	return ok;
}

static void tell_job(const struct catalog_op *op, const struct err *e)
{
	op->cb.job(op->arg, e == NULL ? op->out.jobs : NULL, e);
}

static const struct intent begin = {
	.mode = INTENT_WRITE, .run = run_begin, .tell = tell_job};

struct catalog_op *catalog_verify_begin(struct catalog *c, const char *key,
					const char *scope, catalog_job_cb *done,
					void *arg, struct err *e)
{
	struct catalog_op *op =
		call_new(c, &begin, (union call_cb){.job = done}, arg, e);

	(void)scope; /* kept with the verdict */
	return call_submit(op, call_give_key(op, key), e);
}

static bool run_started(struct catalog *c, struct catalog_op *op)
{
	char *backup = NULL;
	bool ok;

	if (!db_text(&c->db, "SELECT resource FROM jobs WHERE id = ?",
		     ARGS(arg_text(op->key)), &backup, &op->err))
		return false;
	ok = job_start(&c->db, backup != NULL ? backup : "", op->number,
		       clock_now_ms(), &op->err);
	free(backup);
	return ok;
}

static const struct intent started = {
	.mode = INTENT_WRITE, .run = run_started, .tell = call_tell_done};

struct catalog_op *catalog_verify_started(struct catalog *c, const char *job_id,
					  int64_t fence, catalog_done_cb *done,
					  void *arg, struct err *e)
{
	struct catalog_op *op =
		call_new(c, &started, (union call_cb){.done = done}, arg, e);

	return call_submit(
		op, call_give_number(op, fence) && call_give_key(op, job_id),
		e);
}

void verify_row_free(struct verify_row *row)
{
	if (row == NULL)
		return;
	free(row->error_json);
	free(row->texts);
	free(row);
}

/* v with strings of its own; NULL: no memory. */
static struct verify_row *row_new(const struct verify_end *v)
{
	struct verify_row *row = calloc(1, sizeof(*row));
	struct verify_end *to = row != NULL ? &row->end : NULL;

	if (row == NULL)
		return NULL;
	*to = *v;
	to->error = NULL;
	row->texts = call_pack(
		(const char **const[]){&to->job_id, &to->backup_id, &to->scope,
				       &to->progress_json},
		4);
	if (v->error != NULL)
		row->error_json = job_error_json(v->error->api, v->error->msg);
	if (row->texts != NULL && (v->error == NULL || row->error_json != NULL))
		return row;
	verify_row_free(row);
	return NULL;
}

static bool write_verdict(struct db *db, const struct verify_end *v,
			  int64_t at_ms, struct err *e)
{
	return db_run(db,
		      "UPDATE backups SET verified_at = ?, verify_status = ?,"
		      " verify_scope = ?, verify_shallow = ? WHERE id = ?",
		      ARGS(arg_int(at_ms),
			   arg_text(v->is_sound ? "passed" : "failed"),
			   arg_text(v->scope), arg_int(v->is_shallow),
			   arg_text(v->backup_id)),
		      e);
}

static bool run_finish(struct catalog *c, struct catalog_op *op)
{
	const struct verify_end *v = &op->verify->end;
	const struct job_end end = {
		.resource = v->backup_id,
		.fence = v->fence,
		.status = v->status,
		.error_json = op->verify->error_json,
		.progress_json = v->progress_json,
		.at_ms = clock_now_ms(),
	};

	if (v->status == JOB_QUEUED || v->status == JOB_RUNNING)
		return err_bug(&op->err, "a verification does not end as %s",
			       job_status_name(v->status));
	return job_finish(&c->db, &end, &op->err) &&
	       (!v->has_verdict ||
		write_verdict(&c->db, v, end.at_ms, &op->err));
}

static const struct intent finish = {
	.mode = INTENT_WRITE, .run = run_finish, .tell = call_tell_done};

struct catalog_op *catalog_verify_finish(struct catalog *c,
					 const struct verify_end *v,
					 catalog_done_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &finish, (union call_cb){.done = done}, arg, e);

	if (op != NULL)
		op->verify = row_new(v);
	return call_submit(op, op != NULL && op->verify != NULL, e);
}
