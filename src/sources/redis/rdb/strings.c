/*
 * strings.c - lengths and strings. The two upper bits of the first byte tell:
 * 6 bits, 14 bits, 32 or 64 bits that follow, or a string in another form: a
 * number of 8, 16 or 32 bits, or packed by LZF.
 */
#include <stdio.h>

#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/strings_int.h"

enum {
	LENGTH_32 = 0x80,
	LENGTH_64 = 0x81,
	FORM_INT8 = 0,
	FORM_INT16 = 1,
	FORM_INT32 = 2,
	FORM_LZF = 3,
	WAITED_FOR = 4096, /* a string that is longer passes */
};

/* What a string's first bytes tell. */
struct head {
	bool is_packed, is_number;
	uint64_t stored, len; /* in the file; unpacked */
	int32_t number;
};

const unsigned char *rdb_take(struct rdb_reader *r, size_t n)
{
	struct rdb_input *in = &r->in;
	const unsigned char *p = in->at;

	if ((size_t)(in->end - p) < n) {
		in->want = (size_t)(p - in->start) + n;
		return NULL;
	}
	in->at += n;
	return p;
}

/* The rest of a length of which the first byte was taken. */
static enum rdb_step length_rest(struct rdb_reader *r, unsigned char first,
				 uint64_t *n)
{
	const unsigned char *p;

	if (first >> 6 == 0) {
		*n = first & 63;
		return RDB_DONE;
	}
	if (first >> 6 == 1) {
		p = rdb_take(r, 1);
		if (!p)
			return RDB_WAIT;
		*n = (uint64_t)(first & 63) << 8 | *p;
		return RDB_DONE;
	}
	if (first != LENGTH_32 && first != LENGTH_64)
		return rdb_damaged(r, "0x%02x begins no length", first);
	p = rdb_take(r, first == LENGTH_32 ? 4 : 8);
	if (!p)
		return RDB_WAIT;
	*n = first == LENGTH_32 ? get_be32(p) : get_be64(p);
	return RDB_DONE;
}

enum rdb_step rdb_length(struct rdb_reader *r, uint64_t *n)
{
	const unsigned char *p = rdb_take(r, 1);

	return p ? length_rest(r, *p, n) : RDB_WAIT;
}

static enum rdb_step number_head(struct rdb_reader *r, unsigned form,
				 struct head *h)
{
	const unsigned char *p = rdb_take(r, (size_t)1 << form);

	if (!p)
		return RDB_WAIT;
	h->is_number = true;
	if (form == FORM_INT8)
		h->number = *p < 128 ? *p : *p - 256;
	else if (form == FORM_INT16)
		h->number = (int16_t)get_le16(p);
	else
		h->number = (int32_t)get_le32(p);
	return RDB_DONE;
}

static enum rdb_step packed_head(struct rdb_reader *r, struct head *h)
{
	enum rdb_step step = rdb_length(r, &h->stored);

	if (step == RDB_DONE)
		step = rdb_length(r, &h->len);
	if (step != RDB_DONE)
		return step;
	h->is_packed = true;
	if (h->stored == 0 || h->len == 0 || h->len / LZF_RATIO_MAX > h->stored)
		return rdb_damaged(r, "%llu packed bytes cannot become %llu",
				   (unsigned long long)h->stored,
				   (unsigned long long)h->len);
	return RDB_DONE;
}

static enum rdb_step take_head(struct rdb_reader *r, struct head *h)
{
	const unsigned char *p = rdb_take(r, 1);
	enum rdb_step step;

	if (!p)
		return RDB_WAIT;
	h->is_packed = h->is_number = false;
	if (*p >> 6 == 3) {
		unsigned form = *p & 63;

		if (form <= FORM_INT32)
			return number_head(r, form, h);
		if (form == FORM_LZF)
			return packed_head(r, h);
		return rdb_damaged(r, "0x%02x begins no string", *p);
	}
	step = length_rest(r, *p, &h->len);
	h->stored = h->len;
	return step;
}

/* All bytes of the string are there: the blob is made of them. */
static enum rdb_step make_blob(struct rdb_reader *r, const struct head *h,
			       struct rdb_blob *b, unsigned slot)
{
	struct text *plain = &r->plain[slot];
	struct lzf_packed packed;
	const unsigned char *p;

	if (h->is_number) {
		b->len = put_digits(b->digits, h->number);
		b->bytes = (const unsigned char *)b->digits;
		return RDB_DONE;
	}
	p = rdb_take(r, (size_t)h->stored);
	b->bytes = p;
	b->len = (size_t)h->len;
	if (!h->is_packed)
		return RDB_DONE;
	text_reset(plain);
	if (!text_reserve(plain, b->len + LZF_SLACK))
		return rdb_nomem(r);
	packed.bytes = p;
	packed.len = (size_t)h->stored;
	packed.there = (size_t)(r->in.end - p);
	if (!lzf_unpack(&packed, (unsigned char *)plain->data, b->len))
		return rdb_damaged(r, "a string cannot be unpacked");
	b->bytes = (const unsigned char *)plain->data;
	return RDB_DONE;
}

