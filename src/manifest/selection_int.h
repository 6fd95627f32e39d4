/* selection_int.h - a selection, and the order in which it is read. */
#ifndef COFFER_MANIFEST_SELECTION_INT_H
#define COFFER_MANIFEST_SELECTION_INT_H

#include "manifest/selection.h"

struct selected {
	struct item *item;
	struct index_extent *extents;
	size_t nextents;
	uint64_t skip, left; /* plain bytes: before its own, and its own */
};

/* An extent of an item of the section at hand. */
struct stretch {
	uint32_t part, offset, end;
	uint32_t cluster; /* stretches that share frames */
	struct selected *of;
};

/* Frames that are read together; root is the first of those that must go to
 * the same reader. */
struct cluster {
	uint32_t part, offset, end;
	uint32_t number, root;
	bool is_alone; /* whole statements of one apart item */
};

struct selection {
	const struct manifest *manifest;
	struct selected *list;
	size_t n, cap;
	struct stretch *stretches; /* of the section, by place */
	size_t nstretches;
	enum item_kind section;
	bool is_in_order;
};

/* Puts the section's stretches in order and the pieces to read into f. */
bool selection_plan(struct selection *s, struct part_feed *f,
		    struct err *e) MUST_CHECK;

#endif
