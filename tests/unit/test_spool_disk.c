/* test_spool_disk.c - a disk that is full, slow, broken or lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "test_spool_rig.h"

enum { MANY = 300, ROOM = 64 * RIG_MIB };

/* A stream whose sink stands until all that can be written is. */
static void start_stalled(struct rig_stream *st, struct rig_house *h)
{
	rig_stream(st, h, MANY);
	st->sink_takes = 0;
}

static void go_on(struct rig_stream *st)
{
	rig_settle(st);
	if (!st->is_over)
		rig_let(st, RIG_NEVER);
}

static void test_reads_and_writes_by_pieces(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	start_stalled(&st, &h);
	rig_disk()->piece_bytes = 5000;
	rig_start(&st);
	go_on(&st);
	rig_expect_all(&st);
	assert_true(rig_disk()->writes > MANY && rig_disk()->reads > MANY);
	rig_close(&h);
}

static void test_files_with_a_name_for_a_moment(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	start_stalled(&st, &h);
	rig_disk()->has_no_tmpfile = true;
	rig_start(&st);
	rig_settle(&st);
	assert_true(spool_used(h.spool) > 0 && rig_disk()->writes > 0);
	assert_int_equal(rig_names(&h), 0);
	go_on(&st);
	rig_expect_all(&st);
	rig_close(&h);
}

/* Told by fallocate(), or only by a write in the middle of a job. */
static void fill_disk(unsigned how)
{
	rig_disk()->is_full = how == 0;
	rig_disk()->has_no_fallocate = how > 0;
	rig_disk()->full_after = how;
}

static void test_a_full_disk_fails_who_cannot_wait(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 4; how++) {
		struct rig_house h;
		struct rig_stream st;

		rig_open(&h, ROOM);
		start_stalled(&st, &h);
		fill_disk(how);
		rig_start(&st);
		rig_run(&st);
		assert_non_null(
			strstr(st.err.msg, "disk of the spool is full"));
		rig_expect(&st, ERR_TIMEOUT, "store_stalled");
		rig_close(&h);
	}
}

/* What was to be written is as it was; nothing is lost or changed. */
static void test_a_full_disk_holds_who_can_wait(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 40; how += 3) {
		struct rig_house h;
		struct rig_stream st;

		rig_open(&h, ROOM);
		start_stalled(&st, &h);
		st.c.can_wait = true;
		fill_disk(how);
		rig_start(&st);
		while (st.given == 0 || rig_disk()->opens == 0)
			rig_turn(&h);
		rig_settle(&st);
		assert_true(st.given < MANY);
		go_on(&st);
		rig_expect_all(&st);
		rig_close(&h);
	}
}

/* It is tried again when there may be room, but not without end. */
static void test_a_full_disk_is_not_hammered(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	start_stalled(&st, &h);
	st.c.can_wait = true;
	fill_disk(1);
	rig_start(&st);
	while (rig_disk()->writes < 2)
		rig_turn(&h);
	for (int i = 0; i < 500; i++)
		rig_turn(&h);
	assert_true(rig_disk()->writes < 5);
	fill_disk(0);
	rig_disk()->is_full = false;
	rig_let(&st, 2);
	while (st.given < MANY)
		rig_turn(&h);
	go_on(&st);
	rig_expect_all(&st);
	rig_close(&h);
}

static void test_no_file_can_be_made(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	start_stalled(&st, &h);
	rig_disk()->is_shut = true;
	rig_start(&st);
	rig_run(&st);
	assert_non_null(strstr(st.err.msg, h.folder));
	rig_expect(&st, ERR_IO, "internal");
	rig_close(&h);
}

static void test_a_write_fails(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 60; n += 13) {
		struct rig_house h;
		struct rig_stream st;

		rig_open(&h, ROOM);
		start_stalled(&st, &h);
		rig_disk()->fail_write = n;
		rig_start(&st);
		rig_run(&st);
		assert_non_null(strstr(st.err.msg, "cannot write"));
		rig_expect(&st, ERR_IO, "internal");
		rig_close(&h);
	}
}

/* What came before passes, right, and nothing behind it (the sink checks). */
static void read_badly(unsigned n, unsigned *which, enum err_code code)
{
	struct rig_house h;
	struct rig_stream st;

	rig_open(&h, ROOM);
	start_stalled(&st, &h);
	*which = n;
	rig_start(&st);
	go_on(&st);
	rig_run(&st);
	assert_true(st.taken < MANY);
	rig_expect(&st, code, "internal");
	rig_close(&h);
}

static void test_a_read_fails(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 60; n += 13)
		read_badly(n, &rig_disk()->fail_read, ERR_IO);
}

static void test_damage_on_the_disk_is_refused(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 60; n += 7)
		read_badly(n, &rig_disk()->flip_read, ERR_DAMAGED);
}

static void test_a_file_that_became_shorter_is_refused(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 60; n += 13)
		read_badly(n, &rig_disk()->cut_read, ERR_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_and_writes_by_pieces),
		cmocka_unit_test(test_files_with_a_name_for_a_moment),
		cmocka_unit_test(test_a_full_disk_fails_who_cannot_wait),
		cmocka_unit_test(test_a_full_disk_holds_who_can_wait),
		cmocka_unit_test(test_a_full_disk_is_not_hammered),
		cmocka_unit_test(test_no_file_can_be_made),
		cmocka_unit_test(test_a_write_fails),
		cmocka_unit_test(test_a_read_fails),
		cmocka_unit_test(test_damage_on_the_disk_is_refused),
		cmocka_unit_test(test_a_file_that_became_shorter_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
