/* server.h - what a server says of itself: INFO, ROLE, ACL WHOAMI. */
#ifndef COFFER_SOURCES_REDIS_SERVER_H
#define COFFER_SOURCES_REDIS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct redisReply;
struct redis_conn;
struct source_scope;

enum { REDIS_VERSION_MAX = 64, REDIS_USER_MAX = 64 };

enum redis_role { REDIS_ROLE_UNKNOWN, REDIS_PRIMARY, REDIS_REPLICA };

/* Zero it to begin with. Numbers are 0 where the server does not tell. */
struct redis_server {
	unsigned nreplies; /* of those that redis_look_send() asked for */
	char user[REDIS_USER_MAX];	 /* whom we are; empty: not known */
	char version[REDIS_VERSION_MAX]; /* "7.0.15", "8.0.1-Valkey" */
	bool is_valkey;
	enum redis_role role;
	bool is_link_up; /* of a replica, to its primary */
	uint64_t link_down_seconds;
	bool is_loading;
	uint64_t loaded_bytes, loading_bytes, loading_seconds; /* to go */
	bool has_failed_save; /* its last snapshot to disk */
	uint64_t resident_bytes, machine_bytes, most_bytes; /* of memory:
							     * taken, there is,
							     * maxmemory */
	uint64_t keys;			  /* in the databases of the scope */
	const struct source_scope *scope; /* given; NULL: all databases */
};

/* Asks for it all; the replies go to redis_look_take(), in their order. */
bool redis_look_send(struct redis_conn *c, struct err *e) MUST_CHECK;

/*
 * Takes the next reply; *is_over when it was the last. What the account may
 * not ask is left out, but for INFO: "access_denied" names what it needs. A
 * server that loads its data is "source_unavailable", with the figures.
 */
bool redis_look_take(struct redis_server *s, const struct redisReply *r,
		     bool *is_over, struct err *e) MUST_CHECK;

/*
 * The value of "NAME:value" in INFO's text, copied and cut to cap; false: it
 * is not there.
 */
bool redis_info_text(const char *info, const char *name, char *out, size_t cap);

/* The same as a number; 0: not there, or none. */
uint64_t redis_info_number(const char *info, const char *name);

/*
 * Reads the next line "dbN:keys=K,..." of INFO's text from *at on, and moves
 * *at behind it; false: there is none. keys may be NULL.
 */
bool redis_info_next_database(const char **at, uint32_t *number,
			      uint64_t *keys) MUST_CHECK;

/* "primary" "replica", or empty. */
const char *redis_role_name(enum redis_role role);

#endif
