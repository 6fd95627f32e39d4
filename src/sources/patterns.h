/* patterns.h - globs of a tree's configuration, kept. */
#ifndef COFFER_SOURCES_PATTERNS_H
#define COFFER_SOURCES_PATTERNS_H

#include "base/glob.h"

/* Zero it to begin with; patterns_fini() at the end, also of half a copy. */
struct patterns {
	char **list;
	size_t n;
};

/* Into a zeroed one. False: no memory. */
bool patterns_copy(struct patterns *to, const struct globs *from) MUST_CHECK;

/* For globs_fit() and its like; borrowed. */
struct globs patterns_globs(const struct patterns *p);

/* Frees what it holds and zeroes it. */
void patterns_fini(struct patterns *p);

#endif
