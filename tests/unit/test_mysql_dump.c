/* test_mysql_dump.c - whole dumps of a fake server over one connection, and
 * how they fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_mysql_dump_rig.h"

static void test_items(void **state)
{
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, NULL);
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(r.phases.data,
			    "connect list schema tables lock data post check ");
	assert_string_equal(r.items.data,
			    "schema database shop. 0;schema sequence shop.s 0;"
			    "schema table shop.items 0;"
			    "schema table shop.orders 0;"
			    "data table shop.items 2;data table shop.orders 3;"
			    "post sequence shop.s 0;"
			    "post function shop.f 0;post view shop.v 0;"
			    "post trigger shop.t 0;post event shop.e 0;");
	assert_int_equal(f->items_done, 11);
	assert_int_equal(f->items_total, 11);
	assert_int_equal(f->tables, 2);
	assert_int_equal(f->rows, 5);
	assert_int_equal(f->views, 1);
	assert_int_equal(f->routines, 1);
	assert_int_equal(f->triggers, 1);
	assert_int_equal(f->events, 1);
	assert_int_equal(f->plain_bytes, r.text.len);
	assert_int_equal(f->nwarnings, 0);
	assert_string_equal(f->consistency, "consistent");
	assert_string_equal(f->binlog_file, "bin.000007");
	assert_int_equal(f->binlog_position, 4711);
	assert_string_equal(f->gtid, "0-1-99");
	assert_non_null(strstr(f->session_json, "STRICT_TRANS_TABLES"));
	dump_rig_fini(&r);
}

static void test_text(void **state)
{
	static const char *const wanted[] = {
		"SET foreign_key_checks = 0",
		"CREATE DATABASE IF NOT EXISTS `shop`;\n",
		"ALTER DATABASE `shop` CHARACTER SET utf8mb4 COLLATE "
		"utf8mb4_general_ci;\n",
		"USE `shop`;\nCREATE SEQUENCE `s` start with 1;\n"
		"DO SETVAL(`s`, 1001, 0, 0);\n",
		"CREATE TABLE `items` (`b` text);\n",
		"CREATE TABLE `orders` (`a` int);\n",
		"SET NAMES binary;\nUSE `shop`;\n",
		"INSERT INTO `items` (`b`) VALUES\n('it\\'s'),\n(NULL);\n",
		"INSERT INTO `orders` (`a`,`f`) VALUES\n"
		"(1,0.5),\n(2,NULL),\n(3,1e10);\n",
		"ALTER DATABASE COLLATE latin1_swedish_ci;\nDELIMITER ;;\n"
		"CREATE FUNCTION `f`() returns int return 1\n;;\nDELIMITER ;\n"
		"ALTER DATABASE COLLATE utf8mb4_general_ci;\n",
		"CREATE ALGORITHM=UNDEFINED VIEW `v` AS select 1;\n",
		"CREATE TRIGGER `t`",
		"SET @coffer_section = 'events';\nUSE `shop`;\n",
		"time_zone = 'SYSTEM'",
		"CREATE EVENT `e`",
		"SET @coffer_section = NULL;\n",
		"foreign_key_checks = @coffer_fk",
	};
	const char *at;
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, NULL);
	(void)dump_rig_run(&r);
	at = r.text.data;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *found = strstr(at, wanted[i]);

		if (found == NULL)
			fail_msg("not there or not in order: %s", wanted[i]);
		at = found;
	}
	dump_rig_fini(&r);
}

/* What the index tells of programs beside their names: the table of a trigger
 * and who each one runs as. */
static void test_on_and_definer(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT ROUTINE_SCHEMA", "s n t DEFINER",
			  "shop|f|FUNCTION|app@%"),
		FAKE_SAYS("SHOW TRIGGERS FROM `shop`",
			  "Trigger Event Table Definer",
			  "t|INSERT|orders|ops@10.%"),
		FAKE_SAYS("SELECT EVENT_SCHEMA", "s n DEFINER",
			  "shop|e|cron@localhost"),
		FAKE_SAYS("SHOW CREATE VIEW", "v c cs coll",
			  "v|CREATE ALGORITHM=UNDEFINED DEFINER=`o``r`@`%` "
			  "SQL SECURITY DEFINER VIEW `v` AS select 1|utf8mb4|"
			  "utf8mb4_general_ci"),
		FAKE_END};
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, a);
	(void)dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(r.apart.data, "function f - app@%;view v - o`r@%;"
					  "trigger t orders ops@10.%;"
					  "event e - cron@localhost;");
	dump_rig_fini(&r);
}

