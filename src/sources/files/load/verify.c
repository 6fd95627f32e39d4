/*
 * verify.c - what comes last of a restore: the folders' own modes and times,
 * then each member compared with the index. A task has some of them at a time;
 * in between the loop asks for the next ones.
 *
 *   finish -> (take -> compare) ... -> over
 */
#include <stdlib.h>
#include <string.h>

#include "sources/files/load/compare.h"
#include "sources/files/load/load_int.h"
#include "sources/op_int.h"

enum {
	ITEMS_AT_ONCE = 128,
	FOLDERS_AT_ONCE = 1000,
	BYTES_AT_ONCE = 32 * 1024 * 1024,
};

enum verify_state {
	VERIFY_FINISH,	/* folders get what is theirs, all goes to disk */
	VERIFY_COMPARE, /* the items at hand are */
};

struct part {
	struct tree_task task; /* first */
	struct files_verify *verify;
	enum verify_state state;
	bool is_over; /* the state is */
	struct compare *compare;
	struct compare_item items[ITEMS_AT_ONCE]; /* strings are its own */
	size_t n, at;
};

struct files_verify {
	struct source_op base; /* comes first */
	struct files_load *load;
	struct part *part;
	load_next_cb *next;
	void *next_arg;
	load_done_cb *done;
	void *arg;
};

/* --- on a worker */

static void finish(struct part *p, struct err *e)
{
	struct tree *t = p->task.tree;

	if (!tree_prepare(t, e) || !untar_finish(t->untar, e) ||
	    !lay_finish(t->lay, FOLDERS_AT_ONCE, &p->is_over, e))
		return;
	if (p->is_over)
		p->compare = compare_new(t, t->root, e);
}

static void compare(struct part *p, struct err *e)
{
	uint64_t budget = BYTES_AT_ONCE;
	bool is_over = true;

	while (p->at < p->n && budget > 0) {
		if (!compare_item(p->compare, &p->items[p->at], &budget,
				  &is_over, e))
			return;
		p->at += is_over;
	}
	p->is_over = p->at == p->n;
}

static void part_run(struct tree_task *k)
{
	struct part *p = (struct part *)(void *)k;

	p->is_over = false;
	if (p->state == VERIFY_FINISH)
		finish(p, &k->err);
	else
		compare(p, &k->err);
}

/* --- on the loop */

static void forget_items(struct part *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].path);
		free(p->items[i].type);
		free(p->items[i].target);
	}
	p->n = p->at = 0;
}

static bool add_item(struct part *p, const struct load_item *from,
		     struct err *e)
{
	struct compare_item *to = &p->items[p->n++];

	*to = (struct compare_item){
		.path = strdup(from->name),
		.type = strdup(from->type != NULL ? from->type : ""),
		.target = from->target != NULL ? strdup(from->target) : NULL,
		.size = from->size,
		.digest = from->digest,
	};
	return (to->path != NULL && to->type != NULL &&
		(from->target == NULL || to->target != NULL)) ||
	       err_nomem(e, "a comparison");
}

static bool take_items(struct files_verify *v, struct err *e)
{
	struct part *p = v->part;
	struct load_item item = {0};

	v->load->facts.tables_verified += p->n;
	forget_items(p);
	while (p->n < ITEMS_AT_ONCE && v->next(v->next_arg, &item)) {
		if (!add_item(p, &item, e))
			return false;
	}
	return true;
}

static void over(struct files_verify *v, const struct err *e)
{
	tree_task_drop(&v->part->task);
	v->done(v->arg, e);
	free(v);
}

static void part_done(struct tree_task *k)
{
	struct part *p = (struct part *)(void *)k;
	struct files_verify *v = p->verify;
	struct err e = k->err;

	files_load_count(v->load);
	if (!err_is(&e) && p->is_over) {
		p->state = VERIFY_COMPARE;
		if (take_items(v, &e) && p->n == 0) {
			over(v, &e);
			return;
		}
	}
	if (err_is(&e))
		over(v, &e);
	else
		tree_task_submit(k, v->load->env->bulk);
}

static void part_fini(struct tree_task *k)
{
	struct part *p = (struct part *)(void *)k;

	forget_items(p);
	compare_free(p->compare);
}

static void verify_cancel(struct source_op *op)
{
	struct files_verify *v = (struct files_verify *)(void *)op;

	tree_task_drop(&v->part->task);
	free(v);
}

struct source_op *files_load_verify(struct load *base, load_next_cb *next,
				    void *next_arg, load_done_cb *done,
				    void *arg, struct err *e)
{
	static const struct tree_task_ops ops = {
		.run = part_run, .done = part_done, .fini = part_fini};
	struct files_load *l = (struct files_load *)(void *)base;
	struct files_verify *v = calloc(1, sizeof(*v));
	struct part *p = calloc(1, sizeof(*p));

	if (v == NULL || p == NULL) {
		free(v);
		free(p);
		(void)err_nomem(e, "a comparison");
		return NULL;
	}
	*v = (struct files_verify){
		.base = {verify_cancel},
		.load = l,
		.part = p,
		.next = next,
		.next_arg = next_arg,
		.done = done,
		.arg = arg,
	};
	p->verify = v;
	tree_task_init(&p->task, &ops, l->tree);
	tree_task_submit(&p->task, l->env->bulk);
	return &v->base;
}
