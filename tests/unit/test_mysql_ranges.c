/* test_mysql_ranges.c - ranges of a key: all of them, once, in few steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/ranges.h"

/* A table as its sorted keys; each row has so many bytes. */
struct table {
	const uint64_t *keys;
	size_t nkeys;
	uint64_t row_bytes;
};

static uint64_t signed_key(int64_t n)
{
	return (uint64_t)n ^ UINT64_C(1) << 63;
}

static size_t rows_in(const struct table *t, const struct my_range *r)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nkeys; i++)
		n += t->keys[i] >= r->from && t->keys[i] <= r->to;
	return n;
}

static uint64_t next_key(const struct table *t, uint64_t from)
{
	for (size_t i = 0; i < t->nkeys; i++) {
		if (t->keys[i] >= from)
			return t->keys[i];
	}
	fail_msg("there is no key from %llu on", (unsigned long long)from);
	return 0;
}

/* Reads it as a reader does; returns how many statements that takes. */
static unsigned read_all(const struct table *t, unsigned readers)
{
	struct my_ranges r = {.readers = readers};
	struct my_range range, before = {0};
	unsigned statements = 0;
	size_t rows = 0;

	my_ranges_init(&r, t->keys[0], t->keys[t->nkeys - 1], t->nkeys,
		       t->nkeys * t->row_bytes);
	while (my_ranges_take(&r, &range)) {
		size_t n = rows_in(t, &range);

		assert_true(range.from <= range.to);
		assert_int_equal(range.is_first, statements == 0);
		assert_true(range.is_first || range.from > before.to);
		assert_int_equal(range.is_last, r.is_over);
		statements++;
		rows += n;
		my_ranges_learn(&r, &range, n * t->row_bytes);
		if (n == 0 && !r.is_over) {
			my_ranges_jump(&r, next_key(t, r.next));
			statements++;
		}
		before = range;
	}
	assert_int_equal(rows, t->nkeys);
	assert_int_equal(before.to, t->keys[t->nkeys - 1]);
	return statements;
}

static void test_dense(void **state)
{
	static uint64_t keys[100000];
	struct table t = {keys, 100000, 4096};
	unsigned statements;

	(void)state;
	for (size_t i = 0; i < t.nkeys; i++)
		keys[i] = signed_key((int64_t)i - 50000);
	/* 400 MB: 12 of 32 MB and the shorter ones at the end */
	statements = read_all(&t, 2);
	assert_in_range(statements, 13, 40);
	/* 20 MB are shared, 1 MB is not worth it. */
	t.row_bytes = 200;
	assert_in_range(read_all(&t, 4), 4, 20);
	t.row_bytes = 10;
	assert_int_equal(read_all(&t, 4), 1);
}

static void test_far_away(void **state)
{
	static uint64_t keys[1001];
	struct table t = {keys, 1001, 100};

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		keys[i] = signed_key((int64_t)i + 1);
	keys[1000] = signed_key(INT64_C(1) << 62);
	assert_in_range(read_all(&t, 4), 2, 10);
}

/* Keys such as a hash: nearly nothing between any two of them. */
static void test_sparse(void **state)
{
	static uint64_t keys[20000];
	struct table t = {keys, 20000, 20000};

	(void)state;
	for (size_t i = 0; i < t.nkeys; i++)
		keys[i] = i * (UINT64_MAX / (t.nkeys - 1));
	/* 400 MB */
	assert_in_range(read_all(&t, 2), 13, 80);
}

static void test_extremes(void **state)
{
	static const uint64_t both[] = {0, UINT64_MAX};
	static const uint64_t three[] = {0, 1, UINT64_MAX};
	static const uint64_t edge[] = {UINT64_MAX - 1, UINT64_MAX};
	static const uint64_t one[] = {7};

	(void)state;
	assert_in_range(read_all(&(struct table){both, 2, 50}, 1), 1, 8);
	assert_in_range(read_all(&(struct table){three, 3, 50}, 16), 1, 8);
	assert_in_range(read_all(&(struct table){edge, 2, 1 << 30}, 3), 1, 4);
	assert_int_equal(read_all(&(struct table){one, 1, 50}, 3), 1);
}

/* Rows that are longer the later they come: ranges become narrower. */
static void test_learns(void **state)
{
	struct my_ranges r = {.readers = 1};
	struct my_range range;
	uint64_t before;

	(void)state;
	my_ranges_init(&r, 0, UINT64_MAX, 1000, 100000);
	before = r.width;
	assert_true(my_ranges_take(&r, &range));
	my_ranges_learn(&r, &range, 4 * (uint64_t)MY_RANGE_BYTES);
	assert_in_range(r.width, before / 5, before / 3);
	my_ranges_learn(&r, &range, UINT64_MAX);
	assert_true(r.width >= 1);
	for (int i = 0; i < 40; i++)
		my_ranges_learn(&r, &range, 0);
	assert_int_equal(r.width, UINT64_MAX);
}

/* A jump never goes back: other readers went on meanwhile. */
static void test_jumps(void **state)
{
	struct my_ranges r = {.readers = 1};

	(void)state;
	my_ranges_init(&r, 10, 20, 0, 0);
	my_ranges_jump(&r, 15);
	assert_int_equal(r.next, 15);
	my_ranges_jump(&r, 12);
	assert_int_equal(r.next, 15);
	my_ranges_jump(&r, 21);
	assert_true(r.is_over);
}

static void check_key(const char *text, bool is_unsigned, uint64_t wanted)
{
	struct text sql = {0};
	uint64_t key;

	assert_true(my_key_parse(text, is_unsigned, &key));
	assert_int_equal(key, wanted);
	my_key_format(&sql, key, is_unsigned);
	assert_string_equal(sql.data, text);
	text_free(&sql);
}

static void test_keys(void **state)
{
	uint64_t key;

	(void)state;
	check_key("0", true, 0);
	check_key("18446744073709551615", true, UINT64_MAX);
	check_key("-9223372036854775808", false, 0);
	check_key("9223372036854775807", false, UINT64_MAX);
	check_key("-1", false, signed_key(-1));
	check_key("0", false, signed_key(0));
	assert_true(signed_key(-1) < signed_key(0));
	/* ZEROFILL */
	assert_true(my_key_parse("0000000042", true, &key));
	assert_int_equal(key, 42);
	assert_false(my_key_parse("", true, &key));
	assert_false(my_key_parse("1.5", false, &key));
	assert_false(my_key_parse("18446744073709551616", true, &key));
	assert_false(my_key_parse("9223372036854775808", false, &key));
}

static void test_worth(void **state)
{
	(void)state;
	assert_false(my_ranges_is_worth(0, 0));
	assert_false(my_ranges_is_worth(1000, 1000000));
	assert_true(my_ranges_is_worth(MY_RANGE_ROWS_MIN, 0));
	assert_true(my_ranges_is_worth(10, MY_RANGE_DATA_MIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dense),  cmocka_unit_test(test_far_away),
		cmocka_unit_test(test_sparse), cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_learns), cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_keys),   cmocka_unit_test(test_worth),
	};

	return cmocka_run_group_tests_name("mysql ranges", tests, NULL, NULL);
}
