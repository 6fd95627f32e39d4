/* history.c - the past of system-versioned tables. */
#include "config.h" /* for memmem() */
#include "sources/mysql/history.h"

#include <string.h>

#include "sources/mysql/quote.h"

enum { MARIADB_INSERT_HISTORY = 101100 }; /* 10.11 */

bool my_history_is_known(const struct my_server *s)
{
	return s->is_mariadb && s->number >= MARIADB_INSERT_HISTORY;
}

bool my_history_is_by_transaction(const char *create, size_t len)
{
	static const char mark[] = " unsigned GENERATED ALWAYS AS ROW START";

	return memmem(create, len, mark, sizeof(mark) - 1) != NULL;
}

static void add_table(struct text *sql, const char *db, const char *table)
{
	text_str(sql, " WHERE TABLE_SCHEMA=");
	my_quote_value(sql, db, strlen(db));
	text_str(sql, " AND TABLE_NAME=");
	my_quote_value(sql, table, strlen(table));
}

void my_history_ask(struct text *sql, const char *db, const char *table)
{
	text_str(sql, "SELECT COLUMN_NAME AS `Field`,COLUMN_TYPE AS `Type`,"
		      "COLUMN_KEY AS `Key`,EXTRA AS `Extra`,"
		      "GENERATION_EXPRESSION AS `Period`,"
		      "(SELECT TABLE_TYPE FROM information_schema.TABLES");
	add_table(sql, db, table);
	text_str(sql, ") AS `Kind` FROM information_schema.COLUMNS");
	add_table(sql, db, table);
	text_str(sql, " ORDER BY ORDINAL_POSITION");
}

size_t my_history_prefix(const char *sql, size_t len)
{
	static const char prefix[] = MY_HISTORY_PREFIX;
	size_t n = sizeof(prefix) - 1;

	return len >= n && memcmp(sql, prefix, n) == 0 ? n : 0;
}
