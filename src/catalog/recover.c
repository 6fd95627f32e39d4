/*
 * recover.c - after a crash: nothing runs yet, so every job that the catalog
 * believes to run is over, and its fence with it.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "catalog/call_int.h"
#include "catalog/jobs_int.h"
#include "catalog/replies_int.h"

static bool fail_backups(struct db *db, const struct arg *args, struct err *e)
{
	return db_run(db,
		      "UPDATE backups SET status = 'failed', error_json = ?1,"
		      " finished_at = ?2, name_key = NULL, has_leftovers = 1"
		      " WHERE status IN ('queued', 'backing_up')",
		      args, e);
}

static bool fail_restores(struct db *db, const struct arg *args, struct err *e)
{
	return db_run(db,
		      "UPDATE restores SET status = 'failed', error_json = ?1,"
		      " finished_at = ?2"
		      " WHERE status IN ('queued', 'running')",
		      args, e);
}

/* Of kind delete too: its backup stays deleting, and a sweep finds it. */
static bool fail_jobs(struct db *db, const struct arg *args, struct err *e)
{
	return db_run(db,
		      "UPDATE jobs SET status = 'failed', error_json = ?1,"
		      " finished_at = ?2, lock_key = NULL"
		      " WHERE status IN ('queued', 'running')",
		      args, e);
}

static bool count_again(struct db *db, struct err *e)
{
	return db_run(db,
		      "UPDATE counters SET value = (SELECT count(*)"
		      " FROM backups WHERE type = 'manual'"
		      " AND is_adopted = 0 AND name_key IS NOT NULL)"
		      " WHERE name = 'manual_backups'",
		      NULL, e);
}

static bool run_recover(struct catalog *c, struct catalog_op *op)
{
	char *why = job_error_json("interrupted",
				   "the server stopped while this was under "
				   "way; start it again");
	struct arg args[] = {arg_text(why), arg_int(clock_now_ms()), {0}};
	bool ok = why != NULL || err_nomem(&op->err, "an error");

	ok = ok && fail_backups(&c->db, args, &op->err) &&
	     fail_restores(&c->db, args, &op->err) &&
	     fail_jobs(&c->db, args, &op->err) &&
	     count_again(&c->db, &op->err) && replies_recover(&c->db, &op->err);
	free(why);
	return ok;
}

static const struct intent recover = {
	.mode = INTENT_WRITE, .run = run_recover, .tell = call_tell_done};

struct catalog_op *catalog_recover(struct catalog *c, catalog_done_cb *done,
				   void *arg, struct err *e)
{
	struct catalog_op *op =
		call_new(c, &recover, (union call_cb){.done = done}, arg, e);

	return call_submit(op, true, e);
}
