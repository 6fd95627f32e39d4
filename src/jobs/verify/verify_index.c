/*
 * verify_index.c - each extent of the index becomes a claim on a run of bytes
 * in a part. Sorted by place they tell whether two items were laid upon each
 * other, and what frames a part must have.
 */
#include "jobs/verify/verify_index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "loop/workers.h"
#include "manifest/parts.h"
#include "sources/kinds.h"

struct claim {
	uint32_t part, offset, length;
	uint32_t item; /* in the order of the index */
};

struct measure {
	uint64_t wanted : 63;  /* plain bytes up to its end */
	uint64_t is_apart : 1; /* nobody else may claim a byte of it */
	uint64_t found; /* in its frames, of those parts that were read */
};

struct verify_index {
	struct work work;
	const struct manifest *m;
	struct claim *claims;
	size_t n, cap;
	struct measure *items;
	size_t nitems, items_cap;
	uint64_t rows, plain_bytes, tables;
	uint64_t keys; /* rows of databases: Redis */
	bool is_working;
	struct err err; /* what the worker found */
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

static struct verify_index *index_of(struct work *w)
{
	return (struct verify_index *)((char *)w -
				       offsetof(struct verify_index, work));
}

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup", "the index: %s", what);
}

struct verify_index *verify_index_new(const struct manifest *m, struct err *e)
{
	struct verify_index *x = calloc(1, sizeof(*x));

	if (x == NULL)
		(void)err_nomem(e, "an index");
	else
		x->m = m;
	return x;
}

/* Which parts may hold items of that kind; early versions do not tell. */
static void range_of(const struct manifest *m, enum item_kind kind,
		     uint64_t *first, uint64_t *last)
{
	*first = 1;
	*last = manifest_last_number(m);
	for (unsigned i = 0; i < m->nsections; i++) {
		if (m->sections[i].kind != kind)
			continue;
		*first = m->sections[i].first_part;
		if (i + 1 < m->nsections)
			*last = m->sections[i + 1].first_part - 1;
	}
}

static bool add_item(struct verify_index *x, const struct index_line *l,
		     struct err *e)
{
	size_t cap = x->items_cap > 0 ? 2 * x->items_cap : 256;
	struct measure *items;

	if (x->nitems == UINT32_MAX)
		return damaged(e, "it has too many items");
	if (x->nitems == x->items_cap) {
		items = realloc(x->items, cap * sizeof(*items));
		if (items == NULL)
			return err_nomem(e, "an index");
		x->items = items;
		x->items_cap = cap;
	}
	x->items[x->nitems++] = (struct measure){
		.wanted = (l->skip + l->plain_bytes) & INT64_MAX,
		.is_apart = l->is_apart,
	};
	return true;
}

/* Of the item that was added last. */
static bool add_claim(struct verify_index *x, const struct index_extent *at,
		      struct err *e)
{
	size_t cap = x->cap > 0 ? 2 * x->cap : 256;
	struct claim *claims;

	if (x->n == x->cap) {
		claims = realloc(x->claims, cap * sizeof(*claims));
		if (claims == NULL)
			return err_nomem(e, "an index");
		x->claims = claims;
		x->cap = cap;
	}
	x->claims[x->n++] = (struct claim){
		.part = (uint32_t)at->part,
		.offset = (uint32_t)at->offset,
		.length = (uint32_t)at->length,
		.item = (uint32_t)(x->nitems - 1),
	};
	return true;
}

static bool fail_place(const struct index_line *l, const char *how,
		       struct err *e)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the index: %s \"%s\" of \"%s\" %s", l->type, l->name,
		       l->group, how);
}

/* What the manifest counts, too. Rows of a database are keys of Redis. */
static void count_rows(struct verify_index *x, const struct index_line *l)
{
	if (l->kind == ITEM_DATA && strcmp(l->type, "database") == 0)
		x->keys += l->rows;
	else
		x->rows += l->rows;
	x->tables += l->kind == ITEM_DATA && strcmp(l->type, "table") == 0;
}

bool verify_index_add(struct verify_index *x, const struct index_line *l,
		      struct err *e)
{
	const struct manifest *m = x->m;
	uint64_t first, last;

	if (!add_item(x, l, e))
		return false;
	range_of(m, l->kind, &first, &last);
	for (size_t i = 0; i < l->nextents; i++) {
		const struct index_extent *at = &l->extents[i];
		const struct manifest_object *part = manifest_part(m, at->part);

		if (part == NULL || at->part < first || at->part > last)
			return fail_place(l,
					  "lies in a part that is not there "
					  "or holds another kind",
					  e);
		if (at->offset + at->length > manifest_part_length(m, part))
			return fail_place(l, "lies beyond the end of its part",
					  e);
		if (!add_claim(x, at, e))
			return false;
	}
	x->plain_bytes += l->plain_bytes;
	count_rows(x, l);
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

/* Small items share a frame; one that lies apart shares nothing. */
static bool check_overlaps(const struct verify_index *x, struct err *e)
{
	uint64_t end = 0;	/* of all before, in this part */
	uint64_t apart_end = 0; /* of those that lie apart */

	for (size_t i = 0; i < x->n; i++) {
		const struct claim *c = &x->claims[i];
		uint64_t after = (uint64_t)c->offset + c->length;
		bool is_apart = x->items[c->item].is_apart;

		if (i > 0 && c[-1].part != c->part)
			end = apart_end = 0;
		if (c->offset < apart_end || (is_apart && c->offset < end))
			return err_set(e, ERR_DAMAGED, "damaged_backup",
				       "the index: two items lie upon each "
				       "other in part %" PRIu32,
				       c->part);
		end = after > end ? after : end;
		if (is_apart)
			apart_end = after;
	}
	return true;
}

static bool check_count(const json_t *counts, const char *what, uint64_t found,
			struct err *e)
{
	const json_t *n = json_object_get(counts, what);

