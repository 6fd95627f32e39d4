/*
 * out.h - lays SQL text into frames: bytes, the spans that tell whose they
 * are, and the lines that let each frame be read without those before it.
 *
 * A frame begins with its phase's preamble and the USE of its database, and
 * ends with a whole statement. Only a statement longer than a frame goes on
 * in the next one (is_open), which then begins right in its middle.
 */
#ifndef COFFER_SOURCES_MYSQL_OUT_H
#define COFFER_SOURCES_MYSQL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/text.h"
#include "pipeline/pipeline.h"

struct my_out {
	struct link *link;     /* where full frames go; set before each use */
	const char *preamble;  /* borrowed: "SET NAMES binary;\n" */
	uint64_t *plain_bytes; /* counted up as frames leave */
	struct frame *frame;
	size_t begin;	   /* where the preamble ends in it */
	size_t span_at;	   /* where the current item's bytes begin in it */
	struct item *item; /* being written, or NULL */
	struct text use;   /* "USE `db`;\n", or empty */
	uint64_t rows;	   /* of the current span */
	struct digest digest;
};

/* Starts an item, or a run of one that is_apart, which begins a frame. Takes
 * the reference (NULL: out of memory, told as such). database NULL: none is
 * in use. */
bool my_out_begin(struct my_out *o, struct item *item, const char *database,
		  struct err *e) MUST_CHECK;

/* Adds whole statements, in a new frame if they fit better there. Without an
 * item the bytes belong to nobody. */
bool my_out_add(struct my_out *o, const char *bytes, size_t len,
		struct err *e) MUST_CHECK;

/* The item, or its run, has no more bytes. */
bool my_out_end(struct my_out *o, struct err *e) MUST_CHECK;

/* Room for so many bytes at the frame's end; NULL: not in this frame. The
 * caller adds what it used to frame->len. */
char *my_out_room(struct my_out *o, size_t need);

/* True when nothing but the preamble is in the frame. */
bool my_out_is_fresh(const struct my_out *o);

/* The statement is whole: the frame goes, the next one is begun. */
bool my_out_next(struct my_out *o, struct err *e) MUST_CHECK;

/* The statement goes on: so does the frame, open, and the next is begun
 * without a preamble. */
bool my_out_cut(struct my_out *o, struct err *e) MUST_CHECK;

/* What there is goes. */
bool my_out_flush(struct my_out *o, struct err *e) MUST_CHECK;

/* Frees what it holds. */
void my_out_fini(struct my_out *o);

/*
 * Appends a statement and its end. A body (or a text with a line end behind a
 * semicolon in it) is ended by a delimiter of its own that does not occur in
 * it; always on a line of its own, since a body may end with a comment.
 */
void my_statement(struct text *t, const char *sql, size_t len, bool is_body);

#endif
