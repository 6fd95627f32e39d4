/* stream.h - the bytes of a backup, in order, to a descriptor. */
#ifndef COFFER_CTL_POOL_STREAM_H
#define COFFER_CTL_POOL_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "ctl/pool/reach.h"

struct stream {
	struct reach *reach;
	const struct manifest *manifest;
	int fd;
	const char *const *patterns; /* of items (wanted.h) */
	size_t npatterns;	     /* 0: all */

	/* found */
	uint64_t written;  /* 0: not a byte */
	uint64_t nitems;   /* that were asked for and are there */
	uint64_t namended; /* of those, files whose owner, mode and time are
			    * newer than in the archive */
};

/*
 * Writes all of it. Of a backup whose parts are its own and of which nothing
 * is named, all parts in order, each after its size and SHA-256; else the bytes
 * of each item in the order of the index, each frame after its checksum, as
 * doc/reference/format.md tells it by hand. SQL of items begins with the
 * settings that it needs, and an archive of items ends as archives do. False
 * with *e filled.
 */
bool stream_write(struct stream *s, struct err *e) MUST_CHECK;

#endif
