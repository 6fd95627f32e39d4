/* test_mysql_grants.c - what an account may do, from SHOW GRANTS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/grants.h"
#include "sources/mysql/dump/rights.h"

static void read_lines(struct my_grants *g, const char *const *lines)
{
	memset(g, 0, sizeof(*g));
	for (; *lines != NULL; lines++)
		assert_true(my_grants_add(g, *lines));
}

static void test_all(void **state)
{
	static const char *const lines[] = {
		"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` "
		"IDENTIFIED BY PASSWORD '*ABC' WITH GRANT OPTION",
		"GRANT PROXY ON ``@`%` TO `root`@`localhost`",
		NULL,
	};
	struct my_grants g;

	(void)state;
	read_lines(&g, lines);
	assert_int_equal(g.n, 1);
	assert_true(my_grants_have(&g, MY_PRIV_SELECT, NULL, NULL));
	assert_true(my_grants_have(&g, MY_PRIV_EVENT, "any", NULL));
	assert_true(my_grants_have(&g, MY_PRIV_RELOAD, NULL, NULL));
	my_grants_fini(&g);
}

static void test_databases(void **state)
{
	static const char *const lines[] = {
		"GRANT USAGE ON *.* TO `u`@`%`",
		"GRANT SELECT, SHOW VIEW, TRIGGER ON `shop`.* TO `u`@`%`",
		"GRANT SELECT ON `my\\_app`.* TO `u`@`%`",
		"GRANT SELECT ON `log%`.* TO `u`@`%`",
		NULL,
	};
	struct my_grants g;

	(void)state;
	read_lines(&g, lines);
	assert_false(my_grants_have(&g, MY_PRIV_SELECT, NULL, NULL));
	assert_true(my_grants_have(&g, MY_PRIV_SELECT, "shop", NULL));
	assert_true(my_grants_have(&g, MY_PRIV_SHOW_VIEW, "shop", "t"));
	assert_false(my_grants_have(&g, MY_PRIV_EVENT, "shop", NULL));
	assert_false(my_grants_have(&g, MY_PRIV_SELECT, "shop2", NULL));
	assert_true(my_grants_have(&g, MY_PRIV_SELECT, "my_app", NULL));
	assert_false(my_grants_have(&g, MY_PRIV_SELECT, "myXapp", NULL));
	assert_true(my_grants_have(&g, MY_PRIV_SELECT, "logs", NULL));
	my_grants_fini(&g);
}

static void test_tables_and_columns(void **state)
{
	static const char *const lines[] = {
		"GRANT SELECT (`a`, `b,)`), INSERT ON `shop`.`c` TO `u`@`%`",
		"GRANT SELECT, TRIGGER ON `shop`.`we``ird` TO `u`@`%`",
		"GRANT SELECT ON TABLE `shop`.`t` TO `u`@`%`",
		"GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `u`@`%`",
		NULL,
	};
	struct my_grants g;

	(void)state;
	read_lines(&g, lines);
	assert_false(my_grants_have(&g, MY_PRIV_SELECT, "shop", "c"));
	assert_true(my_grants_have(&g, MY_PRIV_SELECT, "shop", "we`ird"));
	assert_true(my_grants_have(&g, MY_PRIV_SELECT, "shop", "t"));
	assert_false(my_grants_have(&g, MY_PRIV_SELECT, "shop", NULL));
	assert_false(my_grants_have(&g, MY_PRIV_EXECUTE, "shop", NULL));
	my_grants_fini(&g);
}

static void test_partial_revokes(void **state)
{
	static const char *const lines[] = {
		"GRANT SELECT, EVENT ON *.* TO `u`@`%`",
		"REVOKE SELECT ON `secret`.* FROM `u`@`%`",
		NULL,
	};
	struct my_grants g;

	(void)state;
	read_lines(&g, lines);
	assert_true(my_grants_have(&g, MY_PRIV_SELECT, "shop", NULL));
	assert_false(my_grants_have(&g, MY_PRIV_SELECT, "secret", NULL));
	assert_true(my_grants_have(&g, MY_PRIV_EVENT, "secret", NULL));
	/* Not on all of them. */
	assert_false(my_grants_have(&g, MY_PRIV_SELECT, NULL, NULL));
	my_grants_fini(&g);
}

