/* test_part_selection.c - some items out of a backup, by several readers, and
 * in which pieces they are fetched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/layout.h"
#include "manifest/part_reader.h"
#include "manifest/selection.h"
#include "stages/zstd.h"
#include "test_manifest_rig.h"

enum { READERS_MAX = 4, MAX_PLAIN = 1 << 26, GAP_BYTES = 64 * 1024 };

/* A restore of some items of a rig's backup. */
struct choice {
	struct rig *rig;
	struct selection *selection;
	bool *is_wanted;
	struct text *got; /* of each item */
	size_t nlines;
	size_t only;	      /* number of the one that is wanted, from 1 */
	uint64_t only_length; /* of its extents, */
	uint64_t nextents;    /* so many */
	uint64_t more; /* plain bytes that the index claims beyond the truth */
	struct part_feed feed;
	struct pipeline *pipes[READERS_MAX];
	unsigned running;
	uint64_t pieces;
};

struct picker {
	struct sink base; /* first */
	struct choice *choice;
};

static bool choose(void *arg, const struct index_line *l, struct err *e)
{
	struct choice *c = arg;
	struct index_line copy = *l;
	size_t i = c->nlines++;

	if (!c->is_wanted[i])
		return true;
	if (l->plain_bytes > 0)
		copy.plain_bytes += c->more;
	for (size_t k = 0; k < l->nextents; k++)
		c->only_length += l->extents[k].length;
	c->nextents += l->nextents;
	return selection_add(c->selection, &copy, e);
}

static void on_index(void *arg, const struct err *e)
{
	rig_done(((struct choice *)arg)->rig, e);
}

static enum flow pick(struct sink *sk, struct link *in, struct err *e)
{
	struct choice *c = ((struct picker *)(void *)sk)->choice;
	struct frame *f = link_pop(in);
	size_t last = 0;

	(void)e;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	assert_true(f->nspans > 0);
	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *sp = &f->spans[i];
		size_t number;

		assert_int_equal(sscanf(sp->item->name, "t\"%zu", &number), 1);
		assert_true(sp->plain_offset >= last);
		assert_true(sp->plain_offset + sp->plain_len <= f->len);
		last = sp->plain_offset + sp->plain_len;
		text_add(&c->got[number], f->data + sp->plain_offset,
			 sp->plain_len);
		assert_true(c->more > 0 ||
			    sp->ends_run == (c->got[number].len ==
					     c->rig->items[number].len));
	}
	frame_free(f);
	return FLOW_MORE;
}

static void picker_destroy(struct sink *sk)
{
	free(sk);
}

static const struct sink_ops picker_ops = {
	.name = "picker", .write = pick, .destroy = picker_destroy};

static void on_pipe(void *arg, const struct err *e)
{
	struct choice *c = arg;

	if (err_is(e) && !err_is(&c->rig->err))
		c->rig->err = *e;
	if (--c->running == 0)
		c->rig->is_over = true;
}

static void start_reader(struct choice *c, unsigned i)
{
	struct rig *r = c->rig;
	const struct part_reader_config config = {
		.loop = r->loop,
		.store = &r->fake->base,
		.workers = r->workers,
		.feed = &c->feed,
		.gets_at_once = r->gets_at_once,
		.identities = &r->identities,
	};
	struct pipeline_parts parts = {
		.nstages = 1, .link_bytes = 4096, .idle_seconds = 60};
	struct picker *p = calloc(1, sizeof(*p));
	struct err e = {0};

	assert_non_null(p);
	p->base.ops = &picker_ops;
	p->choice = c;
	parts.source = part_reader_new(&config, &e);
	parts.stages[0] = zstd_unpack_new(r->workers, MAX_PLAIN, 3, &e);
	assert_true(parts.source && parts.stages[0]);
	parts.sink = &p->base;
	c->pipes[i] = pipeline_new(r->loop, &parts, on_pipe, c, &e);
	assert_non_null(c->pipes[i]);
}

