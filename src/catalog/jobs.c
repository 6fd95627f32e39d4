/* jobs.c - jobs: their locks and fences, how they end, their list. */
#include "catalog/jobs_int.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"

static bool next_fence(struct db *db, int64_t *fence, struct err *e)
{
	return db_int(db,
		      "UPDATE counters SET value = value + 1"
		      " WHERE name = 'fence' RETURNING value",
		      NULL, fence, e);
}

bool job_add(struct db *db, struct job_record *j, const char *lock_key,
	     struct err *e)
{
	id_new(j->id, "job");
	j->created_at = clock_now_ms();
	j->started_at = j->status == JOB_RUNNING ? j->created_at : 0;
	return next_fence(db, &j->fence, e) &&
	       db_run(db,
		      "INSERT INTO jobs (id, kind, status, resource,"
		      " source_id, pool_id, lock_key, fence, created_at,"
		      " started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      ARGS(arg_text(j->id), arg_text(job_kind_name(j->kind)),
			   arg_text(job_status_name(j->status)),
			   arg_text(j->resource), arg_text(j->source_id),
			   arg_text(j->pool_id), arg_text(lock_key),
			   arg_int(j->fence), arg_int(j->created_at),
			   arg_int(j->started_at)),
		      e);
}

/* What keeps the source, in words for whoever must wait for it. */
#define HOLDER                                                                 \
	"SELECT CASE j.kind WHEN 'backup' THEN 'backup '"                      \
	" || coalesce(b.name, '') || ' (' || j.resource || ')'"                \
	" ELSE j.kind || ' ' || j.resource END"                                \
	" || CASE j.status WHEN 'queued' THEN ' is queued' ELSE"               \
	"  CASE j.kind WHEN 'backup' THEN ' is being made'"                    \
	"  ELSE ' is running' END END"                                         \
	" FROM jobs j LEFT JOIN backups b ON b.id = j.resource"                \
	" WHERE j.lock_key = ?"

bool job_check_lock(struct db *db, const char *source_id, struct err *e)
{
	char *holder = NULL;
	bool is_free;

	if (!db_text(db, HOLDER, ARGS(arg_text(source_id)), &holder, e))
		return false;
	is_free = holder == NULL;
	if (!is_free)
		(void)err_set(e, ERR_CONFLICT, "source_busy",
			      "the source is busy: %s; wait for its end or "
			      "cancel it",
			      holder);
	free(holder);
	return is_free;
}

/* After an update under a fence. */
static bool check_fence(struct db *db, const char *resource, struct err *e)
{
	if (db_changes(db) > 0)
		return true;
	return err_set(e, ERR_CONFLICT, "interrupted",
		       "the job of %s is over or was begun anew: this report "
		       "comes too late",
		       resource);
}

bool job_start(struct db *db, const char *resource, int64_t fence,
	       int64_t at_ms, struct err *e)
{
	return db_run(db,
		      "UPDATE jobs SET status = 'running', started_at = ?"
		      " WHERE resource = ? AND fence = ?"
		      " AND status = 'queued'",
		      ARGS(arg_int(at_ms), arg_text(resource), arg_int(fence)),
		      e) &&
	       check_fence(db, resource, e);
}

/* By the index of finished_at; jobs that are not over have 0 there. */
static bool prune(struct db *db, struct err *e)
{
	return db_run(db,
		      "DELETE FROM jobs WHERE id IN"
		      " (SELECT id FROM jobs WHERE finished_at > 0"
		      " ORDER BY finished_at DESC, id DESC"
		      " LIMIT -1 OFFSET ?)",
		      ARGS(arg_int(JOBS_KEPT)), e);
}

bool job_finish(struct db *db, const struct job_end *end, struct err *e)
{
	return db_run(db,
		      "UPDATE jobs SET status = ?, lock_key = NULL,"
		      " error_json = ?, progress_json = ?, finished_at = ?"
		      " WHERE resource = ? AND fence = ?"
		      " AND status IN ('queued', 'running')",
		      ARGS(arg_text(job_status_name(end->status)),
			   arg_text(end->error_json),
			   arg_text(end->progress_json), arg_int(end->at_ms),
			   arg_text(end->resource), arg_int(end->fence)),
		      e) &&
	       check_fence(db, end->resource, e) && prune(db, e);
}

