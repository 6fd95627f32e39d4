/* values_int.h - how the values of a code lie in the file. */
#ifndef COFFER_SOURCES_REDIS_VALUES_INT_H
#define COFFER_SOURCES_REDIS_VALUES_INT_H

#include "sources/redis/rdb/pack.h"
#include "sources/redis/rdb/strings_int.h"

struct rdb_layout {
	enum rdb_type type;
	rdb_step_fn *step; /* the first; NULL: no such code */
	enum rdb_pack_kind pack;
	unsigned width; /* items of a pack that make a member; of a stream:
			 * the version of its form */
	/* How its bytes lie, for who passes over them (skim.c): once, and for
	 * each of what was counted there. NULL: it is read. */
	const char *before, *each;
};

/* Of the key at hand. */
const struct rdb_layout *rdb_layout(const struct rdb_reader *r);

/* A field of a hash, as a member: expiry in ms, or RDB_NO_EXPIRY. */
void rdb_add_field(struct rdb_reader *r, const struct rdb_item *field,
		   const struct rdb_item *value, int64_t expiry);

/* A member of a sorted set. */
void rdb_add_scored(struct rdb_reader *r, const unsigned char *member,
		    size_t len, double score);

/* A number as a column. */
void rdb_column_u64(struct digest_row *row, uint64_t n);

/* A score as old forms have it: its length, or what it is, and digits. */
enum rdb_step rdb_text_score(struct rdb_reader *r, double *score);

/* A score as eight bytes: equal scores are equal bytes. */
void rdb_score_bytes(double score, unsigned char out[8]);

/* A score as text, "inf", "3.5"; false: none. */
bool rdb_score_parse(const char *text, size_t len, double *score);

#endif