static void read_section(struct choice *c, enum item_kind kind)
{
	unsigned n = kind == ITEM_DATA ? READERS_MAX : 1;
	struct err e = {0};

	assert_true(selection_feed(c->selection, kind, &c->feed, &e));
	c->pieces += c->feed.n;
	c->rig->is_over = false;
	c->running = n;
	for (unsigned i = 0; i < n; i++)
		start_reader(c, i);
	rig_run(c->rig);
	for (unsigned i = 0; i < n; i++)
		pipeline_free(c->pipes[i]);
	part_feed_fini(&c->feed);
	if (!err_is(&c->rig->err) &&
	    !selection_is_through(c->selection, &c->rig->err))
		assert_true(err_is(&c->rig->err));
}

/* Each item with this chance in a hundred. */
static void begin(struct choice *c, struct rig *r, size_t chance)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};
	uint64_t more = c->more;
	size_t only = c->only;

	memset(c, 0, sizeof(*c));
	c->more = more;
	c->only = only;
	c->rig = r;
	c->is_wanted = calloc(r->nitems, sizeof(bool));
	c->got = calloc(r->nitems, sizeof(*c->got));
	assert_true(c->is_wanted && c->got);
	for (size_t i = 0; i < r->nitems; i++)
		c->is_wanted[i] =
			only > 0 ? i + 1 == only : rig_random(r, 100) < chance;
	c->selection = selection_new(&r->m, &e);
	assert_non_null(c->selection);
	r->is_over = false;
	r->x = exchange_index(&env, &r->m, choose, on_index, c, &e);
	assert_non_null(r->x);
	rig_run(r);
	assert_false(err_is(&r->err));
}

static void end(struct choice *c)
{
	for (size_t i = 0; i < c->rig->nitems; i++)
		text_free(&c->got[i]);
	free(c->got);
	free(c->is_wanted);
	selection_free(c->selection);
}

static void expect_items(const struct choice *c)
{
	for (size_t i = 0; i < c->rig->nitems; i++) {
		const struct rig_item *x = &c->rig->items[i];

		assert_int_equal(c->got[i].len, c->is_wanted[i] ? x->len : 0);
		for (size_t k = 0; k < c->got[i].len; k++)
			assert_int_equal((unsigned char)c->got[i].data[k],
					 rig_byte(i, k));
	}
}

static void make_backup(struct rig *r, size_t nitems)
{
	rig_make_items(r, nitems, 20000);
	rig_backup(r);
	assert_false(err_is(&r->err));
	rig_describe(r);
}

static void read_all(struct choice *c)
{
	c->pieces = 0;
	for (unsigned k = 0; k < ITEM_KIND_COUNT; k++)
		read_section(c, (enum item_kind)k);
	assert_false(err_is(&c->rig->err));
}

/* And thrown away, to be read once more. */
static void read_all_before(struct choice *c)
{
	struct err e = {0};

	assert_true(selection_keep(c->selection, &e));
	read_all(c);
	for (size_t i = 0; i < c->rig->nitems; i++)
		text_reset(&c->got[i]);
	selection_rewind(c->selection);
}

/* Whatever is chosen comes, all of it, once, and nothing else. */
static void test_any_choice(void **state)
{
	static const size_t chances[] = {0, 1, 10, 50, 90, 100};

	(void)state;
	for (unsigned seed = 0; seed < 24; seed++) {
		struct choice c = {0};
		struct rig r;
		uint64_t told;

		rig_init(&r, 300 + seed);
		r.npipes = 1 + (unsigned)rig_random(&r, RIG_PIPES_MAX);
		r.part_bytes = 1000 + rig_random(&r, 30000);
		r.frame_bytes = 64 + rig_random(&r, 5000);
		make_backup(&r, 150);
		begin(&c, &r, chances[seed % 6]);
		told = selection_bytes(c.selection);
		assert_true(told <= r.m.stored_bytes);
		if (seed % 2 > 0)
			read_all_before(&c);
		assert_int_equal(told, selection_bytes(c.selection));
		r.fake->gets = 0;
		read_all(&c);
		assert_int_equal(r.fake->gets, c.pieces);
		expect_items(&c);
		end(&c);
		rig_fini(&r);
	}
}

