/* test_mysql_load_sink.c - what sinks send to a target, and how they go on
 * after it refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_mysql_load_rig.h"

static const char dump[] =
	"SET NAMES utf8mb4;\nCREATE DATABASE IF NOT EXISTS `shop`;\n"
	"USE `shop`;\nCREATE TABLE `t` (`a` int);\n"
	"INSERT INTO `t` (`a`) VALUES\n(1),\n(2);\n"
	"DELIMITER ;;\nCREATE TRIGGER `x` begin a; b; end\n;;\nDELIMITER ;\n"
	"SET @coffer_section = 'events';\nUSE `shop`;\n"
	"DELIMITER ;;\nCREATE EVENT `e` do a\n;;\nDELIMITER ;\n"
	"SET @coffer_section = NULL;\nSET footer;\n";

static void test_restore(void **state)
{
	static const char *const wanted[] = {
		"autocommit = 0",
		"SET NAMES utf8mb4\n",
		"CREATE DATABASE IF NOT EXISTS `shop`\n",
		"USE `shop`\n",
		"CREATE TABLE `t`",
		"INSERT INTO `t` (`a`) VALUES\n(1),\n(2)\n",
		"CREATE TRIGGER `x` begin a; b; end\n",
		"SET footer\n",
		"COMMIT\n",
		NULL,
	};

	(void)state;
	for (size_t piece = 1; piece < 60; piece += 7) {
		struct rig r;

		rig_init(&r, NULL);
		r.piece = piece;
		rig_restore(&r, dump);
		assert_false(err_is(&r.err));
		rig_wants(&r, wanted);
		/* Not before the rows are verified. */
		assert_int_equal(fake_count(r.fake, "CREATE EVENT"), 0);
		assert_int_equal(fake_count(r.fake, "DROP"), 0);
		assert_int_equal(r.load->ops->facts(r.load)->statements, 11);
		rig_fini(&r);
	}
}

static void test_restore_renamed(void **state)
{
	static const struct load_rename rename = {"shop", "old"};
	static const char *const wanted[] = {
		"CREATE DATABASE IF NOT EXISTS `old`\n", "USE `old`\n", NULL};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.renames = &rename;
	r.config.nrenames = 1;
	rig_restore(&r, dump);
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	assert_null(strstr(fake_log(r.fake), "`shop`"));
	rig_fini(&r);
}

static void test_overwrite_drops_first(void **state)
{
	static const char *const confirm[] = {"shop"};
	static const char *const wanted[] = {"DROP DATABASE IF EXISTS `shop`\n",
					     "CREATE DATABASE", NULL};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.databases[1] = "other";
	r.config.ndatabases = 2;
	r.config.is_overwrite = true;
	r.config.confirm = confirm;
	r.config.nconfirm = 1;
	rig_restore(&r, dump);
	rig_wants(&r, wanted);
	assert_int_equal(fake_count(r.fake, "DROP"), 1);
	rig_fini(&r);
}

static void test_statement_fails(void **state)
{
	static const struct fake_answer a[] = {{.begins = "INSERT",
						.act = FAKE_ERROR,
						.number = 1062,
						.text = "Duplicate entry"},
					       {.begins = NULL}};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	rig_restore(&r, dump);
	assert_int_equal(r.err.code, ERR_REMOTE);
	assert_string_equal(r.err.api, "target_failed");
	assert_non_null(strstr(r.err.msg, "statement 5, INSERT INTO `t`"));
	assert_non_null(strstr(r.err.msg, "1062"));
	/* No value of a row is told. */
	assert_null(strstr(r.err.msg, "VALUES"));
	rig_fini(&r);
}

static void test_denied_is_the_targets(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "CREATE TABLE", .act = FAKE_ERROR, .number = 1142},
		{.begins = NULL}};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	rig_restore(&r, dump);
	assert_string_equal(r.err.api, "target_failed");
	assert_non_null(strstr(r.err.msg, "CREATE TABLE `t`"));
	rig_fini(&r);
}

static void test_connection_breaks(void **state)
{
	static const char *const begins[] = {
		"SELECT @@version", "SET @coffer", "SET NAMES", "USE",
		"INSERT",	    "CREATE TRIG", "COMMIT"};

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		const struct fake_answer a[] = {
			{.begins = begins[i], .act = FAKE_CUT},
			{.begins = NULL}};
		struct rig r;

		rig_init(&r, a);
		rig_restore(&r, dump);
		assert_int_equal(r.err.code, ERR_CONNECT);
		assert_string_equal(r.err.api, "connection_failed");
		rig_fini(&r);
	}
}

static void test_dump_is_cut(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	rig_restore(&r, "SET a;\nINSERT INTO `t` VALUES\n(1),");
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_string_equal(r.err.api, "damaged_backup");
	assert_int_equal(fake_count(r.fake, "INSERT"), 0);
	rig_fini(&r);
}

/* MySQL with GTIDs takes such a table alone only. */
static void test_no_shared_transaction(void **state)
{
	static const struct fake_answer a[] = {{.begins = "INSERT",
						.act = FAKE_ERROR,
						.number = 1785,
						.times = 1},
					       {.begins = NULL}};
	static const char *const wanted[] = {"INSERT", "autocommit = 1",
					     "INSERT", "COMMIT", NULL};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.section = ITEM_DATA;
	rig_restore(&r, dump);
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	rig_fini(&r);
}

static void test_transactions_are_bounded(void **state)
{
	size_t len = 9 << 20;
	char *text = malloc(2 * len + 100);
	struct rig r;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 36; i++) {
		memset(text + at, 'x', len / 18);
		memcpy(text + at, "INSERT ", 7);
		at += len / 18;
		memcpy(text + at, ";\n", 3);
		at += 2;
	}
	rig_init(&r, NULL);
	r.section = ITEM_DATA;
	r.piece = 2 * (len / 18 + 2);
	rig_restore(&r, text);
	assert_false(err_is(&r.err));
	assert_int_equal(fake_count(r.fake, "INSERT"), 36);
	assert_int_equal(fake_count(r.fake, "COMMIT"), 3);
	rig_fini(&r);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_restore_renamed),
		cmocka_unit_test(test_overwrite_drops_first),
		cmocka_unit_test(test_statement_fails),
		cmocka_unit_test(test_denied_is_the_targets),
		cmocka_unit_test(test_connection_breaks),
		cmocka_unit_test(test_dump_is_cut),
		cmocka_unit_test(test_no_shared_transaction),
		cmocka_unit_test(test_transactions_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
