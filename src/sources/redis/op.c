/* op.c - a conversation outside any pipeline. */
#include "sources/redis/op.h"

#include <event2/event.h>

#include "loop/loop.h"

enum { SILENCE_SECONDS = 30 };

static void end(struct redis_op *op, const struct err *e)
{
	op->is_over = true;
	op->ops->tell(op, e);
	op->ops->free(op);
}

static void wait_for_words(struct redis_op *op)
{
	static const struct timeval patience = {SILENCE_SECONDS, 0};

	(void)evtimer_add(op->silence, &patience);
}

static void on_open(void *arg, const struct err *failed)
{
	struct redis_op *op = arg;
	struct err e = {0};

	if (failed != NULL)
		e = *failed;
	wait_for_words(op);
	if (failed != NULL || !op->ops->begin(op, &e))
		end(op, &e);
}

static void on_reply(void *arg, const struct redisReply *r)
{
	struct redis_op *op = arg;
	struct err e = {0};
	bool is_over = false;

	wait_for_words(op);
	if (!op->ops->take(op, r, &is_over, &e) || is_over)
		end(op, &e);
}

static void on_lost(void *arg, const struct err *failed)
{
	struct err e = *failed;

	end(arg, &e);
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct err e = {0};

	(void)fd;
	(void)what;
	(void)err_set(&e, ERR_CONNECT, "connection_failed",
		      "the server says nothing for %d s: look whether it is "
		      "busy, and try again",
		      SILENCE_SECONDS);
	end(arg, &e);
}

/* From within its own callback there is nothing left to cancel. */
static void cancel(struct source_op *base)
{
	struct redis_op *op = (struct redis_op *)(void *)base;

	if (!op->is_over)
		op->ops->free(op);
}

bool redis_op_init(struct redis_op *op, const struct redis_op_ops *ops,
		   const struct source_env *env, const struct source_address *a,
		   struct err *e)
{
	static const struct redis_conn_events events = {on_open, on_reply,
							on_lost, NULL};

	op->base.cancel = cancel;
	op->ops = ops;
	op->silence = evtimer_new(loop_base(env->loop), on_silence, op);
	if (op->silence == NULL)
		return err_nomem(e, "a timer");
	op->conn = redis_conn_new(env, a, &events, op, e);
	return op->conn != NULL;
}

void redis_op_fini(struct redis_op *op)
{
	redis_conn_free(op->conn);
	if (op->silence != NULL)
		event_free(op->silence);
}
