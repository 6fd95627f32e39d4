/* lzf.c - unpacks LZF: a whole string, or one that passes. */
#include "sources/redis/rdb/lzf.h"

#include <stdlib.h>
#include <string.h>

enum {
	LITERAL_MAX = 32,
	REPEAT_MIN = 2,
	REPEAT_LONG = 7,
	LONG_FROM = REPEAT_LONG << 5,
	REPEAT_MAX = 264,
	WINDOW = 8192,
	ROOM = 64 * 1024,
	STRIDE = 16,
};

#define LIKELY(what) __builtin_expect((what), 1)

/* n bytes that begin distance bytes before to; they may reach into what they
 * make: then the distance is a period, and doubles with each copy. */
static void repeat(unsigned char *to, size_t distance, size_t n)
{
	const unsigned char *from = to - distance;

	while (n > distance) {
		memcpy(to, from, distance);
		to += distance;
		n -= distance;
		distance *= 2;
	}
	memcpy(to, from, n);
}

/*
 * Most literals and repeats are a few bytes, and a copy of fixed length takes
 * less than to look how long it is. So it may go on behind what is wanted:
 * within what is there, or in the room that plain has for it.
 */
bool lzf_unpack(const struct lzf_packed *packed, unsigned char *plain,
		size_t plain_len)
{
	const unsigned char *p = packed->bytes, *end = p + packed->len;
	const unsigned char *there = p + packed->there;
	unsigned char *to = plain, *to_end = plain + plain_len;

	while (p < end && to < to_end) {
		size_t control = *p++, n = control + 1, distance;

		if (control < LITERAL_MAX) {
			if (LIKELY(there - p >= LITERAL_MAX))
				memcpy(to, p, LITERAL_MAX);
			else if ((size_t)(end - p) >= n)
				memcpy(to, p, n);
			else
				return false;
			p += n;
			to += n;
			continue;
		}
		if (end - p < 2 && (p == end || control >= LONG_FROM))
			return false;
		n = (control >> 5) + REPEAT_MIN;
		if (control >= LONG_FROM)
			n += *p++;
		distance = ((control & 31) << 8 | *p++) + 1;
		if (distance > (size_t)(to - plain))
			return false;
		/* What is wanted lies before to, what is copied behind it need
		 * not. */
		if (LIKELY(n <= STRIDE && n <= distance))
			memmove(to, to - distance, STRIDE);
		else
			repeat(to, distance, n);
		to += n;
	}
	return p == end && to == to_end;
}

enum lzf_state {
	LZF_CONTROL,
	LZF_LITERAL, /* n bytes are to come as they are */
	LZF_LONG,    /* a byte that is added to n */
	LZF_BACK,    /* the lower byte of the distance */
};

/* What was unpacked lies in bytes[]: up to hashed it went on, the last WINDOW
 * bytes of it stay for repeats. */
struct rdb_lzf {
	enum lzf_state state;
	size_t n, distance;
	uint64_t left; /* of the plain bytes */
	size_t used, hashed;
	unsigned char bytes[WINDOW + ROOM];
};

struct rdb_lzf *rdb_lzf_new(void)
{
	struct rdb_lzf *l = malloc(sizeof(*l));

	if (l)
		rdb_lzf_begin(l, 0);
	return l;
}

void rdb_lzf_begin(struct rdb_lzf *l, uint64_t plain_len)
{
	l->state = LZF_CONTROL;
	l->n = l->distance = 0;
	l->left = plain_len;
	l->used = l->hashed = 0;
}

static void pass_on(struct rdb_lzf *l, struct digest_row *to)
{
	digest_row_bytes(to, l->bytes + l->hashed, l->used - l->hashed);
	if (l->used > WINDOW) {
		memmove(l->bytes, l->bytes + l->used - WINDOW, WINDOW);
		l->used = WINDOW;
	}
	l->hashed = l->used;
}

static void control(struct rdb_lzf *l, size_t byte)
{
	if (byte < LITERAL_MAX) {
		l->n = byte + 1;
		l->state = LZF_LITERAL;
		return;
	}
	l->n = (byte >> 5) + REPEAT_MIN;
	l->distance = (byte & 31) << 8;
	l->state = byte >> 5 == REPEAT_LONG ? LZF_LONG : LZF_BACK;
}

/* Returns how many bytes were taken; 0: damaged. */
static size_t literal(struct rdb_lzf *l, const unsigned char *p, size_t len)
{
	size_t n = l->n < len ? l->n : len;

	if (n > l->left)
		return 0;
	memcpy(l->bytes + l->used, p, n);
	l->used += n;
	l->left -= n;
	l->n -= n;
	if (l->n == 0)
		l->state = LZF_CONTROL;
	return n;
}

static size_t back(struct rdb_lzf *l, size_t byte)
{
	size_t distance = (l->distance | byte) + 1;

	if (distance > l->used || l->n > l->left)
		return 0;
	repeat(l->bytes + l->used, distance, l->n);
	l->used += l->n;
	l->left -= l->n;
	l->state = LZF_CONTROL;
	return 1;
}

static size_t step(struct rdb_lzf *l, const unsigned char *p, size_t len)
{
	switch (l->state) {
	case LZF_CONTROL:
		control(l, *p);
		return 1;
	case LZF_LITERAL:
		return literal(l, p, len);
	case LZF_LONG:
		l->n += *p;
		l->state = LZF_BACK;
		return 1;
	case LZF_BACK:
		return back(l, *p);
	}
	return 0;
}

bool rdb_lzf_feed(struct rdb_lzf *l, const unsigned char *packed, size_t len,
		  struct digest_row *to)
{
	while (len > 0) {
		size_t n;

		if (sizeof(l->bytes) - l->used < REPEAT_MAX)
			pass_on(l, to);
		n = step(l, packed, len);
		if (n == 0)
			return false;
		packed += n;
		len -= n;
	}
	return true;
}

bool rdb_lzf_end(struct rdb_lzf *l, struct digest_row *to)
{
	pass_on(l, to);
	return l->left == 0 && l->state == LZF_CONTROL;
}

void rdb_lzf_free(struct rdb_lzf *l)
{
	free(l);
}
