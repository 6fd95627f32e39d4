/* pools.c - the catalog's storage pools. */
#include "catalog/pools.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "catalog/call_int.h"
#include "catalog/claims_int.h"
#include "catalog/events_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"
#include "catalog/plan_refs_int.h"
#include "catalog/secrets_int.h"

#define HELD                                                                   \
	" FROM backup_totals b WHERE b.pool_id = p.id AND b.status = "         \
	"'completed')"
#define BACKUP_COUNT "(SELECT coalesce(sum(b.n), 0)" HELD
#define STORED_BYTES "(SELECT coalesce(sum(b.stored_bytes), 0)" HELD

#define IS_ADOPTING                                                            \
	"EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'adopt'"                  \
	" AND j.status = 'running' AND j.pool_id = p.id)"

#define COLUMNS                                                                \
	"p.id, p.name, p.storage_type, p.remarks, p.config_json,"              \
	" p.secret IS NOT NULL, p.part_bytes, p.capabilities_json,"            \
	" p.recipients_json, p.identity IS NOT NULL,"                          \
	" p.is_reachable, p.reason, p.probed_at, p.rival, " BACKUP_COUNT       \
	", " STORED_BYTES ", " IS_ADOPTING "," PLAN_REFS(                      \
		"pool_id", "p.id") ", p.revision, p.created_at, p.updated_at"

static bool read_pool(struct stmt *s, struct rows *out, struct err *e)
{
	struct pool_record *r = rows_grow(out->pools, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a pool");
	out->pools = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	stmt_copy(s, r->name, sizeof(r->name));
	stmt_copy(s, r->storage_type, sizeof(r->storage_type));
	stmt_dup(s, &r->remarks);
	stmt_dup(s, &r->config_json);
	r->has_secret = stmt_bool(s);
	r->part_bytes = stmt_u64(s);
	stmt_dup(s, &r->capabilities_json);
	stmt_dup(s, &r->recipients_json);
	r->has_identity = stmt_bool(s);
	r->is_reachable = stmt_bool(s);
	stmt_dup(s, &r->reason);
	r->probed_at = stmt_int(s);
	stmt_dup(s, &r->rival);
	r->backup_count = stmt_u64(s);
	r->stored_bytes = stmt_u64(s);
	r->is_adopting = stmt_bool(s);
	stmt_dup(s, &r->plans_json);
	r->revision = stmt_int(s);
	r->created_at = stmt_int(s);
	r->updated_at = stmt_int(s);
	return stmt_read(s, e);
}

static const struct list_sort sorts[] = {
	{"created_at", "p.created_at", false},
	{"updated_at", "p.updated_at", false},
	{"name", "p.name", true},
	{"storage_type", "p.storage_type", true},
	{"backup_count", BACKUP_COUNT, false},
	{"stored_bytes", STORED_BYTES, false},
	{NULL, NULL, false},
};

static const struct list_spec spec = {
	.columns = COLUMNS,
	.from = "pools p",
	.table = "pools p",
	.id = "p.id",
	.one = "SELECT " COLUMNS " FROM pools p WHERE p.id = ?",
	.sorts = sorts,
	.read = read_pool,
};

bool pool_read(struct db *db, const char *id, struct rows *out, struct err *e)
{
	return list_one(&spec, db, id, out, e);
}

static bool answer(struct catalog *c, struct catalog_op *op, const char *id)
{
	return list_one(&spec, &c->db, id, &op->out, &op->err);
}

static void tell_one(const struct catalog_op *op, const struct err *e)
{
	op->cb.pool(op->arg, e == NULL ? op->out.pools : NULL, e);
}

static void tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.pools(op->arg, e == NULL ? op->out.pools : NULL,
		     e == NULL ? &op->page : NULL, e);
}

static bool give_pool(struct catalog_op *op, const struct pool_record *r)
{
	if (op == NULL)
		return false;
	op->in.pools = calloc(1, sizeof(*r));
	if (op->in.pools == NULL)
		return false;
	op->in.n = 1;
	return pool_record_copy(op->in.pools, r);
}

static bool write_secrets(struct catalog *c, const struct pool_record *r,
			  struct err *e)
{
	return secrets_write(c, "UPDATE pools SET secret = ? WHERE id = ?",
			     r->id, r->secret, e) &&
	       secrets_write(c, "UPDATE pools SET identity = ? WHERE id = ?",
			     r->id, r->identity, e);
}

static bool insert(struct db *db, const struct pool_record *r, struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(
		db,
		"INSERT INTO pools (id, name, name_key, storage_type, remarks,"
		" config_json, part_bytes, capabilities_json, recipients_json,"
		" is_reachable, reason, probed_at, created_at, updated_at,"
		" is_unread)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
		ARGS(arg_text(r->id), arg_text(r->name), arg_text(folded),
		     arg_text(r->storage_type), arg_text(r->remarks),
		     arg_text(r->config_json), arg_u64(r->part_bytes),
		     arg_text(r->capabilities_json),
		     arg_text(r->recipients_json), arg_int(r->is_reachable),
		     arg_text(r->reason), arg_int(r->probed_at),
		     arg_int(r->created_at), arg_int(r->updated_at)),
		e);
}

static bool run_create(struct catalog *c, struct catalog_op *op)
{
	struct pool_record *r = op->in.pools;

	id_new(r->id, "pool");
	r->created_at = r->updated_at = clock_now_ms();
	return name_check_resource(r->name, &op->err) &&
	       key_check_free(&c->db, KEY_POOL, r->name, "", &op->err) &&
	       insert(&c->db, r, &op->err) && write_secrets(c, r, &op->err) &&
	       db_run(&c->db, "UPDATE pools SET place = ? WHERE id = ?",
		      ARGS(arg_text(c->place), arg_text(r->id)), &op->err) &&
	       answer(c, op, r->id);
}

