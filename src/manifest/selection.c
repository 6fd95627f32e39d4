/* selection.c - what is selected, and the marking of frames. */
#include "manifest/selection_int.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_int.h"
#include "manifest/parts.h"
#include "stages/zstd.h"

struct selection *selection_new(const struct manifest *m, struct err *e)
{
	struct selection *s = calloc(1, sizeof(*s));

	if (s == NULL)
		(void)err_nomem(e, "a selection");
	else
		s->manifest = m;
	return s;
}

void selection_read_in_order(struct selection *s)
{
	s->is_in_order = true;
}

static bool lies_in_parts(const struct selection *s, const struct index_line *l)
{
	for (size_t i = 0; i < l->nextents; i++) {
		const struct index_extent *x = &l->extents[i];
		const struct manifest_object *part =
			manifest_part(s->manifest, x->part);

		if (part == NULL ||
		    x->offset + x->length >
			    manifest_part_length(s->manifest, part))
			return false;
	}
	return true;
}

static struct item *make_named(const struct selection *s,
			       const struct index_line *l)
{
	struct item *it = item_new(s->n, l->kind, l->type, l->group, l->name);

	if (it == NULL)
		return NULL;
	it->is_apart = l->is_apart;
	if ((l->on == NULL || item_set_on(it, l->on)) &&
	    (l->facts == NULL || item_set_facts(it, l->facts)))
		return it;
	item_unref(it);
	return NULL;
}

/* One for all that have nothing to tell. */
static struct item *make_nameless(struct selection *s)
{
	if (s->nameless == NULL)
		s->nameless = item_new(0, ITEM_DATA, "", "", "");
	return s->nameless != NULL ? item_ref(s->nameless) : NULL;
}

static struct item *make_item(struct selection *s, const struct index_line *l)
{
	struct index_line bare = {
		.kind = l->kind,
		.type = l->type,
		.group = l->group,
		.name = (char *)"",
		.facts = l->facts,
	};

	if (!s->is_in_order || l->kind != ITEM_DATA || l->is_apart)
		return make_named(s, l);
	return l->facts == NULL ? make_nameless(s) : make_named(s, &bare);
}

static bool grow(struct selection *s)
{
	size_t cap = s->cap > 0 ? s->cap * 2 : 16;
	struct selected *list;

	if (s->n < s->cap)
		return true;
	list = realloc(s->list, cap * sizeof(*list));
	if (list == NULL)
		return false;
	s->list = list;
	s->cap = cap;
	return true;
}

struct index_extent selected_extent(const struct selected *x, size_t k)
{
	if (x->nextents > 1)
		return x->extents.list[k];
	return (struct index_extent){x->extents.only.part,
				     x->extents.only.offset,
				     x->extents.only.length};
}

static bool set_extents(struct selected *x, const struct index_line *l)
{
	struct index_extent *list;

	if (l->nextents == 1) {
		x->extents.only.part = (uint32_t)l->extents->part;
		x->extents.only.offset = (uint32_t)l->extents->offset;
		x->extents.only.length = (uint32_t)l->extents->length;
	} else if (l->nextents > 1) {
		list = calloc(l->nextents, sizeof(*list));
		if (list == NULL)
			return false;
		memcpy(list, l->extents, l->nextents * sizeof(*list));
		x->extents.list = list;
	}
	x->nextents = (uint32_t)l->nextents;
	return true;
}

static void selected_fini(struct selected *x)
{
	item_unref(x->item);
	if (x->nextents > 1)
		free(x->extents.list);
}

bool selection_add(struct selection *s, const struct index_line *l,
		   struct err *e)
{
	struct selected x = {.skip = (uint32_t)l->skip, .left = l->plain_bytes};

