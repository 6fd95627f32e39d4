/* test_spool.c - frames pass in their order, however the sink behaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "effort.h"
#include "test_spool_rig.h"

enum {
	/* Some 30 KiB each: what these are does not fit into memory. */
	MANY = 400,
	ROOM = 64 * RIG_MIB,
	PATIENCE_MS = 1,
	HOLD_MS = 60 * 1000,
};

static void test_a_sink_that_keeps_up_needs_no_disk(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	for (unsigned can_wait = 0; can_wait < 2; can_wait++) {
		rig_open(&h, ROOM);
		rig_stream(&st, &h, MANY);
		st.c.can_wait = can_wait;
		st.c.patience_ms = 60000;
		rig_start(&st);
		rig_expect_all(&st);
		assert_int_equal(rig_disk()->opens, 0);
		rig_close(&h);
	}
}

static void test_nothing_at_all(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	rig_stream(&st, &h, 0);
	rig_start(&st);
	rig_expect_all(&st);
	rig_close(&h);
}

/* What fits into memory stays there. */
static void test_a_short_stall_needs_no_disk(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	rig_stream(&st, &h, 100);
	st.sink_takes = 0;
	rig_start(&st);
	rig_settle(&st);
	assert_int_equal(st.given, 100);
	assert_int_equal(rig_disk()->opens, 0);
	rig_let(&st, RIG_NEVER);
	rig_expect_all(&st);
	assert_int_equal(rig_disk()->opens, 0);
	rig_close(&h);
}

/* The source is through while the sink stands; then all comes, in order. */
static void test_a_stalled_sink_does_not_hold_the_source(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	for (unsigned can_wait = 0; can_wait < 2; can_wait++) {
		rig_open(&h, ROOM);
		rig_stream(&st, &h, MANY);
		st.c.can_wait = can_wait;
		st.c.patience_ms = PATIENCE_MS;
		st.sink_takes = 0;
		rig_start(&st);
		while (st.given < MANY)
			rig_turn(&h);
		rig_settle(&st);
		assert_int_equal(st.taken, 0);
		assert_true(spool_used(h.spool) > 6 * RIG_MIB);
		assert_int_equal(rig_names(&h), 0);
		rig_let(&st, RIG_NEVER);
		rig_expect_all(&st);
		assert_int_equal(spool_used(h.spool), 0);
		rig_close(&h);
	}
}

static void test_what_lies_on_disk_is_sealed(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	rig_stream(&st, &h, MANY);
	st.sink_takes = 0;
	rig_start(&st);
	rig_settle(&st);
	assert_true(rig_disk()->writes > 0);
	assert_false(rig_disk()->has_shown_plain);
	rig_let(&st, RIG_NEVER);
	rig_expect_all(&st);
	rig_close(&h);
}

/* The sink takes a few frames, stands, takes more: with all mixtures of what
 * is in memory, on its way to the disk, on it, on its way back. */
static void test_a_sink_by_fits_and_starts(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= effort(8, 2); seed++) {
		struct rig_house h;
		struct rig_stream st;
		unsigned x = seed * 2654435761U;

		rig_open(&h, ROOM);
		rig_stream(&st, &h, 2 * MANY);
		st.c.can_wait = seed % 2 == 0;
		st.sink_takes = 0;
		rig_start(&st);
		while (!st.is_over) {
			x = x * 1664525 + 1013904223;
			for (unsigned i = x >> 28; i > 0 && !st.is_over; i--)
				rig_turn(&h);
			rig_let(&st, (int)(x >> 16 & 63) - 20 > 0
					     ? (int)(x >> 16 & 63) - 20
					     : 0);
		}
		assert_true(rig_disk()->reads > 0);
		rig_expect_all(&st);
		rig_close(&h);
	}
}

/* The room of what was read is free again, though the disk is never empty:
 * much more passes than there is room. */
