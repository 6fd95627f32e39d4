/* zstd_int.h - what the files of the compression share. */
#ifndef COFFER_STAGES_ZSTD_INT_H
#define COFFER_STAGES_ZSTD_INT_H

#include <stddef.h>
#include <sys/queue.h>

#include <zstd.h>

#include "base/err.h"
#include "stages/zstd.h"

struct frame;

/*
 * What a worker needs to compress or to expand one frame: a few MiB each. They
 * are shared by all stages of the process, so that there are never more of
 * them than threads that compress at once, however many pipelines there are.
 */
struct zstd_context {
	SLIST_ENTRY(zstd_context) entry;
	ZSTD_CCtx *packer;   /* made when first used */
	ZSTD_DCtx *unpacker; /* the same */
	unsigned char *scratch;
	size_t scratch_bytes;
};

/* A stage is made; contexts are kept while there is one. */
void zstd_contexts_hold(void);

/* A stage is gone; with the last one the idle contexts are freed. */
void zstd_contexts_drop(void);

/* An idle context or a new one; NULL: no memory. Any thread. */
struct zstd_context *zstd_context_take(void) MUST_CHECK;

/* Gives it back. Any thread. NULL is fine. */
void zstd_context_give(struct zstd_context *c);

/* At least len bytes that live until the context is given back; NULL: no
 * memory. */
void *zstd_context_scratch(struct zstd_context *c, size_t len) MUST_CHECK;

/* Compresses a frame in place: its bytes become one zstd frame. */
bool zstd_frame_pack(struct frame *f, struct zstd_how how,
		     struct err *e) MUST_CHECK;

/* The other way, at most max_plain bytes. "damaged_backup". */
bool zstd_frame_unpack(struct frame *f, size_t max_plain,
		       struct err *e) MUST_CHECK;

/* The longest that len bytes can become. */
size_t zstd_bound(size_t len);

/*
 * Compresses src into dst of cap bytes (zstd_bound()) with content size and
 * checksum; level 0 stores. Returns the length; 0 with *e filled.
 */
struct zstd_run {
	void *dst;
	size_t cap;
	const void *src;
	size_t len;
};
size_t zstd_compress(struct zstd_context *c, struct zstd_how how,
		     const struct zstd_run *run, struct err *e);

/* True when libzstd's answer n says that there was no memory. */
bool zstd_lacks_memory(size_t n);

#endif
