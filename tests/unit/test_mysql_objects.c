/* test_mysql_objects.c - what is in scope; and how a server is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/dump/definition.h"
#include "sources/mysql/dump/dump_int.h"
#include "sources/mysql/dump/program.h"
#include "sources/mysql/settings.h"

static void add(struct my_database *db, const char *name,
		enum my_table_type type)
{
	struct err e = {0};

	assert_true(my_database_add(db, name, type, &e));
}

static void test_whole_server(void **state)
{
	static const struct source_scope scope = {.databases = NULL};
	struct my_cursor c = {0};
	struct my_database *db;
	struct my_objects o;
	struct err e = {0};

	(void)state;
	assert_true(my_objects_init(&o, &scope, &e));
	assert_true(my_objects_database(&o, "b", &db, &e));
	assert_true(my_objects_database(&o, "a", &db, &e));
	my_objects_sort(&o);
	assert_string_equal(o.databases[0].name, "a");
	db = my_objects_find(&o, "b");
	assert_non_null(db);
	assert_null(my_objects_find(&o, "c"));
	add(db, "z", MY_TABLE);
	add(db, "s", MY_SEQUENCE);
	add(db, "a", MY_TABLE);
	add(db, "v", MY_VIEW);
	my_database_sort(db);
	assert_int_equal(my_objects_count(&o, MY_TABLES), 2);
	assert_int_equal(my_objects_count(&o, MY_VIEWS), 1);
	assert_true(my_cursor_find(&o, &c, MY_TABLES));
	assert_string_equal(my_cursor_table(&o, &c)->name, "a");
	assert_ptr_equal(my_cursor_database(&o, &c), db);
	c.table++;
	assert_true(my_cursor_find(&o, &c, MY_TABLES));
	assert_string_equal(my_cursor_table(&o, &c)->name, "z");
	c.table++;
	assert_false(my_cursor_find(&o, &c, MY_TABLES));
	my_objects_fini(&o);
}

static void test_some_tables(void **state)
{
	static const char *const tables[] = {"t2", "t1", "t2"};
	static const struct source_scope_database dbs[] = {
		{"shop", tables, 3}, {"all", NULL, 0}, {"shop", tables, 1}};
	static const struct source_scope scope = {.databases = dbs,
						  .ndatabases = 3};
	struct my_database *db;
	struct my_objects o;
	struct err e = {0};

	(void)state;
	assert_true(my_objects_init(&o, &scope, &e));
	assert_int_equal(o.n, 2);
	assert_true(my_objects_database(&o, "other", &db, &e));
	assert_null(db);
	assert_true(my_objects_database(&o, "shop", &db, &e));
	assert_non_null(db);
	assert_true(db->is_found);
	assert_false(db->is_whole);
	assert_int_equal(db->ntables, 2);
	add(db, "t3", MY_TABLE);
	add(db, "t1", MY_VIEW);
	my_database_sort(db);
	assert_int_equal(db->ntables, 2);
	assert_true(my_database_find(db, "t1")->is_seen);
	assert_int_equal(my_database_find(db, "t1")->type, MY_VIEW);
	assert_false(my_database_find(db, "t2")->is_seen);
	assert_null(my_database_find(db, "t3"));
	assert_true(my_objects_find(&o, "all")->is_whole);
	my_objects_fini(&o);
}

static void test_table_types(void **state)
{
	(void)state;
	assert_int_equal(my_table_type("BASE TABLE"), MY_TABLE);
	assert_int_equal(my_table_type("SYSTEM VERSIONED"), MY_VERSIONED);
	assert_int_equal(my_table_type("SEQUENCE"), MY_SEQUENCE);
	assert_int_equal(my_table_type("VIEW"), MY_VIEW);
	assert_int_equal(my_table_type("SYSTEM VIEW"), MY_TABLE_TYPES);
	assert_int_equal(my_table_type("TEMPORARY"), MY_TABLE_TYPES);
}

static void check_version(const char *text, bool is_mariadb, unsigned number)
{
	struct my_server s = {0};

	my_server_parse(&s, text);
	assert_int_equal(s.is_mariadb, is_mariadb);
	assert_int_equal(s.number, number);
	assert_string_equal(s.version, text);
}

static void test_versions(void **state)
{
	(void)state;
	check_version("10.11.6-MariaDB-0+deb12u1-log", true, 101106);
	check_version("5.5.5-10.4.3-MariaDB", true, 100403);
	check_version("11.4.2-MariaDB", true, 110402);
	check_version("8.0.36", false, 80036);
	check_version("9.7.0-debug", false, 90700);
	check_version("nonsense", false, 0);
}

static void test_system_databases(void **state)
{
	(void)state;
	assert_true(my_is_system_database("mysql"));
	assert_true(my_is_system_database("Information_Schema"));
	assert_true(my_is_system_database("sys"));
	assert_false(my_is_system_database("shop"));
	assert_false(my_is_system_database("mysql2"));
}

static void test_role_statements(void **state)
{
	struct my_server s = {0};
	struct text sql = {0};

	(void)state;
	my_server_parse(&s, "10.11.6-MariaDB");
	my_role_ask(&s, &sql);
	assert_string_equal(sql.data, "SHOW ALL SLAVES STATUS");
	text_reset(&sql);
	my_server_parse(&s, "8.0.21");
	my_role_ask(&s, &sql);
	assert_string_equal(sql.data, "SHOW SLAVE STATUS");
	text_reset(&sql);
	my_server_parse(&s, "9.1.0");
	my_role_ask(&s, &sql);
	assert_string_equal(sql.data, "SHOW REPLICA STATUS");
	text_free(&sql);
}

static void test_settings(void **state)
{
	struct my_server s = {.sql_mode = "A\"B", .name_case = 1};
	struct text sql = {0};
	char *json;

	(void)state;
	my_server_parse(&s, "10.11.6-MariaDB");
	my_settings_read(&s, &sql);
	assert_non_null(strstr(sql.data, "max_statement_time = 0"));
	assert_non_null(strstr(sql.data, "idle_transaction_timeout = 0"));
	assert_non_null(strstr(sql.data, "lock_wait_timeout = 2"));
	assert_null(strstr(sql.data, "max_execution_time"));
	text_reset(&sql);
	my_server_parse(&s, "8.0.36");
	my_settings_write(&s, &sql);
	assert_non_null(strstr(sql.data, "max_execution_time = 0"));
	assert_null(strstr(sql.data, "max_statement_time"));
	text_reset(&sql);
	my_settings_tables(&s, &sql);
	assert_non_null(strstr(sql.data, "sql_require_primary_key = 0"));
	text_reset(&sql);
	my_server_parse(&s, "11.4.2-MariaDB");
	my_settings_tables(&s, &sql);
	assert_int_equal(sql.len, 0);
	text_free(&sql);
	json = my_settings_json(&s);
	assert_non_null(strstr(json, "\"sql_mode\":\"A\\\"B\""));
	assert_non_null(strstr(json, "\"lower_case_table_names\":1"));
	free(json);
}

static uint64_t print_of(const char *create)
{
	return my_fingerprint(create, strlen(create));
}

static void test_fingerprints(void **state)
{
	static const char plain[] = "CREATE TABLE `t` (\n  `a` int\n"
				    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
	static const char five[] = "CREATE TABLE `t` (\n  `a` int\n) "
				   "ENGINE=InnoDB AUTO_INCREMENT=5 "
				   "DEFAULT CHARSET=utf8mb4";
	static const char nine[] = "CREATE TABLE `t` (\n  `a` int\n) "
				   "ENGINE=InnoDB AUTO_INCREMENT=999 "
				   "DEFAULT CHARSET=utf8mb4";
	static const char other[] = "CREATE TABLE `t` (\n  `b` int\n) "
				    "ENGINE=InnoDB AUTO_INCREMENT=5 "
				    "DEFAULT CHARSET=utf8mb4";
	static const char in_name[] = "CREATE TABLE ` AUTO_INCREMENT=5` (\n"
				      ") ENGINE=x";
	static const char in_name2[] = "CREATE TABLE ` AUTO_INCREMENT=6` (\n"
				       ") ENGINE=x";

	(void)state;
	/* Rows raise the counter; that is no change of the table. */
	assert_true(print_of(five) == print_of(nine));
	assert_true(print_of(five) != print_of(other));
	assert_true(print_of(plain) != print_of(other));
	assert_true(print_of(in_name) != print_of(in_name2));
	assert_true(print_of("") != print_of("x"));
}

