/* values_int.h - how the values of a code lie in the file. */
#ifndef COFFER_SOURCES_REDIS_VALUES_INT_H
#define COFFER_SOURCES_REDIS_VALUES_INT_H

#include "sources/redis/rdb/pack.h"
#include "sources/redis/rdb/reader_int.h"

struct rdb_layout {
	enum rdb_type type;
	rdb_step_fn *step; /* the first; NULL: no such code */
	enum rdb_pack_kind pack;
	unsigned width; /* items of a pack that make a member; of a stream:
			 * the version of its form */
};

/* Of the key at hand. */
const struct rdb_layout *rdb_layout(const struct rdb_reader *r);

/* A field of a hash, as a member: expiry in ms, or RDB_NO_EXPIRY. */
void rdb_add_field(struct rdb_reader *r, const struct rdb_item *field,
		   const struct rdb_item *value, int64_t expiry);

/* A member of a sorted set. */
void rdb_add_scored(struct rdb_reader *r, const unsigned char *member,
		    size_t len, double score);

#endif
