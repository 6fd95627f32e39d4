/*
 * sink.c - the archive, frame by frame, to a worker that lays it: one at a
 * time, in order. The first of all prepares the folder, also when there is
 * nothing to lay.
 */
#include <stdlib.h>

#include "sources/files/load/load_int.h"
#include "sources/files/load/untar.h"

struct push {
	struct tree_task task; /* first */
	struct files_sink *sink;
	struct frame *frame; /* NULL: the folder is prepared, no more */
};

struct files_sink {
	struct sink base; /* comes first */
	struct files_load *load;
	struct push *push; /* under way */
	bool is_ready;	   /* the folder is prepared */
	struct err err;
};

static struct files_sink *sink_of(struct sink *sk)
{
	return (struct files_sink *)(void *)sk;
}

/* A frame with spans was cut out of others: only those bytes are wanted, and
 * each item is a member. */
static bool push_frame(struct tree *t, const struct frame *f, struct err *e)
{
	struct untar *u = t->untar;

	if (f->nspans == 0)
		return untar_push(u, f->data, f->len, e);
	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *sp = &f->spans[i];

		lay_amend(t->lay, sp->item->facts);
		if (!untar_push(u, f->data + sp->plain_offset, sp->plain_len,
				e))
			return false;
	}
	lay_amend(t->lay, NULL);
	return true;
}

static void push_run(struct tree_task *k)
{
	struct push *p = (struct push *)(void *)k;

	if (tree_prepare(k->tree, &k->err) && p->frame != NULL)
		(void)!push_frame(k->tree, p->frame, &k->err);
}

static void push_done(struct tree_task *k)
{
	struct push *p = (struct push *)(void *)k;
	struct files_sink *s = p->sink;

	s->push = NULL;
	s->err = k->err;
	s->is_ready = true;
	files_load_count(s->load);
	tree_task_drop(k);
	wake(&s->base.waker);
}

static void push_fini(struct tree_task *k)
{
	frame_free(((struct push *)(void *)k)->frame);
}

/* Takes the frame, also on failure. */
static bool submit(struct files_sink *s, struct frame *f, struct err *e)
{
	static const struct tree_task_ops ops = {
		.run = push_run, .done = push_done, .fini = push_fini};
	struct push *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		frame_free(f);
		return err_nomem(e, "a frame");
	}
	tree_task_init(&p->task, &ops, s->load->tree);
	p->sink = s;
	p->frame = f;
	s->push = p;
	tree_task_submit(&p->task, s->load->env->bulk);
	return true;
}

static enum flow sink_write(struct sink *base, struct link *in, struct err *e)
{
	struct files_sink *s = sink_of(base);
	struct frame *f;

	if (s->push != NULL)
		return FLOW_WAIT;
	if (err_is(&s->err)) {
		*e = s->err;
		return FLOW_FAIL;
	}
	f = link_pop(in);
	if (f == NULL && s->is_ready)
		return in->eof ? FLOW_END : FLOW_WAIT;
	return submit(s, f, e) ? FLOW_WAIT : FLOW_FAIL;
}

static void sink_destroy(struct sink *base)
{
	struct files_sink *s = sink_of(base);

	if (s->push != NULL)
		tree_task_drop(&s->push->task);
	free(s);
}

struct sink *files_load_sink(struct load *l, enum item_kind section,
			     struct err *e)
{
	static const struct sink_ops ops = {
		.name = "files load",
		.write = sink_write,
		.destroy = sink_destroy,
	};
	struct files_sink *s = calloc(1, sizeof(*s));

	(void)section;
	if (s == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	s->base.ops = &ops;
	s->load = (struct files_load *)(void *)l; /* base comes first */
	return &s->base;
}
