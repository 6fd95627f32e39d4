/* test_pipeline_rig.c - parts that do what their script says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <event2/event.h>

#include "loop/loop.h"
#include "test_pipeline_rig.h"

static struct rig_source *source_of(struct source *s)
{
	return (struct rig_source *)(void *)s;
}

static struct rig_stage *stage_of(struct stage *s)
{
	return (struct rig_stage *)(void *)s;
}

static struct rig_sink *sink_of(struct sink *s)
{
	return (struct rig_sink *)(void *)s;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct rig_part *part = arg;

	(void)fd;
	(void)what;
	wake(part->waker);
}

static enum flow wait_ms(struct rig_part *part, int ms)
{
	struct timeval tv = {0, (suseconds_t)ms * 1000};

	if (part->ev == NULL)
		part->ev =
			evtimer_new(loop_base(part->rig->loop), on_timer, part);
	assert_non_null(part->ev);
	assert_int_equal(evtimer_add(part->ev, &tv), 0);
	return FLOW_WAIT;
}

static char next_letter(struct rig_part *part)
{
	char c = part->script[0];

	assert_false(part->is_destroyed);
	part->polls++;
	if (part->rig->on_poll != NULL)
		part->rig->on_poll(part->rig);
	if (c == '\0')
		return '.';
	if (part->script[1] != '*')
		part->script++;
	return c;
}

/* The letters that mean the same for every part. */
static enum flow play(struct rig_part *part, char c, struct err *e)
{
	switch (c) {
	case 'm':
		return FLOW_MORE;
	case 'w':
		return wait_ms(part, 0);
	case 'd':
		return wait_ms(part, 20);
	case 'r':
		wake(part->waker);
		return FLOW_WAIT;
	case 'W':
		return FLOW_WAIT;
	case 'e':
		return FLOW_END;
	case 'x':
		(void)err_set(e, ERR_REMOTE, "some_code", "scripted %c",
			      part->mark);
		return FLOW_FAIL;
	case 's':
		(void)err_set(e, ERR_REMOTE, "some_code", "said nothing");
		return FLOW_MORE;
	case 'z':
		return FLOW_FAIL;
	default:
		fail_msg("no such letter: %c", c);
		return FLOW_FAIL;
	}
}

static void give(struct rig *r, struct link *out, size_t len)
{
	struct frame *f = frame_new(RIG_FRAME_BYTES);

	assert_non_null(f);
	memcpy(f->data, &r->given, sizeof(r->given));
	f->len = len;
	r->given++;
	link_push(out, f);
	if (out->bytes > r->most_bytes)
		r->most_bytes = out->bytes;
	if (out->nframes > r->most_frames)
		r->most_frames = out->nframes;
	if (out->bytes >= r->link_bytes)
		r->was_full = true;
}

/* After the script: one frame more, END when all are out. */
static enum flow source_rule(struct rig *r, struct link *out)
{
	if (r->given >= r->total)
		return FLOW_END;
	give(r, out, RIG_FRAME_BYTES);
	return FLOW_MORE;
}

static enum flow source_read(struct source *s, struct link *out, struct err *e)
{
	struct rig *r = source_of(s)->part.rig;
	char c = next_letter(&source_of(s)->part);

	assert_false(out->eof);
	if (r->was_full && out->bytes > r->link_bytes / 2)
		r->read_above_half = true;
	r->was_full = false;
	switch (c) {
	case '.':
		return source_rule(r, out);
	case 'b':
		for (int i = 0; i < 3; i++)
			give(r, out, RIG_FRAME_BYTES);
		return FLOW_MORE;
	case '0':
		give(r, out, 0);
		return FLOW_MORE;
	case 'p':
		give(r, out, RIG_FRAME_BYTES);
		return FLOW_END;
	default:
		return play(&source_of(s)->part, c, e);
	}
}

static enum flow stage_rule(struct rig_stage *st, struct link *in,
			    struct link *out)
{
	struct frame *f = st->held;

	if (f == NULL)
		f = link_pop(in);
	st->held = NULL;
	if (f != NULL)
		link_push(out, f);
	if (f != NULL || in->nframes > 0)
		return FLOW_MORE;
	return in->eof ? FLOW_END : FLOW_WAIT;
}

static enum flow stage_step(struct stage *s, struct link *in, struct link *out,
			    struct err *e)
{
	struct rig_stage *st = stage_of(s);
	char c = next_letter(&st->part);

	if (c == '.')
		return stage_rule(st, in, out);
	if (c != 'h')
		return play(&st->part, c, e);
	if (st->held == NULL)
		st->held = link_pop(in);
	return st->held != NULL && in->eof ? FLOW_MORE : FLOW_WAIT;
}

/* Takes all that comes, gives while there is room. */
static enum flow buffer_step(struct stage *s, struct link *in, struct link *out,
			     struct err *e)
{
	struct rig_stage *st = stage_of(s);
	struct frame *f;
	bool did = false;

	(void)e;
	(void)next_letter(&st->part);
	for (; (f = link_pop(in)) != NULL; did = true, st->nkept++)
		TAILQ_INSERT_TAIL(&st->kept, f, entry);
	for (; st->nkept > 0 && !link_is_full(out); did = true, st->nkept--) {
		f = TAILQ_FIRST(&st->kept);
		TAILQ_REMOVE(&st->kept, f, entry);
		link_push(out, f);
	}
	if (in->eof && st->nkept == 0)
		return FLOW_END;
	return did ? FLOW_MORE : FLOW_WAIT;
}