static void test_other_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"GRANT",
		"GRANT `role` TO `u`@`%`",
		"GRANT SELECT",
		"GRANT SELECT ON ",
		"GRANT SELECT ON `shop",
		"GRANT SELECT ON `shop`",
		"GRANT SELECT (`a ON `shop`.*",
		"SET DEFAULT ROLE `r` FOR `u`@`%`",
		NULL,
	};
	struct my_grants g;

	(void)state;
	read_lines(&g, lines);
	assert_int_equal(g.n, 0);
	my_grants_fini(&g);
}

static void test_like(void **state)
{
	(void)state;
	assert_true(my_like("", ""));
	assert_false(my_like("", "a"));
	assert_true(my_like("%", ""));
	assert_true(my_like("a%c", "abbc"));
	assert_false(my_like("a%c", "abb"));
	assert_true(my_like("a_c", "abc"));
	assert_false(my_like("a_", "a"));
	assert_true(my_like("a\\%", "a%"));
	assert_false(my_like("a\\%", "ab"));
	assert_true(my_like("%%x", "x"));
}

static bool check(const char *const *lines, const struct source_scope *scope,
		  struct err *e)
{
	struct my_grants g;
	struct my_objects o;
	bool ok;

	read_lines(&g, lines);
	assert_true(my_objects_init(&o, scope, e));
	ok = my_rights_check_server(&g, &o, e) && my_rights_check(&g, &o, e);
	my_grants_fini(&g);
	my_objects_fini(&o);
	return ok;
}

/* The one right that is missing is named. */
static void check_missing(const char *grant, const char *right)
{
	static const struct source_scope_database shop = {.name = "shop"};
	static const struct source_scope scope = {.databases = &shop,
						  .ndatabases = 1};
	const char *const lines[] = {grant, NULL};
	struct err e = {0};

	if (right == NULL) {
		assert_true(check(lines, &scope, &e));
		return;
	}
	assert_false(check(lines, &scope, &e));
	assert_int_equal(e.code, ERR_DENIED);
	assert_string_equal(e.api, "access_denied");
	assert_non_null(strstr(e.msg, right));
	assert_non_null(strstr(e.msg, "shop"));
}

static void test_rights_of_a_database(void **state)
{
	(void)state;
	check_missing("GRANT USAGE ON *.* TO `u`@`%`", "SELECT");
	check_missing("GRANT SELECT ON `shop`.* TO `u`@`%`", "SHOW VIEW");
	check_missing("GRANT SELECT, SHOW VIEW ON `shop`.* TO `u`@`%`",
		      "TRIGGER");
	check_missing("GRANT SELECT, SHOW VIEW, TRIGGER ON `shop`.* TO u",
		      "EVENT");
	check_missing("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `shop`.* "
		      "TO u",
		      "EXECUTE");
	check_missing("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON "
		      "`shop`.* TO u",
		      NULL);
	check_missing("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO u",
		      NULL);
}

static void test_rights_of_the_server(void **state)
{
	static const struct source_scope scope;
	static const char *const few[] = {
		"GRANT ALL PRIVILEGES ON `shop`.* TO u", NULL};
	static const char *const all[] = {"GRANT ALL PRIVILEGES ON *.* TO u",
					  NULL};
	struct err e = {0};

	(void)state;
	assert_false(check(few, &scope, &e));
	assert_non_null(strstr(e.msg, "SELECT on *.*"));
	err_clear(&e);
	assert_true(check(all, &scope, &e));
}

static void test_rights_of_a_table(void **state)
{
	static const char *const tables[] = {"t"};
	static const struct source_scope_database shop = {"shop", tables, 1};
	static const struct source_scope scope = {.databases = &shop,
						  .ndatabases = 1};
	static const char *const few[] = {"GRANT SELECT ON `shop`.`t` TO u",
					  NULL};
	static const char *const all[] = {
		"GRANT SELECT, TRIGGER ON `shop`.`t` TO u", NULL};
	struct err e = {0};

	(void)state;
	assert_false(check(few, &scope, &e));
	assert_non_null(strstr(e.msg, "TRIGGER"));
	err_clear(&e);
	assert_true(check(all, &scope, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_databases),
		cmocka_unit_test(test_tables_and_columns),
		cmocka_unit_test(test_partial_revokes),
		cmocka_unit_test(test_other_lines),
		cmocka_unit_test(test_like),
		cmocka_unit_test(test_rights_of_a_database),
		cmocka_unit_test(test_rights_of_the_server),
		cmocka_unit_test(test_rights_of_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
