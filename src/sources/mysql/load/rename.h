/* rename.h - databases that are restored under another name. */
#ifndef COFFER_SOURCES_MYSQL_RENAME_H
#define COFFER_SOURCES_MYSQL_RENAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct my_rename {
	char *from, *to;
};

struct my_renames {
	struct my_rename *list;
	size_t n;
};

/* Copies a pair. False: no memory. */
bool my_renames_add(struct my_renames *r, const char *from,
		    const char *to) MUST_CHECK;

/* What a database is called at the target. */
const char *my_renames_find(const struct my_renames *r, const char *name);

/* Frees what it holds. */
void my_renames_fini(struct my_renames *r);

/*
 * Writes a statement of a dump into out as it is for the new names: USE,
 * CREATE DATABASE, ALTER DATABASE, and `db`.`thing` in the definitions of
 * tables and views, which the server printed. Bodies of routines, triggers
 * and events are people's text and stay as they are. False: nothing to
 * change, out is untouched.
 */
bool my_renames_apply(const struct my_renames *r, const char *sql, size_t len,
		      struct text *out);

#endif
