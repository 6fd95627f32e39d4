/* test_mysql_out.c - items in frames: preamble, USE, spans, long texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/dump/out.h"

struct rig {
	struct link link;
	struct my_out out;
	uint64_t plain_bytes;
	uint64_t number;
};

static void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	TAILQ_INIT(&r->link.frames);
	r->out.link = &r->link;
	r->out.preamble = "P;\n";
	r->out.plain_bytes = &r->plain_bytes;
}

static void rig_item(struct rig *r, const char *db, const char *text)
{
	struct err e = {0};

	assert_true(my_out_begin(
		&r->out, item_new(r->number++, ITEM_SCHEMA, "table", db, "t"),
		db[0] != '\0' ? db : NULL, &e));
	assert_true(my_out_add(&r->out, text, strlen(text), &e));
	assert_true(my_out_end(&r->out, &e));
}

static struct frame *rig_flush(struct rig *r)
{
	struct err e = {0};

	assert_true(my_out_flush(&r->out, &e));
	return TAILQ_FIRST(&r->link.frames);
}

static void rig_fini(struct rig *r)
{
	struct frame *f;

	while ((f = link_pop(&r->link)) != NULL)
		frame_free(f);
	my_out_fini(&r->out);
}

static const char *text_of(struct frame *f)
{
	assert_true(frame_reserve(f, 1));
	f->data[f->len] = '\0';
	return (const char *)f->data;
}

static void check_span(const struct frame *f, size_t i, const char *text)
{
	const struct span *s = &f->spans[i];

	assert_int_equal(s->item->number, i);
	assert_int_equal(s->plain_len, strlen(text));
	assert_memory_equal(f->data + s->plain_offset, text, s->plain_len);
	assert_true(s->ends_run);
}

static void test_items_share_a_frame(void **state)
{
	struct rig r;
	struct frame *f;

	(void)state;
	rig_init(&r);
	rig_item(&r, "", "D1;\n");
	rig_item(&r, "a", "T1;\n");
	rig_item(&r, "a", "T2;\n");
	rig_item(&r, "b", "T3;\n");
	f = rig_flush(&r);
	assert_int_equal(r.link.nframes, 1);
	assert_string_equal(text_of(f), "P;\nD1;\nUSE `a`;\nT1;\nT2;\n"
					"USE `b`;\nT3;\n");
	assert_int_equal(f->nspans, 4);
	check_span(f, 0, "P;\nD1;\n");
	check_span(f, 1, "USE `a`;\nT1;\n");
	check_span(f, 2, "T2;\n");
	check_span(f, 3, "USE `b`;\nT3;\n");
	rig_fini(&r);
}

/* A run of an item that several write shares no frame, not even with the next
 * run of the same item; one without rows has its frame, too. */
static void test_runs_stand_apart(void **state)
{
	struct item *it = item_new(1, ITEM_SCHEMA, "table", "a", "t");
	struct err e = {0};
	struct rig r;
	struct frame *f;

	(void)state;
	rig_init(&r);
	rig_item(&r, "a", "T0;\n");
	it->is_apart = true;
	for (int i = 0; i < 2; i++) {
		assert_true(my_out_begin(&r.out, item_ref(it), "a", &e));
		assert_true(i == 1 || my_out_add(&r.out, "R;\n", 3, &e));
		assert_true(my_out_end(&r.out, &e));
	}
	r.number = 2;
	rig_item(&r, "a", "T2;\n");
	f = rig_flush(&r);
	assert_int_equal(r.link.nframes, 4);
	f = TAILQ_NEXT(f, entry);
	assert_int_equal(f->nspans, 1);
	assert_ptr_equal(f->spans[0].item, it);
	assert_int_equal(f->spans[0].plain_len, f->len);
	assert_true(f->spans[0].ends_run);
	assert_string_equal(text_of(f), "P;\nUSE `a`;\nR;\n");
	f = TAILQ_NEXT(f, entry);
	assert_int_equal(f->nspans, 1);
	assert_true(f->spans[0].ends_run);
	assert_string_equal(text_of(f), "P;\nUSE `a`;\n");
	f = TAILQ_NEXT(f, entry);
	assert_string_equal(text_of(f), "P;\nUSE `a`;\nT2;\n");
	item_unref(it);
	rig_fini(&r);
}

