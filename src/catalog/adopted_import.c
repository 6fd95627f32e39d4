/*
 * adopted_import.c - takeover: sources and plans of another server become this
 * one's, under the ids that they had, so that backups still name them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/adopted.h"
#include "catalog/adopted_int.h"
#include "catalog/call_int.h"
#include "catalog/keys_int.h"
#include "catalog/plans_int.h"
#include "catalog/sources_int.h"

#define TAKEN_OVER                                                             \
	"taken over from another server, without its secret: set the "         \
	"connection's password (PATCH), then test it"

static bool is_known(struct db *db, const char *sql, const char *id,
		     bool *known, struct err *e)
{
	int64_t n = 0;

	if (!db_int(db, sql, ARGS(arg_text(id)), &n, e))
		return false;
	*known = n > 0;
	return true;
}

/* A name that is none of ours becomes one made of the id. */
static bool choose_name(struct db *db, enum key_kind kind, const char *id,
			char name[NAME_BUF], struct err *e)
{
	struct err why = {0};
	char wanted[NAME_BUF];

	(void)str_copy(wanted, NAME_BUF, name);
	if (!name_check_resource(wanted, &why)) {
		(void)str_copy(wanted, NAME_BUF, "taken-");
		str_lower(wanted + strlen(wanted), NAME_BUF - strlen(wanted),
			  strlen(id) > 5 ? id + 5 : id);
	}
	return adopted_free_name(db, kind, wanted, name, e);
}

static bool insert_source(struct db *db, struct source_record *r, struct err *e)
{
	free(r->reason);
	r->reason = strdup(TAKEN_OVER);
	if (r->reason == NULL)
		return err_nomem(e, "a source");
	r->is_reachable = false;
	r->created_at = r->updated_at = clock_now_ms();
	return choose_name(db, KEY_SOURCE, r->id, r->name, e) &&
	       source_insert(db, r, e);
}

static bool run_source(struct catalog *c, struct catalog_op *op)
{
	struct source_record *r = op->in.sources;
	bool known = false;

	return is_known(&c->db, "SELECT count(*) FROM sources WHERE id = ?",
			r->id, &known, &op->err) &&
	       (known || insert_source(&c->db, r, &op->err)) &&
	       source_read(&c->db, r->id, &op->out, &op->err);
}

static const struct intent import_source = {
	.mode = INTENT_WRITE, .run = run_source, .tell = source_tell};

struct catalog_op *catalog_source_import(struct catalog *c,
					 const struct source_record *r,
					 catalog_source_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op = call_new(
		c, &import_source, (union call_cb){.source = done}, arg, e);

	return call_submit(op, source_give(op, r), e);
}

static bool insert_plan(struct db *db, struct plan_record *r, struct err *e)
{
	r->is_enabled = false;
	r->created_at = r->updated_at = clock_now_ms();
	return choose_name(db, KEY_PLAN, r->id, r->name, e) &&
	       plan_insert(db, r, e);
}

static bool run_plan(struct catalog *c, struct catalog_op *op)
{
	struct plan_record *r = op->in.plans;
	bool known = false;

	return is_known(&c->db, "SELECT count(*) FROM plans WHERE id = ?",
			r->id, &known, &op->err) &&
	       (known || insert_plan(&c->db, r, &op->err)) &&
	       plan_read(&c->db, r->id, &op->out, &op->err);
}

static const struct intent import_plan = {
	.mode = INTENT_WRITE, .run = run_plan, .tell = plan_tell};

struct catalog_op *catalog_plan_import(struct catalog *c,
				       const struct plan_record *r,
				       catalog_plan_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op = call_new(c, &import_plan,
					 (union call_cb){.plan = done}, arg, e);

	return call_submit(op, plan_give(op, r), e);
}
