/* hooked.c - hooked.h: phases of a dump that wait for a hook. */
#include "sources/hooked.h"

#include <stdlib.h>

struct call {
	struct source source; /* comes first */
	struct source_ops ops;
	const struct hooked_call *call;
	struct hooked *hooked;
	void *dump;
	bool is_begun;
};

static struct call *call_of(struct source *source)
{
	return (struct call *)(void *)source;
}

void hooked_fini(struct hooked *h)
{
	hook_choice_cancel(h->choice);
	h->choice = NULL;
	snapshot_let_go(h->snapshot);
	h->snapshot = NULL;
}

void hooked_await(struct hooked *h, struct waker *w)
{
	h->waiter = w;
	h->is_answered = false;
	err_clear(&h->answer);
}

void hooked_answered(void *arg, const struct err *e)
{
	struct hooked *h = arg;

	h->is_answered = true;
	if (e != NULL)
		h->answer = *e;
	if (h->waiter != NULL)
		wake(h->waiter);
}

static void on_line(void *arg, const char *text)
{
	const struct hooked *h = arg;

	if (h->line != NULL)
		h->line(h->line_arg, text);
}

void hooked_chosen(void *arg, const char *hook, const struct err *e)
{
	struct hooked *h = arg;
	struct err mine = {0};

	h->choice = NULL;
	if (hook == NULL) {
		hooked_answered(h, e);
		return;
	}
	h->snapshot =
		snapshot_new(h->snapshots, hook, h->id, on_line, h, &mine);
	if (h->snapshot == NULL ||
	    !snapshot_release(h->snapshot, hooked_answered, &mine))
		hooked_answered(h, &mine);
}

bool hooked_open(struct hooked *h, void *dump, struct err *e)
{
	(void)dump;
	return snapshot_open(h->snapshot, hooked_answered, e);
}

bool hooked_release(struct hooked *h, void *dump, struct err *e)
{
	(void)dump;
	return snapshot_release(h->snapshot, hooked_answered, e);
}

bool hooked_over(struct hooked *h, void *dump, struct err *e)
{
	(void)dump;
	if (!err_is(&h->answer))
		return true;
	*e = h->answer;
	return false;
}

static enum flow call_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct call *c = call_of(source);

	(void)out;
	if (!c->is_begun) {
		c->is_begun = true;
		hooked_await(c->hooked, &source->waker);
		return c->call->begin(c->hooked, c->dump, e) ? FLOW_WAIT
							     : FLOW_FAIL;
	}
	if (!c->hooked->is_answered)
		return FLOW_WAIT;
	return c->call->over(c->hooked, c->dump, e) ? FLOW_END : FLOW_FAIL;
}

static void call_destroy(struct source *source)
{
	hooked_await(call_of(source)->hooked, NULL);
	free(source);
}

struct source *hooked_call_new(const struct hooked_call *call, struct hooked *h,
			       void *dump, struct err *e)
{
	struct call *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	c->ops.name = call->name;
	c->ops.read = call_read;
	c->ops.destroy = call_destroy;
	c->source.ops = &c->ops;
	c->call = call;
	c->hooked = h;
	c->dump = dump;
	return &c->source;
}
