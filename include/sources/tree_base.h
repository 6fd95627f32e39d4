/*
 * tree_base.h - what a dump of a tree (files, objects) may build upon: the
 * items of an earlier backup of the same tree, in the order in which it listed
 * them. A dump goes through them beside its own listing; what is unchanged it
 * carries over: the item's line goes into the new index, and not a byte of it
 * is read or stored again.
 *
 * The dump decides what is unchanged, by the facts: of a file its type, size,
 * times and inode, of an object its size, etag and time. When it doubts, it
 * reads. Not to find an item, or to find them in another order than its own,
 * costs it work and never an item.
 *
 * Counted: the dump has a reference (dump_config.base), on whatever thread it
 * ends, and who made the base another, to ask it afterwards what was carried.
 */
#ifndef COFFER_SOURCES_TREE_BASE_H
#define COFFER_SOURCES_TREE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

/* One item, as the base's index tells it. Valid until the next call of next().
 */
struct tree_base_item {
	const char *type;  /* "file" "directory" "object" ..., never one that
			    * was "superseded" */
	const char *path;  /* exact bytes: from the top, or the key */
	const char *facts; /* a JSON object */
	struct digest digest;
	uint64_t rows, plain_bytes;
	/* It lies in a part of which little is still in use: to be stored
	 * again, so that the part can go. */
	bool is_sparse;
};

struct tree_base;

/* On the thread that reads the tree, one call at a time; they may sleep. */
struct tree_base_ops {
	/* The next item. 1: *item is filled; 0: that was all; -1: *e is
	 * filled, and there will be no more. */
	int (*next)(struct tree_base *b, struct tree_base_item *item,
		    struct err *e);
	/* The line of the item that was told last, for the new index (struct
	 * item, line): as it was, or with these facts; the parts that it lies
	 * in are needed from here on. Twice for one item is no mistake. Caller
	 * frees; NULL with *e filled. */
	char *(*carry)(struct tree_base *b, const char *facts, struct err *e);
	/* With the last reference, on any thread. */
	void (*destroy)(struct tree_base *b);
};

struct tree_base {
	const struct tree_base_ops *ops;
	_Atomic unsigned refs; /* 1 to begin with */
	/* Not later than the first look at the tree for it: ms since 1970, by
	 * this host's clock. What was changed at that time or after it may
	 * have been changed again without another time to show for it. */
	int64_t read_at;
};

/* One reference more. Returns it. */
struct tree_base *tree_base_ref(struct tree_base *b);

/* One reference less; the last one destroys. NULL is fine. */
void tree_base_unref(struct tree_base *b);

#endif