/* The statements that make the dump right, in their order. */
static void test_statements(void **state)
{
	static const char *const wanted[] = {
		"SET SESSION time_zone = '+00:00'",
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"SET SESSION sql_log_bin = 0",
		"SHOW GRANTS",
		"SHOW FULL TABLES FROM `shop`",
		"SHOW CREATE TABLE `items`",
		"START TRANSACTION WITH CONSISTENT SNAPSHOT",
		"SAVEPOINT coffer",
		"SHOW FULL TABLES FROM `shop`",
		"SET NAMES binary",
		"SELECT `b` FROM `shop`.`items`",
		"ROLLBACK TO SAVEPOINT coffer",
		"SELECT `a`,`f`-0e0 FROM `shop`.`orders`",
		"ROLLBACK TO SAVEPOINT coffer",
		"ROLLBACK\n",
		"USE information_schema",
		"SHOW CREATE FUNCTION `f`",
		"SHOW GRANTS",
		"SHOW FULL TABLES FROM `shop`",
		"SHOW CREATE TABLE `items`",
		"SHOW CREATE TABLE `orders`",
	};
	const char *at;
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, NULL);
	(void)dump_rig_run(&r);
	at = fake_log(r.fake);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		at = strstr(at, wanted[i]);
		if (at == NULL)
			fail_msg("not asked or not in order: %s", wanted[i]);
		at++;
	}
	/* The binary log tells the place: nobody is locked out. */
	assert_int_equal(fake_count(r.fake, "FLUSH TABLES"), 0);
	dump_rig_fini(&r);
}

/* Runs with these answers; it fails with that code, and says those words. */
static void check_failure(const struct fake_answer *answers, enum err_code code,
			  const char *api, const char *words)
{
	struct dump_rig r;

	dump_rig_init(&r, answers);
	(void)dump_rig_run(&r);
	assert_int_equal(r.err.code, code);
	assert_string_equal(r.err.api, api);
	if (strstr(r.err.msg, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, r.err.msg);
	dump_rig_fini(&r);
}

static void test_replica(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SHOW ALL SLAVES", "Host", "db1"), FAKE_END};

	(void)state;
	check_failure(a, ERR_CONFLICT, "source_is_replica", "primary");
}

#define REPLICA_STATUS                                                         \
	"Slave_IO_Running Slave_SQL_Running Seconds_Behind_Master"

/* Rule 2: what is read through a replica has to be what its primary has. */
static void test_rule2_through_a_replica(void **state)
{
	static const struct {
		struct fake_answer answers[2];
		const char *api, *words;
	} runs[] = {
		{{FAKE_SAYS("SHOW ALL SLAVES", REPLICA_STATUS, "Yes|Yes|3"),
		  FAKE_END},
		 "",
		 ""},
		{{FAKE_SAYS("SHOW ALL SLAVES", REPLICA_STATUS, "Yes|No|3"),
		  FAKE_END},
		 "source_unavailable",
		 "ceased to replicate"},
		{{FAKE_SAYS("SHOW ALL SLAVES", REPLICA_STATUS,
			    "Connecting|Yes|NULL"),
		  FAKE_END},
		 "source_unavailable",
		 "ceased to replicate"},
		{{FAKE_SAYS("SHOW ALL SLAVES", REPLICA_STATUS, NULL), FAKE_END},
		 "source_unavailable",
		 "from no other"},
		{{FAKE_REFUSES("SHOW ALL SLAVES", 1227, NULL), FAKE_END},
		 "access_denied",
		 "REPLICA MONITOR"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct dump_rig r;

		dump_rig_init(&r, runs[i].answers);
		r.config.is_replica = true;
		(void)dump_rig_run(&r);
		assert_string_equal(r.err.api, runs[i].api);
		if (strstr(r.err.msg, runs[i].words) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", runs[i].words,
				 r.err.msg);
		dump_rig_fini(&r);
	}
}

static void test_ddl_in_progress(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "12|app|web1:99|35|ALTER TABLE orders"),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_CONFLICT, "ddl_in_progress",
		      "session 12 of app@web1:99, for 35 s: "
		      "ALTER TABLE orders");
}

static void test_missing_rights(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT SELECT, SHOW VIEW, EVENT, EXECUTE ON "
			  "*.* TO u"),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_DENIED, "access_denied", "TRIGGER");
}

/* The right to see triggers went before they were listed: the list is empty,
 * and nothing says why. */
