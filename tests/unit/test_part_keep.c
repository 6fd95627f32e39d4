/* test_part_keep.c - increments: parts of the backup before that stay, by their
 * numbers, in the manifest of the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/layout.h"
#include "manifest/manifest_int.h"
#include "manifest/parts.h"
#include "test_manifest_rig.h"

#define BEFORE "bak_01HAAAAAAAAAAAAAAAAAAAAAAA"

static const unsigned char seed[SIGNER_SEED_LEN] = {42};

static void expect_no_error(const struct rig *r)
{
	if (err_is(&r->err))
		print_error("%s\n", r->err.msg);
	assert_false(err_is(&r->err));
}

static void make(struct rig *r, const char *id, size_t nitems)
{
	if (nitems > 0)
		rig_make_items(r, nitems, 3000);
	else
		r->nitems = 0;
	r->is_packs = true;
	r->backup_id = id;
	rig_backup(r);
	expect_no_error(r);
	part_writer_free(r->writer);
	r->writer = NULL;
}

/* The backup before: *base takes its manifest. */
static void make_base(struct rig *r, struct manifest *base)
{
	r->part_bytes = 4000;
	make(r, BEFORE, 200);
	*base = r->m;
	r->m = (struct manifest){0};
	assert_true(base->parts.n > 9);
}

static const struct fake_object *object_of(struct rig *r,
					   const struct manifest_object *o)
{
	char key[LAYOUT_KEY_MAX];

	return fake_store_find(
		r->fake, layout_object(key, RIG_SOURCE, RIG_BACKUP, o->key));
}

/* Formats, parses, and compares the list of parts. */
static void expect_document(struct rig *r)
{
	struct manifest m = {0};
	struct err e = {0};
	struct signer *s = signer_new(seed, &e);
	char digest[SHA256_HEX_MAX], *text;

	rig_describe(r);
	text = manifest_format(&r->m, s, digest, &e);
	assert_non_null(text);
	if (!manifest_parse(&m, text, strlen(text), digest, s, &e))
		print_error("%s\n", e.msg);
	assert_false(err_is(&e));
	assert_int_equal(m.parts.n, r->m.parts.n);
	for (size_t i = 0; i < m.parts.n; i++) {
		assert_string_equal(m.parts.list[i].key,
				    r->m.parts.list[i].key);
		assert_int_equal(m.parts.list[i].number,
				 r->m.parts.list[i].number);
	}
	manifest_fini(&m);
	free(text);
	signer_free(s);
}

/* Size, key and bytes of what is kept are those of the base. */
static void expect_kept(struct rig *r, const struct manifest *base,
			const uint32_t *keeps)
{
	size_t n = 0;

	for (; keeps[n] != 0; n++) {
		const struct manifest_object *a = manifest_part(base, keeps[n]);
		const struct manifest_object *b =
			manifest_part(&r->m, keeps[n]);

		assert_non_null(a);
		assert_non_null(b);
		assert_string_equal(a->key, b->key);
		assert_string_equal(a->sha256, b->sha256);
		assert_int_equal(a->stored_bytes, b->stored_bytes);
		assert_non_null(object_of(r, b));
	}
	for (size_t i = n; i < r->m.parts.n; i++) {
		const struct manifest_object *o = &r->m.parts.list[i];
		char writer[ID_MAX];

		assert_int_equal(o->number,
				 manifest_last_number(base) + i - n + 1);
		assert_true(layout_pack_parse(o->key, writer));
		assert_string_equal(writer, RIG_BACKUP);
		assert_non_null(object_of(r, o));
	}
}

static void increment(bool is_encrypted, size_t nitems)
{
	struct manifest base;
	uint64_t plain = 0, own = 0;
	uint32_t keeps[4] = {0};
	struct rig r;

	rig_init(&r, 7);
	if (is_encrypted)
		rig_encrypt(&r);
	make_base(&r, &base);
	keeps[0] = 2;
	keeps[1] = 3;
	keeps[2] = manifest_last_number(&base);
	r.base = &base;
	r.keeps = keeps;
	make(&r, RIG_BACKUP, nitems);
	assert_true(r.m.parts.n == 3 || nitems > 0);
	expect_kept(&r, &base, keeps);
	for (size_t i = 0; i < r.m.parts.n; i++)
		plain += r.m.parts.list[i].plain_bytes;
	assert_int_equal(plain, r.m.plain_bytes);
	assert_int_equal(r.m.part_count, r.m.parts.n);
	for (size_t i = 3; i < r.m.parts.n; i++)
		own += r.m.parts.list[i].stored_bytes;
	expect_document(&r);
	assert_int_equal(manifest_own_bytes(&r.m), own);
	assert_null(manifest_part(&r.m, 1));
	assert_null(manifest_part(&r.m, 4));
	assert_null(manifest_part(&r.m, 0));
	assert_int_equal(manifest_part_from(&r.m, 4), 2);
	/* All of them are read: objects of two backups, side by side. */
	rig_restore(&r);
	expect_no_error(&r);
	assert_int_equal(r.got.len, r.m.plain_bytes);
	manifest_fini(&base);
	rig_fini(&r);
}

