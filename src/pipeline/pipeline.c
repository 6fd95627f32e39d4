/*
 * pipeline.c - the pump: one pass over all parts per turn of the loop.
 *
 * A pass polls the sink, the stages from the last to the first, and the
 * source: it drains before it fills, so little is held at any time. Who is
 * polled follows from the links and from what each part said last:
 *
 *	source  unless it waits, ended, or its link is full; once full, a link
 *		takes from the source again when it is half empty, so that the
 *		two do not take turns for every frame
 *	stage   unless it waits, ended, or the link behind it is full
 *	sink    unless it waits
 *
 * A stage or sink that waits goes on when woken or when its link gets a frame
 * or its end. When somebody can go on after a pass, the next one follows in
 * the next turn of the loop; else wake() asks for it. The sink is ready or
 * waits, so a pipeline never stands still with nobody to wait for; who waits
 * for nothing is found by the idle limit.
 */
#include "pipeline/pipeline.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "loop/loop.h"

enum { MS_PER_SEC = 1000, LINK_FRAMES_MAX = 1024 };

struct pipeline {
	struct event *turn; /* the only way into the pump */
	struct event *idle;
	struct pipeline_parts parts;
	struct link links[PIPELINE_STAGES_MAX + 1];
	bool is_blocked; /* the source's link was full, and is not half empty */
	bool was_woken;	 /* since the last pass */
	bool is_over;
	int64_t active_at_ms; /* when somebody last did something */
	int64_t passed_at_ms; /* when the last pass was, and how it ended: */
	bool sink_starves;
	bool source_stands;
	bool stage_stands;
	struct pipeline_facts facts;
	struct err err;
	pipeline_done_cb *done;
	void *arg;
};

void wake(struct waker *w)
{
	w->waiting = false;
	if (w->owner == NULL || w->owner->is_over)
		return;
	w->owner->was_woken = true;
	loop_next_turn(w->owner->turn);
}

static struct link *link_before_sink(struct pipeline *p)
{
	return &p->links[p->parts.nstages];
}

/* Frames of few bytes count too: each has more memory than its length. */
static bool is_full(const struct pipeline *p, const struct link *l)
{
	return l->bytes >= p->parts.link_bytes || l->nframes >= LINK_FRAMES_MAX;
}

static bool is_half_empty(const struct pipeline *p, const struct link *l)
{
	return l->bytes <= p->parts.link_bytes / 2 &&
	       l->nframes <= LINK_FRAMES_MAX / 2;
}

static bool has_input(const struct link *in)
{
	return in->nframes > 0 || in->eof;
}

static void update_blocked(struct pipeline *p)
{
	if (is_full(p, &p->links[0]))
		p->is_blocked = true;
	else if (is_half_empty(p, &p->links[0]))
		p->is_blocked = false;
}

static bool source_ready(const struct pipeline *p)
{
	return !p->parts.source->waker.waiting && !p->links[0].eof &&
	       !p->is_blocked;
}

static bool stage_ready(const struct pipeline *p, size_t i)
{
	const struct link *out = &p->links[i + 1];

	return !p->parts.stages[i]->waker.waiting && !out->eof &&
	       !is_full(p, out);
}

static bool somebody_ready(const struct pipeline *p)
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
	update_blocked(p);
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
	return f != FLOW_WAIT || out->nframes != before ||
	       in->nframes != in_before;
}

static bool sink_step(struct pipeline *p)
{
	struct sink *sk = p->parts.sink;
	struct link *in = link_before_sink(p);
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
	return f != FLOW_WAIT || in->nframes != before;
}

static bool pass(struct pipeline *p)
{
	bool did = sink_step(p);

	for (size_t i = p->parts.nstages; !p->is_over && i-- > 0;)
		did = stage_step(p, i) || did;
	if (!p->is_over)
		did = source_step(p) || did;
	return did;
}

/* Told by the state after a pass: wake() and the next one change it. */
static void note_standstill(struct pipeline *p)
{
	const struct link *last = link_before_sink(p);

	p->sink_starves = p->parts.sink->waker.waiting && !has_input(last);
	p->source_stands = p->is_blocked && !p->links[0].eof;
	p->stage_stands = p->parts.nstages > 0 && is_full(p, last);
}

/* The time since the last pass goes to what stood still since then. */
static void count_time(struct pipeline *p, int64_t now_ms)
{
	uint64_t ms = (uint64_t)(now_ms - p->passed_at_ms);

	p->passed_at_ms = now_ms;
	if (p->sink_starves)
		p->facts.source_starved_ms += ms;
	if (p->source_stands)
		p->facts.source_blocked_ms += ms;
	if (p->stage_stands)
		p->facts.stage_blocked_ms += ms;
}

static void arm_idle(struct pipeline *p, int64_t ms)
{
	struct timeval tv = {(time_t)(ms / MS_PER_SEC),
			     (suseconds_t)(ms % MS_PER_SEC * 1000)};

	if (evtimer_add(p->idle, &tv) != 0)
		abort(); /* as loop_next_turn() does */
}

