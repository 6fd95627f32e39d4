/*
 * output.c - see output.h. A frame at a time is with a worker, which may be
 * held up by whoever reads; while it has the frame, frame and work are its own.
 */
#include "ctl/pool/output.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/workers.h"

struct output {
	struct sink base; /* first */
	struct output_config c;
	struct work work;
	struct frame *frame; /* what the worker writes */
	bool is_working;
	int error; /* errno of the worker; 0: none */
};

static struct output *output_of(struct sink *sk)
{
	return (struct output *)(void *)sk;
}

static struct output *worked(struct work *w)
{
	return (struct output *)(void *)((char *)w -
					 offsetof(struct output, work));
}

bool output_write(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return true;
}

static void run_write(struct work *w)
{
	struct output *o = worked(w);
	const struct frame *f = o->frame;
	bool ok = true;

	if (!o->c.is_selected)
		ok = output_write(o->c.fd, f->data, f->len);
	for (size_t i = 0; ok && o->c.is_selected && i < f->nspans; i++)
		ok = output_write(o->c.fd, f->data + f->spans[i].plain_offset,
				  f->spans[i].plain_len);
	o->error = ok ? 0 : errno;
}

static void on_written(struct work *w)
{
	struct output *o = worked(w);

	*o->c.written += o->frame->len;
	frame_free(o->frame);
	o->frame = NULL;
	o->is_working = false;
	wake(&o->base.waker);
}

static enum flow write_frame(struct sink *sk, struct link *in, struct err *e)
{
	struct output *o = output_of(sk);

	if (o->error != 0) {
		(void)err_set(e, ERR_IO, "cannot_write",
			      "standard output takes no more: %s",
			      strerror(o->error));
		return FLOW_FAIL;
	}
	if (o->is_working)
		return FLOW_WAIT;
	o->frame = link_pop(in);
	if (o->frame == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	o->is_working = true;
	o->work = (struct work){.run = run_write, .done = on_written};
	workers_submit(o->c.blocking, &o->work);
	return FLOW_WAIT;
}

static void dispose(struct work *w)
{
	struct output *o = worked(w);

	frame_free(o->frame);
	free(o);
}

static void output_destroy(struct sink *sk)
{
	struct output *o = output_of(sk);

	if (o->is_working) {
		work_abandon(&o->work, dispose);
		return;
	}
	free(o);
}

static const struct sink_ops output_ops = {
	.name = "standard output",
	.write = write_frame,
	.destroy = output_destroy,
};

struct sink *output_new(const struct output_config *c, struct err *e)
{
	struct output *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)err_nomem(e, "the output");
		return NULL;
	}
	o->base.ops = &output_ops;
	o->c = *c;
	return &o->base;
}
