/* output.h - the end of a pipeline that writes plain bytes to a descriptor. */
#ifndef COFFER_CTL_POOL_OUTPUT_H
#define COFFER_CTL_POOL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pipeline/pipeline.h"

struct workers;

struct output_config {
	struct workers *blocking; /* who reads may be slow */
	int fd;
	bool is_selected;  /* of each frame only its spans, in their order */
	uint64_t *written; /* counted up; borrowed for its life */
};

/* Takes frames that are unpacked. Fails with "cannot_write" (ERR_IO). NULL with
 * *e filled. */
struct sink *output_new(const struct output_config *c,
			struct err *e) MUST_CHECK;

/* All of it, at once; blocking. False with errno. */
bool output_write(int fd, const void *bytes, size_t len) MUST_CHECK;

#endif
