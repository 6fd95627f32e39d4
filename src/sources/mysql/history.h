/*
 * history.h - the rows that system-versioned tables keep of the past
 * (https://mariadb.com/kb/en/system-versioned-tables/). From MariaDB 10.11 on
 * they can be written again, each with the time that it was valid.
 *
 * The end of a row that is valid now is written as DEFAULT: the servers hold
 * it for the last moment that they know, which is not the same one in all
 * versions.
 */
#ifndef COFFER_SOURCES_MYSQL_HISTORY_H
#define COFFER_SOURCES_MYSQL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "sources/mysql/server.h"

/* Before each INSERT of such rows: it needs no session of its own, so any
 * connection may run it. */
#define MY_HISTORY_PREFIX                                                      \
	"SET STATEMENT system_versioning_insert_history=1 FOR "

/* True when the server can write the past. */
bool my_history_is_known(const struct my_server *s);

/* True when a table's definition shows rows versioned by transaction, which
 * mean nothing elsewhere. */
bool my_history_is_by_transaction(const char *create, size_t len);

/* Appends what takes the place of SHOW COLUMNS and tells the same and the
 * periods, too; my_columns_read() reads both. */
void my_history_ask(struct text *sql, const char *db, const char *table);

/* How many bytes of MY_HISTORY_PREFIX a statement begins with: all, or 0. */
size_t my_history_prefix(const char *sql, size_t len);

#endif