/* Calls done() as its last act: p may be gone afterwards. */
static void finish(struct pipeline *p)
{
	p->is_over = true;
	(void)evtimer_del(p->turn);
	(void)evtimer_del(p->idle);
	p->done(p->arg, &p->err);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct pipeline *p = arg;
	int64_t now_ms = clock_mono_ms();

	(void)fd;
	(void)what;
	count_time(p, now_ms);
	if (pass(p) || p->was_woken)
		p->active_at_ms = now_ms;
	p->was_woken = false;
	update_blocked(p);
	note_standstill(p);
	if (!p->is_over && somebody_ready(p)) {
		loop_next_turn(p->turn);
		return;
	}
	if (p->is_over)
		finish(p);
}

/*
 * Whose turn it is: the source, if it could give more; else the sink, if there
 * is something for it; else the last stage that has both input and room.
 */
static const char *culprit(struct pipeline *p, const char **api)
{
	*api = "connection_failed";
	if (!p->links[0].eof && !p->is_blocked)
		return p->parts.source->ops->name;
	if (!has_input(link_before_sink(p))) {
		for (size_t i = p->parts.nstages; i-- > 0;) {
			if (has_input(&p->links[i]) &&
			    !is_full(p, &p->links[i + 1]))
				return p->parts.stages[i]->ops->name;
		}
	}
	*api = "store_stalled";
	return p->parts.sink->ops->name;
}

/* The timer is not moved by each pass: it looks how long ago the last was. */
static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct pipeline *p = arg;
	int64_t limit_ms = (int64_t)p->parts.idle_seconds * MS_PER_SEC;
	int64_t now_ms = clock_mono_ms();
	const char *name;
	const char *api;

	(void)fd;
	(void)what;
	if (p->was_woken || evtimer_pending(p->turn, NULL))
		p->active_at_ms = now_ms;
	if (now_ms - p->active_at_ms < limit_ms) {
		arm_idle(p, p->active_at_ms + limit_ms - now_ms);
		return;
	}
	count_time(p, now_ms);
	name = culprit(p, &api);
	(void)err_set(&p->err, ERR_TIMEOUT, api,
		      "nothing moved for %u s while waiting for %s",
		      p->parts.idle_seconds, name);
	finish(p);
}

static void drain(struct link *l)
{
	struct frame *f;

	while ((f = link_pop(l)) != NULL)
		frame_free(f);
}

static void destroy_parts(const struct pipeline_parts *parts)
{
	parts->source->ops->destroy(parts->source);
	for (size_t i = 0; i < parts->nstages; i++)
		parts->stages[i]->ops->destroy(parts->stages[i]);
	parts->sink->ops->destroy(parts->sink);
}

static void adopt(struct pipeline *p, struct waker *w)
{
	w->owner = p;
	w->waiting = false;
}

static void pipeline_init(struct pipeline *p)
{
	for (size_t i = 0; i <= PIPELINE_STAGES_MAX; i++)
		TAILQ_INIT(&p->links[i].frames);
	adopt(p, &p->parts.source->waker);
	for (size_t i = 0; i < p->parts.nstages; i++)
		adopt(p, &p->parts.stages[i]->waker);
	adopt(p, &p->parts.sink->waker);
	p->passed_at_ms = clock_mono_ms();
	p->active_at_ms = p->passed_at_ms;
}

struct pipeline *pipeline_new(struct loop *l,
			      const struct pipeline_parts *parts,
			      pipeline_done_cb *done, void *arg, struct err *e)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	assert(parts->nstages <= PIPELINE_STAGES_MAX);
	assert(parts->link_bytes > 0 && parts->idle_seconds > 0);
	if (p == NULL) {
		destroy_parts(parts);
		goto nomem;
	}
	p->parts = *parts;
	p->done = done;
	p->arg = arg;
	pipeline_init(p);
	p->turn = evtimer_new(loop_base(l), on_turn, p);
	p->idle = evtimer_new(loop_base(l), on_idle, p);
	if (p->turn == NULL || p->idle == NULL) {
		pipeline_free(p);
		goto nomem;
	}
	arm_idle(p, (int64_t)parts->idle_seconds * MS_PER_SEC);
	loop_next_turn(p->turn);
	return p;

nomem:
	(void)err_nomem(e, "a pipeline");
	return NULL;
}

/* is_over comes first: what the parts let go of must not wake anybody. */
void pipeline_free(struct pipeline *p)
{
	if (p == NULL)
		return;
	p->is_over = true;
	destroy_parts(&p->parts);
	for (size_t i = 0; i <= PIPELINE_STAGES_MAX; i++)
		drain(&p->links[i]);
	if (p->turn != NULL)
		event_free(p->turn);
	if (p->idle != NULL)
		event_free(p->idle);
	free(p);
}

void pipeline_facts(const struct pipeline *p, struct pipeline_facts *f)
{
	*f = p->facts;
	f->source_bytes = p->links[0].given;
	f->sink_bytes = p->links[p->parts.nstages].taken;
}
