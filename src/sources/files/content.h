/* content.h - regular files of a pack, small ones and large ones. */
#ifndef COFFER_SOURCES_FILES_CONTENT_H
#define COFFER_SOURCES_FILES_CONTENT_H

#include "sources/files/pack_int.h"

/* A file is whole in the archive, or carried over: counts it and notes its
 * links. */
enum step content_count(struct pack *p, const char *path, const struct stat *st,
			struct err *e);

/* A regular file that is open (fd, which it closes) at p->place. */
enum step content_read(struct pack *p, int fd, struct stat *st, struct err *e);

/* The next piece of the large file in p->content. */
enum step content_step(struct pack *p, struct err *e);

/* Whether the frame ends within a member, or between two of one file. */
bool content_is_open(const struct content *c);

/* Closes and forgets it. */
void content_end(struct content *c);

#endif
