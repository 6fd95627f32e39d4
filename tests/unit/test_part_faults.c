/* test_part_faults.c - stores that fail, streams that end too early, and all
 * of it torn down at any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/layout.h"
#include "manifest/part_writer_int.h"
#include "test_manifest_rig.h"

enum { TURNS_MAX = 3000 };

static void small(struct rig *r, uint64_t seed)
{
	rig_init(r, seed);
	r->part_bytes = 900;
	r->frame_bytes = 700;
	rig_make_items(r, 40, 10000);
}

static void fault(struct rig *r, unsigned kinds, unsigned at,
		  enum fake_mode mode)
{
	r->fake->matched = 0;
	r->fake->fault_kinds = kinds;
	r->fake->fault_at = at;
	r->fake->fault_mode = mode;
	r->fake->fault_code = ERR_CONNECT;
}

/* False when the backup had fewer puts. */
static bool put_fails(unsigned at, enum fake_mode mode)
{
	struct rig r;
	bool is_reached;

	small(&r, 5);
	fault(&r, FAKE_PUT, at, mode);
	rig_backup(&r);
	is_reached = r.fake->matched >= at;
	assert_int_equal(r.err.code, is_reached ? ERR_CONNECT : ERR_NONE);
	if (is_reached) {
		assert_string_equal(r.err.api, "store_failed");
		assert_non_null(strstr(r.err.msg, "storing "));
	}
	rig_fini(&r);
	return is_reached;
}

/* Each put in turn fails, for good or at the call; the backup fails with it
 * and says which object it was. */
static void test_every_put(void **state)
{
	unsigned at = 1;

	(void)state;
	while (put_fails(at, FAKE_FAIL) && put_fails(at, FAKE_REFUSE))
		at++;
	assert_true(at > 10);
}

/* A store that does not answer stops everything, and all can be ended. */
static void test_stalled_puts(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 12; at++) {
		struct rig r;

		small(&r, 5);
		fault(&r, FAKE_PUT, at, FAKE_STALL);
		r.fake->is_lasting = at % 2 == 0;
		rig_start_backup(&r);
		rig_turns(&r, TURNS_MAX);
		assert_false(r.is_over);
		assert_true(r.fake->puts_now <= r.puts_at_once);
		rig_fini(&r);
	}
}

static void test_backup_torn_down_at_every_turn(void **state)
{
	bool is_over = false;

	(void)state;
	for (unsigned turns = 0; turns < TURNS_MAX && !is_over; turns++) {
		struct rig r;

		small(&r, 5);
		rig_start_backup(&r);
		for (unsigned i = 0; i < turns && !r.is_over; i++)
			rig_step(&r);
		is_over = r.is_over;
		rig_fini(&r);
	}
	assert_true(is_over);
}

static void test_restore_torn_down_at_every_turn(void **state)
{
	bool is_over = false;
	struct rig r;

	(void)state;
	small(&r, 5);
	rig_backup(&r);
	rig_describe(&r);
	for (unsigned turns = 0; turns < TURNS_MAX && !is_over; turns++) {
		rig_start_restore(&r);
		for (unsigned i = 0; i < turns && !r.is_over; i++)
			rig_step(&r);
		is_over = r.is_over;
		rig_stop(&r);
	}
	assert_true(is_over);
	rig_fini(&r);
}

static void test_every_get(void **state)
{
	struct rig r;

	(void)state;
	small(&r, 6);
	rig_backup(&r);
	rig_describe(&r);
	for (unsigned at = 1; at <= r.m.parts.n; at++) {
		fault(&r, FAKE_GET, at, FAKE_FAIL);
		rig_restore(&r);
		assert_int_equal(r.err.code, ERR_CONNECT);
		assert_string_equal(r.err.api, "store_failed");
		assert_non_null(strstr(r.err.msg, r.m.parts.list[at - 1].key));
		fault(&r, FAKE_GET, at, FAKE_REFUSE);
		rig_restore(&r);
		assert_int_equal(r.err.code, ERR_CONNECT);
	}
	rig_fini(&r);
}

/* One pipeline is ended while its statement is not; the others fail too, so
 * that no half statement stays in front of something. */
static void test_port_gone_in_a_statement(void **state)
{
	unsigned found = 0;

	(void)state;
	for (unsigned turns = 1; turns < 400; turns++) {
		struct rig r;

		small(&r, 5);
		rig_start_backup(&r);
		for (unsigned i = 0; i < turns && !r.is_over; i++)
			rig_turns(&r, 1);
		if (!r.is_over && r.writer->holder != NULL) {
			for (unsigned i = 0; i < r.npipes; i++) {
				struct port *before = r.writer->holder;

				if (before == NULL)
					break;
				pipeline_free(r.pipes[i]);
				r.pipes[i] = NULL;
			}
			assert_true(err_is(&r.writer->err));
			found++;
		}
		rig_fini(&r);
	}
	assert_true(found > 0);
}

static void test_part_numbers_run_out(void **state)
{
	struct rig r;

	(void)state;
	small(&r, 5);
	rig_start_backup(&r);
	r.writer->last_number = LAYOUT_NUMBER_MAX - 1;
	rig_run(&r);
	assert_int_equal(r.err.code, ERR_INVALID);
	assert_non_null(strstr(r.err.msg, "larger"));
	rig_fini(&r);
}

static void test_names_are_checked(void **state)
{
	struct part_writer_config c = {
		.source_id = RIG_SOURCE,
		.backup_id = RIG_BACKUP,
		.suffix = ".a-suffix-that-is-longer-than-any-that-we-have"};
	struct err e = {0};

	(void)state;
	assert_null(part_writer_new(&c, &e));
	assert_int_equal(e.code, ERR_BUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_put),
		cmocka_unit_test(test_stalled_puts),
		cmocka_unit_test(test_backup_torn_down_at_every_turn),
		cmocka_unit_test(test_restore_torn_down_at_every_turn),
		cmocka_unit_test(test_every_get),
		cmocka_unit_test(test_port_gone_in_a_statement),
		cmocka_unit_test(test_part_numbers_run_out),
		cmocka_unit_test(test_names_are_checked),
	};

	return cmocka_run_group_tests_name("part faults", tests, NULL, NULL);
}