static void test_engines(void **state)
{
	static const char create[] = "CREATE TABLE `\n) ENGINE=no` (\n"
				     "  `a` int COMMENT '\\n) ENGINE=no'\n"
				     ") ENGINE=MyISAM DEFAULT CHARSET=latin1";
	const char *engine = my_table_engine(create, strlen(create));

	(void)state;
	assert_non_null(engine);
	assert_memory_equal(engine, "MyISAM ", 7);
	assert_null(my_table_engine("CREATE TABLE x", 14));
}

static void test_programs(void **state)
{
	struct my_programs p = {0};
	size_t n;

	(void)state;
	assert_true(my_programs_add(&p, MY_EVENT, 0, "e"));
	assert_true(my_programs_add(&p, MY_TRIGGER, 0, "t2"));
	assert_true(my_programs_add(&p, MY_TRIGGER, 0, "t1"));
	assert_true(my_programs_add(&p, MY_PROGRAM_VIEW, 1, "v"));
	assert_true(my_programs_add(&p, MY_FUNCTION, 1, "f"));
	assert_true(my_programs_sort(&p));
	assert_string_equal(p.list[0].name, "f");
	assert_string_equal(p.list[1].name, "v");
	/* Triggers run in the order of their making. */
	assert_string_equal(p.list[2].name, "t2");
	assert_string_equal(p.list[3].name, "t1");
	assert_string_equal(p.list[4].name, "e");
	assert_int_equal(my_programs_range(&p, MY_TRIGGER, &n), 2);
	assert_int_equal(n, 2);
	(void)my_programs_range(&p, MY_PACKAGE, &n);
	assert_int_equal(n, 0);
	my_programs_fini(&p);
	assert_int_equal(my_program_routine("PACKAGE BODY"), MY_PACKAGE_BODY);
	assert_int_equal(my_program_routine("FUNCTION"), MY_FUNCTION);
	assert_int_equal(my_program_routine("VIEW"), MY_PROGRAM_TYPES);
	assert_int_equal(my_program_routine("LIBRARY"), MY_PROGRAM_TYPES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_server),
		cmocka_unit_test(test_some_tables),
		cmocka_unit_test(test_table_types),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_system_databases),
		cmocka_unit_test(test_role_statements),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
