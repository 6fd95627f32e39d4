/*
 * instances.c - sources that a provisioner makes. is_creating stands from the
 * transaction that accepts the restore to the one that ends it well, so that
 * whatever cuts a restore short leaves a row that says what has to be
 * destroyed; the row goes last.
 */
#include "catalog/instances.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/drills_int.h"
#include "catalog/instances_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"
#include "catalog/secrets_int.h"
#include "catalog/sources_int.h"

enum { LEFTOVERS_MAX = 500 };

#define IDLE_LEFTOVER                                                          \
	" is_creating = 1 AND NOT EXISTS (SELECT 1 FROM jobs j"                \
	" WHERE j.lock_key = sources.id)"

/* Of the source that the backup was made of, if it is there still. */
static bool read_remarks(struct db *db, const struct backup_record *b,
			 char **remarks, struct err *e)
{
	return db_text(db, "SELECT remarks FROM sources WHERE id = ?",
		       ARGS(arg_text(b->source_id)), remarks, e);
}

bool instance_add(struct db *db, struct restore_record *r,
		  const struct backup_record *b, struct err *e)
{
	struct source_record s = {.region = b->source_region,
				  .is_creating = true,
				  .created_at = clock_now_ms()};
	bool ok;

	s.updated_at = s.created_at;
	id_new(s.id, "src");
	(void)str_copy(s.name, sizeof(s.name), r->target_name);
	(void)str_copy(s.engine, sizeof(s.engine), b->source_engine);
	(void)str_copy(s.version, sizeof(s.version), b->source_version);
	(void)str_copy(s.provisioned_by, sizeof(s.provisioned_by), r->provider);
	if (!name_check_resource(s.name, e) ||
	    !key_check_free(db, KEY_SOURCE, s.name, "", e) ||
	    !read_remarks(db, b, &s.remarks, e))
		return false;
	ok = source_insert(db, &s, e);
	free(s.remarks);
	(void)str_copy(r->target_id, ID_MAX, s.id);
	return ok;
}

static bool make_whole(struct catalog *c, const struct restore_record *r,
		       struct err *e)
{
	int64_t now = clock_now_ms();

	if (r->connection_json == NULL)
		return err_bug(e, "a new instance that nobody can reach");
	return db_run(&c->db,
		      "UPDATE sources SET is_creating = 0, connection_json = ?,"
		      " version = ?, role = 'primary', is_reachable = 1,"
		      " reason = NULL, probed_at = ?, updated_at = ?"
		      " WHERE id = ? AND is_creating = 1",
		      ARGS(arg_text(r->connection_json), arg_text(r->version),
			   arg_int(now), arg_int(now), arg_text(r->target_id)),
		      e) &&
	       secrets_write(c, "UPDATE sources SET secret = ? WHERE id = ?",
			     r->target_id, r->secret, e);
}

static bool set_reason(struct db *db, const char *id, const char *reason,
		       struct err *e)
{
	return db_run(db,
		      "UPDATE sources SET is_reachable = 0, reason = ?"
		      " WHERE id = ?",
		      ARGS(arg_text(reason), arg_text(id)), e);
}

bool instance_finish(struct catalog *c, const struct restore_record *r,
		     struct err *e)
{
	if (r->status == JOB_COMPLETED)
		return make_whole(c, r, e);
	if (r->is_destroyed)
		return source_drop(&c->db, r->target_id, e);
	return set_reason(&c->db, r->target_id,
			  r->leftover ? r->leftover
				      : "what was made of it is not destroyed "
					"yet",
			  e);
}

bool instance_check_whole(struct db *db, const char *source_id, struct err *e)
{
	int64_t is_creating = 0;

	if (!db_int(db, "SELECT is_creating FROM sources WHERE id = ?",
		    ARGS(arg_text(source_id)), &is_creating, e))
		return false;
	return !is_creating ||
	       err_set(e, ERR_CONFLICT, "source_busy",
		       "the instance is not whole: its restore has not ended, "
		       "or has failed and left something behind; wait, or "
		       "destroy it (DELETE /v1/sources/%s?destroy=true)",
		       source_id);
}

/* --- what is left of those that were not made to their end */

static bool run_leftovers(struct catalog *c, struct catalog_op *op)
{
	struct text ids = {0};
	bool ok = list_ids(&c->db,
			   "SELECT id FROM sources WHERE" IDLE_LEFTOVER
			   " ORDER BY id LIMIT ?",
			   ARGS(arg_int(LEFTOVERS_MAX)), &ids, &op->err);

	for (size_t at = 0; ok && at < ids.len; at += ID_MAX)
		ok = source_read(&c->db, ids.data + at, &op->out, &op->err);
	ok = ok && drill_leftovers(&c->db, &op->out, &op->err);
	text_free(&ids);
	op->page.n = op->out.n;
	op->page.total = op->out.n;
	return ok;
}

