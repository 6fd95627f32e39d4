/* restores.c - the catalog's restores: their life and their list. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/instances_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"

#define FROM "restores r LEFT JOIN jobs j ON j.id = r.job_id"

#define COLUMNS                                                                \
	"r.id, r.status, r.backup_id, r.target_id, r.target_name,"             \
	" r.request_json, r.row_count, r.key_count, r.verified,"               \
	" r.error_json, r.provider, r.created_at, r.started_at, "              \
	"r.finished_at,"                                                       \
	" r.job_id, r.target_path, j.fence"

static bool read_status(struct stmt *s, struct restore_record *r, struct err *e)
{
	char word[16];

	stmt_copy(s, word, sizeof(word));
	return job_status_parse(word, &r->status) ||
	       err_set(e, ERR_DAMAGED, "internal",
		       "the catalog holds a restore of an unknown status");
}

static bool read_restore(struct stmt *s, struct rows *out, struct err *e)
{
	struct restore_record *r = rows_grow(out->restores, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a restore");
	out->restores = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	if (!read_status(s, r, e))
		return false;
	stmt_copy(s, r->backup_id, sizeof(r->backup_id));
	stmt_copy(s, r->target_id, sizeof(r->target_id));
	stmt_copy(s, r->target_name, sizeof(r->target_name));
	stmt_dup(s, &r->request_json);
	r->row_count = stmt_u64(s);
	r->key_count = stmt_u64(s);
	r->verified = stmt_bool(s);
	stmt_dup(s, &r->error_json);
	stmt_copy(s, r->provider, sizeof(r->provider));
	r->created_at = stmt_int(s);
	r->started_at = stmt_int(s);
	r->finished_at = stmt_int(s);
	stmt_copy(s, r->job_id, sizeof(r->job_id));
	stmt_dup(s, &r->target_path);
	r->fence = stmt_int(s);
	return stmt_read(s, e);
}

static const struct list_sort sorts[] = {
	{"created_at", "r.created_at", false},
	{"started_at", "r.started_at", false},
	{"finished_at", "r.finished_at", false},
	{"status", "r.status", true},
	{NULL, NULL, false},
};

static const struct list_spec spec = {
	.columns = COLUMNS,
	.from = FROM,
	.table = "restores r",
	.id = "r.id",
	.one = "SELECT " COLUMNS " FROM " FROM " WHERE r.id = ?",
	.sorts = sorts,
	.read = read_restore,
};

static void tell_one(const struct catalog_op *op, const struct err *e)
{
	op->cb.restore(op->arg, e == NULL ? op->out.restores : NULL, e);
}

static void tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.restores(op->arg, e == NULL ? op->out.restores : NULL,
			e == NULL ? &op->page : NULL, e);
}

static bool give_restore(struct catalog_op *op, const struct restore_record *r)
{
	if (op == NULL)
		return false;
	op->in.restores = calloc(1, sizeof(*r));
	if (op->in.restores == NULL)
		return false;
	op->in.n = 1;
	return restore_record_copy(op->in.restores, r);
}

#define PATH_LOCK "path:"

/* The restore that writes into the folder ?1, into one above it, or into one
 * that lies in it, in words. Folders have a slash at their end here. */
#define WRITER                                                                 \
	"SELECT 'restore ' || id || ' into ' || folder FROM (SELECT r.id,"     \
	" rtrim(coalesce(r.target_path,"                                       \
	"  json_extract(s.connection_json, '$.path')), '/') || '/' AS folder"  \
	" FROM restores r LEFT JOIN sources s ON s.id = r.target_id"           \
	"  AND s.engine = 'files'"                                             \
	" WHERE r.status IN ('queued', 'running'))"                            \
	" WHERE substr(folder, 1, length(?1)) = ?1"                            \
	" OR substr(?1, 1, length(folder)) = folder LIMIT 1"

/* Two that write into one tree would mix what they write. */
static bool check_folder(struct db *db, const char *path, struct err *e)
{
	size_t len = strlen(path);
	struct text folder = {0};
	char *writer = NULL;
	bool ok;

	text_add(&folder, path, len - (len > 0 && path[len - 1] == '/'));
	text_char(&folder, '/');
	ok = folder.is_broken ? err_nomem(e, "a restore")
			      : db_text(db, WRITER, ARGS(arg_text(folder.data)),
					&writer, e);
	if (ok && writer != NULL)
		ok = err_set(e, ERR_CONFLICT, "source_busy",
			     "the folder is busy: %.250s; wait for its end or "
			     "cancel it",
			     writer);
	free(writer);
	text_free(&folder);
	return ok;
}

