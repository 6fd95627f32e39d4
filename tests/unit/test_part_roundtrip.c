/* test_part_roundtrip.c - what goes into parts comes out of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "effort.h"
#include "manifest/layout.h"
#include "manifest/parts.h"
#include "stages/zstd.h"
#include "test_manifest_rig.h"

/* Frames that were unpacked last: many items lie in the same. */
enum { UNPACKED = 8 };

struct unpacked {
	struct index_extent first;
	size_t nextents;
	unsigned char *plain;
	size_t len;
};

struct reading {
	struct rig *rig;
	size_t n;
	struct unpacked kept[UNPACKED];
	size_t next;
};

static void expect_backup(struct rig *r)
{
	rig_backup(r);
	if (err_is(&r->err))
		print_error("%s\n", r->err.msg);
	assert_false(err_is(&r->err));
	assert_int_equal(r->fake->wrong_hashes, 0);
	assert_true(r->fake->puts_peak <= r->puts_at_once);
	rig_describe(r);
}

static void expect_restore(struct rig *r)
{
	rig_restore(r);
	if (err_is(&r->err))
		print_error("%s\n", r->err.msg);
	assert_false(err_is(&r->err));
	assert_int_equal(r->got_frames, r->nframes);
	assert_false(r->is_out_of_order);
	assert_int_equal(r->got.len, r->m.plain_bytes);
}

/* Appends the stored bytes of an extent. */
static void cut_out(struct rig *r, const struct index_extent *x,
		    struct text *out)
{
	const struct manifest_object *o = &r->m.parts.list[x->part - 1];
	char key[LAYOUT_KEY_MAX];
	const struct fake_object *f = fake_store_find(
		r->fake, layout_object(key, RIG_SOURCE, RIG_BACKUP, o->key));

	assert_non_null(f);
	assert_true(x->offset + x->length <= f->len);
	text_add(out, f->bytes + x->offset, x->length);
}

/* Where the sections say that items of that kind lie. */
static void expect_section(const struct rig *r, enum item_kind kind,
			   uint64_t part)
{
	const struct manifest *m = &r->m;
	unsigned i = m->nsections;

	while (i > 0 && m->sections[i - 1].first_part > part)
		i--;
	assert_true(i > 0);
	assert_int_equal(m->sections[i - 1].kind, kind);
}

static const struct unpacked *find_unpacked(const struct reading *k,
					    const struct index_line *l)
{
	const struct index_extent *x = &l->extents[0];

	for (size_t i = 0; i < UNPACKED && l->nextents > 0; i++) {
		const struct unpacked *u = &k->kept[i];

		if (u->plain != NULL && u->nextents == l->nextents &&
		    u->first.part == x->part && u->first.offset == x->offset &&
		    u->first.length == x->length)
			return u;
	}
	return NULL;
}

/* Each extent is whole frames. */
static const struct unpacked *unpack(struct reading *k,
				     const struct index_line *l, struct err *e)
{
	struct unpacked *u = &k->kept[k->next++ % UNPACKED];
	struct text stored = {0};

	for (size_t i = 0; i < l->nextents; i++)
		cut_out(k->rig, &l->extents[i], &stored);
	free(u->plain);
	u->plain = zstd_unpack(stored.data, stored.len, 1 << 26, &u->len, e);
	assert_non_null(u->plain);
	u->nextents = l->nextents;
	if (l->nextents > 0)
		u->first = l->extents[0];
	text_free(&stored);
	return u;
}

/* All of its extents together hold the item's bytes. */
static bool check_line(void *arg, const struct index_line *l, struct err *e)
{
	struct reading *k = arg;
	const struct rig_item *x = &k->rig->items[k->n];
	const struct unpacked *u = find_unpacked(k, l);

	assert_int_equal(l->plain_bytes, x->len);
	if (l->kind == ITEM_DATA) {
		assert_int_equal(l->rows, x->rows);
		assert_true(digest_equal(&l->digest, &x->digest));
	}
	for (size_t i = 0; i < l->nextents; i++)
		expect_section(k->rig, l->kind, l->extents[i].part);
	if (u == NULL)
		u = unpack(k, l, e);
	assert_true(u->len >= l->skip + l->plain_bytes);
	for (size_t i = 0; i < x->len; i++)
		if (u->plain[l->skip + i] != rig_byte(k->n, i))
			fail_msg("item %zu differs at %zu", k->n, i);
	k->n++;
	return true;
}

