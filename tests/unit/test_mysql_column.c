/* test_mysql_column.c - the rules per type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/column.h"

static enum my_literal literal_of(const char *type)
{
	return my_column_plan(type, "").literal;
}

static void test_numbers(void **state)
{
	static const char *const types[] = {
		"tinyint(1)",
		"smallint(6)",
		"mediumint(9)",
		"int(11) unsigned",
		"int",
		"bigint(20)",
		"bigint unsigned",
		"decimal(65,30)",
		"double",
		"double(10,2)",
		"float",
		"float(20,5) unsigned",
		"INT(8) ZEROFILL",
		"decimal(10,0) unsigned zerofill",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(literal_of(types[i]), MY_NUMBER);
}

static void test_strings(void **state)
{
	static const char *const types[] = {
		"varchar(20)",
		"char(1)",
		"text",
		"longtext",
		"blob",
		"longblob",
		"varbinary(3)",
		"binary(16)",
		"date",
		"datetime(6)",
		"timestamp",
		"time(6)",
		"year(4)",
		"bit(64)",
		"geometry",
		"point",
		"set('a','b')",
		"vector(3)",
		"geomcollection",
		"intermediate(1)",
		"a type of tomorrow",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(literal_of(types[i]), MY_STRING);
}

static void test_text_that_is_no_binary(void **state)
{
	(void)state;
	assert_int_equal(literal_of("json"), MY_UTF8_STRING);
	assert_int_equal(literal_of("uuid"), MY_UTF8_STRING);
	assert_int_equal(literal_of("inet4"), MY_UTF8_STRING);
	assert_int_equal(literal_of("inet6"), MY_UTF8_STRING);
}

static void test_floats_as_doubles(void **state)
{
	(void)state;
	assert_true(my_column_plan("float", "").is_as_double);
	assert_true(my_column_plan("float(5,2) unsigned", "").is_as_double);
	assert_false(my_column_plan("double", "").is_as_double);
	/* Without an exponent: 1e200 would come as 201 digits. */
	assert_true(my_column_plan("double(255,30)", "").is_as_double);
	assert_false(my_column_plan("varchar(9)", "").is_as_double);
}

static void test_json(void **state)
{
	(void)state;
	assert_true(my_column_plan("json", "").is_as_json);
	/* MariaDB's is text. */
	assert_false(my_column_plan("longtext", "").is_as_json);
	assert_false(my_column_plan("enum('json')", "").is_as_json);
}

static void test_enums(void **state)
{
	struct my_column_plan p;

	(void)state;
	p = my_column_plan("enum('a','b')", "");
	assert_int_equal(p.literal, MY_STRING);
	assert_false(p.is_as_integer);
	/* The text of value 0 is that of the empty member. */
	p = my_column_plan("enum('a','')", "");
	assert_int_equal(p.literal, MY_NUMBER);
	assert_true(p.is_as_integer);
	p = my_column_plan("set('a','')", "");
	assert_int_equal(p.literal, MY_NUMBER);
	assert_true(p.is_as_integer);
	p = my_column_plan("set('a','b')", "");
	assert_false(p.is_as_integer);
}

/* Which columns may lead a key that is cut into ranges. */
static void test_integers(void **state)
{
	(void)state;
	assert_true(my_column_plan("int(11)", "").is_integer);
	assert_false(my_column_plan("int(11)", "").is_unsigned);
	assert_true(my_column_plan("bigint(20) unsigned", "").is_integer);
	assert_true(my_column_plan("bigint unsigned", "").is_unsigned);
	assert_true(
		my_column_plan("int(10) unsigned zerofill", "").is_unsigned);
	assert_true(my_column_plan("tinyint(1)", "").is_integer);
	assert_false(my_column_plan("decimal(10,0)", "").is_integer);
	assert_false(my_column_plan("year(4)", "").is_integer);
	assert_false(my_column_plan("bit(8)", "").is_integer);
	assert_false(my_column_plan("varchar(9)", "").is_integer);
}

static void test_generated(void **state)
{
	static const struct {
		const char *extra;
		bool is_left_out;
	} cases[] = {
		{"", false},
		{"auto_increment", false},
		{"INVISIBLE", false},
		{"DEFAULT_GENERATED", false},
		{"DEFAULT_GENERATED on update CURRENT_TIMESTAMP", false},
		{"on update current_timestamp()", false},
		{"VIRTUAL GENERATED", true},
		{"STORED GENERATED", true},
		{"STORED GENERATED, INVISIBLE", true},
		{"VIRTUAL", true},
		{"PERSISTENT", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			my_column_plan("int(11)", cases[i].extra).is_left_out,
			cases[i].is_left_out);
}

static void test_statements(void **state)
{
	struct my_columns cols = {.n = 2};
	struct text sql = {0};

	(void)state;
	my_columns_ask(&sql, "d`b", "t");
	assert_string_equal(sql.data, "SHOW COLUMNS FROM `d``b`.`t`");
	text_reset(&sql);
	text_str(&cols.exprs, "`a`,`f`+0e0");
	my_columns_select(&cols, &sql, "db", "t");
	assert_string_equal(sql.data, "SELECT `a`,`f`+0e0 FROM `db`.`t`");
	text_reset(&sql);
	cols.n = 0;
	my_columns_select(&cols, &sql, "db", "t");
	assert_string_equal(sql.data, "SELECT 1 FROM `db`.`t`");
	text_free(&sql);
	my_columns_fini(&cols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_text_that_is_no_binary),
		cmocka_unit_test(test_floats_as_doubles),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_enums),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_generated),
		cmocka_unit_test(test_statements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
