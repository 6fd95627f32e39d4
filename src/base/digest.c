/*
 * Millions of rows pass here: a row that fits is gathered on the stack and
 * hashed in one call, which costs a fraction of a streaming state.
 */
#include "base/digest.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
	GATHER_MAX = 4096,
	PIECES_MAX = 1024,
	BATCH_BYTES = 4096,
	BATCH_ROWS = 64,
	MARK_LEN = 9,
	WORD_HEX = 16,
};

/* Gathered in bytes[]; when they are full they go into the state. */
struct digest_row {
	XXH3_state_t *state;
	bool is_long;
	size_t used;
	unsigned char bytes[PIECES_MAX];
};

/* What goes before a value: not NULL, and its length in little-endian. */
static void put_mark(unsigned char *p, uint64_t len)
{
	p[0] = 1;
	len = htole64(len);
	memcpy(p + 1, &len, sizeof(len));
}

static void add_hash(struct digest *d, XXH128_hash_t hash)
{
	struct digest one = {.low = hash.low64, .high = hash.high64};

	digest_add(d, &one);
}

/*
 * Puts the row's canonical form into buf. Returns its length, or -1 when the
 * row is too long.
 */
static long gather(unsigned char buf[GATHER_MAX], const char *const *values,
		   const unsigned long *lengths, unsigned ncolumns)
{
	size_t used = 0;

	for (unsigned i = 0; i < ncolumns; i++) {
		if (GATHER_MAX - used < MARK_LEN)
			return -1;
		if (!values[i]) {
			buf[used++] = 0;
			continue;
		}
		put_mark(buf + used, lengths[i]);
		used += MARK_LEN;
		if (GATHER_MAX - used < lengths[i])
			return -1;
		memcpy(buf + used, values[i], lengths[i]);
		used += lengths[i];
	}
	return (long)used;
}

static void add_long_row(struct digest *d, const char *const *values,
			 const unsigned long *lengths, unsigned ncolumns)
{
	static const unsigned char null_mark = 0;
	unsigned char mark[MARK_LEN];
	XXH3_state_t state;

	XXH3_INITSTATE(&state);
	XXH3_128bits_reset(&state);
	for (unsigned i = 0; i < ncolumns; i++) {
		if (!values[i]) {
			XXH3_128bits_update(&state, &null_mark, 1);
			continue;
		}
		put_mark(mark, lengths[i]);
		XXH3_128bits_update(&state, mark, sizeof(mark));
		XXH3_128bits_update(&state, values[i], lengths[i]);
	}
	add_hash(d, XXH3_128bits_digest(&state));
}

void digest_add_row(struct digest *d, const char *const *values,
		    const unsigned long *lengths, unsigned ncolumns)
{
	unsigned char buf[GATHER_MAX];
	long len = gather(buf, values, lengths, ncolumns);

	if (len >= 0)
		add_hash(d, XXH3_128bits(buf, (size_t)len));
	else
		add_long_row(d, values, lengths, ncolumns);
}

struct digest_row *digest_row_new(void)
{
	struct digest_row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	row->state = XXH3_createState();
	if (!row->state) {
		free(row);
		return NULL;
	}
	XXH3_INITSTATE(row->state);
	return row;
}

void digest_row_begin(struct digest_row *row)
{
	row->is_long = false;
	row->used = 0;
}

/* Makes room in bytes[]. */
static void flush_row(struct digest_row *row)
{
	if (!row->is_long)
		XXH3_128bits_reset(row->state);
	row->is_long = true;
	XXH3_128bits_update(row->state, row->bytes, row->used);
	row->used = 0;
}

void digest_row_bytes(struct digest_row *row, const void *bytes, size_t len)
{
	if (sizeof(row->bytes) - row->used < len)
		flush_row(row);
	if (sizeof(row->bytes) - row->used < len) {
		XXH3_128bits_update(row->state, bytes, len);
		return;
	}
	memcpy(row->bytes + row->used, bytes, len);
	row->used += len;
}

void digest_row_open(struct digest_row *row, uint64_t len)
{
	if (sizeof(row->bytes) - row->used < MARK_LEN)
		flush_row(row);
	put_mark(row->bytes + row->used, len);
	row->used += MARK_LEN;
}

void digest_row_value(struct digest_row *row, const void *bytes, size_t len)
{
	digest_row_open(row, len);
	if (len > 0)
		digest_row_bytes(row, bytes, len);
}

void digest_row_null(struct digest_row *row)
{
	static const unsigned char null_mark = 0;

	digest_row_bytes(row, &null_mark, 1);
}

