/* stmt.c - statements: prepared once, kept, given typed arguments. */
#include "catalog/db_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void slot_free(struct db_slot *slot)
{
	(void)sqlite3_finalize(slot->st);
	free(slot->sql);
	*slot = (struct db_slot){0};
}

/* The slot that has it, else the one that has rested longest. */
static struct db_slot *slot_find(struct db *db, const char *sql)
{
	struct db_slot *oldest = NULL;

	for (unsigned i = 0; i < DB_SLOTS; i++) {
		struct db_slot *slot = &db->slots[i];

		if (slot->sql != NULL && strcmp(slot->sql, sql) == 0)
			return slot;
		if (slot->st != NULL && sqlite3_stmt_busy(slot->st))
			continue;
		if (oldest == NULL || slot->used < oldest->used)
			oldest = slot;
	}
	return oldest;
}

static bool slot_fill(struct db *db, struct db_slot *slot, const char *sql,
		      struct err *e)
{
	slot_free(slot);
	slot->sql = strdup(sql);
	if (slot->sql == NULL)
		return err_nomem(e, "a statement");
	if (sqlite3_prepare_v3(db->sq, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &slot->st, NULL) == SQLITE_OK)
		return true;
	slot_free(slot);
	return db_fail(db, "read", e);
}

static bool bind(sqlite3_stmt *st, int at, const struct arg *a)
{
	if (a->kind == ARG_INT)
		return sqlite3_bind_int64(st, at, a->number) == SQLITE_OK;
	/* SQLITE_STATIC: the caller keeps the text until stmt_end(). */
	return sqlite3_bind_text(st, at, a->text, -1, SQLITE_STATIC) ==
	       SQLITE_OK;
}

static bool bind_all(struct stmt *s, const struct arg *args, struct err *e)
{
	int n = 0;

	for (; args != NULL && args[n].kind != ARG_END; n++)
		if (!bind(s->st, n + 1, &args[n]))
			return db_fail(s->db, "read", e);
	if (n != sqlite3_bind_parameter_count(s->st))
		return err_bug(e, "%d arguments for: %.200s", n,
			       sqlite3_sql(s->st));
	return true;
}

bool stmt_begin(struct stmt *s, struct db *db, const char *sql,
		const struct arg *args, struct err *e)
{
	struct db_slot *slot = slot_find(db, sql);

	*s = (struct stmt){.db = db};
	if (slot == NULL || (slot->st != NULL && sqlite3_stmt_busy(slot->st)))
		return err_bug(e, "a statement within itself: %.200s", sql);
	if ((slot->sql == NULL || strcmp(slot->sql, sql) != 0) &&
	    !slot_fill(db, slot, sql, e))
		return false;
	slot->used = ++db->clock;
	*s = (struct stmt){.db = db, .st = slot->st};
	if (bind_all(s, args, e))
		return true;
	stmt_end(s);
	return false;
}

bool stmt_next(struct stmt *s, struct err *e)
{
	int rc = sqlite3_step(s->st);

	s->column = 0;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		(void)db_fail(s->db,
			      sqlite3_stmt_readonly(s->st) ? "read" : "write",
			      e);
	return rc == SQLITE_ROW;
}

void stmt_end(struct stmt *s)
{
	(void)sqlite3_reset(s->st);
	(void)sqlite3_clear_bindings(s->st);
}

/* NULL for SQL's NULL, or without memory: then is_short. */
const char *stmt_text(struct stmt *s)
{
	const unsigned char *text = sqlite3_column_text(s->st, s->column);

	if (text == NULL &&
	    sqlite3_column_type(s->st, s->column) != SQLITE_NULL)
		s->is_short = true;
	s->column++;
	return (const char *)text;
}

void stmt_copy(struct stmt *s, char *dst, size_t cap)
{
	const char *text = stmt_text(s);

	(void)str_copy(dst, cap, text != NULL ? text : "");
}

void stmt_dup(struct stmt *s, char **dst)
{
	const char *text = stmt_text(s);

	if (text == NULL)
		return;
	*dst = strdup(text);
	if (*dst == NULL)
		s->is_short = true;
}

int64_t stmt_int(struct stmt *s)
{
	return sqlite3_column_int64(s->st, s->column++);
}

uint64_t stmt_u64(struct stmt *s)
{
	int64_t n = stmt_int(s);

	return n > 0 ? (uint64_t)n : 0;
}

bool stmt_bool(struct stmt *s)
{
	return stmt_int(s) != 0;
}

bool stmt_read(const struct stmt *s, struct err *e)
{
	return !s->is_short || err_nomem(e, "a record");
}

bool db_run(struct db *db, const char *sql, const struct arg *args,
	    struct err *e)
{
	struct stmt s;

	if (!stmt_begin(&s, db, sql, args, e))
		return false;
	while (stmt_next(&s, e))
		continue;
	stmt_end(&s);
	return !err_is(e);
}

bool db_int(struct db *db, const char *sql, const struct arg *args,
	    int64_t *out, struct err *e)
{
	struct stmt s;

	if (!stmt_begin(&s, db, sql, args, e))
		return false;
	if (stmt_next(&s, e)) {
		*out = stmt_int(&s);
		/* A statement that changes rows must come to its end. */
		while (stmt_next(&s, e))
			continue;
	}
	stmt_end(&s);
	return !err_is(e);
}

bool db_text(struct db *db, const char *sql, const struct arg *args, char **out,
	     struct err *e)
{
	struct stmt s;
	bool ok;

	*out = NULL;
	if (!stmt_begin(&s, db, sql, args, e))
		return false;
	if (stmt_next(&s, e))
		stmt_dup(&s, out);
	ok = stmt_read(&s, e) && !err_is(e);
	stmt_end(&s);
	return ok;
}

int db_changes(const struct db *db)
{
	return sqlite3_changes(db->sq);
}