static void test_rights_that_go(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS_TIMES(
			1, "SHOW GRANTS", "G",
			"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE "
			"ON *.* TO u"),
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT SELECT, SHOW VIEW, EVENT, EXECUTE ON "
			  "*.* TO u"),
		FAKE_SAYS("SHOW TRIGGERS", "Trigger Event Table", NULL),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_DENIED, "access_denied", "TRIGGER on shop.*");
}

static void test_account_that_goes(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS_TIMES(1, "SHOW GRANTS", "G",
				"GRANT ALL PRIVILEGES ON *.* TO u"),
		FAKE_REFUSES("SHOW GRANTS", 1141,
			     "There is no such grant defined"),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_DENIED, "access_denied", "was dropped");
}

/* Others come, and what is written otherwise means the same. */
static void test_rights_that_stay(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS_TIMES(1, "SHOW GRANTS", "G",
				"GRANT ALL PRIVILEGES ON *.* TO u"),
		FAKE_SAYS("SHOW GRANTS", "G",
			  "GRANT USAGE ON *.* TO u\nGRANT INSERT, SELECT, "
			  "SHOW VIEW, TRIGGER, EVENT, EXECUTE ON `shop`.* "
			  "TO u\nGRANT SELECT, EVENT ON *.* TO u"),
		FAKE_END};
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, a);
	assert_int_equal(dump_rig_run(&r)->triggers, 1);
	assert_false(err_is(&r.err));
	dump_rig_fini(&r);
}

static void test_hidden_body(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SHOW CREATE FUNCTION", "f mode c cs coll db",
			  "f||NULL|utf8mb4|utf8mb4_general_ci|"
			  "utf8mb4_general_ci"),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_DENIED, "access_denied", "function shop.f");
}

static void test_table_changed(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS_TIMES(
			1, "SHOW CREATE TABLE `orders`", "n c",
			"orders|CREATE TABLE `orders` (`a` int, `z` int)"),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_CONFLICT, "source_changed", "shop.orders");
}

static void test_table_vanished(void **state)
{
	static const struct fake_answer lists[] = {
		FAKE_SAYS_TIMES(2, "SHOW FULL TABLES", "n t",
				"orders|BASE TABLE\nitems|BASE TABLE"),
		FAKE_SAYS("SHOW FULL TABLES", "n t", "items|BASE TABLE"),
		FAKE_END};
	static const struct fake_answer early[] = {
		FAKE_SAYS_TIMES(1, "SHOW FULL TABLES", "n t",
				"items|BASE TABLE"),
		FAKE_END};

	(void)state;
	check_failure(lists, ERR_CONFLICT, "source_changed", "dropped");
	/* Came between the definitions and the snapshot. */
	check_failure(early, ERR_CONFLICT, "source_changed", "created");
}

static void test_definition_error(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("SELECT `b` FROM", 1412,
			     "Table definition has changed"),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_CONFLICT, "source_changed", "table shop.items");
}

static void test_broken_table(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("SELECT `b` FROM", 145,
			     "Table is marked as crashed"),
		FAKE_END};

	(void)state;
	check_failure(a, ERR_REMOTE, "source_failed", "crashed (145)");
}

/* The connection ends at each statement of a dump in turn. */
static void test_cut_at_each_statement(void **state)
{
	static const char *const begins[] = {
		"SELECT @@version",  "SET SESSION time",    "SET SESSION TRANS",
		"SHOW GRANTS",	     "SELECT SCHEMA",	    "SHOW FULL TABLES",
		"SHOW CREATE SEQ",   "SELECT next_not",	    "SHOW CREATE TABLE",
		"START TRANSACTION", "SHOW STATUS",	    "SAVEPOINT",
		"SHOW COLUMNS",	     "SELECT `a`",	    "ROLLBACK TO",
		"SELECT ROUTINE",    "SHOW TRIGGERS",	    "SELECT EVENT",
		"SHOW CREATE VIEW",  "SHOW CREATE TRIGGER", "SHOW CREATE EVENT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		const struct fake_answer a[] = {
			{.begins = begins[i], .act = FAKE_CUT}, FAKE_END};

		check_failure(a, ERR_CONNECT, "connection_failed", "");
	}
}

static void test_cut_in_rows(void **state)
{
	static const struct fake_answer a[] = {{.begins = "SELECT `a`",
						.act = FAKE_CUT_ROWS,
						.names = "a f",
						.values = "1|2\n3|4"},
					       FAKE_END};

	(void)state;
	check_failure(a, ERR_CONNECT, "connection_failed", "shop.orders");
}

