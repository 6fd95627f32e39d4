/* test_mysql_load_check.c - all that a look at a target tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/findings.h"
#include "test_mysql_load_rig.h"

#define VARIABLES "v log ro case packet mode cs coll zone szone"

/* "!code: detail" of a blocker, "code: detail" of a warning, "+name" of what
 * would be made, "-name" of what would be replaced; a line each. */
static struct text told;

static void on_checked(void *arg, const struct load_report *report,
		       const struct err *e)
{
	assert_null(e);
	text_reset(&told);
	text_str(&told, "");
	for (size_t i = 0; i < report->nfindings; i++)
		text_printf(&told, "%s%s: %s\n",
			    report->findings[i].is_blocker ? "!" : "",
			    report->findings[i].code,
			    report->findings[i].detail);
	for (size_t i = 0; i < report->ncreate; i++)
		text_printf(&told, "+%s\n", report->would_create[i]);
	for (size_t i = 0; i < report->nreplace; i++)
		text_printf(&told, "-%s\n", report->would_replace[i]);
	rig_done(arg, &(struct err){0});
}

static void check(struct rig *r)
{
	struct err e = {0};

	assert_true(rig_load(r, &e));
	assert_non_null(r->load->ops->check(r->load, on_checked, r, &e));
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static void wants(const char *words)
{
	if (strstr(told.data, words) == NULL)
		fail_msg("\"%s\" is not in:\n%s", words, told.data);
}

static void wants_not(const char *words)
{
	if (strstr(told.data, words) != NULL)
		fail_msg("\"%s\" is in:\n%s", words, told.data);
}

static void end(struct rig *r)
{
	rig_fini(r);
	text_free(&told);
}

/* Nothing ends the look but the connection. */
static void test_all_at_once(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT @@version", VARIABLES,
			  "8.4.4|0|1|1|4096||u|u|S|U"),
		FAKE_SAYS("SHOW REPLICA", "Host", "db1"),
		FAKE_REFUSES("SELECT CONVERT", 1273, "Unknown collation"),
		FAKE_SAYS("SELECT User", "User Host",
			  "root|localhost\nAPP|%\napp|10.%"),
		FAKE_END};
	static const char *const definers[] = {"root@localhost", "app@%"};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.config.session_json =
		"{\"lower_case_table_names\":0,"
		"\"character_set_server\":\"utf8mb4\","
		"\"collation_server\":\"utf8mb4_uca1400_ai_ci\"}";
	r.config.definers = definers;
	r.config.ndefiners = 2;
	r.config.max_statement_bytes = 2 << 20;
	check(&r);
	wants("!target_incompatible: the backup is from MariaDB and the target "
	      "is MySQL");
	wants("Sequences");
	wants("!target_incompatible: the target is read-only");
	wants("!target_incompatible: the backup has a row of 2097152 bytes");
	wants("!target_incompatible: the target replicates");
	wants("!target_not_empty: these exist at the target and are not empty: "
	      "shop");
	wants("\nname_case_differs: lower_case_table_names was 0");
	wants("\ncollation_missing: the source's default collation "
	      "utf8mb4_uca1400_ai_ci");
	wants("\ndefiner_missing: ");
	wants("app@%");
	wants_not("root@localhost");
	wants("\n-shop\n");
	/* Blockers come first. */
	assert_true(strstr(told.data, "!target_not_empty") <
		    strstr(told.data, "name_case_differs"));
	end(&r);
}

static void test_nothing_is_in_the_way(void **state)
{
	static const char *const databases[] = {"new"};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.databases = databases;
	check(&r);
	assert_string_equal(told.data, "+new\n");
	/* MariaDB tells its cores. */
	assert_int_equal(r.load->ops->width(r.load, ITEM_DATA), 4);
	end(&r);
}

/* Where the account may not look, nothing is said. */
static void test_what_is_hidden_is_not_judged(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_REFUSES("SELECT @@thread", 1193, NULL),
		FAKE_REFUSES("SHOW ALL SLAVES", 1227, NULL),
		FAKE_REFUSES("SHOW GRANTS", 1142, NULL),
		FAKE_REFUSES("SELECT User", 1142, NULL),
		FAKE_REFUSES("SELECT Available", 1109, NULL),
		FAKE_END};
	static const char *const databases[] = {"new"}, *const definers[] = {
								"a@b"};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.config.databases = databases;
	r.config.definers = definers;
	r.config.ndefiners = 1;
	r.config.plain_bytes = 1 << 30;
	check(&r);
	assert_string_equal(told.data, "+new\n");
	assert_int_equal(r.load->ops->width(r.load, ITEM_DATA), 2);
	end(&r);
}

