/*
 * glob.h - patterns of paths, as people write them for file trees and keys of
 * buckets. Pure; bytes, not characters: names need not be UTF-8.
 *
 * '*' stands for any run of bytes but '/', '?' for one byte but '/', "[a-z]"
 * and "[!a-z]" for one of (not) these but '/', '\' takes the next byte as it
 * is, and "**" between slashes or at the beginning for any number of folders,
 * none included; behind a slash at the end, for all that is in the folder, but
 * not the folder itself. A pattern without a slash, but for one at its end,
 * fits a name in any folder; any other counts from the top, whether it begins
 * with a slash or not. What fits a folder fits all beneath it; with a slash at
 * its end it fits folders alone (and what is in them).
 */
#ifndef COFFER_BASE_GLOB_H
#define COFFER_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { GLOB_MAX = 1024 }; /* bytes of a pattern */

struct globs {
	const char *const *patterns;
	size_t n;
};

/* A pattern that can fit something: not empty, at most GLOB_MAX bytes, its
 * brackets closed, no ".." or "." as a folder, no NUL. False with *e filled:
 * "invalid_scope". */
bool glob_check(const char *pattern, struct err *e) MUST_CHECK;

/* Whether one of the patterns fits the path or a folder that it lies in. path:
 * relative, without a slash at its ends; is_folder: that it is one itself. In
 * time that grows with the product of the two lengths at most. */
bool globs_fit(const struct globs *g, const char *path, bool is_folder);

/* Whether something beneath the folder may fit: so that a walk need not enter
 * one of which nothing is wanted. True when in doubt. */
bool globs_may_fit_in(const struct globs *g, const char *folder);

#endif
