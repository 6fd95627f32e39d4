/* part.c - what the sources of all phases have in common. */
#include "sources/mysql/dump/part.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/dump/dump_int.h"
#include "sources/mysql/settings.h"

static void on_wake(void *arg)
{
	struct my_part *p = arg;

	wake(&p->source.waker);
}

void my_part_init(struct my_part *p, const struct source_ops *source_ops,
		  struct my_dump *d, unsigned lane, const char *preamble)
{
	my_part_init_on(p, source_ops, d, d->conns[lane], preamble);
}

void my_part_init_on(struct my_part *p, const struct source_ops *source_ops,
		     struct my_dump *d, struct my_conn *c, const char *preamble)
{
	p->source.ops = source_ops;
	p->dump = d;
	p->out.preamble = preamble;
	p->out.plain_bytes = &d->facts.plain_bytes;
	my_dialog_init(&p->dialog, c, p);
	my_part_listen(p, c);
}

void my_part_listen(struct my_part *p, struct my_conn *c)
{
	my_conn_on_wake(c, on_wake, p);
}

void my_part_deaf(struct my_conn *c)
{
	my_conn_on_wake(c, NULL, NULL);
}

void my_part_fini(struct my_part *p)
{
	my_part_deaf(p->dialog.conn);
	my_dialog_fini(&p->dialog);
	my_out_fini(&p->out);
}

struct item *my_part_item(struct my_part *p, enum item_kind kind,
			  const char *type, const char *group, const char *name)
{
	return item_new(p->dump->next_number++, kind, type, group, name);
}

struct source *my_part_new(const struct my_walk *w, struct my_dump *d,
			   unsigned lane, struct err *e)
{
	struct my_part *p = calloc(1, w->size);

	if (p == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	p->walk = w;
	my_part_init(p, w->ops, d, lane, w->preamble);
	return &p->source;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	enum my_flow f = p->walk->step(p, e);

	if (f == MY_FAIL && p->walk->explain != NULL)
		p->walk->explain(p, e);
	return f;
}

enum flow my_part_read(struct source *source, struct link *out, struct err *e)
{
	struct my_part *p = (struct my_part *)(void *)source; /* comes first */
	const struct my_walk *w = p->walk;

	p->out.link = out;
	for (int i = 0; i < MY_STEPS_PER_READ; i++) {
		enum my_flow f;

		if (w->is_over(p))
			return w->finish != NULL ? w->finish(p, e) : FLOW_END;
		f = step(p, e);
		if (f != MY_DONE)
			return my_part_flow(f);
	}
	return FLOW_MORE;
}

enum flow my_part_flow(enum my_flow f)
{
	switch (f) {
	case MY_DONE:
		return FLOW_MORE;
	case MY_WAIT:
		return FLOW_WAIT;
	case MY_FAIL:
		return FLOW_FAIL;
	}
	return FLOW_FAIL;
}

bool my_part_emit(struct my_part *p, struct item *item, const char *database,
		  const struct text *text, struct err *e)
{
	if (text->is_broken) {
		item_unref(item);
		return err_nomem(e, "an item");
	}
	if (!my_out_begin(&p->out, item, database, e) ||
	    !my_out_add(&p->out, text->data, text->len, e))
		return false;
	p->dump->facts.items_done++;
	return my_out_end(&p->out, e);
}

/* The footer belongs to no item. */
bool my_part_end_dump(struct my_part *p, struct err *e)
{
	const char *footer = my_settings_footer();

	return my_out_add(&p->out, footer, strlen(footer), e) &&
	       my_out_flush(&p->out, e);
}