static void test_definers(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT User", "User Host",
			  "root|localhost\napp|%\nreaders|"),
		FAKE_END};
	static const char *const there[] = {"app@%", "readers"};
	static const char *const gone[] = {"app@10.%", "App@%", "readers@x"};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.config.definers = there;
	r.config.ndefiners = 2;
	check(&r);
	wants_not("definer_missing");
	end(&r);
	rig_init(&r, a);
	r.config.definers = gone;
	r.config.ndefiners = 3;
	check(&r);
	wants("app@10.%, App@%, readers@x");
	end(&r);
	/* Nobody's account is needed then. */
	rig_init(&r, a);
	r.config.definers = gone;
	r.config.ndefiners = 3;
	r.config.definer = LOAD_DEFINER_REPLACE;
	check(&r);
	wants_not("definer_missing");
	end(&r);
}

static void test_single_tables(void **state)
{
	static const char *const tables[] = {"orders", "new"};
	static const struct source_scope_database part = {"shop", tables, 2};
	static const char *const wrong[] = {"shop"};
	static const char *const right[] = {"shop.orders"};
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	r.config.partial = &part;
	r.config.npartial = 1;
	check(&r);
	wants("!target_not_empty: these exist at the target and are not empty: "
	      "shop.orders;");
	wants("\n+shop.new\n-shop.orders\n");
	end(&r);
	rig_init(&r, NULL);
	r.config.partial = &part;
	r.config.npartial = 1;
	r.config.is_overwrite = true;
	r.config.confirm = wrong;
	r.config.nconfirm = 1;
	check(&r);
	wants("!confirm_required: these would be replaced: shop.orders;");
	end(&r);
	rig_init(&r, NULL);
	r.config.partial = &part;
	r.config.npartial = 1;
	r.config.is_overwrite = true;
	r.config.confirm = right;
	r.config.nconfirm = 1;
	check(&r);
	assert_string_equal(told.data, "+shop.new\n-shop.orders\n");
	end(&r);
}

static void test_names_that_differ_in_case(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT @@version", VARIABLES,
			  "10.11.6-MariaDB|0|0|1|16777216||u|u|S|U"),
		FAKE_END};
	static const char *const both[] = {"news", "News"};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.config.databases = both;
	r.config.ndatabases = 2;
	check(&r);
	wants("!target_incompatible: news, News differ in case only");
	end(&r);
	rig_init(&r, NULL);
	r.config.databases = both;
	r.config.ndatabases = 2;
	check(&r);
	assert_string_equal(told.data, "+news\n+News\n");
	end(&r);
}

/* What is cut to fit is told of only if a single row might not. */
static void test_packets(void **state)
{
	static const struct {
		uint64_t longest;
		const char *words;
	} cases[] = {
		{16 << 20, NULL},
		{(16 << 20) + 1, "!target_incompatible: the backup has a row"},
	};
	static const struct fake_answer small[] = {
		FAKE_SAYS("SELECT @@version", VARIABLES,
			  "10.11.6-MariaDB|0|0|0|65536||u|u|S|U"),
		FAKE_END};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_init(&r, NULL);
		r.config.max_statement_bytes = cases[i].longest;
		check(&r);
		if (cases[i].words != NULL)
			wants(cases[i].words);
		else
			wants_not("max_allowed_packet");
		end(&r);
	}
	rig_init(&r, small);
	r.config.max_statement_bytes = 1 << 20;
	check(&r);
	wants("packet_small: the target's max_allowed_packet is 65536");
	wants_not("!target_incompatible");
	end(&r);
}

static void check_grants(const char *grants, const char *missing)
{
	const struct fake_answer a[] = {
		FAKE_SAYS("SHOW GRANTS", "Grants", grants), FAKE_END};
	struct rig r;

	rig_init(&r, a);
	r.config.is_overwrite = true;
	check(&r);
	if (missing != NULL)
		wants(missing);
	else
		wants_not("access_denied");
	end(&r);
}

