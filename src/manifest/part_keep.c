/* part_keep.c - parts of the backup before that this one needs as well. */
#include "manifest/part_writer_int.h"

#include "manifest/manifest_int.h"
#include "manifest/parts.h"

bool part_writer_keep(struct part_writer *w, uint32_t number, struct err *e)
{
	const struct manifest *base = w->c.base;

	if (w->state != WRITER_FILLING)
		return err_bug(e, "a part is kept after the end");
	if (base == NULL || manifest_part(base, number) == NULL)
		return manifest_damaged(e,
					"the backup before has no part %u, "
					"though its index names it",
					(unsigned)number);
	w->keeps[manifest_part_from(base, number)] = true;
	return true;
}

/* Whether what is open at the end of a part goes on in one that is kept. */
static bool goes_on(const struct part_writer *w, size_t at)
{
	const struct manifest_object *list = w->c.base->parts.list;

	return list[at].is_open && at + 1 < w->c.base->parts.n &&
	       w->keeps[at + 1] && list[at + 1].number == list[at].number + 1;
}

static bool add_kept(struct part_writer *w, struct manifest_objects *all,
		     struct err *e)
{
	for (size_t i = 0; i < w->c.base->parts.n; i++) {
		struct manifest_object o = w->c.base->parts.list[i];

		if (!w->keeps[i])
			continue;
		o.is_open = goes_on(w, i);
		if (!manifest_add(all, &o, e))
			return false;
	}
	return true;
}

/* All their numbers are greater than those of the base. */
static bool add_own(struct part_writer *w, struct manifest_objects *all,
		    struct err *e)
{
	for (size_t i = 0; i < w->parts.n; i++) {
		if (!manifest_add(all, &w->parts.list[i], e))
			return false;
	}
	return true;
}

/* Kept parts hold what a tree has, data; without a part of its own the writer
 * has seen none. */
static void begin_sections(struct part_writer *w)
{
	if (w->nsections > 0 || w->parts.n == 0)
		return;
	w->sections[0] = (struct manifest_section){ITEM_DATA, 1};
	w->nsections = 1;
}

bool writer_join_kept(struct part_writer *w, struct err *e)
{
	struct manifest_objects all = {0};

	if (w->keeps == NULL || w->is_joined)
		return true;
	if (!add_kept(w, &all, e) || !add_own(w, &all, e)) {
		manifest_objects_fini(&all);
		return false;
	}
	manifest_objects_move(&w->parts, &all);
	w->is_joined = true;
	begin_sections(w);
	return true;
}