/* The same of an encrypted backup; what is fetched is what was told before,
 * and some headers less where several pieces are of one part. */
static void test_any_encrypted_choice(void **state)
{
	static const size_t chances[] = {0, 1, 5, 20, 50, 100};

	(void)state;
	for (unsigned seed = 0; seed < 12; seed++) {
		struct choice c = {0};
		struct rig r;
		uint64_t told;

		rig_init(&r, 400 + seed);
		rig_encrypt(&r);
		r.npipes = 1 + (unsigned)rig_random(&r, RIG_PIPES_MAX);
		r.part_bytes = 100000 + rig_random(&r, 1000000);
		r.frame_bytes = 20000;
		make_backup(&r, 250);
		begin(&c, &r, chances[seed % 6]);
		told = selection_bytes(c.selection);
		if (seed % 2 > 0)
			read_all_before(&c);
		r.fake->got_bytes = 0;
		read_all(&c);
		assert_true(r.fake->got_bytes <= told);
		expect_items(&c);
		end(&c);
		rig_fini(&r);
	}
}

/* One item costs its frames, at most the rest of two chunks, and a header; and
 * between frames what is cheaper to fetch than to ask anew. */
static void test_one_encrypted_item(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 430);
	rig_encrypt(&r);
	r.part_bytes = 500000;
	r.frame_bytes = 20000;
	make_backup(&r, 1000);
	assert_true(r.m.stored_bytes > 2 * r.part_bytes);
	for (size_t i = 1; i <= r.nitems; i += 97) {
		struct choice c = {.only = i};
		uint64_t most;

		begin(&c, &r, 0);
		r.fake->got_bytes = 0;
		for (unsigned k = 0; k < ITEM_KIND_COUNT; k++)
			read_section(&c, (enum item_kind)k);
		assert_false(err_is(&r.err));
		expect_items(&c);
		most = c.only_length + c.only_length / 4000 +
		       c.pieces * (2 * (AGE_CHUNK_BYTES + AGE_TAG_LEN) +
				   age_header_bytes(2)) +
		       (c.nextents - c.pieces) * GAP_BYTES;
		assert_true(c.pieces <= 2);
		assert_true(r.fake->got_bytes <= most);
		assert_true(r.fake->got_bytes < r.m.stored_bytes / 4);
		end(&c);
	}
	rig_fini(&r);
}

/* A bit in the last chunk of each part: it alone tells, whatever piece of it is
 * read. */
static void test_damage_in_an_encrypted_piece(void **state)
{
	struct choice c = {0};
	struct rig r;

	(void)state;
	rig_init(&r, 53);
	rig_encrypt(&r);
	r.part_bytes = 300000;
	r.frame_bytes = 20000;
	make_backup(&r, 200);
	begin(&c, &r, 30);
	for (size_t i = 0; i < r.m.parts.n; i++) {
		char key[LAYOUT_KEY_MAX];
		struct fake_object *o = fake_store_find(
			r.fake, layout_object(key, RIG_SOURCE, RIG_BACKUP,
					      r.m.parts.list[i].key));

		for (size_t at = age_header_bytes(2); at < o->len; at += 60000)
			o->bytes[at] ^= 1;
	}
	read_section(&c, ITEM_DATA);
	assert_string_equal(r.err.api, "damaged_backup");
	assert_non_null(strstr(r.err.msg, "encrypted"));
	end(&c);
	rig_fini(&r);
}

/* One bit turned in what is fetched: the frame's own checksum tells. */
static void test_damage_in_a_piece(void **state)
{
	struct choice c = {0};
	struct rig r;
	size_t last;

	(void)state;
	rig_init(&r, 51);
	r.part_bytes = 4000;
	make_backup(&r, 60);
	begin(&c, &r, 100);
	last = r.m.parts.n;
	for (size_t i = 0; i < last; i++) {
		char key[LAYOUT_KEY_MAX];
		struct fake_object *o = fake_store_find(
			r.fake, layout_object(key, RIG_SOURCE, RIG_BACKUP,
					      r.m.parts.list[i].key));

		o->bytes[o->len - 1] ^= 1;
	}
	read_section(&c, ITEM_DATA);
	assert_string_equal(r.err.api, "damaged_backup");
	end(&c);
	rig_fini(&r);
}

