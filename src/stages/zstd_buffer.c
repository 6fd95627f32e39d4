/* zstd_buffer.c - whole buffers at once: the index, and cutting parts. */
#include "stages/zstd.h"

#include <stdlib.h>

#include "stages/zstd_int.h"

enum { BUFFER_LEVEL = 3 };

size_t zstd_frame_length(const void *bytes, size_t len)
{
	const unsigned char *b = bytes;
	uint32_t magic;
	size_t n;

	if (len < 4)
		return 0;
	magic = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
		(uint32_t)b[3] << 24;
	/* Skippable and legacy frames are none of ours. */
	if (magic != ZSTD_MAGICNUMBER)
		return 0;
	n = ZSTD_findFrameCompressedSize(bytes, len);
	return ZSTD_isError(n) ? 0 : n;
}

static void *shrink(void *bytes, size_t len)
{
	void *smaller = realloc(bytes, len);

	return smaller != NULL ? smaller : bytes;
}

void *zstd_pack(const void *bytes, size_t len, size_t *packed_len,
		struct err *e)
{
	struct zstd_context *c = zstd_context_take();
	size_t cap = zstd_bound(len);
	void *packed = malloc(cap);
	size_t n = 0;

	if (c == NULL || packed == NULL)
		(void)err_nomem(e, "compression");
	else
		n = zstd_compress(c, (struct zstd_how){.level = BUFFER_LEVEL},
				  &(struct zstd_run){packed, cap, bytes, len},
				  e);
	zstd_context_give(c);
	if (n == 0) {
		free(packed);
		return NULL;
	}
	*packed_len = n;
	return shrink(packed, n);
}

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup", "%s", what);
}

/* The sum of what the frames say they hold; every byte must be accounted for.
 */
static bool sum_sizes(const unsigned char *bytes, size_t len, size_t max_plain,
		      size_t *total, struct err *e)
{
	*total = 0;
	while (len > 0) {
		size_t n = zstd_frame_length(bytes, len);
		size_t plain;

		if (n == 0 || !zstd_content_size(bytes, n, &plain))
			return damaged(e, "not a run of whole zstd frames");
		if (plain > max_plain - *total)
			return damaged(e, "it says that it holds too much");
		*total += plain;
		bytes += n;
		len -= n;
	}
	return true;
}

void *zstd_unpack(const void *bytes, size_t len, size_t max_plain,
		  size_t *plain_len, struct err *e)
{
	size_t total, n;
	char *plain;

	if (!sum_sizes(bytes, len, max_plain, &total, e))
		return NULL;
	plain = malloc(total + 1);
	if (plain == NULL) {
		(void)err_nomem(e, "decompression");
		return NULL;
	}
	n = ZSTD_decompress(plain, total, bytes, len);
	if (ZSTD_isError(n) || n != total) {
		if (zstd_lacks_memory(n))
			(void)err_nomem(e, "decompression");
		else
			(void)damaged(e, "its zstd frames are damaged");
		free(plain);
		return NULL;
	}
	plain[total] = '\0';
	*plain_len = total;
	return plain;
}
