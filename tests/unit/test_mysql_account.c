/* test_mysql_account.c - accounts and grants as statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/dump/account.h"

static void check_create(const char *line, const char *want, const char *roles)
{
	struct text out = {0}, found = {0};

	text_str(&found, "");
	assert_true(my_account_write_create(&out, &found, line));
	assert_string_equal(out.data, want);
	assert_string_equal(found.data, roles);
	text_free(&out);
	text_free(&found);
}

static void test_create(void **state)
{
	(void)state;
	check_create("CREATE USER `a`@`%`",
		     "CREATE USER IF NOT EXISTS `a`@`%`;\n", "");
	/* What an error may tell of it ends with the first line. */
	check_create("CREATE USER `a b`@`%` IDENTIFIED BY PASSWORD '*AB'",
		     "CREATE USER IF NOT EXISTS `a b`@`%`\n"
		     " IDENTIFIED BY PASSWORD '*AB';\n",
		     "");
	check_create("CREATE USER ` IDENTIFIED ``x`@`%` ACCOUNT LOCK",
		     "CREATE USER IF NOT EXISTS ` IDENTIFIED ``x`@`%`\n"
		     " ACCOUNT LOCK;\n",
		     "");
}

static void test_default_roles(void **state)
{
	(void)state;
	check_create("CREATE USER `a`@`%` IDENTIFIED WITH 'p' AS 0x24 "
		     "DEFAULT ROLE `r`@`%`,` REQUIRE `@`h` REQUIRE NONE "
		     "ACCOUNT UNLOCK",
		     "CREATE USER IF NOT EXISTS `a`@`%`\n"
		     " IDENTIFIED WITH 'p' AS 0x24 REQUIRE NONE "
		     "ACCOUNT UNLOCK;\n",
		     "DEFAULT ROLE `r`@`%`,` REQUIRE `@`h`");
	check_create("CREATE USER `a`@`%` DEFAULT ROLE `r`@`%`",
		     "CREATE USER IF NOT EXISTS `a`@`%`\n;\n",
		     "DEFAULT ROLE `r`@`%`");
	check_create("CREATE USER `a`@`%` REQUIRE SUBJECT "
		     "'\\' DEFAULT ROLE x REQUIRE'",
		     "CREATE USER IF NOT EXISTS `a`@`%`\n REQUIRE SUBJECT "
		     "'\\' DEFAULT ROLE x REQUIRE';\n",
		     "");
}

static void test_no_definition(void **state)
{
	struct text out = {0}, roles = {0};

	(void)state;
	assert_false(my_account_write_create(&out, &roles, ""));
	assert_false(my_account_write_create(&out, &roles, "CREATE ROLE `r`"));
	assert_int_equal(out.len, 0);
}

static void check_grant(const char *line, const char *want, const char *grantee,
			const char *table)
{
	struct my_grant_line g;
	struct text out = {0}, on = {0};

	assert_true(my_grant_line_read(&g, line));
	assert_int_equal(g.grantee_len, strlen(grantee));
	assert_memory_equal(g.grantee, grantee, g.grantee_len);
	text_str(&on, g.table.len > 0 ? g.database.data : "");
	text_str(&on, g.table.len > 0 ? "|" : "");
	text_str(&on, g.table.len > 0 ? g.table.data : "");
	assert_string_equal(on.data, table);
	my_grant_line_write(&out, &g, line);
	assert_string_equal(out.data, want);
	my_grant_line_fini(&g);
	text_free(&out);
	text_free(&on);
}

