/* test_frame.c - items, frames, spans, and the links that queue frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pipeline/frame.h"
#include "pipeline/pipeline.h"

enum { SPANS = 100 };

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(item_kind_name(ITEM_SCHEMA), "schema");
	assert_string_equal(item_kind_name(ITEM_DATA), "data");
	assert_string_equal(item_kind_name(ITEM_POST), "post");
}

static void test_an_item_copies_and_counts(void **state)
{
	char name[] = "orders";
	struct item *it = item_new(7, ITEM_DATA, "table", "shop", name);

	(void)state;
	assert_non_null(it);
	name[0] = 'X';
	assert_int_equal(it->number, 7);
	assert_int_equal(it->kind, ITEM_DATA);
	assert_string_equal(it->type, "table");
	assert_string_equal(it->group, "shop");
	assert_string_equal(it->name, "orders");
	assert_ptr_equal(item_ref(it), it);
	assert_int_equal(it->refs, 2);
	item_unref(it);
	assert_int_equal(it->refs, 1);
	item_unref(it);
	item_unref(NULL);
}

static void test_a_new_frame_is_empty(void **state)
{
	struct frame *f = frame_new(100);

	(void)state;
	assert_non_null(f);
	assert_int_equal(f->len, 0);
	assert_int_equal(f->cap, 100);
	assert_int_equal(f->plain_len, 0);
	assert_int_equal(f->nspans, 0);
	assert_false(f->is_open);
	assert_false(f->is_checked);
	frame_free(f);
	frame_free(NULL);
}

static void test_reserve_keeps_the_bytes(void **state)
{
	struct frame *f = frame_new(4);

	(void)state;
	assert_non_null(f);
	memcpy(f->data, "abcd", 4);
	f->len = 4;
	assert_true(frame_reserve(f, 0));
	assert_int_equal(f->cap, 4);
	assert_true(frame_reserve(f, 1));
	assert_int_equal(f->cap, 8);
	assert_memory_equal(f->data, "abcd", 4);
	assert_true(frame_reserve(f, 1000));
	assert_int_equal(f->cap, 1004);
	assert_int_equal(f->len, 4);
	assert_memory_equal(f->data, "abcd", 4);
	frame_free(f);
}

/* Byte by byte: the memory moves some twenty times, not a million. */
static void test_reserve_doubles(void **state)
{
	struct frame *f = frame_new(0);
	size_t moves = 0;

	(void)state;
	assert_non_null(f);
	while (f->len < FRAME_BYTES) {
		size_t before = f->cap;

		assert_true(frame_reserve(f, 1));
		moves += f->cap != before;
		f->data[f->len] = (unsigned char)f->len;
		f->len++;
	}
	assert_true(moves <= 20);
	assert_int_equal(f->data[255], 255);
	frame_free(f);
}

static void test_reserve_refuses_the_absurd(void **state)
{
	struct frame *f = frame_new(4);

	(void)state;
	assert_non_null(f);
	f->len = 3;
	assert_false(frame_reserve(f, SIZE_MAX));
	assert_false(frame_reserve(f, SIZE_MAX - 3));
	assert_int_equal(f->len, 3);
	assert_int_equal(f->cap, 4);
	frame_free(f);
}

static void test_spans_hold_their_items(void **state)
{
	struct frame *f = frame_new(16);
	struct item *it = item_new(0, ITEM_DATA, "table", "", "");
	struct span *s;

	(void)state;
	assert_non_null(f);
	assert_non_null(it);
	for (size_t i = 0; i < SPANS; i++) {
		s = frame_add_span(f, it);
		assert_non_null(s);
		assert_int_equal(s->rows, 0);
		assert_false(s->ends_run);
		s->plain_offset = i;
		s->rows = i + 1;
	}
	assert_int_equal(f->nspans, SPANS);
	assert_int_equal(it->refs, SPANS + 1);
	for (size_t i = 0; i < SPANS; i++) {
		assert_ptr_equal(f->spans[i].item, it);
		assert_int_equal(f->spans[i].plain_offset, i);
		assert_int_equal(f->spans[i].rows, i + 1);
	}
	frame_free(f);
	assert_int_equal(it->refs, 1);
	item_unref(it);
}

