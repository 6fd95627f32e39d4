/*
 * pipeline.c - the life of a pipeline: its turns on the loop, its clock, its
 * end. Whom a turn polls is the pump's business.
 */
#include "pipeline_int.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "pipeline/buffer.h"

enum { MS_PER_SEC = 1000 };

void wake(struct waker *w)
{
	w->waiting = false;
	if (w->owner == NULL || w->owner->is_over)
		return;
	w->owner->was_woken = true;
	loop_next_turn(w->owner->turn);
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
	if (pump_pass(p) || p->was_woken)
		p->active_at_ms = now_ms;
	p->was_woken = false;
	if (p->is_over)
		finish(p);
	else if (pump_is_ready(p))
		loop_next_turn(p->turn);
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
	name = pump_culprit(p, &api);
	(void)err_set(&p->err, ERR_TIMEOUT, api,
		      "nothing moved for %u s while waiting for %s",
		      p->parts.idle_seconds, name);
	finish(p);
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

/* The two links of a buffer hold together what one without it would. */
static void halve(struct link *before, struct link *behind)
{
	before->max_bytes = (before->max_bytes + 1) / 2;
	behind->max_bytes = (behind->max_bytes + 1) / 2;
}

static void pipeline_init(struct pipeline *p)
{
	for (size_t i = 0; i <= PIPELINE_STAGES_MAX; i++) {
		TAILQ_INIT(&p->links[i].frames);
		p->links[i].max_bytes = p->parts.link_bytes;
	}
	for (size_t i = 0; i < p->parts.nstages; i++) {
		if (p->parts.stages[i]->ops->is_buffer)
			halve(&p->links[i], &p->links[i + 1]);
	}
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
	buffers_hold();
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
		link_drain(&p->links[i]);
	if (p->turn != NULL)
		event_free(p->turn);
	if (p->idle != NULL)
		event_free(p->idle);
	buffers_drop();
	free(p);
}

static enum flow read_nothing(struct source *s, struct link *out, struct err *e)
{
	(void)s;
	(void)out;
	(void)err_bug(e, "a source was asked after its end");
	return FLOW_FAIL;
}

static void destroy_nothing(struct source *s)
{
	(void)s;
}

bool pipeline_drop_source(struct pipeline *p)
{
	static const struct source_ops gone_ops = {
		.name = "a source that has ended",
		.read = read_nothing,
		.destroy = destroy_nothing,
	};

	if (!p->links[0].eof)
		return false;
	p->parts.source->ops->destroy(p->parts.source);
	p->gone.ops = &gone_ops;
	p->parts.source = &p->gone;
	return true;
}

void pipeline_facts(const struct pipeline *p, struct pipeline_facts *f)
{
	*f = p->facts;
	f->source_bytes = p->links[0].given;
	f->sink_bytes = p->links[p->parts.nstages].taken;
}
