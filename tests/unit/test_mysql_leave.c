/* test_mysql_leave.c - which refused statements a restore goes without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/load/leave.h"

/* told NULL: it may not be left out. */
static void check(const char *sql, unsigned number, const char *told)
{
	struct text out = {0};

	assert_int_equal(my_may_leave_out(sql, strlen(sql), number),
			 told != NULL);
	if (told != NULL) {
		my_leave_out_brief(&out, sql, strlen(sql));
		assert_string_equal(out.data, told);
	}
	text_free(&out);
}

static void test_grants(void **state)
{
	(void)state;
	check("GRANT EXECUTE ON PROCEDURE `a`.`p` TO `u`@`%`", 1305,
	      "PROCEDURE `a`.`p` for `u`@`%`");
	check("GRANT SELECT (`x TO y`) ON `a`.`t ON ``b`` TO` TO `u`@`%` "
	      "WITH GRANT OPTION",
	      1054, "`a`.`t ON ``b`` TO` for `u`@`%`");
	check("GRANT SELECT ON `a`.`t` TO `u`@`%` IDENTIFIED BY PASSWORD "
	      "'*AB'",
	      1146, "`a`.`t` for `u`@`%`");
	check("GRANT `role`@`%`,`b`@`%` TO `u`@`%`", 3523,
	      "`role`@`%`,`b`@`%` for `u`@`%`");
}

/* Root has it on every server, but others may not grant it. */
static void test_proxy(void **state)
{
	(void)state;
	check("GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION",
	      1698, "''@'%' for 'root'@'localhost'");
	check("GRANT SELECT ON `a`.`t` TO `u`@`%`", 1698, NULL);
}

static void test_memberships(void **state)
{
	(void)state;
	check("EXECUTE IMMEDIATE IF(@coffer_is_new, "
	      "'GRANT `it\\'s` TO `u`@`%` WITH ADMIN OPTION', 'DO 0')",
	      1959, "`it's` for `u`@`%`");
	check("SET DEFAULT ROLE `r` FOR `u`@`%`", 1959,
	      "SET DEFAULT ROLE `r` FOR `u`@`%`");
	check("ALTER USER `u`@`%` DEFAULT ROLE `r`@`%`", 3530,
	      "ALTER USER `u`@`%` DEFAULT ROLE `r`@`%`");
}

static void test_all_else_fails(void **state)
{
	(void)state;
	/* Somebody would have more rights than before. */
	check("REVOKE SELECT ON `a`.* FROM `u`@`%`", 1141, NULL);
	check("EXECUTE IMMEDIATE IF(@coffer_role_1, 'REVOKE `r` FROM "
	      "CURRENT_USER', 'DO 0')",
	      1141, NULL);
	check("CREATE USER IF NOT EXISTS `u`@`%`", 1133, NULL);
	check("ALTER USER `u`@`%` IDENTIFIED BY 'x' DEFAULT ROLE `r`", 1133,
	      NULL);
	check("GRANT SELECT ON *.* TO `u`@`%`", 1044, NULL);
	check("GRANT SELECT ON *.* TO `u`@`%`", 1064, NULL);
	check("EXECUTE IMMEDIATE IF(", 1133, NULL);
	check("", 1133, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_memberships),
		cmocka_unit_test(test_all_else_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
