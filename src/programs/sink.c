/*
 * sink.c - frames to a program's standard input. What it writes to its standard
 * output is of no use and thrown away, so that it does not stand still.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream_int.h"

enum { FRAMES_PER_WRITE = 4, TRASH_BYTES = 64 * 1024 };

struct program_sink {
	struct sink base; /* comes first */
	struct stream stream;
	uint64_t *bytes;
	struct frame *frame; /* that is written, or NULL */
	size_t written;	     /* of it */
	struct event *writable;
	struct event *trash;
	bool is_closed; /* all is written, or nobody reads any more */
	bool is_broken; /* nobody read all of it */
};

static struct program_sink *sink_of(struct sink *s)
{
	return (struct program_sink *)(void *)s; /* comes first */
}

static void on_trash(evutil_socket_t fd, short what, void *arg)
{
	struct program_sink *s = arg;
	static char bytes[TRASH_BYTES];
	ssize_t n = read((int)fd, bytes, sizeof(bytes));

	(void)what;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	(void)event_del(s->trash);
}

static bool make_events(struct program_sink *s, struct err *e)
{
	if (s->writable != NULL)
		return true;
	s->writable = stream_event(&s->stream, program_input(s->stream.program),
				   EV_WRITE);
	s->trash = event_new(s->stream.base, program_output(s->stream.program),
			     EV_READ | EV_PERSIST, on_trash, s);
	if (s->writable == NULL || s->trash == NULL ||
	    event_add(s->trash, NULL) != 0)
		return err_nomem(e, "an event");
	return true;
}

static void close_input(struct program_sink *s, bool is_broken)
{
	s->is_closed = true;
	s->is_broken = is_broken;
	frame_free(s->frame);
	s->frame = NULL;
	(void)event_del(s->writable);
	program_close_input(s->stream.program);
}

/* FLOW_MORE: some was written, or it is closed. */
static enum flow write_frame(struct program_sink *s, struct err *e)
{
	struct frame *f = s->frame;
	ssize_t n = write(program_input(s->stream.program),
			  f->data + s->written, f->len - s->written);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (event_add(s->writable, NULL) == 0)
			return FLOW_WAIT;
		(void)err_nomem(e, "an event");
		return FLOW_FAIL;
	}
	if (n < 0) {
		close_input(s, true);
		return FLOW_MORE;
	}
	s->written += (size_t)n;
	*s->bytes += (uint64_t)n;
	if (s->written == f->len) {
		frame_free(f);
		s->frame = NULL;
	}
	return FLOW_MORE;
}

static bool take_frame(struct program_sink *s, struct link *in)
{
	while (s->frame == NULL && in->nframes > 0) {
		s->frame = link_pop(in);
		s->written = 0;
		if (s->frame->len == 0) {
			frame_free(s->frame);
			s->frame = NULL;
		}
	}
	return s->frame != NULL;
}

static enum flow write_some(struct program_sink *s, struct link *in,
			    struct err *e)
{
	enum flow flow = FLOW_WAIT;

	for (int i = 0; i < FRAMES_PER_WRITE; i++) {
		enum flow f;

		if (!take_frame(s, in)) {
			if (in->eof) {
				close_input(s, false);
				flow = FLOW_MORE;
			}
			return flow;
		}
		f = write_frame(s, e);
		if (f == FLOW_FAIL || s->is_closed)
			return f;
		if (f == FLOW_WAIT)
			return flow;
		flow = FLOW_MORE;
	}
	return flow;
}

/*
 * It ended well before its input did. tar ends at the mark in its input, and
 * the end of that may be told later: only what it was not given is missing.
 */
static enum flow wait_for_input(struct program_sink *s, struct link *in,
				struct err *e)
{
	if (take_frame(s, in))
		return stream_fail(&s->stream, e,
				   "ended before it had read all of its input");
	if (!in->eof)
		return FLOW_WAIT;
	close_input(s, false);
	return FLOW_MORE;
}

/* Its reason is told with its end; until then nothing can be said. */
static enum flow wait_for_end(struct program_sink *s, struct err *e)
{
	if (program_ended(s->stream.program) == NULL)
		return FLOW_WAIT;
	if (s->is_broken)
		return stream_fail(&s->stream, e,
				   "ended before it had read all of its input");
	return stream_agree(&s->stream, e) ? FLOW_END : FLOW_FAIL;
}

static enum flow sink_write(struct sink *base, struct link *in, struct err *e)
{
	struct program_sink *s = sink_of(base);

	(void)stream_had_news(&s->stream);
	if (stream_has_failed(&s->stream, e))
		return FLOW_FAIL;
	if (!s->stream.is_started)
		return FLOW_WAIT;
	if (!make_events(s, e))
		return FLOW_FAIL;
	if (s->is_closed)
		return wait_for_end(s, e);
	if (program_ended(s->stream.program) != NULL)
		return wait_for_input(s, in, e);
	return write_some(s, in, e);
}

static void sink_destroy(struct sink *base)
{
	struct program_sink *s = sink_of(base);

	if (s->writable != NULL)
		event_free(s->writable);
	if (s->trash != NULL)
		event_free(s->trash);
	stream_fini(&s->stream);
	frame_free(s->frame);
	free(s);
}

struct sink *program_sink_new(const struct program_stream_config *c,
			      uint64_t *bytes, struct err *e)
{
	static const struct sink_ops ops = {
		.name = "program",
		.write = sink_write,
		.destroy = sink_destroy,
	};
	struct program_sink *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a stream");
		return NULL;
	}
	s->base.ops = &ops;
	s->bytes = bytes;
	if (stream_begin(&s->stream, c, &s->base.waker, e))
		return &s->base;
	sink_destroy(&s->base);
	return NULL;
}
