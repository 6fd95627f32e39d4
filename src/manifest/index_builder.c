/*
 * index_builder.c - gathers what the frames say about their items.
 *
 * An item is open while its frames come; there are about as many open ones as
 * pipelines. One that is_apart comes in runs, of several pipelines at the same
 * time; its frames are taken in the order in which they were stored. When it
 * ends it becomes a packed line in a ring whose first slot
 * is the item whose line is to be written next. Writing is apart from adding,
 * since one item that ends may set free hundreds of thousands of lines.
 */
#include "manifest/index.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/index_int.h"
#include "manifest/layout.h"

enum { SLOTS_MIN = 64, SLOTS_MAX = 1 << 23, EXTENTS_MIN = 4 };

struct open_item {
	TAILQ_ENTRY(open_item) entry;
	struct item *item;
	uint64_t rows, plain_bytes, skip;
	struct digest digest;
	struct packed_extent *extents;
	uint32_t nextents, cap;
	unsigned nends;	   /* runs that are over */
	uint64_t frame_at; /* where its last frame lies in the last part */
	size_t plain_end;  /* where its last span ended in that frame */
	bool is_filled;	   /* ... which is that frame's end */
};

struct index_builder {
	index_piece_cb *piece;
	void *arg;
	TAILQ_HEAD(, open_item) open;
	uint64_t next; /* number of the item whose line is written next */
	struct packed_line **slots; /* by number, modulo nslots */
	size_t nslots;
	size_t waiting; /* slots that are taken */
	struct text lines;
	char first_item[INDEX_FIRST_ITEM_MAX];
};

struct index_builder *index_builder_new(index_piece_cb *piece, void *arg,
					struct err *e)
{
	struct index_builder *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)err_nomem(e, "the index");
		return NULL;
	}
	TAILQ_INIT(&b->open);
	b->piece = piece;
	b->arg = arg;
	return b;
}

static void open_item_free(struct open_item *o)
{
	item_unref(o->item);
	free(o->extents);
	free(o);
}

void index_builder_free(struct index_builder *b)
{
	struct open_item *o;

	if (b == NULL)
		return;
	while ((o = TAILQ_FIRST(&b->open)) != NULL) {
		TAILQ_REMOVE(&b->open, o, entry);
		open_item_free(o);
	}
	for (size_t i = 0; i < b->nslots; i++)
		free(b->slots[i]);
	free(b->slots);
	text_free(&b->lines);
	free(b);
}

static struct packed_line **slot_of(const struct index_builder *b,
				    uint64_t number)
{
	return &b->slots[number & (b->nslots - 1)];
}

/* Makes room for the slot of that number, which is b->next or later. */
static bool reach(struct index_builder *b, uint64_t number, struct err *e)
{
	size_t n = b->nslots > 0 ? b->nslots : SLOTS_MIN;
	struct packed_line **slots;

	while (number - b->next >= n && n < SLOTS_MAX)
		n *= 2;
	if (number - b->next >= n)
		return err_bug(e, "item %llu comes long before its turn",
			       (unsigned long long)number);
	if (n == b->nslots)
		return true;
	slots = calloc(n, sizeof(struct packed_line *));
	if (slots == NULL)
		return err_nomem(e, "the index");
	for (uint64_t i = b->next; i < b->next + b->nslots; i++)
		slots[i & (n - 1)] = *slot_of(b, i);
	free(b->slots);
	b->slots = slots;
	b->nslots = n;
	return true;
}

static struct open_item *open_item_new(struct index_builder *b, struct item *it,
				       struct err *e)
{
	struct open_item *o;

	if (it->number < b->next) {
		(void)err_bug(e, "item %llu goes on after its end",
			      (unsigned long long)it->number);
		return NULL;
	}
	if (!reach(b, it->number, e))
		return NULL;
	if (*slot_of(b, it->number) != NULL) {
		(void)err_bug(e, "item %llu goes on after its end",
			      (unsigned long long)it->number);
		return NULL;
	}
	o = calloc(1, sizeof(*o));
	if (o == NULL) {
		(void)err_nomem(e, "the index");
		return NULL;
	}
	o->item = item_ref(it);
	TAILQ_INSERT_TAIL(&b->open, o, entry);
	return o;
}

