/* test_jobs_file_list.c - what is compared after a restore, kept close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobs/restore/file_list.h"
#include "sources/load.h"

static const struct load_item items[] = {
	{.name = "", .type = "directory"},
	{.name = "a", .type = "directory"},
	{.name = "a/b", .type = "file", .size = 1ULL << 40, .digest = {1, 2}},
	{.name = "a/b", .type = "file", .size = 7},
	{.name = "a/bc", .type = "symlink", .target = ""},
	{.name = "a/b\xff", .type = "hardlink", .target = "a/b"},
	{.name = "z", .type = "object", .facts = "{\"size\":1}", .target = "t"},
	{.name = "", .type = ""},
	{.name = "a/bc", .type = "file"},
};

enum { COUNT = sizeof(items) / sizeof(items[0]) };

static void assert_text(const char *a, const char *b)
{
	assert_true((a == NULL) == (b == NULL));
	if (a != NULL)
		assert_string_equal(a, b);
}

static void assert_item(struct file_list *l, size_t n)
{
	const struct load_item *want = &items[n];
	struct load_item got;
	size_t at = n;

	assert_true(file_list_next(l, &at, &got));
	assert_int_equal(at, n + 1);
	assert_string_equal(got.name, want->name);
	assert_string_equal(got.type, want->type);
	assert_text(got.target, want->target);
	assert_text(got.facts, want->facts);
	assert_int_equal(got.size, want->size);
	assert_true(digest_equal(&got.digest, &want->digest));
}

static void fill(struct file_list *l)
{
	struct err e = {0};

	for (size_t i = 0; i < COUNT; i++)
		assert_true(file_list_add(l, &items[i], &e));
	assert_int_equal(l->n, COUNT);
}

static void test_in_order_and_again(void **state)
{
	struct file_list l = {0};
	struct load_item got;
	size_t at = COUNT;

	(void)state;
	fill(&l);
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < COUNT; i++)
			assert_item(&l, i);
	assert_false(file_list_next(&l, &at, &got));
	file_list_fini(&l);
	assert_false(file_list_next(&l, &at, &got));
}

static void test_any_order(void **state)
{
	static const size_t order[] = {5, 2, 2, 8, 0, 3, 7, 1, 6, 4};
	struct file_list l = {0};

	(void)state;
	fill(&l);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_item(&l, order[i]);
	file_list_fini(&l);
}

/* An index may claim anything. */
static void test_too_long(void **state)
{
	struct file_list l = {0};
	char *name = calloc(1, 70001);
	struct load_item item = {.name = name, .type = "file"};
	struct err e = {0};

	(void)state;
	assert_non_null(name);
	memset(name, 'x', 70000);
	assert_false(file_list_add(&l, &item, &e));
	assert_string_equal(e.api, "damaged_backup");
	name[65535] = '\0';
	assert_true(file_list_add(&l, &item, &e));
	item.type = name;
	item.name = "y";
	assert_true(file_list_add(&l, &item, &e));
	file_list_fini(&l);
	free(name);
}

/* A million names take little more than what differs. */
static void test_shared_names_take_little(void **state)
{
	struct file_list l = {0};
	struct err e = {0};
	char name[64];
	struct load_item item = {.name = name, .type = "file"};
	struct load_item got;
	size_t at = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name),
			       "a/long/way/to/go/down/file-%08u.txt", i);
		assert_true(file_list_add(&l, &item, &e));
	}
	assert_true(l.records.len < 10000 * 64);
	for (unsigned i = 0; i < 10000; i++) {
		assert_true(file_list_next(&l, &at, &got));
		(void)snprintf(name, sizeof(name),
			       "a/long/way/to/go/down/file-%08u.txt", i);
		assert_string_equal(got.name, name);
	}
	file_list_fini(&l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order_and_again),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_shared_names_take_little),
	};

	return cmocka_run_group_tests_name("lists of files", tests, NULL, NULL);
}
