/* fault.h - what a server's error number means to the rest of Coffer. */
#ifndef COFFER_SOURCES_MYSQL_FAULT_H
#define COFFER_SOURCES_MYSQL_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Numbers that flows look at; see the error reference of the servers:
 * https://mariadb.com/kb/en/mariadb-error-code-reference/ */
enum my_errno {
	MY_ERR_CONNECTIONS = 1040,
	MY_ERR_DB_DENIED = 1044,
	MY_ERR_ACCESS_DENIED = 1045,
	MY_ERR_BAD_DB = 1049,
	MY_ERR_NO_SUCH_COLUMN = 1054,
	MY_ERR_LONG_NAME = 1059,
	MY_ERR_SYNTAX = 1064,
	MY_ERR_WRONG_DB_NAME = 1102,
	MY_ERR_UNKNOWN_CHARSET = 1115,
	MY_ERR_NO_USER = 1133,
	MY_ERR_NO_GRANT = 1141,
	MY_ERR_TABLE_DENIED = 1142,
	MY_ERR_NO_SUCH_TABLE = 1146,
	MY_ERR_NO_TABLE_GRANT = 1147,
	MY_ERR_UNKNOWN_VARIABLE = 1193,
	MY_ERR_USER_CONNECTIONS = 1203,
	MY_ERR_LOCK_WAIT = 1205,
	MY_ERR_DEADLOCK = 1213,
	MY_ERR_USER_LIMIT = 1226,
	MY_ERR_PRIVILEGE = 1227,
	MY_ERR_UNKNOWN_COLLATION = 1273,
	MY_ERR_BAD_CHARACTERS = 1300, /* a name beyond the first plane */
	MY_ERR_NO_SUCH_ROUTINE = 1305,
	MY_ERR_DEF_CHANGED = 1412,
	/* MySQL with GTIDs: ER_GTID_UNSAFE_NON_TRANSACTIONAL_TABLE */
	MY_ERR_GTID_CONSISTENCY = 1785,
	MY_ERR_INVALID_ROLE = 1959, /* MariaDB: ER_INVALID_ROLE */
	MY_ERR_LOST = 2013,
	MY_ERR_NO_SUCH_ROLE = 3523,	/* MySQL: ER_UNKNOWN_AUTHID */
	MY_ERR_NO_PROXY = 1698,		/* GRANT PROXY without having it */
	MY_ERR_ROLE_NOT_GRANTED = 3530, /* MySQL */
	MY_CLIENT_MIN = 2000,		/* the library's own numbers */
	MY_CLIENT_MAX = 2999,
};

enum { MY_TEXT_MAX = 256 };

/* Copies foreign text, cut to cap - 1 bytes: control characters become
 * blanks, and bytes that are no UTF-8 become '?'. Returns out. */
char *my_clean(char *out, size_t cap, const char *in);

/*
 * Fills *e from a server's or the library's error: code and API code by the
 * number, and "DOING: TEXT (NUMBER); what to do". Returns false.
 */
bool my_fault(struct err *e, unsigned number, const char *text,
	      const char *doing);

/* True when the number says that a right is missing. */
bool my_is_denial(unsigned number);

/* True when the number says that there is no room for one connection more. */
bool my_is_full(unsigned number);

/* True when the connection is of no more use after this number. */
bool my_is_broken(unsigned number);

#endif
