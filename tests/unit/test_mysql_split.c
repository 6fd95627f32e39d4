/* test_mysql_split.c - a dump's text as statements, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/dump/out.h"
#include "sources/mysql/load/split.h"

static const char dump[] =
	"SET NAMES binary;\n"
	"USE `a;b`;\n"
	"\n"
	"INSERT INTO `t` VALUES\n(1,'x;\\n'),\n(2,'DELIMITER ;;');\n"
	"DELIMITER ;;\n"
	"CREATE PROCEDURE p() begin\n select 1;\n select 2; -- ;\nend\n;;\n"
	"DELIMITER ;\n"
	"DELIMITER $0$\n"
	"CREATE TABLE `x;;\n`(a int);\n\n$0$\n"
	"DELIMITER ;\n"
	"COMMIT;\n";

static const char *const wanted[] = {
	"SET NAMES binary",
	"USE `a;b`",
	"INSERT INTO `t` VALUES\n(1,'x;\\n'),\n(2,'DELIMITER ;;')",
	"CREATE PROCEDURE p() begin\n select 1;\n select 2; -- ;\nend\n",
	"CREATE TABLE `x;;\n`(a int);\n\n",
	"COMMIT",
};

enum { NWANTED = sizeof(wanted) / sizeof(wanted[0]) };

/* Takes all statements that are there; *n counts on. */
static void take(struct my_split *s, size_t *n)
{
	struct err e = {0};
	const char *sql;
	size_t len;

	for (;;) {
		enum my_split_answer a = my_split_next(s, &sql, &len, &e);

		if (a == SPLIT_MORE)
			return;
		assert_int_equal(a, SPLIT_STATEMENT);
		assert_true(*n < NWANTED);
		assert_int_equal(len, strlen(wanted[*n]));
		assert_memory_equal(sql, wanted[*n], len);
		(*n)++;
	}
}

static void test_whole(void **state)
{
	struct my_split s = {0};
	size_t n = 0;

	(void)state;
	my_split_feed(&s, dump, sizeof(dump) - 1);
	take(&s, &n);
	assert_int_equal(n, NWANTED);
	assert_true(my_split_is_clean(&s));
	my_split_fini(&s);
}

static void test_cut_once_at_each_byte(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(dump); cut++) {
		struct my_split s = {0};
		size_t n = 0;

		my_split_feed(&s, dump, cut);
		take(&s, &n);
		my_split_feed(&s, dump + cut, sizeof(dump) - 1 - cut);
		take(&s, &n);
		assert_int_equal(n, NWANTED);
		assert_true(my_split_is_clean(&s));
		my_split_fini(&s);
	}
}

static void test_cut_in_small_pieces(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 20; piece++) {
		struct my_split s = {0};
		size_t n = 0;

		for (size_t at = 0; at < sizeof(dump) - 1; at += piece) {
			size_t left = sizeof(dump) - 1 - at;

			my_split_feed(&s, dump + at,
				      left < piece ? left : piece);
			take(&s, &n);
		}
		assert_int_equal(n, NWANTED);
		assert_true(my_split_is_clean(&s));
		my_split_fini(&s);
	}
}

static void test_cut_short(void **state)
{
	static const char *const cut[] = {"COMMIT", "COMMIT;", "COMMIT\n",
					  "DELIMITER ;;", "a;\nb;"};
	(void)state;
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		struct my_split s = {0};
		struct err e = {0};
		enum my_split_answer a;
		const char *sql;
		size_t len;

		my_split_feed(&s, cut[i], strlen(cut[i]));
		do {
			a = my_split_next(&s, &sql, &len, &e);
		} while (a == SPLIT_STATEMENT);
		assert_int_equal(a, SPLIT_MORE);
		assert_false(my_split_is_clean(&s));
		my_split_fini(&s);
	}
}

static void test_bad_delimiter(void **state)
{
	static const char *const bad[] = {"DELIMITER \n",
					  "DELIMITER 1234567890123456\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct my_split s = {0};
		struct err e = {0};
		const char *sql;
		size_t len;

		my_split_feed(&s, bad[i], strlen(bad[i]));
		assert_int_equal(my_split_next(&s, &sql, &len, &e), SPLIT_FAIL);
		assert_int_equal(e.code, ERR_DAMAGED);
		assert_string_equal(e.api, "damaged_backup");
		my_split_fini(&s);
	}
}

/* What the writer makes of a text, the splitter gives back. */
static void check_statement(const char *sql, bool is_body)
{
	struct text t = {0};
	struct my_split s = {0};
	struct err e = {0};
	const char *back;
	size_t len;

	my_statement(&t, sql, strlen(sql), is_body);
	text_str(&t, "NEXT;\n");
	my_split_feed(&s, t.data, t.len);
	assert_int_equal(my_split_next(&s, &back, &len, &e), SPLIT_STATEMENT);
	assert_true(len == strlen(sql) || len == strlen(sql) + 1);
	assert_memory_equal(back, sql, strlen(sql));
	assert_int_equal(my_split_next(&s, &back, &len, &e), SPLIT_STATEMENT);
	assert_int_equal(len, 4);
	assert_memory_equal(back, "NEXT", 4);
	assert_int_equal(my_split_next(&s, &back, &len, &e), SPLIT_MORE);
	assert_true(my_split_is_clean(&s));
	my_split_fini(&s);
	text_free(&t);
}

static void test_statements_of_all_kinds(void **state)
{
	static const char *const texts[] = {
		"CREATE TABLE t (a int)", "a;\nb",
		"begin select 1; end",	  "begin select ';;';\n end -- ;;",
		";;\n$0$\n$1$\n",	  "x;;\n;;\n",
		"x $0$ ;; $1$ $2$;\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		check_statement(texts[i], false);
		check_statement(texts[i], true);
	}
}

static void test_delimiter_does_not_occur(void **state)
{
	struct text t = {0};

	(void)state;
	my_statement(&t, "plain", 5, false);
	assert_string_equal(t.data, "plain;\n");
	text_reset(&t);
	my_statement(&t, "body", 4, true);
	assert_string_equal(t.data, "DELIMITER ;;\nbody\n;;\nDELIMITER ;\n");
	text_reset(&t);
	my_statement(&t, "b;;$0$", 6, true);
	assert_string_equal(t.data,
			    "DELIMITER $1$\nb;;$0$\n$1$\nDELIMITER ;\n");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_once_at_each_byte),
		cmocka_unit_test(test_cut_in_small_pieces),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_bad_delimiter),
		cmocka_unit_test(test_statements_of_all_kinds),
		cmocka_unit_test(test_delimiter_does_not_occur),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
