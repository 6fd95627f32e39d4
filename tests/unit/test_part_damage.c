/* test_part_damage.c - not a byte of a damaged part goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"
#include "manifest/layout.h"
#include "test_manifest_rig.h"

static struct fake_object *object_of(struct rig *r, size_t part)
{
	char key[LAYOUT_KEY_MAX];

	return fake_store_find(r->fake,
			       layout_object(key, RIG_SOURCE, RIG_BACKUP,
					     r->m.parts.list[part].key));
}

static void make(struct rig *r)
{
	rig_init(r, 77);
	r->part_bytes = 400;
	r->frame_bytes = 300;
	r->npipes = 2;
	rig_make_items(r, 12, 3000);
	rig_backup(r);
	assert_false(err_is(&r->err));
	rig_describe(r);
	rig_restore(r);
	assert_false(err_is(&r->err));
	assert_true(r->m.parts.n > 5);
}

static size_t plain_before(const struct rig *r, size_t part)
{
	size_t sum = 0;

	for (size_t i = 0; i < part; i++)
		sum += r->m.parts.list[i].plain_bytes;
	return sum;
}

/* Refused, by name, and what was given before is whole parts before it. */
static void expect_refused(struct rig *r, size_t part)
{
	rig_restore(r);
	assert_int_equal(r->err.code, ERR_DAMAGED);
	assert_string_equal(r->err.api, "damaged_backup");
	assert_non_null(strstr(r->err.msg, r->m.parts.list[part].key));
	assert_true(r->got.len <= plain_before(r, part));
}

static void test_bit_flips(void **state)
{
	struct rig r;

	(void)state;
	make(&r);
	for (size_t i = 0; i < r.m.parts.n; i++) {
		struct fake_object *o = object_of(&r, i);
		size_t step = o->len / 7 + 1;

		for (size_t at = 0; at < o->len; at += step) {
			o->bytes[at] ^= 1;
			expect_refused(&r, i);
			o->bytes[at] ^= 1;
		}
	}
	rig_restore(&r);
	assert_false(err_is(&r.err));
	rig_fini(&r);
}

static void test_cuts_and_more(void **state)
{
	struct rig r;

	(void)state;
	make(&r);
	for (size_t i = 0; i < r.m.parts.n; i++) {
		struct fake_object *o = object_of(&r, i);
		size_t len = o->len;

		for (size_t cut = 0; cut < len; cut += len / 5 + 1) {
			o->len = cut;
			expect_refused(&r, i);
		}
		o->len = len;
		o->bytes = realloc(o->bytes, len + 1);
		o->bytes[len] = 0;
		o->len = len + 1;
		expect_refused(&r, i);
		o->len = len;
	}
	rig_fini(&r);
}

static void test_missing_and_swapped(void **state)
{
	struct rig r;

	(void)state;
	make(&r);
	for (size_t i = 1; i < r.m.parts.n; i++) {
		struct fake_object *a = object_of(&r, i - 1);
		struct fake_object *b = object_of(&r, i);
		struct fake_object saved = *a;

		a->bytes = b->bytes;
		a->len = b->len;
		b->bytes = saved.bytes;
		b->len = saved.len;
		rig_restore(&r);
		assert_int_equal(r.err.code, ERR_DAMAGED);
		assert_true(r.got.len <= plain_before(&r, i - 1));
		b->bytes = a->bytes;
		b->len = a->len;
		a->bytes = saved.bytes;
		a->len = saved.len;
	}
	for (size_t i = r.m.parts.n; i-- > 0;) {
		struct fake_object *o = object_of(&r, i);
		char *key = strdup(o->key);
		unsigned char bytes[8192];
		size_t len = o->len;

		assert_true(len <= sizeof(bytes));
		memcpy(bytes, o->bytes, len);
		fake_store_drop(r.fake, key);
		expect_refused(&r, i);
		fake_store_set(r.fake, key, bytes, len);
		free(key);
	}
	rig_fini(&r);
}

/* A part that is as the manifest says, but is no run of zstd frames. */
static void test_no_frames(void **state)
{
	static const char text[] = "this is not compressed at all";
	struct rig r;
	struct manifest_object *o;

	(void)state;
	make(&r);
	o = &r.m.parts.list[2];
	fake_store_set(r.fake, object_of(&r, 2)->key, text, sizeof(text));
	o->stored_bytes = sizeof(text);
	(void)sha256_hex(text, sizeof(text), o->sha256);
	expect_refused(&r, 2);
	rig_fini(&r);
}

/* A store that twists bytes while it says that all is well. */
static void test_twisted_by_the_store(void **state)
{
	(void)state;
	for (unsigned at = 1; at < 8; at++) {
		struct rig r;

		rig_init(&r, 77);
		r.part_bytes = 400;
		r.frame_bytes = 300;
		rig_make_items(&r, 40, 3000);
		r.fake->fault_kinds = FAKE_PUT;
		r.fake->fault_at = at;
		r.fake->fault_mode = at % 2 ? FAKE_TWIST : FAKE_FORGET;
		rig_backup(&r);
		assert_false(err_is(&r.err));
		rig_describe(&r);
		rig_restore(&r);
		assert_int_equal(r.err.code, ERR_DAMAGED);
		rig_fini(&r);
	}
}

static void restore_with(struct rig *r, unsigned at, enum fake_mode mode,
			 bool is_lasting)
{
	r->fake->matched = r->fake->gets = 0;
	r->fake->fault_kinds = FAKE_GET;
	r->fake->fault_at = at;
	r->fake->fault_mode = mode;
	r->fake->is_lasting = is_lasting;
	rig_restore(r);
}

/* What is wrong on its way here is asked for again; twice is damage. */
static void test_read_wrongly_once(void **state)
{
	struct rig r;
	size_t n;

	(void)state;
	make(&r);
	n = r.m.parts.n;
	for (unsigned at = 1; at <= n; at++) {
		restore_with(&r, at, at % 2 ? FAKE_TWIST : FAKE_FORGET, false);
		assert_false(err_is(&r.err));
		assert_int_equal(r.fake->gets, n + 1);
		assert_int_equal(r.got.len, plain_before(&r, n));
		restore_with(&r, at, at % 2 ? FAKE_TWIST : FAKE_FORGET, true);
		assert_int_equal(r.err.code, ERR_DAMAGED);
		assert_string_equal(r.err.api, "damaged_backup");
	}
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bit_flips),
		cmocka_unit_test(test_cuts_and_more),
		cmocka_unit_test(test_missing_and_swapped),
		cmocka_unit_test(test_no_frames),
		cmocka_unit_test(test_twisted_by_the_store),
		cmocka_unit_test(test_read_wrongly_once),
	};

	return cmocka_run_group_tests_name("part damage", tests, NULL, NULL);
}
