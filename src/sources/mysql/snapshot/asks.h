/*
 * asks.h - the questions that a backup by snapshot and one by CLONE both put
 * to the server first. Their arg is the my_snap (questions.h).
 */
#ifndef COFFER_SOURCES_MYSQL_SNAPSHOT_ASKS_H
#define COFFER_SOURCES_MYSQL_SNAPSHOT_ASKS_H

#include "sources/mysql/snapshot/snap_int.h"

/* A right that is needed on *.*, and why: "to hold the server still". */
struct my_need {
	unsigned privilege;
	const char *name, *why;
	bool is_mysql; /* MariaDB has no such right */
};

/* Reads the answer to my_ask_server() into d->server and d->facts. False with
 * *e filled. */
bool my_snap_take_server(struct my_snap *d, struct my_conn *c,
			 struct err *e) MUST_CHECK;

/* Rule 2: my_ask's three. */
bool my_snap_ask_role(void *arg, struct text *sql, struct err *e);
bool my_snap_take_role(void *arg, struct my_conn *c, struct err *e);
bool my_snap_no_role(void *arg, struct my_conn *c, unsigned number,
		     struct err *e);

/* Reads the answer to my_ask_grants(). False with *e filled: one of the count
 * needs of what ("method snapshot") is not granted ("access_denied"). */
bool my_snap_take_grants(struct my_snap *d, struct my_conn *c,
			 const struct my_need *needs, size_t count,
			 const char *what, struct err *e) MUST_CHECK;

/* Its data directory, and the name of its host. */
bool my_snap_ask_home(void *arg, struct text *sql, struct err *e);

/* Reads the answer: d->datadir, and *host, valid as long as the answer. False
 * with *e filled, under the code. */
bool my_snap_take_home(struct my_snap *d, struct my_conn *c, const char *code,
		       const char **host, struct err *e) MUST_CHECK;

/* Reads tables (name and path) that may lie outside of the data directory.
 * False with *e filled, under the code, with what to do: one does. */
bool my_snap_take_spaces(struct my_snap *d, struct my_conn *c, const char *code,
			 const char *advice, struct err *e) MUST_CHECK;

#endif
