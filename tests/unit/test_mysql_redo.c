/* test_mysql_redo.c - the frames of a transaction that is open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/load/redo.h"

static void push(struct my_redo *r, const char *text)
{
	struct frame *f = frame_new(strlen(text));

	assert_non_null(f);
	memcpy(f->data, text, strlen(text));
	f->len = strlen(text);
	my_redo_push(r, f);
}

static struct my_run check_next(struct my_redo *r, const char *wanted)
{
	struct my_run run;
	struct err e = {0};

	assert_true(my_redo_next(r, &run, &e));
	assert_int_equal(run.len, strlen(wanted));
	assert_memory_equal(run.bytes, wanted, run.len);
	return run;
}

static void check_over(struct my_redo *r)
{
	struct my_run run;
	struct err e = {0};

	assert_false(my_redo_next(r, &run, &e));
	assert_false(err_is(&e));
}

static void check_rewind(struct my_redo *r, const char *wanted)
{
	struct my_run run;

	assert_true(my_redo_rewind(r, &run));
	assert_int_equal(run.len, strlen(wanted));
	assert_memory_equal(run.bytes, wanted, run.len);
}

static void test_from_the_start(void **state)
{
	struct my_redo r;

	(void)state;
	my_redo_init(&r);
	push(&r, "one");
	push(&r, "two");
	check_next(&r, "one");
	check_next(&r, "two");
	check_over(&r);
	check_rewind(&r, "one");
	check_next(&r, "two");
	check_over(&r);
	push(&r, "three");
	check_next(&r, "three");
	check_rewind(&r, "one");
	my_redo_fini(&r);
}

static void test_from_a_place(void **state)
{
	struct my_redo r;
	struct my_run run;

	(void)state;
	my_redo_init(&r);
	push(&r, "one");
	push(&r, "second");
	check_next(&r, "one");
	run = check_next(&r, "second");
	my_redo_mark(&r, run.bytes + 2);
	assert_int_equal(r.bytes, 6);
	push(&r, "three");
	check_next(&r, "three");
	check_rewind(&r, "cond");
	check_next(&r, "three");
	my_redo_mark(&r, NULL);
	assert_int_equal(r.bytes, 0);
	assert_false(my_redo_rewind(&r, &run));
	push(&r, "four");
	check_next(&r, "four");
	check_rewind(&r, "four");
	my_redo_fini(&r);
}

static void test_spans(void **state)
{
	struct item *item = item_new(7, ITEM_DATA, "table", "d", "t");
	struct my_redo r;
	struct my_run run;
	struct frame *f;
	struct span *s;
	struct err e = {0};

	(void)state;
	my_redo_init(&r);
	push(&r, "..abc..defg");
	f = TAILQ_FIRST(&r.kept);
	s = frame_add_span(f, item);
	s->plain_offset = 2;
	s->plain_len = 3;
	s = frame_add_span(f, item);
	s->plain_offset = 7;
	s->plain_len = 4;
	run = check_next(&r, "abc");
	assert_ptr_equal(run.item, item);
	/* All of the run is read, but not of the frame. */
	my_redo_mark(&r, NULL);
	check_next(&r, "defg");
	check_rewind(&r, "defg");
	my_redo_fini(&r);
	/* A span that lies outside is not read. */
	my_redo_init(&r);
	push(&r, "abc");
	s = frame_add_span(TAILQ_FIRST(&r.kept), item);
	s->plain_offset = 1;
	s->plain_len = 3;
	assert_false(my_redo_next(&r, &run, &e));
	assert_int_equal(e.code, ERR_BUG);
	my_redo_fini(&r);
	item_unref(item);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_the_start),
		cmocka_unit_test(test_from_a_place),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
