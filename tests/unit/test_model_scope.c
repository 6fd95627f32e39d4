/* test_model_scope.c - rule 11: what a scope may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/scope.h"

static void refuse(const char *json, const char *api)
{
	struct err e = {0};
	struct scope s;

	if (scope_parse(&s, json, SCOPE_OF_NAMES, &e))
		fail_msg("taken: %s", json);
	assert_int_equal(e.code, ERR_INVALID);
	if (strcmp(e.api, api) != 0)
		fail_msg("%s for %s", e.api, json);
	assert_null(s.databases);
	assert_int_equal(s.ndatabases, 0);
	assert_null(s.include);
	assert_null(s.exclude);
}

static void test_rule_11_whole_instance(void **state)
{
	struct err e = {0};
	struct scope s;

	(void)state;
	assert_true(scope_parse(&s, NULL, SCOPE_OF_NAMES, &e));
	assert_null(s.databases);
	assert_true(scope_parse(&s, "null", SCOPE_OF_NAMES, &e));
	assert_null(s.databases);
	scope_fini(&s);
}

static void test_rule_11_databases_and_tables(void **state)
{
	struct err e = {0};
	struct scope s;

	(void)state;
	assert_true(scope_parse(&s,
				"{\"databases\":[{\"name\":\"shop\",\"tables\":"
				"[\"orders\",\"Orders\"]},{\"name\":\"log\"}]}",
				SCOPE_OF_NAMES, &e));
	assert_int_equal(s.ndatabases, 2);
	assert_string_equal(s.databases[0].name, "shop");
	assert_int_equal(s.databases[0].ntables, 2);
	assert_string_equal(s.databases[0].tables[0], "orders");
	assert_string_equal(s.databases[0].tables[1], "Orders");
	assert_string_equal(s.databases[1].name, "log");
	assert_null(s.databases[1].tables);
	scope_fini(&s);
	assert_null(s.databases);
}

static void test_rule_11_refusals(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"1",
		"true",
		"\"shop\"",
		"{}",
		"{\"databases\":null}",
		"{\"databases\":[]}",
		"{\"databases\":{}}",
		"{\"databases\":\"shop\"}",
		"{\"databases\":[\"shop\"]}",
		"{\"databases\":[null]}",
		"{\"databases\":[{}]}",
		"{\"databases\":[{\"name\":\"\"}]}",
		"{\"databases\":[{\"name\":1}]}",
		"{\"databases\":[{\"name\":\"a\"},{\"name\":\"a\"}]}",
		"{\"databases\":[{\"name\":\"a\",\"name\":\"b\"}]}",
		"{\"databases\":[{\"name\":\"a\\u0000b\"}]}",
		"{\"databases\":[{\"name\":\"a\",\"tables\":[]}]}",
		"{\"databases\":[{\"name\":\"a\",\"tables\":null}]}",
		"{\"databases\":[{\"name\":\"a\",\"tables\":\"t\"}]}",
		"{\"databases\":[{\"name\":\"a\",\"tables\":[1]}]}",
		"{\"databases\":[{\"name\":\"a\",\"tables\":[\"\"]}]}",
		"{\"databases\":[{\"name\":\"a\",\"tables\":[\"t\",\"t\"]}]}",
		"{\"databases\":[{\"name\":\"\xff\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(bad[i], "invalid_scope");
	refuse("{\"databases\":[{\"name\":\"a\"}],\"files\":[]}",
	       "unknown_field");
	refuse("{\"databases\":[{\"name\":\"a\",\"table\":[\"t\"]}]}",
	       "unknown_field");
	refuse("{\"includes\":[\"a.*\"]}", "unknown_field");
	refuse("{\"include\":[\"a\"],\"tables\":[\"b\"]}", "unknown_field");
}

static void named(size_t points, const char *point, bool is_good)
{
	char json[2048] = "{\"databases\":[{\"name\":\"";
	struct err e = {0};
	struct scope s;

	for (size_t i = 0; i < points; i++)
		strcat(json, point);
	strcat(json, "\"}]}");
	assert_int_equal(scope_parse(&s, json, SCOPE_OF_NAMES, &e), is_good);
	scope_fini(&s);
}

/* 64 characters, whatever their bytes. */
static void test_rule_11_long_names(void **state)
{
	(void)state;
	named(64, "a", true);
	named(65, "a", false);
	named(64, "\xe5\xa4\x87", true);
	named(65, "\xe5\xa4\x87", false);
	named(64, "\xf0\x9f\x98\x80", true);
}

