/* test_mysql_pattern.c - scopes by patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/dump/pattern.h"
#include "test_mysql_dump_rig.h"

static void test_fits(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool fits, fits_caseless;
	} cases[] = {
		{"shop", "shop", true, true},
		{"shop", "Shop", false, true},
		{"SHOP", "shop", false, true},
		{"shop", "shops", false, false},
		{"shop", "sho", false, false},
		{"", "", true, true},
		{"", "a", false, false},
		{"*", "", true, true},
		{"%", "anything", true, true},
		{"log_*", "log_", true, true},
		{"log_*", "log_2026", true, true},
		{"log_*", "logs2026", false, false}, /* _ is itself */
		{"*_log", "a_log_log", true, true},
		{"*_log", "a_logs", false, false},
		{"a*b%c", "axxbyybzc", true, true},
		{"a*b%c", "axxbyybz", false, false},
		{"a**c", "ac", true, true},
		{"?", "a", false, false},
		{"\\*", "\\x", true, true}, /* nothing is escaped */
		{"\xc3\x84*", "\xc3\x84pfel", true, true},
		{"\xc3\x84*", "\xc3\xa4pfel", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (my_pattern_fits(cases[i].pattern, cases[i].name, false) !=
			    cases[i].fits ||
		    my_pattern_fits(cases[i].pattern, cases[i].name, true) !=
			    cases[i].fits_caseless)
			fail_msg("\"%s\" and \"%s\"", cases[i].pattern,
				 cases[i].name);
	}
}

/* What takes others a time that doubles with each wildcard. */
static void test_fits_soon(void **state)
{
	char pattern[201], name[4001];

	(void)state;
	for (size_t i = 0; i < 200; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[200] = '\0';
	memset(name, 'a', 4000);
	name[3999] = 'b';
	name[4000] = '\0';
	assert_false(my_pattern_fits(pattern, name, false));
}

struct scope_case {
	const char *include[3][2], *exclude[3][2];
	const char *items; /* of the dump, or the error's words */
};

static size_t fill(struct source_pattern *to, const char *const from[3][2])
{
	size_t n = 0;

	for (; n < 3 && from[n][0] != NULL; n++)
		to[n] = (struct source_pattern){from[n][0], from[n][1]};
	return n;
}

static void run_case(struct dump_rig *r, const struct scope_case *c)
{
	struct source_pattern in[3], out[3];

	dump_rig_init(r, NULL);
	r->config.scope.ninclude = fill(in, c->include);
	r->config.scope.nexclude = fill(out, c->exclude);
	if (r->config.scope.ninclude > 0)
		r->config.scope.include = in;
	if (r->config.scope.nexclude > 0)
		r->config.scope.exclude = out;
	(void)dump_rig_run(r);
}

#define DATABASE       "schema database shop. 0;"
#define SEQUENCE       "schema sequence shop.s 0;"
#define TABLES	       "schema table shop.items 0;schema table shop.orders 0;"
#define DATA	       "data table shop.items 2;data table shop.orders 3;"
#define ORDERS	       "schema table shop.orders 0;data table shop.orders 3;"
#define SEQUENCE_STATE "post sequence shop.s 0;"
#define TRIGGER	       "post trigger shop.t 0;"

/* The fake server: shop with items, orders (and its trigger), a view v, a
 * sequence s, a function and an event. */
static void test_scopes(void **state)
{
	static const struct scope_case cases[] = {
		/* All of a database: routines and events as well. */
		{{{"sh*", NULL}},
		 {{NULL}},
		 DATABASE SEQUENCE TABLES DATA SEQUENCE_STATE
		 "post function shop.f 0;post view shop.v 0;" TRIGGER
		 "post event shop.e 0;"},
		{{{NULL}},
		 {{"*", "nothing"}},
		 DATABASE SEQUENCE TABLES DATA SEQUENCE_STATE
		 "post function shop.f 0;post view shop.v 0;" TRIGGER
		 "post event shop.e 0;"},
		/* A part of one: without them. */
		{{{"shop", "ord%"}}, {{NULL}}, DATABASE ORDERS TRIGGER},
		{{{"shop", "orders"}}, {{NULL}}, DATABASE ORDERS TRIGGER},
		{{{"*", "*"}},
		 {{"shop", "i*"}, {"s*", "v"}, {"*", "s"}},
		 DATABASE ORDERS TRIGGER},
		{{{NULL}},
		 {{"shop", "i*"}, {"shop", "v"}, {"shop", "s"}},
		 DATABASE ORDERS TRIGGER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dump_rig r;

		run_case(&r, &cases[i]);
		assert_string_equal(r.err.msg, "");
		assert_string_equal(r.items.data, cases[i].items);
		dump_rig_fini(&r);
	}
}

static void test_nothing_fits(void **state)
{
	static const struct scope_case cases[] = {
		{{{"x*", NULL}}, {{NULL}}, "nothing on the server fits"},
		{{{"shop", "x*"}}, {{NULL}}, "nothing on the server fits"},
		{{{NULL}}, {{"*", NULL}}, "nothing on the server fits"},
		{{{"shop", "gone"}, {"shop", "o*"}},
		 {{NULL}},
		 "no table \"gone\" in database \"shop\""},
		{{{"shop", NULL}, {"gone", "x*"}},
		 {{NULL}},
		 "no database \"gone\""},
		{{{"SHOP", NULL}}, {{NULL}}, "no database \"SHOP\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dump_rig r;

		run_case(&r, &cases[i]);
		assert_string_equal(r.err.api, "invalid_scope");
		if (strstr(r.err.msg, cases[i].items) == NULL)
			fail_msg("%s: %s", cases[i].items, r.err.msg);
		dump_rig_fini(&r);
	}
}

/* Databases by name and patterns to leave out. */
static void test_named_and_excluded(void **state)
{
	static const struct source_scope_database shop = {"shop", NULL, 0};
	static const struct source_pattern items = {"shop", "items"};
	struct dump_rig r;

	(void)state;
	dump_rig_init(&r, NULL);
	r.config.scope.databases = &shop;
	r.config.scope.ndatabases = 1;
	r.config.scope.exclude = &items;
	r.config.scope.nexclude = 1;
	(void)dump_rig_run(&r);
	assert_string_equal(r.err.msg, "");
	assert_non_null(strstr(r.items.data, "data table shop.orders"));
	assert_null(strstr(r.items.data, "items"));
	assert_null(strstr(r.items.data, "function"));
	dump_rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_fits_soon),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_nothing_fits),
		cmocka_unit_test(test_named_and_excluded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
