/*
 * rdb.h - reads a Redis or Valkey RDB file as it passes: where each key begins
 * and ends, what is to be said of it, and its digest.
 *
 * The format is told by src/rdb.c and src/rdb.h of Redis 6.0 to 8 (RDB
 * versions 9 to 12) and Valkey 7.2 to 9 (11 and 80). Everything that comes is
 * foreign: each length is checked against what is left and against bounds,
 * and nothing is believed before it was read. Memory is bounded whatever the
 * file holds: strings are hashed as they pass; what has to be seen as a whole
 * (a key's name, a listpack, a ziplist, an intset) is gathered, and taken for
 * unknown when it is longer than RDB_GATHER_MAX.
 *
 * The digest of a key is XXH3-128 over its canonical form: name, type, expiry
 * (ms since 1970, or none) and value, each length-prefixed. Lists, strings and
 * streams in their order; of sets, hashes and sorted sets the sum of the
 * members' digests: equal values have equal digests whatever their encoding. Of
 * a stream: entries, last id, groups with their consumers and what is pending.
 * A module's value is counted, not digested. values.c has it column by column.
 *
 * A file of a later version is read as long as it holds what is known: servers
 * give a new form a new number.
 */
#ifndef COFFER_SOURCES_REDIS_RDB_H
#define COFFER_SOURCES_REDIS_RDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

enum {
	RDB_GATHER_MAX = 64 * 1024 * 1024,
	RDB_VERSION_MIN = 1,
	RDB_VERSION_MAX = 12,	 /* of Redis: all its forms are known */
	RDB_VERSION_VALKEY = 80, /* "VALKEY080" */
	RDB_NO_EXPIRY = -1,
};

/* What a key holds, however it is laid out. */
enum rdb_type {
	RDB_STRING,
	RDB_LIST,
	RDB_SET,
	RDB_ZSET,
	RDB_HASH,
	RDB_STREAM,
	RDB_MODULE,
	RDB_TYPE_COUNT,
};

/* "string" "list" "set" "zset" "hash" "stream" "module": as TYPE says it. */
const char *rdb_type_name(enum rdb_type t);

enum rdb_record_kind {
	RDB_RECORD_HEADER,   /* magic and version */
	RDB_RECORD_AUX,	     /* a fact of the server's, a module's aux data */
	RDB_RECORD_FUNCTION, /* a library of functions, its code */
	RDB_RECORD_DATABASE, /* SELECTDB: keys of this one follow */
	RDB_RECORD_HINT,     /* RESIZEDB, slot info: may be left out */
	RDB_RECORD_KEY,
	RDB_RECORD_END, /* the end mark and the checksum */
};

/*
 * One record. Offsets count from the file's first byte. A key's record begins
 * with what precedes its type (expiry, idle time, frequency).
 */
struct rdb_record {
	enum rdb_record_kind kind;
	uint64_t begin;	      /* its first byte */
	uint64_t value_begin; /* a key: its value's; a function: its code's,
			       * length included; else end */
	uint64_t end;	      /* behind it; 0 in on_begin */
	uint32_t database;    /* of a key, and the one selected */

	/* Of a key. */
	const char *name; /* any bytes, followed by a NUL; valid in calls */
	size_t name_len;
	enum rdb_type type;
	unsigned char code;		 /* the type byte of the file */
	int64_t expires_at;		 /* ms since 1970, or RDB_NO_EXPIRY */
	int64_t idle_seconds, frequency; /* -1: not told */
};

/* All run within rdb_feed(), in the order of the file. */
struct rdb_events {
	/* A key: its name and all before it is known, its value is not yet
	 * there. Other kinds: their first byte was seen. May be NULL. False
	 * with *e filled ends the reading. */
	bool (*on_begin)(void *arg, const struct rdb_record *r, struct err *e);
	/* The record is whole. digest: a key's, zero for modules and others;
	 * valid in the call. Damage may still show behind it: what is told
	 * counts when rdb_is_over(). */
	bool (*on_end)(void *arg, const struct rdb_record *r,
		       const struct digest *digest, struct err *e);
	/* Aux field of the header: "redis-ver", "used-mem", "repl-id", ...
	 * Strings end with NUL. May be NULL. */
	void (*on_aux)(void *arg, const char *name, const char *value);
};

struct rdb_reader;

/* events is copied, arg is handed to each call. NULL: no memory. */
struct rdb_reader *rdb_new(const struct rdb_events *events, void *arg,
			   struct err *e) MUST_CHECK;

/*
 * The next bytes, as many as there are; cut anywhere. Takes 0.7 to 0.9 ns a
 * byte of keys of 100 to 400 bytes, and a quarter of a ns for each byte that is
 * unpacked; a caller on the loop gives at most 1 MiB at once. False with *e
 * filled, "damaged_stream": the bytes are no RDB file, the sentence says what
 * is wrong at which offset; or what an event refused with. It stays failed.
 *
 * A type or opcode that it does not know, or a piece that is too long to be
 * gathered: from there on only the checksum can be followed, the rest is opaque
 * (rdb_is_opaque()); nothing more is told, the record at hand has no end, and
 * rdb_is_over() stays false: the caller needs another end mark, and then asks
 * rdb_ends_well().
 */
bool rdb_feed(struct rdb_reader *r, const void *bytes, size_t len,
	      struct err *e) MUST_CHECK;

/* Within on_begin of a key: of its value the lengths alone are looked at, where
 * the form allows, and its digest is zero. For who knows that it is sound. */
void rdb_skim(struct rdb_reader *r);

/* The end mark was read, and the CRC64 behind it was that of the file (or 0:
 * the server does not make one, rdb_has_checksum() false). Bytes after it fail
 * rdb_feed(). */
bool rdb_is_over(const struct rdb_reader *r);
bool rdb_has_checksum(const struct rdb_reader *r);

/* What it does not know, in words ("type 30 at offset 812"); NULL: nothing. */
const char *rdb_is_opaque(const struct rdb_reader *r);

/* After all bytes of an opaque file: whether its last nine bytes are the end
 * mark and the checksum of all before them. Of another: as rdb_is_over(). */
bool rdb_ends_well(const struct rdb_reader *r);

/* Of the file's header; 0 before it was read. */
unsigned rdb_version(const struct rdb_reader *r);

/* NULL is fine. */
void rdb_free(struct rdb_reader *r);

#endif
