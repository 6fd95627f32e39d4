/* test_mysql_load_sink.c - what sinks send to a target, and how they go on
 * after it refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/mysql/settings.h"
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
	static const struct fake_answer a[] = {
		FAKE_REFUSES("INSERT", 1062, "Duplicate entry"), FAKE_END};
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

/* Of accounts alone: what is granted may be gone, all else must be there. */
static void test_grant_is_left_out(void **state)
{
	static const char accounts[] =
		"SET NAMES utf8mb4;\nCREATE USER IF NOT EXISTS `u`@`%`;\n"
		"GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `u`@`%` IDENTIFIED "
		"BY PASSWORD '*AB';\nGRANT SELECT ON `shop`.* TO `u`@`%`;\n";
	static const struct fake_answer a[] = {
		FAKE_REFUSES("GRANT EXECUTE", 1305,
			     "PROCEDURE shop.p does not exist"),
		FAKE_END};
	static const char *const wanted[] = {"GRANT SELECT", "COMMIT", NULL};
	const struct load_facts *f;
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.section = ITEM_ACCOUNT;
	rig_restore(&r, accounts);
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	f = r.load->ops->facts(r.load);
	assert_int_equal(f->left_out, 1);
	assert_int_equal(f->nnotes, 1);
	assert_non_null(
		strstr(f->notes[0].text, "PROCEDURE `shop`.`p` for `u`@`%`"));
	assert_null(strstr(f->notes[0].text, "AB"));
	rig_fini(&r);
	rig_init(&r, a);
	r.section = ITEM_POST;
	rig_restore(&r, accounts);
	assert_string_equal(r.err.api, "target_failed");
	rig_fini(&r);
}

static void test_denied_is_the_targets(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("CREATE TABLE", 1142, NULL), FAKE_END};
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
			{.begins = begins[i], .act = FAKE_CUT}, FAKE_END};
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
					       FAKE_END};
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
	size_t len = LOAD_KEEPS_BYTES / 8 * 9;
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

/* One of two transactions meets another; all of it is run again, in the
 * database that it began in. */
static void check_redo(unsigned number, const char *fails)
{
	const struct fake_answer a[] = {{.begins = fails,
					 .act = FAKE_ERROR,
					 .number = number,
					 .times = 2},
					FAKE_END};
	static const char *const wanted[] = {"INSERT INTO `t1`",
					     "INSERT INTO `t2`",
					     "ROLLBACK",
					     "INSERT INTO `t1`",
					     "INSERT INTO `t2`",
					     "ROLLBACK",
					     "INSERT INTO `t1`",
					     "INSERT INTO `t2`",
					     "INSERT INTO `t3`",
					     "COMMIT",
					     NULL};
	struct rig r;

	rig_init(&r, a);
	r.section = ITEM_DATA;
	rig_restore(&r, "SET NAMES binary;\nUSE `shop`;\n"
			"INSERT INTO `t1` (`a`) VALUES\n(1);\n"
			"INSERT INTO `t2` (`a`) VALUES\n(1);\n"
			"INSERT INTO `t3` (`a`) VALUES\n(1);\n");
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	assert_int_equal(fake_count(r.fake, "ROLLBACK"), 2);
	assert_int_equal(r.load->ops->facts(r.load)->redone, 2);
	rig_fini(&r);
}

static void test_others_in_the_way(void **state)
{
	(void)state;
	check_redo(1213, "INSERT INTO `t2`");
	check_redo(1205, "INSERT INTO `t2`");
	check_redo(1213, "COMMIT");
}

/* The second transaction begins in the middle of a frame, in the database
 * that the first one chose. */
static void test_redo_from_the_middle(void **state)
{
	static const struct fake_answer a[] = {{.begins = "INSERT INTO `t3`",
						.act = FAKE_ERROR,
						.number = 1213,
						.times = 1},
					       FAKE_END};
	static const char *const wanted[] = {"CREATE TABLE `plain`",
					     "USE `shop`",
					     "INSERT INTO `t1`",
					     "COMMIT",
					     "INSERT INTO `plain`",
					     "COMMIT",
					     "INSERT INTO `t2`",
					     "USE `other`",
					     "INSERT INTO `t3`",
					     "ROLLBACK",
					     "USE `shop`",
					     "INSERT INTO `t2`",
					     "USE `other`",
					     "INSERT INTO `t3`",
					     "COMMIT",
					     NULL};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	rig_restore(&r, "USE `shop`;\nCREATE TABLE `plain` (\n  `a` int\n) "
			"ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;\n");
	r.section = ITEM_DATA;
	rig_restore(&r, "USE `shop`;\nINSERT INTO `t1` (`a`) VALUES\n(1);\n"
			"INSERT INTO `plain` (`a`) VALUES\n(1);\n"
			"INSERT INTO `t2` (`a`) VALUES\n(1);\nUSE `other`;\n"
			"INSERT INTO `t3` (`a`) VALUES\n(1);\n");
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	/* Its rows would be there twice. */
	assert_int_equal(fake_count(r.fake, "INSERT INTO `plain`"), 1);
	assert_int_equal(fake_count(r.fake, "INSERT INTO `t1`"), 1);
	rig_fini(&r);
}

