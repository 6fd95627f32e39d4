/*
 * dump_int.h - one backup of one server: a connection that behaves as a
 * replica does until it has a snapshot, and then leaves.
 *
 * One phase, one source, one run of frames: the server's RDB file. Its items,
 * all of kind data and without a name, in the order of the stream:
 *
 *	type "header"	magic, facts, functions
 *	type "database"	keys of the database whose number is the group, as text;
 *			rows and digest are theirs
 *	type "opaque"	from what is not understood to the end; there may be
 *none type "end"	end mark and checksum
 *
 * Items other than databases have an empty group. A database without keys has
 * no item. An "opaque" one says that rows and digests of the item before it are
 * not all, and that nothing can be compared; dump_facts then has no counts.
 * A restore compares what it wrote into database n with the item whose group
 * is n. (Redis selects each database once. Should one be selected again, there
 * is a second item of the same group, and their sum is what is in it.)
 *
 * The snapshot is whole when the server's end mark was seen (or as many bytes
 * as it had announced) and the RDB's own end and checksum are right.
 */
#ifndef COFFER_SOURCES_REDIS_DUMP_INT_H
#define COFFER_SOURCES_REDIS_DUMP_INT_H

#include "sources/address_int.h"
#include "sources/dump.h"
#include "sources/redis/dump/content.h"
#include "sources/redis/server.h"

struct redis_dump {
	struct dump base; /* comes first */
	const struct source_env *env;
	struct address_copy address;
	struct source_scope scope; /* numbers and keys, our own */
	bool is_replica;	   /* to be: dump_config */
	bool is_begun;		   /* its one phase was */
	struct redis_server server;
	struct dump_facts facts;
};

/* Adds a warning to the dump's facts; beyond their bound it is dropped. */
void redis_dump_warn(struct redis_dump *d, const char *code, const char *fmt,
		     ...) PRINTF_LIKE(3, 4);

/* Whether a backup may be made of the server as it says it is. */
bool redis_dump_check(struct redis_dump *d, struct err *e) MUST_CHECK;

/* How far it is: keys that have passed, of those that the server said it has.
 * What was written to it since then may make it more. */
void redis_dump_count(struct redis_dump *d, const struct redis_content *c);

/* What was counted becomes facts, and warnings where it deserves some. */
bool redis_dump_settle(struct redis_dump *d, const struct redis_content *c,
		       struct err *e) MUST_CHECK;

/* The source of its phase. NULL with *e filled. */
struct source *redis_stream_new(struct redis_dump *d, struct err *e) MUST_CHECK;

#endif