/* Reading must not become quadratic: a plan may name many tables. */
static void test_rule_11_many_tables(void **state)
{
	enum { MANY = 20000 };
	char *json = malloc(MANY * 16 + 64), *end = json;
	struct err e = {0};
	struct scope s;

	(void)state;
	end += sprintf(end, "{\"databases\":[{\"name\":\"d\",\"tables\":[");
	for (int i = 0; i < MANY; i++)
		end += sprintf(end, "%s\"t%d\"", i > 0 ? "," : "", i);
	strcpy(end, "]}]}");
	assert_true(scope_parse(&s, json, SCOPE_OF_NAMES, &e));
	assert_int_equal(s.databases[0].ntables, MANY);
	assert_string_equal(s.databases[0].tables[MANY - 1], "t19999");
	scope_fini(&s);
	free(json);
}

/* --- patterns */

static void take(struct scope *s, const char *json)
{
	struct err e = {0};

	if (!scope_parse(s, json, SCOPE_OF_NAMES, &e))
		fail_msg("%s: %s", json, e.msg);
}

static void test_patterns_are_read(void **state)
{
	static const struct {
		const char *text, *database, *table;
	} good[] = {
		{"shop", "shop", NULL},
		{"shop.orders", "shop", "orders"},
		{"shop.*", "shop", NULL},
		{"shop.%*%", "shop", NULL},
		{"*.log_%", "*", "log_%"},
		{"`a.b`.t", "a.b", "t"},
		{"`a.b`", "a.b", NULL},
		{"a.`b.c`", "a", "b.c"},
		{"`a``b`.```c`", "a`b", "`c"},
		{"a b.c\\\"d", "a b", "c\"d"},
		{"a_b.c?[x]", "a_b", "c?[x]"},
		{"\xe5\xa4\x87.\xe4\xbb\xbd*", "\xe5\xa4\x87", "\xe4\xbb\xbd*"},
	};
	char json[256];
	struct scope s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(json, sizeof(json), "{\"include\":[\"%s\"]}",
			       good[i].text);
		take(&s, json);
		assert_int_equal(s.ninclude, 1);
		assert_string_equal(s.include[0].database, good[i].database);
		if (good[i].table == NULL)
			assert_null(s.include[0].table);
		else
			assert_string_equal(s.include[0].table, good[i].table);
		scope_fini(&s);
		assert_null(s.include);
	}
}

static void test_patterns_that_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	 ".",	     "..",	  "a.",	  ".a",
		"a.b.c", "a..b",     "`",	  "``",	  "`a",
		"`a``",	 "`a`b",     "a`b`",	  "a.`b", "a`",
		"``.t",	 "a.``",     "`a`.",	  ".`a`", "`a`.b.c",
		"a.b`",	 "`a`.`b`c", "a\\u0000b", "a.b.", "`a``.b",
	};
	static const char *const lists[] = {
		"{\"include\":null}",
		"{\"include\":[]}",
		"{\"exclude\":[]}",
		"{\"include\":{}}",
		"{\"include\":\"a\"}",
		"{\"include\":[null]}",
		"{\"include\":[[\"a\"]]}",
		"{\"include\":[\"a\",1]}",
		"{\"exclude\":[\"*\"]}",
		"{\"exclude\":[\"a\",\"%*.%\"]}",
		"{\"include\":[\"a\"],\"databases\":[{\"name\":\"a\"}]}",
		"{\"databases\":[{\"name\":\"a\"}],\"exclude\":[\"a.\"]}",
	};
	char json[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(json, sizeof(json), "{\"exclude\":[\"%s\"]}",
			       bad[i]);
		refuse(json, "invalid_scope");
		(void)snprintf(json, sizeof(json),
			       "{\"include\":[\"good\",\"%s\"]}", bad[i]);
		refuse(json, "invalid_scope");
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		refuse(lists[i], "invalid_scope");
}

/* A pattern part of so many points, plain or in backquotes. */
static void long_part(size_t points, const char *point, bool is_quoted,
		      bool is_good)
{
	char json[4096] = "{\"include\":[\"d.";
	struct err e = {0};
	struct scope s;

	strcat(json, is_quoted ? "`" : "");
	for (size_t i = 0; i < points; i++)
		strcat(json, point);
	strcat(json, is_quoted ? "`\"]}" : "\"]}");
	assert_int_equal(scope_parse(&s, json, SCOPE_OF_NAMES, &e), is_good);
	scope_fini(&s);
}

