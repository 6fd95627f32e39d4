/* link.c - the queue of frames between two parts. */
#include <assert.h>

#include "pipeline_int.h"

bool link_is_full(const struct link *l)
{
	return l->bytes + l->weight >= l->max_bytes ||
	       l->nframes >= LINK_FRAMES_MAX;
}

void link_push(struct link *l, struct frame *f)
{
	assert(!l->eof);
	TAILQ_INSERT_TAIL(&l->frames, f, entry);
	l->nframes++;
	l->bytes += f->len;
	l->weight += f->weight;
	l->given += f->len;
}

struct frame *link_pop(struct link *l)
{
	struct frame *f = TAILQ_FIRST(&l->frames);

	if (f == NULL)
		return NULL;
	TAILQ_REMOVE(&l->frames, f, entry);
	assert(l->bytes >= f->len && l->weight >= f->weight);
	l->nframes--;
	l->ntaken++;
	l->bytes -= f->len;
	l->weight -= f->weight;
	l->taken += f->len;
	return f;
}

void link_drain(struct link *l)
{
	struct frame *f;

	while ((f = link_pop(l)) != NULL)
		frame_free(f);
}
