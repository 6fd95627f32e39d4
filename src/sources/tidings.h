/*
 * tidings.h - what a walk has to tell of a tree, or a bucket, that is not as it
 * would be: counted, and the first of each kind by name. Owned by one thread at
 * a time.
 */
#ifndef COFFER_SOURCES_TIDINGS_H
#define COFFER_SOURCES_TIDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct source_warning;

/* In the order in which they are told in the end. */
enum tiding {
	TIDING_UNREADABLE,
	TIDING_CHANGED, /* while it was read, twice */
	TIDING_VANISHED,
	TIDING_SOCKET,
	TIDING_ATTRS, /* extended attributes that could not be kept */
	TIDING_AVOIDED,
	TIDING_OBJECT_UNREADABLE,
	TIDING_OBJECT_CHANGED, /* while it was read, again and again */
	TIDING_OBJECT_VANISHED,
	TIDING_METADATA, /* more of it, or other, than could be kept */
	TIDING_OBJECT_AVOIDED,
	TIDING_COUNT,
};

enum { TIDINGS_NAMED = 4, TIDINGS_LINES = 1000 };

/* Zero it to begin with. */
struct tidings {
	uint64_t counts[TIDING_COUNT];
	char details[TIDING_COUNT][TIDINGS_NAMED][ERR_MSG_MAX];
	struct text lines; /* not taken yet; each with a line end */
	unsigned nlines;   /* that there ever were */
};

/* Of path (exact bytes, relative to the top) or key; why may be NULL. */
void tidings_add(struct tidings *t, enum tiding what, const char *path,
		 const char *why);

/* A line of its own for the job's log. */
void tidings_say(struct tidings *t, const char *line);

/* "file_unreadable" */
const char *tiding_code(enum tiding what);

/* Fills at most max warnings: of each kind how many there were, then the first
 * by name. Returns how many. */
size_t tidings_tell(const struct tidings *t, struct source_warning *out,
		    size_t max);

/* The lines for a job's log since the last call, NULL when there are none or no
 * memory was left for them; caller frees. */
char *tidings_take_lines(struct tidings *t);

/* A path as it stands in a sentence, cut to fit. Returns out. */
char *tidings_path(char *out, size_t cap, const char *path);

/* Frees what it holds. */
void tidings_fini(struct tidings *t);

#endif
