/* The methods and options of every engine of this build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sources/kinds.h"

static const char *const words[] = {"logical", "physical", "snapshot", NULL};

static bool is_word(const char *method)
{
	for (const char *const *w = words; *w != NULL; w++)
		if (strcmp(*w, method) == 0)
			return true;
	return false;
}

/* Each option is there once, for methods that there are. */
static void test_tables_are_sound(void **state)
{
	(void)state;
	for (const struct source_kind *const *k = source_kinds(); *k; k++) {
		assert_non_null((*k)->methods[0]);
		for (size_t i = 0; (*k)->methods[i] != NULL; i++)
			assert_true(is_word((*k)->methods[i]));
		for (const struct source_option *o = (*k)->options; o->name;
		     o++) {
			assert_non_null(o->methods[0]);
			for (size_t i = 0; o->methods[i] != NULL; i++)
				assert_true(is_word(o->methods[i]));
			for (const struct source_option *p = (*k)->options;
			     p < o; p++)
				assert_string_not_equal(p->name, o->name);
		}
	}
}

/* The whole table: methods as letters, in the order of words. */
static void test_what_fits(void **state)
{
	static const struct {
		const char *engine, *option, *methods;
	} all[] = {
		{"mysql", "compression_level", "lps"},
		{"mysql", "parallelism", "lps"},
		{"mysql", "include_accounts", "l"},
		{"mysql", "lock_non_transactional", "l"},
		{"mysql", "incremental", "p"},
		{"mysql", "full_every", "p"},
		{"mysql", "snapshot_hook", "s"},
		{"mysql", "strict", ""},
		{"mysql", "colour", ""},
		{"redis", "compression_level", "l"},
		{"redis", "parallelism", ""},
		{"redis", "include_accounts", ""},
		{"redis", "lock_non_transactional", ""},
		{"redis", "incremental", ""},
		{"redis", "full_every", ""},
		{"redis", "snapshot_hook", ""},
		{"redis", "strict", ""},
		{"redis", "one_file_system", ""},
		{"files", "compression_level", "s"},
		{"files", "parallelism", ""},
		{"files", "include_accounts", ""},
		{"files", "lock_non_transactional", ""},
		{"files", "incremental", "s"},
		{"files", "full_every", "s"},
		{"files", "snapshot_hook", "s"},
		{"files", "strict", "s"},
		{"files", "one_file_system", "s"},
		{"objects", "compression_level", "s"},
		{"objects", "parallelism", "s"},
		{"objects", "strict", "s"},
		{"objects", "one_file_system", ""},
		{"objects", "snapshot_hook", ""},
		{"objects", "include_accounts", ""},
		{"objects", "incremental", "s"},
		{"objects", "full_every", "s"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct source_kind *k = source_kind_find(all[i].engine);

		if (k == NULL)
			continue; /* left out at build */
		for (const char *const *w = words; *w != NULL; w++)
			assert_int_equal(
				source_takes_option(k, *w, all[i].option),
				strchr(all[i].methods, **w) != NULL);
		assert_int_equal(source_takes_option(k, NULL, all[i].option),
				 *all[i].methods != '\0');
		assert_false(source_takes_option(k, "magic", all[i].option));
	}
}

static void test_methods(void **state)
{
	(void)state;
	for (const struct source_kind *const *k = source_kinds(); *k; k++) {
		bool is_files = (*k)->is_tree;

		assert_int_equal(source_has_method(*k, "logical"), !is_files);
		assert_false(source_has_method(*k, "magic"));
		assert_false(source_has_method(*k, ""));
		if (strcmp((*k)->engine, "redis") == 0) {
			assert_false(source_has_method(*k, "physical"));
			assert_false(source_has_method(*k, "snapshot"));
		} else if (is_files) {
			assert_false(source_has_method(*k, "physical"));
			assert_true(source_has_method(*k, "snapshot"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_are_sound),
		cmocka_unit_test(test_what_fits),
		cmocka_unit_test(test_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