/* Of a source of files. */
static bool check_source_folder(struct db *db, const char *id, struct err *e)
{
	char *path = NULL;
	bool ok = db_text(db,
			  "SELECT json_extract(connection_json, '$.path')"
			  " FROM sources WHERE id = ? AND engine = 'files'",
			  ARGS(arg_text(id)), &path, e);

	ok = ok && (path == NULL || check_folder(db, path, e));
	free(path);
	return ok;
}

static bool check_target(struct db *db, struct restore_record *r, struct err *e)
{
	char id[ID_MAX], *name = NULL;

	if (!key_find(db, KEY_SOURCE, r->target_id, id, e) ||
	    !db_text(db, "SELECT name FROM sources WHERE id = ?",
		     ARGS(arg_text(id)), &name, e))
		return false;
	(void)str_copy(r->target_id, ID_MAX, id);
	(void)str_copy(r->target_name, NAME_BUF, name != NULL ? name : "");
	free(name);
	return job_check_lock(db, id, e) && instance_check_whole(db, id, e) &&
	       check_source_folder(db, id, e);
}

/* There, or made for it (rule 24). */
static bool find_target(struct db *db, struct restore_record *r,
			const struct backup_record *b, struct err *e)
{
	if (r->target_path != NULL)
		return check_folder(db, r->target_path, e);
	return r->provider[0] != '\0' ? instance_add(db, r, b, e)
				      : check_target(db, r, e);
}

/* Rule 23, and where its parts lie: the job uses that pool. */
static bool check_both(struct db *db, struct restore_record *r,
		       char pool_id[ID_MAX], struct err *e)
{
	struct rows found = {0};
	char id[ID_MAX];
	bool ok;

	if (!key_find(db, KEY_BACKUP, r->backup_id, id, e))
		return false;
	ok = backup_read(db, id, &found, e);
	if (ok && found.backups->status != BACKUP_COMPLETED)
		ok = err_set(e, ERR_CONFLICT, "backup_not_completed",
			     "backup %s (%s) is %s; only completed backups "
			     "can be restored",
			     found.backups->name, id,
			     backup_status_name(found.backups->status));
	if (ok) {
		(void)str_copy(r->backup_id, ID_MAX, id);
		(void)str_copy(pool_id, ID_MAX, found.backups->pool_id);
		ok = find_target(db, r, found.backups, e);
	}
	rows_free(&found);
	return ok;
}

static bool add_job(struct db *db, struct restore_record *r,
		    const char *pool_id, struct err *e)
{
	struct job_record job = {.kind = JOB_RESTORE, .status = JOB_QUEUED};
	struct text lock = {0};
	bool ok;

	(void)str_copy(job.resource, ID_MAX, r->id);
	(void)str_copy(job.source_id, ID_MAX, r->target_id);
	(void)str_copy(job.pool_id, ID_MAX, pool_id);
	if (r->target_path != NULL)
		text_str(&lock, PATH_LOCK);
	text_str(&lock, r->target_path != NULL ? r->target_path : r->target_id);
	ok = lock.is_broken ? err_nomem(e, "a restore")
			    : job_add(db, &job, lock.data, e);
	text_free(&lock);
	if (!ok)
		return false;
	(void)str_copy(r->job_id, ID_MAX, job.id);
	r->created_at = job.created_at;
	return true;
}

static bool insert(struct db *db, const struct restore_record *r, struct err *e)
{
	return db_run(db,
		      "INSERT INTO restores (id, backup_id, target_id,"
		      " target_name, provider, request_json, status,"
		      " created_at, job_id, target_path)"
		      " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
		      ARGS(arg_text(r->id), arg_text(r->backup_id),
			   arg_text(r->target_id), arg_text(r->target_name),
			   arg_text(r->provider), arg_text(r->request_json),
			   arg_int(r->created_at), arg_text(r->job_id),
			   arg_text(r->target_path)),
		      e);
}

static bool run_begin(struct catalog *c, struct catalog_op *op)
{
	struct restore_record *r = op->in.restores;
	char pool_id[ID_MAX];

	id_new(r->id, "res");
	return check_both(&c->db, r, pool_id, &op->err) &&
	       add_job(&c->db, r, pool_id, &op->err) &&
	       insert(&c->db, r, &op->err) &&
	       list_one(&spec, &c->db, r->id, &op->out, &op->err);
}

static const struct intent begin = {
	.mode = INTENT_WRITE, .run = run_begin, .tell = tell_one};

