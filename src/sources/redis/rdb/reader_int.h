/*
 * reader_int.h - what the parts of the RDB reader share.
 *
 * The reader is a row of steps. A step takes what it needs from the input or
 * nothing: on RDB_WAIT all that it took since its begin (or since its last
 * rdb_commit()) is given back, kept until more has come, and the step runs
 * again. So a step takes first, and acts when it has got all. What it takes
 * tells strings_int.h.
 */
#ifndef COFFER_SOURCES_REDIS_READER_INT_H
#define COFFER_SOURCES_REDIS_READER_INT_H

#include "base/text.h"
#include "sources/redis/rdb/lzf.h"
#include "sources/redis/rdb/rdb.h"

enum {
	RDB_BLOBS = 2,
	RDB_KEPT_BYTES = 1024 * 1024, /* larger buffers are given back */
	RDB_STRANGE_MAX = 64,
	RDB_CHECKSUM_LEN = 8,
	RDB_CHECKSUM_SINCE = 5, /* the version */
};

enum rdb_step {
	RDB_DONE,
	RDB_WAIT, /* in.want bytes from in.start on are needed */
	RDB_FAIL, /* *e is filled */
	RDB_STRANGE,
};

typedef enum rdb_step rdb_step_fn(struct rdb_reader *r);

/* The bytes at hand: of the call, or those that wait for more. */
struct rdb_input {
	const unsigned char *origin, *start, *at, *end;
	uint64_t offset; /* of origin in the file */
	size_t want;
};

/* A string that passes: what is left of it in the file. */
struct rdb_passing {
	uint64_t left;
	bool is_packed;
	struct digest_row *to; /* NULL: skipped */
};

/* Where the fields of a hash have their expiry. */
enum rdb_fields {
	FIELDS_PLAIN,
	FIELDS_EXPIRY_FIRST,
	FIELDS_EXPIRY_LAST,
};

/* The value at hand: what of it is yet to come, and the sum of its members. */
struct rdb_value {
	uint64_t left, count;
	struct digest sum;
	bool is_text; /* its scores are */
	enum rdb_fields fields;
	int64_t expiry, base; /* of a field; what it counts from */
	/* Streams. */
	uint64_t groups, pending, consumers;
};

struct rdb_reader {
	struct rdb_events events;
	void *arg;
	struct err *e; /* of the call */
	rdb_step_fn *step;
	struct rdb_input in;
	struct rdb_passing passing;
	struct rdb_value value;
	struct rdb_record record;
	struct digest_row *key, *member;
	struct digest_batch *members; /* that are short, of the value */
	struct rdb_lzf *lzf;	      /* made when the first long one comes */
	struct text name, carry, aux, plain[RDB_BLOBS];
	unsigned version;
	bool is_valkey, is_prefixed, is_payload;
	bool is_failed, is_over, has_checksum;
	bool is_skimmed;  /* the value at hand */
	const char *skim; /* what comes next of it */

	/* The checksum. */
	const unsigned char *chunk;
	uint64_t chunk_offset, fed;
	uint64_t crc, crc_done; /* of all before this offset */

	/* Opaque. */
	char strange[RDB_STRANGE_MAX];
	unsigned char tail[RDB_CHECKSUM_LEN], before_tail;
	size_t tail_len;
};

/* reader.c */

/* The offset in the file of the next byte. */
static inline uint64_t rdb_offset(const struct rdb_reader *r)
{
	return r->in.offset + (uint64_t)(r->in.at - r->in.origin);
}

/* What was taken so far stays taken. */
static inline void rdb_commit(struct rdb_reader *r)
{
	r->in.start = r->in.at;
}

/* "damaged_stream" at the place where the step began. Returns RDB_FAIL. */
enum rdb_step rdb_damaged(struct rdb_reader *r, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* Something unknown or too large, "... at offset N". Returns RDB_STRANGE. */
enum rdb_step rdb_strange(struct rdb_reader *r, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* Out of memory. Returns RDB_FAIL. */
enum rdb_step rdb_nomem(struct rdb_reader *r);

/* Steps until the bytes are used up; is_once: one step alone. */
enum rdb_step rdb_run(struct rdb_reader *r, bool is_once);

/* Takes all before this offset, which lies in the call's bytes, into the
 * checksum; rdb_crc_end(): nothing more. */
void rdb_crc_to(struct rdb_reader *r, uint64_t offset);
void rdb_crc_end(struct rdb_reader *r);

#endif