/* A statement longer than its frame: those are gone, so it is alone. */
static void test_long_statement_is_redone(void **state)
{
	static const struct fake_answer a[] = {{.begins = "INSERT INTO `t2`",
						.act = FAKE_ERROR,
						.number = 1213,
						.times = 1},
					       FAKE_END};
	static const char *const wanted[] = {
		"INSERT INTO `t1`", "COMMIT",		"INSERT INTO `t2`",
		"ROLLBACK",	    "INSERT INTO `t2`", "COMMIT",
		"INSERT INTO `t3`", "COMMIT",		NULL};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.section = ITEM_DATA;
	r.piece = 60;
	rig_restore(&r,
		    "INSERT INTO `t1` (`a`) VALUES\n(1);\n"
		    "INSERT INTO `t2` (`a`) VALUES\n"
		    "(11111111111111111111111111111111111111111111111111),\n"
		    "(22222222222222222222222222222222222222222222222222);\n"
		    "INSERT INTO `t3` (`a`) VALUES\n(1);\n");
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	assert_int_equal(fake_count(r.fake, "INSERT INTO `t1`"), 1);
	assert_int_equal(fake_count(r.fake, "INSERT INTO `t2`"), 2);
	assert_int_equal(fake_count(r.fake, "INSERT INTO `t3`"), 1);
	rig_fini(&r);
}

/* A transaction that begins where another database's item does. */
static void test_redo_in_the_items_database(void **state)
{
	static const char row[] = "INSERT INTO `t` (`a`) VALUES\n(1);\n";
	static const struct fake_answer a[] = {{.begins = "INSERT INTO `u`",
						.act = FAKE_ERROR,
						.number = 1213,
						.times = 1},
					       FAKE_END};
	static const char *const wanted[] = {
		"COMMIT\n",   "USE `other`\n", "INSERT INTO `u`",
		"ROLLBACK\n", "USE `other`\n", "INSERT INTO `u`",
		NULL};
	struct item *first = item_new(1, ITEM_DATA, "table", "shop", "t");
	struct text text = {0};
	struct rig r;

	(void)state;
	for (int i = 0; i < 256; i++)
		text_str(&text, row);
	rig_init(&r, a);
	r.section = ITEM_DATA;
	r.piece = text.len;
	text_str(&text, "INSERT INTO `u` (`a`) VALUES\n(1);\n");
	r.item = first;
	r.next_item = item_new(2, ITEM_DATA, "table", "other", "u");
	rig_restore(&r, text.data);
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	item_unref(first);
	item_unref(r.next_item);
	text_free(&text);
	rig_fini(&r);
}

static void test_redo_gives_up(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("INSERT", 1213, NULL), FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.section = ITEM_DATA;
	rig_restore(&r, dump);
	assert_string_equal(r.err.api, "target_failed");
	assert_non_null(strstr(r.err.msg, "1213"));
	assert_int_equal(fake_count(r.fake, "INSERT"), 9);
	rig_fini(&r);
}

static void test_cut_frames_are_set_up(void **state)
{
	static const struct load_rename rename = {"shop", "old"};
	static const char *const schema[] = {
		"SET NAMES utf8mb4\n", "USE `old`\n", "CREATE TABLE `t`", NULL};
	static const char *const data[] = {"SET NAMES binary\n", "USE `old`\n",
					   "INSERT INTO `t`", "COMMIT", NULL};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.renames = &rename;
	r.config.nrenames = 1;
	r.item = item_new(1, ITEM_SCHEMA, "table", "shop", "t");
	rig_restore(&r, "CREATE TABLE `t` (`a` int);\n");
	item_unref(r.item);
	assert_false(err_is(&r.err));
	rig_wants(&r, schema);
	/* It goes on in the next frame, without a word between. */
	r.item = item_new(1, ITEM_DATA, "table", "shop", "t");
	r.section = ITEM_DATA;
	r.piece = 20;
	rig_restore(&r, "INSERT INTO `t` (`a`) VALUES\n(1),\n(2);\n");
	item_unref(r.item);
	assert_false(err_is(&r.err));
	rig_wants(&r, data);
	assert_int_equal(fake_count(r.fake, "SET NAMES binary"), 1);
	rig_fini(&r);
}

