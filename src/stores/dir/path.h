/*
 * path.h - keys as files below one folder, and never outside of it: every
 * step is an openat() that follows no symbolic link.
 */
#ifndef COFFER_STORES_DIR_PATH_H
#define COFFER_STORES_DIR_PATH_H

#include <stdbool.h>

#include "base/err.h"

enum { DIR_DEPTH_MAX = 32 };

/* What files are called while they are written. No key has such a segment. */
#define DIR_TEMP_PREFIX ".coffer-tmp_"

/* True when key is a relative path of plain segments; else *e tells why. */
bool dir_key_check(const char *key, struct err *e) MUST_CHECK;

/* Where an object is. */
struct dir_place {
	const char *root, *key;
	bool may_miss; /* root: see dir_open_root() */
};

/* The last segment of key. */
const char *dir_leaf(const char *key);

/* Makes the store's own folder, and those above it, unless they are there.
 * False with *e filled. */
bool dir_make_root(const char *root, struct err *e) MUST_CHECK;

/*
 * The store's own folder. -1 with *e filled. When it is not there:
 * ERR_NOT_FOUND if it may be missing, being made with the first object; else
 * ERR_DENIED, for a disk that is not mounted says nothing about what is on it.
 */
int dir_open_root(const char *root, bool may_miss, struct err *e) MUST_CHECK;

/*
 * The folder that the file of key lies in, below root; with is_made missing
 * ones below root are made, and are on disk when this returns. -1 with *e
 * filled: ERR_NOT_FOUND when one is missing; for root as dir_open_root().
 */
int dir_open_folder(const struct dir_place *at, bool is_made,
		    struct err *e) MUST_CHECK;

/* Tells a failed system call: "WHAT KEY: reason", with the code that errno
 * number stands for. Returns false. */
bool dir_fail(struct err *e, int number, const char *what, const char *key);

#endif
