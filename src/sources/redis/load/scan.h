/* scan.h - names of a database's keys, some hundred at a time (SCAN). */
#ifndef COFFER_SOURCES_REDIS_SCAN_H
#define COFFER_SOURCES_REDIS_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct redisReply;
struct redis_conn;

enum { REDIS_CURSOR_MAX = 24 };

/* Zero it to begin with. SCAN may tell a key twice. */
struct redis_scan {
	char cursor[REDIS_CURSOR_MAX];
	const char *pattern; /* borrowed; NULL: all */
};

/* Makes the database the current one; a reply comes. */
bool redis_select_send(struct redis_conn *c, unsigned long database,
		       struct err *e) MUST_CHECK;

/* Asks for the next names; a reply comes. */
bool redis_scan_send(struct redis_scan *s, struct redis_conn *c,
		     struct err *e) MUST_CHECK;

/* Takes it: *names is an array of strings, valid as long as the reply;
 * *is_over when no more are to come. False: "target_failed". */
bool redis_scan_take(struct redis_scan *s, const struct redisReply *r,
		     const struct redisReply **names, bool *is_over,
		     struct err *e) MUST_CHECK;

#endif
