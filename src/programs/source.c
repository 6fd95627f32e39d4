/*
 * source.c - what a program writes, as frames: read from the pipe straight into
 * the frame that leaves. A full frame is held until more has come, since the
 * last one has to say that it is; and it goes only when the program has ended
 * well.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream_int.h"

enum { FRAMES_PER_READ = 4, LINGER_MS = 1000 };

struct program_source {
	struct source base; /* comes first */
	struct stream stream;
	struct item *item;
	uint64_t *bytes;
	bool (*tap)(void *arg, const unsigned char *bytes, size_t n,
		    struct err *e); /* or NULL */
	struct frame *held;	    /* full, or NULL */
	struct frame *frame;	    /* that is filled, or NULL */
	struct event *readable; /* or the end of what is waited for after its
				 * end: has a time limit then */
	bool is_over;		/* its output has ended */
	bool is_lingering;
};

static struct program_source *source_of(struct source *s)
{
	return (struct program_source *)(void *)s; /* comes first */
}

static bool push(struct program_source *s, struct link *out, struct frame *f,
		 bool is_last, struct err *e)
{
	struct span *span = frame_add_span(f, s->item);

	if (span == NULL)
		return err_nomem(e, "a frame");
	span->plain_len = f->len;
	span->ends_run = is_last;
	f->is_open = !is_last;
	link_push(out, f);
	return true;
}

static bool push_held(struct program_source *s, struct link *out, struct err *e)
{
	if (s->held == NULL)
		return true;
	if (!push(s, out, s->held, false, e))
		return false;
	s->held = NULL;
	return true;
}

static bool make_frame(struct program_source *s, struct err *e)
{
	if (s->frame == NULL)
		s->frame = frame_new(FRAME_BYTES);
	return s->frame != NULL || err_nomem(e, "a frame");
}

/* One read: what it gave, 0 for the end, -1 for nothing now (or *e). */
static ssize_t read_once(struct program_source *s, struct link *out,
			 struct err *e)
{
	struct frame *f;
	ssize_t n;

	if (!make_frame(s, e))
		return -1;
	f = s->frame;
	n = read(program_output(s->stream.program), f->data + f->len,
		 FRAME_BYTES - FRAME_SPARE_BYTES - f->len);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		(void)err_set(e, ERR_IO, "helper_failed",
			      "cannot read a program's output: %m");
	if (n <= 0)
		return n;
	if (s->tap != NULL &&
	    !s->tap(s->stream.arg, f->data + f->len, (size_t)n, e))
		return -1;
	f->len += (size_t)n;
	*s->bytes += (uint64_t)n;
	if (!push_held(s, out, e))
		return -1;
	if (f->len == FRAME_BYTES - FRAME_SPARE_BYTES) {
		s->held = f;
		s->frame = NULL;
	}
	return n;
}

static bool wait_for_output(struct program_source *s, struct err *e)
{
	const struct timeval linger = {LINGER_MS / 1000, 0};
	bool has_ended = program_ended(s->stream.program) != NULL;

	if (s->readable == NULL)
		s->readable = stream_event(
			&s->stream, program_output(s->stream.program), EV_READ);
	if (s->readable == NULL ||
	    event_add(s->readable, has_ended ? &linger : NULL) != 0)
		return err_nomem(e, "an event");
	return true;
}

/* Nothing now: what it left behind may hold its output, but not for long. */
static enum flow stand(struct program_source *s, struct err *e)
{
	if (s->is_lingering &&
	    event_pending(s->readable, EV_READ | EV_TIMEOUT, NULL) == 0)
		return stream_fail(&s->stream, e,
				   "has ended, but something that it started "
				   "holds its output open");
	s->is_lingering = program_ended(s->stream.program) != NULL;
	if (!wait_for_output(s, e))
		return FLOW_FAIL;
	return FLOW_WAIT;
}

static enum flow read_output(struct program_source *s, struct link *out,
			     struct err *e)
{
	enum flow flow = FLOW_WAIT;

	for (int i = 0; i < FRAMES_PER_READ; i++) {
		ssize_t n = read_once(s, out, e);

		if (err_is(e))
			return FLOW_FAIL;
		if (n < 0)
			return flow == FLOW_MORE ? flow : stand(s, e);
		flow = FLOW_MORE;
		s->is_lingering = false;
		if (n == 0) {
			s->is_over = true;
			break;
		}
	}
	return flow;
}

static enum flow end_well(struct program_source *s, struct link *out,
			  struct err *e)
{
	struct frame **last = &s->frame;

	if (*s->bytes == 0)
		return stream_fail(&s->stream, e,
				   "ended well, but wrote nothing");
	if (!stream_agree(&s->stream, e))
		return FLOW_FAIL;
	if (s->frame == NULL || s->frame->len == 0)
		last = &s->held;
	else if (!push_held(s, out, e))
		return FLOW_FAIL;
	if (!push(s, out, *last, true, e))
		return FLOW_FAIL;
	*last = NULL;
	return FLOW_END;
}

static enum flow source_read(struct source *base, struct link *out,
			     struct err *e)
{
	struct program_source *s = source_of(base);
	bool had_news = stream_had_news(&s->stream);

	if (stream_has_failed(&s->stream, e))
		return FLOW_FAIL;
	if (!s->stream.is_started)
		return FLOW_WAIT;
	if (!s->is_over)
		return read_output(s, out, e);
	if (program_ended(s->stream.program) == NULL)
		return had_news ? FLOW_MORE : FLOW_WAIT;
	return end_well(s, out, e);
}

static void source_destroy(struct source *base)
{
	struct program_source *s = source_of(base);

	if (s->readable != NULL)
		event_free(s->readable);
	stream_fini(&s->stream);
	frame_free(s->held);
	frame_free(s->frame);
	item_unref(s->item);
	free(s);
}

struct source *program_source_new(const struct program_stream_config *c,
				  struct item *item, uint64_t *bytes,
				  struct err *e)
{
	static const struct source_ops ops = {
		.name = "program",
		.read = source_read,
		.destroy = source_destroy,
	};
	struct program_source *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a stream");
		return NULL;
	}
	s->base.ops = &ops;
	s->item = item_ref(item);
	s->bytes = bytes;
	s->tap = c->bytes;
	if (stream_begin(&s->stream, c, &s->base.waker, e))
		return &s->base;
	source_destroy(&s->base);
	return NULL;
}