/* A frame outlives the source that made the item. */
static void test_a_frame_keeps_an_item_alive(void **state)
{
	struct frame *f = frame_new(16);
	struct item *it = item_new(0, ITEM_POST, "trigger", "a", "b");

	(void)state;
	assert_non_null(f);
	assert_non_null(it);
	assert_non_null(frame_add_span(f, it));
	item_unref(it);
	assert_string_equal(f->spans[0].item->name, "b");
	frame_free(f);
}

static struct frame *frame_of(size_t len)
{
	struct frame *f = frame_new(len);

	assert_non_null(f);
	f->len = len;
	return f;
}

static void test_a_link_counts(void **state)
{
	struct link l = {0};
	struct frame *a = frame_of(10), *b = frame_of(0), *c = frame_of(5);

	(void)state;
	TAILQ_INIT(&l.frames);
	assert_null(link_pop(&l));
	link_push(&l, a);
	link_push(&l, b);
	link_push(&l, c);
	assert_int_equal(l.nframes, 3);
	assert_int_equal(l.bytes, 15);
	assert_int_equal(l.given, 15);
	assert_int_equal(l.taken, 0);
	assert_ptr_equal(link_pop(&l), a);
	assert_int_equal(l.bytes, 5);
	assert_int_equal(l.taken, 10);
	assert_ptr_equal(link_pop(&l), b);
	assert_ptr_equal(link_pop(&l), c);
	assert_null(link_pop(&l));
	assert_int_equal(l.nframes, 0);
	assert_int_equal(l.bytes, 0);
	assert_int_equal(l.given, 15);
	assert_int_equal(l.taken, 15);
	frame_free(a);
	frame_free(b);
	frame_free(c);
}

/* Lines of items that are stored already take memory, too. */
static void test_a_link_fills_up_by_lines_alone(void **state)
{
	static const char line[] = "{\"name\":\"x\",\"facts\":{}}";
	struct link l = {.max_bytes = 100000};
	struct frame *f;
	size_t weight;

	(void)state;
	TAILQ_INIT(&l.frames);
	while (!link_is_full(&l)) {
		f = frame_of(0);
		for (unsigned i = 0; i < 10; i++)
			assert_true(frame_add_line(f, i, "file", "x", line));
		assert_true(f->weight >=
			    10 * (sizeof(struct item) + sizeof(struct span) +
				  sizeof(line)));
		link_push(&l, f);
		assert_true(l.nframes < 100);
	}
	assert_int_equal(l.bytes, 0);
	assert_int_equal(l.given, 0);
	weight = l.weight;
	f = link_pop(&l);
	assert_int_equal(l.weight, weight - f->weight);
	assert_int_equal(l.ntaken, 1);
	assert_int_equal(l.taken, 0);
	assert_false(link_is_full(&l));
	frame_drop_spans(f);
	assert_int_equal(f->weight, 0);
	frame_free(f);
	while ((f = link_pop(&l)) != NULL)
		frame_free(f);
	assert_int_equal(l.weight, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_names),
		cmocka_unit_test(test_an_item_copies_and_counts),
		cmocka_unit_test(test_a_new_frame_is_empty),
		cmocka_unit_test(test_reserve_keeps_the_bytes),
		cmocka_unit_test(test_reserve_doubles),
		cmocka_unit_test(test_reserve_refuses_the_absurd),
		cmocka_unit_test(test_spans_hold_their_items),
		cmocka_unit_test(test_a_frame_keeps_an_item_alive),
		cmocka_unit_test(test_a_link_counts),
		cmocka_unit_test(test_a_link_fills_up_by_lines_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