/* An index that promises more than the frames hold is no success. */
static void test_index_promises_too_much(void **state)
{
	struct choice c = {.more = 1 << 20};
	struct rig r;

	(void)state;
	rig_init(&r, 52);
	make_backup(&r, 9);
	begin(&c, &r, 100);
	read_section(&c, ITEM_DATA);
	assert_string_equal(r.err.api, "damaged_backup");
	end(&c);
	rig_fini(&r);
}

/* --- in which pieces */

static void add_part(struct manifest *m, unsigned n, uint64_t len, bool is_open)
{
	char key[LAYOUT_KEY_MAX];
	struct err e = {0};
	const struct manifest_object o = {
		.key = layout_part(key, n, ".sql.zst"),
		.stored_bytes = len,
		.is_open = is_open,
	};

	assert_true(manifest_add(&m->parts, &o, &e));
}

static void add_line(struct selection *s, struct index_extent *extents,
		     size_t n, bool is_apart)
{
	struct err e = {0};
	const struct index_line l = {
		.kind = ITEM_DATA,
		.type = (char[]){"table"},
		.group = (char[]){"db"},
		.name = (char[]){"t"},
		.is_apart = is_apart,
		.extents = extents,
		.nextents = n,
		.plain_bytes = 10,
	};

	assert_true(selection_add(s, &l, &e));
}

#define LINE(s, is_apart, ...)                                                 \
	add_line((s), (struct index_extent[]){__VA_ARGS__},                    \
		 sizeof((struct index_extent[]){__VA_ARGS__}) /                \
			 sizeof(struct index_extent),                          \
		 (is_apart))

static void expect_piece(const struct part_feed *f, size_t i, uint32_t part,
			 uint32_t offset, uint32_t length, bool goes_on)
{
	assert_true(i < f->n);
	assert_int_equal(f->pieces[i].part, part);
	assert_int_equal(f->pieces[i].offset, offset);
	assert_int_equal(f->pieces[i].length, length);
	assert_int_equal(f->pieces[i].goes_on, goes_on);
}

struct plan {
	struct manifest m;
	struct selection *s;
	struct part_feed f;
};

/* Two parts of 1,000,000 bytes; the first may end in a statement. */
static void plan_begin(struct plan *p, bool is_open)
{
	struct err e = {0};

	memset(p, 0, sizeof(*p));
	add_part(&p->m, 1, 1000000, is_open);
	add_part(&p->m, 2, 1000000, false);
	p->s = selection_new(&p->m, &e);
	assert_non_null(p->s);
}

static void plan_feed(struct plan *p)
{
	struct err e = {0};

	assert_true(selection_feed(p->s, ITEM_DATA, &p->f, &e));
}

static void plan_end(struct plan *p)
{
	part_feed_fini(&p->f);
	selection_free(p->s);
	manifest_fini(&p->m);
}

/* Tables of one frame are one get and one run; a far one is another. */
static void test_shared_frames_are_fetched_once(void **state)
{
	struct plan p;

	(void)state;
	plan_begin(&p, false);
	LINE(p.s, false, {1, 100, 50});
	LINE(p.s, false, {1, 100, 50});
	LINE(p.s, false, {1, 100, 90});
	LINE(p.s, false, {1, 500000, 10});
	plan_feed(&p);
	assert_int_equal(p.f.n, 2);
	expect_piece(&p.f, 0, 1, 100, 90, false);
	expect_piece(&p.f, 1, 1, 500000, 10, false);
	assert_int_equal(part_feed_bytes(&p.f), 100);
	plan_end(&p);
}

/* Of one item in two parts the second piece goes to the same reader, though
 * another item lies between. */