static void test_an_increment(void **state)
{
	(void)state;
	increment(false, 100);
	increment(true, 100);
}

/* Nothing has changed: a manifest of kept parts alone, with a section. */
static void test_nothing_new(void **state)
{
	(void)state;
	increment(false, 0);
}

/* Ids of the parts in a list of their own, as there are too many. */
static void test_kept_parts_in_lists(void **state)
{
	struct manifest base;
	uint32_t *keeps;
	struct rig r;

	(void)state;
	rig_init(&r, 9);
	r.part_bytes = 100;
	r.frame_bytes = 50;
	make(&r, BEFORE, 2500);
	base = r.m;
	r.m = (struct manifest){0};
	assert_true(base.part_lists.n > 0);
	keeps = calloc(base.parts.n + 1, sizeof(*keeps));
	assert_non_null(keeps);
	for (size_t i = 0; i < base.parts.n; i++)
		keeps[i] = base.parts.list[i].number;
	r.base = &base;
	r.keeps = keeps;
	make(&r, RIG_BACKUP, 10);
	assert_true(r.m.part_lists.n > 0);
	expect_kept(&r, &base, keeps);
	free(keeps);
	manifest_fini(&base);
	rig_fini(&r);
}

/* What ended within a statement must not seem to, where the rest is not kept;
 * one that is kept with its rest goes on. */
static void test_open_ends(void **state)
{
	struct manifest base;
	uint32_t keeps[3] = {0};
	size_t at = 0;
	struct rig r;

	(void)state;
	rig_init(&r, 11);
	r.has_open_frames = true;
	r.frame_bytes = 700;
	make_base(&r, &base);
	while (at < base.parts.n && !base.parts.list[at].is_open)
		at++;
	assert_true(at < base.parts.n);
	keeps[0] = base.parts.list[at].number;
	r.base = &base;
	r.keeps = keeps;
	make(&r, RIG_BACKUP, 5);
	assert_false(r.m.parts.list[0].is_open);
	expect_document(&r);
	keeps[1] = keeps[0] + 1;
	manifest_fini(&r.m);
	make(&r, RIG_BACKUP, 5);
	assert_true(r.m.parts.list[0].is_open);
	manifest_fini(&base);
	rig_fini(&r);
}

static void test_what_cannot_be_kept(void **state)
{
	struct part_writer_config c = {.source_id = RIG_SOURCE,
				       .backup_id = RIG_BACKUP,
				       .suffix = ".tar.zst"};
	struct manifest base;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, 13);
	make_base(&r, &base);
	c.loop = r.loop;
	r.writer = part_writer_new(&c, &e);
	assert_non_null(r.writer);
	assert_false(part_writer_keep(r.writer, 1, &e));
	part_writer_free(r.writer);
	err_clear(&e);
	c.base = &base;
	r.writer = part_writer_new(&c, &e);
	assert_non_null(r.writer);
	assert_false(part_writer_keep(r.writer, manifest_last_number(&base) + 1,
				      &e));
	assert_string_equal(e.api, "damaged_backup");
	part_writer_free(r.writer);
	err_clear(&e);
	rig_encrypt(&r);
	c.recipients = r.recipients;
	r.writer = part_writer_new(&c, &e);
	assert_null(r.writer);
	manifest_fini(&base);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_increment),
		cmocka_unit_test(test_nothing_new),
		cmocka_unit_test(test_kept_parts_in_lists),
		cmocka_unit_test(test_open_ends),
		cmocka_unit_test(test_what_cannot_be_kept),
	};

	return cmocka_run_group_tests_name("parts that are kept", tests, NULL,
					   NULL);
}
