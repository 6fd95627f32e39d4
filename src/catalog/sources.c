/* sources.c - the catalog's sources. */
#include "catalog/sources.h"

#include <stdlib.h>

#include "base/clock.h"
#include "catalog/call_int.h"
#include "catalog/events_int.h"
#include "catalog/instances_int.h"
#include "catalog/jobs_int.h"
#include "catalog/keys_int.h"
#include "catalog/list_int.h"
#include "catalog/plan_refs_int.h"
#include "catalog/secrets_int.h"
#include "catalog/sources_int.h"

#define LAST_BACKUP                                                            \
	"(SELECT coalesce(max(b.finished_at), 0) FROM backups b"               \
	" WHERE b.source_id = s.id AND b.status = 'completed')"

/* Who keeps the source is at most one job; what it does is the status. */
#define FROM                                                                   \
	"sources s LEFT JOIN jobs j ON j.lock_key = s.id"                      \
	" AND j.status IN ('queued', 'running')"

#define COLUMNS                                                                \
	"s.id, s.name, s.engine, s.remarks, s.region, s.connection_json,"      \
	" s.secret IS NOT NULL, s.read_from_json,"                             \
	" s.read_from_secret IS NOT NULL, s.provisioned_by, s.is_creating,"    \
	" s.version, s.role, s.is_reachable,"                                  \
	" s.reason, s.probed_at, coalesce(j.kind = 'backup', 0),"              \
	" coalesce(j.kind = 'restore', 0), " LAST_BACKUP "," PLAN_REFS(        \
		"source_id", "s.id") ","                                       \
				     " s.revision, s.created_at, s.updated_at"

/* As source_status_name() decides. */
#define STATUS                                                                 \
	"CASE j.kind WHEN 'backup' THEN 'backing_up'"                          \
	" WHEN 'restore' THEN"                                                 \
	"  CASE WHEN s.is_creating THEN 'creating' ELSE 'restoring' END"       \
	" ELSE CASE WHEN s.is_reachable THEN 'available'"                      \
	"  ELSE 'unreachable' END END"

static void read_probe(struct stmt *s, struct source_record *r)
{
	stmt_copy(s, r->version, sizeof(r->version));
	stmt_copy(s, r->role, sizeof(r->role));
	r->is_reachable = stmt_bool(s);
	stmt_dup(s, &r->reason);
	r->probed_at = stmt_int(s);
}

static bool read_source(struct stmt *s, struct rows *out, struct err *e)
{
	struct source_record *r = rows_grow(out->sources, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a source");
	out->sources = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	stmt_copy(s, r->name, sizeof(r->name));
	stmt_copy(s, r->engine, sizeof(r->engine));
	stmt_dup(s, &r->remarks);
	stmt_dup(s, &r->region);
	stmt_dup(s, &r->connection_json);
	r->has_secret = stmt_bool(s);
	stmt_dup(s, &r->read_from_json);
	r->has_read_from_secret = stmt_bool(s);
	stmt_copy(s, r->provisioned_by, sizeof(r->provisioned_by));
	r->is_creating = stmt_bool(s);
	read_probe(s, r);
	r->is_backing_up = stmt_bool(s);
	r->is_restoring = stmt_bool(s);
	r->last_backup_at = stmt_int(s);
	stmt_dup(s, &r->plans_json);
	r->revision = stmt_int(s);
	r->created_at = stmt_int(s);
	r->updated_at = stmt_int(s);
	return stmt_read(s, e);
}

static const struct list_sort sorts[] = {
	{"created_at", "s.created_at", false},
	{"updated_at", "s.updated_at", false},
	{"name", "s.name", true},
	{"engine", "s.engine", true},
	{"region", "s.region", true},
	{"last_backup_at", LAST_BACKUP, false},
	{NULL, NULL, false},
};

static const struct list_spec spec = {
	.columns = COLUMNS,
	.from = FROM,
	.table = FROM,
	.id = "s.id",
	.one = "SELECT " COLUMNS " FROM " FROM " WHERE s.id = ?",
	.sorts = sorts,
	.read = read_source,
};

bool source_read(struct db *db, const char *id, struct rows *out, struct err *e)
{
	return list_one(&spec, db, id, out, e);
}

static bool answer(struct catalog *c, struct catalog_op *op, const char *id)
{
	return source_read(&c->db, id, &op->out, &op->err);
}

void source_tell(const struct catalog_op *op, const struct err *e)
{
	op->cb.source(op->arg, e == NULL ? op->out.sources : NULL, e);
}

static void tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.sources(op->arg, e == NULL ? op->out.sources : NULL,
		       e == NULL ? &op->page : NULL, e);
}

