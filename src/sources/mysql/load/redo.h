/*
 * redo.h - the frames of a transaction that is open, so that it can be run
 * again when the server rolls it back (a deadlock).
 *
 * A frame is read in runs: its spans where it has some, else all of it. The
 * transaction begins somewhere in the first kept frame.
 */
#ifndef COFFER_SOURCES_MYSQL_REDO_H
#define COFFER_SOURCES_MYSQL_REDO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "pipeline/frame.h"

struct my_redo {
	struct frame_list kept;
	struct frame *at; /* being read, one of kept; NULL: none */
	size_t run;	  /* which of its runs */
	size_t bytes;	  /* of all that is kept */
	size_t start_run; /* where the transaction begins in the first */
	const char *start;
};

struct my_run {
	const char *bytes;
	size_t len;
	const struct item *item; /* its frame was cut out of others for it;
				  * NULL: the frame has all it needs */
};

/* Nothing is kept. */
void my_redo_init(struct my_redo *r);

/* Takes the frame: its runs come after those that there are. */
void my_redo_push(struct my_redo *r, struct frame *f);

/* The next run; false: all are read (then push more), or *e is filled: a span
 * lies outside its frame. */
bool my_redo_next(struct my_redo *r, struct my_run *run,
		  struct err *e) MUST_CHECK;

/* A transaction begins at this place of the run at hand; at NULL: behind all
 * that was read. What lies before is freed. */
void my_redo_mark(struct my_redo *r, const char *at);

/* Back to where the transaction began. False: nothing was read since. The run
 * has no item: its session is the caller's to set up. */
bool my_redo_rewind(struct my_redo *r, struct my_run *run);

/* Frees what it holds. */
void my_redo_fini(struct my_redo *r);

#endif
