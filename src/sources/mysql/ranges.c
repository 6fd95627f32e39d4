/* ranges.c - ranges of an integer key. */
#include "sources/mysql/ranges.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
	STEP = 16, /* a range grows or shrinks so much at a time */
	ROW_BYTES_UNKNOWN = 256,
	ROW_BYTES_LEAST = 16,
};

static const uint64_t sign = UINT64_C(1) << 63;

bool my_key_parse(const char *text, bool is_unsigned, uint64_t *key)
{
	char *end;

	errno = 0;
	*key = is_unsigned ? strtoull(text, &end, 10)
			   : (uint64_t)strtoll(text, &end, 10) ^ sign;
	return errno == 0 && end != text && *end == '\0';
}

void my_key_format(struct text *sql, uint64_t key, bool is_unsigned)
{
	if (is_unsigned)
		text_printf(sql, "%" PRIu64, key);
	else
		text_printf(sql, "%" PRId64, (int64_t)(key ^ sign));
}

bool my_ranges_is_worth(uint64_t rows, uint64_t bytes)
{
	return rows >= MY_RANGE_ROWS_MIN || bytes >= MY_RANGE_DATA_MIN;
}

void my_ranges_init(struct my_ranges *r, uint64_t first, uint64_t last,
		    uint64_t rows, uint64_t bytes)
{
	uint64_t row_bytes = ROW_BYTES_UNKNOWN;

	if (rows > 0 && bytes > 0)
		row_bytes = bytes / rows;
	if (row_bytes < ROW_BYTES_LEAST)
		row_bytes = ROW_BYTES_LEAST;
	r->first = r->next = first;
	r->last = last;
	r->is_over = first > last;
	/* As if no key were left out; where many are, it is soon found. */
	r->width = MY_RANGE_BYTES / row_bytes;
	if (r->width == 0)
		r->width = 1;
}

/* A share of what is left, but not much less than a range is worth. */
static uint64_t next_width(const struct my_ranges *r)
{
	unsigned readers = r->readers > 0 ? r->readers : 1;
	uint64_t share = (r->last - r->next) / (2 * (uint64_t)readers) + 1;
	uint64_t least = r->width / STEP + 1;

	if (share < least)
		share = least;
	return r->width < share ? r->width : share;
}

bool my_ranges_take(struct my_ranges *r, struct my_range *out)
{
	uint64_t width;

	if (r->is_over)
		return false;
	width = next_width(r);
	out->from = r->next;
	out->is_first = r->next == r->first;
	out->is_last = r->last - r->next < width;
	out->to = out->is_last ? r->last : r->next + (width - 1);
	r->is_over = out->is_last;
	if (!r->is_over)
		r->next = out->to + 1;
	return true;
}

static uint64_t times(uint64_t n, uint64_t factor)
{
	return n > UINT64_MAX / factor ? UINT64_MAX : n * factor;
}

void my_ranges_learn(struct my_ranges *r, const struct my_range *done,
		     uint64_t bytes)
{
	double span = (double)(done->to - done->from) + 1;
	uint64_t most = times(r->width, STEP), least = r->width / STEP;
	double want;

	if (least == 0)
		least = 1;
	if (bytes == 0) {
		r->width = most;
		return;
	}
	want = span * (double)MY_RANGE_BYTES / (double)bytes;
	if (want >= (double)most)
		r->width = most;
	else if (want <= (double)least)
		r->width = least;
	else
		r->width = (uint64_t)want;
}

void my_ranges_jump(struct my_ranges *r, uint64_t key)
{
	if (!r->is_over && key > r->next)
		r->next = key;
	r->is_over = r->is_over || r->next > r->last;
}