static void test_patterns_have_bounds(void **state)
{
	char *json = malloc(16 * (SCOPE_PATTERNS_MAX + 8)), *end;
	struct err e = {0};
	struct scope s;

	(void)state;
	for (int quoted = 0; quoted < 2; quoted++) {
		long_part(64, "a", quoted, true);
		long_part(65, "a", quoted, false);
		long_part(64, "\xf0\x9f\x98\x80", quoted, true);
		long_part(65, "\xf0\x9f\x98\x80", quoted, false);
		long_part(900, "a", quoted, false);
	}
	long_part(64, "``", true, true);
	long_part(65, "``", true, false);
	for (int more = 0; more < 2; more++) {
		end = json + sprintf(json, "{\"exclude\":[\"a\"");
		for (int i = 1; i < SCOPE_PATTERNS_MAX + more; i++)
			end += sprintf(end, ",\"d%d.t*\"", i);
		strcpy(end, "]}");
		assert_int_equal(scope_parse(&s, json, SCOPE_OF_NAMES, &e),
				 more == 0);
		scope_fini(&s);
	}
	free(json);
}

/* Bytes that somebody makes up: taken or refused, never out of bounds (the
 * sanitizers watch), and what is taken has parts. */
static void test_patterns_made_up(void **state)
{
	static const char letters[] = "`..*%ab\xc3\xa4\xff";
	uint32_t seed = 7;
	char json[96];
	struct err e;
	struct scope s;
	size_t taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)sprintf(json, "{\"include\":[\"");

		for (seed = seed * 1664525 + 1013904223; n < 16 + seed % 12u;) {
			seed = seed * 1664525 + 1013904223;
			json[n++] = letters[(seed >> 16) % 11];
		}
		strcpy(json + n, "\"]}");
		e = (struct err){0};
		if (!scope_parse(&s, json, SCOPE_OF_NAMES, &e)) {
			assert_string_equal(e.api, "invalid_scope");
			assert_null(s.include);
			continue;
		}
		taken++;
		assert_true(strlen(s.include[0].database) > 0);
		scope_fini(&s);
	}
	assert_true(taken > 100);
}

/* --- what is in a scope */

enum whole { NO, SOME, ALL };

static void database_is(const struct scope *s, const char *db, enum whole want)
{
	bool whole = true;

	assert_int_equal(scope_has_database(s, db, &whole), want != NO);
	assert_int_equal(whole, want == ALL);
	assert_int_equal(scope_has_database(s, db, NULL), want != NO);
}

static void test_no_scope_has_all(void **state)
{
	struct scope s;

	(void)state;
	take(&s, "null");
	database_is(&s, "any", ALL);
	assert_true(scope_has_table(&s, "any", "thing"));
}

static void test_what_is_named_is_in(void **state)
{
	struct scope s;

	(void)state;
	take(&s, "{\"databases\":[{\"name\":\"a*\"},{\"name\":\"b\","
		 "\"tables\":[\"t\",\"%\"]}],\"exclude\":[\"*.log_*\"]}");
	database_is(&s, "a*", SOME);
	database_is(&s, "abc", NO); /* a name is not a pattern */
	database_is(&s, "b", SOME);
	assert_true(scope_has_table(&s, "a*", "x"));
	assert_false(scope_has_table(&s, "a*", "log_1"));
	assert_true(scope_has_table(&s, "b", "t"));
	assert_true(scope_has_table(&s, "b", "%"));
	assert_false(scope_has_table(&s, "b", "tt"));
	assert_false(scope_has_table(&s, "c", "t"));
	scope_fini(&s);
}

