/* dress.h - owner, mode, extended attributes and times, given to what was
 * laid. Blocks: for worker threads. */
#ifndef COFFER_SOURCES_FILES_LOAD_DRESS_H
#define COFFER_SOURCES_FILES_LOAD_DRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct member;
struct member_attr;
struct notes;

/* Zero it to begin with. */
struct dress {
	uint32_t mode, uid, gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	bool with_owner;
	struct member_attr *attrs; /* its own */
	size_t nattrs;
};

/* Copies what the member has. False: no memory. */
bool dress_fill(struct dress *d, const struct member *m);

/*
 * Of an open file or folder. Without with_owner it belongs to who runs the
 * server, and has no bits that would let others act as him. What the file
 * system does not take of attributes and owners is a note about path. False
 * and errno: mode or times cannot be set.
 */
bool dress_file(const struct dress *d, int fd, struct notes *notes,
		const char *path);

/* Of a symbolic link, which has neither mode nor attributes here. */
bool dress_link(const struct dress *d, int dir, const char *leaf,
		struct notes *notes, const char *path);

/* Frees what it holds and zeroes it. */
void dress_fini(struct dress *d);

#endif
