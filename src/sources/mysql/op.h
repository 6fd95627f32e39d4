/*
 * op.h - a short conversation outside any pipeline: a connection, a dialog,
 * and a callback at the end. Embedded in what a probe or a check is.
 */
#ifndef COFFER_SOURCES_MYSQL_OP_H
#define COFFER_SOURCES_MYSQL_OP_H

#include "sources/mysql/conn.h"
#include "sources/mysql/dialog.h"
#include "sources/op_int.h"

struct event;
struct my_op;

struct my_op_ops {
	/* Goes on, a few ms at a time. MY_DONE: it is over. To be called again
	 * without waiting for the server: my_op_again(), MY_WAIT. */
	enum my_flow (*step)(struct my_op *op, struct err *e);
	/* Calls the caller's callback; *op is freed afterwards. */
	void (*tell)(struct my_op *op, const struct err *e);
	/* Frees the whole object, my_op_fini() included. */
	void (*free)(struct my_op *op);
};

struct my_op {
	struct source_op base; /* comes first */
	const struct my_op_ops *ops;
	struct my_conn *conn;
	struct my_dialog dialog;
	struct event *turn;
	bool is_over;
};

/* Makes the connection and starts the conversation in the next turn of the
 * loop. On failure *op holds nothing that my_op_fini() does not free. */
bool my_op_init(struct my_op *op, const struct my_op_ops *ops,
		const struct source_env *env, const struct source_address *a,
		struct err *e) MUST_CHECK;

/* Frees what my_op_init() made; fine on a zeroed one. */
void my_op_fini(struct my_op *op);

/* step() again in the next turn of the loop. */
void my_op_again(struct my_op *op);

#endif
