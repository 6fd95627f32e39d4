/* walk.h - the files below a folder in the order of their keys. Blocking. */
#ifndef COFFER_STORES_DIR_WALK_H
#define COFFER_STORES_DIR_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "path.h"

/* One open folder on the way down. */
struct dir_frame {
	int fd;
	char **names; /* sorted; folders end with '/' */
	size_t n;
	size_t next;
	size_t key_len; /* of the walk's key when this folder was entered */
};

struct dir_walk {
	const char *prefix; /* borrowed */
	struct dir_frame frames[DIR_DEPTH_MAX + 1];
	unsigned depth;
	struct text key; /* of the file that was found last */
	uint64_t size_bytes;
	int64_t modified_ms;
};

/*
 * Begins at root, for keys that begin with prefix. A root that is not there
 * has no files, if it may_miss. False with *e filled; dir_walk_end() also then.
 */
bool dir_walk_begin(struct dir_walk *w, const char *root, bool may_miss,
		    const char *prefix, struct err *e) MUST_CHECK;

/*
 * Finds the next file: 1 with key, size and time in *w; 0 at the end; -1 with
 * *e filled. Leaves out symbolic links, what is no file, names that are no
 * UTF-8, and unfinished files; of these, those older than a day are removed.
 */
int dir_walk_next(struct dir_walk *w, struct err *e) MUST_CHECK;

/* Closes and frees everything. */
void dir_walk_end(struct dir_walk *w);

#endif
