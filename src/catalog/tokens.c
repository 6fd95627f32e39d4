/* tokens.c - the catalog's tokens; only their hashes are kept. */
#include <stdlib.h>

#include "base/clock.h"
#include "catalog/call_int.h"

static bool read_token(struct stmt *s, struct rows *out, struct err *e)
{
	struct token_record *r = rows_grow(out->tokens, out->n, sizeof(*r));

	if (r == NULL)
		return err_nomem(e, "a token");
	out->tokens = r;
	r += out->n++;
	stmt_copy(s, r->id, sizeof(r->id));
	stmt_copy(s, r->name, sizeof(r->name));
	stmt_copy(s, r->role, sizeof(r->role));
	stmt_copy(s, r->hash, sizeof(r->hash));
	r->created_at = stmt_int(s);
	r->expires_at = stmt_int(s);
	return stmt_read(s, e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	bool ok = true;
	struct stmt s;

	if (!stmt_begin(&s, &c->db,
			"SELECT id, name, role, hash, created_at, expires_at"
			" FROM tokens ORDER BY id",
			NULL, &op->err))
		return false;
	while (ok && stmt_next(&s, &op->err))
		ok = read_token(&s, &op->out, &op->err);
	stmt_end(&s);
	return ok && !err_is(&op->err);
}

static void tell_list(const struct catalog_op *op, const struct err *e)
{
	op->cb.tokens(op->arg, e == NULL ? op->out.tokens : NULL,
		      e == NULL ? op->out.n : 0, e);
}

static const struct intent list = {
	.mode = INTENT_READ, .run = run_list, .tell = tell_list};

struct catalog_op *catalog_token_list(struct catalog *c,
				      catalog_tokens_cb *done, void *arg,
				      struct err *e)
{
	struct catalog_op *op =
		call_new(c, &list, (union call_cb){.tokens = done}, arg, e);

	return call_submit(op, true, e);
}

static bool check_free(struct db *db, const char *name, const char *folded,
		       struct err *e)
{
	int64_t count = 0;

	return db_int(db, "SELECT count(*) FROM tokens WHERE name_key = ?",
		      ARGS(arg_text(folded)), &count, e) &&
	       (count == 0 ||
		err_set(e, ERR_CONFLICT, "name_taken",
			"there is a token \"%s\" already; choose another name",
			name));
}

static bool run_add(struct catalog *c, struct catalog_op *op)
{
	const struct token_record *r = op->in.tokens;
	char id[ID_MAX], folded[NAME_BUF];

	id_new(id, "tok");
	name_fold(r->name, folded);
	return name_check_resource(r->name, &op->err) &&
	       check_free(&c->db, r->name, folded, &op->err) &&
	       db_run(&c->db,
		      "INSERT INTO tokens (id, name, name_key, role, hash,"
		      " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		      ARGS(arg_text(id), arg_text(r->name), arg_text(folded),
			   arg_text(r->role), arg_text(r->hash),
			   arg_int(clock_now_ms()), arg_int(r->expires_at)),
		      &op->err);
}

static const struct intent add = {
	.mode = INTENT_WRITE, .run = run_add, .tell = call_tell_done};

static bool give_token(struct catalog_op *op, const struct token_record *r)
{
	if (op == NULL)
		return false;
	op->in.tokens = calloc(1, sizeof(*r));
	if (op->in.tokens == NULL)
		return false;
	op->in.n = 1;
	*op->in.tokens = *r;
	return true;
}

struct catalog_op *catalog_token_add(struct catalog *c,
				     const struct token_record *r,
				     catalog_done_cb *done, void *arg,
				     struct err *e)
{
	struct catalog_op *op =
		call_new(c, &add, (union call_cb){.done = done}, arg, e);

	return call_submit(op, give_token(op, r), e);
}