static struct open_item *find_or_open(struct index_builder *b, struct item *it,
				      struct err *e)
{
	struct open_item *o;

	TAILQ_FOREACH (o, &b->open, entry) {
		if (o->item->number == it->number)
			return o;
	}
	return open_item_new(b, it, e);
}

static bool grow_extents(struct open_item *o, struct err *e)
{
	uint32_t cap = o->cap > 0 ? o->cap + o->cap / 2 : EXTENTS_MIN;
	struct packed_extent *more;

	if (o->nextents < o->cap)
		return true;
	if (o->nextents >= INDEX_EXTENTS_MAX)
		return err_set(e, ERR_INVALID, "internal",
			       "\"%s\" lies in more than %d places of the "
			       "backup; use larger parts",
			       o->item->name, INDEX_EXTENTS_MAX);
	more = realloc(o->extents, cap * sizeof(*more));
	if (more == NULL)
		return err_nomem(e, "the index");
	o->extents = more;
	o->cap = cap;
	return true;
}

struct place {
	uint32_t part, offset, length;
	size_t plain_len;
};

/* The same frame again, the one behind the last, or a new extent. */
static bool add_extent(struct open_item *o, const struct place *at,
		       struct err *e)
{
	struct packed_extent *last;

	if (o->nextents > 0) {
		last = &o->extents[o->nextents - 1];
		if (last->part == at->part && o->frame_at == at->offset)
			return true;
		if (last->part == at->part &&
		    last->offset + last->length == at->offset) {
			last->length += at->length;
			return true;
		}
	}
	if (!grow_extents(o, e))
		return false;
	/* The analyzer thinks that err_nomem() might answer true. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	o->extents[o->nextents++] =
		(struct packed_extent){at->part, at->offset, at->length};
	return true;
}

/* Whether a span goes on where the last one of its item ended. */
static bool follows(const struct open_item *o, const struct span *sp,
		    const struct place *at)
{
	const struct packed_extent *last;

	if (o->nextents == 0)
		return true;
	last = &o->extents[o->nextents - 1];
	if (last->part == at->part && o->frame_at == at->offset)
		return sp->plain_offset == o->plain_end;
	return o->is_filled && sp->plain_offset == 0;
}

static bool add_bytes(struct open_item *o, const struct span *sp,
		      const struct place *at, struct err *e)
{
	if (sp->plain_len > at->plain_len ||
	    sp->plain_offset > at->plain_len - sp->plain_len)
		return err_bug(e, "a span of \"%s\" lies outside its frame",
			       o->item->name);
	if (!o->item->is_apart && !follows(o, sp, at))
		return err_bug(e, "the bytes of \"%s\" have a gap",
			       o->item->name);
	if (o->nextents == 0)
		o->skip = sp->plain_offset;
	if (!add_extent(o, at, e))
		return false;
	o->frame_at = at->offset;
	o->plain_end = sp->plain_offset + sp->plain_len;
	o->is_filled = o->plain_end == at->plain_len;
	o->plain_bytes += sp->plain_len;
	return true;
}

/* Whoever writes an item that is_apart may learn only after its last run that
 * no more will come: index_builder_finish() looks again. */
static bool is_over(const struct open_item *o)
{
	return !o->item->is_growing && o->nends == o->item->nruns;
}

static bool end_item(struct index_builder *b, struct open_item *o,
		     struct err *e)
{
	struct packed_line *l =
		packed_line_new(o->item, o->extents, o->nextents);

