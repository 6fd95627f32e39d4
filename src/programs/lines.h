/* lines.h - what a program writes to its standard error, line by line. */
#ifndef COFFER_PROGRAMS_LINES_H
#define COFFER_PROGRAMS_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_TEXT_MAX = 1000, LINE_RAW_MAX = 4096, LINE_SECRET_MAX = 1024 };

/* Zero it to begin with. */
struct lines {
	const char *secret; /* borrowed; what is replaced by "***", or NULL */
	const char *bytes;  /* what was given and is not read yet */
	size_t len;
	char raw[LINE_RAW_MAX + 1]; /* the line that is gathered */
	size_t nraw;
	bool is_cut; /* the rest of it is dropped */
	char text[LINE_TEXT_MAX + 4];
};

/* Gives it bytes, borrowed until lines_next() has returned NULL. */
void lines_give(struct lines *l, const char *bytes, size_t len);

/*
 * The next line that is whole, until the next call; NULL: there is none. Empty
 * ones are left out; control characters become blanks, what is no UTF-8 '?',
 * the secret and what follows "password=" "***".
 */
const char *lines_next(struct lines *l);

/* The last line, that has no end; NULL: there is none. */
const char *lines_last(struct lines *l);

#endif
