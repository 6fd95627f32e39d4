/* index_int.h - a line of the index while it waits for its turn. */
#ifndef COFFER_MANIFEST_INDEX_INT_H
#define COFFER_MANIFEST_INDEX_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "manifest/index.h"
#include "pipeline/frame.h"

enum { INDEX_FIRST_ITEM_MAX = 513 };

/* Half as large as the public one: there may be millions of them. */
struct packed_extent {
	uint32_t part, offset, length;
};

/*
 * All of one item in one piece of memory: with 500,000 tables and one large
 * one that ends last, as many of these wait.
 */
struct packed_line {
	uint64_t rows, plain_bytes, skip;
	struct digest digest;
	uint32_t nextents;
	unsigned char kind; /* enum item_kind */
	bool is_apart, has_on, has_definer, has_facts, has_line;
	struct packed_extent extents[]; /* then type, group, name, and what it
					 * has of on, definer, facts, line */
};

/* NULL: no memory. free() ends it. */
struct packed_line *packed_line_new(const struct item *it,
				    const struct packed_extent *extents,
				    uint32_t nextents) MUST_CHECK;

/* Appends it as JSON with a line end; false: something but the name is no
 * UTF-8. */
bool packed_line_format(const struct packed_line *l,
			struct text *out) MUST_CHECK;

/* "KIND:GROUP/NAME" for people, cut between two characters. */
void packed_line_name(const struct packed_line *l,
		      char out[INDEX_FIRST_ITEM_MAX]);

/* The fast way of index_line_parse(), for lines in the spelling of
 * packed_line_format(). False: it is another one, or there is no memory, and *l
 * is as it was. */
bool index_line_scan(struct index_line *l, const char *line,
		     size_t len) MUST_CHECK;

/* Within the bounds of parts. */
bool index_extent_is_sound(const struct index_extent *x);

/* Whether b lies later in the same part, or in a later part. */
bool index_extent_is_behind(const struct index_extent *a,
			    const struct index_extent *b);

#endif
