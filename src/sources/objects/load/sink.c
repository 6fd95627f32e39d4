/*
 * sink.c - the archive, frame by frame, into the bucket.
 *
 *   learn -> look -> (make) -> flow -> drain
 *
 * What lies in several sections, and what is looked at before the first, is
 * the load's (laying.h); a sink is of one section.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/objects/load/load_int.h"

enum sink_state {
	SINK_LEARN, /* what the index tells */
	SINK_LOOK,  /* whether the target is still as it was */
	SINK_MAKE,  /* the bucket */
	SINK_FLOW,  /* objects go there */
	SINK_DRAIN, /* the last ones do */
	SINK_STATE_COUNT,
};

static const char *const state_names[] = {
	"learn", "look", "make", "flow", "drain",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == SINK_STATE_COUNT,
	       "one name per state");

enum { LEARN_AT_ONCE = 5000 };

struct objects_sink {
	struct sink base; /* comes first */
	struct objects_load *load;
	enum sink_state state;
	struct target_op *op;
	struct frame *frame; /* at hand */
	size_t span, at;     /* and how far it is: of its spans, of one */
	struct err err;
};

static struct objects_sink *sink_of(struct sink *sk)
{
	return (struct objects_sink *)(void *)sk;
}

static void set_state(struct objects_sink *s, enum sink_state next)
{
	log_debug("sources", "objects load: %s -> %s", state_names[s->state],
		  state_names[next]);
	s->state = next;
}

/* --- the states */

/* Those that are told now, some at a time. */
static enum flow learn(struct objects_sink *s, struct err *e)
{
	struct objects_load *l = s->load;
	struct load_item item;

	for (unsigned i = 0; i < LEARN_AT_ONCE; i++) {
		if (!l->expect(l->expect_arg, &l->nexpected, &item)) {
			set_state(s, SINK_LOOK);
			break;
		}
		if (!laying_expect(l->laying, &item, e))
			return FLOW_FAIL;
	}
	return FLOW_MORE;
}

static void become_ready(struct objects_sink *s)
{
	s->load->is_ready = true;
	set_state(s, SINK_FLOW);
}

static void on_looked(void *arg, enum target_state found, const struct err *e)
{
	struct objects_sink *s = arg;
	const struct objects_load *l = s->load;

	s->op = NULL;
	if (e != NULL)
		s->err = *e;
	else if (found == TARGET_ABSENT)
		set_state(s, SINK_MAKE);
	else if (found == TARGET_FULL && !(l->is_overwrite && l->is_confirmed))
		(void)err_set(&s->err, ERR_CONFLICT, "target_not_empty",
			      "\"%.200s\" is not empty any more",
			      target_place(l->target));
	else
		become_ready(s);
	wake(&s->base.waker);
}

/* Asks once; the answer wakes. */
static enum flow look(struct objects_sink *s, struct err *e)
{
	struct target *b = s->load->target;

	if (s->op == NULL)
		s->op = s->state == SINK_MAKE ? target_make(b, on_looked, s, e)
					      : target_look(b, on_looked, s, e);
	return s->op != NULL ? FLOW_WAIT : FLOW_FAIL;
}

static void next_frame(struct objects_sink *s, struct frame *f)
{
	frame_free(s->frame);
	s->frame = f;
	s->span = s->at = 0;
}

/* The bytes that come next of the frame at hand. One with spans was cut out of
 * others: only those bytes are wanted. */
static bool next_bytes(const struct objects_sink *s,
		       const unsigned char **bytes, size_t *len)
{
	const struct frame *f = s->frame;
	const struct span *sp;

	if (f->nspans == 0) {
		*bytes = f->data + s->at;
		*len = f->len - s->at;
		return s->span == 0;
	}
	if (s->span == f->nspans)
		return false;
	sp = &f->spans[s->span];
	*bytes = f->data + sp->plain_offset + s->at;
	*len = sp->plain_len - s->at;
	return true;
}

static enum unpack_flow push_frame(struct objects_sink *s, struct err *e)
{
	const unsigned char *bytes;
	size_t len, used;

	while (next_bytes(s, &bytes, &len)) {
		enum unpack_flow f =
			laying_push(s->load->laying, bytes, len, &used, e);

		s->at += used;
		if (f != UNPACK_ON)
			return f;
		s->span++;
		s->at = 0;
	}
	return UNPACK_ON;
}

static enum flow flow_of(enum unpack_flow f)
{
	return f == UNPACK_ON	  ? FLOW_MORE
	       : f == UNPACK_WAIT ? FLOW_WAIT
				  : FLOW_FAIL;
}

/* A member without content may wait to be taken when all bytes are read. */
static enum flow end_frames(struct objects_sink *s, struct err *e)
{
	size_t used;
	enum unpack_flow f = laying_push(s->load->laying, NULL, 0, &used, e);

	if (f == UNPACK_ON)
		set_state(s, SINK_DRAIN);
	return flow_of(f);
}

static enum flow flow(struct objects_sink *s, struct link *in, struct err *e)
{
	enum unpack_flow f;

	if (s->frame == NULL)
		next_frame(s, link_pop(in));
	if (s->frame == NULL)
		return in->eof ? end_frames(s, e) : FLOW_WAIT;
	f = push_frame(s, e);
	if (f == UNPACK_ON)
		next_frame(s, NULL);
	return flow_of(f);
}

static enum flow sink_write(struct sink *base, struct link *in, struct err *e)
{
	struct objects_sink *s = sink_of(base);
	const struct err *failed = laying_error(s->load->laying);

	if (failed == NULL && err_is(&s->err))
		failed = &s->err;
	if (failed != NULL) {
		*e = *failed;
		return FLOW_FAIL;
	}
	objects_load_count(s->load);
	switch (s->state) {
	case SINK_LEARN:
		return learn(s, e);
	case SINK_LOOK:
	case SINK_MAKE:
		return look(s, e);
	case SINK_FLOW:
		return flow(s, in, e);
	case SINK_DRAIN:
		return laying_is_through(s->load->laying) ? FLOW_END
							  : FLOW_WAIT;
	case SINK_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "a restore in no state");
	return FLOW_FAIL;
}

/* What did not get through will not: nothing more comes then. */
static void sink_destroy(struct sink *base)
{
	struct objects_sink *s = sink_of(base);
	struct objects_load *l = s->load;

	laying_watch(l->laying, NULL, NULL);
	if (!laying_is_through(l->laying))
		objects_load_drop(l);
	target_stop(s->op);
	frame_free(s->frame);
	free(s);
}

static void on_lay(void *arg)
{
	struct objects_sink *s = arg;

	wake(&s->base.waker);
}

static bool make_lay(struct objects_load *l, struct err *e)
{
	const struct laying_config c = {
		.target = l->target,
		.partings = l->env->partings,
		.at_once = l->at_once,
	};

	if (l->laying == NULL)
		l->laying = laying_new(&c, e);
	return l->laying != NULL;
}

struct sink *objects_load_sink(struct load *base, enum item_kind section,
			       struct err *e)
{
	static const struct sink_ops ops = {
		.name = "objects load",
		.write = sink_write,
		.destroy = sink_destroy,
	};
	struct objects_load *l = objects_load_of(base);
	struct objects_sink *s;

	(void)section;
	if (!make_lay(l, e))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	s->base.ops = &ops;
	s->load = l;
	s->state = l->is_ready ? SINK_FLOW : SINK_LEARN;
	laying_watch(l->laying, on_lay, s);
	return &s->base;
}
