/*
 * strings_int.h - what a step takes: bytes, lengths, strings. A string that is
 * too long to be waited for is an exception to the rule of reader_int.h:
 * rdb_string() opens it, and it passes before the next step runs; hence it
 * comes last in a step.
 */
#ifndef COFFER_SOURCES_REDIS_STRINGS_INT_H
#define COFFER_SOURCES_REDIS_STRINGS_INT_H

#include "sources/redis/rdb/reader_int.h"

enum {
	RDB_DIGITS_MAX = 24,
	RDB_PLAIN_MAX = 64 * 1024, /* unpacked at once */
};

/* A string as a whole, valid within the step. */
struct rdb_blob {
	const unsigned char *bytes;
	size_t len;
	char digits[RDB_DIGITS_MAX]; /* of one that is a number */
};

/* n bytes in a row; NULL: they are not all there (return RDB_WAIT). */
const unsigned char *rdb_take(struct rdb_reader *r, size_t n);

/* A length or plain number. */
enum rdb_step rdb_length(struct rdb_reader *r, uint64_t *n);

/* A whole string, gathered; slot: which of two buffers it may be unpacked
 * into. Strange: longer than RDB_GATHER_MAX. */
enum rdb_step rdb_blob(struct rdb_reader *r, struct rdb_blob *b, unsigned slot);

/* The same when it is short and all there, else RDB_WAIT, which here means
 * "not in this way": the caller gives back and takes piece by piece. */
enum rdb_step rdb_blob_at_once(struct rdb_reader *r, struct rdb_blob *b,
			       unsigned slot);

/* A string of any length as the next column of a row; to NULL: skipped. It
 * may be yet to pass when this returns: last in a step. */
enum rdb_step rdb_string(struct rdb_reader *r, struct digest_row *to);

/* A string of any length, passed over: nothing in it is looked at. It may be
 * yet to pass when this returns: last in a step. */
enum rdb_step rdb_skip(struct rdb_reader *r);

/* The passing string's next bytes. */
enum rdb_step rdb_pass(struct rdb_reader *r);

#endif
