/*
 * command.h - cuts a record out of the snapshot as it passes, and makes the
 * command of it that writes it into the target. What lies in the frame at
 * hand is not copied.
 */
#ifndef COFFER_SOURCES_REDIS_COMMAND_H
#define COFFER_SOURCES_REDIS_COMMAND_H

#include "base/text.h"
#include "sources/redis/rdb/rdb.h"

struct redis_conn;

/* Zero it to begin with. */
struct redis_command {
	bool is_held;
	uint64_t from;	  /* offset in the file of the first byte wanted */
	struct text held; /* what lies in frames that are gone */
	const unsigned char *piece; /* the rest, in the frame at hand */
	size_t len;
};

/* The bytes from there to the record's end are wanted. */
void redis_command_hold(struct redis_command *c, uint64_t from);

/* The record ends before the frame's byte at; the frame begins at offset fed.
 * Whether its bytes are wanted: then they are there until the frame goes. */
bool redis_command_take(struct redis_command *c, const unsigned char *frame,
			uint64_t fed, size_t at);

/* The frame goes, the record is not over: what is wanted is copied. False: no
 * memory. */
bool redis_command_keep(struct redis_command *c, const unsigned char *frame,
			uint64_t fed, size_t len) MUST_CHECK;

/* The record's bytes, added to a text. */
void redis_command_append(const struct redis_command *c, struct text *to);

/* The record is over. */
void redis_command_drop(struct redis_command *c);

/* RESTORE of a key, whose value was taken; a reply will come. */
bool redis_command_restore(const struct redis_command *c,
			   struct redis_conn *conn, const struct rdb_record *r,
			   unsigned version, struct err *e) MUST_CHECK;

/* FUNCTION RESTORE of records of libraries; one that is there already is
 * replaced, or an error. A reply will come. */
bool redis_command_functions(struct redis_conn *conn,
			     const struct text *records, unsigned version,
			     bool is_replacing, struct err *e) MUST_CHECK;

/* What it means that the target refused one, after so many. */
void redis_command_fault(struct err *e, const char *words, uint64_t after);

/* Frees what it holds. */
void redis_command_fini(struct redis_command *c);

#endif