	if (l == NULL)
		return err_nomem(e, "the index");
	l->rows = o->rows;
	l->plain_bytes = o->plain_bytes;
	l->skip = o->skip;
	l->digest = o->digest;
	*slot_of(b, o->item->number) = l;
	b->waiting++;
	TAILQ_REMOVE(&b->open, o, entry);
	open_item_free(o);
	return true;
}

static bool add_span(struct index_builder *b, const struct span *sp,
		     const struct place *at, struct err *e)
{
	struct open_item *o;

	if (sp->item->line != NULL && (sp->plain_len > 0 || !sp->ends_run))
		return err_bug(e, "\"%s\" lies in an earlier backup and here",
			       sp->item->name);
	o = find_or_open(b, sp->item, e);
	if (o == NULL)
		return false;
	if (sp->plain_len > 0 && !add_bytes(o, sp, at, e))
		return false;
	o->rows += sp->rows;
	digest_add(&o->digest, &sp->digest);
	o->nends += sp->ends_run;
	return !is_over(o) || end_item(b, o, e);
}

/* A frame of an item that is_apart is its own from its first byte to its
 * last: what a run leaves out would be lost, or be another's. */
static bool check_apart(const struct frame *f, struct err *e)
{
	size_t end = 0;
	bool is_whole = true;

	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *sp = &f->spans[i];

		is_whole = is_whole && sp->item == f->spans[0].item &&
			   sp->plain_offset == end;
		end += sp->plain_len;
	}
	for (size_t i = 0; i < f->nspans; i++) {
		if (f->spans[i].item->is_apart &&
		    (!is_whole || end != f->plain_len))
			return err_bug(e, "a frame of \"%s\" is not its own",
				       f->spans[i].item->name);
	}
	return true;
}

static bool lies_in_a_part(const struct frame *f, unsigned part,
			   uint64_t offset)
{
	return part >= 1 && part <= LAYOUT_NUMBER_MAX &&
	       offset <= LAYOUT_OBJECT_MAX_BYTES &&
	       f->len <= LAYOUT_OBJECT_MAX_BYTES - offset;
}

bool index_builder_add(struct index_builder *b, const struct frame *f,
		       unsigned part, uint64_t offset, struct err *e)
{
	struct place at = {part, (uint32_t)offset, (uint32_t)f->len,
			   f->plain_len};

	if (!frame_is_bare(f) && !lies_in_a_part(f, part, offset))
		return err_bug(e, "a frame lies outside of any part");
	if (!check_apart(f, e))
		return false;
	for (size_t i = 0; i < f->nspans; i++) {
		if (!add_span(b, &f->spans[i], &at, e))
			return false;
	}
	return true;
}

bool index_builder_has_lines(const struct index_builder *b)
{
	return b->waiting > 0 && *slot_of(b, b->next) != NULL;
}

static bool write_line(struct index_builder *b, struct err *e)
{
	struct packed_line **slot = slot_of(b, b->next);

	if (b->lines.len == 0)
		packed_line_name(*slot, b->first_item);
	if (!packed_line_format(*slot, &b->lines))
		return err_set(e, ERR_INVALID, "internal",
			       "what is known of item %llu is not UTF-8",
			       (unsigned long long)b->next);
	if (b->lines.is_broken)
		return err_nomem(e, "the index");
	free(*slot);
	*slot = NULL;
	b->waiting--;
	b->next++;
	return true;
}

static bool flush(struct index_builder *b, struct err *e)
{
	bool ok =
		b->piece(b->arg, b->lines.data, b->lines.len, b->first_item, e);

	text_reset(&b->lines);
	return ok;
}

bool index_builder_drain(struct index_builder *b, unsigned max_lines,
			 struct err *e)
{
	while (max_lines-- > 0 && index_builder_has_lines(b)) {
		if (!write_line(b, e))
			return false;
		if (b->lines.len >= INDEX_PIECE_BYTES)
			return flush(b, e);
	}
	return true;
}

static bool end_all(struct index_builder *b, struct err *e)
{
	struct open_item *o, *next;

	for (o = TAILQ_FIRST(&b->open); o != NULL; o = next) {
		next = TAILQ_NEXT(o, entry);
		if (!is_over(o))
			return err_bug(e, "\"%s\" was never ended",
				       o->item->name);
		if (!end_item(b, o, e))
			return false;
	}
	return true;
}

bool index_builder_finish(struct index_builder *b, struct err *e)
{
	if (!end_all(b, e))
		return false;
	while (index_builder_has_lines(b)) {
		if (!index_builder_drain(b, SLOTS_MAX, e))
			return false;
	}
	if (b->waiting > 0)
		return err_bug(e, "item %llu never came",
			       (unsigned long long)b->next);
	return b->lines.len == 0 || flush(b, e);
}
