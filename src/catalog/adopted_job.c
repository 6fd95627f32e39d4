/*
 * adopted_job.c - the job that reads a pool: its begin, its end, and what it
 * found to be gone.
 *
 * A pool is unread from the moment it is bound, or read again, until a job has
 * come to its end with it: what a crash, a stop or a store that was away has
 * cut is known from that, and begun again. Only who cancels the job lets it be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/adopted.h"
#include "catalog/call_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"

static bool set_unread(struct db *db, const char *pool_id, bool is_unread,
		       struct err *e)
{
	return db_run(db, "UPDATE pools SET is_unread = ? WHERE id = ?",
		      ARGS(arg_int(is_unread), arg_text(pool_id)), e);
}

static bool check_idle(struct db *db, const char *pool_id, struct err *e)
{
	int64_t running = 0;

	if (!db_int(db,
		    "SELECT count(*) FROM jobs WHERE kind = 'adopt'"
		    " AND status = 'running' AND pool_id = ?",
		    ARGS(arg_text(pool_id)), &running, e))
		return false;
	return running == 0 ||
	       err_set(e, ERR_CONFLICT, "pool_in_use",
		       "the pool's manifests are being read already; wait for "
		       "the end of that job");
}

static bool run_begin(struct catalog *c, struct catalog_op *op)
{
	struct job_record *j = rows_grow(op->out.jobs, op->out.n, sizeof(*j));
	char id[ID_MAX];

	if (j == NULL)
		return err_nomem(&op->err, "a job");
	op->out.jobs = j;
	op->out.n = 1;
	j->kind = JOB_ADOPT;
	j->status = JOB_RUNNING;
	if (!key_find(&c->db, KEY_POOL, op->key, id, &op->err) ||
	    !check_idle(&c->db, id, &op->err))
		return false;
	(void)str_copy(j->resource, ID_MAX, id);
	(void)str_copy(j->pool_id, ID_MAX, id);
	return set_unread(&c->db, id, true, &op->err) &&
	       job_add(&c->db, j, NULL, &op->err);
}

static void tell_job(const struct catalog_op *op, const struct err *e)
{
	op->cb.job(op->arg, e == NULL ? op->out.jobs : NULL, e);
}

static const struct intent begin = {
	.mode = INTENT_WRITE, .run = run_begin, .tell = tell_job};

struct catalog_op *catalog_adopt_begin(struct catalog *c, const char *pool,
				       catalog_job_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &begin, (union call_cb){.job = done}, arg, e);

	return call_submit(op, call_give_key(op, pool), e);
}

/* In what is given: fence and status in a record, why and progress as texts. */
static bool run_finish(struct catalog *c, struct catalog_op *op)
{
	const struct job_record *j = op->in.jobs;
	struct job_end end = {
		.resource = NULL,
		.fence = j->fence,
		.status = j->status,
		.error_json = j->error_json,
		.progress_json = j->progress_json,
		.at_ms = clock_now_ms(),
	};
	char *resource = NULL;
	bool ok = db_text(&c->db, "SELECT resource FROM jobs WHERE id = ?",
			  ARGS(arg_text(j->id)), &resource, &op->err);

	end.resource = resource != NULL ? resource : "";
	ok = ok && job_finish(&c->db, &end, &op->err) &&
	     (j->status == JOB_FAILED ||
	      set_unread(&c->db, end.resource, false, &op->err));
	free(resource);
	return ok;
}

static const struct intent finish = {
	.mode = INTENT_WRITE, .run = run_finish, .tell = call_tell_done};

static enum job_status status_of(const struct err *why)
{
	if (why == NULL)
		return JOB_COMPLETED;
	return strcmp(why->api, "canceled") == 0 ? JOB_CANCELED : JOB_FAILED;
}

static bool give_end(struct catalog_op *op, const struct job_record *j,
		     const struct err *why, const char *progress_json)
{
	struct job_record *to;

	if (op == NULL)
		return false;
	to = calloc(1, sizeof(*to));
	if (to == NULL)
		return false;
	op->in.jobs = to;
	op->in.n = 1;
	*to = *j;
	if (progress_json != NULL)
		to->progress_json = strdup(progress_json);
	if (why != NULL)
		to->error_json = job_error_json(why->api, why->msg);
	return (progress_json == NULL || to->progress_json != NULL) &&
	       (why == NULL || to->error_json != NULL);
}

