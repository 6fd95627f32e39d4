/* test_jobs_packs.c - what a manifest says of packs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "jobs/packs.h"
#include "manifest/layout.h"

#define A "bak_01JD0000000000000000000001"
#define B "bak_01JD0000000000000000000002"
#define C "bak_01JD0000000000000000000003"

static void add(struct manifest *m, const char *key)
{
	char copy[200];
	struct manifest_object o = {.key = copy};
	struct err e = {0};

	(void)str_copy(copy, sizeof(copy), key);
	assert_true(manifest_add(&m->parts, &o, &e));
}

static void test_from_others(void **state)
{
	struct manifest m = {0};
	char *text;

	(void)state;
	(void)str_copy(m.backup_id, ID_MAX, C);
	assert_int_equal(packs_from_others(&m), 0);
	add(&m, "data/00000001.tar.zst");
	add(&m, "../packs/" C "-00000002.tar.zst");
	assert_int_equal(packs_from_others(&m), 0);
	add(&m, "../packs/" A "-00000003.tar.zst");
	add(&m, "../packs/" A "-00000004.tar.zst");
	assert_int_equal(packs_from_others(&m), 1);
	add(&m, "../packs/" B "-00000007.tar.zst.age");
	assert_int_equal(packs_from_others(&m), 2);
	text = packs_text(&m);
	assert_non_null(text);
	assert_non_null(strstr(text, A " 3-4\n"));
	assert_non_null(strstr(text, B " 7\n"));
	assert_non_null(strstr(text, C " 2\n"));
	free(text);
	manifest_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
