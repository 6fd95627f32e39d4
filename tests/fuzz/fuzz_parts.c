/*
 * fuzz_parts.c - parts of a backup that somebody else has written, and an index
 * that points into them: by the readers of a restore, unpacked, and marked.
 * Input: a byte of how (items, order, readers), where the second part begins
 * (2), then of each item 8 bytes (flags, skip, offset, length, bytes), then
 * the two parts. Whatever comes out lies within its frame, no item gets more
 * than it has, and each refusal has a code and a sentence.
 *
 * make check runs it over tests/data/parts (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/text.h"
#include "fake_store.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "manifest/layout.h"
#include "manifest/part_reader.h"
#include "manifest/selection.h"
#include "stages/zstd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	PARTS = 2,
	ITEMS_MAX = 7,
	READERS_MAX = 4,
	HEAD_BYTES = 3,
	ITEM_BYTES = 8,
	PLAIN_MAX = 1 << 20,
	LINK_BYTES = 4096,
};

#define SOURCE "src_01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define BACKUP "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ"

struct world {
	struct loop *loop;
	struct workers *workers;
	struct fake_store *fake;
};

struct reading {
	const struct world *w;
	struct manifest m;
	struct selection *selection; /* NULL: whole parts */
	struct part_feed feed;
	struct pipeline *pipes[READERS_MAX];
	unsigned nreaders, running;
	/* by the selection's numbers */
	uint64_t has[ITEMS_MAX], got[ITEMS_MAX];
	size_t nitems;
	struct err err;
};

struct taker {
	struct sink base; /* first */
	struct reading *of;
};

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

static size_t two(const uint8_t *at)
{
	return (size_t)at[0] | (size_t)at[1] << 8;
}

/* --- what comes */

static void take_spans(struct reading *r, const struct frame *f)
{
	size_t last = 0;

	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *sp = &f->spans[i];
		uint64_t n = sp->item->number;

		must(sp->plain_offset >= last && sp->plain_len > 0);
		must(sp->plain_offset + sp->plain_len <= f->len);
		last = sp->plain_offset;
		if (sp->item->name[0] == '\0')
			continue; /* in order: told apart by nothing */
		must(n < ITEMS_MAX);
		r->got[n] += sp->plain_len;
		must(r->got[n] <= r->has[n]);
		must(sp->ends_run == (r->got[n] == r->has[n]));
	}
}

static enum flow take(struct sink *sk, struct link *in, struct err *e)
{
	struct reading *r = ((struct taker *)(void *)sk)->of;
	struct frame *f = link_pop(in);

	(void)e;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	must(f->is_checked && f->len <= PLAIN_MAX);
	must((f->nspans > 0) == (r->selection != NULL));
	take_spans(r, f);
	frame_free(f);
	return FLOW_MORE;
}

static void taker_destroy(struct sink *sk)
{
	free(sk);
}

static struct sink *taker_new(struct reading *r)
{
	static const struct sink_ops ops = {
		.name = "taker", .write = take, .destroy = taker_destroy};
	struct taker *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->base.ops = &ops;
	t->of = r;
	return &t->base;
}

/* --- the readers */

static void on_piped(void *arg, const struct err *e)
{
	struct reading *r = arg;

	if (err_is(e) && !err_is(&r->err))
		r->err = *e;
	if (--r->running == 0)
		loop_stop(r->w->loop);
}

static void start_reader(struct reading *r, unsigned i)
{
	const struct part_reader_config c = {
		.loop = r->w->loop,
		.store = &r->w->fake->base,
		.workers = r->w->workers,
		.feed = &r->feed,
		.gets_at_once = 2,
	};
	struct pipeline_parts parts = {
		.nstages = 1, .link_bytes = LINK_BYTES, .idle_seconds = 60};
	struct err e = {0};

	parts.source = part_reader_new(&c, &e);
	parts.stages[0] = zstd_unpack_new(r->w->workers, PLAIN_MAX, 2, &e);
	must(parts.source != NULL && parts.stages[0] != NULL);
	parts.sink = taker_new(r);
	r->pipes[i] = pipeline_new(r->w->loop, &parts, on_piped, r, &e);
	must(r->pipes[i] != NULL);
}

/* All that the feed has. */
static void read_feed(struct reading *r)
{
	r->running = r->nreaders;
	for (unsigned i = 0; i < r->nreaders; i++)
		start_reader(r, i);
	loop_run(r->w->loop);
	for (unsigned i = 0; i < r->nreaders; i++)
		pipeline_free(r->pipes[i]);
	part_feed_fini(&r->feed);
}

