/*
 * part_feed.h - hands out what of the parts is read, to several readers at the
 * same time: runs of pieces, each run to one reader, in order of place.
 */
#ifndef COFFER_MANIFEST_PART_FEED_H
#define COFFER_MANIFEST_PART_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "manifest/manifest.h"

struct selection;

/* A run of whole stored frames in one part. */
struct part_piece {
	uint32_t part;	      /* its number, from 1 */
	uint32_t offset;      /* in it; if it is encrypted: in what it holds */
	uint32_t length;      /* 0: the whole part */
	bool goes_on : 1;     /* the next piece must go to the same reader */
	bool is_selected : 1; /* some of its bytes, as the selection says */
};

/* Embedded in its owner; zero it to begin with. */
struct part_feed {
	const struct manifest *manifest; /* borrowed */
	struct selection *selection;	 /* of selected pieces; borrowed */
	struct part_piece *pieces;
	size_t n, cap;
	size_t next; /* first that was not handed out */
};

/* What a reader has still to read of its run; zero it to begin with. */
struct part_run {
	size_t at, end;
};

/* All parts with numbers from first to last. A part that ends within a
 * statement and the next one are one run. */
bool part_feed_parts(struct part_feed *f, const struct manifest *m,
		     size_t first, size_t last, struct err *e) MUST_CHECK;

/* Appends a piece. */
bool part_feed_add(struct part_feed *f, const struct part_piece *p,
		   struct err *e) MUST_CHECK;

/* The next piece for the reader whose run it is; a new run when that one is
 * over. False: nothing is left. */
bool part_feed_next(struct part_feed *f, struct part_run *run,
		    struct part_piece *out) MUST_CHECK;

/* How many bytes are fetched in all. */
uint64_t part_feed_bytes(const struct part_feed *f);

/* Frees what it holds and zeroes it. Readers must be gone. */
void part_feed_fini(struct part_feed *f);

#endif
