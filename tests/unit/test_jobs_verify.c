/* test_jobs_verify.c - what an index says, held against manifest and parts;
 * samples. Indexes that are wrong and well signed come from bugs, so no store
 * has them: they are made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/verify/verify_index.h"
#include "jobs/verify/verify_parts.h"
#include "loop/loop.h"
#include "loop/workers.h"

#define DIGEST "\"digest\":\"00000000000000000000000000000000\""
#define TABLE(name, rest)                                                      \
	"{\"kind\":\"data\",\"type\":\"table\",\"group\":\"d\",\"name\":"      \
	"\"" name "\"," DIGEST "," rest "}"
#define MADE(name, rest)                                                       \
	"{\"kind\":\"schema\",\"type\":\"table\",\"group\":\"d\",\"name\":"    \
	"\"" name "\"," rest "}"

/* Part 1 has one frame of definitions, parts 2 and 3 two frames of rows. */
struct rig {
	struct manifest_object parts[3];
	struct manifest m;
	struct verify_index *x;
	struct loop *loop;
	struct workers *workers;
	struct err err;
};

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct err e = {0};

	for (uint32_t i = 0; i < 3; i++) {
		r->parts[i].stored_bytes = 200;
		r->parts[i].number = i + 1;
	}
	r->m.parts.list = r->parts;
	r->m.parts.n = 3;
	r->m.plain_bytes = 5000;
	r->m.counts_json = strdup("{\"rows\":30,\"tables\":2}");
	r->m.sections[0] = (struct manifest_section){ITEM_SCHEMA, 1};
	r->m.sections[1] = (struct manifest_section){ITEM_DATA, 2};
	r->m.nsections = 2;
	r->x = verify_index_new(&r->m, &e);
	r->loop = loop_new(&e);
	r->workers = workers_new(r->loop, "test", 1, &e);
	assert_false(err_is(&e));
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	verify_index_free(r->x);
	workers_free(r->workers);
	loop_free(r->loop);
	free(r->m.counts_json);
	free(r);
	return 0;
}

static bool add(struct rig *r, const char *line)
{
	struct index_line l;
	bool ok;

	memset(&r->err, 0, sizeof(r->err));
	assert_true(index_line_parse(&l, line, strlen(line), &r->err));
	ok = verify_index_add(r->x, &l, &r->err);
	index_line_fini(&l);
	return ok;
}

static void on_settled(void *arg, const struct err *e)
{
	struct rig *r = arg;

	memset(&r->err, 0, sizeof(r->err));
	if (e != NULL)
		r->err = *e;
	loop_stop(r->loop);
}

static bool settle(struct rig *r)
{
	assert_true(
		verify_index_settle(r->x, r->workers, on_settled, r, &r->err));
	loop_run(r->loop);
	return !err_is(&r->err);
}

static bool fits(struct rig *r, uint32_t part, size_t first, size_t plain)
{
	const struct verify_frame frames[2] = {{first, plain},
					       {200, 2 * plain}};

	memset(&r->err, 0, sizeof(r->err));
	return verify_index_fits(r->x, part, frames, 2, &r->err);
}

