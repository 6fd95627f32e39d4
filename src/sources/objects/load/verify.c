/*
 * verify.c - each object is read again and compared with the index, several at
 * a time; the first that differs ends it.
 */
#include <stdlib.h>
#include <string.h>

#include "sources/objects/load/compare.h"
#include "sources/objects/load/load_int.h"
#include "sources/objects/load/uploads.h"
#include "sources/op_int.h"

enum { AT_ONCE_MAX = UPLOADS_HELD_BYTES / COMPARE_BYTES };

struct slot {
	struct objects_verify *verify;
	struct compare *compare; /* NULL: free */
};

struct objects_verify {
	struct source_op base; /* comes first */
	struct objects_load *load;
	struct slot slots[AT_ONCE_MAX];
	unsigned nslots, nbusy;
	bool is_through;	/* there are no more items */
	struct target_op *look; /* of a backup that holds nothing */
	load_next_cb *next;
	void *next_arg;
	load_done_cb *done;
	void *arg;
};

static void verify_free(struct objects_verify *v)
{
	for (unsigned i = 0; i < v->nslots; i++)
		compare_cancel(v->slots[i].compare);
	target_stop(v->look);
	free(v);
}

static void verify_cancel(struct source_op *op)
{
	verify_free((struct objects_verify *)(void *)op);
}

/* The last thing that touches it. */
static void over(struct objects_verify *v, const struct err *e)
{
	load_done_cb *done = v->done;
	void *arg = v->arg;
	struct err copy = {0};

	if (e != NULL)
		copy = *e;
	verify_free(v);
	done(arg, &copy);
}

/* What was superseded when it was backed up is not there. */
static bool next_item(struct objects_verify *v, struct load_item *item)
{
	while (!v->is_through) {
		*item = (struct load_item){0};
		if (!v->next(v->next_arg, item))
			v->is_through = true;
		else if (item->type == NULL ||
			 strcmp(item->type, "superseded") != 0)
			return true;
	}
	return false;
}

static void on_compared(void *arg, const struct err *e);

static bool fill_slots(struct objects_verify *v, struct err *e)
{
	struct load_item item;

	for (unsigned i = 0; i < v->nslots; i++) {
		struct slot *s = &v->slots[i];

		if (s->compare != NULL || !next_item(v, &item))
			continue;
		s->compare = compare_start(v->load->target, &item, on_compared,
					   s, e);
		if (s->compare == NULL)
			return false;
		v->nbusy++;
	}
	return true;
}

static void on_compared(void *arg, const struct err *e)
{
	struct slot *s = arg;
	struct objects_verify *v = s->verify;
	struct err mine = {0};

	s->compare = NULL;
	v->nbusy--;
	if (e != NULL) {
		over(v, e);
		return;
	}
	v->load->facts.tables_verified++;
	if (!fill_slots(v, &mine))
		over(v, &mine);
	else if (v->nbusy == 0)
		over(v, NULL);
}

static void on_looked(void *arg, enum target_state found, const struct err *e)
{
	struct objects_verify *v = arg;
	struct err mine = {0};

	v->look = NULL;
	if (e == NULL && found == TARGET_ABSENT)
		(void)err_set(&mine, ERR_DAMAGED, "verification_failed",
			      "the bucket \"%.63s\" is not there",
			      target_name(v->load->target));
	over(v, err_is(&mine) ? &mine : e);
}

/* There is nothing to compare: the bucket is there, at least. */
static bool look_at_nothing(struct objects_verify *v, struct err *e)
{
	v->look = target_look(v->load->target, on_looked, v, e);
	return v->look != NULL;
}

static bool begin(struct objects_verify *v, struct err *e)
{
	struct objects_load *l = v->load;

	if (l->laying == NULL)
		return err_bug(e, "a comparison before a restore");
	if (!laying_finish(l->laying, e))
		return false;
	v->nslots = l->at_once < AT_ONCE_MAX ? l->at_once : AT_ONCE_MAX;
	for (unsigned i = 0; i < v->nslots; i++)
		v->slots[i].verify = v;
	return fill_slots(v, e) && (v->nbusy > 0 || look_at_nothing(v, e));
}

struct source_op *objects_load_verify(struct load *base, load_next_cb *next,
				      void *next_arg, load_done_cb *done,
				      void *arg, struct err *e)
{
	struct objects_verify *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		(void)err_nomem(e, "a comparison");
		return NULL;
	}
	v->base.cancel = verify_cancel;
	v->load = objects_load_of(base);
	v->next = next;
	v->next_arg = next_arg;
	v->done = done;
	v->arg = arg;
	if (begin(v, e))
		return &v->base;
	verify_free(v);
	return NULL;
}
