/*
 * unpack.c - blocks of 512 bytes, one after the other: pax records, the
 * header, contents, padding.
 *
 *   header -> records -> padding -> header -> begin -> data -> padding ->
 *   header; header -> trailer, at a block of zeros, until all is over.
 */
#include "sources/objects/load/unpack.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	BLOCK = 512,
	SIZE_AT = 124,
	SIZE_LEN = 12,
	SUM_AT = 148,
	SUM_LEN = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257,
};

enum unpack_state {
	UNPACK_HEADER,	/* a header's block is gathered */
	UNPACK_RECORDS, /* the pax records before one are */
	UNPACK_BEGIN,	/* a member waits to be taken */
	UNPACK_DATA,	/* contents pass */
	UNPACK_PADDING, /* what fills the last block is skipped */
	UNPACK_TRAILER, /* zeros, to the end */
};

struct unpack {
	const struct unpack_ops *ops;
	void *arg;
	enum unpack_state state;
	unsigned char block[BLOCK];
	size_t nblock;	     /* gathered of it */
	struct text records; /* gathered */
	size_t wanted;	     /* bytes of them */
	bool has_records;
	bool has_size; /* the records tell one */
	uint64_t size;
	uint64_t left;	/* of the contents */
	size_t padding; /* that follows */
};

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the archive %s; verify the backup, or restore another "
		       "one",
		       what);
}

struct unpack *unpack_new(const struct unpack_ops *ops, void *arg,
			  struct err *e)
{
	struct unpack *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)err_nomem(e, "an archive");
		return NULL;
	}
	a->ops = ops;
	a->arg = arg;
	return a;
}