static void test_rights(void **state)
{
	(void)state;
	check_grants("GRANT USAGE ON *.* TO `x`@`%`",
		     "!access_denied: the account at the target lacks CREATE, "
		     "INSERT, ALTER, SELECT, DROP on database \"shop\"");
	check_grants("GRANT SELECT, INSERT, CREATE, ALTER ON *.* TO `x`@`%`",
		     "lacks DROP on");
	check_grants("GRANT CREATE TABLESPACE, CREATE VIEW, SELECT, INSERT, "
		     "DROP, ALTER ROUTINE, ALTER ON *.* TO `x`@`%`",
		     "lacks CREATE on");
	check_grants("GRANT USAGE ON *.* TO `x`@`%`\n"
		     "GRANT SELECT, INSERT, CREATE, DROP, ALTER ON `sh%`.* TO "
		     "`x`@`%`",
		     NULL);
	check_grants("GRANT ALL PRIVILEGES ON `other`.* TO `x`@`%`", "lacks");
	check_grants("GRANT ALL PRIVILEGES ON `shop`.* TO `x`@`%`", NULL);
	/* What a role gives is not told. */
	check_grants("GRANT `writers` TO `x`@`%`\n"
		     "GRANT USAGE ON *.* TO `x`@`%`",
		     NULL);
}

static void check_maker(const char *grants, const char *words)
{
	const struct fake_answer a[] = {
		FAKE_SAYS("SHOW GRANTS", "Grants", grants), FAKE_END};
	static const char *const definers[] = {"me@%", "app@%"};
	struct rig r;

	rig_init(&r, a);
	r.config.definers = definers;
	r.config.ndefiners = 2;
	check(&r);
	if (words != NULL)
		wants(words);
	else
		wants_not("!access_denied");
	end(&r);
	rig_init(&r, a);
	r.config.definers = definers;
	r.config.ndefiners = 2;
	r.config.definer = LOAD_DEFINER_REPLACE;
	check(&r);
	wants_not("!access_denied");
	end(&r);
}

#define ALL_OF_SHOP "\nGRANT ALL PRIVILEGES ON `shop`.* TO `me`@`%`"

/* Making a program for somebody else is a right of its own. */
static void test_rights_of_definers(void **state)
{
	(void)state;
	check_maker("GRANT USAGE ON *.* TO `me`@`%`" ALL_OF_SHOP,
		    "!access_denied: the account at the target may not make "
		    "views and programs for app@%: grant it SET USER");
	check_maker("GRANT SET USER ON *.* TO `me`@`%`" ALL_OF_SHOP, NULL);
	check_maker("GRANT RELOAD, SUPER ON *.* TO `me`@`%`" ALL_OF_SHOP, NULL);
	check_maker("GRANT ALL PRIVILEGES ON *.* TO `me`@`%`", NULL);
}

static void test_space(void **state)
{
	static const struct fake_answer a[] = {
		FAKE_SAYS("SELECT Available", "Available", "1024"), FAKE_END};
	struct rig r;

	(void)state;
	rig_init(&r, a);
	r.config.plain_bytes = 5 << 20;
	check(&r);
	wants("space_low: the target's disk has 1 MiB left and the backup "
	      "holds 5 MiB");
	end(&r);
	rig_init(&r, a);
	r.config.plain_bytes = 1 << 20;
	check(&r);
	wants_not("space_low");
	end(&r);
}

static void test_many_names(void **state)
{
	struct findings r = {0};
	struct load_report out;
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		findings_fate(&r, FATE_TAKEN, "database", "table");
	for (int i = 0; i < 2 * LOAD_FINDINGS_MAX; i++)
		findings_warn(&r, "some", "%d", i);
	assert_true(findings_end(&r, &out, &e));
	assert_int_equal(out.nreplace, 1000);
	assert_int_equal(out.nfindings, LOAD_FINDINGS_MAX);
	/* A blocker is never left out. */
	assert_true(out.findings[0].is_blocker);
	assert_non_null(strstr(out.findings[0].detail, " ...; set overwrite"));
	findings_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_nothing_is_in_the_way),
		cmocka_unit_test(test_what_is_hidden_is_not_judged),
		cmocka_unit_test(test_definers),
		cmocka_unit_test(test_single_tables),
		cmocka_unit_test(test_names_that_differ_in_case),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_rights_of_definers),
		cmocka_unit_test(test_space),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
