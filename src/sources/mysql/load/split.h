/*
 * split.h - cuts the text of a dump into statements.
 *
 * A statement ends with its delimiter at the end of a line, and with nothing
 * else: no value holds a raw line end, and a definition that could be taken
 * for one has a delimiter of its own (out.h). So no literal needs to be
 * understood, and the search runs at the speed of memory.
 */
#ifndef COFFER_SOURCES_MYSQL_SPLIT_H
#define COFFER_SOURCES_MYSQL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

enum { MY_DELIMITER_MAX = 16 };

/* Zero it to begin with. */
struct my_split {
	char delimiter[MY_DELIMITER_MAX]; /* empty: ";" */
	struct text rest; /* a statement that began in earlier bytes */
	bool is_given;	  /* rest was given out: it goes at the next call */
	const char *at, *end;
};

enum my_split_answer {
	SPLIT_STATEMENT, /* *sql is one, without its delimiter */
	SPLIT_MORE,	 /* all bytes are taken in */
	SPLIT_FAIL,	 /* *e is filled */
};

/* The next bytes, borrowed until my_split_next() says SPLIT_MORE. */
void my_split_feed(struct my_split *s, const char *bytes, size_t len);

/* *sql is valid until the next call. */
enum my_split_answer my_split_next(struct my_split *s, const char **sql,
				   size_t *len, struct err *e) MUST_CHECK;

/* True when no statement is left half. */
bool my_split_is_clean(const struct my_split *s);

/* Frees what it holds. */
void my_split_fini(struct my_split *s);

#endif
