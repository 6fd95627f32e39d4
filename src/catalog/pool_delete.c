/* pool_delete.c - rule 16: when a pool may be unbound, and what goes then. */
#include <stdlib.h>
#include <string.h>

#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/pools.h"

/* What uses the pool now: a job, or a backup whose objects are to go. */
#define USER                                                                   \
	"SELECT kind || ' job ' || id || ' uses it' FROM jobs"                 \
	" WHERE pool_id = ?1 AND status IN ('queued', 'running')"              \
	" UNION ALL "                                                          \
	"SELECT 'backup ' || name || ' (' || id || ') is ' ||"                 \
	" CASE status WHEN 'deleting' THEN 'being deleted'"                    \
	"  ELSE 'being made' END FROM backups WHERE pool_id = ?1"              \
	" AND status IN ('queued', 'backing_up', 'deleting')"                  \
	" LIMIT 1"

static bool check_unused(struct db *db, const char *id, struct err *e)
{
	char *user = NULL;
	bool is_free;

	if (!db_text(db, USER, ARGS(arg_text(id)), &user, e))
		return false;
	is_free = user == NULL;
	if (!is_free)
		(void)err_set(e, ERR_CONFLICT, "pool_in_use",
			      "the pool cannot be unbound: %s; wait for its "
			      "end",
			      user);
	free(user);
	return is_free;
}

static bool check_no_plans(struct db *db, const char *id, struct err *e)
{
	char *plans = NULL;
	bool is_free;

	if (!db_text(db,
		     "SELECT group_concat(name, ', ') FROM (SELECT name"
		     " FROM plans WHERE pool_id = ? ORDER BY name LIMIT 5)",
		     ARGS(arg_text(id)), &plans, e))
		return false;
	is_free = plans == NULL;
	if (!is_free)
		(void)err_set(e, ERR_CONFLICT, "pool_in_use",
			      "the pool cannot be unbound: plans refer to it "
			      "(%s); delete them or give them another pool "
			      "first",
			      plans);
	free(plans);
	return is_free;
}

static bool check_confirm(struct db *db, const char *id, const char *confirm,
			  struct err *e)
{
	char *name = NULL;
	int64_t count = 0;
	bool ok;

	if (!db_int(db,
		    "SELECT count(*) FROM backups"
		    " WHERE pool_id = ? AND status = 'completed'",
		    ARGS(arg_text(id)), &count, e) ||
	    !db_text(db, "SELECT name FROM pools WHERE id = ?",
		     ARGS(arg_text(id)), &name, e))
		return false;
	ok = count == 0 ||
	     (name != NULL && confirm != NULL && strcmp(name, confirm) == 0);
	if (!ok)
		(void)err_set(e, ERR_CONFLICT, "confirm_required",
			      "%lld backups lie in the pool and would leave "
			      "the list (their objects stay): confirm with "
			      "the pool's name, \"%s\"",
			      (long long)count, name != NULL ? name : "");
	free(name);
	return ok;
}

/* Objects stay where they are; what is forgotten does not count any more. */
static bool forget(struct db *db, const char *id, struct err *e)
{
	const struct arg *by_id = ARGS(arg_text(id));

	return db_run(db,
		      "UPDATE counters SET value = value -"
		      " (SELECT count(*) FROM backups WHERE pool_id = ?"
		      "  AND type = 'manual' AND is_adopted = 0"
		      "  AND name_key IS NOT NULL)"
		      " WHERE name = 'manual_backups'",
		      by_id, e) &&
	       db_run(db, "DELETE FROM backups WHERE pool_id = ?", by_id, e) &&
	       db_run(db, "DELETE FROM pools WHERE id = ?", by_id, e);
}

static bool run_delete(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_POOL, op->key, id, &op->err) &&
	       check_no_plans(&c->db, id, &op->err) &&
	       check_unused(&c->db, id, &op->err) &&
	       check_confirm(&c->db, id, op->text, &op->err) &&
	       forget(&c->db, id, &op->err);
}

static const struct intent delete = {
	.mode = INTENT_WRITE, .run = run_delete, .tell = call_tell_done};

struct catalog_op *catalog_pool_delete(struct catalog *c, const char *key,
				       const char *confirm,
				       catalog_done_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &delete, (union call_cb){.done = done}, arg, e);

	return call_submit(
		op, call_give_key(op, key) && call_give_text(op, confirm), e);
}
