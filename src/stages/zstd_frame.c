/* zstd_frame.c - one frame of a pipeline becomes one zstd frame, and back. */
#include "stages/zstd_int.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>
#include <zstd_errors.h>

#include "pipeline/buffer.h"
#include "pipeline/frame.h"
#include "stages/zstd.h"

/*
 * A frame that is only stored (RFC 8878): magic, a descriptor that announces
 * one segment, a checksum and 8 bytes of content size; then raw blocks, each
 * behind 3 bytes of header; then the low half of XXH64.
 */
enum {
	STORE_HEADER_BYTES = 13,
	STORE_DESCRIPTOR = 0xe4,
	STORE_BLOCK_MAX = 128 * 1024,
	STORE_BLOCK_HEADER = 3,
	STORE_CHECKSUM_BYTES = 4,
};

enum {
	TUNED_LEVEL = 3,
	/* A frame's buffer may be so many times larger than its bytes. */
	LOOSE_FACTOR = 4,
};

static unsigned char *put_le(unsigned char *at, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		*at++ = (unsigned char)(value >> (8 * i));
	return at;
}

static size_t blocks_of(size_t len)
{
	return len == 0 ? 1 : (len + STORE_BLOCK_MAX - 1) / STORE_BLOCK_MAX;
}

static size_t stored_length(size_t len)
{
	return STORE_HEADER_BYTES + blocks_of(len) * STORE_BLOCK_HEADER + len +
	       STORE_CHECKSUM_BYTES;
}

/* The len bytes at data become a frame of stored_length(), in their place: each
 * block moves on by the headers before it, the last one first. */
static size_t store(unsigned char *data, size_t len)
{
	uint64_t sum = XXH64(data, len, 0);
	size_t blocks = blocks_of(len);
	unsigned char *at;

	for (size_t i = blocks; i-- > 0;) {
		size_t from = i * STORE_BLOCK_MAX;
		bool is_last = i == blocks - 1;
		size_t n = is_last ? len - from : STORE_BLOCK_MAX;

		at = data + STORE_HEADER_BYTES + i * STORE_BLOCK_HEADER + from;
		memmove(at + STORE_BLOCK_HEADER, data + from, n);
		(void)put_le(at, (uint64_t)n << 3 | is_last,
			     STORE_BLOCK_HEADER);
	}
	at = put_le(data, ZSTD_MAGICNUMBER, 4);
	at = put_le(at, STORE_DESCRIPTOR, 1);
	(void)put_le(at, len, 8);
	(void)put_le(data + stored_length(len) - STORE_CHECKSUM_BYTES,
		     sum & 0xffffffffU, STORE_CHECKSUM_BYTES);
	return stored_length(len);
}

bool zstd_lacks_memory(size_t n)
{
	return ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation;
}

size_t zstd_bound(size_t len)
{
	size_t packed = ZSTD_compressBound(len);
	size_t stored = stored_length(len);

	return packed > stored ? packed : stored;
}

/*
 * Level 3, the default, for frames of FRAME_BYTES of SQL text. The level's own
 * tables (768 KiB) are made for longer inputs and crowd the core's cache. Half
 * of them, and matches of 6 bytes at least, compress some 40 % faster: rows of
 * digits and keys come out 3 to 7 % smaller, prose 2 % larger.
 */
static const struct tuning {
	ZSTD_cParameter parameter;
	int value;
} for_text[] = {
	{ZSTD_c_strategy, ZSTD_dfast},
	{ZSTD_c_hashLog, 16},
	{ZSTD_c_chainLog, 15},
	{ZSTD_c_minMatch, 6},
};

/*
 * Pages have what repeats far apart (headers, free space, keys): one table and
 * matches of 7 bytes take a quarter to a third less time than the above, for
 * output that is from 1 % smaller to 1 % larger.
 */
static const struct tuning for_pages[] = {
	{ZSTD_c_strategy, ZSTD_fast},
	{ZSTD_c_hashLog, 16},
	{ZSTD_c_chainLog, 15},
	{ZSTD_c_minMatch, 7},
};
enum { TUNINGS = sizeof(for_text) / sizeof(for_text[0]) };
_Static_assert(sizeof(for_pages) == sizeof(for_text), "one loop for both");

static bool set(ZSTD_CCtx *packer, ZSTD_cParameter parameter, int value)
{
	return !ZSTD_isError(ZSTD_CCtx_setParameter(packer, parameter, value));
}

static bool set_parameters(ZSTD_CCtx *packer, struct zstd_how how)
{
	const struct tuning *tuned =
		how.shape == ZSTD_PAGES ? for_pages : for_text;
	size_t r = ZSTD_CCtx_reset(packer, ZSTD_reset_session_and_parameters);
	bool ok = !ZSTD_isError(r) &&
		  set(packer, ZSTD_c_compressionLevel, how.level) &&
		  set(packer, ZSTD_c_contentSizeFlag, 1) &&
		  set(packer, ZSTD_c_checksumFlag, 1);

	if (how.level != TUNED_LEVEL)
		return ok;
	for (size_t i = 0; ok && i < TUNINGS; i++)
		ok = set(packer, tuned[i].parameter, tuned[i].value);
	return ok;
}

