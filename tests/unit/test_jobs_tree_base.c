/* test_jobs_tree_base.c - an index in a file as what a dump builds upon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "jobs/backup/backup_tree_base.h"
#include "manifest/index.h"
#include "manifest/manifest.h"

#define ZERO "00000000000000000000000000000000"
#define LINE(type, name, extents, plain)                                       \
	"{\"kind\":\"data\",\"type\":\"" type "\",\"group\":\"\","             \
	"\"name\":\"" name "\",\"extents\":" extents ",\"plain_bytes\":" plain \
	",\"rows\":1,\"digest\":\"" ZERO "\",\"facts\":{\"size\":1}}"

struct rig {
	struct manifest m;
	int fd;
	struct tree_base *base;
};

/* Parts 1, 2, 5 of 1000 stored and 4000 plain bytes each. */
static int setup(void **state)
{
	static const char *const keys[] = {"data/00000001.tar.zst",
					   "data/00000002.tar.zst",
					   "data/00000005.tar.zst"};
	struct rig *r = calloc(1, sizeof(*r));
	struct err e = {0};

	for (size_t i = 0; i < 3; i++) {
		const struct manifest_object o = {
			.key = (char *)(uintptr_t)keys[i],
			.stored_bytes = 1000,
			.plain_bytes = 4000,
		};

		assert_true(manifest_add(&r->m.parts, &o, &e));
	}
	r->m.started_at = 77000;
	r->fd = file_open_nameless("/tmp", "test.");
	assert_true(r->fd >= 0);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	tree_base_unref(r->base);
	manifest_fini(&r->m);
	(void)close(r->fd);
	free(r);
	return 0;
}

static void put(struct rig *r, const char *text)
{
	assert_int_equal(write(r->fd, text, strlen(text)), strlen(text));
}

static void begin(struct rig *r)
{
	struct err e = {0};

	r->base = backup_tree_base_new(&r->m, r->fd, &e);
	assert_non_null(r->base);
	assert_int_equal(r->base->read_at, 77000);
}

static int next(struct rig *r, struct tree_base_item *item)
{
	struct err e = {0};
	int got = r->base->ops->next(r->base, item, &e);

	assert_int_equal(err_is(&e), got < 0);
	return got;
}

static char *carry(struct rig *r, const char *facts)
{
	struct err e = {0};
	char *line = r->base->ops->carry(r->base, facts, &e);

	assert_non_null(line);
	return line;
}

static const char *const full[] = {
	LINE("directory", ".", "[[1,0,100]]", "1000"),
	LINE("file", "a", "[[1,100,800]]", "2500"),
	LINE("file", "b", "[[2,0,1000],[5,0,1000]]", "6000"),
};

static void test_lines_as_they_were(void **state)
{
	struct rig *r = *state;
	struct tree_base_item item;
	char *line;

	for (size_t i = 0; i < 3; i++) {
		put(r, full[i]);
		put(r, "\n");
	}
	begin(r);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(next(r, &item), 1);
		assert_false(item.is_sparse);
		assert_string_equal(item.facts, "{\"size\":1}");
		if (i == 1)
			continue;
		line = carry(r, NULL);
		assert_string_equal(line, full[i]);
		free(line);
	}
	assert_string_equal(item.path, "b");
	line = carry(r, "{\"size\":2}");
	assert_non_null(strstr(line, "[[2,0,1000],[5,0,1000]]"));
	assert_non_null(strstr(line, "\"facts\":{\"size\":2}}"));
	free(line);
	assert_int_equal(next(r, &item), 0);
	for (size_t i = 0; i < 3; i++)
		assert_true(backup_tree_base_needs(r->base, i));
}

/* A third of part 1 and of part 5 is in use, of part 2 all: what lies in a
 * sparse one as well as in another is stored again. */
static void test_sparse_parts(void **state)
{
	struct rig *r = *state;
	struct tree_base_item item;

	put(r, LINE("directory", ".", "[[1,0,100]]", "1300") "\n");
	put(r, LINE("superseded", "b", "[[1,100,900]]", "2700") "\n");
	put(r, LINE("file", "b", "[[2,0,900]]", "3500") "\n");
	put(r, LINE("file", "c", "[[2,900,100],[5,0,200]]", "1500") "\n");
	begin(r);
	assert_int_equal(next(r, &item), 1);
	assert_true(item.is_sparse);
	assert_int_equal(next(r, &item), 1);
	assert_string_equal(item.type, "file");
	assert_string_equal(item.path, "b");
	assert_false(item.is_sparse);
	free(carry(r, NULL));
	assert_int_equal(next(r, &item), 1);
	assert_true(item.is_sparse);
	assert_int_equal(next(r, &item), 0);
	assert_false(backup_tree_base_needs(r->base, 0));
	assert_true(backup_tree_base_needs(r->base, 1));
	assert_false(backup_tree_base_needs(r->base, 2));
}

/* Where no part is, or beyond its end: never carried over. */
static void test_places_that_are_not_there(void **state)
{
	struct rig *r = *state;
	struct tree_base_item item;

	put(r, LINE("file", "a", "[[3,0,100]]", "4000") "\n");
	put(r, LINE("file", "b", "[[1,0,1001]]", "4000") "\n");
	put(r, LINE("file", "c", "[[1,0,1000]]", "4000") "\n");
	begin(r);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(next(r, &item), 1);
		assert_int_equal(item.is_sparse, i < 2);
	}
}

static void test_bad_lines(void **state)
{
	struct rig *r = *state;
	struct tree_base_item item;

	put(r, LINE("file", "a", "[[1,0,1000]]", "4000") "\n{\"kind\":5}\n");
	begin(r);
	assert_int_equal(next(r, &item), -1);
}

static void test_cut(void **state)
{
	struct rig *r = *state;
	struct tree_base_item item;

	put(r, LINE("file", "a", "[[1,0,1000]]", "4000") "\n{\"kind\":");
	begin(r);
	assert_int_equal(next(r, &item), -1);
}

static void test_empty(void **state)
{
	struct rig *r = *state;
	struct tree_base_item item;

	begin(r);
	assert_int_equal(next(r, &item), 0);
}

/* Lines longer than what is read at once, one upon the other. */
static void test_long_lines(void **state)
{
	struct rig *r = *state;
	struct tree_base_item item;
	char *name = calloc(1, INDEX_NAME_MAX + 1);

	for (int i = 0; i < 40; i++) {
		struct text line = {0};

		memset(name, 'a' + i % 26, INDEX_NAME_MAX);
		text_printf(&line, LINE("file", "%s", "[[1,0,1000]]", "4000"),
			    name);
		text_char(&line, '\n');
		put(r, line.data);
		text_free(&line);
	}
	begin(r);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(next(r, &item), 1);
		memset(name, 'a' + i % 26, INDEX_NAME_MAX);
		assert_string_equal(item.path, name);
	}
	assert_int_equal(next(r, &item), 0);
	free(name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define ONE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		ONE(test_lines_as_they_were),
		ONE(test_sparse_parts),
		ONE(test_places_that_are_not_there),
		ONE(test_bad_lines),
		ONE(test_cut),
		ONE(test_empty),
		ONE(test_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