static const struct fake_answer no_binlog[] = {
	FAKE_SAYS("SELECT @@version",
		  "v log ro case packet mode cs coll zone szone",
		  "10.11.6-MariaDB|0|0|0|16777216||utf8mb4|"
		  "utf8mb4_general_ci|SYSTEM|UTC"),
	FAKE_END};

static void test_short_lock_without_binlog(void **state)
{
	const char *log, *lock, *start, *unlock;
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, no_binlog);
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	log = fake_log(r.fake);
	assert_non_null(strstr(log, "SET SESSION wait_timeout = 20"));
	lock = strstr(log, "FLUSH TABLES WITH READ LOCK");
	start = strstr(log, "START TRANSACTION");
	unlock = strstr(log, "UNLOCK TABLES");
	assert_true(lock != NULL && lock < start && start < unlock);
	assert_string_equal(f->binlog_file, "");
	dump_rig_fini(&r);
}

static void test_lock_not_obtained(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT @@version",
			  "v log ro case packet mode cs coll zone szone",
			  "10.11.6-MariaDB|0|0|0|16777216||utf8mb4|"
			  "utf8mb4_general_ci|SYSTEM|UTC"),
		FAKE_SAYS_TIMES(1, "SELECT ID, USER", "ID USER HOST TIME INFO",
				NULL),
		FAKE_SAYS("SELECT ID, USER", "ID USER HOST TIME INFO",
			  "9|batch|localhost|70|UPDATE orders SET"),
		FAKE_REFUSES("FLUSH TABLES", 1205, NULL), FAKE_END};

	(void)state;
	check_failure(a, ERR_CONFLICT, "lock_not_obtained",
		      "session 9 of batch@localhost, for 70 s");
}

static void test_lock_denied_is_no_failure(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT @@version",
			  "v log ro case packet mode cs coll zone szone",
			  "8.0.36|1|0|0|67108864||utf8mb4|"
			  "utf8mb4_0900_ai_ci|SYSTEM|UTC"),
		FAKE_REFUSES("SHOW REPLICA STATUS", 1227, NULL),
		FAKE_REFUSES("FLUSH TABLES", 1227, NULL),
		FAKE_SAYS("SHOW MASTER STATUS",
			  "File Position Do Ignore Executed_Gtid_Set",
			  "bin.3|77|||uuid:1-5"),
		FAKE_SAYS("SELECT TRIGGER_NAME", "n x t", NULL),
		FAKE_END};
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, a);
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(f->binlog_file, "bin.3");
	assert_int_equal(f->binlog_position, 77);
	assert_string_equal(f->gtid, "uuid:1-5");
	assert_int_equal(f->nwarnings, 2);
	assert_string_equal(f->warnings[0].code, "role_unknown");
	assert_string_equal(f->warnings[1].code, "position_inexact");
	assert_int_equal(f->triggers, 0);
	dump_rig_fini(&r);
}

static void test_scope(void **state)
{
	static const char *const tables[] = {"orders"};
	static const struct source_scope_database shop = {"shop", tables, 1};
	static const struct fake_answer a[] = {
		FAKE_SAYS("SHOW TRIGGERS FROM `shop`", "Trigger Event Table",
			  "t|INSERT|orders\nx|INSERT|items"),
		FAKE_END};
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, a);
	r.config.scope.databases = &shop;
	r.config.scope.ndatabases = 1;
	(void)dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(r.items.data, "schema database shop. 0;"
					  "schema table shop.orders 0;"
					  "data table shop.orders 3;"
					  "post trigger shop.t 0;");
	dump_rig_fini(&r);
}

static void check_scope_failure(const char *database, const char *table,
				const char *words)
{
	const char *const tables[] = {table};
	const struct source_scope_database db = {
		database, table != NULL ? tables : NULL, 1};
	struct dump_rig r;

	dump_rig_init(&r, NULL);
	r.config.scope.databases = &db;
	r.config.scope.ndatabases = 1;
	(void)dump_rig_run(&r);
	assert_int_equal(r.err.code, ERR_INVALID);
	assert_string_equal(r.err.api, "invalid_scope");
	assert_non_null(strstr(r.err.msg, words));
	dump_rig_fini(&r);
}

static void test_bad_scope(void **state)
{
	(void)state;
	check_scope_failure("nope", NULL, "nope");
	check_scope_failure("shop", "gone", "gone");
	check_scope_failure("mysql", NULL, "server's own");
}