static void test_room_is_used_again(void **state)
{
	struct rig_house h;
	struct rig_stream st;
	uint64_t most = 0;

	(void)state;
	rig_open(&h, 14 * RIG_MIB);
	rig_stream(&st, &h, effort(3000, 1000));
	st.sink_takes = 0;
	rig_start(&st);
	while (!st.is_over) {
		uint64_t behind = st.given_bytes - st.taken_bytes;

		if (spool_used(h.spool) > most)
			most = spool_used(h.spool);
		st.pause_at = behind > 9 * RIG_MIB ? st.given : 0;
		wake(&st.source.waker);
		rig_let(&st, behind > 8 * RIG_MIB || st.given == st.total);
		rig_turn(&h);
	}
	assert_string_equal(st.err.msg, "");
	assert_true(st.given_bytes > effort(60, 20) * RIG_MIB);
	assert_true(most > 2 * RIG_MIB);
	rig_expect_all(&st);
	rig_close(&h);
}

/* Past the bound a source that cannot wait at all fails at once: not when the
 * stall has lasted long enough. */
static void test_past_the_bound_it_fails_at_once(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, 3 * RIG_MIB);
	rig_stream(&st, &h, 3000);
	st.sink_takes = 0;
	rig_start(&st);
	rig_run(&st);
	assert_true(st.given_bytes < 16 * RIG_MIB);
	assert_int_equal(st.taken, 0);
	assert_non_null(strstr(st.err.msg, "MiB wait"));
	assert_non_null(strstr(st.err.msg, "spool_bytes"));
	rig_expect(&st, ERR_TIMEOUT, "store_stalled");
	rig_close(&h);
}

/* One that cannot wait long is held by a store that is slower than it, for as
 * long as the store takes something; the room serves again and again. */
static void test_past_the_bound_a_slow_store_paces(void **state)
{
	struct rig_house h;
	struct rig_stream st;
	unsigned total = effort(1000, 600);

	(void)state;
	rig_open(&h, 3 * RIG_MIB);
	rig_stream(&st, &h, total);
	st.c.hold_ms = HOLD_MS;
	st.sink_takes = 0;
	rig_start(&st);
	while (spool_used(h.spool) < 2 * RIG_MIB)
		rig_turn(&h);
	rig_settle(&st);
	while (st.taken < total - 100) {
		assert_false(st.is_over);
		rig_let(&st, 10);
		rig_settle(&st);
		assert_true(spool_used(h.spool) <= 3 * RIG_MIB);
		assert_true(st.given_bytes - st.taken_bytes < 12 * RIG_MIB);
	}
	rig_let(&st, RIG_NEVER);
	rig_expect_all(&st);
	rig_close(&h);
}

/* But not by one that takes nothing. */
static void test_past_the_bound_a_silent_store_fails(void **state)
{
	struct rig_house h;
	struct rig_stream st;
	int64_t begun_ms = clock_mono_ms();

	(void)state;
	rig_open(&h, 3 * RIG_MIB);
	rig_stream(&st, &h, 3000);
	st.c.hold_ms = 300;
	st.sink_takes = 0;
	rig_start(&st);
	rig_run(&st);
	assert_true(clock_mono_ms() - begun_ms >= 300);
	assert_non_null(strstr(st.err.msg, "spool_bytes"));
	rig_expect(&st, ERR_TIMEOUT, "store_stalled");
	rig_close(&h);
}

/* One that can is held, and has left half of the room; it goes on later. */
static void test_past_the_bound_a_source_may_wait(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, 8 * RIG_MIB);
	rig_stream(&st, &h, effort(1000, 600));
	st.c.can_wait = true;
	st.sink_takes = 0;
	rig_start(&st);
	while (spool_used(h.spool) < 4 * RIG_MIB - 2 * RIG_FRAME_MAX)
		rig_turn(&h);
	rig_settle(&st);
	assert_false(st.is_over);
	assert_true(st.given_bytes < 10 * RIG_MIB);
	assert_true(spool_used(h.spool) <= 4 * RIG_MIB);
	rig_let(&st, RIG_NEVER);
	rig_expect_all(&st);
	rig_close(&h);
}