char *job_error_json(const char *code, const char *detail)
{
	json_t *o = json_pack("{s:s, s:s, s:[]}", "code", code, "detail",
			      detail, "attempts");
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

#define COLUMNS                                                                \
	"j.id, j.kind, j.status, j.resource, j.source_id, j.pool_id,"          \
	" j.error_json, j.progress_json, j.created_at, j.started_at,"          \
	" j.finished_at, j.fence"

static bool read_words(struct stmt *s, struct job_record *r, struct err *e)
{
	char kind[16], status[16];

	stmt_copy(s, kind, sizeof(kind));
	stmt_copy(s, status, sizeof(status));
	return (job_kind_parse(kind, &r->kind) &&
		job_status_parse(status, &r->status)) ||
	       err_set(e, ERR_DAMAGED, "internal",
		       "the catalog holds a job of an unknown kind");
}

static bool read_job(struct stmt *s, struct rows *out, struct err *e)
{
	struct job_record *r = rows_grow(out->jobs, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a job");
	out->jobs = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	if (!read_words(s, r, e))
		return false;
	stmt_copy(s, r->resource, sizeof(r->resource));
	stmt_copy(s, r->source_id, sizeof(r->source_id));
	stmt_copy(s, r->pool_id, sizeof(r->pool_id));
	stmt_dup(s, &r->error_json);
	stmt_dup(s, &r->progress_json);
	r->created_at = stmt_int(s);
	r->started_at = stmt_int(s);
	r->finished_at = stmt_int(s);
	r->fence = stmt_int(s);
	return stmt_read(s, e);
}

static const struct list_sort sorts[] = {
	{"created_at", "j.created_at", false},
	{"started_at", "j.started_at", false},
	{"finished_at", "j.finished_at", false},
	{"kind", "j.kind", true},
	{"status", "j.status", true},
	{NULL, NULL, false},
};

static const struct list_spec spec = {
	.columns = COLUMNS,
	.from = "jobs j",
	.table = "jobs j",
	.id = "j.id",
	.one = "SELECT " COLUMNS " FROM jobs j WHERE j.id = ?",
	.sorts = sorts,
	.read = read_job,
};

static bool run_get(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_JOB, op->key, id, &op->err) &&
	       list_one(&spec, &c->db, id, &op->out, &op->err);
}

static void tell_one(const struct catalog_op *op, const struct err *e)
{
	op->cb.job(op->arg, e == NULL ? op->out.jobs : NULL, e);
}

static const struct intent get = {
	.mode = INTENT_READ, .run = run_get, .tell = tell_one};

struct catalog_op *catalog_job_get(struct catalog *c, const char *id,
				   catalog_job_cb *done, void *arg,
				   struct err *e)
{
	struct catalog_op *op =
		call_new(c, &get, (union call_cb){.job = done}, arg, e);

	return call_submit(op, call_give_key(op, id), e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	struct list l = {0};

	(void)c;
	list_filter(&l, "j.kind = ?", q->kind);
	list_filter(&l, "j.status = ?", q->status);
	list_filter_ref(&l, KEY_SOURCE, q->source, "j.source_id = ?",
			"j.source_id ="
			" (SELECT id FROM sources WHERE name_key = ?)");
	list_filter_int(&l, "j.created_at >= ?", q->since);
	list_filter_int(&l, "j.created_at < ?", q->until);
	return list_run(&l, &spec, op);
}

static void tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.jobs(op->arg, e == NULL ? op->out.jobs : NULL,
		    e == NULL ? &op->page : NULL, e);
}

static const struct intent list = {
	.mode = INTENT_LIST, .run = run_list, .tell = tell_list};

struct catalog_op *catalog_job_list(struct catalog *c,
				    const struct catalog_query *q,
				    catalog_jobs_cb *done, void *arg,
				    struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.jobs = done}, arg, e);

	return call_submit(op, call_give_query(op, q), e);
}