static void take(struct rig *r, struct frame *f)
{
	unsigned number;

	memcpy(&number, f->data, sizeof(number));
	assert_int_equal(number, r->taken);
	r->taken++;
	frame_free(f);
}

static enum flow sink_write(struct sink *sk, struct link *in, struct err *e)
{
	struct rig_part *part = &sink_of(sk)->part;
	char c = next_letter(part);
	struct frame *f;

	if (c != '.' && c != 'h')
		return play(part, c, e);
	f = link_pop(in);
	if (f != NULL)
		take(part->rig, f);
	if (in->nframes == 0 && in->eof)
		return c == 'h' ? FLOW_MORE : FLOW_END;
	return f == NULL || c == 'h' ? FLOW_WAIT : FLOW_MORE;
}

static void part_destroy(struct rig_part *part)
{
	struct rig *r = part->rig;

	assert_false(part->is_destroyed);
	part->is_destroyed = true;
	r->destroyed[strlen(r->destroyed)] = part->mark;
	if (part->ev != NULL)
		event_free(part->ev);
}

static void source_destroy(struct source *s)
{
	part_destroy(&source_of(s)->part);
}

static void stage_destroy(struct stage *s)
{
	struct rig_stage *st = stage_of(s);
	struct frame *f;

	for (; st->nkept > 0; st->nkept--) {
		f = TAILQ_FIRST(&st->kept);
		TAILQ_REMOVE(&st->kept, f, entry);
		frame_free(f);
	}
	frame_free(st->held);
	part_destroy(&stage_of(s)->part);
}

static void sink_destroy(struct sink *sk)
{
	part_destroy(&sink_of(sk)->part);
}

static const struct source_ops source_ops = {
	.name = "scripted source",
	.read = source_read,
	.destroy = source_destroy,
};

static const struct stage_ops stage_ops = {
	.name = "scripted stage",
	.step = stage_step,
	.destroy = stage_destroy,
};

static const struct stage_ops buffer_ops = {
	.name = "scripted buffer",
	.is_buffer = true,
	.step = buffer_step,
	.destroy = stage_destroy,
};

static const struct sink_ops sink_ops = {
	.name = "scripted sink",
	.write = sink_write,
	.destroy = sink_destroy,
};

static void part_init(struct rig_part *part, struct rig *r, char mark,
		      struct waker *waker)
{
	part->rig = r;
	part->script = "";
	part->mark = mark;
	part->waker = waker;
}

void rig_init(struct rig *r, struct loop *l, size_t nstages)
{
	memset(r, 0, sizeof(*r));
	r->loop = l;
	r->nstages = nstages;
	r->link_bytes = 4 * (size_t)RIG_FRAME_BYTES;
	r->idle_seconds = 30;
	r->total = 10;
	r->source.base.ops = &source_ops;
	part_init(&r->source.part, r, 's', &r->source.base.waker);
	for (size_t i = 0; i < nstages; i++) {
		r->stages[i].base.ops = &stage_ops;
		part_init(&r->stages[i].part, r, (char)('1' + i),
			  &r->stages[i].base.waker);
	}
	r->sink.base.ops = &sink_ops;
	part_init(&r->sink.part, r, 'k', &r->sink.base.waker);
}

void rig_make_buffer(struct rig *r, size_t i)
{
	r->stages[i].base.ops = &buffer_ops;
	TAILQ_INIT(&r->stages[i].kept);
}

static void on_done(void *arg, const struct err *e)
{
	struct rig *r = arg;

	r->done++;
	r->err = *e;
	pipeline_facts(r->p, &r->facts);
	if (r->free_at_done != NULL) {
		pipeline_free(r->free_at_done->p);
		r->free_at_done->p = NULL;
	}
	if (r->stops_at_done)
		loop_stop(r->loop);
	if (r->frees_at_done) {
		pipeline_free(r->p);
		r->p = NULL;
	}
}

void rig_start(struct rig *r)
{
	struct pipeline_parts parts = {
		.source = &r->source.base,
		.nstages = r->nstages,
		.sink = &r->sink.base,
		.link_bytes = r->link_bytes,
		.idle_seconds = r->idle_seconds,
	};
	struct err e = {0};

	for (size_t i = 0; i < r->nstages; i++)
		parts.stages[i] = &r->stages[i].base;
	r->p = pipeline_new(r->loop, &parts, on_done, r, &e);
	assert_non_null(r->p);
	assert_int_equal(r->source.part.polls, 0);
}

void rig_run(struct rig *r)
{
	r->stops_at_done = true;
	loop_run(r->loop);
	assert_int_equal(r->done, 1);
}

void rig_turn(struct rig *r)
{
	assert_true(event_base_loop(loop_base(r->loop),
				    EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
}

void rig_fini(struct rig *r)
{
	char want[RIG_TRACE_MAX] = "s";

	pipeline_free(r->p);
	r->p = NULL;
	for (size_t i = 0; i < r->nstages; i++)
		want[i + 1] = (char)('1' + i);
	want[r->nstages + 1] = 'k';
	assert_string_equal(r->destroyed, want);
}

void rig_expect(struct rig *r, enum err_code code)
{
	rig_start(r);
	rig_run(r);
	assert_int_equal(r->err.code, code);
	rig_fini(r);
}

int rig_loop_new(void **state)
{
	struct err e = {0};

	*state = loop_new(&e);
	return *state == NULL;
}

int rig_loop_free(void **state)
{
	loop_free(*state);
	return 0;
}
