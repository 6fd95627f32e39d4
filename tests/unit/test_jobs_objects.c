/* test_jobs_objects.c - what is kept of each object that a restore wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobs/restore/preflight_int.h"
#include "manifest/selection.h"
#include "manifest/selection_int.h"
#include "sources/load.h"

static struct index_line object(char *key)
{
	return (struct index_line){
		.kind = ITEM_DATA,
		.type = (char *)"object",
		.group = (char *)"",
		.name = key,
		.facts = (char *)"{\"size\":5,\"etag\":\"x\","
				 "\"last_modified_ms\":1,"
				 "\"headers\":{\"content-type\":\"text/x\"}}",
	};
}

/* Facts are kept once, for the comparison, and in short. */
static void test_facts_are_kept_once(void **state)
{
	static char keys[][8] = {"a/b", "a/c", "a/d/e"};
	struct manifest m = {0};
	struct preflight p = {0};
	struct err e = {0};
	struct load_item item;
	size_t at = 0;

	(void)state;
	p.selection = selection_new(&m, &e);
	assert_non_null(p.selection);
	selection_read_in_order(p.selection);
	for (size_t i = 0; i < 3; i++) {
		struct index_line l = object(keys[i]);

		if (!preflight_pick_object(&p, &l, &e))
			fail_msg("%s", e.msg);
	}
	assert_int_equal(p.selection->n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_null(p.selection->list[i].item->facts);
		assert_true(preflight_expect(&p, &at, &item));
		assert_string_equal(item.name, keys[i]);
		assert_int_equal(item.size, 5);
		assert_non_null(strstr(item.facts, "text/x"));
		assert_null(strstr(item.facts, "etag"));
	}
	assert_string_equal(p.common, "a/");
	selection_free(p.selection);
	file_list_fini(&p.files);
	free(p.common);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_are_kept_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