static void on_index(void *arg, const struct err *e)
{
	struct reading *k = arg;

	if (e != NULL)
		print_error("%s\n", e->msg);
	rig_done(k->rig, e);
}

static void expect_index(struct rig *r)
{
	const struct exchange_env env = rig_env(r);
	struct reading k = {.rig = r};
	struct err e = {0};

	r->is_over = false;
	r->x = exchange_index(&env, &r->m, check_line, on_index, &k, &e);
	assert_non_null(r->x);
	rig_run(r);
	assert_false(err_is(&r->err));
	assert_int_equal(k.n, r->nitems);
	for (size_t i = 0; i < UNPACKED; i++)
		free(k.kept[i].plain);
}

/* As `cat data/... | zstd -dc` does it: one stream over all parts. */
static void expect_cat(struct rig *r)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	struct text plain = {0};
	char key[LAYOUT_KEY_MAX];
	char buf[777];

	for (size_t i = 0; i < r->m.parts.n; i++) {
		const struct fake_object *f = fake_store_find(
			r->fake, layout_object(key, RIG_SOURCE, RIG_BACKUP,
					       r->m.parts.list[i].key));
		ZSTD_inBuffer in = {f->bytes, f->len, 0};

		assert_true(f->len <= r->part_bytes ||
			    zstd_frame_length(f->bytes, f->len) == f->len);
		for (bool is_full = true; in.pos < in.size || is_full;) {
			ZSTD_outBuffer out = {buf, sizeof(buf), 0};

			assert_false(ZSTD_isError(
				ZSTD_decompressStream(d, &out, &in)));
			text_add(&plain, buf, out.pos);
			is_full = out.pos == out.size;
		}
	}
	assert_int_equal(plain.len, r->got.len);
	assert_memory_equal(plain.data, r->got.data, plain.len);
	text_free(&plain);
	ZSTD_freeDCtx(d);
}

static void round_trip(struct rig *r, size_t nitems, size_t max_len)
{
	rig_make_items(r, nitems, max_len);
	expect_backup(r);
	expect_restore(r);
	expect_index(r);
	if (r->got.len > 0)
		expect_cat(r);
}

static void test_any_number_of_pipelines(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= RIG_PIPES_MAX; n++) {
		struct rig r;

		rig_init(&r, n);
		r.npipes = n;
		round_trip(&r, 200, 20000);
		rig_fini(&r);
	}
}

static void test_any_seed(void **state)
{
	(void)state;
	for (unsigned seed = 100; seed < effort(130, 104); seed++) {
		struct rig r;

		rig_init(&r, seed);
		r.npipes = 1 + (unsigned)rig_random(&r, RIG_PIPES_MAX);
		r.part_bytes = 100 + rig_random(&r, 10000);
		r.frame_bytes = 2 * RIG_KNOWN_BYTES + rig_random(&r, 20000);
		r.puts_at_once = 1 + (unsigned)rig_random(&r, 5);
		r.gets_at_once = 1 + (unsigned)rig_random(&r, 5);
		r.level = (int)rig_random(&r, 4);
		round_trip(&r, 1 + rig_random(&r, 100), 30000);
		rig_fini(&r);
	}
}

static void test_nothing(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 7);
	round_trip(&r, 0, 0);
	assert_int_equal(r.m.part_count, 0);
	assert_int_equal(r.m.index.n, 0);
	rig_fini(&r);
}

static void test_huge_frames_get_their_own_part(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 8);
	r.part_bytes = 64;
	r.frame_bytes = 100000;
	round_trip(&r, 40, 300000);
	assert_true(r.m.parts.n > 10);
	rig_fini(&r);
}

