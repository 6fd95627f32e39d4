/*
 * claims.c - whose start was it that a pool remembers? One that this catalog
 * knows was this server's own, however old: a crash and a restart are no
 * rivals. One that it does not know was made by another catalog with the same
 * server id, so that one is a copy of the other. No clock takes part.
 */
#include "catalog/claims.h"

#include <string.h>

#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/claims_int.h"
#include "catalog/events_int.h"
#include "catalog/keys_int.h"

enum { STARTS_KEPT = 10000 };

#define RIVAL                                                                  \
	"another server with this one's id uses the pool: one of the two is "  \
	"a "                                                                   \
	"copy. Nothing is removed here. Stop one of them; give it an empty "   \
	"data directory before it starts again; then take this one's id over " \
	"(takeover) on the other"

bool claims_begin(struct catalog *c, struct err *e)
{
	id_new(c->start_id, "sta");
	return db_run(&c->db, "INSERT INTO server_starts (id) VALUES (?)",
		      ARGS(arg_text(c->start_id)), e) &&
	       db_run(&c->db,
		      "DELETE FROM server_starts WHERE n <="
		      " (SELECT max(n) FROM server_starts) - ?",
		      ARGS(arg_int(STARTS_KEPT)), e);
}

static bool is_ours(struct db *db, const char *found, bool *is, struct err *e)
{
	int64_t n = 0;

	if (!db_int(db, "SELECT count(*) FROM server_starts WHERE id = ?",
		    ARGS(arg_text(found)), &n, e))
		return false;
	*is = n > 0 || found[0] == '\0';
	return true;
}

/* The other one must learn of this one by an id that it cannot know. */
static bool contest(struct catalog *c, struct catalog_op *op)
{
	const struct pool_record *p = op->out.pools;
	const struct event_record r = {
		.kind = "pool",
		.act = "pool.contested",
		.resource = p->id,
		.name = p->name,
		.result = "failed",
		.who = "server",
		.detail = RIVAL,
	};

	(void)str_copy(op->claim.write, ID_MAX, "");
	(void)str_copy(c->rival_id, ID_MAX, op->text);
	if (p->rival != NULL)
		return true;
	if (!claims_begin(c, &op->err))
		return false;
	(void)str_copy(op->claim.write, ID_MAX, c->start_id);
	return db_run(&c->db, "UPDATE pools SET rival = ? WHERE id = ?",
		      ARGS(arg_text(RIVAL), arg_text(p->id)), &op->err) &&
	       events_note(c, op, &r) &&
	       pool_read(&c->db, p->id, &op->more, &op->err);
}

static bool look_moved(struct catalog *c, struct catalog_op *op)
{
	int64_t is_same = 0;

	if (!db_int(&c->db, "SELECT place = ? FROM pools WHERE id = ?",
		    ARGS(arg_text(c->place), arg_text(op->key)), &is_same,
		    &op->err))
		return false;
	op->claim.is_moved = is_same == 0;
	return true;
}

static bool run_judge(struct catalog *c, struct catalog_op *op)
{
	bool is_mine = false;

	if (!key_check_revision(&c->db, KEY_POOL, op->key, 0, &op->err) ||
	    !pool_read(&c->db, op->key, &op->out, &op->err) ||
	    !look_moved(c, op) ||
	    !is_ours(&c->db, op->text, &is_mine, &op->err))
		return false;
	if (!is_mine && !op->is_sure && op->out.pools->rival == NULL) {
		op->claim.is_doubted = true;
		return true;
	}
	if (!is_mine)
		return contest(c, op);
	if (strcmp(op->text, c->start_id) != 0 && op->out.pools->rival == NULL)
		(void)str_copy(op->claim.write, ID_MAX, c->start_id);
	return true;
}

static void tell_claim(const struct catalog_op *op, const struct err *e)
{
	struct claim_verdict v = op->claim;

	if (op->out.n > 0)
		v.rival = op->out.pools->rival;
	if (op->more.n > 0)
		v.rival = op->more.pools->rival;
	op->cb.claim(op->arg, e == NULL ? &v : NULL, e);
}

static const struct intent judge = {
	.mode = INTENT_WRITE, .run = run_judge, .tell = tell_claim};

struct catalog_op *catalog_claim_judge(struct catalog *c, const char *pool_id,
				       const struct claim_found *found,
				       catalog_claim_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &judge, (union call_cb){.claim = done}, arg, e);

	if (op != NULL)
		op->is_sure = found->is_sure;
	return call_submit(
		op, call_give_key(op, pool_id) && call_give_text(op, found->id),
		e);
}

static bool run_settled(struct catalog *c, struct catalog_op *op)
{
	return db_run(&c->db, "UPDATE pools SET place = ? WHERE id = ?",
		      ARGS(arg_text(c->place), arg_text(op->key)), &op->err);
}

static const struct intent settled = {
	.mode = INTENT_WRITE, .run = run_settled, .tell = call_tell_done};

struct catalog_op *catalog_claim_settled(struct catalog *c, const char *pool_id,
					 catalog_done_cb *done, void *arg,
					 struct err *e)
{
	struct catalog_op *op =
		call_new(c, &settled, (union call_cb){.done = done}, arg, e);

	return call_submit(op, call_give_key(op, pool_id), e);
}

/*
 * Who read the pool before the decision may be judged after it: what lay there
 * then is decided, too. A rival that goes on tells by another start.
 */
static bool forgive(struct catalog *c, struct err *e)
{
	return c->rival_id[0] == '\0' ||
	       db_run(&c->db,
		      "INSERT OR IGNORE INTO server_starts (id) VALUES (?)",
		      ARGS(arg_text(c->rival_id)), e);
}

static bool run_take(struct catalog *c, struct catalog_op *op)
{
	if (!key_check_revision(&c->db, KEY_POOL, op->key, 0, &op->err) ||
	    !forgive(c, &op->err) || !claims_begin(c, &op->err))
		return false;
	(void)str_copy(op->claim.write, ID_MAX, c->start_id);
	return db_run(&c->db, "UPDATE pools SET rival = NULL WHERE id = ?",
		      ARGS(arg_text(op->key)), &op->err);
}

static const struct intent take = {
	.mode = INTENT_WRITE, .run = run_take, .tell = tell_claim};

struct catalog_op *catalog_claim_take(struct catalog *c, const char *pool_id,
				      catalog_claim_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op =
		call_new(c, &take, (union call_cb){.claim = done}, arg, e);

	return call_submit(op, call_give_key(op, pool_id), e);
}
