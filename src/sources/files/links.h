/*
 * links.h - files that have several names: which name of one came first. Each
 * is forgotten when all its names have come, so only those whose names lie far
 * apart take memory. Pure.
 */
#ifndef COFFER_SOURCES_FILES_LINKS_H
#define COFFER_SOURCES_FILES_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct link_entry;

/* Zero it to begin with. */
struct links {
	struct link_entry **slots; /* by device and inode */
	size_t nslots, n;
};

/* The name under which this file came first, valid until it is counted; NULL:
 * it has not come yet. */
const char *links_find(const struct links *l, uint64_t dev, uint64_t inode);

/* Whether what came first, of a file that was found, was carried over from an
 * earlier backup; and that it was: nothing of a file of one name. */
bool links_is_carried(const struct links *l, uint64_t dev, uint64_t inode);
void links_carry(struct links *l, uint64_t dev, uint64_t inode);

/* Another of the names of a file that was found has come. */
void links_count(struct links *l, uint64_t dev, uint64_t inode);

/* It has nlink names, of which this came first. Copied. False: no memory. */
bool links_add(struct links *l, uint64_t dev, uint64_t inode, uint64_t nlink,
	       const char *path) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void links_fini(struct links *l);

#endif
