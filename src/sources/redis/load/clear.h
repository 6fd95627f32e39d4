/* clear.h - what a restore is to replace goes before it writes: whole
 * databases, or the keys that fit its patterns. */
#ifndef COFFER_SOURCES_REDIS_CLEAR_H
#define COFFER_SOURCES_REDIS_CLEAR_H

#include "sources/redis/load/load_int.h"
#include "sources/redis/load/scan.h"

struct redis_conn;
struct redisReply;

/* What is sent next. */
enum redis_clear_step {
	CLEAR_SELECT, /* of the next database that is to be replaced */
	CLEAR_FLUSH,
	CLEAR_SCAN,
	CLEAR_UNLINK, /* names that the scan told */
};

/* Zero it, and set load, to begin with. */
struct redis_clear {
	struct redis_load *load;
	size_t next; /* database */
	enum redis_clear_step step;
	bool is_asked; /* a reply is to come */
	bool is_last;  /* the scan told its last names */
	struct redis_scan scan;
	const char **words; /* UNLINK and the names to be removed */
	size_t *lens;
	size_t nwords;
};

/* Sends what comes next, unless a reply is waited for; *is_over: all is gone.
 * Called again after each reply. */
bool redis_clear_next(struct redis_clear *c, struct redis_conn *conn,
		      bool *is_over, struct err *e) MUST_CHECK;

/* A reply came. False: "target_failed", or "access_denied". */
bool redis_clear_take(struct redis_clear *c, const struct redisReply *r,
		      struct err *e) MUST_CHECK;

/* Frees what it holds. */
void redis_clear_fini(struct redis_clear *c);

#endif
