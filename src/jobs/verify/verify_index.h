/*
 * verify_index.h - what the index of a backup says, held against its manifest
 * and, part by part, against what lies there.
 */
#ifndef COFFER_JOBS_VERIFY_INDEX_H
#define COFFER_JOBS_VERIFY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "manifest/index.h"
#include "manifest/manifest.h"

struct verify_index;
struct workers;

/* One stored frame. */
struct verify_frame {
	size_t end;	/* where it ends in its part */
	uint64_t plain; /* bytes in all frames of the part up to there */
};

/* m is borrowed for its life. Memory: 16 bytes an extent, 16 an item. NULL
 * with *e filled. */
struct verify_index *verify_index_new(const struct manifest *m,
				      struct err *e) MUST_CHECK;

/* One line: its extents lie within the parts of its kind. "damaged_backup". */
bool verify_index_add(struct verify_index *x, const struct index_line *l,
		      struct err *e) MUST_CHECK;

/*
 * After the last line: there are as many rows and tables as the manifest says,
 * no more bytes, and nothing lies where something else does. done runs once,
 * from the loop, e NULL or "damaged_backup"; not after verify_index_free().
 * False with *e filled: it was not begun.
 */
bool verify_index_settle(struct verify_index *x, struct workers *ws,
			 void (*done)(void *arg, const struct err *e),
			 void *arg, struct err *e) MUST_CHECK;

/* Whether the frames of that part (from 1; each part once) are where the index
 * says that frames are. After it has settled. "damaged_backup". */
bool verify_index_fits(struct verify_index *x, uint32_t part,
		       const struct verify_frame *frames, size_t nframes,
		       struct err *e) MUST_CHECK;

/* After all parts: the frames of each item hold as much as it has.
 * "damaged_backup". */
bool verify_index_is_through(const struct verify_index *x,
			     struct err *e) MUST_CHECK;

/* NULL is fine; also while it settles. */
void verify_index_free(struct verify_index *x);

#endif
