/*
 * reader.h - several connections read the rows of many tables: a dump from
 * one view, a verification from what was restored.
 *
 * The tables stand in a pool. Each reader (one connection) takes one after
 * the other; one that is large and has an integer key at the front of its
 * primary key is cut into ranges, and readers without work help with it.
 * Ranges are exact, since all readers see the same rows.
 *
 *	names -> next -> definition -> [columns] -> [bounds, key] -> begin
 *	         ^  |                                                  |
 *	         |  idle, done                                      select <-
 *	         |                                                     |    |
 *	         --- release <- end <-------------------------------- rows  |
 *	                                                               |    |
 *	                                                             [jump]--
 *
 * The owner does three things: what begins, what the rows are for, what ends.
 */
#ifndef COFFER_SOURCES_MYSQL_READER_H
#define COFFER_SOURCES_MYSQL_READER_H

#include <sys/queue.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/column.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/ranges.h"

enum my_reader_state {
	READER_NAMES,	   /* values come as their bytes from here on */
	READER_NEXT,	   /* what to read next */
	READER_IDLE,	   /* others find out whether their tables are large */
	READER_DEFINITION, /* a new table's columns, if they are plain */
	READER_COLUMNS,	   /* its columns, if not */
	READER_BOUNDS,	   /* its first and its last key */
	READER_KEY,	   /* its primary key, and how large it is about */
	READER_BEGIN,	   /* the owner's: my_reader_begun() */
	READER_SELECT,	   /* rows are asked for */
	READER_ROWS,	   /* the owner's: my_fetch(), my_reader_rows_over() */
	READER_JUMP,	   /* a range was empty: where the next key is */
	READER_END,	   /* the owner's: my_reader_ended() */
	READER_RELEASE,	   /* the table's metadata lock goes */
	READER_DONE,	   /* nothing is left */
	READER_STATE_COUNT,
};

/* A table that is read; the owner's structure begins with it. */
struct my_reading {
	TAILQ_ENTRY(my_reading) entry;
	const char *database, *name; /* the owner's, while it lives */
	bool is_whole;		     /* the owner: never to be cut */
	bool has_history;	     /* the owner: with its past; never cut */
	bool is_plain; /* the owner: its definition may tell its columns */
	struct my_columns columns;
	uint64_t rows_known;	  /* the owner: how many there must be, or 0 */
	const struct my_key *key; /* one of its columns', if it may be cut */
	bool has_bounds, has_size;
	uint64_t first, last; /* keys */
	uint64_t rows, bytes; /* about */
	unsigned nreaders;    /* that read it now */
	bool is_split;
	struct my_ranges ranges; /* if it is split */
};

struct my_pool_ops {
	/* The next table in *out, NULL: none is left. */
	bool (*next)(void *arg, struct my_reading **out, struct err *e);
	/* All of it was read. False with *e filled fails the reader. */
	bool (*over)(void *arg, struct my_reading *t, struct err *e);
	/* Frees it; my_reading_fini() is part of it. */
	void (*free)(struct my_reading *t);
};

struct my_reader;

struct my_pool {
	const struct my_pool_ops *ops;
	void *arg;
	const char *release; /* statement after each table, or NULL */
	unsigned nreaders;   /* that share the work; 1: nothing is cut */
	unsigned nunknown;   /* tables of which it is not known yet */
	TAILQ_HEAD(, my_reading) split; /* of which there is more to read */
	TAILQ_HEAD(, my_reader) idle;
};

struct my_reader {
	TAILQ_ENTRY(my_reader) entry; /* while it is idle */
	struct my_pool *pool;
	struct my_dialog dialog;
	enum my_reader_state state;
	struct my_reading *table; /* or NULL */
	struct my_range range;
	bool is_unknown; /* its table counts in pool->nunknown */
	my_wake_cb *wake;
	void *wake_arg;
};

/* ops and release are borrowed for its life. */
void my_pool_init(struct my_pool *p, const struct my_pool_ops *ops, void *arg,
		  unsigned nreaders);

/* Frees the columns. */
void my_reading_fini(struct my_reading *t);

/* Borrows the pool and the connection, whose events are the owner's to hear.
 * wake: there is work again for a reader that answered MY_WAIT; it runs from
 * within another reader's step. */
void my_reader_init(struct my_reader *r, struct my_pool *p, struct my_conn *c,
		    my_wake_cb *wake, void *arg);

/* Leaves the pool, also in the middle. Fine on a zeroed one. */
void my_reader_fini(struct my_reader *r);

/* Goes on, in a state that is not the owner's nor DONE. */
enum my_flow my_reader_step(struct my_reader *r, struct err *e) MUST_CHECK;

/* The owner has begun with r->table. */
void my_reader_begun(struct my_reader *r);

/* The last row of the statement came; bytes of values were in all of them. */
void my_reader_rows_over(struct my_reader *r, uint64_t bytes);

/* The owner has ended its part of r->table, which is NULL from here on. */
bool my_reader_ended(struct my_reader *r, struct err *e) MUST_CHECK;

#endif