static bool is_there(const struct rdb_reader *r, const struct head *h)
{
	return h->stored <= (uint64_t)(r->in.end - r->in.at);
}

/* May be had as a whole. */
static bool is_short(const struct head *h)
{
	return !h->is_packed || h->len <= RDB_PLAIN_MAX;
}

/* Most strings are short, as they are, and all there: no more to ask. */
static inline bool take_simple(struct rdb_reader *r, struct rdb_blob *b)
{
	struct rdb_input *in = &r->in;
	const unsigned char *p = in->at;
	size_t left = (size_t)(in->end - p), head = 1;

	if (left < 2)
		return false;
	b->len = *p;
	if (*p >> 6 == 1) {
		b->len = (size_t)(*p & 63) << 8 | p[1];
		head = 2;
	}
	if (*p >> 6 > 1 || left - head < b->len)
		return false;
	b->bytes = p + head;
	in->at = p + head + b->len;
	return true;
}

enum rdb_step rdb_blob(struct rdb_reader *r, struct rdb_blob *b, unsigned slot)
{
	struct head h = {0};
	enum rdb_step step;

	if (take_simple(r, b))
		return RDB_DONE;
	step = take_head(r, &h);
	if (step != RDB_DONE || h.is_number)
		return step == RDB_DONE ? make_blob(r, &h, b, slot) : step;
	if (h.stored > RDB_GATHER_MAX || h.len > RDB_GATHER_MAX)
		return rdb_strange(r, "%llu bytes in one piece",
				   (unsigned long long)h.len);
	if (is_there(r, &h))
		return make_blob(r, &h, b, slot);
	(void)rdb_take(r, (size_t)h.stored);
	return RDB_WAIT;
}

enum rdb_step rdb_blob_at_once(struct rdb_reader *r, struct rdb_blob *b,
			       unsigned slot)
{
	struct head h = {0};
	enum rdb_step step;

	if (take_simple(r, b))
		return RDB_DONE;
	step = take_head(r, &h);
	if (step != RDB_DONE)
		return step;
	if (!h.is_number && !(is_there(r, &h) && is_short(&h)))
		return RDB_WAIT;
	return make_blob(r, &h, b, slot);
}

/* It is too long to be waited for. */
static enum rdb_step open_string(struct rdb_reader *r, const struct head *h,
				 struct digest_row *to)
{
	r->passing.left = h->stored;
	r->passing.to = to;
	r->passing.is_packed = h->is_packed && to;
	if (!to)
		return RDB_DONE;
	if (h->is_packed && !r->lzf) {
		r->lzf = rdb_lzf_new();
		if (!r->lzf)
			return rdb_nomem(r);
	}
	if (h->is_packed)
		rdb_lzf_begin(r->lzf, h->len);
	digest_row_open(to, h->len);
	return RDB_DONE;
}

/* It is there as a whole, or will be. */
static enum rdb_step short_string(struct rdb_reader *r, const struct head *h,
				  struct digest_row *to)
{
	struct rdb_blob b;
	enum rdb_step step;

	if (!h->is_number && !is_there(r, h)) {
		(void)rdb_take(r, (size_t)h->stored);
		return RDB_WAIT;
	}
	step = make_blob(r, h, &b, 0);
	if (step == RDB_DONE && to)
		digest_row_value(to, b.bytes, b.len);
	return step;
}

enum rdb_step rdb_string(struct rdb_reader *r, struct digest_row *to)
{
	struct head h = {0};
	struct rdb_blob b;
	enum rdb_step step;

	if (take_simple(r, &b)) {
		if (to)
			digest_row_value(to, b.bytes, b.len);
		return RDB_DONE;
	}
	step = take_head(r, &h);
	if (step != RDB_DONE)
		return step;
	if (!h.is_number &&
	    (!is_short(&h) || (!is_there(r, &h) && h.stored > WAITED_FOR)))
		return open_string(r, &h, to);
	return short_string(r, &h, to);
}

enum rdb_step rdb_skip(struct rdb_reader *r)
{
	struct head h = {0};
	struct rdb_blob b;
	enum rdb_step step;

	if (take_simple(r, &b))
		return RDB_DONE;
	step = take_head(r, &h);
	if (step != RDB_DONE || h.is_number)
		return step;
	if (!is_there(r, &h))
		return open_string(r, &h, NULL);
	(void)rdb_take(r, (size_t)h.stored);
	return RDB_DONE;
}

enum rdb_step rdb_pass(struct rdb_reader *r)
{
	struct rdb_passing *s = &r->passing;
	size_t n = (size_t)(r->in.end - r->in.at);
	const unsigned char *p;

	if (n > s->left)
		n = (size_t)s->left;
	p = rdb_take(r, n > 0 ? n : 1);
	if (!p)
		return RDB_WAIT;
	s->left -= n;
	if (s->is_packed) {
		if (!rdb_lzf_feed(r->lzf, p, n, s->to) ||
		    (s->left == 0 && !rdb_lzf_end(r->lzf, s->to)))
			return rdb_damaged(r, "a string cannot be unpacked");
	} else if (s->to) {
		digest_row_bytes(s->to, p, n);
	}
	return RDB_DONE;
}
