/* part_feed.c - see part_feed.h. */
#include "manifest/part_feed.h"
#include "manifest/parts.h"

#include <stdlib.h>

bool part_feed_add(struct part_feed *f, const struct part_piece *p,
		   struct err *e)
{
	size_t cap = f->cap > 0 ? f->cap * 2 : 16;
	struct part_piece *more;

	if (f->n == f->cap) {
		more = realloc(f->pieces, cap * sizeof(*more));
		if (more == NULL)
			return err_nomem(e, "a list of parts to read");
		f->pieces = more;
		f->cap = cap;
	}
	f->pieces[f->n++] = *p;
	return true;
}

bool part_feed_parts(struct part_feed *f, const struct manifest *m,
		     size_t first, size_t last, struct err *e)
{
	const struct manifest_objects *parts = &m->parts;

	f->manifest = m;
	for (size_t i = manifest_part_from(m, first);
	     i < parts->n && parts->list[i].number <= last; i++) {
		const struct part_piece p = {
			.part = parts->list[i].number,
			.goes_on = parts->list[i].is_open && i + 1 < parts->n &&
				   parts->list[i + 1].number <= last,
		};

		if (!part_feed_add(f, &p, e))
			return false;
	}
	return true;
}

bool part_feed_next(struct part_feed *f, struct part_run *run,
		    struct part_piece *out)
{
	if (run->at == run->end) {
		if (f->next == f->n)
			return false;
		run->at = f->next;
		while (f->pieces[f->next].goes_on && f->next + 1 < f->n)
			f->next++;
		run->end = ++f->next;
	}
	*out = f->pieces[run->at++];
	return true;
}

/* Of an encrypted part: the chunks that cover the piece, and the header. */
static uint64_t piece_bytes(const struct manifest *m,
			    const struct part_piece *p)
{
	const struct manifest_object *part = manifest_part(m, p->part);
	unsigned n = m->recipients.n;

	if (p->length == 0)
		return part->stored_bytes;
	if (n == 0)
		return p->length;
	return age_header_bytes(n) +
	       age_range(n, manifest_part_length(m, part), p->offset, p->length)
		       .length;
}

uint64_t part_feed_bytes(const struct part_feed *f)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->n; i++)
		sum += piece_bytes(f->manifest, &f->pieces[i]);
	return sum;
}

void part_feed_fini(struct part_feed *f)
{
	free(f->pieces);
	*f = (struct part_feed){0};
}