bool source_give(struct catalog_op *op, const struct source_record *r)
{
	if (op == NULL)
		return false;
	op->in.sources = calloc(1, sizeof(*r));
	if (op->in.sources == NULL)
		return false;
	op->in.n = 1;
	return source_record_copy(op->in.sources, r);
}

static bool write_secret(struct catalog *c, const struct source_record *r,
			 struct err *e)
{
	return secrets_write(c, "UPDATE sources SET secret = ? WHERE id = ?",
			     r->id, r->secret, e) &&
	       secrets_write(c,
			     "UPDATE sources SET read_from_secret = ?"
			     " WHERE id = ?",
			     r->id, r->read_from_secret, e);
}

bool source_insert(struct db *db, const struct source_record *r, struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(
		db,
		"INSERT INTO sources (id, name, name_key, engine, remarks,"
		" region, connection_json, read_from_json, version, role,"
		" is_reachable, reason, probed_at, provisioned_by,"
		" is_creating, created_at, updated_at)"
		" VALUES (?, ?, ?, ?, ?, coalesce(?, ''), ?, ?, ?, ?, ?, ?, ?,"
		" ?, ?, ?, ?)",
		ARGS(arg_text(r->id), arg_text(r->name), arg_text(folded),
		     arg_text(r->engine), arg_text(r->remarks),
		     arg_text(r->region), arg_text(r->connection_json),
		     arg_text(r->read_from_json), arg_text(r->version),
		     arg_text(r->role), arg_int(r->is_reachable),
		     arg_text(r->reason), arg_int(r->probed_at),
		     arg_text(r->provisioned_by), arg_int(r->is_creating),
		     arg_int(r->created_at), arg_int(r->updated_at)),
		e);
}

static bool run_create(struct catalog *c, struct catalog_op *op)
{
	struct source_record *r = op->in.sources;

	id_new(r->id, "src");
	r->created_at = r->updated_at = clock_now_ms();
	return name_check_resource(r->name, &op->err) &&
	       key_check_free(&c->db, KEY_SOURCE, r->name, "", &op->err) &&
	       source_insert(&c->db, r, &op->err) &&
	       write_secret(c, r, &op->err) && answer(c, op, r->id);
}

static const struct intent create = {
	.mode = INTENT_WRITE, .run = run_create, .tell = source_tell};

struct catalog_op *catalog_source_create(struct catalog *c,
					 const struct source_record *r,
					 catalog_source_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &create, (union call_cb){.source = done}, arg, e);

	return call_submit(op, source_give(op, r), e);
}

static bool run_get(struct catalog *c, struct catalog_op *op)
{
	char id[ID_MAX];

	return key_find(&c->db, KEY_SOURCE, op->key, id, &op->err) &&
	       answer(c, op, id);
}

static bool run_get_secret(struct catalog *c, struct catalog_op *op)
{
	struct source_record *r;

	if (!run_get(c, op))
		return false;
	r = op->out.sources;
	return secrets_read(c, "SELECT secret FROM sources WHERE id = ?", r->id,
			    &r->secret, &op->err) &&
	       secrets_read(c,
			    "SELECT read_from_secret FROM sources"
			    " WHERE id = ?",
			    r->id, &r->read_from_secret, &op->err);
}

static const struct intent get = {
	.mode = INTENT_READ, .run = run_get, .tell = source_tell};

static const struct intent get_secret = {
	.mode = INTENT_READ, .run = run_get_secret, .tell = source_tell};

