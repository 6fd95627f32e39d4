/* migrate.c - from the version of the file to the version of the server. */
#include "catalog/migrate_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

/* "Cofr": what makes a database file a catalog (see file(1)). */
enum { APPLICATION_ID = 0x436f6672 };

static bool check_kind(struct db *db, unsigned version, struct err *e)
{
	int64_t application = 0, ntables = 0;

	if (!db_int(db, "PRAGMA application_id", NULL, &application, e) ||
	    !db_int(db, "SELECT count(*) FROM sqlite_schema", NULL, &ntables,
		    e))
		return false;
	if (application == APPLICATION_ID ||
	    (application == 0 && version == 0 && ntables == 0))
		return true;
	return err_set(e, ERR_INVALID, "internal",
		       "the file is a database, but not a catalog of Coffer; "
		       "choose another data directory");
}

static bool check_version(unsigned version, unsigned known, struct err *e)
{
	if (version <= known)
		return true;
	return err_set(
		e, ERR_INVALID, "internal",
		"the catalog has version %u and this server knows "
		"versions up to %u: a newer server made it; start that "
		"one, or put back the copy that it kept (catalog.db.v%u)",
		version, known, known);
}

static bool create_private(const char *path, struct err *e)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, ERR_IO, "internal", "cannot make %s: %s",
			       path, strerror(errno));
	(void)close(fd);
	return true;
}

static bool copy_pages(struct db *from, struct db *to, struct err *e)
{
	sqlite3_backup *copy =
		sqlite3_backup_init(to->sq, "main", from->sq, "main");

	if (copy == NULL)
		return db_fail(to, "copy", e);
	(void)sqlite3_backup_step(copy, -1);
	if (sqlite3_backup_finish(copy) != SQLITE_OK)
		return db_fail(to, "copy", e);
	return true;
}

static bool copy_into(struct db *from, const char *path, struct err *e)
{
	struct db to;
	bool ok;

	if (!create_private(path, e) || !db_open(&to, path, e))
		return false;
	/* A plain file without a log beside it; SQLite syncs it. */
	ok = copy_pages(from, &to, e) &&
	     db_script(&to, "PRAGMA journal_mode = DELETE", e);
	db_close(&to);
	return ok;
}

static bool sync_folder(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1)
				     : strdup(".");
	bool ok;

	if (folder == NULL)
		return err_nomem(e, "a path");
	ok = file_sync_dir(folder, e);
	free(folder);
	return ok;
}

/* Under its name only when it is whole. */
static bool keep_copy(struct db *db, const char *path, unsigned version,
		      struct err *e)
{
	struct text name = {0}, temporary = {0};
	bool ok;

	text_printf(&name, "%s.v%u", path, version);
	text_printf(&temporary, "%s.v%u.new", path, version);
	ok = !name.is_broken && !temporary.is_broken;
	if (!ok)
		(void)err_nomem(e, "a path");
	ok = ok && copy_into(db, temporary.data, e);
	if (ok && rename(temporary.data, name.data) != 0)
		ok = err_set(e, ERR_IO, "internal", "cannot rename %s: %s",
			     temporary.data, strerror(errno));
	ok = ok && sync_folder(path, e);
	if (ok)
		log_info("catalog", "kept a copy of the catalog in %s",
			 name.data);
	text_free(&name);
	text_free(&temporary);
	return ok;
}

/* The version moves with the tables, or neither does. */
static bool take_step(struct db *db, const char *sql, unsigned version,
		      struct err *e)
{
	char marks[96];
	bool ok;

	(void)snprintf(marks, sizeof(marks),
		       "PRAGMA application_id = %d; PRAGMA user_version = %u",
		       APPLICATION_ID, version);
	ok = db_begin(db, true, e) && db_script(db, sql, e) &&
	     db_script(db, marks, e) && db_commit(db, e);
	if (!ok)
		db_rollback(db);
	return ok;
}

bool migrate(struct db *db, const char *path, struct schema s, struct err *e)
{
	int64_t found = 0;
	unsigned version;

	if (!db_int(db, "PRAGMA user_version", NULL, &found, e))
		return false;
	version = (unsigned)found;
	if (!check_kind(db, version, e) ||
	    !check_version(version, s.version, e))
		return false;
	if (version > 0 && version < s.version &&
	    !keep_copy(db, path, version, e))
		return false;
	if (!db_settle(db, e))
		return false;
	for (; version < s.version; version++)
		if (!take_step(db, s.steps[version], version + 1, e))
			return false;
	return true;
}
