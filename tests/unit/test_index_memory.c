/* test_index_memory.c - 500,000 tables, the first of which ends last. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "effort.h"
#include "manifest/index.h"

enum { ITEMS = 500000, VALGRIND_ITEMS = 50000, BYTES_PER_ITEM = 160 };

/* AddressSanitizer has an allocator and counters of its own. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t in_use(void)
{
	struct mallinfo2 m;

	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

struct seen {
	size_t lines, pieces, most;
};

static bool on_piece(void *arg, const char *lines, size_t len,
		     const char *first_item, struct err *e)
{
	struct seen *s = arg;

	(void)first_item;
	(void)e;
	s->pieces++;
	if (len > s->most)
		s->most = len;
	for (size_t i = 0; i < len; i++)
		s->lines += lines[i] == '\n';
	return true;
}

static void add(struct index_builder *b, uint64_t number, bool is_last)
{
	char name[32];
	struct item *it;
	struct frame *f = frame_new(16);
	struct span *sp;
	struct err e = {0};

	(void)snprintf(name, sizeof(name), "table_%06u", (unsigned)number);
	it = item_new(number, ITEM_DATA, "table", "database_1", name);
	f->len = f->plain_len = 16;
	sp = frame_add_span(f, it);
	sp->plain_len = 16;
	sp->rows = number;
	sp->ends_run = is_last;
	assert_true(index_builder_add(b, f, 1 + (unsigned)number / 1000,
				      16 * (number % 1000), &e));
	frame_free(f);
	item_unref(it);
}

static void test_many_items(void **state)
{
	struct seen s = {0};
	struct err e = {0};
	size_t before = in_use();
	struct index_builder *b = index_builder_new(on_piece, &s, &e);
	uint64_t items = effort(ITEMS, VALGRIND_ITEMS);
	size_t used, after;

	(void)state;
	add(b, 0, false);
	for (uint64_t i = 1; i < items; i++) {
		add(b, i, true);
		assert_true(index_builder_drain(b, 10, &e));
	}
	assert_int_equal(s.pieces, 0);
	used = in_use() - before;
	print_message("%zu bytes an item wait\n", used / items);
	assert_true(used / items < BYTES_PER_ITEM);
	/* What ends it: an empty span, as from the last frame of a table. */
	add(b, items, true);
	while (index_builder_has_lines(b))
		assert_true(index_builder_drain(b, 1000, &e));
	struct frame *f = frame_new(1);
	struct item *it = item_new(0, ITEM_DATA, "table", "database_1", "t");
	struct span *sp = frame_add_span(f, it);

	sp->ends_run = true;
	assert_true(index_builder_add(b, f, 1, 0, &e));
	frame_free(f);
	item_unref(it);
	while (index_builder_has_lines(b))
		assert_true(index_builder_drain(b, 1000, &e));
	assert_true(index_builder_finish(b, &e));
	assert_int_equal(s.lines, items + 1);
	assert_true(s.most < INDEX_PIECE_BYTES + 1024);
	index_builder_free(b);
	after = in_use();
	assert_true(after < before + 65536);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_items),
	};

	return cmocka_run_group_tests_name("index memory", tests, NULL, NULL);
}
