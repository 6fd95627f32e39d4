/*
 * file_list.h - what is compared after a restore of files, one after the
 * other. There may be millions: each takes some 60 bytes and of its name what
 * differs from that of the one before.
 */
#ifndef COFFER_JOBS_FILE_LIST_H
#define COFFER_JOBS_FILE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct load_item;

/* Zero it to begin with. */
struct file_list {
	struct text records;
	struct text last; /* name that was added last */
	struct text name; /* that was read last */
	size_t n;
	size_t at, number; /* where the last reading stopped */
};

/* Appends a copy of what a tree's item has: name, type, digest, size,
 * target, facts. */
bool file_list_add(struct file_list *l, const struct load_item *item,
		   struct err *e) MUST_CHECK;

/* The item after *number others; false: there are no more. Strings belong to
 * the list, until the next call. Fast when they are asked for in order. */
bool file_list_next(struct file_list *l, size_t *number,
		    struct load_item *item) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void file_list_fini(struct file_list *l);

#endif