struct catalog_op *catalog_source_get(struct catalog *c, const char *key,
				      bool with_secret, catalog_source_cb *done,
				      void *arg, struct err *e)
{
	struct catalog_op *op =
		call_new(c, with_secret ? &get_secret : &get,
			 (union call_cb){.source = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	struct list l = {0};

	(void)c;
	list_filter_name(&l, "instr(s.name_key, ?) > 0", q->q);
	list_filter(&l, "s.engine = ?", q->engine);
	list_filter(&l, STATUS " = ?", q->status);
	return list_run(&l, &spec, op);
}

static const struct intent list = {
	.mode = INTENT_LIST, .run = run_list, .tell = tell_list};

struct catalog_op *catalog_source_list(struct catalog *c,
				       const struct catalog_query *q,
				       catalog_sources_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.sources = done}, arg, e);

	return call_submit(op, call_give_query(op, q), e);
}

static bool update(struct db *db, const struct source_record *r, struct err *e)
{
	char folded[NAME_BUF];

	name_fold(r->name, folded);
	return db_run(db,
		      "UPDATE sources SET name = ?, name_key = ?, remarks = ?,"
		      " region = coalesce(?, ''), connection_json = ?,"
		      " read_from_json = ?, updated_at = ?, revision = "
		      "revision + 1 WHERE id = ?",
		      ARGS(arg_text(r->name), arg_text(folded),
			   arg_text(r->remarks), arg_text(r->region),
			   arg_text(r->connection_json),
			   arg_text(r->read_from_json), arg_int(clock_now_ms()),
			   arg_text(r->id)),
		      e);
}

static bool run_update(struct catalog *c, struct catalog_op *op)
{
	const struct source_record *r = op->in.sources;
	struct err *e = &op->err;

	return name_check_resource(r->name, e) &&
	       key_check_revision(&c->db, KEY_SOURCE, r->id, op->number, e) &&
	       instance_check_whole(&c->db, r->id, e) &&
	       key_check_free(&c->db, KEY_SOURCE, r->name, r->id, e) &&
	       update(&c->db, r, e) && write_secret(c, r, e) &&
	       answer(c, op, r->id);
}

static const struct intent change = {
	.mode = INTENT_WRITE, .run = run_update, .tell = source_tell};

struct catalog_op *catalog_source_update(struct catalog *c,
					 const struct source_record *r,
					 int64_t if_revision,
					 catalog_source_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &change, (union call_cb){.source = done}, arg, e);

	return call_submit(
		op, call_give_number(op, if_revision) && source_give(op, r), e);
}

/* That it does not answer any more, or does again. */
static bool tell_turn(struct catalog *c, struct catalog_op *op,
		      const struct source_record *r)
{
	const struct event_record news = {
		.kind = "source",
		.act = r->is_reachable ? "source.available"
				       : "source.unreachable",
		.resource = r->id,
		.name = r->name,
		.result = r->is_reachable ? "ok" : "failed",
		.who = "server",
		.detail = r->is_reachable ? "it answers again" : r->reason,
	};
	int64_t was_reachable = 0;

	return db_int(&c->db, "SELECT is_reachable FROM sources WHERE id = ?",
		      ARGS(arg_text(r->id)), &was_reachable, &op->err) &&
	       ((was_reachable != 0) == r->is_reachable ||
		events_note(c, op, &news));
}

static bool run_probed(struct catalog *c, struct catalog_op *op)
{
	const struct source_record *r = op->in.sources;

	return key_check_revision(&c->db, KEY_SOURCE, r->id, 0, &op->err) &&
	       tell_turn(c, op, r) &&
	       db_run(&c->db,
		      "UPDATE sources SET version = ?, role = ?,"
		      " is_reachable = ?, reason = ?, probed_at = ?"
		      " WHERE id = ?",
		      ARGS(arg_text(r->version), arg_text(r->role),
			   arg_int(r->is_reachable), arg_text(r->reason),
			   arg_int(r->probed_at), arg_text(r->id)),
		      &op->err);
}

static const struct intent probed = {
	.mode = INTENT_WRITE, .run = run_probed, .tell = call_tell_done};

struct catalog_op *catalog_source_probed(struct catalog *c,
					 const struct source_record *r,
					 catalog_done_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &probed, (union call_cb){.done = done}, arg, e);

	return call_submit(op, source_give(op, r), e);
}
