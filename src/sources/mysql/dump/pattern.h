/* pattern.h - which databases and tables a scope's patterns fit. */
#ifndef COFFER_SOURCES_MYSQL_PATTERN_H
#define COFFER_SOURCES_MYSQL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sources/address.h"

struct my_pattern {
	char *database;
	char *table; /* NULL: the database and all in it */
	/* Something of the server fitted: its database, all of it. */
	bool is_database_found, is_found;
};

struct my_patterns {
	struct my_pattern *include, *exclude;
	size_t ninclude, nexclude;
	bool is_caseless; /* as the server's names are; set it before use */
};

/* How much of a database is in scope. */
enum my_reach { MY_REACH_NONE, MY_REACH_SOME, MY_REACH_ALL };

/*
 * Whether the name fits: '*' and '%' stand for any run of characters, none
 * included, everything else for itself. is_caseless: ASCII letters alike in
 * both cases. Pure.
 */
bool my_pattern_fits(const char *pattern, const char *name, bool is_caseless);

/* True when it holds no wildcard: it is a name. */
bool my_pattern_is_plain(const char *pattern);

/* Copies the patterns of a scope. False: no memory; my_patterns_fini() ends
 * both. */
bool my_patterns_init(struct my_patterns *p, const struct source_scope *scope,
		      struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void my_patterns_fini(struct my_patterns *p);

/* Whether a database of the server is in scope (without include patterns: all
 * are), single tables aside that are excluded. Notes what fitted. */
enum my_reach my_patterns_database(struct my_patterns *p, const char *database);

/* Whether a table of it is. Notes what fitted. */
bool my_patterns_table(struct my_patterns *p, const char *database,
		       const char *table);

/* Whether tables of the database are wanted that are not named one by one. */
bool my_patterns_are_wild(const struct my_patterns *p, const char *database);

/* The first name among the patterns to include that nothing was found for;
 * NULL: none. */
const struct my_pattern *my_patterns_missing(const struct my_patterns *p);

#endif
