/* list.h - the databases and tables that the server has. */
#ifndef COFFER_SOURCES_MYSQL_LIST_H
#define COFFER_SOURCES_MYSQL_LIST_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/dump/objects.h"
#include "sources/mysql/server.h"

struct my_conn;

/* Appends the statement that lists databases and their defaults. */
void my_list_ask_databases(const struct my_server *s, struct text *sql);

/* Reads its answer into *o; "invalid_scope" for what is named in the scope
 * and not there, or is the server's own. */
bool my_list_databases(struct my_objects *o, struct my_conn *c,
		       struct err *e) MUST_CHECK;

/* Appends the statement that lists a database's tables: name, type. */
void my_list_ask_tables(const struct my_database *db, struct text *sql);

/* "invalid_scope" when a table of the scope was not among them. */
bool my_list_check_found(const struct my_database *db,
			 struct err *e) MUST_CHECK;

/* After the last database: drops what patterns left out. "invalid_scope" when
 * nothing fitted them, or not what one of them names without a wildcard. */
bool my_list_settle(struct my_objects *o, struct err *e) MUST_CHECK;

/*
 * Compares a second listing with the first: "source_changed" naming a table
 * that went, changed its kind, or (is_complete) came.
 */
bool my_list_compare(struct my_database *db, bool is_complete,
		     struct my_conn *c, struct err *e) MUST_CHECK;

#endif
