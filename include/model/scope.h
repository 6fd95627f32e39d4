/*
 * scope.h - rule 11: what of a source. Named, {"databases":[{"name":"shop",
 * "tables":["orders"]}]}, or by patterns, {"include":["shop.*"],
 * "exclude":["*.log_%"]}: one of "databases" and "include", and with either
 * or alone "exclude". No scope is the whole instance. Pure.
 *
 * A pattern is DB or DB.TABLE. '*' and '%' stand for any run of characters,
 * none included; every other character for itself, its case too. A name with
 * a dot is written in backquotes, `a.b`.t, a backquote in there twice; the
 * wildcards mean the same in there. DB.* is DB.
 *
 * Of Redis: {"databases":[0],"keys":["user:*"]}, numbers of databases, glob
 * patterns of key names as KEYS takes them, or both: keys of those databases
 * that fit one of those patterns.
 *
 * Of files and buckets: {"include":["photos/2026/"],"exclude":["*.tmp"]},
 * either or both, globs of paths (base/glob.h).
 */
#ifndef COFFER_MODEL_SCOPE_H
#define COFFER_MODEL_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include <stdint.h>

#include "base/err.h"

enum {
	SCOPE_PATTERNS_MAX = 1000, /* in each list of them */
	SCOPE_NUMBERS_MAX = 1000,
	SCOPE_GLOB_MAX = 1024, /* bytes of a pattern of key names */
};

struct scope_database {
	char *name;
	char **tables; /* NULL: the whole database */
	size_t ntables;
};

/* Without backquotes; wildcards stay. */
struct scope_pattern {
	char *database;
	char *table; /* NULL: the database and all in it */
};

/*
 * In it is what is named in databases or fits a pattern of include (both
 * NULL: all there is) and fits none of exclude. At most one of databases and
 * include is there.
 */
struct scope {
	struct scope_database *databases;
	size_t ndatabases;
	struct scope_pattern *include, *exclude;
	size_t ninclude, nexclude;

	/* Of Redis; both NULL: no such scope. One that is NULL: all. */
	uint32_t *numbers;
	size_t nnumbers;
	char **keys;
	size_t nkeys;

	/* Of files and buckets: what fits one of wanted (NULL: all) and none of
	 * unwanted. */
	char **wanted, **unwanted;
	size_t nwanted, nunwanted;
};

/* How the scopes of a source are written. */
enum scope_form {
	SCOPE_OF_NAMES, /* of databases and tables: MySQL */
	SCOPE_OF_KEYS,	/* numbers and patterns of keys: Redis */
	SCOPE_OF_PATHS, /* globs: files and buckets */
	SCOPE_OF_ANY,	/* the source is not known: whatever one could have */
};

/* Reads JSON text ("null" or NULL: the whole instance). False with *e filled:
 * "invalid_scope" (also of one that is written in another form, and then it
 * says how), or "unknown_field". scope_fini() ends it. */
bool scope_parse(struct scope *s, const char *json, enum scope_form form,
		 struct err *e) MUST_CHECK;

/* Whether it is all there is. */
bool scope_is_whole(const struct scope *s);

/* Frees what it holds and zeroes it. */
void scope_fini(struct scope *s);

/*
 * Whether anything of the database can be in the scope. *whole (NULL: not
 * asked): all of it is, whatever tables it has; else ask scope_has_table()
 * for each, and it may have none. False leaves *whole false.
 */
bool scope_has_database(const struct scope *s, const char *db, bool *whole);

/* Whether a table (a view, a sequence) of the database is in the scope. */
bool scope_has_table(const struct scope *s, const char *db, const char *table);

#endif
