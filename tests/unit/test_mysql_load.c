/* test_mysql_load.c - check and verification against a fake target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_mysql_load_rig.h"

/* The first blocker as an error. */
static void on_checked(void *arg, const struct load_report *report,
		       const struct err *e)
{
	struct err found = {0};

	if (report != NULL && report->nfindings > 0)
		(void)err_set(&found, ERR_CONFLICT, report->findings[0].code,
			      "%s", report->findings[0].detail);
	rig_done(arg, e != NULL ? e : &found);
}

static void check(struct rig *r)
{
	struct err e = {0};

	assert_true(rig_load(r, &e));
	assert_non_null(r->load->ops->check(r->load, on_checked, r, &e));
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static void check_api(struct rig *r, const char *api, const char *words)
{
	check(r);
	assert_string_equal(r->err.api, api);
	if (words != NULL && strstr(r->err.msg, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, r->err.msg);
	rig_fini(r);
}

static void test_target_not_empty(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	check_api(&r, "target_not_empty", "shop");
}

static void test_target_is_free(void **state)
{
	static const struct load_rename rename = {"shop", "shop_old"};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.renames = &rename;
	r.config.nrenames = 1;
	check_api(&r, "", NULL);
	/* A name that differs in case is another, here. */
	rig_init(&r, NULL);
	r.databases[0] = "Shop";
	check_api(&r, "", NULL);
}

static void test_empty_database_is_free(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SHOW TABLES", "n", NULL),
		FAKE_SAYS("SELECT 1 FROM information_schema.ROUTINES", "n",
			  NULL),
		FAKE_END};
	static const struct fake_answer b[] = {
		FAKE_SAYS("SHOW TABLES", "n", NULL),
		FAKE_SAYS("SELECT 1 FROM information_schema.ROUTINES", "n",
			  "1"),
		FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	check_api(&r, "", NULL);
	rig_init(&r, b);
	check_api(&r, "target_not_empty", "shop");
}

static void test_overwrite_wants_the_name(void **state)
{
	static const char *const confirm[] = {"other", "shop"};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.is_overwrite = true;
	check_api(&r, "confirm_required", "shop");
	rig_init(&r, NULL);
	r.config.is_overwrite = true;
	r.config.confirm = confirm;
	r.config.nconfirm = 1;
	check_api(&r, "confirm_required", "shop");
	rig_init(&r, NULL);
	r.config.is_overwrite = true;
	r.config.confirm = confirm;
	r.config.nconfirm = 2;
	check_api(&r, "", NULL);
	/* Without overwrite no name helps. */
	rig_init(&r, NULL);
	r.config.confirm = confirm;
	r.config.nconfirm = 2;
	check_api(&r, "target_not_empty", "shop");
}

static void test_incompatible(void **state)
{
	static const struct fake_answer replica[] = {
		FAKE_SAYS("SHOW ALL SLAVES", "Host", "db1"), FAKE_END};
	static const struct fake_answer read_only[] = {
		FAKE_SAYS("SELECT @@version",
			  "v log ro case packet mode cs coll zone szone",
			  "10.11.6-MariaDB|0|1|0|16777216||u|u|S|U"),
		FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.source_version = "8.0.36";
	check_api(&r, "target_incompatible", "MySQL");
	rig_init(&r, NULL);
	r.config.source_version = "11.4.2-MariaDB";
	check_api(&r, "target_incompatible", "older");
	rig_init(&r, NULL);
	r.config.max_statement_bytes = 17 << 20;
	check_api(&r, "target_incompatible", "max_allowed_packet");
	rig_init(&r, replica);
	check_api(&r, "target_incompatible", "primary");
	rig_init(&r, read_only);
	check_api(&r, "target_incompatible", "read-only");
}

static void test_check_fails(void **state)
{
	static const struct fake_answer cut[] = {
		{.begins = "SHOW TABLES", .act = FAKE_CUT}, FAKE_END};
	static const struct fake_answer bad[] = {
		FAKE_REFUSES("SHOW TABLES", 1030, NULL), FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, cut);
	check_api(&r, "connection_failed", NULL);
	rig_init(&r, bad);
	check_api(&r, "target_failed", "1030");
}

static void check_new_fails(struct rig *r, const char *words)
{
	struct err e = {0};

	assert_false(rig_load(r, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_string_equal(e.api, "invalid_scope");
	assert_non_null(strstr(e.msg, words));
	rig_fini(r);
}

static void test_bad_names(void **state)
{
	static const struct load_rename to_mysql = {"shop", "mysql"};
	static const struct load_rename unknown = {"nope", "x"};
	static const struct load_rename both = {"shop", "other"};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.renames = &to_mysql;
	r.config.nrenames = 1;
	check_new_fails(&r, "mysql");
	rig_init(&r, NULL);
	r.config.renames = &unknown;
	r.config.nrenames = 1;
	check_new_fails(&r, "nope");
	rig_init(&r, NULL);
	r.databases[1] = "other";
	r.config.ndatabases = 2;
	r.config.renames = &both;
	r.config.nrenames = 1;
	check_new_fails(&r, "twice");
}

static const char dump[] =
	"SET NAMES utf8mb4;\nCREATE DATABASE IF NOT EXISTS `shop`;\n"
	"USE `shop`;\nCREATE TABLE `t` (`a` int);\n"
	"INSERT INTO `t` (`a`) VALUES\n(1),\n(2);\n"
	"DELIMITER ;;\nCREATE TRIGGER `x` begin a; b; end\n;;\nDELIMITER ;\n"
	"SET @coffer_section = 'events';\nUSE `shop`;\n"
	"DELIMITER ;;\nCREATE EVENT `e` do a\n;;\nDELIMITER ;\n"
	"SET @coffer_section = NULL;\nSET footer;\n";

static bool next_item(void *arg, struct load_item *item)
{
	struct rig *r = arg;

	if (r->nitems == 0)
		return false;
	*item = *r->items++;
	r->nitems--;
	return true;
}

static void verify(struct rig *r, const struct load_item *items, size_t n)
{
	struct err e = {0};

	r->items = items;
	r->nitems = n;
	r->calls = 0;
	if (r->load == NULL)
		assert_true(rig_load(r, &e));
	assert_non_null(
		r->load->ops->verify(r->load, next_item, r, rig_done, r, &e));
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static struct load_item orders(void)
{
	static const char *const rows[3][2] = {
		{"1", "0.5"}, {"2", NULL}, {"3", "1e10"}};
	struct load_item item = {
		.database = "shop", .name = "orders", .rows = 3};

	for (int i = 0; i < 3; i++) {
		const unsigned long lengths[] = {
			1, rows[i][1] != NULL ? strlen(rows[i][1]) : 0};

		digest_add_row(&item.digest, rows[i], lengths, 2);
	}
	return item;
}

static void test_verify(void **state)
{
	struct load_item item = orders();
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	verify(&r, &item, 1);
	assert_false(err_is(&r.err));
	assert_int_equal(r.load->ops->facts(r.load)->rows_verified, 3);
	assert_int_equal(r.load->ops->facts(r.load)->tables_verified, 1);
	rig_fini(&r);
}

static void test_verify_finds_a_difference(void **state)
{
	struct load_item item = orders();
	struct rig r;

	(void)state;
	item.rows = 4;
	rig_init(&r, NULL);
	verify(&r, &item, 1);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_string_equal(r.err.api, "verification_failed");
	assert_non_null(strstr(r.err.msg, "shop.orders"));
	assert_non_null(strstr(r.err.msg, "4 rows"));
	rig_fini(&r);
	item.rows = 3;
	item.digest.low ^= 1;
	rig_init(&r, NULL);
	verify(&r, &item, 1);
	assert_string_equal(r.err.api, "verification_failed");
	assert_non_null(strstr(r.err.msg, "digest"));
	rig_fini(&r);
}

static void test_verify_misses_a_table(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("SELECT `a`", 1146, NULL), FAKE_END};
	struct load_item item = orders();
	struct rig r;

	(void)state;
	rig_init(&r, a);
	verify(&r, &item, 1);
	assert_string_equal(r.err.api, "target_failed");
	assert_non_null(strstr(r.err.msg, "shop.orders"));
	rig_fini(&r);
}

static void test_events_after_verification(void **state)
{
	static const char *const wanted[] = {"SELECT `a`,`f`-0e0", "USE `shop`",
					     "CREATE EVENT `e` do a", NULL};
	struct load_item item = orders();
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	rig_restore(&r, dump);
	assert_int_equal(fake_count(r.fake, "CREATE EVENT"), 0);
	verify(&r, &item, 1);
	assert_false(err_is(&r.err));
	rig_wants(&r, wanted);
	assert_int_equal(fake_count(r.fake, "CREATE EVENT"), 1);
	rig_fini(&r);
	/* Nor when it fails. */
	item.rows = 0;
	rig_init(&r, NULL);
	rig_restore(&r, dump);
	verify(&r, &item, 1);
	assert_true(err_is(&r.err));
	assert_int_equal(fake_count(r.fake, "CREATE EVENT"), 0);
	rig_fini(&r);
}

static void test_verify_is_canceled(void **state)
{
	struct load_item item = orders();
	struct source_op *op;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	assert_true(rig_load(&r, &e));
	r.items = &item;
	r.nitems = 1;
	op = r.load->ops->verify(r.load, next_item, &r, rig_done, &r, &e);
	source_op_cancel(op);
	assert_int_equal(r.calls, 0);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target_not_empty),
		cmocka_unit_test(test_target_is_free),
		cmocka_unit_test(test_empty_database_is_free),
		cmocka_unit_test(test_overwrite_wants_the_name),
		cmocka_unit_test(test_incompatible),
		cmocka_unit_test(test_check_fails),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_verify_finds_a_difference),
		cmocka_unit_test(test_verify_misses_a_table),
		cmocka_unit_test(test_events_after_verification),
		cmocka_unit_test(test_verify_is_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
