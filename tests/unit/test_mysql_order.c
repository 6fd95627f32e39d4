/* test_mysql_order.c - views in the order in which they can be made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/mysql/dump/order.h"

static bool note(void *arg, const char *a, const char *b)
{
	text_printf(arg, "[%s|%s]", a, b);
	return true;
}

static void check_references(const char *sql, const char *want)
{
	struct text t = {0};

	text_str(&t, "");
	assert_true(my_references(sql, strlen(sql), note, &t));
	assert_string_equal(t.data, want);
	text_free(&t);
}

static void test_references(void **state)
{
	(void)state;
	check_references("", "");
	check_references("select 1 AS `a`", "");
	check_references("select `x`.`v`.`c` AS `c` from `x`.`v`",
			 "[x|v][x|v]");
	check_references("select '`x`.`y`' from `a``b`.`c`", "[a`b|c]");
	check_references("select 'it\\'s `x`.`y`' from `a`.`b`", "[a|b]");
	check_references("select 'it''s `x`.`y`' from `a`.`b`", "[a|b]");
	check_references("select \"`x`.`y`\" from `a`.`b`", "[a|b]");
	check_references("DEFINER=`u`@`h` VIEW `a`.`b`", "[a|b]");
	check_references("`a`.`b`.`c`.`d` `e`", "[a|b]");
	check_references("`broken", "");
	check_references("`a`.`broken", "");
	check_references("'open", "");
}

static bool stop(void *arg, const char *a, const char *b)
{
	(void)a;
	(void)b;
	++*(int *)arg;
	return false;
}

static void test_callback_stops(void **state)
{
	int n = 0;

	(void)state;
	assert_false(my_references("`a`.`b` `c`.`d`", 15, stop, &n));
	assert_int_equal(n, 1);
}

enum { MANY = 500 };

static void check_order(const struct my_edge *list, size_t nedges, uint32_t n,
			bool is_circle)
{
	struct my_edges edges = {0};
	uint32_t order[MANY], place[MANY] = {0};
	bool seen[MANY] = {false};

	for (size_t i = 0; i < nedges; i++)
		assert_true(
			my_edges_add(&edges, list[i].before, list[i].after));
	assert_true(my_order(&edges, order, n));
	for (uint32_t i = 0; i < n; i++) {
		assert_true(order[i] < n && !seen[order[i]]);
		seen[order[i]] = true;
		place[order[i]] = i;
	}
	for (size_t i = 0; !is_circle && i < nedges; i++)
		assert_true(place[list[i].before] < place[list[i].after]);
	my_edges_fini(&edges);
}

static void test_order(void **state)
{
	static const struct my_edge chain[] = {{3, 2}, {2, 1}, {1, 0}};
	static const struct my_edge twice[] = {{1, 0}, {1, 0}, {2, 0}};
	static const struct my_edge diamond[] = {
		{4, 2}, {4, 3}, {2, 0}, {3, 0}, {0, 1}};
	static const struct my_edge circle[] = {{0, 1}, {1, 0}, {2, 0}};

	(void)state;
	check_order(NULL, 0, 0, false);
	check_order(NULL, 0, 5, false);
	check_order(chain, 3, 4, false);
	check_order(twice, 3, 3, false);
	check_order(diamond, 5, 5, false);
	check_order(circle, 3, 3, true);
}

static void test_order_of_many(void **state)
{
	struct my_edge *list = calloc(MANY * 4, sizeof(*list));
	size_t n = 0;

	(void)state;
	srand(7);
	/* Upside down: each reads from some with a greater number. */
	for (uint32_t i = 0; i + 1 < MANY; i++)
		for (int k = rand() % 4; k > 0; k--)
			list[n++] = (struct my_edge){
				i + 1 + (uint32_t)rand() % (MANY - 1 - i), i};
	check_order(list, n, MANY, false);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_callback_stops),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
