/*
 * place.h - paths below one folder, and never outside of it: openat2(2) with
 * RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS, whatever
 * somebody puts there meanwhile. Blocks: for worker threads.
 */
#ifndef COFFER_SOURCES_FILES_LOAD_PLACE_H
#define COFFER_SOURCES_FILES_LOAD_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Zero it to begin with, and set root. */
struct place {
	int root;     /* the folder; borrowed */
	char *folder; /* the last one that was opened, kept open as fd */
	int fd;
};

/* openat2() below dir. path may not be longer than PATH_MAX. Returns the file
 * descriptor, or -1 with errno. */
int place_openat(int dir, const char *path, uint64_t flags, uint64_t mode);

/*
 * The folder that path lies in (O_PATH), and its last name in *leaf; "" and "."
 * for the root itself. Paths may be longer than PATH_MAX. With make, folders
 * that are not there are made, for their owner alone until told. The
 * descriptor is the place's, valid until the next call. -1 with errno.
 */
int place_parent(struct place *p, const char *path, bool make,
		 const char **leaf);

/* Opens what path names itself: place_parent(), then its name. */
int place_open(struct place *p, const char *path, uint64_t flags);

/* Closes what is open; not the root. */
void place_fini(struct place *p);

#endif
