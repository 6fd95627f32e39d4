/*
 * pack.h - the forms in which small collections lie in one piece of memory,
 * and so in one string of the file: listpack, ziplist, zipmap, intset.
 *
 * listpack: total length (4 bytes), how many (2), entries, 0xff. An entry:
 * form and length, or a number; its bytes; and the length of both once more,
 * for the way back. Told by listpack.c of Redis and Valkey.
 * ziplist (before 7.0): total length, offset of the last, how many, entries,
 * 0xff. An entry: the length of the one before, form and length, bytes.
 * zipmap (before 2.6): how many, then length, field, length, free bytes,
 * value, and the free ones; 0xff.
 * intset: width in bytes, how many (4 bytes each), the numbers.
 */
#ifndef COFFER_SOURCES_REDIS_PACK_H
#define COFFER_SOURCES_REDIS_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum rdb_pack_kind {
	PACK_LISTPACK,
	PACK_ZIPLIST,
	PACK_ZIPMAP,
	PACK_INTSET,
};

/* One item; of a number bytes are its digits, which lie in the item. */
struct rdb_item {
	const unsigned char *bytes;
	size_t len;
	bool is_number;
	int64_t number;
	char digits[24];
};

/* A walk; may be copied to walk on from the same place twice. */
struct rdb_pack {
	enum rdb_pack_kind kind;
	const unsigned char *at, *end; /* end: of the items */
	uint64_t told, seen;	       /* how many items; told: or UINT64_MAX */
	size_t before;		       /* the length of the one before */
	unsigned width;
};

/* bytes are borrowed for the walk. False: the frame of it is damaged. */
bool rdb_pack_begin(struct rdb_pack *p, enum rdb_pack_kind kind,
		    const unsigned char *bytes, size_t len) MUST_CHECK;

/* The next item. False: the walk is over, or the next one is damaged and the
 * walk stays before it, never whole. */
bool rdb_pack_next(struct rdb_pack *p, struct rdb_item *item) MUST_CHECK;

/* All items were seen, and nothing is left over. */
bool rdb_pack_is_whole(const struct rdb_pack *p);

#endif
