/*
 * walk.h - goes through a tree of files, each folder before what is in it, in
 * the order of the names' bytes. It follows no link, leaves the tree by none,
 * and is not led astray when folders are moved meanwhile: everything is opened
 * relative to the folder that it lies in. A tree may be deeper than the longest
 * path of a system call, and than there are file descriptors. On a worker.
 */
#ifndef COFFER_SOURCES_FILES_WALK_H
#define COFFER_SOURCES_FILES_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/text.h"

enum {
	WALK_OPEN_MAX = 32,    /* folders that are open at the same time */
	WALK_PATH_MAX = 65534, /* bytes of a path; deeper is not gone */
};

struct walk;

/* Where the walk is. Valid until the next call. */
struct walk_place {
	const char *path;   /* relative to the top, exact bytes */
	const char *name;   /* its last part */
	unsigned char type; /* DT_REG ...; DT_UNKNOWN: not known yet */
	int folder;	    /* that it lies in, open */
};

/* From the folder top, which is open; the walk closes it, also on failure. NULL
 * with *e filled. */
struct walk *walk_new(int top, struct err *e) MUST_CHECK;

/* The next place in the folder that the walk is in; in the end it goes up and
 * on from there. 1: *place is filled; 0: that was all; -1: *e is filled. A
 * folder that is nowhere to be found when the walk returns to it is told to
 * lost() (walk_on_lost), and what was to come in it is passed over. */
int walk_next(struct walk *w, struct walk_place *place, struct err *e);

/* Enters the place that walk_next() told: folder, which is open, and which the
 * walk closes, also on failure. st: what fstat() says of it. Returns 0, or the
 * errno of what failed (ENAMETOOLONG: the walk goes no deeper); then the walk
 * is where it was. */
int walk_enter(struct walk *w, int folder, const struct stat *st) MUST_CHECK;

/* Folders from the top to where it is, the top included. */
size_t walk_depth(const struct walk *w);

/* The path of one of these folders into out; "" for the top, 0. */
void walk_folder_path(const struct walk *w, size_t level, struct text *out);

/* What a caller keeps of one of these folders until something in it is
 * written; zeroed when it is entered, freed when it is left. */
struct walk_note {
	bool is_written;
	struct text header; /* as it will be in the archive */
	char *facts;
	char *line; /* of the index, if it lies in an earlier backup; NULL */
	uint64_t device;
	/* Of files that were changed before that time (seconds since 1970) the
	 * times tell whether they were changed since the base. */
	int64_t trusted_before;
};
struct walk_note *walk_note(struct walk *w, size_t level);

/* Runs when a folder was lost: moved away while the walk was within. */
void walk_on_lost(struct walk *w, void (*lost)(void *arg, const char *path),
		  void *arg);

/* Closes all. NULL is fine. */
void walk_free(struct walk *w);

#endif
