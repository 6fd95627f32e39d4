/* test_mysql_rename.c - statements for databases under another name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/load/rename.h"

static void check(const struct my_renames *r, const char *sql, const char *want)
{
	struct text out = {0};
	bool is_changed = my_renames_apply(r, sql, strlen(sql), &out);

	if (want == NULL) {
		assert_false(is_changed);
	} else {
		assert_true(is_changed);
		assert_int_equal(out.len, strlen(want));
		assert_string_equal(out.data, want);
	}
	text_free(&out);
}

static struct my_renames some_renames(void)
{
	struct my_renames r = {0};

	assert_true(my_renames_add(&r, "shop", "shop_old"));
	assert_true(my_renames_add(&r, "a`b", "c`d"));
	return r;
}

static void test_find(void **state)
{
	struct my_renames r = some_renames();

	(void)state;
	assert_string_equal(my_renames_find(&r, "shop"), "shop_old");
	assert_string_equal(my_renames_find(&r, "Shop"), "Shop");
	my_renames_fini(&r);
	assert_string_equal(my_renames_find(&r, "shop"), "shop");
}

static void test_plain_statements(void **state)
{
	struct my_renames r = some_renames();

	(void)state;
	check(&r, "USE `shop`", "USE `shop_old`");
	check(&r, "USE `a``b`", "USE `c``d`");
	check(&r, "USE `other`", NULL);
	check(&r, "CREATE DATABASE IF NOT EXISTS `shop`",
	      "CREATE DATABASE IF NOT EXISTS `shop_old`");
	check(&r, "ALTER DATABASE `shop` CHARACTER SET utf8mb4",
	      "ALTER DATABASE `shop_old` CHARACTER SET utf8mb4");
	check(&r, "ALTER DATABASE COLLATE utf8mb4_bin", NULL);
	check(&r, "INSERT INTO `shop` (`shop`) VALUES\n('`shop`.`t`')", NULL);
	check(&r, "SET @x = '`shop`.`t`'", NULL);
	my_renames_fini(&r);
}

static void test_definitions(void **state)
{
	struct my_renames r = some_renames();

	(void)state;
	check(&r,
	      "CREATE TABLE `shop` (`a` int DEFAULT nextval(`shop`.`s`), "
	      "CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `shop`.`t` (`a`)) "
	      "COMMENT='`shop`.`x`'",
	      "CREATE TABLE `shop` (`a` int DEFAULT nextval(`shop_old`.`s`), "
	      "CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `shop_old`.`t` "
	      "(`a`)) COMMENT='`shop`.`x`'");
	/* A table that goes by the database's name. */
	check(&r,
	      "CREATE ALGORITHM=UNDEFINED VIEW `shop`.`v` AS select "
	      "`shop`.`id` AS `id`,sum(`shop`.`n`) AS `shop`,`shop`.`f`(1) "
	      "from (`shop`.`orders` `shop` join `shop`.`t` on(`shop`.`id` = "
	      "`shop`.`t`.`id`))",
	      "CREATE ALGORITHM=UNDEFINED VIEW `shop_old`.`v` AS select "
	      "`shop`.`id` AS `id`,sum(`shop`.`n`) AS `shop`,`shop_old`.`f`(1) "
	      "from (`shop_old`.`orders` `shop` join `shop_old`.`t` "
	      "on(`shop`.`id` = "
	      "`shop_old`.`t`.`id`))");
	check(&r,
	      "CREATE ALGORITHM=UNDEFINED DEFINER=`shop`@`h` VIEW `shop`.`v` "
	      "AS select `shop`.`t`.`shop` AS `shop`,`x`.`shop`.`a` from "
	      "`shop`.`t`",
	      "CREATE ALGORITHM=UNDEFINED DEFINER=`shop`@`h` VIEW "
	      "`shop_old`.`v` AS select `shop_old`.`t`.`shop` AS `shop`,"
	      "`x`.`shop`.`a` from `shop_old`.`t`");
	check(&r, "CREATE TABLE `t` (`a` int)", NULL);
	my_renames_fini(&r);
}

static void test_peoples_text_stays(void **state)
{
	struct my_renames r = some_renames();

	(void)state;
	check(&r, "CREATE DEFINER=`u`@`h` PROCEDURE `p`() select `shop`.`t`.a",
	      NULL);
	my_renames_fini(&r);
}

static void test_broken_text(void **state)
{
	struct my_renames r = some_renames();

	(void)state;
	check(&r, "USE `shop", NULL);
	check(&r, "USE ", NULL);
	check(&r, "", NULL);
	check(&r, "CREATE TABLE `shop`.`", "CREATE TABLE `shop_old`.`");
	check(&r, "CREATE TABLE 'open `shop`.`a`", NULL);
	my_renames_fini(&r);
}

static void test_no_renames(void **state)
{
	struct my_renames r = {0};

	(void)state;
	check(&r, "USE `shop`", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_plain_statements),
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_peoples_text_stays),
		cmocka_unit_test(test_broken_text),
		cmocka_unit_test(test_no_renames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