static void read_sections(struct reading *r)
{
	for (unsigned k = 0; k < ITEM_KIND_COUNT && !err_is(&r->err); k++) {
		must(selection_feed(r->selection, (enum item_kind)k, &r->feed,
				    &r->err));
		read_feed(r);
		if (!err_is(&r->err))
			(void)!selection_is_through(r->selection, &r->err);
	}
}

static void read_all(struct reading *r)
{
	must(part_feed_parts(&r->feed, &r->m, 1, PARTS, &r->err));
	read_feed(r);
}

/* --- the backup */

static void add_part(struct reading *r, unsigned number, const uint8_t *bytes,
		     size_t len)
{
	struct manifest_object o = {.stored_bytes = len, .plain_bytes = len};
	char name[64], key[LAYOUT_KEY_MAX];

	if (len == 0)
		return; /* no manifest has such */
	(void)snprintf(name, sizeof(name), "data/%08u.sql.zst", number);
	o.key = name;
	(void)sha256_hex(bytes, len, o.sha256);
	must(manifest_add(&r->m.parts, &o, &r->err));
	fake_store_set(r->w->fake,
		       layout_object(key, r->m.source_id, r->m.backup_id, name),
		       bytes, len);
}

/* flags: kind (2 bits), part, apart, a second extent behind the first. */
static void add_item(struct reading *r, const uint8_t *at)
{
	struct index_extent extents[2] = {
		{1 + (at[0] >> 2 & 1), two(at + 2), two(at + 4)}};
	char type[] = "table", group[] = "shop", name[32];
	const struct index_line line = {
		.kind = (enum item_kind)(at[0] & 3),
		.type = type,
		.group = group,
		.name = name,
		.is_apart = at[0] >> 3 & 1,
		.extents = extents,
		.nextents = 1 + (at[0] >> 4 & 1),
		.skip = at[1],
		.plain_bytes = two(at + 6),
	};

	(void)snprintf(name, sizeof(name), "t%zu", r->nitems);
	extents[1] = extents[0];
	extents[1].offset += extents[0].length;
	r->has[r->nitems] = line.plain_bytes;
	if (extents[0].length > 0 &&
	    selection_add(r->selection, &line, &r->err))
		r->nitems++;
}

static void make_backup(struct reading *r, const uint8_t *data, size_t len)
{
	size_t nitems = data[0] & 7, split = two(data + 1);
	const uint8_t *items = data + HEAD_BYTES;
	const uint8_t *bytes = items + nitems * ITEM_BYTES;

	len -= HEAD_BYTES + nitems * ITEM_BYTES;
	split = split < len ? split : len;
	(void)str_copy(r->m.source_id, ID_MAX, SOURCE);
	(void)str_copy(r->m.backup_id, ID_MAX, BACKUP);
	add_part(r, 1, bytes, split);
	add_part(r, 2, bytes + split, len - split);
	if ((data[0] >> 4 & 1) != 0)
		return;
	r->selection = selection_new(&r->m, &r->err);
	must(r->selection != NULL);
	if ((data[0] >> 3 & 1) != 0)
		selection_read_in_order(r->selection);
	for (size_t i = 0; i < nitems && !err_is(&r->err); i++)
		add_item(r, items + i * ITEM_BYTES);
}

static const struct world *begin(void)
{
	static struct world w;
	struct err e = {0};

	if (w.loop == NULL) {
		w.loop = loop_new(&e);
		must(w.loop != NULL);
		w.workers = workers_new(w.loop, "fuzz", 1, &e);
		w.fake = fake_store_new(w.loop);
		must(w.workers != NULL);
	}
	fake_store_clear(w.fake);
	return &w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reading r = {0};

	if (len < HEAD_BYTES ||
	    len < HEAD_BYTES + (size_t)(data[0] & 7) * ITEM_BYTES)
		return 0;
	r.w = begin();
	r.nreaders = 1 + (data[0] >> 5 & 3);
	make_backup(&r, data, len);
	if (!err_is(&r.err) && r.m.parts.n > 0) {
		if (r.selection != NULL)
			read_sections(&r);
		else
			read_all(&r);
	}
	must(!err_is(&r.err) || (r.err.api[0] != '\0' && r.err.msg[0] != '\0'));
	selection_free(r.selection);
	manifest_fini(&r.m);
	return 0;
}
