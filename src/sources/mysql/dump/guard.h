/*
 * guard.h - a lock that is held on a connection of its own while the lanes
 * read: against schema changes, or against writes to tables without
 * transactions.
 *
 * The connection gives signs of life; its wait_timeout is short, so that a
 * lost Coffer frees the lock within a minute. Letting go cuts the connection.
 */
#ifndef COFFER_SOURCES_MYSQL_GUARD_H
#define COFFER_SOURCES_MYSQL_GUARD_H

#include <stdbool.h>

#include "base/err.h"

struct my_conn;
struct my_dump;
struct my_guard;
struct source;

enum my_guard_kind {
	MY_GUARD_DEFINITIONS, /* BACKUP STAGE, LOCK INSTANCE FOR BACKUP */
	MY_GUARD_TABLES,      /* LOCK TABLES ... READ */
};

/* Takes conn, which is not connected yet (also on failure); nothing is locked
 * yet. d is borrowed for its life. NULL with *e filled. */
struct my_guard *my_guard_new(struct my_dump *d, enum my_guard_kind kind,
			      struct my_conn *conn, struct err *e) MUST_CHECK;

/* Lets go and frees. NULL is fine. */
void my_guard_free(struct my_guard *g);

/*
 * The source that takes the lock. It fails with "ddl_in_progress" or
 * "lock_not_obtained", naming who is in the way. Against schema changes: where
 * the server or the account cannot lock, it ends well with a warning.
 */
struct source *my_guard_take_new(struct my_guard *g, struct err *e) MUST_CHECK;

/* After that source: keeps the lock, for at most so many seconds (0: no
 * limit). Against schema changes it is also let go when somebody has to wait
 * for it who changes none (a write to a MyISAM table on MariaDB). */
void my_guard_keep(struct my_guard *g, unsigned seconds);

/* Lets go at once; the guard stays, for my_guard_is_held(). NULL is fine. */
void my_guard_release(struct my_guard *g);

/* Whether it is held, as far as is known. NULL: no. */
bool my_guard_is_held(const struct my_guard *g);

/* The server's number for its connection, 0: not held. NULL is fine. */
unsigned long my_guard_session(const struct my_guard *g);

/* The source that asks for a last sign of life: after it my_guard_is_proven()
 * says whether the lock was held without a gap. It never fails for that. */
struct source *my_guard_prove_new(struct my_guard *g, struct err *e) MUST_CHECK;

/* NULL: no. */
bool my_guard_is_proven(const struct my_guard *g);

#endif