static const struct intent create = {
	.mode = INTENT_WRITE, .run = run_create, .tell = tell_one};

struct catalog_op *catalog_pool_create(struct catalog *c,
				       const struct pool_record *r,
				       catalog_pool_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &create, (union call_cb){.pool = done}, arg, e);

	return call_submit(op, give_pool(op, r), e);
}

static bool run_get(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_POOL, op->key, id, &op->err) &&
	       answer(c, op, id);
}

static bool run_get_secret(struct catalog *c, struct catalog_op *op)
{
	return run_get(c, op) &&
	       secrets_read(c, "SELECT secret FROM pools WHERE id = ?",
			    op->out.pools->id, &op->out.pools->secret,
			    &op->err) &&
	       secrets_read(c, "SELECT identity FROM pools WHERE id = ?",
			    op->out.pools->id, &op->out.pools->identity,
			    &op->err);
}

static const struct intent get = {
	.mode = INTENT_READ, .run = run_get, .tell = tell_one};

static const struct intent get_secret = {
	.mode = INTENT_READ, .run = run_get_secret, .tell = tell_one};

struct catalog_op *catalog_pool_get(struct catalog *c, const char *key,
				    bool with_secret, catalog_pool_cb *done,
				    void *arg, struct err *e)
{
	struct catalog_op *op = call_new(c, with_secret ? &get_secret : &get,
					 (union call_cb){.pool = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	struct list l = {0};

	(void)c;
	list_filter_name(&l, "instr(p.name_key, ?) > 0", q->q);
	list_filter(&l, "p.storage_type = ?", q->storage_type);
	list_filter(&l,
		    "CASE WHEN NOT p.is_reachable THEN 'unreachable'"
		    " WHEN " IS_ADOPTING " THEN 'adopting'"
		    " ELSE 'available' END = ?",
		    q->status);
	return list_run(&l, &spec, op);
}

static const struct intent list = {
	.mode = INTENT_LIST, .run = run_list, .tell = tell_list};

struct catalog_op *catalog_pool_list(struct catalog *c,
				     const struct catalog_query *q,
				     catalog_pools_cb *done, void *arg,
				     struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.pools = done}, arg, e);

	return call_submit(op, call_give_query(op, q), e);
}

static bool update(struct db *db, const struct pool_record *r, struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(db,
		      "UPDATE pools SET name = ?, name_key = ?, remarks = ?,"
		      " config_json = ?, part_bytes = ?, recipients_json = ?,"
		      " updated_at = ?,"
		      " revision = revision + 1 WHERE id = ?",
		      ARGS(arg_text(r->name), arg_text(folded),
			   arg_text(r->remarks), arg_text(r->config_json),
			   arg_u64(r->part_bytes), arg_text(r->recipients_json),
			   arg_int(clock_now_ms()), arg_text(r->id)),
		      e);
}

static bool run_update(struct catalog *c, struct catalog_op *op)
{
	const struct pool_record *r = op->in.pools;
	struct err *e = &op->err;

	return name_check_resource(r->name, e) &&
	       key_check_revision(&c->db, KEY_POOL, r->id, op->number, e) &&
	       key_check_free(&c->db, KEY_POOL, r->name, r->id, e) &&
	       update(&c->db, r, e) && write_secrets(c, r, e) &&
	       answer(c, op, r->id);
}

static const struct intent change = {
	.mode = INTENT_WRITE, .run = run_update, .tell = tell_one};

struct catalog_op *catalog_pool_update(struct catalog *c,
				       const struct pool_record *r,
				       int64_t if_revision,
				       catalog_pool_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &change, (union call_cb){.pool = done}, arg, e);

	return call_submit(
		op, call_give_number(op, if_revision) && give_pool(op, r), e);
}

/* That it does not answer any more, or does again. */
static bool tell_turn(struct catalog *c, struct catalog_op *op,
		      const struct pool_record *r)
{
	const struct event_record news = {
		.kind = "pool",
		.act = r->is_reachable ? "pool.available" : "pool.unreachable",
		.resource = r->id,
		.name = r->name,
		.result = r->is_reachable ? "ok" : "failed",
		.who = "server",
		.detail = r->is_reachable ? "it answers again" : r->reason,
	};
	int64_t was_reachable = 0;

	return db_int(&c->db, "SELECT is_reachable FROM pools WHERE id = ?",
		      ARGS(arg_text(r->id)), &was_reachable, &op->err) &&
	       ((was_reachable != 0) == r->is_reachable ||
		events_note(c, op, &news));
}

static bool run_probed(struct catalog *c, struct catalog_op *op)
{
	const struct pool_record *r = op->in.pools;

	return key_check_revision(&c->db, KEY_POOL, r->id, 0, &op->err) &&
	       tell_turn(c, op, r) &&
	       db_run(&c->db,
		      "UPDATE pools SET capabilities_json = ?,"
		      " is_reachable = ?, reason = ?, probed_at = ?"
		      " WHERE id = ?",
		      ARGS(arg_text(r->capabilities_json),
			   arg_int(r->is_reachable), arg_text(r->reason),
			   arg_int(r->probed_at), arg_text(r->id)),
		      &op->err);
}

static const struct intent probed = {
	.mode = INTENT_WRITE, .run = run_probed, .tell = call_tell_done};

struct catalog_op *catalog_pool_probed(struct catalog *c,
				       const struct pool_record *r,
				       catalog_done_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &probed, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give_pool(op, r), e);
}
