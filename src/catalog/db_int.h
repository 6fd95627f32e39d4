/*
 * db_int.h - the SQLite connection as the catalog's files see it: statements
 * with typed arguments, columns read in order, errors as struct err. Used on
 * one thread at a time: the one that opens, then the one that it is for.
 */
#ifndef COFFER_CATALOG_DB_INT_H
#define COFFER_CATALOG_DB_INT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DB_SLOTS = 96, DB_BUSY_MS = 1000 };

/* A prepared statement that is kept for the next time. */
struct db_slot {
	char *sql;
	sqlite3_stmt *st;
	uint64_t used; /* the clock then; the oldest gives way */
};

struct db {
	sqlite3 *sq;
	struct db_slot slots[DB_SLOTS];
	uint64_t clock;
	int wal_pages; /* in the log now: what a checkpoint would move */
	bool is_dead;  /* an fsync failed: never write again (see db.c) */
};

/* One value for a "?". Texts are borrowed until the statement is over. */
struct arg {
	enum { ARG_END, ARG_TEXT, ARG_INT } kind;
	const char *text; /* NULL: SQL's NULL */
	int64_t number;
};

static inline struct arg arg_text(const char *s)
{
	return (struct arg){.kind = ARG_TEXT, .text = s};
}

static inline struct arg arg_int(int64_t n)
{
	return (struct arg){.kind = ARG_INT, .number = n};
}

static inline struct arg arg_u64(uint64_t n)
{
	return arg_int(n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

#define ARGS(...) ((const struct arg[]){__VA_ARGS__, {.kind = ARG_END}})

/* Opens a file that is there, with the connection's settings but those that
 * write (see db_settle()). */
bool db_open(struct db *db, const char *path, struct err *e) MUST_CHECK;

/* The same for reading alone, beside a connection that writes and is settled.
 */
bool db_open_lists(struct db *db, const char *path, struct err *e) MUST_CHECK;

/* Write-ahead log, every commit on disk, foreign keys, wiped pages. */
bool db_settle(struct db *db, struct err *e) MUST_CHECK;

/* Ends statements and connection. A dead file's log is left as it is. */
void db_close(struct db *db);

/* What SQLite just said, as an error of ours; act: "write", "open". Rolls
 * nothing back. Returns false. */
bool db_fail(struct db *db, const char *act, struct err *e);

/* A transaction; a writing one is refused on a dead file. */
bool db_begin(struct db *db, bool is_write, struct err *e) MUST_CHECK;
bool db_commit(struct db *db, struct err *e) MUST_CHECK;
void db_rollback(struct db *db);

/* Runs statements without arguments or rows, several in one text. */
bool db_script(struct db *db, const char *sql, struct err *e) MUST_CHECK;

/* Moves the log into the database. */
bool db_checkpoint(struct db *db, struct err *e) MUST_CHECK;

/* Runs one statement to its end. */
bool db_run(struct db *db, const char *sql, const struct arg *args,
	    struct err *e) MUST_CHECK;

/* How many rows the last db_run() changed. */
int db_changes(const struct db *db);

/* The first column of the first row; *out is left alone without a row. */
bool db_int(struct db *db, const char *sql, const struct arg *args,
	    int64_t *out, struct err *e) MUST_CHECK;

/* The same as text, caller frees; NULL without a row or for SQL's NULL. */
bool db_text(struct db *db, const char *sql, const struct arg *args, char **out,
	     struct err *e) MUST_CHECK;

/* A statement that gives rows. */
struct stmt {
	struct db *db;
	sqlite3_stmt *st;
	int column;    /* read next */
	bool is_short; /* no memory for a column */
};

/* Begins it; args up to ARG_END, NULL for none. */
bool stmt_begin(struct stmt *s, struct db *db, const char *sql,
		const struct arg *args, struct err *e) MUST_CHECK;

/* The next row. False at the end and on failure: look at e. */
bool stmt_next(struct stmt *s, struct err *e);

/* Gives it back; needed after every stmt_begin() that worked. */
void stmt_end(struct stmt *s);

/* The next column of the row: into dst[cap] ("" for NULL); as a copy (NULL
 * for NULL); as a number. */
void stmt_copy(struct stmt *s, char *dst, size_t cap);
void stmt_dup(struct stmt *s, char **dst);
int64_t stmt_int(struct stmt *s);
uint64_t stmt_u64(struct stmt *s);
bool stmt_bool(struct stmt *s);

/* The same, borrowed until the next row; NULL for NULL. */
const char *stmt_text(struct stmt *s);

/* After the columns: false when there was no memory for one. */
bool stmt_read(const struct stmt *s, struct err *e) MUST_CHECK;

#endif