static void test_cut_events_wait(void **state)
{
	static const char *const wanted[] = {"CREATE VIEW", NULL};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.section = ITEM_POST;
	r.item = item_new(1, ITEM_POST, "event", "shop", "e");
	rig_restore(&r, "CREATE EVENT `e` do a;\n");
	item_unref(r.item);
	r.item = item_new(2, ITEM_POST, "view", "shop", "v");
	rig_restore(&r, "CREATE VIEW `v` AS a;\n");
	item_unref(r.item);
	assert_false(err_is(&r.err));
	assert_int_equal(fake_count(r.fake, "CREATE EVENT"), 0);
	rig_wants(&r, wanted);
	assert_int_equal(r.load->ops->facts(r.load)->programs_made, 1);
	rig_fini(&r);
}

/* They are for the stock client: the last sets what only the connection that
 * ran the first would know. */
static void test_header_and_footer_are_skipped(void **state)
{
	char text[8192];
	struct rig r;

	(void)state;
	(void)snprintf(text, sizeof(text), "%sCREATE TABLE `t` (a int);\n%s",
		       my_settings_header(), my_settings_footer());
	rig_init(&r, NULL);
	rig_restore(&r, text);
	assert_false(err_is(&r.err));
	assert_int_equal(fake_count(r.fake, "CREATE TABLE"), 1);
	assert_int_equal(fake_count(r.fake, "SET character_set_client"), 0);
	assert_int_equal(fake_count(r.fake, "SET foreign_key_checks"), 0);
	rig_fini(&r);
}

static void test_small_packet(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT @@version",
			  "v log ro case packet mode cs coll zone szone",
			  "10.11.6-MariaDB|0|0|0|4096||u|u|S|U"),
		{.begins = "INSERT INTO `t` (`a`) VALUES\n(99,",
		 .act = FAKE_ERROR,
		 .number = 1213,
		 .times = 1},
		FAKE_END};
	struct text t = {0};
	struct rig r;

	(void)state;
	text_str(&t, "INSERT INTO `t` (`a`) VALUES\n");
	for (int i = 0; i < 100; i++)
		text_printf(&t, "%s(%d,'%0100d')", i > 0 ? ",\n" : "", i, i);
	text_str(&t, ";\n");
	rig_init(&r, a);
	r.section = ITEM_DATA;
	rig_restore(&r, t.data);
	assert_false(err_is(&r.err));
	/* About 100 rows of 110 bytes in packets of 3 KiB, twice in part. */
	assert_in_range(fake_count(r.fake, "INSERT INTO `t` (`a`) VALUES"), 4,
			10);
	assert_non_null(strstr(fake_log(r.fake), "(99,'"));
	text_free(&t);
	rig_fini(&r);
}

static void test_definers_are_replaced(void **state)
{
	static const char text[] =
		"DELIMITER ;;\nCREATE DEFINER=`app`@`%` TRIGGER `x` a; b\n;;\n"
		"DELIMITER ;\nCREATE ALGORITHM=UNDEFINED DEFINER=`app`@`%` SQL "
		"SECURITY DEFINER VIEW `v` AS select `shop`.`t`.`a`;\n";
	static const struct load_rename rename = {"shop", "old"};
	static const char *const wanted[] = {
		"CREATE DEFINER=CURRENT_USER TRIGGER `x` a; b\n",
		"CREATE ALGORITHM=UNDEFINED DEFINER=CURRENT_USER SQL SECURITY "
		"DEFINER VIEW `v` AS select `old`.`t`.`a`\n",
		NULL};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.section = ITEM_POST;
	r.config.definer = LOAD_DEFINER_REPLACE;
	r.config.renames = &rename;
	r.config.nrenames = 1;
	rig_restore(&r, text);
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	rig_fini(&r);
	rig_init(&r, NULL);
	r.section = ITEM_POST;
	rig_restore(&r, text);
	assert_int_equal(fake_count(r.fake, "CREATE DEFINER=`app`@`%`"), 1);
	rig_fini(&r);
}

/* Only what is named, and only as it was confirmed. */
static void test_single_tables_are_replaced(void **state)
{
	static const char *const tables[] = {"orders", "items"};
	static const struct source_scope_database part = {"shop", tables, 2};
	static const char *const confirm[] = {"shop.items", "shop"};
	static const char *const wanted[] = {
		"CREATE DATABASE IF NOT EXISTS `shop`\n",
		"DROP TABLE IF EXISTS `shop`.`items`\n",
		"DROP VIEW IF EXISTS `shop`.`items`\n", "CREATE TABLE `items`",
		NULL};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.partial = &part;
	r.config.npartial = 1;
	r.config.is_overwrite = true;
	r.config.confirm = confirm;
	r.config.nconfirm = 2;
	r.item = item_new(1, ITEM_SCHEMA, "table", "shop", "items");
	rig_restore(&r, "CREATE TABLE `items` (`a` int);\n");
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	assert_int_equal(fake_count(r.fake, "DROP DATABASE"), 0);
	assert_int_equal(fake_count(r.fake, "DROP"), 2);
	/* Once: not by each sink. */
	r.section = ITEM_DATA;
	rig_restore(&r, "INSERT INTO `items` (`a`) VALUES\n(1);\n");
	item_unref(r.item);
	assert_int_equal(fake_count(r.fake, "DROP"), 2);
	rig_fini(&r);
}

