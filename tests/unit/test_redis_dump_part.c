/* test_redis_dump_part.c - dumps of some databases and keys, and of what is
 * not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "test_redis_dump_rig.h"

/* What a part of the sample looks like, written as a server would. */
static void part_of_sample(struct text *t, bool with_0, bool with_3)
{
	make_begin(t);
	if (with_0) {
		make_byte(t, 0xfe);
		make_byte(t, 0);
		make_key(t, "user:1", "ann");
		make_key_until(t, "user:2", "bob", 4102444800000);
	}
	if (with_3) {
		make_byte(t, 0xfe);
		make_byte(t, 3);
		make_key(t, "user:9", "zoe");
	}
	make_end(t);
}

static void run_part(struct dump_rig *r, const struct text *rdb,
		     const struct text *want, const char *items)
{
	struct text says = {0};

	rig_serve(r, &says, rdb);
	for (size_t piece = 0; piece < 30; piece++) {
		rig_start(r);
		fake_redis_pieces(r->fake, piece);
		loop_run(r->loop);
		rig_expect_bytes(r, want);
		assert_string_equal(r->items.data, items);
		rig_stop(r);
	}
	text_free(&says);
}

static void test_rule11_some_databases_and_keys(void **state)
{
	static const uint32_t numbers[] = {0, 3};
	static const char *const keys[] = {"user:*", "nobody"};
	struct text rdb = {0}, want = {0};
	struct dump_rig r;

	(void)state;
	make_sample(&rdb);
	rig_init(&r);
	r.config.scope.numbers = numbers + 1;
	r.config.scope.nnumbers = 1;
	part_of_sample(&want, false, true);
	run_part(&r, &rdb, &want, "header  0;database 3 1;end  0;");
	rig_fini(&r);

	rig_init(&r);
	r.config.scope.numbers = numbers;
	r.config.scope.nnumbers = 2;
	r.config.scope.keys = keys;
	r.config.scope.nkeys = 1;
	text_free(&want);
	part_of_sample(&want, true, true);
	run_part(&r, &rdb, &want,
		 "header  0;database 0 2;database 3 1;end  0;");
	rig_fini(&r);

	rig_init(&r);
	r.config.scope.keys = keys + 1;
	r.config.scope.nkeys = 1;
	text_free(&want);
	part_of_sample(&want, false, false);
	run_part(&r, &rdb, &want, "header  0;end  0;");
	rig_fini(&r);
	text_free(&rdb);
	text_free(&want);
}

static void test_rule11_nothing_is_in_the_scope(void **state)
{
	static const uint32_t number = 9;
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	r.config.scope.numbers = &number;
	r.config.scope.nnumbers = 1;
	make_sample(&rdb);
	rig_serve(&r, &says, &rdb);
	assert_int_equal(rig_run(&r)->databases, 0);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_true(rig_has_warning(&r, "nothing_in_scope"));
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

static void test_rule11_part_of_many_frames(void **state)
{
	static const uint32_t numbers[] = {0, 2};
	static const char *const keys[] = {"key:2*"};
	struct text rdb = {0}, says = {0};
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	r.config.scope.numbers = numbers;
	r.config.scope.nnumbers = 2;
	r.config.scope.keys = keys;
	r.config.scope.nkeys = 1;
	make_large_sample(&rdb);
	rig_serve(&r, &says, &rdb);
	f = rig_run(&r);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(f->keys, 22);
	assert_int_equal(f->plain_bytes, r.bytes.len);
	assert_string_equal(r.items.data,
			    "header  0;database 0 11;database 2 11;end  0;");
	assert_true(r.bytes.len > 4 * FRAME_BYTES);
	assert_true(r.bytes.len < 5 * FRAME_BYTES);
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

/* Of a server that is newer than we are. */
static void opaque_sample(struct text *rdb)
{
	make_begin(rdb);
	make_select(rdb, 0);
	make_key(rdb, "known", "1");
	make_byte(rdb, 200);
	make_string(rdb, "new", 3);
	make_string(rdb, "what may this be", 16);
	make_end(rdb);
}

static void test_unknown_type(void **state)
{
	static const uint32_t number = 0;
	struct text rdb = {0}, says = {0};
	const struct dump_facts *f;
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	opaque_sample(&rdb);
	rig_serve(&r, &says, &rdb);
	f = rig_run(&r);
	rig_expect_bytes(&r, &rdb);
	assert_true(rig_has_warning(&r, "unknown_type"));
	assert_null(f->counts_json);
	assert_int_equal(f->keys, 0);
	assert_non_null(strstr(r.items.data, ";opaque  0;"));
	assert_null(strstr(r.items.data, "end "));
	rig_stop(&r);
	r.config.scope.numbers = &number;
	r.config.scope.nnumbers = 1;
	(void)rig_run(&r);
	rig_expect_failure(&r, ERR_INVALID, "source_failed",
			   "back up the whole instance");
	rig_stop(&r);
	r.config.scope.nnumbers = 0;
	says.data[says.len - 60] ^= 1;
	(void)rig_run(&r);
	rig_expect_failure(&r, ERR_DAMAGED, "damaged_stream",
			   "does not end as one");
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule11_some_databases_and_keys),
		cmocka_unit_test(test_rule11_nothing_is_in_the_scope),
		cmocka_unit_test(test_rule11_part_of_many_frames),
		cmocka_unit_test(test_unknown_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