/* Without memory to borrow there is one put at a time. */
static void test_no_budget_to_borrow(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 9);
	r.share_bytes = budget_total(r.budget);
	round_trip(&r, 200, 30000);
	assert_int_equal(r.fake->puts_peak, 1);
	rig_fini(&r);
}

static void test_puts_run_side_by_side(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 10);
	r.fake->delay_ms = 3;
	r.frame_bytes = 8192;
	round_trip(&r, 200, 30000);
	assert_int_equal(r.fake->puts_peak, 3);
	rig_fini(&r);
}

static void test_waiting_for_the_store_is_told(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 11);
	r.fake->delay_ms = 5;
	r.puts_at_once = 1;
	rig_make_items(&r, 100, 30000);
	rig_start_backup(&r);
	rig_run(&r);
	assert_false(err_is(&r.err));
	assert_true(part_writer_facts(r.writer)->store_wait_ms > 10);
	assert_int_equal(part_writer_facts(r.writer)->parts, r.m.part_count);
	assert_int_equal(part_writer_facts(r.writer)->stored_bytes,
			 r.m.stored_bytes);
	assert_int_equal(part_writer_facts(r.writer)->plain_bytes,
			 r.m.plain_bytes);
	rig_fini(&r);
}

/* More lines than one piece of the index, and items that end out of order. */
static void test_index_in_pieces(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 12);
	r.frame_bytes = 100000;
	r.part_bytes = 100000;
	r.npipes = 4;
	rig_make_items(&r, 30000, 10);
	expect_backup(&r);
	assert_true(r.m.index.n > 2);
	assert_non_null(strstr(r.m.index.list[0].first_item, "schema:shop/t"));
	expect_index(&r);
	expect_restore(&r);
	rig_fini(&r);
}

/* Each part is an age file of at most part_bytes that says what it should. */
static void expect_sealed(struct rig *r)
{
	uint64_t plain = 0;

	for (size_t i = 0; i < r->m.parts.n; i++) {
		const struct manifest_object *o = &r->m.parts.list[i];
		char key[LAYOUT_KEY_MAX];
		const struct fake_object *f = fake_store_find(
			r->fake,
			layout_object(key, RIG_SOURCE, RIG_BACKUP, o->key));
		size_t len = f->len;
		unsigned char *copy = malloc(len);
		struct err e = {0};

		assert_non_null(copy);
		assert_int_equal(len, o->stored_bytes);
		memcpy(copy, f->bytes, len);
		assert_true(age_open(&r->identities, copy, &len, &e));
		assert_int_equal(len, manifest_part_length(&r->m, o));
		assert_true(f->len <= r->part_bytes ||
			    zstd_frame_length(copy, len) == len);
		assert_non_null(strstr(o->key, ".sql.zst.age"));
		plain += len;
		free(copy);
	}
	assert_true(plain < r->m.stored_bytes || r->m.parts.n == 0);
}

static bool count_line(void *arg, const struct index_line *l, struct err *e)
{
	struct reading *k = arg;

	(void)e;
	assert_int_equal(l->plain_bytes, k->rig->items[k->n].len);
	k->n++;
	return true;
}

static void expect_sealed_index(struct rig *r)
{
	const struct exchange_env env = rig_env(r);
	struct reading k = {.rig = r};
	struct err e = {0};

	for (size_t i = 0; i < r->m.index.n; i++)
		assert_string_equal(r->m.index.list[i].first_item, "");
	r->is_over = false;
	r->x = exchange_index(&env, &r->m, count_line, on_index, &k, &e);
	assert_non_null(r->x);
	rig_run(r);
	assert_false(err_is(&r->err));
	assert_int_equal(k.n, r->nitems);
}

static void test_encrypted(void **state)
{
	(void)state;
	for (unsigned seed = 200; seed < effort(215, 203); seed++) {
		struct rig r;

		rig_init(&r, seed);
		rig_encrypt(&r);
		r.npipes = 1 + (unsigned)rig_random(&r, RIG_PIPES_MAX);
		r.part_bytes = 400 + rig_random(&r, 200000);
		r.frame_bytes = 2 * RIG_KNOWN_BYTES + rig_random(&r, 20000);
		r.puts_at_once = 1 + (unsigned)rig_random(&r, 5);
		r.gets_at_once = 1 + (unsigned)rig_random(&r, 5);
		rig_make_items(&r, 1 + rig_random(&r, 100), 30000);
		expect_backup(&r);
		expect_restore(&r);
		expect_sealed(&r);
		expect_sealed_index(&r);
		rig_fini(&r);
	}
}

