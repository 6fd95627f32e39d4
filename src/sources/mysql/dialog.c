/* dialog.c - one statement after the other. */
#include "sources/mysql/dialog.h"

#include <string.h>

void my_dialog_init(struct my_dialog *d, struct my_conn *conn, void *arg)
{
	memset(d, 0, sizeof(*d));
	d->conn = conn;
	d->arg = arg;
}

void my_dialog_fini(struct my_dialog *d)
{
	text_free(&d->sql);
}

enum my_flow my_dialog_connect(struct my_dialog *d, struct err *e)
{
	if (!d->is_connecting)
		my_connect(d->conn);
	d->is_connecting = true;
	return my_step(d->conn, e);
}

/* MY_DONE: the statement is on its way, or there is none. */
static enum my_flow begin(struct my_dialog *d, const struct my_ask *ask,
			  enum my_take take, struct err *e)
{
	text_reset(&d->sql);
	if (!ask->ask(d->arg, &d->sql, e))
		return MY_FAIL;
	if (d->sql.is_broken) {
		(void)err_nomem(e, "a statement");
		return MY_FAIL;
	}
	if (d->sql.len == 0)
		return MY_DONE;
	my_query(d->conn, d->sql.data, d->sql.len, take, ask->doing);
	d->is_asked = true;
	return MY_DONE;
}

static enum my_flow refused(struct my_dialog *d, const struct my_ask *ask,
			    struct err *e)
{
	unsigned number = my_conn_errno(d->conn);

	if (ask->refused == NULL || number == 0 ||
	    !my_conn_is_usable(d->conn) ||
	    !ask->refused(d->arg, d->conn, number, e))
		return MY_FAIL;
	err_clear(e);
	return MY_DONE;
}

static enum my_flow answered(struct my_dialog *d, const struct my_ask *ask,
			     struct err *e)
{
	if (ask->answer != NULL && !ask->answer(d->arg, d->conn, e))
		return MY_FAIL;
	return MY_DONE;
}

enum my_flow my_dialog_step(struct my_dialog *d, const struct my_ask *ask,
			    struct err *e)
{
	enum my_flow f = MY_DONE;

	if (!d->is_asked)
		f = begin(d, ask, MY_STORE, e);
	if (f != MY_DONE)
		return f;
	if (d->is_asked)
		f = my_step(d->conn, e);
	if (f == MY_WAIT)
		return f;
	d->is_asked = false;
	return f == MY_FAIL ? refused(d, ask, e) : answered(d, ask, e);
}

enum my_flow my_dialog_stream(struct my_dialog *d, const struct my_ask *ask,
			      struct err *e)
{
	enum my_flow f = MY_DONE;

	if (!d->is_asked)
		f = begin(d, ask, MY_STREAM, e);
	if (f != MY_DONE)
		return f;
	f = my_step(d->conn, e);
	if (f != MY_WAIT)
		d->is_asked = false;
	return f;
}
