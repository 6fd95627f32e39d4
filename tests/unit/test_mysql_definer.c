/* test_mysql_definer.c - the account at the head of a program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/load/definer.h"

static void check(const char *from, const char *to)
{
	struct text out = {0};

	if (to == NULL) {
		assert_false(my_definer_replace(from, strlen(from), &out));
	} else {
		assert_true(my_definer_replace(from, strlen(from), &out));
		assert_string_equal(out.data, to);
	}
	text_free(&out);
}

static void test_heads(void **state)
{
	(void)state;
	check("CREATE DEFINER=`app`@`%` PROCEDURE `p`() select 1",
	      "CREATE DEFINER=CURRENT_USER PROCEDURE `p`() select 1");
	check("CREATE ALGORITHM=MERGE DEFINER=`a``b`@`10.%` SQL SECURITY "
	      "INVOKER VIEW `v` AS select 1",
	      "CREATE ALGORITHM=MERGE DEFINER=CURRENT_USER SQL SECURITY "
	      "INVOKER VIEW `v` AS select 1");
	check("CREATE OR REPLACE DEFINER=`role` PACKAGE `p` AS end",
	      "CREATE OR REPLACE DEFINER=CURRENT_USER PACKAGE `p` AS end");
	check("CREATE DEFINER=`a@b`@`` TRIGGER `t` BEFORE INSERT ON `x` ...",
	      "CREATE DEFINER=CURRENT_USER TRIGGER `t` BEFORE INSERT ON `x` "
	      "...");
}

/* Programs are printed under the sql_mode that they were made with. */
static void test_other_quotes(void **state)
{
	(void)state;
	check("CREATE DEFINER=\"app\"@\"%\" PROCEDURE \"p\"() select \"a\"",
	      "CREATE DEFINER=CURRENT_USER PROCEDURE \"p\"() select \"a\"");
	check("CREATE DEFINER=\"a\"\"b@`c\"@\"10.%\" EVENT \"e\" ON ...",
	      "CREATE DEFINER=CURRENT_USER EVENT \"e\" ON ...");
	check("CREATE DEFINER=\"role\" FUNCTION \"f\"() returns int return 1",
	      "CREATE DEFINER=CURRENT_USER FUNCTION \"f\"() returns int "
	      "return 1");
	check("CREATE DEFINER='it''s'@'%' TRIGGER t ...",
	      "CREATE DEFINER=CURRENT_USER TRIGGER t ...");
	check("CREATE DEFINER=root@localhost PROCEDURE p() select 1",
	      "CREATE DEFINER=CURRENT_USER PROCEDURE p() select 1");
	check("CREATE DEFINER=app@`10.%` PROCEDURE p() select 1",
	      "CREATE DEFINER=CURRENT_USER PROCEDURE p() select 1");
	check("CREATE DEFINER=role AGGREGATE FUNCTION f() ...",
	      "CREATE DEFINER=CURRENT_USER AGGREGATE FUNCTION f() ...");
	check("CREATE DEFINER=\"cut", NULL);
	check("CREATE DEFINER=\"cut\"\"", NULL);
	check("CREATE DEFINER=\"a\"@", NULL);
	check("CREATE DEFINER= VIEW", NULL);
	check("CREATE DEFINER=", NULL);
}

static void test_bodies_stay(void **state)
{
	(void)state;
	check("CREATE PROCEDURE `p`() CREATE DEFINER=`a`@`b` VIEW v AS "
	      "select 1",
	      NULL);
	check("CREATE DEFINER=`a`@`b` PROCEDURE `p`() select "
	      "'CREATE DEFINER=`a`@`b`'",
	      "CREATE DEFINER=CURRENT_USER PROCEDURE `p`() select "
	      "'CREATE DEFINER=`a`@`b`'");
	check("CREATE TABLE `t` (`DEFINER=` int)", NULL);
	check("INSERT INTO `t` VALUES\n('CREATE DEFINER=`a`@`b` ')", NULL);
	check("CREATE DEFINER=`cut", NULL);
	check("CREATE ALGORITHM=MERGE", NULL);
	check("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_other_quotes),
		cmocka_unit_test(test_bodies_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
