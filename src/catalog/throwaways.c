/*
 * throwaways.c - instances that restores throw away: rows among those of
 * drills, so that whatever looks for what a crash has left finds both.
 */
#include "catalog/throwaways.h"

#include <stdlib.h>

#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/drills_int.h"

static bool run_begin(struct catalog *c, struct catalog_op *op)
{
	const struct drill_record *t = &op->drill->drill;

	if (!db_run(&c->db,
		    "INSERT INTO drills (instance_id, job_id, provider)"
		    " SELECT ?, id, ? FROM jobs"
		    " WHERE id = ? AND fence = ? AND status = 'running'",
		    ARGS(arg_text(t->instance_id), arg_text(t->provider),
			 arg_text(t->job.id), arg_int(t->job.fence)),
		    &op->err))
		return false;
	return db_changes(&c->db) > 0 ||
	       err_set(&op->err, ERR_CONFLICT, "interrupted",
		       "job %s is over or was begun anew: it makes nothing any "
		       "more",
		       t->job.id);
}

static const struct intent begin = {
	.mode = INTENT_WRITE, .run = run_begin, .tell = call_tell_done};

static bool give(struct catalog_op *op, const struct throwaway *t)
{
	struct drill_row *row;

	if (op == NULL)
		return false;
	op->drill = row = calloc(1, sizeof(*row));
	if (row == NULL)
		return false;
	(void)str_copy(row->drill.job.id, ID_MAX, t->job_id);
	row->drill.job.fence = t->fence;
	(void)str_copy(row->drill.instance_id, ID_MAX, t->instance_id);
	(void)str_copy(row->drill.provider, NAME_BUF, t->provider);
	return true;
}

struct catalog_op *catalog_throwaway_begin(struct catalog *c,
					   const struct throwaway *t,
					   catalog_done_cb *done, void *arg,
					   struct err *e)
{
	struct catalog_op *op =
		call_new(c, &begin, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give(op, t), e);
}

static bool run_gone(struct catalog *c, struct catalog_op *op)
{
	return db_run(&c->db, "DELETE FROM drills WHERE instance_id = ?",
		      ARGS(arg_text(op->key)), &op->err);
}

static const struct intent gone = {
	.mode = INTENT_WRITE, .run = run_gone, .tell = call_tell_done};

struct catalog_op *catalog_throwaway_gone(struct catalog *c,
					  const char *instance_id,
					  catalog_done_cb *done, void *arg,
					  struct err *e)
{
	struct catalog_op *op =
		call_new(c, &gone, (union call_cb){.done = done}, arg, e);

	return call_submit(op, call_give_key(op, instance_id), e);
}
