/*
 * file_facts.h - what the index knows of a file beside its name, content and
 * place: the object "facts" of its line, as a backup writes and a restore reads
 * it. Pure.
 *
 * {"size":5,"mode":"0644","uid":0,"gid":0,"mtime":[1700000000,5],
 *  "ctime":[1700000000,5],"inode":"7","target":"a","changed":true,...}
 *
 * For increments (sources/tree_base.h): "attributes":true, the member has
 * extended attributes or ACLs; "attributes_left_out":true, and not all that it
 * had; "amended":true, owner, mode and mtime are these and not those that the
 * member's header tells, for the file got them after the member was stored;
 * "file_system":"...", of the top, and of folders that another one is mounted
 * at: what tells it from others.
 *
 * Times are seconds, which may be below 0, and nanoseconds. "target" is what a
 * symbolic link says, or the path of the member that a hard link is another
 * name of; "target_base64" where that is no UTF-8. "device":[major,minor].
 *
 * The types of items (struct item) of a tree: "file" "directory" "symlink"
 * "hardlink" "fifo" "device"; and "superseded": a file that was changed while
 * it was read. The archive has it in full, and at once again, as a "file" of
 * the same path: only that one is to be restored.
 */
#ifndef COFFER_SOURCES_FILE_FACTS_H
#define COFFER_SOURCES_FILE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct text;

struct file_time {
	int64_t seconds;
	uint32_t nanoseconds;
};

struct file_facts {
	uint64_t size; /* of a file's content in the archive; others: 0 */
	uint32_t mode; /* 07777: permissions and the bits above them */
	uint32_t uid, gid;
	struct file_time mtime, ctime;
	uint64_t inode;
	uint32_t major, minor; /* of a device */
	char *target;	       /* of a link, exact bytes; or NULL */
	bool is_changed;       /* it was changed while it was read, twice: its
				* content may be of no single moment */
	bool is_unreadable;    /* the end of it could not be read: zeros */
	bool has_attributes;
	bool is_incomplete; /* "attributes_left_out" */
	bool is_amended;    /* the archive tells older ones */
	char *file_system;  /* letters, digits, "-:./_"; or NULL */
};

/* Appends the object, compact. A device's numbers are written if is_device. */
void file_facts_format(const struct file_facts *f, bool is_device,
		       struct text *out);

/* Reads it; members that it does not know are passed over. *f is filled only
 * on success; file_facts_fini() ends it. False with *e filled:
 * "damaged_backup". */
bool file_facts_parse(struct file_facts *f, const char *json,
		      struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void file_facts_fini(struct file_facts *f);

#endif
