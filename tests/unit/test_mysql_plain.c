/* test_mysql_plain.c - the columns of a table out of its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/plain.h"

static bool is_plain(const char *create)
{
	return my_plain_is(create, strlen(create));
}

/* Reads one that must be plain. */
static void read_plain(struct my_columns *cols, const char *create)
{
	struct err e = {0};
	bool plain = false;

	assert_true(my_plain_read(cols, create, strlen(create), &plain, &e));
	assert_true(plain);
}

static void test_columns(void **state)
{
	struct my_columns cols;

	(void)state;
	read_plain(&cols,
		   "CREATE TABLE `a``b` (\n"
		   "  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,\n"
		   "  `x``y` varchar(40) CHARACTER SET latin1 COLLATE "
		   "latin1_bin DEFAULT 'it''s, \\'\\n' COMMENT ',\\n)',\n"
		   "  `f` float(5,2) unsigned zerofill DEFAULT NULL,\n"
		   "  `e` enum('a','') NOT NULL DEFAULT 'a',\n"
		   "  `s` set('x,y','''') DEFAULT NULL,\n"
		   "  `b` bit(8) DEFAULT b'101',\n"
		   "  `d` decimal(10,2) NOT NULL DEFAULT -1.50,\n"
		   "  `t` timestamp(6) NOT NULL DEFAULT "
		   "current_timestamp(6) ON UPDATE current_timestamp(6),\n"
		   "  `u` datetime DEFAULT CURRENT_TIMESTAMP,\n"
		   "  `i` inet6 DEFAULT NULL,\n"
		   "  PRIMARY KEY (`id`,`x``y`(10) DESC),\n"
		   "  KEY `k` (`f`)\n"
		   ") ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4");
	assert_int_equal(cols.n, 10);
	assert_string_equal(cols.names.data, "`id`,`x``y`,`f`,`e`,`s`,`b`,`d`,"
					     "`t`,`u`,`i`");
	assert_string_equal(cols.exprs.data,
			    "`id`,`x``y`,`f`-0e0,CAST(`e` AS UNSIGNED),"
			    "CAST(`s` AS UNSIGNED),`b`,`d`,`t`,`u`,`i`");
	assert_int_equal(cols.literals[0], MY_NUMBER);
	assert_int_equal(cols.literals[1], MY_STRING);
	assert_int_equal(cols.literals[5], MY_STRING);
	assert_int_equal(cols.literals[6], MY_NUMBER);
	assert_int_equal(cols.literals[9], MY_UTF8_STRING);
	assert_int_equal(cols.nprimary, 2);
	assert_int_equal(cols.nkeys, 1);
	assert_string_equal(cols.keys[0].name, "id");
	assert_true(cols.keys[0].is_unsigned);
	my_columns_fini(&cols);
}

/* A name may hold a line end, and what looks like more. */
static void test_names_that_look_like_more(void **state)
{
	struct my_columns cols;

	(void)state;
	read_plain(&cols, "CREATE TABLE `t` (\n"
			  "  `a\n  PRIMARY KEY (` int(11) DEFAULT NULL,\n"
			  "  `b` int(11) DEFAULT NULL\n"
			  ") ENGINE=InnoDB");
	assert_int_equal(cols.n, 2);
	assert_string_equal(cols.names.data, "`a\n  PRIMARY KEY (`,`b`");
	assert_int_equal(cols.nprimary, 0);
	my_columns_fini(&cols);
}

/* What is asked for by SHOW COLUMNS: more than a plain line says. */
static void test_lines_that_are_not(void **state)
{
	static const char *const rests[] = {
		"int(11) GENERATED ALWAYS AS (`a` + 1) VIRTUAL",
		"int(11) GENERATED ALWAYS AS (`a` + 1) STORED",
		"int(11) INVISIBLE DEFAULT 1",
		"int DEFAULT NULL /*!80023 INVISIBLE */",
		"int(11) DEFAULT (1 + 1)",
		"int(11) DEFAULT nextval(`d`.`s`)",
		"int(11) DEFAULT NULL CHECK (`b` > 0)",
		"longtext /*M!100301 COMPRESSED*/ DEFAULT NULL",
		"timestamp(6) GENERATED ALWAYS AS ROW START",
		"int(11) WITHOUT SYSTEM VERSIONING",
		"vector(3) NOT NULL",
		"geometry NOT NULL /*!80003 SRID 0 */",
		"int(",
		"int(11",
		"int(11) COMMENT 'x",
		"int(11) COMMENT 'x\\",
		"enum('a'",
		"decimal(1,) DEFAULT NULL",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		struct text create = {0};

		text_printf(&create,
			    "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n"
			    "  `b` %s\n) ENGINE=InnoDB",
			    rests[i]);
		assert_false(is_plain(create.data));
		text_free(&create);
	}
}

static void test_definitions_that_are_not(void **state)
{
	(void)state;
	assert_false(is_plain(""));
	assert_false(is_plain("CREATE VIEW `v` AS SELECT 1"));
	assert_false(is_plain("CREATE TABLE `t` (`a` int)"));
	assert_false(is_plain("CREATE TABLE `t` (\n  `a` int(11),\n"
			      ") ENGINE=InnoDB WITH SYSTEM VERSIONING"));
	/* Names that none can have. */
	assert_false(is_plain("CREATE TABLE `t` (\n  `` int(11)\n) ENGINE=x"));
	assert_false(is_plain("CREATE TABLE `` (\n  `a` int(11)\n) ENGINE=x"));
	/* A key of a column that is not there. */
	assert_false(is_plain("CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n"
			      "  PRIMARY KEY (`b`)\n) ENGINE=InnoDB"));
	assert_true(is_plain("CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n"
			     "  PRIMARY KEY (`a`)\n) ENGINE=InnoDB"));
}

/* Cut off anywhere before its keys, it is not read, nor beyond its end. */
static void test_cut(void **state)
{
	static const char whole[] =
		"CREATE TABLE `t` (\n  `a` decimal(5,2) NOT NULL DEFAULT 1 "
		"COMMENT 'x\\'',\n  `b` enum('x') DEFAULT NULL,\n"
		"  PRIMARY KEY (`a`,`b`)";
	size_t keys = (size_t)(strstr(whole, "  PRIMARY") - whole);

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char *copy = test_malloc(len + 1);

		memcpy(copy, whole, len);
		copy[len] = '\0';
		if (len <= keys)
			assert_false(my_plain_is(copy, len));
		else
			(void)my_plain_is(copy, len);
		test_free(copy);
	}
	assert_true(is_plain(whole));
}

static void test_statement(void **state)
{
	struct text sql = {0};

	(void)state;
	my_plain_ask(&sql, "d`b", "t");
	assert_string_equal(sql.data, "SHOW CREATE TABLE `d``b`.`t`");
	text_free(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_names_that_look_like_more),
		cmocka_unit_test(test_lines_that_are_not),
		cmocka_unit_test(test_definitions_that_are_not),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
