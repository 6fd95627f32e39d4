/* pack_int.h - the single forms: listpack.c, ziplist.c; pack.c has the rest. */
#ifndef COFFER_SOURCES_REDIS_PACK_INT_H
#define COFFER_SOURCES_REDIS_PACK_INT_H

#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/pack.h"

enum { PACK_END = 0xff };

/* How many bytes are left. */
static inline size_t pack_left(const struct rdb_pack *p)
{
	return (size_t)(p->end - p->at);
}

static inline bool item_number(struct rdb_item *item, int64_t number)
{
	item->is_number = true;
	item->number = number;
	item->len = put_digits(item->digits, number);
	item->bytes = (const unsigned char *)item->digits;
	return true;
}

static inline bool item_bytes(struct rdb_item *item, const unsigned char *bytes,
			      size_t len)
{
	item->is_number = false;
	item->bytes = bytes;
	item->len = len;
	return true;
}

/* As rdb_pack_begin() and rdb_pack_next(), of one form. */
bool listpack_begin(struct rdb_pack *p, const unsigned char *bytes, size_t len);
bool listpack_next(struct rdb_pack *p, struct rdb_item *item);
bool ziplist_begin(struct rdb_pack *p, const unsigned char *bytes, size_t len);
bool ziplist_next(struct rdb_pack *p, struct rdb_item *item);

#endif
