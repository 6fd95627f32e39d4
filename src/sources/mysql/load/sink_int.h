/*
 * sink_int.h - one sink of a restore: the states of its connection
 * (sink.c) and what it does with each statement (statement.c).
 */
#ifndef COFFER_SOURCES_MYSQL_SINK_INT_H
#define COFFER_SOURCES_MYSQL_SINK_INT_H

#include "sources/mysql/dialog.h"
#include "sources/mysql/load/load_int.h"
#include "sources/mysql/load/pieces.h"
#include "sources/mysql/load/redo.h"
#include "sources/mysql/load/split.h"

enum sink_state {
	SINK_CONNECT,  /* no connection yet */
	SINK_SERVER,   /* version, for the settings */
	SINK_SETTINGS, /* the session becomes ours */
	SINK_TABLES,   /* what only some accounts may set */
	SINK_PREPARE,  /* what is overwritten goes, one after the other */
	SINK_NEXT,     /* looks for the next statement */
	SINK_RUN,      /* it is on its way */
	SINK_ALONE,    /* it must not share a transaction: none from here on */
	SINK_COMMIT,   /* so many rows are enough for one transaction */
	SINK_ROLLBACK, /* others were in the way: once more from its start */
	SINK_LAST,     /* the last transaction */
	SINK_DONE,
	SINK_STATE_COUNT,
};

struct my_sink {
	struct sink sink; /* comes first */
	struct my_load *load;
	enum item_kind section;
	struct my_conn *conn;
	struct my_dialog dialog;
	struct my_server server;
	enum sink_state state;
	struct my_prepare prepare;

	struct my_redo redo;
	struct my_split split;		  /* of the frames */
	char delimiter[MY_DELIMITER_MAX]; /* where the transaction began */
	struct text own;		  /* our statements, come first */
	struct my_split own_split;
	bool is_own; /* the statement at hand is one of them */

	const char *raw; /* the statement at hand, as in the dump */
	size_t raw_len;
	const char *full; /* as it is at the target */
	size_t full_len;
	const char *sql; /* as it is sent: all of it, or a piece */
	size_t len;
	struct text renamed, replaced; /* buffers for what changed */
	struct my_pieces pieces;       /* it is sent in several */

	struct text use;       /* "USE `db`" as it was sent, or empty */
	struct text start_use; /* the same where the transaction began */
	const struct my_partial *partial; /* the database in use, if part */

	size_t open_bytes; /* of the transaction */
	unsigned open_statements;
	uint64_t open_rows;
	unsigned tries;	 /* of it, that were rolled back */
	bool is_alone;	 /* each statement is a transaction */
	bool is_single;	 /* the one at hand is */
	bool is_pending; /* it waits for a COMMIT */
	bool is_holding; /* among the events */
};

/* Looks at s->raw: true: s->sql is to be sent; false: there is nothing to
 * do with it, or *e is filled. */
bool my_sink_take(struct my_sink *s, struct err *e);

/* True when the statement at hand must be a transaction of its own, since no
 * ROLLBACK would take its rows back, or since its frames are gone. */
bool my_sink_wants_single(const struct my_sink *s);

/* It was done: what is remembered of it. */
bool my_sink_did(struct my_sink *s, struct err *e) MUST_CHECK;

/* Our own statements before a run that was cut out for an item. */
bool my_sink_set_up(struct my_sink *s, const struct item *item,
		    struct err *e) MUST_CHECK;

/* It was refused with that number. True: it goes without it, and that is
 * noted for who restores. */
bool my_sink_leaves_out(struct my_sink *s, unsigned number);

/* Tells in *e which statement failed. */
void my_sink_blame(const struct my_sink *s, struct err *e);

/* Adds to *e what the target holds by now, whichever of its connections ended
 * the restore, and wherever it was. Nothing when no statement was begun. */
void my_sink_stand(const struct my_sink *s, struct err *e);

#endif
