/* zstd.h - compression: each frame on its own, on worker threads, in order. */
#ifndef COFFER_STAGES_ZSTD_H
#define COFFER_STAGES_ZSTD_H

#include "base/err.h"
#include "pipeline/pipeline.h"

struct workers;

enum { ZSTD_LEVEL_MAX = 19 };

/* What the frames hold; level 3, the default, is tuned by it. */
enum zstd_shape {
	ZSTD_TEXT,  /* SQL, and what nothing is known of */
	ZSTD_PAGES, /* a database's own files */
};

struct zstd_how {
	int level; /* 1 to 19; 0 stores uncompressed blocks in a zstd frame */
	enum zstd_shape shape;
};

/*
 * Turns plain frames into one zstd frame each (content size and checksum in
 * it), at most in_flight of them at the workers. NULL with *e filled.
 */
struct stage *zstd_pack_new(struct workers *ws, struct zstd_how how,
			    unsigned in_flight, struct err *e) MUST_CHECK;

/*
 * The other way. A frame that is damaged, or says that it holds more than
 * max_plain bytes, fails with ERR_DAMAGED "damaged_backup".
 */
struct stage *zstd_unpack_new(struct workers *ws, size_t max_plain,
			      unsigned in_flight, struct err *e) MUST_CHECK;

/* Length of the first whole zstd frame in bytes; 0: damaged or cut. */
size_t zstd_frame_length(const void *bytes, size_t len);

/* What the zstd frame at bytes says that it holds; false: damaged or untold. */
bool zstd_content_size(const void *bytes, size_t len, size_t *plain) MUST_CHECK;

/* One buffer to one zstd frame at level 3, at once: for the small index
 * objects. Blocking: on a worker, or for at most 64 KiB. Returns malloc()ed
 * bytes, or NULL with *e filled. */
void *zstd_pack(const void *bytes, size_t len, size_t *packed_len,
		struct err *e) MUST_CHECK;

/* Unpacks a run of whole frames of at most max_plain bytes in all. Returns
 * malloc()ed bytes with a NUL behind, or NULL with *e filled. Blocking. */
void *zstd_unpack(const void *bytes, size_t len, size_t max_plain,
		  size_t *plain_len, struct err *e) MUST_CHECK;

#endif
