/* test_mysql_pieces.c - an INSERT cut to the packets of a target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/load/pieces.h"

#define HEAD "INSERT INTO `t` (`a\nb`,`c`) VALUES\n"

static void begin(struct my_pieces *p, const char *sql, size_t limit)
{
	struct err e = {0};

	*p = (struct my_pieces){0};
	assert_true(my_pieces_begin(p, sql, strlen(sql), limit, &e));
}

static void check_next(struct my_pieces *p, const char *wanted)
{
	const char *sql;
	struct err e = {0};
	size_t len;

	assert_true(my_pieces_has_more(p));
	assert_true(my_pieces_next(p, &sql, &len, &e));
	assert_int_equal(len, strlen(wanted));
	assert_memory_equal(sql, wanted, len);
}

static void test_rows_are_the_borders(void **state)
{
	static const char sql[] = HEAD "(1,'a'),\n(2,'b'),\n(3,'c'),\n(4,'d')";
	struct my_pieces p;

	(void)state;
	begin(&p, sql, sizeof(HEAD) - 1 + 20);
	check_next(&p, HEAD "(1,'a'),\n(2,'b')");
	check_next(&p, HEAD "(3,'c'),\n(4,'d')");
	assert_false(my_pieces_has_more(&p));
	my_pieces_fini(&p);
}

/* Every limit: all rows, in order, none longer than the limit. */
static void test_every_limit(void **state)
{
	char sql[512] = HEAD, all[512];
	const size_t head = sizeof(HEAD) - 1;

	(void)state;
	for (int i = 0; i < 9; i++)
		(void)sprintf(sql + strlen(sql), "%s(%d,'%.*s')",
			      i > 0 ? ",\n" : "", i, i, "xxxxxxxxx");
	for (size_t limit = head + 20; limit <= strlen(sql); limit++) {
		struct my_pieces p;
		struct err e = {0};
		const char *piece;
		size_t len;

		begin(&p, sql, limit);
		(void)strcpy(all, HEAD);
		while (my_pieces_has_more(&p)) {
			assert_true(my_pieces_next(&p, &piece, &len, &e));
			assert_true(len <= limit);
			assert_memory_equal(piece, HEAD, head);
			(void)sprintf(all + strlen(all), "%s%.*s",
				      strlen(all) > head ? ",\n" : "",
				      (int)(len - head), piece + head);
		}
		assert_string_equal(all, sql);
		my_pieces_fini(&p);
	}
}

static void test_one_row_is_too_long(void **state)
{
	static const char sql[] = HEAD "(1),\n(2,'xxxxxxxxxxxxxxxx'),\n(3)";
	struct my_pieces p;
	struct err e = {0};
	const char *piece;
	size_t len;

	(void)state;
	begin(&p, sql, sizeof(HEAD) - 1 + 10);
	check_next(&p, HEAD "(1)");
	assert_false(my_pieces_next(&p, &piece, &len, &e));
	assert_string_equal(e.api, "target_incompatible");
	assert_non_null(strstr(e.msg, "a row of"));
	assert_non_null(strstr(e.msg, "max_allowed_packet"));
	my_pieces_fini(&p);
}

/* The line end before a delimiter of its own is no row. */
static void test_last_line_end(void **state)
{
	static const char sql[] = HEAD "(1),\n(2)\n";
	struct my_pieces p;

	(void)state;
	begin(&p, sql, sizeof(HEAD) - 1 + 5);
	check_next(&p, HEAD "(1)");
	check_next(&p, HEAD "(2)");
	assert_false(my_pieces_has_more(&p));
	my_pieces_fini(&p);
}

static void test_no_insert(void **state)
{
	static const char *const others[] = {
		"CREATE TABLE `t` (\n `a` int,\n `b` int\n)",
		"INSERT INTO `t` SELECT 1", "INSERT INTO `t\n", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct my_pieces p = {0};
		struct err e = {0};

		assert_false(my_pieces_begin(&p, others[i], strlen(others[i]),
					     10, &e));
		assert_string_equal(e.api, "target_incompatible");
		my_pieces_fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_the_borders),
		cmocka_unit_test(test_every_limit),
		cmocka_unit_test(test_one_row_is_too_long),
		cmocka_unit_test(test_last_line_end),
		cmocka_unit_test(test_no_insert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
