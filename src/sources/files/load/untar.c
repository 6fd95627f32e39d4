/*
 * untar.c - blocks of 512 bytes, one after the other: perhaps pax records, the
 * header, perhaps the map of a sparse file, contents, padding.
 *
 *   header -> (records -> header) -> (map) -> data -> padding -> header
 *   header -> trailer, at a block of zeros, until all is over.
 */
#include "sources/files/load/untar.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/files/load/member.h"

enum untar_state {
	UNTAR_HEADER,  /* a header's block is gathered */
	UNTAR_RECORDS, /* the pax records before one are */
	UNTAR_MAP,     /* a sparse file's map is */
	UNTAR_DATA,    /* contents pass */
	UNTAR_PADDING, /* what fills the last block is skipped */
	UNTAR_TRAILER, /* zeros, to the end */
};

/* What of a sparse file is no hole. */
struct run {
	uint64_t offset, len;
};

struct untar {
	const struct untar_ops *ops;
	void *arg;
	enum untar_state state;
	unsigned char block[TAR_BLOCK];
	size_t nblock;	      /* gathered of it */
	struct text gathered; /* records, or a map */
	size_t wanted;	      /* bytes of records */
	bool has_records;
	struct member member;
	uint64_t left;	  /* of the contents as stored */
	size_t padding;	  /* that follows */
	size_t nlines;	  /* of a map, until now */
	struct run *runs; /* of a sparse file */
	size_t nruns, at; /* the one at hand */
	uint64_t in_run;  /* passed of it */
};

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the archive %s; verify the backup, or restore another "
		       "one",
		       what);
}

struct untar *untar_new(const struct untar_ops *ops, void *arg, struct err *e)
{
	struct untar *u = calloc(1, sizeof(*u));

	if (u == NULL) {
		(void)err_nomem(e, "an archive");
		return NULL;
	}
	u->ops = ops;
	u->arg = arg;
	return u;
}

static size_t padding_of(uint64_t bytes)
{
	return (size_t)((TAR_BLOCK - bytes % TAR_BLOCK) % TAR_BLOCK);
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static bool end_member(struct untar *u, struct err *e)
{
	bool ok = u->ops->end(u->arg, e);

	member_fini(&u->member);
	free(u->runs);
	u->runs = NULL;
	u->nruns = 0;
	u->state = u->padding > 0 ? UNTAR_PADDING : UNTAR_HEADER;
	return ok;
}

static bool begin_data(struct untar *u, struct err *e)
{
	if (!u->ops->begin(u->arg, &u->member, e))
		return false;
	u->at = 0;
	u->in_run = 0;
	u->state = UNTAR_DATA;
	return u->left > 0 || end_member(u, e);
}

static bool begin_member(struct untar *u, struct err *e)
{
	bool ok = member_parse(&u->member, u->block,
			       u->has_records ? u->gathered.data : NULL,
			       u->has_records ? u->gathered.len : 0, e);

	u->has_records = false;
	text_free(&u->gathered);
	if (!ok)
		return false;
	u->left = u->member.stored;
	u->padding = padding_of(u->left);
	if (!u->member.is_sparse)
		return begin_data(u, e);
	u->state = UNTAR_MAP;
	return u->left > 0 || damaged(e, "has a sparse file without a map");
}

static bool begin_records(struct untar *u, struct err *e)
{
	uint64_t bytes;

	if (u->has_records || !tar_block_size(u->block, &bytes))
		return damaged(e, "has extended headers without a member");
	if (bytes > UNTAR_HEADERS_MAX)
		return damaged(e, "has headers that are longer than 16 MiB");
	u->has_records = true;
	u->wanted = (size_t)bytes;
	u->padding = padding_of(bytes);
	u->state = u->wanted > 0 ? UNTAR_RECORDS : UNTAR_HEADER;
	return true;
}

static bool take_block(struct untar *u, struct err *e)
{
	if (is_zero(u->block, TAR_BLOCK)) {
		u->state = UNTAR_TRAILER;
		return !u->has_records ||
		       damaged(e, "has extended headers without a member");
	}
	if (!tar_block_is_header(u->block))
		return damaged(e, "has no header where one has to be");
	return tar_block_type(u->block) == 'x' ? begin_records(u, e)
					       : begin_member(u, e);
}

/* Each of these takes some of the bytes, and says how many. */

static bool push_header(struct untar *u, const unsigned char *bytes,
			size_t *len, struct err *e)
{
	if (*len > TAR_BLOCK - u->nblock)
		*len = TAR_BLOCK - u->nblock;
	memcpy(u->block + u->nblock, bytes, *len);
	u->nblock += *len;
	if (u->nblock < TAR_BLOCK)
		return true;
	u->nblock = 0;
	return take_block(u, e);
}

static bool push_records(struct untar *u, const unsigned char *bytes,
			 size_t *len, struct err *e)
{
	if (*len > u->wanted - u->gathered.len)
		*len = u->wanted - u->gathered.len;
	text_add(&u->gathered, bytes, *len);
	if (u->gathered.is_broken)
		return err_nomem(e, "headers of an archive");
	if (u->gathered.len == u->wanted)
		u->state = u->padding > 0 ? UNTAR_PADDING : UNTAR_HEADER;
	return true;
}

/* A line of the map, which has one more: a number. *at goes behind it. */
static bool map_number(const struct text *t, size_t *at, uint64_t *n,
		       struct err *e)
{
	size_t i = *at;

	*n = 0;
	for (; t->data[i] >= '0' && t->data[i] <= '9'; i++) {
		if (*n > (uint64_t)INT64_MAX / 10 - 1)
			return damaged(e, "has a map that is none");
		*n = *n * 10 + (uint64_t)(t->data[i] - '0');
	}
	if (t->data[i] != '\n' || i == *at)
		return damaged(e, "has a map that is none");
	*at = i + 1;
	return true;
}

/* Runs rise, do not touch what is behind the file, and are as long together as
 * what is stored. */
static bool check_runs(const struct untar *u, struct err *e)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < u->nruns; i++) {
		const struct run *r = &u->runs[i];

		if (r->offset < end || r->offset > u->member.size ||
		    r->len > u->member.size - r->offset)
			return damaged(e, "has a map of a sparse file that "
					  "does not fit it");
		end = r->offset + r->len;
		sum += r->len;
	}
	return sum == u->left ||
	       damaged(e, "has a map of a sparse file that does not fit it");
}

