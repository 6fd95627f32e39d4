/*
 * objects.h - what a backup is to hold: the databases and tables in scope,
 * and how each table's definition looked. A few dozen bytes a table, for
 * there may be 500,000 of them.
 */
#ifndef COFFER_SOURCES_MYSQL_OBJECTS_H
#define COFFER_SOURCES_MYSQL_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/address.h"
#include "sources/mysql/dump/pattern.h"

enum my_table_type {
	MY_TABLE,
	MY_VERSIONED, /* keeps its history by itself */
	MY_SEQUENCE,
	MY_VIEW,
	MY_TABLE_TYPES,
};

struct my_table {
	char *name;
	uint64_t fingerprint; /* of its definition, 0: not read */
	unsigned char type;   /* enum my_table_type */
	bool is_seen;	      /* by the listing under way */
	bool is_without_data; /* its rows live elsewhere */
	bool is_drifting;     /* its engine has no transactions */
	bool has_history;     /* rows of the past are read, too */
	bool is_plain;	      /* its definition tells its columns (plain.h) */
	bool is_excluded;     /* named, and excluded by a pattern */
	bool is_left_out;     /* a view that cannot be made anew */
};

struct my_database {
	char *name, *collation, *charset;
	char *comment;		 /* or NULL */
	struct my_table *tables; /* sorted by name once listed */
	size_t ntables, cap;
	struct my_patterns *patterns; /* of the scope; NULL: none */
	bool is_whole;		      /* all its tables, routines and events */
	bool is_open;	  /* its tables are not named: all, or what fits */
	bool is_found;	  /* on the server */
	bool is_excluded; /* named, and excluded by a pattern */
};

struct my_objects {
	struct my_database *databases;
	size_t n, cap;
	struct my_patterns patterns;
	bool is_whole;	/* the whole server */
	bool is_open;	/* its databases are not named: all, or what fits */
	bool is_sorted; /* all databases are known, by name */
};

/* Copies the scope: what is named in it must be found. */
bool my_objects_init(struct my_objects *o, const struct source_scope *scope,
		     struct err *e) MUST_CHECK;

/* Frees all. */
void my_objects_fini(struct my_objects *o);

/* A database on the server. Adds it when it is wanted without being named; *out
 * is NULL when it is not in scope. */
bool my_objects_database(struct my_objects *o, const char *name,
			 struct my_database **out, struct err *e) MUST_CHECK;

/* After the last database: sorts them by name. */
void my_objects_sort(struct my_objects *o);

/* The database of that name; NULL: not in scope. */
struct my_database *my_objects_find(const struct my_objects *o,
				    const char *name);

/* A table on the server, in the order of names or not. Adds it when it is
 * wanted without being named, marks it as seen. */
bool my_database_add(struct my_database *db, const char *name,
		     enum my_table_type type, struct err *e) MUST_CHECK;

/* Whether a table of that name is wanted without being named. */
bool my_database_wants(const struct my_database *db, const char *name);

/* After the last table of the last database: drops what patterns excluded, and
 * databases of which nothing fitted. */
void my_objects_settle(struct my_objects *o);

/* After the last one: sorts. */
void my_database_sort(struct my_database *db);

/* The table of that name (after the sorting); NULL: none. */
struct my_table *my_database_find(const struct my_database *db,
				  const char *name);

/* How many tables of these types (bits: 1 << type). */
uint64_t my_objects_count(const struct my_objects *o, unsigned types);

/* "BASE TABLE" and its like; MY_TABLE_TYPES: none of ours. */
enum my_table_type my_table_type(const char *word);

/* Goes through the tables of some types, database by database. Zero it. */
struct my_cursor {
	size_t database, table;
};

/* The table at the cursor or the next one of those types; false: none left.
 * Add one to cursor->table to go on. */
bool my_cursor_find(const struct my_objects *o, struct my_cursor *cursor,
		    unsigned types);

/* What is at the cursor. */
struct my_database *my_cursor_database(const struct my_objects *o,
				       const struct my_cursor *cursor);

/* What is at the cursor. */
struct my_table *my_cursor_table(const struct my_objects *o,
				 const struct my_cursor *cursor);

#endif
