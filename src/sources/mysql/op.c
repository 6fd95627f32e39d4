/* op.c - a conversation outside any pipeline. */
#include "sources/mysql/op.h"

#include <event2/event.h>

#include "loop/loop.h"

enum { SILENCE_SECONDS = 30 };

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct my_op *op = arg;
	struct err e = {0};
	enum my_flow f = op->ops->step(op, &e);

	(void)fd;
	(void)what;
	if (f == MY_WAIT)
		return;
	op->is_over = true;
	op->ops->tell(op, &e);
	op->ops->free(op);
}

void my_op_again(struct my_op *op)
{
	loop_next_turn(op->turn);
}

static void on_wake(void *arg)
{
	struct my_op *op = arg;

	loop_next_turn(op->turn);
}

/* From within its own callback there is nothing left to cancel. */
static void cancel(struct source_op *base)
{
	struct my_op *op = (struct my_op *)(void *)base;

	if (!op->is_over)
		op->ops->free(op);
}

bool my_op_init(struct my_op *op, const struct my_op_ops *ops,
		const struct source_env *env, const struct source_address *a,
		struct err *e)
{
	op->base.cancel = cancel;
	op->ops = ops;
	op->turn = evtimer_new(loop_base(env->loop), on_turn, op);
	if (op->turn == NULL)
		return err_nomem(e, "a timer");
	op->conn = my_conn_new(env, a, 0, e);
	if (op->conn == NULL)
		return false;
	my_conn_on_wake(op->conn, on_wake, op);
	my_conn_limit(op->conn, SILENCE_SECONDS);
	my_dialog_init(&op->dialog, op->conn, op);
	my_op_again(op);
	return true;
}

void my_op_fini(struct my_op *op)
{
	my_conn_free(op->conn);
	my_dialog_fini(&op->dialog);
	if (op->turn != NULL)
		event_free(op->turn);
}
