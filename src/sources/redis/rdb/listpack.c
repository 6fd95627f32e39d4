/* listpack.c - walks a listpack; pack.h tells what that is. */
#include "sources/redis/rdb/pack_int.h"

enum {
	HEAD_LEN = 6,
	MANY = 0xffff, /* so many or more: they have to be counted */
	STRING_32 = 0xf0,
	INT_16 = 0xf1,
	INT_24 = 0xf2,
	INT_32 = 0xf3,
	INT_64 = 0xf4,
	SIGN_13 = 1 << 12,
	BACK_SHORT = 127, /* one byte tells it, as it is */
};

bool listpack_begin(struct rdb_pack *p, const unsigned char *bytes, size_t len)
{
	unsigned told;

	if (len < HEAD_LEN + 1 || get_le32(bytes) != len ||
	    bytes[len - 1] != PACK_END)
		return false;
	told = get_le16(bytes + 4);
	p->told = told == MANY ? UINT64_MAX : told;
	p->at = bytes + HEAD_LEN;
	p->end = bytes + len - 1;
	return true;
}

/* How many bytes the way back takes behind an entry of so many. */
static size_t back_len(size_t entry)
{
	if (entry <= BACK_SHORT)
		return 1;
	if (entry < 16383)
		return 2;
	if (entry < 2097151)
		return 3;
	return entry < 268435455 ? 4 : 5;
}

/* Goes behind an entry that the way back tells in so many bytes. */
static bool pass_long(struct rdb_pack *p, size_t entry)
{
	size_t n = back_len(entry);
	uint64_t told = 0;

	if (pack_left(p) < entry || pack_left(p) - entry < n)
		return false;
	for (size_t i = 0; i < n; i++)
		told = told << 7 | (p->at[entry + i] & 127U);
	if (told != entry)
		return false;
	p->at += entry + n;
	p->seen++;
	return true;
}

/* Goes behind the entry, whose way back must tell its length. */
static inline bool pass(struct rdb_pack *p, size_t entry)
{
	if (entry > BACK_SHORT)
		return pass_long(p, entry);
	if (pack_left(p) <= entry || p->at[entry] != entry)
		return false;
	p->at += entry + 1;
	p->seen++;
	return true;
}

static bool string(struct rdb_pack *p, struct rdb_item *item, size_t head,
		   size_t len)
{
	(void)item_bytes(item, p->at + head, len);
	return len <= pack_left(p) && pass(p, head + len);
}

static bool number(struct rdb_pack *p, struct rdb_item *item, size_t len,
		   int64_t n)
{
	(void)item_number(item, n);
	return pass(p, len);
}

static bool wide(struct rdb_pack *p, struct rdb_item *item)
{
	const unsigned char *b = p->at + 1;
	size_t left = pack_left(p);

	if (*p->at == STRING_32 && left >= 5)
		return string(p, item, 5, get_le32(b));
	if (*p->at == INT_16 && left >= 3)
		return number(p, item, 3, (int16_t)get_le16(b));
	if (*p->at == INT_24 && left >= 4)
		return number(p, item, 4, get_le24(b));
	if (*p->at == INT_32 && left >= 5)
		return number(p, item, 5, (int32_t)get_le32(b));
	if (*p->at == INT_64 && left >= 9)
		return number(p, item, 9, (int64_t)get_le64(b));
	return false;
}

bool listpack_next(struct rdb_pack *p, struct rdb_item *item)
{
	size_t left = pack_left(p);
	unsigned first, two;

	if (left == 0)
		return false;
	first = *p->at;
	if (first < 0x80)
		return number(p, item, 1, first);
	if (first < 0xc0)
		return string(p, item, 1, first & 0x3f);
	if (first >= 0xf0)
		return wide(p, item);
	if (left < 2)
		return false;
	two = first << 8 | p->at[1];
	if (first >= 0xe0)
		return string(p, item, 2, two & 0xfff);
	two &= 0x1fff;
	return number(p, item, 2,
		      (int64_t)two - (two & SIGN_13 ? 2 * SIGN_13 : 0));
}
