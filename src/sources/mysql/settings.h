/* settings.h - what a session is set to, so that values come and go exactly
 * as they are stored. */
#ifndef COFFER_SOURCES_MYSQL_SETTINGS_H
#define COFFER_SOURCES_MYSQL_SETTINGS_H

#include "base/text.h"
#include "sources/mysql/server.h"

enum {
	MY_PATIENCE_SECONDS = 86400, /* a slow store must not cost the dump */
	MY_LOCK_SECONDS = 2,	     /* what a waiting lock may stop others */
};

/* Appends the SET of a session that reads: a dump, a verification. */
void my_settings_read(const struct my_server *s, struct text *sql);

/* Appends the SET that lets a snapshot last for a whole transaction. */
void my_settings_isolation(struct text *sql);

/* Appends the SET that keeps a dump out of MariaDB's binary log, or nothing:
 * with it on, MariaDB keeps a table's metadata lock beyond a rollback to a
 * savepoint, and a waiting ALTER then stops all who come after it. */
void my_settings_binlog(const struct my_server *s, struct text *sql);

/* Appends the SET of a session that restores. */
void my_settings_write(const struct my_server *s, struct text *sql);

/* Appends the SET that lets MySQL make tables as they were, with a wrong
 * option or without a primary key, or nothing. Many accounts may not: then
 * it is an error that matters to few tables. */
void my_settings_tables(const struct my_server *s, struct text *sql);

/* Returns the source's own settings as a JSON object (caller frees); NULL:
 * no memory. */
char *my_settings_json(const struct my_server *s) MUST_CHECK;

/* The first lines of a dump: what a restore by the stock client needs. */
const char *my_settings_header(void);

/* And the last: the client's session as it was. */
const char *my_settings_footer(void);

#endif
