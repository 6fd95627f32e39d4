/* tokens.c - the catalog's tokens; only their hashes are kept. */
#include <stdlib.h>
#include <string.h>

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
	stmt_copy(s, r->password, sizeof(r->password));
	return stmt_read(s, e);
}

static bool run_list(struct catalog *c, struct catalog_op *op)
{
	bool ok = true;
	struct stmt s;

	if (!stmt_begin(&s, &c->db,
			"SELECT id, name, role, hash, created_at, expires_at,"
			" password FROM tokens ORDER BY id",
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
		      " created_at, expires_at, password)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		      ARGS(arg_text(id), arg_text(r->name), arg_text(folded),
			   arg_text(r->role), arg_text(r->hash),
			   arg_int(clock_now_ms()), arg_int(r->expires_at),
			   arg_text(r->password)),
		      &op->err);
}

static const struct intent add = {
	.mode = INTENT_WRITE, .run = run_add, .tell = call_tell_done};

static bool find_token(struct db *db, const char *key, char **id, struct err *e)
{
	char folded[NAME_BUF];

	name_fold(key, folded);
	if (!db_text(db, "SELECT id FROM tokens WHERE id = ?1 OR name_key = ?2",
		     ARGS(arg_text(key), arg_text(folded)), id, e))
		return false;
	/* Not repeated: it may be a token itself. */
	return *id != NULL || err_set(e, ERR_NOT_FOUND, "not_found",
				      "there is no token of that id or name");
}

/* Nobody could make another one: one that expires may be gone tomorrow. */
static bool check_last(struct db *db, const char *id, struct err *e)
{
	int64_t is_last = 0;

	return db_int(db,
		      "SELECT role = 'admin' AND expires_at = 0"
		      " AND NOT EXISTS (SELECT 1 FROM tokens"
		      "  WHERE id <> ?1 AND role = 'admin'"
		      "  AND expires_at = 0) FROM tokens WHERE id = ?1",
		      ARGS(arg_text(id)), &is_last, e) &&
	       (!is_last ||
		err_set(e, ERR_CONFLICT, "last_admin",
			"this is the last token of the role admin that does "
			"not expire; make another one first"));
}

static bool run_delete(struct catalog *c, struct catalog_op *op)
{
	char *id = NULL;
	bool ok = strlen(op->key) < NAME_BUF ||
		  err_set(&op->err, ERR_NOT_FOUND, "not_found",
			  "there is no token of that id or name");

	ok = ok && find_token(&c->db, op->key, &id, &op->err) &&
	     check_last(&c->db, id, &op->err) &&
	     db_run(&c->db, "DELETE FROM tokens WHERE id = ?",
		    ARGS(arg_text(id)), &op->err);
	free(id);
	return ok;
}

static const struct intent delete = {
	.mode = INTENT_WRITE, .run = run_delete, .tell = call_tell_done};

struct catalog_op *catalog_token_delete(struct catalog *c, const char *key,
					catalog_done_cb *done, void *arg,
					struct err *e)
{
	struct catalog_op *op =
		call_new(c, &delete, (union call_cb){.done = done}, arg, e);

	return call_submit(op, call_give_key(op, key), e);
}

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
