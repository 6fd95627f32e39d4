/* questions.c - questions.h: connect, then one question after the other. */
#include "sources/mysql/questions.h"

#include <stdlib.h>

#include "base/log.h"
#include "sources/mysql/conn.h"

struct my_questions {
	struct source source; /* comes first */
	const struct my_questions_kind *kind;
	struct my_dialog dialog;
	bool is_connected;
	size_t at; /* the next one */
};

static struct my_questions *questions_of(void *source)
{
	return source;
}

static enum my_flow step(struct my_questions *q, struct err *e)
{
	const struct my_ask *ask = &q->kind->asks[q->at];
	enum my_flow f;

	if (!q->is_connected) {
		f = my_dialog_connect(&q->dialog, e);
		q->is_connected = f == MY_DONE;
		return f;
	}
	f = my_dialog_step(&q->dialog, ask, e);
	if (f == MY_DONE) {
		log_debug("sources", "%s: %s: done", q->kind->ops.name,
			  ask->doing);
		q->at++;
	}
	return f;
}

enum flow my_questions_read(struct source *source, struct link *out,
			    struct err *e)
{
	struct my_questions *q = questions_of(source);

	(void)out;
	while (q->at < q->kind->count) {
		enum my_flow f = step(q, e);

		if (f != MY_DONE)
			return f == MY_WAIT ? FLOW_WAIT : FLOW_FAIL;
	}
	return FLOW_END;
}

void my_questions_destroy(struct source *source)
{
	struct my_questions *q = questions_of(source);
	void *arg = q->dialog.arg;

	my_conn_on_wake(q->dialog.conn, NULL, NULL);
	my_dialog_fini(&q->dialog);
	q->kind->leave(arg);
	free(q);
}

static void on_wake(void *arg)
{
	wake(&questions_of(arg)->source.waker);
}

struct source *my_questions_new(const struct my_questions_kind *kind,
				struct my_conn *conn, void *arg, struct err *e)
{
	struct my_questions *q = calloc(1, sizeof(*q));

	if (q == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	q->source.ops = &kind->ops;
	q->kind = kind;
	my_dialog_init(&q->dialog, conn, arg);
	my_conn_on_wake(conn, on_wake, q);
	return &q->source;
}