static void damaged(const struct rig *r, const char *text)
{
	assert_int_equal(r->err.code, ERR_DAMAGED);
	assert_string_equal(r->err.api, "damaged_backup");
	if (strstr(r->err.msg, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, r->err.msg);
}

/* Small tables "a" and "b" share the second frame of part 2. */
static void add_sound(struct rig *r)
{
	assert_true(add(r, MADE("a", "\"extents\":[[1,0,200]],"
				     "\"plain_bytes\":500")));
	assert_true(add(r, TABLE("a", "\"extents\":[[2,0,200]],"
				      "\"plain_bytes\":1500,\"rows\":20")));
	assert_true(add(r, TABLE("b", "\"extents\":[[2,80,120],[3,0,200]],"
				      "\"skip\":500,\"plain_bytes\":2500,"
				      "\"rows\":10")));
}

static void test_sound(void **state)
{
	struct rig *r = *state;

	add_sound(r);
	assert_true(settle(r));
	assert_true(fits(r, 1, 100, 300));
	assert_true(fits(r, 2, 80, 1000));
	assert_true(fits(r, 3, 120, 1000));
	assert_true(verify_index_is_through(r->x, &r->err));
}

static void test_places_that_are_none(void **state)
{
	struct rig *r = *state;

	assert_false(add(r, TABLE("a", "\"extents\":[[4,0,100]],"
				       "\"plain_bytes\":1,\"rows\":1")));
	damaged(r, "not there");
	assert_false(add(r, TABLE("a", "\"extents\":[[1,0,100]],"
				       "\"plain_bytes\":1,\"rows\":1")));
	damaged(r, "another kind");
	assert_false(add(r, MADE("a", "\"extents\":[[2,0,100]],"
				      "\"plain_bytes\":1")));
	damaged(r, "another kind");
	assert_false(add(r, TABLE("a", "\"extents\":[[2,100,101]],"
				       "\"plain_bytes\":1,\"rows\":1")));
	damaged(r, "beyond the end");
}

static void test_counts(void **state)
{
	struct rig *r = *state;

	assert_true(add(r, TABLE("a", "\"extents\":[[2,0,200]],"
				      "\"plain_bytes\":1500,\"rows\":30")));
	assert_false(settle(r));
	damaged(r, "1 tables, the manifest 2");
}

static void test_rows(void **state)
{
	struct rig *r = *state;

	assert_true(add(r, TABLE("a", "\"extents\":[[2,0,200]],"
				      "\"plain_bytes\":1500,\"rows\":29")));
	assert_true(add(r, TABLE("b", "\"extents\":[],\"plain_bytes\":0,"
				      "\"rows\":0")));
	assert_false(settle(r));
	damaged(r, "29 rows, the manifest 30");
}

static void test_bytes(void **state)
{
	struct rig *r = *state;

	add_sound(r);
	r->m.plain_bytes = 4499;
	assert_false(settle(r));
	damaged(r, "more bytes");
}

/* Of items that lie apart nobody else may have a byte, whoever is first. */
static void test_apart_overlapped(void **state)
{
	struct rig *r = *state;

	assert_true(add(r, TABLE("a", "\"extents\":[[2,0,100]],\"apart\":true,"
				      "\"plain_bytes\":100,\"rows\":20")));
	assert_true(add(r, TABLE("b", "\"extents\":[[2,80,120]],"
				      "\"plain_bytes\":100,\"rows\":10")));
	assert_false(settle(r));
	damaged(r, "each other in part 2");
}

static void test_apart_overlaps(void **state)
{
	struct rig *r = *state;

	assert_true(add(r, TABLE("a", "\"extents\":[[2,80,120]],"
				      "\"apart\":true,\"plain_bytes\":100,"
				      "\"rows\":20")));
	assert_true(add(r, TABLE("b", "\"extents\":[[2,0,100]],"
				      "\"plain_bytes\":100,\"rows\":10")));
	assert_false(settle(r));
	damaged(r, "each other in part 2");
}

static void test_middle_of_a_frame(void **state)
{
	struct rig *r = *state;

	add_sound(r);
	assert_true(settle(r));
	assert_false(fits(r, 2, 81, 1000));
	damaged(r, "middle of a frame");
	memset(&r->err, 0, sizeof(r->err));
	assert_false(verify_index_fits(r->x, 3, NULL, 0, &r->err));
	damaged(r, "middle of a frame");
}

/* 500 + 2500 bytes of "b" are told; its frames hold 1000 + 2000. */
static void test_frames_too_small(void **state)
{
	struct rig *r = *state;

	add_sound(r);
	assert_true(settle(r));
	assert_true(fits(r, 1, 100, 300));
	assert_true(fits(r, 2, 80, 1000));
	assert_true(fits(r, 3, 120, 999));
	assert_false(verify_index_is_through(r->x, &r->err));
	damaged(r, "item 3");
}

static void test_apart_holds_no_more(void **state)
{
	struct rig *r = *state;

	assert_true(add(r, TABLE("a", "\"extents\":[[2,0,200]],\"apart\":true,"
				      "\"plain_bytes\":2000,\"rows\":20")));
	assert_true(add(r, TABLE("b", "\"extents\":[],\"plain_bytes\":0,"
				      "\"rows\":10")));
	assert_true(settle(r));
	assert_true(fits(r, 2, 80, 1001));
	assert_false(verify_index_is_through(r->x, &r->err));
	damaged(r, "item 1");
}

/* In order, each once; all of few, 16 of some, 5 % of many. */
static void test_sample_sizes(void **state)
{
	static const size_t sizes[][2] = {{0, 0},     {1, 1},	  {16, 16},
					  {17, 16},   {320, 16},  {321, 17},
					  {1000, 50}, {9999, 500}};
	uint32_t *list = calloc(10000, sizeof(*list));

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t n = verify_parts_sample(sizes[i][0], list);

		assert_int_equal(n, sizes[i][1]);
		for (size_t at = 0; at < n; at++) {
			assert_in_range(list[at], 1, sizes[i][0]);
			assert_true(at == 0 || list[at] > list[at - 1]);
		}
	}
	free(list);
}

/* Over many samples each part has its turn about as often: the mean is 160
 * times, and 100 or 220 are five standard deviations away. */
static void test_sample_is_fair(void **state)
{
	unsigned taken[101] = {0};
	uint32_t list[100];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(verify_parts_sample(100, list), 16);
		for (int at = 0; at < 16; at++)
			taken[list[at]]++;
	}
	for (int part = 1; part <= 100; part++)
		assert_in_range(taken[part], 100, 220);
}

#define RIGGED(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_sound),
		RIGGED(test_places_that_are_none),
		RIGGED(test_counts),
		RIGGED(test_rows),
		RIGGED(test_bytes),
		RIGGED(test_apart_overlapped),
		RIGGED(test_apart_overlaps),
		RIGGED(test_middle_of_a_frame),
		RIGGED(test_frames_too_small),
		RIGGED(test_apart_holds_no_more),
		cmocka_unit_test(test_sample_sizes),
		cmocka_unit_test(test_sample_is_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