	if (!lies_in_parts(s, l) || l->skip > UINT32_MAX)
		return manifest_damaged(e,
					"the index places \"%s\" outside of "
					"the parts",
					l->name);
	x.item = make_item(s, l);
	if (x.item == NULL || !set_extents(&x, l) || !grow(s)) {
		selected_fini(&x);
		return err_nomem(e, "a selection");
	}
	s->list[s->n++] = x;
	return true;
}

void selection_forget(struct selection *s, size_t number)
{
	s->list[number].left = 0;
}

bool selection_feed(struct selection *s, enum item_kind section,
		    struct part_feed *f, struct err *e)
{
	s->section = section;
	f->manifest = s->manifest;
	f->selection = s;
	return selection_plan(s, f, e);
}

uint64_t selection_bytes(struct selection *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ITEM_KIND_COUNT; i++) {
		struct part_feed f = {0};
		struct err e = {0};

		if (selection_feed(s, (enum item_kind)i, &f, &e))
			sum += part_feed_bytes(&f);
		part_feed_fini(&f);
	}
	return sum;
}

/* The item's bytes in this frame; those before them are counted off. */
static bool mark_item(struct selected *x, size_t plain, struct frame *f)
{
	size_t from = x->skip < plain ? (size_t)x->skip : plain;
	size_t len = x->left < plain - from ? (size_t)x->left : plain - from;
	struct span *sp;

	x->skip -= (uint32_t)from;
	x->left -= len;
	if (len == 0)
		return true;
	sp = frame_add_span(f, x->item);
	if (sp == NULL)
		return false;
	sp->plain_offset = from;
	sp->plain_len = len;
	sp->ends_run = x->left == 0;
	return true;
}

/* How many stretches begin at or before the place. */
static size_t find_place(const struct selection *s, uint32_t part,
			 uint64_t offset)
{
	size_t low = 0, high = s->nstretches;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct stretch *t = &s->stretches[mid];

		if (t->part < part || (t->part == part && t->offset <= offset))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int by_offset(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->plain_offset < y->plain_offset   ? -1
	       : x->plain_offset > y->plain_offset ? 1
						   : 0;
}

bool selection_mark(struct selection *s, uint32_t part, uint64_t offset,
		    struct frame *f, struct err *e)
{
	size_t plain;

	if (!zstd_content_size(f->data, f->len, &plain))
		return manifest_damaged(e, "a frame does not tell its length");
	/* Stretches overlap by shared frames only, so those that hold this one
	 * stand together. */
	for (size_t i = find_place(s, part, offset); i > 0; i--) {
		const struct stretch *t = &s->stretches[i - 1];

		if (t->part != part || t->end <= offset)
			break;
		if (!mark_item(&s->list[t->of], plain, f))
			return err_nomem(e, "a frame");
	}
	if (f->nspans > 1)
		qsort(f->spans, f->nspans, sizeof(*f->spans), by_offset);
	return true;
}

bool selection_is_through(const struct selection *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct selected *x = &s->list[i];

		if (x->item->kind == s->section && x->left > 0)
			return manifest_damaged(
				e,
				"the parts do not hold all of item %zu "
				"(\"%s.%s\") where the index says",
				i + 1, x->item->group, x->item->name);
	}
	return true;
}

bool selection_keep(struct selection *s, struct err *e)
{
	struct selected_before *list = calloc(s->n + 1, sizeof(*list));

	if (list == NULL)
		return err_nomem(e, "a selection");
	for (size_t i = 0; i < s->n; i++)
		list[i] = (struct selected_before){s->list[i].left,
						   s->list[i].skip};
	free(s->before);
	s->before = list;
	return true;
}

void selection_rewind(struct selection *s)
{
	for (size_t i = 0; s->before != NULL && i < s->n; i++) {
		s->list[i].left = s->before[i].left;
		s->list[i].skip = s->before[i].skip;
	}
	free(s->before);
	s->before = NULL;
}

void selection_free(struct selection *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		selected_fini(&s->list[i]);
	item_unref(s->nameless);
	free(s->before);
	free(s->list);
	free(s->stretches);
	free(s);
}
