/*
 * replies.c - Idempotency-Key: what a request was answered with. The key is
 * claimed before the request acts, so of two at once one waits in vain and
 * says so.
 */
#include "catalog/replies.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "catalog/call_int.h"
#include "catalog/replies_int.h"

enum { REPLY_TEXTS = 5 };

static const int64_t reply_kept_ms = INT64_C(24) * 60 * 60 * 1000;

void reply_row_free(struct reply_row *row)
{
	if (row == NULL)
		return;
	free(row->texts);
	free(row);
}

/* r with strings of its own; NULL: no memory. */
static struct reply_row *row_new(const struct reply_record *r)
{
	struct reply_row *row = calloc(1, sizeof(*row));
	struct reply_record *to = row != NULL ? &row->r : NULL;

	if (row == NULL)
		return NULL;
	*to = *r;
	row->texts = call_pack(
		(const char **const[REPLY_TEXTS]){&to->token_id, &to->key,
						  &to->request_hash,
						  &to->headers_json, &to->body},
		REPLY_TEXTS);
	if (row->texts != NULL)
		return row;
	free(row);
	return NULL;
}

static bool give_reply(struct catalog_op *op, const struct reply_record *r)
{
	if (op != NULL)
		op->reply_in = row_new(r);
	return op != NULL && op->reply_in != NULL;
}

static bool take_row(struct stmt *s, struct catalog_op *op)
{
	char *hash = NULL, *headers = NULL, *body = NULL;
	struct reply_record r = op->reply_in->r;

	stmt_dup(s, &hash);
	r.status = (int)stmt_int(s);
	stmt_dup(s, &headers);
	stmt_dup(s, &body);
	r.request_hash = hash != NULL ? hash : "";
	r.headers_json = headers;
	r.body = body;
	if (stmt_read(s, &op->err)) {
		op->reply_out = row_new(&r);
		if (op->reply_out == NULL)
			(void)err_nomem(&op->err, "a reply");
	}
	free(hash);
	free(headers);
	free(body);
	return op->reply_out != NULL;
}

/* What is kept under the key, if anything: then op->reply_out. */
static bool look_up(struct db *db, struct catalog_op *op)
{
	const struct reply_record *r = &op->reply_in->r;
	bool ok = true;
	struct stmt s;

	if (!stmt_begin(&s, db,
			"SELECT request_hash, status, headers_json, body"
			" FROM replies WHERE token_id = ? AND key = ?",
			ARGS(arg_text(r->token_id), arg_text(r->key)),
			&op->err))
		return false;
	if (stmt_next(&s, &op->err))
		ok = take_row(&s, op);
	stmt_end(&s);
	return ok && !err_is(&op->err);
}

static bool check_kept(const struct catalog_op *op, struct err *e)
{
	const struct reply_record *asked = &op->reply_in->r;
	const struct reply_record *kept = &op->reply_out->r;

	if (strcmp(asked->request_hash, kept->request_hash) != 0)
		return err_set(e, ERR_INVALID, "idempotency_key_reused",
			       "this Idempotency-Key was used for another "
			       "request within 24 hours; choose a new one for "
			       "each request");
	if (kept->status == 0)
		return err_set(e, ERR_CONFLICT, "request_in_progress",
			       "the request with this Idempotency-Key is still "
			       "under way; wait and repeat it");
	return true;
}

static bool insert(struct db *db, const struct reply_record *r, int64_t now_ms,
		   struct err *e)
{
	return db_run(db,
		      "INSERT INTO replies (token_id, key, request_hash,"
		      " created_at) VALUES (?, ?, ?, ?)",
		      ARGS(arg_text(r->token_id), arg_text(r->key),
			   arg_text(r->request_hash), arg_int(now_ms)),
		      e);
}

static bool run_claim(struct catalog *c, struct catalog_op *op)
{
	int64_t now_ms = clock_now_ms();

	if (!db_run(&c->db, "DELETE FROM replies WHERE created_at <= ?",
		    ARGS(arg_int(now_ms - reply_kept_ms)), &op->err) ||
	    !look_up(&c->db, op))
		return false;
	if (op->reply_out != NULL)
		return check_kept(op, &op->err);
	return insert(&c->db, &op->reply_in->r, now_ms, &op->err);
}

static void tell_claim(const struct catalog_op *op, const struct err *e)
{
	bool is_kept = e == NULL && op->reply_out != NULL;

	op->cb.reply(op->arg, is_kept ? &op->reply_out->r : NULL, e);
}

static const struct intent claim = {
	.mode = INTENT_WRITE, .run = run_claim, .tell = tell_claim};

struct catalog_op *catalog_reply_claim(struct catalog *c,
				       const struct reply_record *r,
				       catalog_reply_cb *done, void *arg,
				       struct err *e)
{
	struct catalog_op *op =
		call_new(c, &claim, (union call_cb){.reply = done}, arg, e);

	return call_submit(op, give_reply(op, r), e);
}

/* A server's fault may be gone the next time; too long is not kept. */
static bool is_worth_keeping(const struct reply_record *r)
{
	return r->status > 0 && r->status < 500 &&
	       (r->body == NULL || strlen(r->body) <= REPLY_BODY_MAX);
}

static bool run_keep(struct catalog *c, struct catalog_op *op)
{
	const struct reply_record *r = &op->reply_in->r;

	if (!is_worth_keeping(r))
		return db_run(&c->db,
			      "DELETE FROM replies"
			      " WHERE token_id = ? AND key = ? AND status = 0",
			      ARGS(arg_text(r->token_id), arg_text(r->key)),
			      &op->err);
	return db_run(&c->db,
		      "UPDATE replies SET status = ?, headers_json = ?,"
		      " body = ? WHERE token_id = ? AND key = ?"
		      " AND status = 0",
		      ARGS(arg_int(r->status), arg_text(r->headers_json),
			   arg_text(r->body), arg_text(r->token_id),
			   arg_text(r->key)),
		      &op->err);
}

static void tell_keep(const struct catalog_op *op, const struct err *e)
{
	if (op->cb.done != NULL)
		op->cb.done(op->arg, e);
	else
		call_tell_nobody(op, e);
}

static const struct intent keep = {
	.mode = INTENT_WRITE, .run = run_keep, .tell = tell_keep};

struct catalog_op *catalog_reply_keep(struct catalog *c,
				      const struct reply_record *r,
				      catalog_done_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op =
		call_new(c, &keep, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give_reply(op, r), e);
}

bool replies_recover(struct db *db, struct err *e)
{
	return db_run(db, "DELETE FROM replies WHERE status = 0", NULL, e);
}
