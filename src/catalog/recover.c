/*
 * recover.c - after a crash: nothing runs yet, so every job that the catalog
 * believes to run is over, and its fence with it. What a timer had begun is
 * queued again, once (rule 21).
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/drills_int.h"
#include "catalog/events_int.h"
#include "catalog/jobs_int.h"
#include "catalog/list_int.h"
#include "catalog/plans_int.h"
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

/* They are destroyed as soon as the server runs. */
static bool tell_halves(struct db *db, struct err *e)
{
	return db_run(db,
		      "UPDATE sources SET is_reachable = 0,"
		      " reason = 'the server stopped while it was being made;"
		      " what there is of it is destroyed'"
		      " WHERE is_creating = 1",
		      NULL, e);
}

/* Before fail_jobs(). */
static bool tell_events(struct db *db, const struct arg *args, struct err *e)
{
	return db_run(db,
		      "INSERT INTO events (at, kind, act, resource, name,"
		      " result, who, address, detail)"
		      " SELECT ?2, 'job', j.kind || '.failed', j.resource,"
		      "  coalesce(b.name, ''), 'failed', 'server', '',"
		      "  'job ' || j.id || ': interrupted: the server stopped'"
		      " FROM jobs j LEFT JOIN backups b ON b.id = j.resource"
		      " WHERE j.status IN ('queued', 'running')"
		      " ORDER BY j.id",
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

static bool fail_all(struct catalog *c, struct err *e)
{
	char *why = job_error_json("interrupted",
				   "the server stopped while this was under "
				   "way; start it again");
	struct arg args[] = {arg_text(why), arg_int(clock_now_ms()), {0}};
	bool ok = why != NULL || err_nomem(e, "an error");

	ok = ok && fail_backups(&c->db, args, e) &&
	     fail_restores(&c->db, args, e) && tell_halves(&c->db, e) &&
	     tell_events(&c->db, args, e) && events_link_rest(&c->db, e) &&
	     drills_recover(&c->db, clock_now_ms(), e) &&
	     fail_jobs(&c->db, args, e) && count_again(&c->db, e) &&
	     replies_recover(&c->db, e);
	free(why);
	return ok;
}

/* One that had only waited was not interrupted: it has its one restart still
 * before it. */
static bool queue_again(struct catalog *c, const struct backup_record *b,
			const struct plan_record *p, int64_t due_at,
			struct err *e)
{
	struct plan_start start = {.trigger = "catch_up",
				   .due_at =
					   b->due_at != 0 ? b->due_at : due_at};
	char id[ID_MAX];

	return plan_queue(c, p, &start, id, e) &&
	       db_run(&c->db,
		      "UPDATE plan_runs SET backup_id = ?,"
		      " restarts = restarts + ? WHERE backup_id = ?",
		      ARGS(arg_text(id), arg_int(b->started_at != 0),
			   arg_text(b->id)),
		      e);
}

/* If it was a due time's, its first interruption, and the plan still wants
 * it. */
static bool restart(struct catalog *c, const struct backup_record *b,
		    struct err *e)
{
	struct rows plans = {0};
	int64_t due_at = 0;
	bool ok;

	if (!db_int(&c->db,
		    "SELECT coalesce(min(due_at), 0) FROM plan_runs"
		    " WHERE backup_id = ? AND restarts = 0",
		    ARGS(arg_text(b->id)), &due_at, e))
		return false;
	if (due_at == 0)
		return true;
	ok = plan_read_all(&c->db,
			   "SELECT id FROM plans WHERE id = ? AND enabled = 1",
			   ARGS(arg_text(b->plan_id)), &plans, e);
	if (ok && plans.n > 0)
		ok = queue_again(c, b, plans.plans, due_at, e);
	rows_free(&plans);
	return ok;
}

static bool resume_plans(struct catalog *c, const struct text *ids,
			 struct err *e)
{
	bool ok = true;

	for (size_t at = 0; ok && at < ids->len; at += ID_MAX) {
		struct rows found = {0};

		ok = plan_backup_ended(c, ids->data + at, e) &&
		     backup_read(&c->db, ids->data + at, &found, e) &&
		     restart(c, found.backups, e);
		rows_free(&found);
	}
	return ok;
}

static bool run_recover(struct catalog *c, struct catalog_op *op)
{
	struct text ids = {0};
	bool ok = list_ids(&c->db,
			   "SELECT id FROM backups"
			   " WHERE status IN ('queued', 'backing_up')"
			   " AND plan_id <> '' ORDER BY created_at, id",
			   NULL, &ids, &op->err) &&
		  fail_all(c, &op->err) && resume_plans(c, &ids, &op->err) &&
		  plans_set_right(&c->db, clock_now_ms(), &op->err);

	text_free(&ids);
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