static void test_too_many_tables(void **state)
{
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, NULL);
	r.config.max_tables = 2;
	(void)dump_rig_run(&r);
	assert_string_equal(r.err.api, "too_many_tables");
	assert_non_null(strstr(r.err.msg, "3 tables"));
	dump_rig_fini(&r);
}

static void test_row_too_long(void **state)
{
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, NULL);
	r.config.max_row_bytes = 3;
	(void)dump_rig_run(&r);
	assert_string_equal(r.err.api, "row_too_long");
	assert_non_null(strstr(r.err.msg, "shop.items"));
	dump_rig_fini(&r);
}

static void test_invalid_view(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "SHOW CREATE VIEW",
		 .act = FAKE_ROWS,
		 .names = "v c cs coll",
		 .values = "v|CREATE VIEW|utf8mb4|utf8mb4_bin",
		 .warnings = 1},
		FAKE_SAYS("SHOW WARNINGS", "Level Code Message",
			  "Note|1449|x\nWarning|1356|View"),
		FAKE_END};
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, a);
	/* Warnings stand in the last packet, which the client reads in a
	 * stored result. */
	f = dump_rig_run(&r);
	assert_false(err_is(&r.err));
	assert_null(strstr(r.items.data, "post view"));
	assert_int_equal(f->views, 0);
	assert_int_equal(f->nwarnings, 1);
	assert_string_equal(f->warnings[0].code, "invalid_view");
	assert_non_null(strstr(f->warnings[0].detail, "shop.v"));
	dump_rig_fini(&r);
}

static void test_views_in_order(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SHOW FULL TABLES", "n t", "a|VIEW\nb|VIEW\nc|VIEW"),
		FAKE_SAYS("SHOW CREATE VIEW `shop`.`a`", "v c cs coll",
			  "a|select `shop`.`c`.`x` from `shop`.`c`|u|u"),
		FAKE_SAYS("SHOW CREATE VIEW `shop`.`c`", "v c cs coll",
			  "c|select 1 from `shop`.`b`|u|u"),
		FAKE_END};
	struct dump_rig r;
	const char *b, *c, *v;

	(void)state;
	dump_rig_init(&r, a);
	(void)dump_rig_run(&r);
	assert_false(err_is(&r.err));
	b = strstr(r.items.data, "post view shop.b");
	c = strstr(r.items.data, "post view shop.c");
	v = strstr(r.items.data, "post view shop.a");
	assert_true(b != NULL && b < c && c < v);
	dump_rig_fini(&r);
}

/* A dump that is given up in any phase leaves nothing behind. */
static void test_destroy_in_each_phase(void **state)
{
	(void)state;
	for (int phases = 0; phases < 8; phases++) {
		struct source *sources[DUMP_SOURCES_MAX];
		struct err e = {0};
		struct dump_rig r;
		size_t n;

		dump_rig_init(&r, NULL);
		dump_rig_open(&r);
		for (int i = 0; i < phases; i++)
			assert_true(dump_rig_phase(&r));
		assert_true(r.dump->ops->next_phase(r.dump, sources, &n, &e));
		for (size_t i = 0; i < n; i++)
			sources[i]->ops->destroy(sources[i]);
		dump_rig_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_on_and_definer),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_replica),
		cmocka_unit_test(test_rule2_through_a_replica),
		cmocka_unit_test(test_ddl_in_progress),
		cmocka_unit_test(test_missing_rights),
		cmocka_unit_test(test_rights_that_go),
		cmocka_unit_test(test_account_that_goes),
		cmocka_unit_test(test_rights_that_stay),
		cmocka_unit_test(test_hidden_body),
		cmocka_unit_test(test_table_changed),
		cmocka_unit_test(test_table_vanished),
		cmocka_unit_test(test_definition_error),
		cmocka_unit_test(test_broken_table),
		cmocka_unit_test(test_cut_at_each_statement),
		cmocka_unit_test(test_cut_in_rows),
		cmocka_unit_test(test_short_lock_without_binlog),
		cmocka_unit_test(test_lock_not_obtained),
		cmocka_unit_test(test_lock_denied_is_no_failure),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_bad_scope),
		cmocka_unit_test(test_too_many_tables),
		cmocka_unit_test(test_row_too_long),
		cmocka_unit_test(test_invalid_view),
		cmocka_unit_test(test_views_in_order),
		cmocka_unit_test(test_destroy_in_each_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