static void test_what_stands_is_told(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("CREATE TABLE `b`", 1030, NULL), FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	rig_restore(&r, "CREATE TABLE `a` (a int);\n"
			"CREATE TABLE `b` (a int);\n");
	assert_non_null(strstr(r.err.msg, "schema section"));
	assert_non_null(strstr(r.err.msg, "1 new tables"));
	assert_non_null(strstr(r.err.msg, "overwrite"));
	rig_fini(&r);
}

/* Also when what fails is none of the dump's statements. */
static void test_what_stands_is_told_by_any(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("COMMIT", 1030, NULL), FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.section = ITEM_DATA;
	rig_restore(&r, "INSERT INTO `a` (`a`) VALUES\n(1);\n");
	assert_non_null(strstr(r.err.msg, "commit"));
	assert_non_null(strstr(r.err.msg, "0 new tables and 0 rows"));
	rig_fini(&r);
}

/* The server says that a database made or changed is a row. */
static void test_rows_are_of_tables(void **state)
{
	static const struct fake_answer a[] = {
		{.begins = "ALTER DATABASE", .act = FAKE_OK, .affected = 1},
		{.begins = "INSERT", .act = FAKE_OK, .affected = 2},
		FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	rig_restore(&r, "ALTER DATABASE `shop` CHARACTER SET utf8mb4;\n");
	assert_int_equal(r.load->ops->facts(r.load)->rows_committed, 0);
	r.section = ITEM_DATA;
	rig_restore(&r, "INSERT INTO `t` (`a`) VALUES\n(1),\n(2);\n");
	assert_int_equal(r.load->ops->facts(r.load)->rows_committed, 2);
	rig_fini(&r);
}

/* A password's hash is in the statement, and in the server's words. */
static void test_hashes_are_not_told(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("CREATE USER", 1064, "near '*SECRETHASH'"),
		FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.section = ITEM_ACCOUNT;
	rig_restore(&r,
		    "CREATE USER IF NOT EXISTS `a`@`%` IDENTIFIED WITH x AS "
		    "0xSECRET '*SECRETHASH';\n");
	assert_string_equal(r.err.api, "target_failed");
	assert_null(strstr(r.err.msg, "SECRET"));
	assert_non_null(strstr(r.err.msg, "CREATE USER"));
	rig_fini(&r);
}

static void test_width(void **state)
{
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	assert_true(rig_load(&r, &e));
	assert_int_equal(r.load->ops->width(r.load, ITEM_DATA), 2);
	assert_int_equal(r.load->ops->width(r.load, ITEM_SCHEMA), 1);
	assert_int_equal(r.load->ops->width(r.load, ITEM_POST), 1);
	assert_int_equal(r.load->ops->width(r.load, ITEM_ACCOUNT), 1);
	rig_fini(&r);
	rig_init(&r, NULL);
	r.config.parallelism = 3;
	assert_true(rig_load(&r, &e));
	assert_int_equal(r.load->ops->width(r.load, ITEM_DATA), 3);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_restore_renamed),
		cmocka_unit_test(test_overwrite_drops_first),
		cmocka_unit_test(test_statement_fails),
		cmocka_unit_test(test_grant_is_left_out),
		cmocka_unit_test(test_denied_is_the_targets),
		cmocka_unit_test(test_connection_breaks),
		cmocka_unit_test(test_dump_is_cut),
		cmocka_unit_test(test_no_shared_transaction),
		cmocka_unit_test(test_transactions_are_bounded),
		cmocka_unit_test(test_others_in_the_way),
		cmocka_unit_test(test_redo_from_the_middle),
		cmocka_unit_test(test_long_statement_is_redone),
		cmocka_unit_test(test_redo_in_the_items_database),
		cmocka_unit_test(test_redo_gives_up),
		cmocka_unit_test(test_cut_frames_are_set_up),
		cmocka_unit_test(test_cut_events_wait),
		cmocka_unit_test(test_header_and_footer_are_skipped),
		cmocka_unit_test(test_small_packet),
		cmocka_unit_test(test_definers_are_replaced),
		cmocka_unit_test(test_single_tables_are_replaced),
		cmocka_unit_test(test_what_stands_is_told),
		cmocka_unit_test(test_what_stands_is_told_by_any),
		cmocka_unit_test(test_rows_are_of_tables),
		cmocka_unit_test(test_hashes_are_not_told),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
