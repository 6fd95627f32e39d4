/*
 * db.c - the connection: how it is set up, transactions, and what goes wrong.
 *
 * After an fsync failed, the kernel may have dropped the pages and still
 * answer the next fsync with success: nothing written through this file can
 * be believed any more. So the first such failure makes the connection dead:
 * it reads, and refuses every further write until the server is started anew.
 */
#include "catalog/db_int.h"

#include <stdlib.h>

#include "base/log.h"
#include "catalog/names_int.h"

/* Six megabytes of pages are the most that a server keeps of its catalog: two
 * for what it writes, four for lists. */
#define SETTINGS                                                               \
	"PRAGMA foreign_keys = ON;"                                            \
	"PRAGMA secure_delete = ON;"                                           \
	"PRAGMA synchronous = FULL;"                                           \
	"PRAGMA trusted_schema = OFF;"                                         \
	"PRAGMA temp_store = MEMORY;"

#define WRITE_CACHE "PRAGMA cache_size = -2048;"
#define LISTS_CACHE "PRAGMA cache_size = -4096;"

static int on_wal(void *arg, sqlite3 *sq, const char *name, int pages)
{
	struct db *db = arg;

	(void)sq;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static bool open_as(struct db *db, const char *path, int flags,
		    const char *settings, struct err *e)
{
	*db = (struct db){0};
	if (sqlite3_open_v2(path, &db->sq, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		(void)db_fail(db, "open", e);
		db_close(db);
		return false;
	}
	(void)sqlite3_extended_result_codes(db->sq, 1);
	(void)sqlite3_busy_timeout(db->sq, DB_BUSY_MS);
	if (!names_setup(db->sq))
		(void)db_fail(db, "open", e);
	else if (db_script(db, settings, e))
		return true;
	db_close(db);
	return false;
}

bool db_open(struct db *db, const char *path, struct err *e)
{
	return open_as(db, path, SQLITE_OPEN_READWRITE, SETTINGS WRITE_CACHE,
		       e);
}

bool db_open_lists(struct db *db, const char *path, struct err *e)
{
	return open_as(db, path, SQLITE_OPEN_READONLY, SETTINGS LISTS_CACHE, e);
}

bool db_settle(struct db *db, struct err *e)
{
	char *mode = NULL;
	bool is_wal;

	if (!db_text(db, "PRAGMA journal_mode = WAL", NULL, &mode, e))
		return false;
	is_wal = mode != NULL && sqlite3_stricmp(mode, "wal") == 0;
	free(mode);
	if (!is_wal)
		return err_set(e, ERR_IO, "internal",
			       "the file system of the catalog does not carry "
			       "a write-ahead log; keep it on a local one");
	/* Replaces the automatic checkpoint: ours runs after the answer. */
	(void)sqlite3_wal_hook(db->sq, on_wal, db);
	return db_script(db, "PRAGMA journal_size_limit = 16777216", e);
}

void db_close(struct db *db)
{
	for (unsigned i = 0; i < DB_SLOTS; i++) {
		(void)sqlite3_finalize(db->slots[i].st);
		free(db->slots[i].sql);
		db->slots[i] = (struct db_slot){0};
	}
	if (db->is_dead)
		(void)sqlite3_db_config(
			db->sq, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (sqlite3_close(db->sq) != SQLITE_OK)
		log_error("catalog", "the catalog was closed while in use");
	db->sq = NULL;
}

static bool fail_dead(struct err *e)
{
	return err_set(e, ERR_IO, "internal",
		       "the catalog takes no more changes: its disk failed to "
		       "keep an earlier one; check the disk, then start the "
		       "server again");
}

static bool fail_io(struct db *db, int rc, const char *act, struct err *e)
{
	if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC) {
		if (!db->is_dead)
			log_error("catalog", "fsync of the catalog failed: no "
					     "more writes until a restart");
		db->is_dead = true;
		return fail_dead(e);
	}
	return err_set(e, ERR_IO, "internal",
		       "cannot %s the catalog: its disk failed (error %d, %s)",
		       act, rc, sqlite3_errstr(rc));
}

static bool fail_full(struct err *e)
{
	return err_set(e, ERR_IO, "internal",
		       "cannot write the catalog: no space is left on its "
		       "disk; free some, then try again");
}

static bool fail_damaged(int rc, struct err *e)
{
	return err_set(e, ERR_DAMAGED, "internal",
		       "the catalog is damaged or no catalog (%s); restore "
		       "its file from a copy",
		       sqlite3_errstr(rc));
}

bool db_fail(struct db *db, const char *act, struct err *e)
{
	int rc = db->sq != NULL ? sqlite3_extended_errcode(db->sq)
				: SQLITE_NOMEM;

	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return err_nomem(e, "the catalog");
	case SQLITE_FULL:
		return fail_full(e);
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_NOMEM ? err_nomem(e, "the catalog")
						: fail_io(db, rc, act, e);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fail_damaged(rc, e);
	case SQLITE_CONSTRAINT:
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
		return err_bug(e, "the catalog: %s", sqlite3_errmsg(db->sq));
	default:
		return err_set(e, ERR_IO, "internal",
			       "cannot %s the catalog: %s", act,
			       sqlite3_errstr(rc));
	}
}

bool db_begin(struct db *db, bool is_write, struct err *e)
{
	if (!is_write)
		return db_run(db, "BEGIN", NULL, e);
	if (db->is_dead)
		return fail_dead(e);
	return db_run(db, "BEGIN IMMEDIATE", NULL, e);
}

bool db_commit(struct db *db, struct err *e)
{
	return db_run(db, "COMMIT", NULL, e);
}

void db_rollback(struct db *db)
{
	struct err e = {0};

	/* Some failures have rolled back already. */
	if (sqlite3_get_autocommit(db->sq))
		return;
	if (!db_run(db, "ROLLBACK", NULL, &e))
		log_error("catalog", "rollback: %s", e.msg);
}

bool db_script(struct db *db, const char *sql, struct err *e)
{
	if (sqlite3_exec(db->sq, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, "write", e);
	return true;
}

bool db_checkpoint(struct db *db, struct err *e)
{
	if (db->is_dead)
		return true;
	if (sqlite3_wal_checkpoint_v2(db->sq, NULL, SQLITE_CHECKPOINT_PASSIVE,
				      NULL, NULL) != SQLITE_OK)
		return db_fail(db, "write", e);
	db->wal_pages = 0;
	return true;
}