static void tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.sources(op->arg, e == NULL ? op->out.sources : NULL,
		       e == NULL ? &op->page : NULL, e);
}

static const struct intent leftovers = {
	.mode = INTENT_READ, .run = run_leftovers, .tell = tell_list};

struct catalog_op *catalog_instance_leftovers(struct catalog *c,
					      catalog_sources_cb *done,
					      void *arg, struct err *e)
{
	struct catalog_op *op = call_new(
		c, &leftovers, (union call_cb){.sources = done}, arg, e);

	return call_submit(op, true, e);
}

static bool run_swept(struct catalog *c, struct catalog_op *op)
{
	int64_t is_left = 0;

	if (!db_int(&c->db,
		    "SELECT count(*) FROM sources WHERE id = ? "
		    "AND" IDLE_LEFTOVER,
		    ARGS(arg_text(op->key)), &is_left, &op->err))
		return false;
	if (is_left == 0)
		return op->text != NULL ||
		       drill_swept(&c->db, op->key, &op->err);
	return op->text == NULL
		       ? source_drop(&c->db, op->key, &op->err)
		       : set_reason(&c->db, op->key, op->text, &op->err);
}

static const struct intent swept = {
	.mode = INTENT_WRITE, .run = run_swept, .tell = call_tell_done};

struct catalog_op *catalog_instance_swept(struct catalog *c, const char *id,
					  const struct err *why,
					  catalog_done_cb *done, void *arg,
					  struct err *e)
{
	struct catalog_op *op =
		call_new(c, &swept, (union call_cb){.done = done}, arg, e);

	return call_submit(op,
			   call_give_key(op, id) &&
				   call_give_text(op, why ? why->msg : NULL),
			   e);
}

/* --- one that is to be destroyed */

static bool check_provisioned(struct db *db, const char *id, struct err *e)
{
	char *provider = NULL;
	bool is_one;

	if (!db_text(db, "SELECT provisioned_by FROM sources WHERE id = ?",
		     ARGS(arg_text(id)), &provider, e))
		return false;
	is_one = provider != NULL && provider[0] != '\0';
	free(provider);
	return is_one ||
	       err_set(e, ERR_CONFLICT, "not_provisioned",
		       "no provisioner has made this instance, so none can "
		       "destroy it: delete it without destroy=true, which "
		       "leaves the instance itself alone");
}

static bool run_doom(struct catalog *c, struct catalog_op *op)
{
	struct job_record job = {.kind = JOB_DELETE, .status = JOB_RUNNING};
	struct rows *out = &op->out;
	struct err *e = &op->err;
	char id[ID_MAX];

	if (!key_find(&c->db, KEY_SOURCE, op->key, id, e) ||
	    !check_provisioned(&c->db, id, e) ||
	    !source_check_free(&c->db, id, e))
		return false;
	(void)str_copy(job.resource, ID_MAX, id);
	(void)str_copy(job.source_id, ID_MAX, id);
	out->jobs = rows_grow(NULL, 0, sizeof(job));
	if (out->jobs == NULL)
		return err_nomem(e, "a job");
	out->n = 1;
	if (!job_add(&c->db, &job, id, e))
		return false;
	out->jobs[0] = job;
	return true;
}

static void tell_job(const struct catalog_op *op, const struct err *e)
{
	op->cb.job(op->arg, e == NULL ? op->out.jobs : NULL, e);
}

static const struct intent doom = {
	.mode = INTENT_WRITE, .run = run_doom, .tell = tell_job};

struct catalog_op *catalog_instance_doom(struct catalog *c, const char *key,
					 catalog_job_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &doom, (union call_cb){.job = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

static bool run_destroyed(struct catalog *c, struct catalog_op *op)
{
	const struct job_record *r = op->in.jobs;
	const struct job_end end = {.resource = r->source_id,
				    .fence = r->fence,
				    .status = r->status,
				    .error_json = r->error_json,
				    .at_ms = clock_now_ms()};

	if (!job_finish(&c->db, &end, &op->err))
		return false;
	return r->status == JOB_COMPLETED
		       ? source_drop(&c->db, r->source_id, &op->err)
		       : set_reason(&c->db, r->source_id, op->text, &op->err);
}

static const struct intent destroyed = {
	.mode = INTENT_WRITE, .run = run_destroyed, .tell = call_tell_done};

static bool give_job(struct catalog_op *op, const struct job_record *r)
{
	if (op == NULL)
		return false;
	op->in.jobs = calloc(1, sizeof(*r));
	if (op->in.jobs == NULL)
		return false;
	op->in.n = 1;
	return job_record_copy(op->in.jobs, r);
}

struct catalog_op *catalog_instance_destroyed(struct catalog *c,
					      const struct job_record *r,
					      const char *why,
					      catalog_done_cb *done, void *arg,
					      struct err *e)
{
	struct catalog_op *op =
		call_new(c, &destroyed, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give_job(op, r) && call_give_text(op, why), e);
}
