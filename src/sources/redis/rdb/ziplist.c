/* ziplist.c - walks a ziplist; pack.h tells what that is. */
#include "sources/redis/rdb/pack_int.h"

enum {
	HEAD_LEN = 10,
	MANY = 0xffff,
	LONG_BEFORE = 0xfe, /* four bytes follow */
	STRING_32 = 0x80,
	INT_16 = 0xc0,
	INT_32 = 0xd0,
	INT_64 = 0xe0,
	INT_24 = 0xf0,
	INT_8 = 0xfe,
	SMALL_FIRST = 0xf1, /* 0 */
	SMALL_LAST = 0xfd,  /* 12 */
};

bool ziplist_begin(struct rdb_pack *p, const unsigned char *bytes, size_t len)
{
	unsigned told;

	if (len < HEAD_LEN + 1 || get_le32(bytes) != len ||
	    bytes[len - 1] != PACK_END)
		return false;
	told = get_le16(bytes + 8);
	p->told = told == MANY ? UINT64_MAX : told;
	p->at = bytes + HEAD_LEN;
	p->end = bytes + len - 1;
	return true;
}

/* The length of the entry before, which has to be true. Returns how many
 * bytes tell it; 0: damaged. */
static size_t before_len(const struct rdb_pack *p)
{
	size_t left = pack_left(p);

	if (left == 0)
		return 0;
	if (*p->at < LONG_BEFORE)
		return *p->at == p->before ? 1 : 0;
	if (*p->at != LONG_BEFORE || left < 5)
		return 0;
	return get_le32(p->at + 1) == p->before ? 5 : 0;
}

/* b: behind the length of the one before, left bytes. Return how long form
 * and bytes are; 0: damaged. */
static size_t string(const unsigned char *b, size_t left, struct rdb_item *item)
{
	size_t head = 1, len = *b & 0x3f;

	if (*b >> 6 == 1) {
		head = 2;
		if (left < head)
			return 0;
		len = len << 8 | b[1];
	} else if (*b >> 6 == 2) {
		head = 5;
		if (*b != STRING_32 || left < head)
			return 0;
		len = get_be32(b + 1);
	}
	if (len > left - head)
		return 0;
	(void)item_bytes(item, b + head, len);
	return head + len;
}

static size_t number(const unsigned char *b, size_t left, struct rdb_item *item)
{
	if (*b >= SMALL_FIRST && *b <= SMALL_LAST)
		return item_number(item, *b - SMALL_FIRST) ? 1 : 0;
	if (*b == INT_8 && left >= 2)
		return item_number(item, (int8_t)b[1]) ? 2 : 0;
	if (*b == INT_16 && left >= 3)
		return item_number(item, (int16_t)get_le16(b + 1)) ? 3 : 0;
	if (*b == INT_24 && left >= 4)
		return item_number(item, get_le24(b + 1)) ? 4 : 0;
	if (*b == INT_32 && left >= 5)
		return item_number(item, (int32_t)get_le32(b + 1)) ? 5 : 0;
	if (*b == INT_64 && left >= 9)
		return item_number(item, (int64_t)get_le64(b + 1)) ? 9 : 0;
	return 0;
}

bool ziplist_next(struct rdb_pack *p, struct rdb_item *item)
{
	size_t head = before_len(p), left, n;
	const unsigned char *b = p->at + head;

	if (head == 0 || pack_left(p) == head)
		return false;
	left = pack_left(p) - head;
	n = *b >> 6 == 3 ? number(b, left, item) : string(b, left, item);
	if (n == 0)
		return false;
	p->before = head + n;
	p->at += p->before;
	p->seen++;
	return true;
}
