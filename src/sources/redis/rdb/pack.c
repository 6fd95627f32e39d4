/* pack.c - walks what pack.h tells of: zipmaps and intsets here. */
#include "sources/redis/rdb/pack_int.h"

enum {
	INTSET_HEAD = 8,
	ZIPMAP_LONG = 254, /* four bytes of length follow */
	ZIPMAP_MANY = 254,
};

static bool intset_begin(struct rdb_pack *p, const unsigned char *bytes,
			 size_t len)
{
	uint32_t width;

	if (len < INTSET_HEAD)
		return false;
	width = get_le32(bytes);
	p->told = get_le32(bytes + 4);
	p->at = bytes + INTSET_HEAD;
	p->end = bytes + len;
	p->width = width;
	return (width == 2 || width == 4 || width == 8) &&
	       p->told * width == pack_left(p);
}

static bool intset_next(struct rdb_pack *p, struct rdb_item *item)
{
	const unsigned char *b = p->at;

	if (pack_left(p) < p->width)
		return false;
	p->at += p->width;
	p->seen++;
	if (p->width == 2)
		return item_number(item, (int16_t)get_le16(b));
	if (p->width == 4)
		return item_number(item, (int32_t)get_le32(b));
	return item_number(item, (int64_t)get_le64(b));
}

static bool zipmap_begin(struct rdb_pack *p, const unsigned char *bytes,
			 size_t len)
{
	if (len < 2 || bytes[len - 1] != PACK_END)
		return false;
	/* Pairs are told, items are seen. */
	p->told = *bytes < ZIPMAP_MANY ? 2 * (uint64_t)*bytes : UINT64_MAX;
	p->at = bytes + 1;
	p->end = bytes + len - 1;
	return true;
}

static bool zipmap_next(struct rdb_pack *p, struct rdb_item *item)
{
	size_t head = 1, len, unused = 0;
	bool is_value = p->seen % 2 == 1;

	if (pack_left(p) == 0)
		return false;
	len = *p->at;
	if (len == ZIPMAP_LONG) {
		head = 5;
		if (pack_left(p) < head)
			return false;
		len = get_le32(p->at + 1);
	} else if (len == PACK_END) {
		return false;
	}
	if (is_value) {
		if (pack_left(p) <= head)
			return false;
		unused = p->at[head++];
	}
	if (len > pack_left(p) - head || unused > pack_left(p) - head - len)
		return false;
	(void)item_bytes(item, p->at + head, len);
	p->at += head + len + unused;
	p->seen++;
	return true;
}

bool rdb_pack_begin(struct rdb_pack *p, enum rdb_pack_kind kind,
		    const unsigned char *bytes, size_t len)
{
	*p = (struct rdb_pack){.kind = kind};
	switch (kind) {
	case PACK_LISTPACK:
		return listpack_begin(p, bytes, len);
	case PACK_ZIPLIST:
		return ziplist_begin(p, bytes, len);
	case PACK_ZIPMAP:
		return zipmap_begin(p, bytes, len);
	case PACK_INTSET:
		return intset_begin(p, bytes, len);
	}
	return false;
}

bool rdb_pack_next(struct rdb_pack *p, struct rdb_item *item)
{
	switch (p->kind) {
	case PACK_LISTPACK:
		return listpack_next(p, item);
	case PACK_ZIPLIST:
		return ziplist_next(p, item);
	case PACK_ZIPMAP:
		return zipmap_next(p, item);
	case PACK_INTSET:
		return intset_next(p, item);
	}
	return false;
}

bool rdb_pack_is_whole(const struct rdb_pack *p)
{
	return p->at == p->end && (p->told == UINT64_MAX || p->told == p->seen);
}
