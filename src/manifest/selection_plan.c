/*
 * selection_plan.c - in which pieces, and by whom, the frames of a section's
 * selected items are read.
 *
 * Stretches (extents) that share frames are a cluster; clusters that hold
 * stretches of the same item, unless it is apart, are one run: their root is
 * the first of them.
 */
#include "manifest/selection_int.h"
#include "manifest/parts.h"

#include <stdlib.h>

/* Bytes that are fetched for nothing rather than asked for anew. */
enum { GAP_BYTES = 64 * 1024 };

static int by_place(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end ? 1 : 0;
}

static void collect_item(struct selection *s, size_t number)
{
	const struct selected *x = &s->list[number];

	for (size_t k = 0; x->left > 0 && k < x->nextents; k++) {
		struct index_extent from = selected_extent(x, k);

		s->stretches[s->nstretches++] = (struct stretch){
			.part = (uint32_t)from.part,
			.offset = (uint32_t)from.offset,
			.end = (uint32_t)(from.offset + from.length),
			.of = (uint32_t)number,
		};
	}
}

static bool collect(struct selection *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].item->kind == s->section)
			n += s->list[i].nextents;
	free(s->stretches);
	s->nstretches = 0;
	s->stretches = calloc(n + 1, sizeof(*s->stretches));
	if (s->stretches == NULL)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].item->kind == s->section)
			collect_item(s, i);
	return true;
}

/* Returns how many there are. */
static uint32_t make_clusters(struct selection *s, struct cluster *list)
{
	struct cluster *c = NULL;
	uint32_t n = 0;

	for (size_t i = 0; i < s->nstretches; i++) {
		struct stretch *t = &s->stretches[i];

		if (c != NULL && c->part == t->part && t->offset < c->end) {
			c->is_alone = false;
			c->end = t->end > c->end ? t->end : c->end;
		} else {
			c = &list[n];
			*c = (struct cluster){
				.part = t->part,
				.offset = t->offset,
				.end = t->end,
				.number = n,
				.root = n,
				.is_alone = s->list[t->of].item->is_apart,
			};
			n++;
		}
		t->cluster = c->number;
	}
	return n;
}

static uint32_t root_of(struct cluster *list, uint32_t i)
{
	while (list[i].root != i) {
		list[i].root = list[list[i].root].root;
		i = list[i].root;
	}
	return i;
}

static void join(struct cluster *list, uint32_t a, uint32_t b)
{
	a = root_of(list, a);
	b = root_of(list, b);
	if (a < b)
		list[b].root = a;
	else
		list[a].root = b;
}

static int by_item(const void *a, const void *b)
{
	const struct stretch *const *x = a, *const *y = b;

	if ((*x)->of != (*y)->of)
		return (*x)->of < (*y)->of ? -1 : 1;
	return *x < *y ? -1 : *x > *y ? 1 : 0;
}

/* A statement that the end of a part cuts goes on where the next one begins. */
static bool is_cut(const struct selection *s, const struct stretch *a,
		   const struct stretch *b)
{
	const struct manifest_object *part =
		manifest_part(s->manifest, a->part);

	return part->is_open &&
	       a->end == manifest_part_length(s->manifest, part) &&
	       b->part == a->part + 1 && b->offset == 0;
}

/* What holds the same item belongs together; of one that is apart only what
 * holds the same statement. */
static bool join_items(struct selection *s, struct cluster *list)
{
	struct stretch **order =
		calloc(s->nstretches + 1, sizeof(struct stretch *));

	if (order == NULL)
		return false;
	for (size_t i = 0; i < s->nstretches; i++)
		order[i] = &s->stretches[i];
	qsort(order, s->nstretches, sizeof(struct stretch *), by_item);
	for (size_t i = 1; i < s->nstretches; i++) {
		const struct stretch *a = order[i - 1], *b = order[i];

		if (a->of == b->of &&
		    (!s->list[a->of].item->is_apart || is_cut(s, a, b)))
			join(list, a->cluster, b->cluster);
	}
	free(order);
	return true;
}

static int by_root(const void *a, const void *b)
{
	const struct cluster *x = a, *y = b;

	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number ? 1 : 0;
}

/* One read for both: nothing that somebody else reads lies between them. */
static bool is_neighbour(const struct cluster *a, const struct cluster *b)
{
	return b->number == a->number + 1 && b->part == a->part &&
	       b->offset - a->end <= GAP_BYTES &&
	       (a->root == b->root || (a->is_alone && b->is_alone));
}

static bool add_piece(const struct selection *s, struct part_feed *f,
		      const struct cluster *c, bool goes_on, struct err *e)
{
	const struct manifest_object *part =
		manifest_part(s->manifest, c->part);
	struct part_piece p = {
		.part = c->part,
		.offset = c->offset,
		.length = c->end - c->offset,
		.goes_on = goes_on,
		.is_selected = true,
	};

	if (p.length == manifest_part_length(s->manifest, part))
		p.length = 0; /* a whole part can be proven */
	return part_feed_add(f, &p, e);
}

static bool add_pieces(const struct selection *s, struct part_feed *f,
		       const struct cluster *list, uint32_t n, struct err *e)
{
	struct cluster piece;

	for (uint32_t i = 0; i < n; i++) {
		const struct cluster *next = &list[i + 1];

		piece = list[i];
		while (i + 1 < n && is_neighbour(&list[i], next)) {
			piece.end = next->end;
			i++;
			next++;
		}
		if (!add_piece(s, f, &piece,
			       i + 1 < n && list[i].root == next->root, e))
			return false;
	}
	return true;
}

static bool plan(struct selection *s, struct part_feed *f, struct cluster *list,
		 struct err *e)
{
	uint32_t n = make_clusters(s, list);

	/* All other sections are read in order. */
	bool is_in_order = s->section != ITEM_DATA || s->is_in_order;

	if (!is_in_order && !join_items(s, list))
		return err_nomem(e, "a selection");
	for (uint32_t i = 0; i < n; i++)
		list[i].root = is_in_order ? 0 : root_of(list, i);
	qsort(list, n, sizeof(*list), by_root);
	return add_pieces(s, f, list, n, e);
}

bool selection_plan(struct selection *s, struct part_feed *f, struct err *e)
{
	struct cluster *list = NULL;
	bool ok;

	if (collect(s))
		list = calloc(s->nstretches + 1, sizeof(*list));
	if (list == NULL)
		return err_nomem(e, "a selection");
	qsort(s->stretches, s->nstretches, sizeof(*s->stretches), by_place);
	ok = plan(s, f, list, e);
	free(list);
	return ok;
}
