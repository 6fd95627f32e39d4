/* tally.c - one frame after the other, by the spans of rows in it. */
#include "jobs/extract/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "jobs/restore/preflight.h"

struct tally_stage {
	struct stage stage; /* comes first */
	struct tally *tally;
};

/* Items have numbers from 0 on, so there are not many more than tables. */
static bool make_room(struct tally *t, uint64_t number, struct err *e)
{
	size_t n = t->n > 0 ? t->n : 64;
	size_t *grown;

	if (number < t->n)
		return true;
	while (n <= number)
		n *= 2;
	grown = reallocarray(t->slots, n, sizeof(*grown));
	if (grown == NULL)
		return err_nomem(e, "a list of tables");
	memset(grown + t->n, 0, (n - t->n) * sizeof(*grown));
	t->slots = grown;
	t->n = n;
	return true;
}

static bool count(struct tally *t, const struct span *s, struct err *e)
{
	const struct item *it = s->item;
	struct preflight_table *table;

	if (it->kind != ITEM_DATA)
		return true;
	if (!make_room(t, it->number, e))
		return false;
	if (t->slots[it->number] == 0) {
		if (preflight_compare(t->preflight, it->group, it->name, e) ==
		    NULL)
			return false;
		t->slots[it->number] = t->preflight->ntables;
	}
	table = &t->preflight->tables[t->slots[it->number] - 1];
	table->rows += s->rows;
	digest_add(&table->digest, &s->digest);
	return true;
}

static enum flow step(struct stage *stage, struct link *in, struct link *out,
		      struct err *e)
{
	struct tally_stage *s = (struct tally_stage *)(void *)stage;
	struct frame *f = link_pop(in);

	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	for (size_t i = 0; i < f->nspans; i++) {
		if (!count(s->tally, &f->spans[i], e)) {
			frame_free(f);
			return FLOW_FAIL;
		}
	}
	frame_drop_spans(f);
	link_push(out, f);
	return FLOW_MORE;
}

static void destroy(struct stage *stage)
{
	free(stage);
}

static const struct stage_ops ops = {
	.name = "tally",
	.step = step,
	.destroy = destroy,
};

struct stage *tally_stage_new(struct tally *t, struct err *e)
{
	struct tally_stage *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "a tally");
		return NULL;
	}
	s->stage.ops = &ops;
	s->tally = t;
	return &s->stage;
}

void tally_fini(struct tally *t)
{
	free(t->slots);
	t->slots = NULL;
	t->n = 0;
}