/* Its first line, which says how many runs there are; then it is known how many
 * lines it has. */
static bool begin_map(struct untar *u, struct err *e)
{
	size_t at = 0;
	uint64_t n;

	if (!map_number(&u->gathered, &at, &n, e))
		return false;
	if (n > UNTAR_HEADERS_MAX / 4)
		return damaged(e, "has a map that is longer than 16 MiB");
	u->runs = calloc((size_t)n + 1, sizeof(*u->runs));
	if (u->runs == NULL)
		return err_nomem(e, "a sparse file's map");
	u->nruns = (size_t)n;
	return true;
}

static bool read_map(struct untar *u, struct err *e)
{
	size_t at = 0;
	uint64_t value;

	if (!map_number(&u->gathered, &at, &value, e))
		return false;
	for (size_t i = 0; i < 2 * u->nruns; i++) {
		if (!map_number(&u->gathered, &at, &value, e))
			return false;
		*(i % 2 ? &u->runs[i / 2].len : &u->runs[i / 2].offset) = value;
	}
	text_free(&u->gathered);
	u->nlines = 0;
	return check_runs(u, e) && begin_data(u, e);
}

/* A map fills whole blocks. */
static bool push_map(struct untar *u, const unsigned char *bytes, size_t *len,
		     struct err *e)
{
	size_t to_block = TAR_BLOCK - u->gathered.len % TAR_BLOCK;

	if (*len > to_block)
		*len = to_block;
	if (*len > u->left)
		*len = (size_t)u->left;
	text_add(&u->gathered, bytes, *len);
	u->left -= *len;
	if (u->gathered.is_broken)
		return err_nomem(e, "a sparse file's map");
	if (u->gathered.len > UNTAR_HEADERS_MAX)
		return damaged(e, "has a map that is longer than 16 MiB");
	for (size_t i = 0; i < *len; i++)
		u->nlines += bytes[i] == '\n';
	if (u->gathered.len % TAR_BLOCK != 0 && u->left > 0)
		return true;
	if (u->runs == NULL && u->nlines > 0 && !begin_map(u, e))
		return false;
	if (u->runs != NULL && u->nlines > 2 * u->nruns)
		return read_map(u, e);
	return u->left > 0 || damaged(e, "has a map that is cut");
}

static bool push_data(struct untar *u, const unsigned char *bytes, size_t *len,
		      struct err *e)
{
	const struct run whole = {0, u->member.size};
	const struct run *r;

	while (u->runs != NULL && u->in_run == u->runs[u->at].len) {
		u->at++;
		u->in_run = 0;
	}
	r = u->runs != NULL ? &u->runs[u->at] : &whole;
	if (*len > r->len - u->in_run)
		*len = (size_t)(r->len - u->in_run);
	if (!u->ops->data(u->arg, r->offset + u->in_run, bytes, *len, e))
		return false;
	u->in_run += *len;
	u->left -= *len;
	return u->left > 0 || end_member(u, e);
}

static bool push_padding(struct untar *u, size_t *len)
{
	if (*len > u->padding)
		*len = u->padding;
	u->padding -= *len;
	if (u->padding == 0)
		u->state = UNTAR_HEADER;
	return true;
}

static bool push_some(struct untar *u, const unsigned char *bytes, size_t *len,
		      struct err *e)
{
	switch (u->state) {
	case UNTAR_HEADER:
		return push_header(u, bytes, len, e);
	case UNTAR_RECORDS:
		return push_records(u, bytes, len, e);
	case UNTAR_MAP:
		return push_map(u, bytes, len, e);
	case UNTAR_DATA:
		return push_data(u, bytes, len, e);
	case UNTAR_PADDING:
		return push_padding(u, len);
	case UNTAR_TRAILER:
		return is_zero(bytes, *len) ||
		       damaged(e, "goes on behind its end");
	}
	return err_bug(e, "an archive's reader is in no state");
}

bool untar_push(struct untar *u, const unsigned char *bytes, size_t len,
		struct err *e)
{
	while (len > 0) {
		size_t some = len;

		if (!push_some(u, bytes, &some, e))
			return false;
		bytes += some;
		len -= some;
	}
	return true;
}

bool untar_finish(const struct untar *u, struct err *e)
{
	return u->state == UNTAR_TRAILER ||
	       (u->state == UNTAR_HEADER && u->nblock == 0 &&
		!u->has_records) ||
	       damaged(e, "ends in the middle of a member");
}

void untar_free(struct untar *u)
{
	if (u == NULL)
		return;
	member_fini(&u->member);
	text_free(&u->gathered);
	free(u->runs);
	free(u);
}