static void test_what_is_included(void **state)
{
	struct scope s;

	(void)state;
	take(&s, "{\"include\":[\"shop.*\",\"sales_%\",\"hr.emp*\"],"
		 "\"exclude\":[\"shop.log_%\",\"sales_old\"]}");
	database_is(&s, "shop", SOME);
	database_is(&s, "sales_new", ALL);
	database_is(&s, "sales_", ALL);
	database_is(&s, "sales_old", NO);
	database_is(&s, "hr", SOME);
	database_is(&s, "Shop", NO);
	assert_true(scope_has_table(&s, "shop", "orders"));
	assert_false(scope_has_table(&s, "shop", "log_1"));
	assert_true(scope_has_table(&s, "shop", "LOG_1"));
	assert_true(scope_has_table(&s, "hr", "emp"));
	assert_false(scope_has_table(&s, "hr", "temp"));
	assert_false(scope_has_table(&s, "sales_old", "t"));
	assert_false(scope_has_table(&s, "other", "t"));
	scope_fini(&s);
}

static void test_all_but_what_is_excluded(void **state)
{
	struct scope s;

	(void)state;
	take(&s, "{\"exclude\":[\"tmp*\",\"shop.cache\"]}");
	database_is(&s, "tmp", NO);
	database_is(&s, "tmp1", NO);
	database_is(&s, "mytmp", ALL);
	database_is(&s, "shop", SOME);
	assert_false(scope_has_table(&s, "shop", "cache"));
	assert_true(scope_has_table(&s, "shop", "cache2"));
	assert_false(scope_has_table(&s, "tmp", "x"));
	scope_fini(&s);
}

static void test_runs_of_characters(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool fits;
	} cases[] = {
		{"a*c", "ac", true},
		{"a*c", "abc", true},
		{"a*c", "abcb", false},
		{"*b*", "abc", true},
		{"*ab", "aab", true},
		{"*aab*b", "aaabab", true},
		{"a%b*c", "axxbyyc", true},
		{"a%b*c", "axxcyyb", false},
		{"**", "x", true},
		{"a_c", "abc", false},
		{"a?c", "abc", false},
		{"abc*", "ab", false},
		{"*a*a*a*a*a*a*a*a*b",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaa",
		 false},
	};
	char json[256];
	struct scope s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(json, sizeof(json), "{\"include\":[\"d.%s\"]}",
			       cases[i].pattern);
		take(&s, json);
		if (scope_has_table(&s, "d", cases[i].name) != cases[i].fits)
			fail_msg("%s, %s", cases[i].pattern, cases[i].name);
		scope_fini(&s);
	}
}

static void test_keys_of_redis(void **state)
{
	struct err e = {0};
	struct scope s;

	(void)state;
	assert_true(scope_parse(
		&s, "{\"databases\":[9,0],\"keys\":[\"user:*\",\"?\"]}",
		SCOPE_OF_KEYS, &e));
	assert_int_equal(s.nnumbers, 2);
	assert_int_equal(s.numbers[0], 0);
	assert_int_equal(s.numbers[1], 9);
	assert_int_equal(s.nkeys, 2);
	assert_string_equal(s.keys[0], "user:*");
	assert_false(scope_is_whole(&s));
	scope_fini(&s);
	assert_true(scope_parse(&s, "{\"keys\":[\"a\"]}", SCOPE_OF_ANY, &e));
	assert_null(s.numbers);
	assert_int_equal(s.nkeys, 1);
	scope_fini(&s);
}

/* A glob that is no pattern of names, so that only trees can have it. */
static void test_globs_of_paths(void **state)
{
	const char *json = "{\"include\":[\"a/b.c.d/**\",\"*.x\"],"
			   "\"exclude\":[\"tmp/\"]}";
	struct err e = {0};
	struct scope s;

	(void)state;
	assert_true(scope_parse(&s, json, SCOPE_OF_PATHS, &e));
	assert_int_equal(s.nwanted, 2);
	assert_string_equal(s.wanted[0], "a/b.c.d/**");
	assert_int_equal(s.nunwanted, 1);
	assert_string_equal(s.unwanted[0], "tmp/");
	assert_int_equal(s.ninclude, 0);
	assert_false(scope_is_whole(&s));
	scope_fini(&s);
	assert_true(scope_parse(&s, json, SCOPE_OF_ANY, &e));
	scope_fini(&s);
	assert_true(scope_parse(&s, "{\"exclude\":[\"*.tmp\"]}", SCOPE_OF_PATHS,
				&e));
	assert_int_equal(s.nwanted, 0);
	scope_fini(&s);
	assert_false(scope_parse(&s, json, SCOPE_OF_NAMES, &e));
	assert_string_equal(e.api, "invalid_scope");
}

