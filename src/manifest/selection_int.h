/* selection_int.h - a selection, and the order in which it is read. */
#ifndef COFFER_MANIFEST_SELECTION_INT_H
#define COFFER_MANIFEST_SELECTION_INT_H

#include "manifest/selection.h"

/* There may be millions: all but the largest have one extent. */
struct selected {
	struct item *item;
	uint64_t left; /* plain bytes of its own, */
	uint32_t skip; /* and before them in its first frame */
	uint32_t nextents;
	union {
		struct index_extent *list; /* when there are several */
		struct {
			uint32_t part, offset, length;
		} only;
	} extents;
};

/* An extent of an item of the section at hand. */
struct stretch {
	uint32_t part, offset, end;
	uint32_t cluster; /* stretches that share frames */
	uint32_t of;	  /* in the selection's list */
};

/* Frames that are read together; root is the first of those that must go to
 * the same reader. */
struct cluster {
	uint32_t part, offset, end;
	uint32_t number, root;
	bool is_alone; /* whole statements of one apart item */
};

/* What was still to mark of an item. */
struct selected_before {
	uint64_t left;
	uint32_t skip;
};

struct selection {
	const struct manifest *manifest;
	struct selected *list;
	struct selected_before *before; /* of each; NULL: not kept */
	size_t n, cap;
	struct item *nameless;	   /* of those of which marks tell nothing */
	struct stretch *stretches; /* of the section, by place */
	size_t nstretches;
	enum item_kind section;
	bool is_in_order;
};

/* Extent k of an item. */
struct index_extent selected_extent(const struct selected *x, size_t k);

/* Puts the section's stretches in order and the pieces to read into f. */
bool selection_plan(struct selection *s, struct part_feed *f,
		    struct err *e) MUST_CHECK;

#endif
