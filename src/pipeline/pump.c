/*
 * pump.c - one pass over all parts per turn of the loop.
 *
 * A pass polls the sink, the stages from the last to the first, and the
 * source: it drains before it fills, so little is held at any time. Who is
 * polled follows from the links and from what each part said last:
 *
 *	source  unless it waits, ended, or its link is full; once full, a link
 *		takes from the source again when it is half empty, so that the
 *		two do not take turns for every frame
 *	stage   unless it waits, ended, or the link behind it is full; a buffer
 *		also then
 *	sink    unless it waits
 *
 * A stage or sink that waits goes on when woken or when its link gets a frame
 * or its end; a buffer also when a frame was taken from behind it. When
 * somebody can go on after a pass, the next one follows in the next turn of the
 * loop; else wake() asks for it. The sink is ready or waits, so a pipeline
 * never stands still with nobody to wait for; who waits for nothing is found by
 * the idle limit.
 */
#include "pipeline_int.h"

static const struct link *link_before_sink(const struct pipeline *p)
{
	return &p->links[p->parts.nstages];
}

static bool is_half_empty(const struct link *l)
{
	return l->bytes + l->weight <= l->max_bytes / 2 &&
	       l->nframes <= LINK_FRAMES_MAX / 2;
}

static bool has_input(const struct link *in)
{
	return in->nframes > 0 || in->eof;
}

static void update_blocked(struct pipeline *p)
{
	if (link_is_full(&p->links[0]))
		p->is_blocked = true;
	else if (is_half_empty(&p->links[0]))
		p->is_blocked = false;
}

static bool source_ready(const struct pipeline *p)
{
	return !p->parts.source->waker.waiting && !p->links[0].eof &&
	       !p->is_blocked;
}

static bool stage_ready(const struct pipeline *p, size_t i)
{
	const struct stage *st = p->parts.stages[i];
	const struct link *out = &p->links[i + 1];

	return !st->waker.waiting && !out->eof &&
	       (st->ops->is_buffer || !link_is_full(out));
}

bool pump_is_ready(const struct pipeline *p)
{
	bool ready = !p->parts.sink->waker.waiting || source_ready(p);

	for (size_t i = 0; i < p->parts.nstages; i++)
		ready = ready || stage_ready(p, i);
	return ready;
}

/*
 * What a part answered, taken by its word except where that would lose bytes
 * or an error. waiting was set before the poll, so a wake() made during it has
 * cleared it and is not lost.
 */
static enum flow answered(struct pipeline *p, struct waker *w, enum flow f,
			  const char *name)
{
	if (f != FLOW_WAIT)
		w->waiting = false;
	if (f == FLOW_FAIL && !err_is(&p->err))
		(void)err_bug(&p->err, "%s failed without a reason", name);
	if (err_is(&p->err)) {
		p->is_over = true;
		return FLOW_FAIL;
	}
	return f;
}

/* What was left in the link would be lost without a word. */
static enum flow check_end(struct pipeline *p, enum flow f,
			   const struct link *in, const char *name)
{
	if (f != FLOW_END || (in->eof && in->nframes == 0))
		return f;
	(void)err_bug(&p->err, "%s ended before its input did", name);
	p->is_over = true;
	return FLOW_FAIL;
}

/* News for the part behind a link: a stage's, or the sink's. */
static void tell_next(struct pipeline *p, size_t link)
{
	if (link < p->parts.nstages)
		p->parts.stages[link]->waker.waiting = false;
	else
		p->parts.sink->waker.waiting = false;
}

/* News for the buffer, if it is one, before a link that has less in it. */
static void tell_buffer(struct pipeline *p, size_t link)
{
	if (link > 0 && p->parts.stages[link - 1]->ops->is_buffer)
		p->parts.stages[link - 1]->waker.waiting = false;
}

/* All steps: true when the part did something. */
static bool source_step(struct pipeline *p)
{
	struct source *s = p->parts.source;
	struct link *out = &p->links[0];
	size_t before = out->nframes;
	enum flow f;

	update_blocked(p);
	if (!source_ready(p))
		return false;
	s->waker.waiting = true;
	f = s->ops->read(s, out, &p->err);
	f = answered(p, &s->waker, f, s->ops->name);
	out->eof = f == FLOW_END;
	if (out->eof || out->nframes != before)
		tell_next(p, 0);
	return f != FLOW_WAIT || out->nframes != before;
}

static bool stage_step(struct pipeline *p, size_t i)
{
	struct stage *st = p->parts.stages[i];
	struct link *in = &p->links[i];
	struct link *out = &p->links[i + 1];
	size_t in_before = in->nframes;
	size_t before = out->nframes;
	enum flow f;

	if (!stage_ready(p, i))
		return false;
	st->waker.waiting = true;
	f = st->ops->step(st, in, out, &p->err);
	f = answered(p, &st->waker, f, st->ops->name);
	f = check_end(p, f, in, st->ops->name);
	out->eof = f == FLOW_END;
	if (out->eof || out->nframes != before)
		tell_next(p, i + 1);
	if (in->nframes != in_before)
		tell_buffer(p, i);
	return f != FLOW_WAIT || out->nframes != before ||
	       in->nframes != in_before;
}

static bool sink_step(struct pipeline *p)
{
	struct sink *sk = p->parts.sink;
	struct link *in = &p->links[p->parts.nstages];
	size_t before = in->nframes;
	enum flow f;

	if (sk->waker.waiting)
		return false;
	sk->waker.waiting = true;
	f = sk->ops->write(sk, in, &p->err);
	f = answered(p, &sk->waker, f, sk->ops->name);
	f = check_end(p, f, in, sk->ops->name);
	if (f == FLOW_END)
		p->is_over = true;
	if (in->nframes != before)
		tell_buffer(p, p->parts.nstages);
	return f != FLOW_WAIT || in->nframes != before;
}

/* Told by the state after a pass: wake() and the next one change it. */
static void note_standstill(struct pipeline *p)
{
	const struct link *last = link_before_sink(p);

	p->sink_starves = p->parts.sink->waker.waiting && !has_input(last);
	p->source_stands = p->is_blocked && !p->links[0].eof;
	p->stage_stands = p->parts.nstages > 0 && link_is_full(last);
}

bool pump_pass(struct pipeline *p)
{
	bool did = sink_step(p);

	for (size_t i = p->parts.nstages; !p->is_over && i-- > 0;)
		did = stage_step(p, i) || did;
	if (!p->is_over)
		did = source_step(p) || did;
	update_blocked(p);
	note_standstill(p);
	return did;
}

/*
 * Whose turn it is: the source, if it could give more; else the sink, if there
 * is something for it; else the last stage that has both input and room.
 */
const char *pump_culprit(const struct pipeline *p, const char **api)
{
	*api = p->parts.source_stall_api;
	if (*api == NULL)
		*api = "connection_failed";
	if (!p->links[0].eof && !p->is_blocked)
		return p->parts.source->ops->name;
	if (!has_input(link_before_sink(p))) {
		for (size_t i = p->parts.nstages; i-- > 0;) {
			if (has_input(&p->links[i]) &&
			    !link_is_full(&p->links[i + 1]))
				return p->parts.stages[i]->ops->name;
		}
	}
	*api = p->parts.sink_stall_api;
	if (*api == NULL)
		*api = "store_stalled";
	return p->parts.sink->ops->name;
}
