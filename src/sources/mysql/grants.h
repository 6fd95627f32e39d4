/*
 * grants.h - what an account may do, from SHOW GRANTS. Servers leave out of
 * their lists what an account may not see, without a word; a backup must
 * know before.
 */
#ifndef COFFER_SOURCES_MYSQL_GRANTS_H
#define COFFER_SOURCES_MYSQL_GRANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum my_privilege {
	MY_PRIV_SELECT = 1 << 0,
	MY_PRIV_SHOW_VIEW = 1 << 1,
	MY_PRIV_TRIGGER = 1 << 2,
	MY_PRIV_EVENT = 1 << 3,
	MY_PRIV_EXECUTE = 1 << 4,
	MY_PRIV_CREATE_ROUTINE = 1 << 5,
	MY_PRIV_ALTER_ROUTINE = 1 << 6,
	MY_PRIV_SHOW_ROUTINE = 1 << 7, /* SHOW_ROUTINE, SHOW CREATE ROUTINE */
	MY_PRIV_RELOAD = 1 << 8,
	MY_PRIV_PROCESS = 1 << 9,
	MY_PRIV_BINLOG = 1 << 10, /* to ask for the position in the log */
	MY_PRIV_LOCK = 1 << 11,
	MY_PRIV_BACKUP = 1 << 12, /* BACKUP_ADMIN, of MySQL alone */
	MY_PRIV_ALL = (1 << 13) - 1,
};

struct my_grant {
	unsigned privileges;
	bool is_revoked; /* MySQL's partial revokes */
	char *database;	 /* a LIKE pattern; NULL: all */
	char *table;	 /* NULL: all of the database */
};

struct my_grants {
	struct my_grant *list;
	size_t n;
};

/* Reads one line of SHOW GRANTS; one that is about something else (roles,
 * PROXY, single columns) adds nothing. False: no memory. */
bool my_grants_add(struct my_grants *g, const char *line) MUST_CHECK;

/* True when any of the privileges holds for the table, for the whole database
 * (table NULL), or for all databases (database NULL too). */
bool my_grants_have(const struct my_grants *g, unsigned any,
		    const char *database, const char *table);

/* Frees what it holds and zeroes it. */
void my_grants_fini(struct my_grants *g);

/* LIKE with % and _ and backslash escapes, bytes as they are. */
bool my_like(const char *pattern, const char *s);

#endif
