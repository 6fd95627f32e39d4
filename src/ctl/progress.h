/* progress.h - how far a job is, on one line. */
#ifndef COFFER_CTL_PROGRESS_H
#define COFFER_CTL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/text.h"

/*
 * Appends "backing_up [####......]  42 %  1.2 GiB  35.0 MiB/s  1m left", of
 * what the job document knows; clean for a terminal, at most width columns (0:
 * not bounded), without a line end. The bar is there when has_bar is set, there
 * is room and a percentage.
 */
void progress_line(struct text *out, const json_t *job, size_t width,
		   bool has_bar);

#endif
