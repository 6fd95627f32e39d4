/*
 * merge.h - the items of a base (sources/tree_base.h) beside a walk: which one
 * stands at a path, and whether what is there now is still what it tells.
 *
 * Both are in the order of the walk. What the base tells in another order is
 * passed over, and so is what is left of a base that fails: whatever was not
 * found is stored as if it were new. On the worker that walks.
 */
#ifndef COFFER_SOURCES_FILES_MERGE_H
#define COFFER_SOURCES_FILES_MERGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/file_facts.h"
#include "sources/tree_base.h"

enum {
	MERGE_MOUNT_MAX = 256,
	MERGE_TICK_SECONDS = 1,
	/* By so much may the clock of a share's server be off, and by more
	 * than a tick may its times be rounded. */
	MERGE_REMOTE_SECONDS = 3600,
};

/* Zero it to begin with. */
struct merge {
	struct tree_base *base; /* a reference; NULL: there is none */
	struct tree_base_item item;
	bool has_item; /* told last, and not passed yet */
	bool is_over;
	struct text last;	 /* the greatest path told */
	struct file_facts facts; /* of the item that was found last */
	struct err err;		 /* why the base ended early; or nothing */
};

enum merge_verdict {
	MERGE_OTHER,   /* is stored */
	MERGE_TOUCHED, /* a file: its content may be the same, to be read */
	MERGE_SAME,    /* unchanged: the item is carried over */
};

/* Takes a reference; NULL is fine. */
void merge_begin(struct merge *m, struct tree_base *base);

/* Whether the base has an item at that path, which is not before the one that
 * was asked for last (but the same again is fine); m->item and m->facts tell
 * it. */
bool merge_find(struct merge *m, const char *path);

/* Compares paths by the order of the walk: below 0, 0, above 0. */
int merge_compare(const char *a, const char *b);

/* What became of the item that was found: now has what there is (times and all)
 * at its path, of that type. trusted_before: see merge_trust(). */
enum merge_verdict merge_judge(const struct merge *m, const char *type,
			       const struct file_facts *now,
			       int64_t trusted_before);

/* Whether content with this digest, read just now, makes a touched file one
 * that is carried over. */
bool merge_has_content(const struct merge *m, const struct file_facts *now,
		       const struct digest *digest);

/* Whether nothing of what is known of the item that was found has changed; and
 * whether owner, mode or mtime are others than those that were stored with it.
 */
bool merge_is_alike(const struct merge *m, const struct file_facts *now);
bool merge_is_amended(const struct merge *m, const struct file_facts *now);

/* What tells the file system that fd lies in, and the folder itself, from
 * others, by any name; out "": nothing does. st is of fd. */
void merge_mount(int fd, const struct stat *st, char out[MERGE_MOUNT_MAX]);

/*
 * A folder at which a file system begins (or the walk), whose item was found if
 * is_found; mount as above. Returns the time in seconds since 1970 before which
 * a file must have been changed last for its times to tell that nobody has
 * changed it since; INT64_MIN: they tell nothing, for this is another file
 * system, or the clock went back.
 */
int64_t merge_trust(const struct merge *m, bool is_found, const char *mount,
		    int fd);

/* Lets go of the base and frees. */
void merge_fini(struct merge *m);

#endif