struct catalog_op *catalog_restore_begin(struct catalog *c,
					 const struct restore_record *r,
					 catalog_restore_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &begin, (union call_cb){.restore = done}, arg, e);

	return call_submit(op, give_restore(op, r), e);
}

static bool run_started(struct catalog *c, struct catalog_op *op)
{
	const struct restore_record *r = op->in.restores;
	int64_t at_ms = r->started_at != 0 ? r->started_at : clock_now_ms();

	return job_start(&c->db, r->id, r->fence, at_ms, &op->err) &&
	       db_run(&c->db,
		      "UPDATE restores SET status = 'running', started_at = ?"
		      " WHERE id = ?",
		      ARGS(arg_int(at_ms), arg_text(r->id)), &op->err);
}

static const struct intent started = {
	.mode = INTENT_WRITE, .run = run_started, .tell = call_tell_done};

struct catalog_op *catalog_restore_started(struct catalog *c,
					   const struct restore_record *r,
					   catalog_done_cb *done, void *arg,
					   struct err *e)
{
	struct catalog_op *op =
		call_new(c, &started, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give_restore(op, r), e);
}

static bool write_end(struct db *db, const struct restore_record *r,
		      int64_t at_ms, struct err *e)
{
	return db_run(db,
		      "UPDATE restores SET status = ?, row_count = ?,"
		      " key_count = ?, verified = ?, error_json = ?,"
		      " finished_at = ? WHERE id = ?",
		      ARGS(arg_text(job_status_name(r->status)),
			   arg_u64(r->row_count), arg_u64(r->key_count),
			   arg_int(r->verified), arg_text(r->error_json),
			   arg_int(at_ms), arg_text(r->id)),
		      e);
}

static bool run_finish(struct catalog *c, struct catalog_op *op)
{
	const struct restore_record *r = op->in.restores;
	struct job_end end = {.resource = r->id,
			      .fence = r->fence,
			      .status = r->status,
			      .error_json = r->error_json,
			      .progress_json = op->text,
			      .at_ms = r->finished_at};

	if (r->status == JOB_QUEUED || r->status == JOB_RUNNING)
		return err_bug(&op->err, "a restore does not end as %s",
			       job_status_name(r->status));
	if (end.at_ms == 0)
		end.at_ms = clock_now_ms();
	return job_finish(&c->db, &end, &op->err) &&
	       write_end(&c->db, r, end.at_ms, &op->err) &&
	       (r->provider[0] == '\0' || instance_finish(c, r, &op->err));
}

static const struct intent finish = {
	.mode = INTENT_WRITE, .run = run_finish, .tell = call_tell_done};

struct catalog_op *catalog_restore_finish(struct catalog *c,
					  const struct restore_record *r,
					  const char *progress_json,
					  catalog_done_cb *done, void *arg,
					  struct err *e)
{
	struct catalog_op *op =
		call_new(c, &finish, (union call_cb){.done = done}, arg, e);

	return call_submit(
		op, give_restore(op, r) && call_give_text(op, progress_json),
		e);
}

static bool run_get(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_RESTORE, op->key, id, &op->err) &&
	       list_one(&spec, &c->db, id, &op->out, &op->err);
}

static const struct intent get = {
	.mode = INTENT_READ, .run = run_get, .tell = tell_one};

struct catalog_op *catalog_restore_get(struct catalog *c, const char *id,
				       catalog_restore_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &get, (union call_cb){.restore = done}, arg, e);

	return call_submit(op, call_give_key(op, id), e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	struct list l = {0};

	(void)c;
	list_filter_ref(&l, KEY_BACKUP, q->backup, "r.backup_id = ?",
			"r.backup_id ="
			" (SELECT id FROM backups WHERE name_key = ?)");
	list_filter_ref(&l, KEY_SOURCE, q->target, "r.target_id = ?",
			"r.target_id ="
			" (SELECT id FROM sources WHERE name_key = ?)");
	list_filter(&l, "r.status = ?", q->status);
	list_filter_int(&l, "r.created_at >= ?", q->since);
	list_filter_int(&l, "r.created_at < ?", q->until);
	return list_run(&l, &spec, op);
}

static const struct intent list = {
	.mode = INTENT_LIST, .run = run_list, .tell = tell_list};

struct catalog_op *catalog_restore_list(struct catalog *c,
					const struct catalog_query *q,
					catalog_restores_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.restores = done}, arg, e);

	return call_submit(op, call_give_query(op, q), e);
}