	if (!json_is_integer(n) || (uint64_t)json_integer_value(n) == found)
		return true;
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the index has %" PRIu64 " %s, the manifest %lld", found,
		       what, (long long)json_integer_value(n));
}

/* Of a server's files the index says where they lie, and nothing of what is in
 * them; of a tree it tells each. */
static bool has_counts(const struct manifest *m)
{
	const struct source_kind *kind =
		m->engine != NULL ? source_kind_find(m->engine) : NULL;

	return m->counts_json != NULL &&
	       (m->method == NULL || strcmp(m->method, "logical") == 0 ||
		(kind != NULL && kind->is_tree));
}

static bool check_sums(const struct verify_index *x, struct err *e)
{
	json_t *counts = has_counts(x->m)
				 ? json_loads(x->m->counts_json, 0, NULL)
				 : NULL;
	bool ok = check_count(counts, "rows", x->rows, e) &&
		  check_count(counts, "tables", x->tables, e) &&
		  check_count(counts, "keys", x->keys, e);

	json_decref(counts);
	if (ok && x->plain_bytes > x->m->plain_bytes)
		return damaged(e, "its items have more bytes than the parts");
	return ok;
}

/* On a worker: sorting half a million takes its time. */
static void run_settle(struct work *w)
{
	struct verify_index *x = index_of(w);

	if (x->n > 0)
		qsort(x->claims, x->n, sizeof(*x->claims), by_place);
	(void)(check_sums(x, &x->err) && check_overlaps(x, &x->err));
}

static void on_settled(struct work *w)
{
	struct verify_index *x = index_of(w);

	x->is_working = false;
	x->done(x->arg, err_is(&x->err) ? &x->err : NULL);
}

bool verify_index_settle(struct verify_index *x, struct workers *ws,
			 void (*done)(void *arg, const struct err *e),
			 void *arg, struct err *e)
{
	if (x->is_working)
		return err_bug(e, "an index settles twice");
	x->work.run = run_settle;
	x->work.done = on_settled;
	x->done = done;
	x->arg = arg;
	x->is_working = true;
	workers_submit(ws, &x->work);
	return true;
}

/* The first claim on that part or a later one. */
static size_t find_part(const struct verify_index *x, uint32_t part)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->claims[mid].part < part)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int by_end(const void *key, const void *member)
{
	const size_t *at = key;
	const struct verify_frame *f = member;

	return (*at > f->end) - (*at < f->end);
}

/* Plain bytes before that place, where a frame must end (or the first one
 * begin). */
static bool plain_before(const struct verify_frame *frames, size_t nframes,
			 size_t at, uint64_t *plain)
{
	const struct verify_frame *f;

	*plain = 0;
	if (at == 0)
		return true;
	f = nframes > 0 ? bsearch(&at, frames, nframes, sizeof(*frames), by_end)
			: NULL;
	if (f != NULL)
		*plain = f->plain;
	return f != NULL;
}

bool verify_index_fits(struct verify_index *x, uint32_t part,
		       const struct verify_frame *frames, size_t nframes,
		       struct err *e)
{
	for (size_t i = find_part(x, part);
	     i < x->n && x->claims[i].part == part; i++) {
		const struct claim *c = &x->claims[i];
		uint64_t from, to;

		if (!plain_before(frames, nframes, c->offset, &from) ||
		    !plain_before(frames, nframes,
				  (size_t)c->offset + c->length, &to))
			return damaged(e, "it points into the middle of a "
					  "frame");
		x->items[c->item].found += to - from;
	}
	return true;
}

bool verify_index_is_through(const struct verify_index *x, struct err *e)
{
	for (size_t i = 0; i < x->nitems; i++) {
		const struct measure *m = &x->items[i];

		if (m->found < m->wanted ||
		    (m->is_apart && m->found != m->wanted))
			return err_set(e, ERR_DAMAGED, "damaged_backup",
				       "the index: the frames of its item %zu "
				       "hold %" PRIu64 " bytes, not %" PRIu64,
				       i + 1, m->found, (uint64_t)m->wanted);
	}
	return true;
}

static void index_free(struct verify_index *x)
{
	free(x->claims);
	free(x->items);
	free(x);
}

static void dispose(struct work *w)
{
	index_free(index_of(w));
}

void verify_index_free(struct verify_index *x)
{
	if (x == NULL)
		return;
	if (x->is_working)
		work_abandon(&x->work, dispose);
	else
		index_free(x);
}