static void test_grants(void **state)
{
	(void)state;
	check_grant("GRANT SELECT ON *.* TO `a`@`%`",
		    "GRANT SELECT ON *.* TO `a`@`%`;\n", "`a`@`%`", "");
	check_grant("GRANT SELECT ON `d`.* TO `a`@`%` WITH GRANT OPTION",
		    "GRANT SELECT ON `d`.* TO `a`@`%` WITH GRANT OPTION;\n",
		    "`a`@`%`", "");
	check_grant("GRANT SELECT (` ON ``d`, `b`) ON `d`.` TO ``t` TO `r`",
		    "GRANT SELECT (` ON ``d`, `b`) ON `d`.` TO ``t` TO `r`;\n",
		    "`r`", "d| TO `t");
	check_grant("GRANT EXECUTE ON PROCEDURE `d`.`p` TO PUBLIC",
		    "GRANT EXECUTE ON PROCEDURE `d`.`p` TO PUBLIC;\n", "PUBLIC",
		    "");
	check_grant("GRANT PROXY ON `x`@`y` TO `a`@`%` WITH GRANT OPTION",
		    "GRANT PROXY ON `x`@`y` TO `a`@`%` WITH GRANT OPTION;\n",
		    "`a`@`%`", "");
	check_grant("REVOKE SELECT ON `d`.* FROM `a`@`%`",
		    "REVOKE SELECT ON `d`.* FROM `a`@`%`;\n", "`a`@`%`", "");
}

/* They would change an account that is there. */
static void test_passwords_go(void **state)
{
	(void)state;
	check_grant("GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD "
		    "'*AB' REQUIRE SUBJECT 'x GRANT OPTION' WITH "
		    "MAX_QUERIES_PER_HOUR 5",
		    "GRANT USAGE ON *.* TO `a`@`%`;\n", "`a`@`%`", "");
	check_grant("GRANT ALL PRIVILEGES ON *.* TO `a`@`%` IDENTIFIED VIA "
		    "ed25519 USING 'it''s' REQUIRE X509 WITH GRANT OPTION "
		    "MAX_USER_CONNECTIONS 4",
		    "GRANT ALL PRIVILEGES ON *.* TO `a`@`%` "
		    "WITH GRANT OPTION;\n",
		    "`a`@`%`", "");
}

static void check_role(const char *line, const char *role, bool is_admin)
{
	struct my_grant_line g;

	assert_true(my_grant_line_read(&g, line));
	if (role == NULL)
		assert_int_equal(g.role.len, 0);
	else
		assert_string_equal(g.role.data, role);
	assert_int_equal(g.is_admin, is_admin);
	my_grant_line_fini(&g);
}

static void test_memberships(void **state)
{
	(void)state;
	check_role("GRANT `r` TO `a`@`%` WITH ADMIN OPTION", "r", true);
	check_role("GRANT `r`` ON ` TO `a WITH ADMIN OPTION`@`%`", "r` ON ",
		   false);
	check_role("GRANT `r`@`%`,`s`@`%` TO `a`@`%`", NULL, false);
	check_role("GRANT SELECT ON `d`.`t` TO `r`", NULL, false);
}

static void test_no_grants(void **state)
{
	static const char *const lines[] = {
		"",
		"SET DEFAULT ROLE `r` FOR `a`@`%`",
		"GRANT",
		"GRANT ' TO ",
		"GRANT SELECT ON `d`.`t",
		"REVOKE SELECT ON *.* TO `a`",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct my_grant_line g;

		assert_false(my_grant_line_read(&g, lines[i]));
		my_grant_line_fini(&g);
	}
}

static void test_lasting(void **state)
{
	(void)state;
	assert_true(my_grant_line_is_lasting("GRANT CREATE ON `d`.`t` TO `a`"));
	assert_true(my_grant_line_is_lasting(
		"GRANT SELECT, CREATE, DROP ON `d`.`t` TO `a`"));
	assert_true(my_grant_line_is_lasting(
		"GRANT ALL PRIVILEGES ON `d`.`t` TO `a`"));
	assert_false(my_grant_line_is_lasting(
		"GRANT CREATE VIEW ON `d`.` CREATE ON ` TO `a`"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_default_roles),
		cmocka_unit_test(test_no_definition),
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_passwords_go),
		cmocka_unit_test(test_memberships),
		cmocka_unit_test(test_no_grants),
		cmocka_unit_test(test_lasting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
