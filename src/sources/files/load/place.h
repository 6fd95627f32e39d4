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

/* Has a folder, open in whatever way, be one that we can read, enter and write
 * to, by mode 0700 if it is not. False with errno. */
bool place_open_up(int fd);

/*
 * Has the folder that path lies in be one that we can write to: on the way to
 * it what is no folder goes and a new one takes its place, and one that keeps
 * us out gets mode 0700, which is for the caller to set right. Links are
 * removed themselves, never followed, and the root stays as it is. False with
 * errno; then some of it may be done.
 */
bool place_make_way(struct place *p, const char *path);

/* Opens what path names itself: place_parent(), then its name. */
int place_open(struct place *p, const char *path, uint64_t flags);

/* Closes what is open; not the root. */
void place_fini(struct place *p);

#endif