static void test_globs_that_are_refused(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"{\"include\":[]}",
		"{\"include\":\"a\"}",
		"{\"include\":[1]}",
		"{\"include\":[\"\"]}",
		"{\"include\":[\"a/../b\"]}",
		"{\"include\":[\"[a\"]}",
		"{\"include\":[\"a\\u0000b\"]}",
		"{\"exclude\":[\"*\"]}",
		"{\"exclude\":[\"**\"]}",
		"{\"exclude\":[\"a\",\"/**\"]}",
		"{\"databases\":[{\"name\":\"a\"}]}",
		"{\"keys\":[\"a\"]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err e = {0};
		struct scope s;

		if (scope_parse(&s, wrong[i], SCOPE_OF_PATHS, &e))
			fail_msg("taken: %s", wrong[i]);
		assert_string_equal(e.api, "invalid_scope");
		assert_null(s.wanted);
		assert_null(s.unwanted);
	}
}

/* What one engine has is none of another's, and told with an example. */
static void test_scopes_of_other_engines(void **state)
{
	static const struct {
		const char *json;
		enum scope_form form;
		bool is_good;
	} cases[] = {
		{"{\"keys\":[\"a\"]}", SCOPE_OF_NAMES, false},
		{"{\"databases\":[0]}", SCOPE_OF_NAMES, false},
		{"{\"databases\":[0]}", SCOPE_OF_PATHS, false},
		{"{\"include\":[\"shop\"]}", SCOPE_OF_NAMES, true},
		{"{\"include\":[\"shop\"]}", SCOPE_OF_PATHS, true},
		{"{\"include\":[\"shop\"]}", SCOPE_OF_ANY, true},
		{"{\"include\":[\"shop\"]}", SCOPE_OF_KEYS, false},
		{"{\"databases\":[{\"name\":\"a\"}]}", SCOPE_OF_KEYS, false},
		{"{}", SCOPE_OF_KEYS, false},
		{"{}", SCOPE_OF_ANY, false},
		{"null", SCOPE_OF_KEYS, true},
		{"null", SCOPE_OF_ANY, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};
		struct scope s;

		if (scope_parse(&s, cases[i].json, cases[i].form, &e) !=
		    cases[i].is_good)
			fail_msg("%zu: %s", i, cases[i].json);
		if (!cases[i].is_good)
			assert_string_equal(e.api, "invalid_scope");
		scope_fini(&s);
	}
}

static void test_keys_that_are_refused(void **state)
{
	static const char *const wrong[] = {
		"{\"keys\":[]}",
		"{\"keys\":\"a\"}",
		"{\"keys\":[1]}",
		"{\"keys\":[\"\"]}",
		"{\"databases\":[-1]}",
		"{\"databases\":[0.5]}",
		"{\"databases\":[0,0]}",
		"{\"databases\":[0,\"1\"]}",
		"{\"databases\":[2147483648]}",
		"{\"databases\":[],\"keys\":[\"a\"]}",
		"{\"databases\":[{\"name\":\"a\"}],\"keys\":[\"a\"]}",
		"{\"keys\":[\"a\"],\"include\":[\"b\"]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err e = {0};
		struct scope s;

		if (scope_parse(&s, wrong[i], SCOPE_OF_KEYS, &e))
			fail_msg("taken: %s", wrong[i]);
		assert_null(s.keys);
		assert_null(s.numbers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_11_whole_instance),
		cmocka_unit_test(test_rule_11_databases_and_tables),
		cmocka_unit_test(test_rule_11_refusals),
		cmocka_unit_test(test_rule_11_long_names),
		cmocka_unit_test(test_rule_11_many_tables),
		cmocka_unit_test(test_patterns_are_read),
		cmocka_unit_test(test_patterns_that_are_refused),
		cmocka_unit_test(test_patterns_have_bounds),
		cmocka_unit_test(test_patterns_made_up),
		cmocka_unit_test(test_keys_of_redis),
		cmocka_unit_test(test_keys_that_are_refused),
		cmocka_unit_test(test_globs_of_paths),
		cmocka_unit_test(test_globs_that_are_refused),
		cmocka_unit_test(test_scopes_of_other_engines),
		cmocka_unit_test(test_no_scope_has_all),
		cmocka_unit_test(test_what_is_named_is_in),
		cmocka_unit_test(test_what_is_included),
		cmocka_unit_test(test_all_but_what_is_excluded),
		cmocka_unit_test(test_runs_of_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
