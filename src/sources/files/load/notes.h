/* notes.h - what a restore leaves out, told: the first ones in words, and how
 * many in all. */
#ifndef COFFER_SOURCES_FILES_LOAD_NOTES_H
#define COFFER_SOURCES_FILES_LOAD_NOTES_H

#include "sources/load.h"

enum { NOTES_MAX = 20 };

/* Zero it to begin with. */
struct notes {
	struct load_note list[NOTES_MAX];
	size_t n;
	uint64_t all;
};

/* A sentence about the member of that path, which is made fit to be shown. */
void notes_add(struct notes *n, const char *path, const char *what);

#endif
