/* partings.c - see partings.h. */
#include "sources/partings.h"

#include <stdlib.h>

struct partings {
	TAILQ_HEAD(, parting) list;
	void (*idle)(void *arg);
	void *arg;
};

struct partings *partings_new(struct err *e)
{
	struct partings *ps = calloc(1, sizeof(*ps));

	if (ps == NULL)
		(void)err_nomem(e, "a list");
	else
		TAILQ_INIT(&ps->list);
	return ps;
}

void partings_free(struct partings *ps)
{
	struct parting *p;

	if (ps == NULL)
		return;
	while ((p = TAILQ_FIRST(&ps->list)) != NULL) {
		TAILQ_REMOVE(&ps->list, p, entry);
		p->drop(p);
	}
	free(ps);
}

void partings_join(struct partings *ps, struct parting *p)
{
	p->list = ps;
	TAILQ_INSERT_TAIL(&ps->list, p, entry);
}

void partings_leave(struct parting *p)
{
	struct partings *ps = p->list;

	TAILQ_REMOVE(&ps->list, p, entry);
	if (TAILQ_EMPTY(&ps->list) && ps->idle != NULL)
		ps->idle(ps->arg);
}

bool partings_is_idle(const struct partings *ps)
{
	return ps == NULL || TAILQ_EMPTY(&ps->list);
}

void partings_watch(struct partings *ps, void (*idle)(void *arg), void *arg)
{
	ps->idle = idle;
	ps->arg = arg;
}
