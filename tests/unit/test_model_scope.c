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

	if (scope_parse(&s, json, &e))
		fail_msg("taken: %s", json);
	assert_int_equal(e.code, ERR_INVALID);
	if (strcmp(e.api, api) != 0)
		fail_msg("%s for %s", e.api, json);
	assert_null(s.databases);
	assert_int_equal(s.ndatabases, 0);
}

static void test_rule_11_whole_instance(void **state)
{
	struct err e = {0};
	struct scope s;

	(void)state;
	assert_true(scope_parse(&s, NULL, &e));
	assert_null(s.databases);
	assert_true(scope_parse(&s, "null", &e));
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
				&e));
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
	refuse("{\"databases\":[{\"name\":\"a\"}],\"keys\":[]}",
	       "unknown_field");
	refuse("{\"databases\":[{\"name\":\"a\",\"table\":[\"t\"]}]}",
	       "unknown_field");
	refuse("{\"include\":[\"a.*\"]}", "unknown_field");
}

static void named(size_t points, const char *point, bool is_good)
{
	char json[2048] = "{\"databases\":[{\"name\":\"";
	struct err e = {0};
	struct scope s;

	for (size_t i = 0; i < points; i++)
		strcat(json, point);
	strcat(json, "\"}]}");
	assert_int_equal(scope_parse(&s, json, &e), is_good);
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
	assert_true(scope_parse(&s, json, &e));
	assert_int_equal(s.databases[0].ntables, MANY);
	assert_string_equal(s.databases[0].tables[MANY - 1], "t19999");
	scope_fini(&s);
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_11_whole_instance),
		cmocka_unit_test(test_rule_11_databases_and_tables),
		cmocka_unit_test(test_rule_11_refusals),
		cmocka_unit_test(test_rule_11_long_names),
		cmocka_unit_test(test_rule_11_many_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