static size_t padding_of(uint64_t bytes)
{
	return (size_t)((BLOCK - bytes % BLOCK) % BLOCK);
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/* Octal digits, with blanks before and a blank or a zero behind them. */
static bool read_octal(const unsigned char *at, size_t len, uint64_t *n)
{
	size_t i = 0;

	*n = 0;
	while (i < len && at[i] == ' ')
		i++;
	for (; i < len && at[i] >= '0' && at[i] <= '7'; i++)
		*n = *n * 8 + (uint64_t)(at[i] - '0');
	return i == len || at[i] == ' ' || at[i] == '\0';
}

static bool is_header(const unsigned char block[BLOCK])
{
	uint64_t told, sum = 0;

	for (int i = 0; i < BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : block[i];
	return memcmp(block + MAGIC_AT, "ustar", 5) == 0 &&
	       read_octal(block + SUM_AT, SUM_LEN, &told) && told == sum;
}

/* --- records */

static bool take_record(struct unpack *a, const struct pax_record *r,
			struct err *e)
{
	if (!pax_record_is(r, "size"))
		return a->ops->record(a->arg, r, e);
	a->has_size = pax_digits(r->value, r->value_len, &a->size) &&
		      a->size <= INT64_MAX;
	return a->has_size || damaged(e, "has a size that is none");
}

static bool take_records(struct unpack *a, struct err *e)
{
	const char *at = a->records.data, *end = at + a->records.len;
	struct pax_record r;

	while (at < end) {
		if (!pax_record_cut(&at, end, &r))
			return damaged(e, "has extended headers that are none");
		if (!take_record(a, &r, e))
			return false;
	}
	text_reset(&a->records);
	a->state = a->padding > 0 ? UNPACK_PADDING : UNPACK_HEADER;
	return true;
}

static bool begin_records(struct unpack *a, struct err *e)
{
	uint64_t bytes;

	if (a->has_records || !read_octal(a->block + SIZE_AT, SIZE_LEN, &bytes))
		return damaged(e, "has extended headers without a member");
	if (bytes > UNPACK_RECORDS_MAX)
		return damaged(e, "has headers that are longer than 1 MiB");
	a->has_records = true;
	a->wanted = (size_t)bytes;
	a->padding = padding_of(bytes);
	a->state = a->wanted > 0 ? UNPACK_RECORDS : UNPACK_HEADER;
	return true;
}

/* --- members */

static bool begin_member(struct unpack *a, struct err *e)
{
	if (a->block[TYPE_AT] != '0')
		return damaged(e, "has a member that is no object");
	if (!a->has_size && !read_octal(a->block + SIZE_AT, SIZE_LEN, &a->size))
		return damaged(e, "has a size that is none");
	a->has_records = a->has_size = false;
	a->state = UNPACK_BEGIN;
	return true;
}

static bool end_member(struct unpack *a, struct err *e)
{
	a->state = a->padding > 0 ? UNPACK_PADDING : UNPACK_HEADER;
	return a->ops->end(a->arg, e);
}

static enum unpack_flow offer_member(struct unpack *a, struct err *e)
{
	enum unpack_flow f = a->ops->begin(a->arg, a->size, e);

	if (f != UNPACK_ON)
		return f;
	a->left = a->size;
	a->padding = padding_of(a->left);
	a->state = UNPACK_DATA;
	return a->left > 0 || end_member(a, e) ? UNPACK_ON : UNPACK_FAIL;
}

static bool take_block(struct unpack *a, struct err *e)
{
	if (is_zero(a->block, BLOCK)) {
		a->state = UNPACK_TRAILER;
		return !a->has_records ||
		       damaged(e, "has extended headers without a member");
	}
	if (!is_header(a->block))
		return damaged(e, "has no header where one has to be");
	return a->block[TYPE_AT] == 'x' ? begin_records(a, e)
					: begin_member(a, e);
}

/* Each of these takes some of the bytes, and says how many. */

static bool push_header(struct unpack *a, const unsigned char *bytes,
			size_t *len, struct err *e)
{
	if (*len > BLOCK - a->nblock)
		*len = BLOCK - a->nblock;
	memcpy(a->block + a->nblock, bytes, *len);
	a->nblock += *len;
	if (a->nblock < BLOCK)
		return true;
	a->nblock = 0;
	return take_block(a, e);
}

static bool push_records(struct unpack *a, const unsigned char *bytes,
			 size_t *len, struct err *e)
{
	if (*len > a->wanted - a->records.len)
		*len = a->wanted - a->records.len;
	text_add(&a->records, bytes, *len);
	if (a->records.is_broken)
		return err_nomem(e, "headers of an archive");
	return a->records.len < a->wanted || take_records(a, e);
}

static bool push_data(struct unpack *a, const unsigned char *bytes, size_t *len,
		      struct err *e)
{
	if (*len > a->left)
		*len = (size_t)a->left;
	if (!a->ops->data(a->arg, bytes, len, e))
		return false;
	a->left -= *len;
	return a->left > 0 || end_member(a, e);
}

static bool push_padding(struct unpack *a, size_t *len)
{
	if (*len > a->padding)
		*len = a->padding;
	a->padding -= *len;
	if (a->padding == 0)
		a->state = UNPACK_HEADER;
	return true;
}

static bool push_some(struct unpack *a, const unsigned char *bytes, size_t *len,
		      struct err *e)
{
	switch (a->state) {
	case UNPACK_HEADER:
		return push_header(a, bytes, len, e);
	case UNPACK_RECORDS:
		return push_records(a, bytes, len, e);
	case UNPACK_DATA:
		return push_data(a, bytes, len, e);
	case UNPACK_PADDING:
		return push_padding(a, len);
	case UNPACK_TRAILER:
		return is_zero(bytes, *len) ||
		       damaged(e, "goes on behind its end");
	case UNPACK_BEGIN:
		break;
	}
	return err_bug(e, "an archive's reader is in no state");
}

enum unpack_flow unpack_push(struct unpack *a, const unsigned char *bytes,
			     size_t len, size_t *used, struct err *e)
{
	*used = 0;
	for (;;) {
		size_t some = len - *used;
		enum unpack_flow f;

		if (a->state == UNPACK_BEGIN) {
			f = offer_member(a, e);
			if (f != UNPACK_ON)
				return f;
			continue;
		}
		if (some == 0)
			return UNPACK_ON;
		if (!push_some(a, bytes + *used, &some, e))
			return UNPACK_FAIL;
		if (some == 0)
			return UNPACK_WAIT;
		*used += some;
	}
}

bool unpack_finish(const struct unpack *a, struct err *e)
{
	return a->state == UNPACK_TRAILER ||
	       (a->state == UNPACK_HEADER && a->nblock == 0 &&
		!a->has_records) ||
	       damaged(e, "ends in the middle of a member");
}

void unpack_free(struct unpack *a)
{
	if (a == NULL)
		return;
	text_free(&a->records);
	free(a);
}
