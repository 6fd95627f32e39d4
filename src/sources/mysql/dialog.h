/*
 * dialog.h - a flow that is one statement after the other: each state of the
 * flow's enum has one entry that writes its statement and takes its answer.
 */
#ifndef COFFER_SOURCES_MYSQL_DIALOG_H
#define COFFER_SOURCES_MYSQL_DIALOG_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/conn.h"

struct my_ask {
	const char *doing; /* for errors: "read the list of databases" */
	/* Writes the statement; none written: nothing is asked, answer() is
	 * next. Returns false with *e filled. */
	bool (*ask)(void *arg, struct text *sql, struct err *e);
	/* Reads the stored result and sets the flow's next state. NULL: the
	 * flow goes on by itself. */
	bool (*answer)(void *arg, struct my_conn *c, struct err *e);
	/* The server refused with a number: true: the state was set and the
	 * flow goes on; false: it fails, with *e as it was or better. NULL:
	 * it fails. Not called when the connection broke. */
	bool (*refused)(void *arg, struct my_conn *c, unsigned number,
			struct err *e);
};

struct my_dialog {
	struct my_conn *conn; /* borrowed */
	void *arg;
	struct text sql;
	bool is_asked;
	bool is_connecting;
};

/* Borrows conn until my_dialog_fini(). */
void my_dialog_init(struct my_dialog *d, struct my_conn *conn, void *arg);

/* Frees what it holds; the connection stays. */
void my_dialog_fini(struct my_dialog *d);

/* Connects. MY_DONE: connected. */
enum my_flow my_dialog_connect(struct my_dialog *d, struct err *e) MUST_CHECK;

/* Goes through one entry. MY_DONE: it was answered (or refused and taken). */
enum my_flow my_dialog_step(struct my_dialog *d, const struct my_ask *ask,
			    struct err *e) MUST_CHECK;

/* Like my_dialog_step(), but the result is left to be fetched row by row:
 * MY_DONE when its first row may be fetched; answer() is not called. */
enum my_flow my_dialog_stream(struct my_dialog *d, const struct my_ask *ask,
			      struct err *e) MUST_CHECK;

#endif
