/* test_ctl_table.c - tables as wide as the terminal, and documents in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/members.h"
#include "ctl/table.h"

static const struct table_column columns[] = {
	{"NAME", false, false}, {"SIZE", true, false}, {"WHEN", false, true}};

static struct table *two_rows(void)
{
	struct table *t = table_new(columns, 3);

	assert_non_null(t);
	table_cell(t, "a-rather-long-name", TABLE_PLAIN);
	table_cell(t, "12 B", TABLE_PLAIN);
	table_cell(t, "2026-12-01", TABLE_BAD);
	table_cell(t, "b", TABLE_PLAIN);
	table_cell(t, "1.5 KiB", TABLE_PLAIN);
	table_cell(t, NULL, TABLE_PLAIN);
	return t;
}

static void assert_table(size_t width, bool colour, const char *expected)
{
	struct table *t = two_rows();
	struct text out = {0};
	struct err e = {0};

	assert_true(table_write(t, width, colour, &out, &e));
	assert_string_equal(out.data, expected);
	text_free(&out);
	table_free(t);
}

static void test_aligned(void **state)
{
	(void)state;
	assert_table(0, false,
		     "NAME                   SIZE  WHEN\n"
		     "a-rather-long-name     12 B  2026-12-01\n"
		     "b                   1.5 KiB  -\n");
}

/* The name gives way, size and time do not. */
static void test_narrow(void **state)
{
	(void)state;
	assert_table(31, false,
		     "NAME           SIZE  WHEN\n"
		     "a-rather-~     12 B  2026-12-01\n"
		     "b           1.5 KiB  -\n");
}

static void test_too_narrow(void **state)
{
	(void)state;
	assert_table(20, false,
		     "NAME         SIZE  ~\n"
		     "a-rathe~     12 B  ~\n"
		     "b         1.5 KiB  -\n");
}

static void test_colour(void **state)
{
	(void)state;
	assert_table(0, true,
		     "NAME                   SIZE  WHEN\n"
		     "a-rather-long-name     12 B  \033[31m2026-12-01\033[0m\n"
		     "b                   1.5 KiB  -\n");
}

static void test_hostile(void **state)
{
	struct table *t = table_new(columns, 1);
	struct text out = {0};
	struct err e = {0};

	(void)state;
	assert_non_null(t);
	table_cell(t, "x\033[2J\ny", TABLE_PLAIN);
	assert_true(table_write(t, 0, true, &out, &e));
	assert_string_equal(out.data, "NAME\nx?[2J y\n");
	text_free(&out);
	table_free(t);
}

static void test_members(void **state)
{
	static const struct member_column wanted[] = {
		{"NAME", "name", MEMBER_TEXT},
		{"STATUS", "status", MEMBER_STATUS},
		{"SOURCE", "source.name", MEMBER_TEXT},
		{"NEXT", "runs.1", MEMBER_TIME},
		{"SIZE", "bytes", MEMBER_BYTES},
		{"KEY", "key", MEMBER_IS_SET},
		{NULL, NULL, MEMBER_TEXT},
	};
	json_t *list = json_loads(
		"[{\"name\":\"a\",\"status\":\"failed\",\"source\":{\"name\":"
		"\"db\"},\"runs\":[1,\"2026-12-01T02:30:00Z\"],\"bytes\":2048,"
		"\"key\":{\"set\":true}},{\"name\":\"b\",\"key\":null}]",
		0, NULL);
	struct text out = {0};
	struct err e = {0};
	struct table *t;

	(void)state;
	t = members_table(wanted, list);
	assert_non_null(t);
	assert_true(table_write(t, 0, true, &out, &e));
	assert_string_equal(
		out.data,
		"NAME  STATUS  SOURCE  NEXT                  SIZE  KEY\n"
		"a     \033[31mfailed\033[0m  db      2026-12-01 02:30Z  "
		"2.0 KiB  yes\n"
		"b     -       -       -                        -  no\n");
	table_free(t);
	text_free(&out);
	json_decref(list);
}

static void test_show(void **state)
{
	json_t *doc = json_loads("{\"b\":{\"x\":1,\"y\":null,\"z\":[true,"
				 "{\"k\":\"v\\u001b\"}]},\"a\":\"\"}",
				 0, NULL);
	struct text out = {0};

	(void)state;
	members_show(&out, doc);
	assert_string_equal(out.data, "b.x                          1\n"
				      "b.z.0                        true\n"
				      "b.z.1.k                      v?\n");
	text_free(&out);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_too_narrow),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
