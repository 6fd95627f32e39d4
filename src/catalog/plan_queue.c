/* plan_queue.c - rule 19: backups that are made through a plan. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/instances_int.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"

enum { NAMES_MAX = 1000 };

bool plan_check_idle(struct db *db, const char *id, struct err *e)
{
	char *making = NULL;
	bool is_idle;

	if (!db_text(db,
		     "SELECT 'backup ' || name || ' (' || id || ')' ||"
		     " CASE status WHEN 'queued' THEN ' is queued'"
		     "  ELSE ' is being made' END FROM backups"
		     " WHERE plan_id = ?"
		     " AND status IN ('queued', 'backing_up') LIMIT 1",
		     ARGS(arg_text(id)), &making, e))
		return false;
	is_idle = making == NULL;
	if (!is_idle)
		(void)err_set(e, ERR_CONFLICT, "plan_busy",
			      "the plan is busy: %s; wait for its end or "
			      "cancel it",
			      making);
	free(making);
	return is_idle;
}

static bool choose_name(struct db *db, const struct plan_record *p,
			int64_t at_ms, char name[NAME_BUF], struct err *e)
{
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		struct err why = {0};

		plan_backup_name(p->name, at_ms, i, name);
		if (key_check_free(db, KEY_BACKUP, name, "", &why))
			return true;
		if (strcmp(why.api, "name_taken") != 0) {
			*e = why;
			return false;
		}
	}
	return err_set(e, ERR_CONFLICT, "name_taken",
		       "no name like \"%s\" is free", name);
}

bool plan_queue(struct catalog *c, const struct plan_record *p,
		const struct plan_start *start, char id[ID_MAX], struct err *e)
{
	struct backup_record given = {.type = "automated",
				      .description = start->description,
				      .scope_json = p->scope_json,
				      .options_json = p->options_json,
				      .due_at = start->due_at,
				      .retention_days = p->retention_days};
	struct backup_record b = {0};
	bool ok;

	(void)str_copy(given.trigger, sizeof(given.trigger), start->trigger);
	(void)str_copy(given.method, sizeof(given.method), p->method);
	(void)str_copy(given.source_id, ID_MAX, p->source_id);
	(void)str_copy(given.pool_id, ID_MAX, p->pool_id);
	(void)str_copy(given.plan_id, ID_MAX, p->id);
	(void)str_copy(given.plan_name, NAME_BUF, p->name);
	ok = choose_name(&c->db, p,
			 start->due_at != 0 ? start->due_at : clock_now_ms(),
			 given.name, e) &&
	     (backup_record_copy(&b, &given) || err_nomem(e, "a backup")) &&
	     backup_queue(c, &b, NULL, e);
	(void)str_copy(id, ID_MAX, b.id);
	backup_record_fini(&b);
	return ok;
}

static bool execute_plan(struct catalog *c, struct catalog_op *op,
			 const struct plan_record *p)
{
	struct plan_start start = {.trigger = "user", .description = op->text};
	struct err *e = &op->err;
	char id[ID_MAX];

	return plan_check_idle(&c->db, p->id, e) &&
	       backup_check_idle(&c->db, p->source_id, e) &&
	       instance_check_whole(&c->db, p->source_id, e) &&
	       plan_queue(c, p, &start, id, e) &&
	       backup_read(&c->db, id, &op->out, e);
}

static bool run_execute(struct catalog *c, struct catalog_op *op)
{
	struct rows plans = {0};
	char id[ID_MAX];
	bool ok = key_find(&c->db, KEY_PLAN, op->key, id, &op->err) &&
		  plan_read(&c->db, id, &plans, &op->err) &&
		  execute_plan(c, op, plans.plans);

	rows_free(&plans);
	return ok;
}

static const struct intent execute = {
	.mode = INTENT_WRITE, .run = run_execute, .tell = backup_tell};

struct catalog_op *catalog_plan_execute(struct catalog *c, const char *key,
					const char *description,
					catalog_backup_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &execute, (union call_cb){.backup = done}, arg, e);

	return call_submit(
		op, call_give_key(op, key) && call_give_text(op, description),
		e);
}

static bool run_queued(struct catalog *c, struct catalog_op *op)
{
	bool ok = backup_read_all(&c->db,
				  "SELECT id FROM backups"
				  " WHERE status = 'queued'"
				  " ORDER BY created_at, id",
				  NULL, &op->out, &op->err);

	op->page.n = op->page.total = op->out.n;
	return ok;
}

static const struct intent queued = {
	.mode = INTENT_READ, .run = run_queued, .tell = backup_tell_list};

struct catalog_op *catalog_backup_queued(struct catalog *c,
					 catalog_backups_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &queued, (union call_cb){.backups = done}, arg, e);

	return call_submit(op, true, e);
}
