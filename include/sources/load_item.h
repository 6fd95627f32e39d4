/* load_item.h - what is compared after a restore. */
#ifndef COFFER_SOURCES_LOAD_ITEM_H
#define COFFER_SOURCES_LOAD_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* One table to compare after a restore, as the index tells it; or a file. */
struct load_item {
	const char *database; /* its name at the target */
	const char *name;
	uint64_t rows;
	struct digest digest;

	/* Of a tree, see sources/file_facts.h: the item's type, the size of its
	 * content, and what it links to, or NULL. */
	const char *type;
	uint64_t size;
	const char *target;
	/* Of a bucket: what goes with the object, see sources/object_facts.h;
	 * or NULL. */
	const char *facts;
};

/* The next table to compare; false at the end. Strings are valid until the
 * next call. */
typedef bool load_next_cb(void *arg, struct load_item *item);

/* The item of the index after *at others, of those that the sinks of a load
 * will be given; false: there are no more. Strings are valid until the next
 * call. */
typedef bool load_expect_cb(void *arg, size_t *at, struct load_item *item);

#endif