static void test_an_item_stays_with_a_reader(void **state)
{
	struct plan p;
	struct part_run one = {0}, other = {0};
	struct part_piece x;

	(void)state;
	plan_begin(&p, false);
	LINE(p.s, false, {1, 100, 50}, {2, 300, 10});
	LINE(p.s, false, {1, 700000, 50});
	plan_feed(&p);
	assert_int_equal(p.f.n, 3);
	assert_true(part_feed_next(&p.f, &one, &x));
	assert_int_equal(x.offset, 100);
	assert_true(part_feed_next(&p.f, &other, &x));
	assert_int_equal(x.offset, 700000);
	assert_false(part_feed_next(&p.f, &other, &x));
	assert_true(part_feed_next(&p.f, &one, &x));
	assert_int_equal(x.part, 2);
	assert_false(part_feed_next(&p.f, &one, &x));
	plan_end(&p);
}

/* The extents of an item that is apart go anywhere, neighbours in one get;
 * but a statement that the end of a part cuts stays in one hand. */
static void test_apart(void **state)
{
	struct plan p;

	(void)state;
	plan_begin(&p, true);
	LINE(p.s, true, {1, 100, 50}, {1, 160, 40}, {1, 900000, 100000},
	     {2, 0, 10}, {2, 500000, 10});
	plan_feed(&p);
	assert_int_equal(p.f.n, 4);
	expect_piece(&p.f, 0, 1, 100, 100, false);
	expect_piece(&p.f, 1, 1, 900000, 100000, true);
	expect_piece(&p.f, 2, 2, 0, 10, false);
	expect_piece(&p.f, 3, 2, 500000, 10, false);
	plan_end(&p);
	plan_begin(&p, false);
	LINE(p.s, true, {1, 900000, 100000}, {2, 0, 1000000});
	plan_feed(&p);
	expect_piece(&p.f, 0, 1, 900000, 100000, false);
	expect_piece(&p.f, 1, 2, 0, 0, false); /* whole: SHA-256 is checked */
	plan_end(&p);
}

/* What another reader takes is not fetched along. */
static void test_no_frame_twice(void **state)
{
	struct plan p;

	(void)state;
	plan_begin(&p, false);
	LINE(p.s, false, {1, 0, 10}, {1, 20, 10});
	LINE(p.s, false, {1, 10, 10}, {1, 30, 10});
	plan_feed(&p);
	assert_int_equal(p.f.n, 4);
	assert_int_equal(part_feed_bytes(&p.f), 40);
	expect_piece(&p.f, 0, 1, 0, 10, true);
	expect_piece(&p.f, 1, 1, 20, 10, false);
	expect_piece(&p.f, 2, 1, 10, 10, true);
	plan_end(&p);
}

static void test_extents_outside_of_the_parts(void **state)
{
	static const struct index_extent bad[] = {
		{3, 0, 10}, {0, 0, 10}, {2, 999999, 2}};
	struct plan p;

	(void)state;
	plan_begin(&p, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct index_extent x = bad[i];
		struct err e = {0};
		const struct index_line l = {
			.type = (char[]){"table"},
			.group = (char[]){"db"},
			.name = (char[]){"t"},
			.extents = &x,
			.nextents = 1,
		};

		assert_false(selection_add(p.s, &l, &e));
		assert_string_equal(e.api, "damaged_backup");
	}
	plan_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_choice),
		cmocka_unit_test(test_any_encrypted_choice),
		cmocka_unit_test(test_one_encrypted_item),
		cmocka_unit_test(test_damage_in_an_encrypted_piece),
		cmocka_unit_test(test_damage_in_a_piece),
		cmocka_unit_test(test_index_promises_too_much),
		cmocka_unit_test(test_shared_frames_are_fetched_once),
		cmocka_unit_test(test_an_item_stays_with_a_reader),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_no_frame_twice),
		cmocka_unit_test(test_extents_outside_of_the_parts),
	};

	return cmocka_run_group_tests_name("part selection", tests, NULL, NULL);
}
