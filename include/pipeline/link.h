/* link.h - the frames on their way from one part of a pipeline to the next. */
#ifndef COFFER_PIPELINE_LINK_H
#define COFFER_PIPELINE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/frame.h"

struct link {
	struct frame_list frames;
	size_t nframes;
	size_t bytes;	  /* sum of len */
	size_t weight;	  /* sum of that; counts as bytes do */
	size_t max_bytes; /* full at so many; the pipeline's link_bytes */
	uint64_t taken;	  /* bytes that ever left at the end */
	uint64_t given;	  /* bytes that ever came in */
	uint64_t ntaken;  /* frames that ever left, also such without bytes */
	bool eof;	  /* nothing will be appended any more */
};

/* Nobody but a stage that is_buffer need ask: the others are polled only while
 * there is room behind them. Many frames of few bytes fill a link, too. */
bool link_is_full(const struct link *l);

/* Appends a frame; the link owns it. */
void link_push(struct link *l, struct frame *f);

/* Takes the first frame out; NULL when there is none. */
struct frame *link_pop(struct link *l);

#endif