struct catalog_op *catalog_adopt_finish(struct catalog *c,
					const struct adopt_end *end,
					catalog_done_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &finish, (union call_cb){.done = done}, arg, e);
	struct job_record j = {.fence = end->fence,
			       .status = status_of(end->why)};

	(void)str_copy(j.id, ID_MAX, end->job_id);
	return call_submit(op, give_end(op, &j, end->why, end->progress_json),
			   e);
}

/* ---- what was cut */

static bool run_unread(struct catalog *c, struct catalog_op *op)
{
	struct text ids = {0};
	bool ok = list_ids(&c->db,
			   "SELECT id FROM pools p WHERE is_unread = 1"
			   " AND NOT EXISTS (SELECT 1 FROM jobs"
			   "  WHERE kind = 'adopt' AND status = 'running'"
			   "  AND pool_id = p.id) ORDER BY id",
			   NULL, &ids, &op->err);

	op->page.n = ids.len / ID_MAX;
	op->text = text_take(&ids);
	return ok && (op->text != NULL || err_nomem(&op->err, "a list"));
}

static void tell_unread(const struct catalog_op *op, const struct err *e)
{
	op->cb.unread(op->arg, (const char(*)[ID_MAX])op->text,
		      e == NULL ? op->page.n : 0, e);
}

static const struct intent unread = {
	.mode = INTENT_READ, .run = run_unread, .tell = tell_unread};

struct catalog_op *catalog_adopt_unread(struct catalog *c,
					catalog_unread_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &unread, (union call_cb){.unread = done}, arg, e);

	return call_submit(op, true, e);
}

/* ---- what is gone */

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* op->text: the ids that are there, each ID_MAX bytes wide, sorted. */
static bool is_there(const struct catalog_op *op, const char *id)
{
	return op->in.n > 0 &&
	       bsearch(id, op->text, op->in.n, ID_MAX, compare_ids) != NULL;
}

static bool find_gone(struct catalog *c, struct catalog_op *op,
		      struct text *gone)
{
	struct err *e = &op->err;
	char id[ID_MAX];
	struct stmt s;

	if (!stmt_begin(
		    &s, &c->db,
		    "SELECT id FROM backups b WHERE pool_id = ?"
		    " AND is_adopted = 1 AND server_id <> ?"
		    " AND NOT EXISTS (SELECT 1 FROM jobs j"
		    "  WHERE j.resource = b.id"
		    "  AND j.status IN ('queued', 'running'))"
		    " AND NOT EXISTS (SELECT 1 FROM restores r"
		    "  WHERE r.backup_id = b.id"
		    "  AND r.status IN ('queued', 'running'))",
		    ARGS(arg_text(op->key), arg_text(c->identity.server_id)),
		    e))
		return false;
	while (stmt_next(&s, e)) {
		stmt_copy(&s, id, sizeof(id));
		if (!is_there(op, id))
			text_add(gone, id, sizeof(id));
	}
	stmt_end(&s);
	return !err_is(e) && (!gone->is_broken || err_nomem(e, "a list"));
}

static bool run_forget(struct catalog *c, struct catalog_op *op)
{
	struct text gone = {0};
	bool ok = find_gone(c, op, &gone);

	for (size_t at = 0; ok && at < gone.len; at += ID_MAX)
		ok = db_run(&c->db, "DELETE FROM backups WHERE id = ?",
			    ARGS(arg_text(gone.data + at)), &op->err);
	text_free(&gone);
	op->in.n = 0; /* no records: it counted ids */
	return ok;
}

static const struct intent forget = {
	.mode = INTENT_WRITE, .run = run_forget, .tell = call_tell_done};

static bool give_ids(struct catalog_op *op, const char (*ids)[ID_MAX], size_t n)
{
	if (op == NULL)
		return false;
	op->in.n = n;
	if (n == 0)
		return true;
	op->text = malloc(n * ID_MAX);
	if (op->text != NULL)
		memcpy(op->text, ids, n * ID_MAX);
	return op->text != NULL;
}

struct catalog_op *catalog_adopt_forget(struct catalog *c,
					const struct pool_listing *there,
					catalog_done_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &forget, (union call_cb){.done = done}, arg, e);

	return call_submit(op,
			   give_ids(op, there->ids, there->n) &&
				   call_give_key(op, there->pool_id),
			   e);
}
