/* test_ctl_declared.c - resources as files declare them, and what differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/declared/file.h"
#include "ctl/declared/kinds.h"

static const struct declared_kind *kind(const char *section)
{
	const struct declared_kind *k = declared_kinds();

	while (strcmp(k->section, section) != 0)
		k++;
	return k;
}

static void assert_json(json_t *doc, const char *expected)
{
	char *text = json_dumps(doc, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(doc);
}

static json_t *read(const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	return doc;
}

static void test_declared(void **state)
{
	json_t *plan = read("{\"id\":\"plan_1\",\"name\":\"p\",\"status\":"
			    "\"active\",\"source\":{\"id\":\"s\",\"name\":"
			    "\"db\"},\"pool\":{\"id\":\"q\",\"name\":\"po\"},"
			    "\"scope\":null,\"timer\":{\"cycle\":\"daily\","
			    "\"cron\":null},\"revision\":3}");

	(void)state;
	assert_json(declared_of(kind("plans"), plan),
		    "{\"name\":\"p\",\"source\":\"db\",\"pool\":\"po\","
		    "\"timer\":{\"cycle\":\"daily\"}}");
	json_decref(plan);
}

static void assert_changes(const char *before, const char *after,
			   const char *expected)
{
	json_t *a = read(before), *b = read(after);

	assert_json(declared_changes(kind("sources"), a, b), expected);
	json_decref(a);
	json_decref(b);
}

static void test_changes(void **state)
{
	(void)state;
	assert_changes("{\"name\":\"a\",\"status\":\"x\"}",
		       "{\"name\":\"a\",\"status\":\"y\"}", "[]");
	assert_changes("{\"connection\":{\"host\":\"a\",\"port\":1}}",
		       "{\"connection\":{\"host\":\"b\",\"port\":1,"
		       "\"user\":\"u\"}}",
		       "[\"connection.host\",\"connection.user\"]");
	assert_changes("{\"read_from\":null}", "{}", "[]");
	assert_changes("{\"read_from\":null}", "{\"read_from\":{\"host\":1}}",
		       "[\"read_from\"]");
}

static void test_untold(void **state)
{
	json_t *told = read("{\"connection\":{\"password\":\"x\",\"set\":true}"
			    "}");
	json_t *untold = read("{\"a\":{\"secret_key\":{\"set\":true}}}");

	(void)state;
	assert_null(declared_untold_secret(told));
	assert_string_equal(declared_untold_secret(untold), "secret_key");
	json_decref(told);
	json_decref(untold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_untold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
