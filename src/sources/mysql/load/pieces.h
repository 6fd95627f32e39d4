/*
 * pieces.h - an INSERT that is longer than a packet of the target may be, cut
 * at the borders of its rows.
 *
 * A statement of a dump is "INSERT INTO `t` (`a`) VALUES", a line end, and a
 * row a line; no value holds a raw line end (out.h), a name may.
 */
#ifndef COFFER_SOURCES_MYSQL_PIECES_H
#define COFFER_SOURCES_MYSQL_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct my_pieces {
	const char *head;
	size_t head_len;
	const char *at, *end; /* rows that are left */
	size_t limit;
	struct text piece;
};

/* Begins to cut sql, which is borrowed until the last piece was given.
 * "target_incompatible" when it is no INSERT. */
bool my_pieces_begin(struct my_pieces *p, const char *sql, size_t len,
		     size_t limit_bytes, struct err *e) MUST_CHECK;

/* True while rows are left. */
bool my_pieces_has_more(const struct my_pieces *p);

/* The next statement, valid until the next call; "target_incompatible" when
 * a single row is too long. */
bool my_pieces_next(struct my_pieces *p, const char **sql, size_t *len,
		    struct err *e) MUST_CHECK;

/* No row is left; the memory stays. */
void my_pieces_stop(struct my_pieces *p);

/* Frees what it holds. */
void my_pieces_fini(struct my_pieces *p);

#endif
