/*
 * plain.h - the columns of a table as its definition tells them.
 *
 * SHOW COLUMNS makes a temporary table on the server and costs more than all
 * else that a small table needs; SHOW CREATE TABLE tells the same of nearly
 * every table. What is read here is a strict part of what the servers print:
 * a definition that goes beyond it (generated or invisible columns, history,
 * expressions ...) is not plain, and its columns are asked for.
 */
#ifndef COFFER_SOURCES_MYSQL_PLAIN_H
#define COFFER_SOURCES_MYSQL_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/column.h"

/* Appends "SHOW CREATE TABLE ..." for the table. */
void my_plain_ask(struct text *sql, const char *db, const char *table);

/*
 * Reads a definition as SHOW CREATE TABLE prints it, under sql_mode '', into
 * *cols, which my_columns_fini() ends. When it is not plain, *is_plain is
 * false and *cols is empty. False with *e filled: no memory.
 */
bool my_plain_read(struct my_columns *cols, const char *create, size_t len,
		   bool *is_plain, struct err *e) MUST_CHECK;

/* Whether it is plain. Pure, but for memory; when that is short it is not. */
bool my_plain_is(const char *create, size_t len);

#endif