size_t zstd_compress(struct zstd_context *c, struct zstd_how how,
		     const struct zstd_run *run, struct err *e)
{
	size_t n;

	if (how.level == 0) {
		if (run->len > 0)
			memcpy(run->dst, run->src, run->len);
		return store(run->dst, run->len);
	}
	if (c->packer == NULL)
		c->packer = ZSTD_createCCtx();
	if (c->packer == NULL)
		return (size_t)err_nomem(e, "compression");
	if (!set_parameters(c->packer, how))
		return (size_t)err_bug(e, "libzstd refuses level %d",
				       how.level);
	n = ZSTD_compress2(c->packer, run->dst, run->cap, run->src, run->len);
	if (!ZSTD_isError(n))
		return n;
	if (zstd_lacks_memory(n))
		return (size_t)err_nomem(e, "compression");
	return (size_t)err_bug(e, "libzstd: %s", ZSTD_getErrorName(n));
}

/* The bytes of a frame are others now; data has room for cap. */
static void put_data(struct frame *f, unsigned char *data, size_t cap)
{
	if (data == f->data)
		return;
	buffer_give(f->data, f->cap);
	f->data = data;
	f->cap = cap;
}

/*
 * Copies back into the buffer that held the plain bytes, or, when that is far
 * too large or too small, into one that fits: so packed frames never hold more
 * than a few times the memory that they have bytes.
 */
static bool replace_data(struct frame *f, const void *bytes, size_t len)
{
	unsigned char *data = f->data;
	size_t cap = f->cap;

	if (len > cap || len < cap / LOOSE_FACTOR) {
		cap = len;
		data = malloc(cap);
		if (data == NULL)
			return false;
	}
	memcpy(data, bytes, len);
	put_data(f, data, cap);
	f->plain_len = f->len;
	f->len = len;
	return true;
}

static bool pack_with(struct zstd_context *c, struct frame *f,
		      struct zstd_how how, struct err *e)
{
	size_t cap = zstd_bound(f->len);
	void *scratch = zstd_context_scratch(c, cap);
	size_t n;

	if (scratch == NULL)
		return err_nomem(e, "a compressed frame");
	n = zstd_compress(c, how,
			  &(struct zstd_run){scratch, cap, f->data, f->len}, e);
	if (n == 0)
		return false;
	if (!replace_data(f, scratch, n))
		return err_nomem(e, "a compressed frame");
	return true;
}

bool zstd_frame_pack(struct frame *f, struct zstd_how how, struct err *e)
{
	struct zstd_context *c;
	bool ok;

	if (frame_is_bare(f)) {
		f->plain_len = 0;
		return true;
	}
	if (how.level == 0 && stored_length(f->len) <= f->cap) {
		f->plain_len = f->len;
		f->len = store(f->data, f->len);
		return true;
	}
	c = zstd_context_take();
	if (c == NULL)
		return err_nomem(e, "compression");
	ok = pack_with(c, f, how, e);
	zstd_context_give(c);
	return ok;
}

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "a stored frame is damaged: %s", what);
}

bool zstd_content_size(const void *bytes, size_t len, size_t *plain)
{
	unsigned long long n = ZSTD_getFrameContentSize(bytes, len);

	if (n == ZSTD_CONTENTSIZE_ERROR || n == ZSTD_CONTENTSIZE_UNKNOWN ||
	    n > SIZE_MAX)
		return false;
	*plain = (size_t)n;
	return true;
}

/* Most frames were cut at FRAME_BYTES: the common buffers fit them. */
static size_t plain_cap(size_t plain)
{
	if (plain > FRAME_BYTES || plain < FRAME_BYTES / LOOSE_FACTOR)
		return plain;
	return FRAME_BYTES;
}

static bool expand(struct zstd_context *c, struct frame *f, size_t plain,
		   struct err *e)
{
	size_t cap = plain_cap(plain);
	unsigned char *data = buffer_take(cap);
	size_t n;

	if (c->unpacker == NULL)
		c->unpacker = ZSTD_createDCtx();
	if (data == NULL || c->unpacker == NULL) {
		buffer_give(data, cap);
		return err_nomem(e, "an expanded frame");
	}
	n = ZSTD_decompressDCtx(c->unpacker, data, plain, f->data, f->len);
	if (ZSTD_isError(n) || n != plain) {
		buffer_give(data, cap);
		if (zstd_lacks_memory(n))
			return err_nomem(e, "an expanded frame");
		return damaged(e, ZSTD_isError(n) ? ZSTD_getErrorName(n)
						  : "its length is wrong");
	}
	put_data(f, data, cap);
	f->len = f->plain_len = plain;
	return true;
}

bool zstd_frame_unpack(struct frame *f, size_t max_plain, struct err *e)
{
	struct zstd_context *c;
	size_t plain;
	bool ok;

	if (zstd_frame_length(f->data, f->len) != f->len)
		return damaged(e, "it is not one whole zstd frame");
	if (!zstd_content_size(f->data, f->len, &plain))
		return damaged(e, "it does not tell its size");
	if (plain > max_plain)
		return damaged(e, "it says that it holds too much");
	c = zstd_context_take();
	if (c == NULL)
		return err_nomem(e, "decompression");
	ok = expand(c, f, plain, e);
	zstd_context_give(c);
	return ok;
}
