/*
 * compare.h - what was restored against what the index says of it. Blocks: for
 * worker threads. A large file is read in pieces, so that nobody waits long
 * for a cancel.
 */
#ifndef COFFER_SOURCES_FILES_LOAD_COMPARE_H
#define COFFER_SOURCES_FILES_LOAD_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct compare;
struct tree;

/* One item of the index; strings are borrowed. */
struct compare_item {
	char *path, *type;
	char *target; /* or NULL */
	uint64_t size;
	struct digest digest;
};

/* root: the folder, borrowed; t tells names. NULL with *e. */
struct compare *compare_new(const struct tree *t, int root,
			    struct err *e) MUST_CHECK;

/*
 * Compares the item; *is_over: all of it, else it is to be called with the
 * same one again. Takes what it reads off *budget, and stops when that is
 * used up. False: "verification_failed" with the path and what is wrong.
 */
bool compare_item(struct compare *c, const struct compare_item *it,
		  uint64_t *budget, bool *is_over, struct err *e) MUST_CHECK;

/* NULL is fine. */
void compare_free(struct compare *c);

#endif
