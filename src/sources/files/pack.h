/*
 * pack.h - a tree of files as one pax archive in frames, each member an item of
 * the index. It sleeps in system calls: on a worker, one call at a time.
 *
 * The top folder is the first member ("./", "." in the index); others have
 * paths relative to it. A file whose size or times differ after it was read is
 * read once more: a small one before its frame leaves, a large one as a second
 * member of the same path (file_facts.h: "superseded"). One that was changed
 * again is marked. What was to be read and cannot be is zeros, and marked; so
 * the archive stays whole whatever happens to the files.
 *
 * With a base (sources/tree_base.h) what is unchanged is no member: its item
 * has a line and no bytes, and its file is not opened (merge.h).
 */
#ifndef COFFER_SOURCES_FILES_PACK_H
#define COFFER_SOURCES_FILES_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/glob.h"
#include "sources/tidings.h"

struct frame;
struct pack;
struct tree_base;

enum {
	/* Up to here a file is read in full before it is let go. */
	PACK_SMALL_BYTES = 256 * 1024,
	PACK_EXTENTS_MAX = 4096, /* of a sparse file; more holes are zeros */
};

/* Strings are copied. */
struct pack_config {
	const char *path;      /* the folder to read */
	struct globs excludes; /* of the source */
	struct globs wanted;   /* of the scope; none: all */
	struct globs unwanted;
	const char *avoid;	 /* a folder in there that the backup is written
				  * to, or NULL */
	bool is_strict;		 /* what cannot be read fails it */
	bool is_one_file_system; /* what is mounted in there is an empty folder
				  */
	struct tree_base *base;	 /* to build upon; referenced. Or NULL */
};

struct pack_counts {
	uint64_t files, directories, symlinks, hardlinks, others;
	uint64_t content_bytes; /* of the files */
	uint64_t plain_bytes;	/* of the archive */
};

/* Does not look at the tree yet. NULL with *e filled. */
struct pack *pack_new(const struct pack_config *c, struct err *e) MUST_CHECK;

/* Before the first call of pack_fill(): the tree lies there (copied), as it was
 * in a snapshot of its file system. False: no memory. */
bool pack_read_from(struct pack *p, const char *path, struct err *e) MUST_CHECK;

/*
 * Fills the next frame; *out NULL: there is none just now (a long hole), call
 * again, or the archive is over: pack_is_over(). False with *e filled:
 * "source_check_failed" (the folder is not there), "access_denied" (it must not
 * be read), "source_changed" (it is another one in the end), "file_unreadable"
 * (strict), "internal".
 */
bool pack_fill(struct pack *p, struct frame **out, struct err *e) MUST_CHECK;

/* None of these three while pack_fill() runs. */
bool pack_is_over(const struct pack *p);
const struct pack_counts *pack_counts(const struct pack *p);
struct tidings *pack_tidings(struct pack *p);

/* Closes all that is open. NULL is fine. */
void pack_free(struct pack *p);

#endif