/* Frames of lines alone take no room on the disk, but memory. */
static void test_lines_alone_are_bounded(void **state)
{
	enum { LINES = 1000, WEIGHT = LINES * 150, MEMORY_MAX = 16 * RIG_MIB };
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	for (unsigned can_wait = 0; can_wait < 2; can_wait++) {
		rig_open(&h, ROOM);
		rig_stream(&st, &h, effort(600, 300));
		st.nlines = LINES;
		st.c.can_wait = can_wait;
		st.c.patience_ms = PATIENCE_MS;
		st.c.hold_ms = HOLD_MS;
		st.sink_takes = 0;
		rig_start(&st);
		while (st.given * (uint64_t)WEIGHT < MEMORY_MAX / 2)
			rig_turn(&h);
		rig_settle(&st);
		assert_int_equal(st.taken, 0);
		assert_false(st.is_over);
		assert_true(st.given * (uint64_t)WEIGHT <
			    MEMORY_MAX + SPOOL_MEMORY_BYTES + 2 * RIG_MIB);
		rig_let(&st, RIG_NEVER);
		rig_expect_all(&st);
		rig_close(&h);
	}
}

static void test_streams_share_the_bound(void **state)
{
	struct rig_stream polite, first, second;
	struct rig_house h;

	(void)state;
	rig_open(&h, 8 * RIG_MIB);
	rig_stream(&polite, &h, effort(1000, 600));
	polite.c.can_wait = true;
	rig_stream(&first, &h, effort(1000, 400));
	first.pause_at = 200; /* some 2 MiB more than memory holds */
	rig_stream(&second, &h, 1000);
	polite.sink_takes = first.sink_takes = second.sink_takes = 0;
	rig_start(&polite);
	while (spool_used(h.spool) < 4 * RIG_MIB - 2 * RIG_FRAME_MAX)
		rig_turn(&h);
	rig_settle(&polite);
	rig_start(&first);
	while (spool_used(h.spool) <= 4 * RIG_MIB)
		rig_turn(&h);
	rig_settle(&first);
	assert_int_equal(first.given, 200);
	rig_start(&second);
	rig_expect(&second, ERR_TIMEOUT, "store_stalled");
	assert_false(first.is_over || polite.is_over);
	rig_let(&first, RIG_NEVER);
	rig_let(&polite, RIG_NEVER);
	while (first.taken < 200)
		rig_turn(&h);
	first.pause_at = 0;
	wake(&first.source.waker);
	rig_expect_all(&polite);
	rig_expect_all(&first);
	rig_close(&h);
}

