/*
 * buffer.h - the memory of frames, used again.
 *
 * Nearly all frames have FRAME_BYTES of room. From the system that is new
 * pages each time, which the kernel clears: a tenth of a dump's CPU. So a few
 * that were given back are kept while a pipeline runs. Any thread may call.
 */
#ifndef COFFER_PIPELINE_BUFFER_H
#define COFFER_PIPELINE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { BUFFER_KEEP_MAX = 32 };

/* Room for cap bytes, like malloc(): free() and realloc() are fine with it.
 * NULL: no memory. */
unsigned char *buffer_take(size_t cap) MUST_CHECK;

/* Gives back what buffer_take() or malloc() gave, of cap bytes, and forgets
 * what is in it. NULL is fine. */
void buffer_give(unsigned char *data, size_t cap);

/* A pipeline begins: what is given back is kept, BUFFER_KEEP_MAX at most. */
void buffers_hold(void);

/* A pipeline is gone; with the last one all that was kept is freed. */
void buffers_drop(void);

#endif