/* Nothing but the identity is missing, and that is said. */
static void test_encrypted_and_no_identity(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 216);
	rig_encrypt(&r);
	rig_make_items(&r, 50, 3000);
	expect_backup(&r);
	age_identities_wipe(&r.identities);
	rig_restore(&r);
	assert_string_equal(r.err.api, "identity_missing");
	assert_int_equal(r.err.code, ERR_CONFLICT);
	rig_fini(&r);
}

/* A link as a port finds it, without a pipeline. */
static void fill_link(struct link *l, unsigned nframes)
{
	memset(l, 0, sizeof(*l));
	TAILQ_INIT(&l->frames);
	for (unsigned i = 0; i < nframes; i++) {
		struct frame *f = frame_new(100);

		assert_non_null(f);
		memset(f->data, 'x', f->len = f->plain_len = 100);
		link_push(l, f);
	}
	l->eof = true;
}

static enum flow poll_port(struct sink *port, struct link *in)
{
	struct err e = {0};

	port->waker.waiting = true;
	return port->ops->write(port, in, &e);
}

/* A phase's frames wait until all of the phase before are in parts, and their
 * ports are told that something moves, and when it is their turn. */
static void test_phases_keep_their_order(void **state)
{
	enum { PORTS = 3 };
	struct part_writer_config c = {.source_id = RIG_SOURCE,
				       .backup_id = RIG_BACKUP,
				       .suffix = ".sql.zst",
				       .part_bytes = 100000,
				       .puts_at_once = 1};
	struct sink *ports[PORTS];
	struct link links[PORTS];
	struct part_writer *w;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, 217);
	c.loop = r.loop;
	c.store = &r.fake->base;
	c.workers = r.workers;
	w = part_writer_new(&c, &e);
	assert_non_null(w);
	for (unsigned i = 0; i < PORTS; i++) {
		if (i != 1)
			part_writer_begin_phase(w);
		ports[i] = part_writer_port(w, &e);
		assert_non_null(ports[i]);
		fill_link(&links[i], i == 0 ? 6 : 1);
	}
	assert_int_equal(poll_port(ports[2], &links[2]), FLOW_WAIT);
	assert_int_equal(links[2].nframes, 1);
	assert_int_equal(poll_port(ports[0], &links[0]), FLOW_MORE);
	assert_false(ports[2]->waker.waiting);
	assert_int_equal(poll_port(ports[2], &links[2]), FLOW_WAIT);
	assert_int_equal(poll_port(ports[0], &links[0]), FLOW_END);
	assert_int_equal(poll_port(ports[2], &links[2]), FLOW_WAIT);
	assert_int_equal(links[2].nframes, 1);
	assert_int_equal(poll_port(ports[1], &links[1]), FLOW_END);
	assert_false(ports[2]->waker.waiting);
	assert_int_equal(poll_port(ports[2], &links[2]), FLOW_END);
	assert_int_equal(links[2].nframes, 0);
	for (unsigned i = 0; i < PORTS; i++)
		ports[i]->ops->destroy(ports[i]);
	part_writer_free(w);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_number_of_pipelines),
		cmocka_unit_test(test_any_seed),
		cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_encrypted_and_no_identity),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_huge_frames_get_their_own_part),
		cmocka_unit_test(test_no_budget_to_borrow),
		cmocka_unit_test(test_puts_run_side_by_side),
		cmocka_unit_test(test_waiting_for_the_store_is_told),
		cmocka_unit_test(test_index_in_pieces),
		cmocka_unit_test(test_phases_keep_their_order),
	};

	return cmocka_run_group_tests_name("part round trip", tests, NULL,
					   NULL);
}
