/* test_redis_rdb_rig.h - RDB files of tests/data/rdb, and what is read. */
#ifndef COFFER_TEST_REDIS_RDB_RIG_H
#define COFFER_TEST_REDIS_RDB_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/rdb.h"

struct bytes {
	unsigned char *p;
	size_t len;
};

/* One record as it was told; name is a copy. */
struct told {
	struct rdb_record record;
	char *name;
	struct digest digest;
};

struct reading {
	struct told *list;
	size_t n, cap, begun;
	char redis_version[32]; /* aux "redis-ver" */
	bool is_over, ends_well, has_checksum;
	char opaque[64]; /* "": it is not */
	unsigned version;
	struct err e;
	struct rdb_reader *reader; /* that skims, or NULL */
};

/* A file of tests/data/rdb; fails the test without it. Free p. */
struct bytes load_file(const char *name);

/* Reads all of it in pieces of so many bytes (0: at once), until it fails. */
void read_all(struct reading *out, const void *p, size_t len, size_t piece);

/* The same, but values of keys are passed over. */
void skim_all(struct reading *out, const void *p, size_t len, size_t piece);

/* Reads it as two pieces. */
void read_split(struct reading *out, const void *p, size_t len, size_t first);

void reading_fini(struct reading *r);

/* Fails the test unless both tell the same. */
void assert_same_reading(const struct reading *a, const struct reading *b);

/* The first key of this name in any database; NULL: none. */
const struct told *find_key(const struct reading *r, const char *name,
			    size_t len);

/* Puts the checksum of all but the last eight bytes there. */
void sign_again(struct bytes *b);

#endif