/* With frames in memory alone, on the disk, and from one that can wait. */
static void test_a_stall_that_lasts_too_long(void **state)
{
	static const struct {
		unsigned total;
		bool can_wait;
	} cases[] = {{20, false}, {MANY, false}, {MANY, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig_house h;
		struct rig_stream st;
		int64_t begun_ms;

		rig_open(&h, ROOM);
		rig_stream(&st, &h, cases[i].total);
		st.c.can_wait = cases[i].can_wait;
		st.c.stall_seconds = 1;
		st.sink_takes = 0;
		begun_ms = clock_mono_ms();
		rig_start(&st);
		rig_run(&st);
		assert_true(clock_mono_ms() - begun_ms >= 1000);
		/* All of them, where they take less than the second. */
		assert_in_range(st.given, 1, cases[i].total);
		assert_non_null(strstr(st.err.msg, "took nothing for 1 s"));
		rig_expect(&st, ERR_TIMEOUT, "store_stalled");
		rig_close(&h);
	}
}

/* Who waits for others, not for the store, waits as long as it takes. */
static void test_without_a_limit_it_does_not_stall(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	rig_stream(&st, &h, MANY);
	st.c.stall_seconds = 0;
	st.idle_seconds = 1;
	st.sink_takes = 0;
	rig_start(&st);
	rig_run(&st);
	assert_non_null(strstr(st.err.msg, "nothing moved"));
	rig_expect(&st, ERR_TIMEOUT, "store_stalled");
	rig_close(&h);
}

/* Its stage wakes nobody but when something is due, so the pipeline still
 * finds a source that is silent. */
static void test_a_silent_source_is_still_found(void **state)
{
	struct rig_house h;
	struct rig_stream st;

	(void)state;
	rig_open(&h, ROOM);
	rig_stream(&st, &h, 10);
	st.c.can_wait = true;
	st.c.patience_ms = PATIENCE_MS;
	st.pause_at = 5;
	st.idle_seconds = 1;
	rig_start(&st);
	rig_expect(&st, ERR_TIMEOUT, "connection_failed");
	assert_int_equal(st.taken, 5);
	rig_close(&h);
}

/* A link that is not full does not make a stage that can wait run in circles.
 */
static void test_waiting_takes_no_turns(void **state)
{
	struct rig_house h;
	struct rig_stream st;
	int64_t begun_ms;

	(void)state;
	rig_open(&h, ROOM);
	rig_stream(&st, &h, 10);
	st.c.can_wait = true;
	st.c.patience_ms = PATIENCE_MS;
	st.pause_at = 3;
	st.sink_takes = 0;
	st.idle_seconds = 1;
	begun_ms = clock_mono_ms();
	rig_start(&st);
	rig_run(&st);
	assert_true(clock_mono_ms() - begun_ms < 60000);
	rig_expect(&st, ERR_TIMEOUT, "connection_failed");
	rig_close(&h);
}

/* Also with work at the workers, and when all else goes at once. */
static void test_torn_down_at_every_moment(void **state)
{
	bool was_over = false;

	(void)state;
	for (unsigned turns = 0; !was_over && turns < 900;
	     turns += effort(7, 91)) {
		struct rig_house h;
		struct rig_stream st;

		rig_open(&h, ROOM);
		rig_stream(&st, &h, 300);
		st.sink_takes = 0;
		rig_start(&st);
		for (unsigned i = 0; i < turns && !st.is_over; i++) {
			if (i == 400)
				rig_let(&st, RIG_NEVER);
			rig_turn(&h);
		}
		was_over = st.is_over;
		if (turns % 2 == 0) {
			rig_stop(&st);
			rig_close(&h);
			continue;
		}
		pipeline_free(st.p);
		item_unref(st.item);
		spool_free(h.spool);
		rig_close_rest(&h);
	}
}

static void touch(const struct rig_house *h, const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", h->folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

/* Only names that a spool gives are removed. */
static void test_clean_removes_what_is_ours_alone(void **state)
{
	static const char *const others[] = {"coffer-spool-", "notes",
					     "coffer-spool-aB3xY99",
					     "my-coffer-spool-aB3xY9"};
	struct rig_house h;
	char path[128];

	(void)state;
	rig_open(&h, ROOM);
	touch(&h, "coffer-spool-aB3xY9");
	touch(&h, "coffer-spool-zzzzzz");
	for (size_t i = 0; i < 4; i++)
		touch(&h, others[i]);
	spool_clean(h.folder);
	assert_int_equal(rig_names(&h), 4);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", h.folder,
			       others[i]);
		assert_int_equal(unlink(path), 0);
	}
	spool_clean("/nowhere/at/all");
	rig_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_sink_that_keeps_up_needs_no_disk),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_a_short_stall_needs_no_disk),
		cmocka_unit_test(test_a_stalled_sink_does_not_hold_the_source),
		cmocka_unit_test(test_what_lies_on_disk_is_sealed),
		cmocka_unit_test(test_a_sink_by_fits_and_starts),
		cmocka_unit_test(test_room_is_used_again),
		cmocka_unit_test(test_past_the_bound_it_fails_at_once),
		cmocka_unit_test(test_past_the_bound_a_slow_store_paces),
		cmocka_unit_test(test_past_the_bound_a_silent_store_fails),
		cmocka_unit_test(test_past_the_bound_a_source_may_wait),
		cmocka_unit_test(test_lines_alone_are_bounded),
		cmocka_unit_test(test_streams_share_the_bound),
		cmocka_unit_test(test_a_stall_that_lasts_too_long),
		cmocka_unit_test(test_without_a_limit_it_does_not_stall),
		cmocka_unit_test(test_a_silent_source_is_still_found),
		cmocka_unit_test(test_waiting_takes_no_turns),
		cmocka_unit_test(test_torn_down_at_every_moment),
		cmocka_unit_test(test_clean_removes_what_is_ours_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
