/*
 * frames.h - lays a snapshot into frames, with the spans that tell whose bytes
 * they are. All of it is one run: each frame but the last is_open.
 */
#ifndef COFFER_SOURCES_REDIS_DUMP_FRAMES_H
#define COFFER_SOURCES_REDIS_DUMP_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "pipeline/pipeline.h"

/* Zero it to begin with. */
struct redis_frames {
	struct link *link;     /* where frames go; set before each use */
	uint64_t *plain_bytes; /* counted up as they leave */
	struct frame *frame;   /* that is filled, or NULL */
	struct item *item;     /* that is written, or NULL */
	size_t span_at;	       /* where its bytes begin in the frame */
	uint64_t rows;	       /* of the current span */
	struct digest digest;
	uint64_t next_number; /* of the next item */
};

/* How many bytes a frame still takes. */
size_t redis_frame_room(const struct frame *f);

/* Makes a frame when there is none. */
bool redis_frames_room(struct redis_frames *f, struct err *e) MUST_CHECK;

/* The item at hand ends at that place of the frame, and another begins: kind
 * data, without a name. */
bool redis_frames_item(struct redis_frames *f, const char *type,
		       const char *group, size_t at, struct err *e) MUST_CHECK;

/* One more key of the item at hand. */
void redis_frames_key(struct redis_frames *f, const struct digest *digest);

/* The frame goes, its first len bytes; what is behind them begins the next. */
bool redis_frames_cut(struct redis_frames *f, size_t len,
		      struct err *e) MUST_CHECK;

/* Copies bytes to the end, in as many frames as it takes. */
bool redis_frames_add(struct redis_frames *f, const void *bytes, size_t len,
		      struct err *e) MUST_CHECK;

/* The last item and the last frame, all of it, are over. */
bool redis_frames_end(struct redis_frames *f, struct err *e) MUST_CHECK;

/* Frees what it holds. */
void redis_frames_fini(struct redis_frames *f);

#endif
