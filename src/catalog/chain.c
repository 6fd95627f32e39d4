/*
 * chain.c - what an increment builds upon: the last backup of its plan, with
 * all that this one needs. It is chosen and noted in one transaction, so that
 * none of them can be deleted from then on (rule 13).
 *
 * Only within a plan, so that nobody's manual backup, and no other plan's, is
 * tied up by it; and a chain goes with its plan.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/backups_int.h"
#include "catalog/call_int.h"
#include "catalog/chain.h"
#include "catalog/chain_int.h"

/* The newest one, whatever became of it since: after one that cannot be built
 * upon comes a full one. */
#define LAST                                                                   \
	"SELECT b.id FROM backups b, backups n WHERE n.id = ?"                 \
	" AND n.status = 'backing_up' AND b.plan_id = n.plan_id"               \
	" AND b.source_id = n.source_id AND b.pool_id = n.pool_id"             \
	" AND b.method = n.method AND b.status = 'completed'"                  \
	" AND coalesce(b.scope_json, 'null') = coalesce(n.scope_json, 'null')" \
	" AND " BACKUP_IS_MINE " ORDER BY b.finished_at DESC, b.id DESC"       \
	" LIMIT 1"

bool chain_last(struct db *db, const char *id, char **last, struct err *e)
{
	return db_text(db, LAST, ARGS(arg_text(id)), last, e);
}

/* Ids in a list as backups have it. */
static int64_t count_ids(const char *list)
{
	int64_t n = 0;

	for (; list != NULL && (list = strstr(list, "\"bak_")) != NULL; list++)
		n++;
	return n;
}

/* All that it needs is there, and no verification has found it damaged. */
static bool is_sound(struct db *db, const struct backup_record *base,
		     bool *sound, struct err *e)
{
	int64_t found = 0;

	if (!db_int(db,
		    "SELECT count(*) FROM backups b WHERE b.source_id = ?1"
		    " AND b.status = 'completed'"
		    " AND b.verify_status <> 'failed'"
		    " AND (b.id = ?2 OR instr(coalesce(?3, ''), b.id) > 0)",
		    ARGS(arg_text(base->source_id), arg_text(base->id),
			 arg_text(base->depends_on_json)),
		    &found, e))
		return false;
	*sound = found == count_ids(base->depends_on_json) + 1;
	return true;
}

/* ["a","b"] and c: ["a","b","c"]. Caller frees; NULL: no memory. */
static char *list_of(const struct backup_record *base)
{
	const char *before = base->depends_on_json;
	struct text t = {0};
	char *list;

	if (count_ids(before) > 0)
		text_add(&t, before, strlen(before) - 1);
	text_printf(&t, "%s\"%s\"]", t.len > 0 ? "," : "[", base->id);
	list = text_take(&t);
	text_free(&t);
	return list;
}

static bool note(struct db *db, const char *id, const char *list, struct err *e)
{
	return db_run(db, "UPDATE backups SET depends_on_json = ? WHERE id = ?",
		      ARGS(arg_text(list), arg_text(id)), e);
}

static bool join(struct catalog *c, struct catalog_op *op, const char *last)
{
	struct err *e = &op->err;
	const struct backup_record *base;
	bool sound, ok;
	char *list;

	if (!backup_read(&c->db, last, &op->out, e))
		return false;
	base = op->out.backups;
	ok = is_sound(&c->db, base, &sound, e);
	if (!ok || !sound ||
	    count_ids(base->depends_on_json) + 1 >= op->number) {
		rows_free(&op->out);
		op->out = (struct rows){0};
		return ok;
	}
	list = list_of(base);
	ok = list != NULL ? note(&c->db, op->key, list, e)
			  : err_nomem(e, "a list");
	free(list);
	return ok;
}

static bool run_chain(struct catalog *c, struct catalog_op *op)
{
	char *last = NULL;
	bool ok = chain_last(&c->db, op->key, &last, &op->err) &&
		  (last == NULL || join(c, op, last));

	free(last);
	return ok;
}

static void tell_chain(const struct catalog_op *op, const struct err *e)
{
	op->cb.backup(op->arg,
		      e == NULL && op->out.n > 0 ? op->out.backups : NULL, e);
}

static const struct intent chain = {
	.mode = INTENT_WRITE, .run = run_chain, .tell = tell_chain};

struct catalog_op *catalog_backup_chain(struct catalog *c, const char *id,
					int64_t full_every,
					catalog_backup_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &chain, (union call_cb){.backup = done}, arg, e);

	return call_submit(
		op, call_give_key(op, id) && call_give_number(op, full_every),
		e);
}