static void test_each_frame_stands_alone(void **state)
{
	char *text = malloc(FRAME_BYTES / 2);
	struct rig r;
	struct frame *f;

	(void)state;
	memset(text, 'x', FRAME_BYTES / 2);
	text[FRAME_BYTES / 2 - 1] = '\0';
	rig_init(&r);
	for (int i = 0; i < 3; i++)
		rig_item(&r, "a", text);
	(void)rig_flush(&r);
	assert_int_equal(r.link.nframes, 3);
	TAILQ_FOREACH (f, &r.link.frames, entry) {
		assert_memory_equal(f->data, "P;\nUSE `a`;\n", 12);
		assert_int_equal(f->nspans, 1);
		/* The preamble belongs to the item that begins there. */
		assert_int_equal(f->spans[0].plain_offset, 0);
		assert_int_equal(f->spans[0].plain_len, f->len);
		assert_false(f->is_open);
	}
	rig_fini(&r);
	free(text);
}

static void test_long_text_is_cut(void **state)
{
	size_t len = 2 * FRAME_BYTES + 100, at = 0;
	char *text = malloc(len + 1);
	struct rig r;
	struct frame *f;

	(void)state;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + i % 26);
	text[len] = '\0';
	rig_init(&r);
	rig_item(&r, "a", "first;\n");
	rig_item(&r, "a", text);
	rig_item(&r, "a", "last;\n");
	(void)rig_flush(&r);
	/* The first, three pieces, and what follows in one of its own. */
	assert_int_equal(r.link.nframes, 5);
	f = TAILQ_FIRST(&r.link.frames);
	for (int i = 0; i < 5; i++, f = TAILQ_NEXT(f, entry)) {
		size_t skip = i == 1 ? strlen("P;\nUSE `a`;\n") : 0;

		assert_int_equal(f->is_open, i == 1 || i == 2);
		if (i == 0 || i == 4)
			continue;
		assert_int_equal(f->spans[0].plain_offset, 0);
		assert_int_equal(f->spans[0].plain_len, f->len);
		assert_memory_equal(f->data + skip, text + at, f->len - skip);
		at += f->len - skip;
	}
	assert_int_equal(at, len);
	rig_fini(&r);
	free(text);
}

static void test_bytes_of_nobody(void **state)
{
	struct rig r;
	struct frame *f;
	struct err e = {0};

	(void)state;
	rig_init(&r);
	assert_true(my_out_add(&r.out, "HEAD;\n", 6, &e));
	rig_item(&r, "", "D;\n");
	assert_true(my_out_add(&r.out, "FOOT;\n", 6, &e));
	f = rig_flush(&r);
	assert_string_equal(text_of(f), "P;\nHEAD;\nD;\nFOOT;\n");
	assert_int_equal(f->nspans, 1);
	check_span(f, 0, "D;\n");
	rig_fini(&r);
}

static void test_nothing_makes_no_frame(void **state)
{
	struct rig r;
	struct err e = {0};

	(void)state;
	rig_init(&r);
	assert_null(rig_flush(&r));
	assert_true(my_out_add(&r.out, "", 0, &e));
	assert_null(rig_flush(&r));
	assert_int_equal(r.plain_bytes, 0);
	rig_fini(&r);
}

static void test_names_that_look_like_an_end(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	rig_item(&r, "a;\nb", "T;\n");
	assert_string_equal(text_of(rig_flush(&r)),
			    "P;\nDELIMITER ;;\nUSE `a;\nb`\n;;\nDELIMITER ;\n"
			    "T;\n");
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items_share_a_frame),
		cmocka_unit_test(test_runs_stand_apart),
		cmocka_unit_test(test_each_frame_stands_alone),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_bytes_of_nobody),
		cmocka_unit_test(test_nothing_makes_no_frame),
		cmocka_unit_test(test_names_that_look_like_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