void digest_row_end(struct digest_row *row, struct digest *d)
{
	if (row->is_long) {
		flush_row(row);
		add_hash(d, XXH3_128bits_digest(row->state));
	} else {
		add_hash(d, XXH3_128bits(row->bytes, row->used));
	}
	digest_row_begin(row);
}

void digest_row_free(struct digest_row *row)
{
	if (!row)
		return;
	XXH3_freeState(row->state);
	free(row);
}

/* The last row ends at used, the others where the next begins. */
struct digest_batch {
	struct digest sum;
	unsigned n;
	size_t used;
	size_t begins[BATCH_ROWS];
	unsigned char bytes[BATCH_BYTES];
};

struct digest_batch *digest_batch_new(void)
{
	return calloc(1, sizeof(struct digest_batch));
}

void digest_batch_begin(struct digest_batch *b)
{
	b->sum = (struct digest){0};
	b->n = 0;
	b->used = 0;
}

/* By then what was stored has settled: a row that is read as soon as it was
 * put together waits for each of its pieces. */
static void hash_batch(struct digest_batch *b)
{
	size_t end = b->used;

	while (b->n > 0) {
		size_t begin = b->begins[--b->n];

		add_hash(&b->sum, XXH3_128bits(b->bytes + begin, end - begin));
		end = begin;
	}
	b->used = 0;
}

/* The same as memcpy(), which would be called: most are few. */
static inline void put_bytes(unsigned char *to, const char *from, size_t n)
{
	if (n > 32) {
		memcpy(to, from, n);
	} else if (n >= 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else {
		for (size_t i = 0; i < n; i++)
			to[i] = (unsigned char)from[i];
	}
}

/* How long the row is, or more than fits. */
static size_t row_len(const char *const *values, const unsigned long *lengths,
		      unsigned ncolumns)
{
	size_t len = 0;

	for (unsigned i = 0; i < ncolumns; i++) {
		len += values[i] ? MARK_LEN + lengths[i] : 1;
		if (len > BATCH_BYTES ||
		    (values[i] && lengths[i] > BATCH_BYTES))
			return SIZE_MAX;
	}
	return len;
}

void digest_batch_row(struct digest_batch *b, const char *const *values,
		      const unsigned long *lengths, unsigned ncolumns)
{
	size_t len = row_len(values, lengths, ncolumns);
	unsigned char *to;

	if (len > BATCH_BYTES) {
		add_long_row(&b->sum, values, lengths, ncolumns);
		return;
	}
	if (b->n == BATCH_ROWS || BATCH_BYTES - b->used < len)
		hash_batch(b);
	to = b->bytes + b->used;
	b->begins[b->n++] = b->used;
	b->used += len;
	for (unsigned i = 0; i < ncolumns; i++) {
		if (!values[i]) {
			*to++ = 0;
			continue;
		}
		put_mark(to, lengths[i]);
		put_bytes(to + MARK_LEN, values[i], lengths[i]);
		to += MARK_LEN + lengths[i];
	}
}

void digest_batch_end(struct digest_batch *b, struct digest *d)
{
	hash_batch(b);
	digest_add(d, &b->sum);
	digest_batch_begin(b);
}

void digest_batch_free(struct digest_batch *b)
{
	free(b);
}

void digest_add(struct digest *d, const struct digest *other)
{
	uint64_t low = d->low + other->low;
	uint64_t carry = low < other->low;

	d->high += other->high + carry;
	d->low = low;
}

void digest_subtract(struct digest *d, const struct digest *other)
{
	uint64_t borrow = d->low < other->low;

	d->low -= other->low;
	d->high -= other->high + borrow;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return a->low == b->low && a->high == b->high;
}

char *digest_format(const struct digest *d, char out[DIGEST_HEX_MAX])
{
	(void)snprintf(out, DIGEST_HEX_MAX, "%016" PRIx64 "%016" PRIx64,
		       d->high, d->low);
	return out;
}

/* Sixteen digits as digest_format() writes them: lower case only. */
static bool parse_word(const char *hex, uint64_t *word)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < WORD_HEX; i++) {
		char c = hex[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*word = n;
	return true;
}

bool digest_parse(const char *hex, struct digest *d)
{
	struct digest parsed;

	if (!parse_word(hex, &parsed.high) ||
	    !parse_word(hex + WORD_HEX, &parsed.low) ||
	    hex[WORD_HEX + WORD_HEX] != '\0')
		return false;
	*d = parsed;
	return true;
}
