/* test_programs_snapshot.c - snapshots that are held, let go of, found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/text.h"
#include "loop/loop.h"
#include "programs/snapshot.h"
#include "test_programs_fake.h"

struct rig {
	struct loop *loop;
	struct snapshots *snapshots;
	struct err err;
	char hook[32];
	unsigned ndone;
};

static void begin(struct rig *r, const struct fake_call *calls)
{
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	r->loop = loop_new(&e);
	fake_programs_begin(r->loop, calls);
	r->snapshots = snapshots_new(r->loop, NULL, "srv_1", &e);
	assert_non_null(r->snapshots);
}

static void end(struct rig *r)
{
	snapshots_free(r->snapshots);
	loop_free(r->loop);
	fake_programs_end();
}

static void on_done(void *arg, const struct err *e)
{
	struct rig *r = arg;

	r->ndone++;
	r->err = e != NULL ? *e : (struct err){0};
	loop_stop(r->loop);
}

static void on_idle(void *arg)
{
	struct rig *r = arg;

	loop_stop(r->loop);
}

/* Until nothing is being released any more. */
static void settle(struct rig *r)
{
	snapshots_stop(r->snapshots, on_idle, r);
	loop_run(r->loop);
	assert_true(snapshots_is_idle(r->snapshots));
}

static struct snapshot *hold(struct rig *r, const char *id)
{
	struct err e = {0};
	struct snapshot *sn = snapshot_new(r->snapshots, "fs", id, NULL, r, &e);

	assert_non_null(sn);
	return sn;
}

static const struct fake_call healthy[] = {
	{"list", "{\"hooks\":[\"fs\"]}", NULL, 0, 0},
	{"fs probe", "{\"contract\":1,\"can\":true,\"atomic\":true}", NULL, 0,
	 0},
	{"fs create", "{\"id\":\"bak_1\"}", NULL, 0, 0},
	{"fs open", "{\"directory\":\"/snap/1\"}", NULL, 0, 0},
	{"fs release", "{}", NULL, 0, 0},
	{"fs list",
	 "{\"snapshots\":[{\"id\":\"bak_1\"},{\"id\":\"bak_2\"},"
	 "{\"id\":\"bak_3\"},{\"id\":7},{}]}",
	 NULL, 0, 0},
	{NULL, NULL, NULL, 0, 0}};

static void test_its_life(void **state)
{
	struct err e = {0};
	struct snapshot *sn;
	struct rig r;

	(void)state;
	begin(&r, healthy);
	sn = hold(&r, "bak_1");
	assert_true(snapshot_create(sn, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	assert_false(err_is(&r.err));
	assert_null(snapshot_directory(sn));
	assert_true(snapshot_open(sn, on_done, &e));
	loop_run(r.loop);
	assert_string_equal(snapshot_directory(sn), "/snap/1");
	assert_true(snapshot_release(sn, on_done, &e));
	loop_run(r.loop);
	assert_false(err_is(&r.err));
	snapshot_let_go(sn);
	assert_string_equal(fake_programs_log(), "fs create bak_1 /data\n"
						 "fs open bak_1 -\n"
						 "fs release bak_1 -\n");
	end(&r);
}

/* Whoever has it goes: it is released though nobody asks. */
static void test_let_go(void **state)
{
	struct err e = {0};
	struct snapshot *sn;
	struct rig r;

	(void)state;
	begin(&r, healthy);
	snapshot_let_go(NULL);
	snapshot_let_go(hold(&r, "bak_1"));
	assert_string_equal(fake_programs_log(), "");
	sn = hold(&r, "bak_1");
	assert_true(snapshot_create(sn, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	snapshot_let_go(sn);
	assert_false(snapshots_is_idle(r.snapshots));
	settle(&r);
	assert_int_equal(fake_programs_count("fs release bak_1"), 1);
	end(&r);
}

/* In the middle of the hook's work: that is ended first. */
static void test_let_go_while_it_is_made(void **state)
{
	static const struct fake_call calls[] = {
		{"fs release", "{}", NULL, 0, 0}, {NULL, NULL, NULL, 0, 0}};
	struct err e = {0};
	struct snapshot *sn;
	struct rig r;

	(void)state;
	begin(&r, calls);
	sn = hold(&r, "bak_1");
	assert_true(snapshot_create(sn, "/data", 60000, on_done, &e));
	snapshot_let_go(sn);
	settle(&r);
	assert_string_equal(fake_programs_log(), "fs create bak_1 /data\n"
						 "ended fs create\n"
						 "fs release bak_1 -\n");
	assert_int_equal(r.ndone, 0);
	end(&r);
}

static void test_a_hook_that_fails(void **state)
{
	static const struct fake_call calls[] = {
		{"fs create", NULL, "no room", 0, 1},
		{"fs create", "{\"id\":\"bak_2\"}", NULL, 0, 1},
		{"fs open", "{\"directory\":\"snap\"}", NULL, 0, 1},
		{"fs open", "{}", NULL, 0, 1},
		{"fs release", NULL, "busy", 0, 1},
		{"fs release", "{}", NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	struct err e = {0};
	struct snapshot *sn;
	struct rig r;

	(void)state;
	begin(&r, calls);
	sn = hold(&r, "bak_1");
	for (int i = 0; i < 2; i++) {
		assert_true(snapshot_create(sn, "/data", 1000, on_done, &e));
		loop_run(r.loop);
		assert_string_equal(r.err.api, "snapshot_failed");
		assert_non_null(
			strstr(r.err.msg, i == 0 ? "no room" : "another id"));
	}
	for (int i = 0; i < 2; i++) {
		assert_true(snapshot_open(sn, on_done, &e));
		loop_run(r.loop);
		assert_non_null(strstr(r.err.msg, "no absolute directory"));
	}
	assert_true(snapshot_create(sn, "/data", 50, on_done, &e));
	loop_run(r.loop);
	assert_string_equal(r.err.api, "snapshot_timed_out");
	snapshot_let_go(sn);
	settle(&r);
	assert_int_equal(fake_programs_count("fs release"), 1);
	end(&r);
}

static void test_release_fails(void **state)
{
	static const struct fake_call calls[] = {
		{"fs create", "{\"id\":\"bak_1\"}", NULL, 0, 0},
		{"fs release", NULL, "busy", 0, 1},
		{"fs release", "{}", NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	struct err e = {0};
	struct snapshot *sn;
	struct rig r;

	(void)state;
	begin(&r, calls);
	sn = hold(&r, "bak_1");
	assert_true(snapshot_create(sn, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	assert_true(snapshot_release(sn, on_done, &e));
	loop_run(r.loop);
	assert_string_equal(r.err.api, "snapshot_failed");
	snapshot_let_go(sn); /* once more, by the keeper */
	settle(&r);
	assert_int_equal(fake_programs_count("fs release"), 2);
	end(&r);
}

/* A second try of the same backup begins while the first is being cleared
 * away: one after the other, and the new one is not taken away. */
static void test_two_of_one_id(void **state)
{
	static const struct fake_call calls[] = {
		{"fs create", "{\"id\":\"bak_1\"}", NULL, 0, 0},
		{"fs release", "{}", NULL, 300, 0},
		{NULL, NULL, NULL, 0, 0}};
	struct err e = {0};
	struct snapshot *first, *second;
	struct rig r;

	(void)state;
	begin(&r, calls);
	first = hold(&r, "bak_1");
	assert_true(snapshot_create(first, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	snapshot_let_go(first);
	second = hold(&r, "bak_1");
	assert_true(snapshot_release(second, on_done, &e));
	loop_run(r.loop);
	assert_int_equal(r.ndone, 2);
	assert_false(err_is(&r.err));
	assert_true(snapshots_is_idle(r.snapshots));
	assert_true(snapshot_create(second, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	assert_string_equal(strrchr(fake_programs_log(), 'f'),
			    "fs create bak_1 /data\n");
	snapshot_let_go(second);
	end(&r);
}

static void on_dismissed(void *writer)
{
	unsigned *n = writer;

	++*n;
}

static const struct fake_call scratch[] = {
	{"fs create", "{\"id\":\"bak_1\",\"directory\":\"/scratch/1/data\"}",
	 NULL, 0, 0},
	{"fs release", "{}", NULL, 0, 0},
	{NULL, NULL, NULL, 0, 0}};

/* Somebody still writes there: it is released when he has gone, and a second
 * try of the same backup waits for that. */
static void test_a_folder_that_is_written_to(void **state)
{
	struct err e = {0};
	struct snapshot *first, *second;
	unsigned ndismissed = 0;
	struct rig r;

	(void)state;
	begin(&r, scratch);
	first = hold(&r, "bak_1");
	assert_true(snapshot_create(first, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	assert_string_equal(snapshot_directory(first), "/scratch/1/data");
	snapshot_let_go_after(first, on_dismissed, &ndismissed);
	assert_false(snapshots_is_idle(r.snapshots));
	second = hold(&r, "bak_1");
	assert_true(snapshot_release(second, on_done, &e));
	for (int i = 0; i < 3; i++)
		event_base_loop(loop_base(r.loop), EVLOOP_ONCE);
	assert_int_equal(fake_programs_count("fs release"), 0);
	snapshot_is_left(first);
	loop_run(r.loop);
	assert_int_equal(r.ndone, 2);
	assert_false(err_is(&r.err));
	assert_int_equal(fake_programs_count("fs release"), 2);
	assert_int_equal(ndismissed, 0);
	snapshot_let_go(second);
	end(&r);
}

static void test_the_keeper_ends_while_it_is_written_to(void **state)
{
	struct err e = {0};
	struct snapshot *sn;
	unsigned ndismissed = 0;
	struct rig r;

	(void)state;
	begin(&r, scratch);
	sn = hold(&r, "bak_1");
	assert_true(snapshot_create(sn, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	snapshot_let_go_after(sn, on_dismissed, &ndismissed);
	end(&r);
	assert_int_equal(ndismissed, 1);
}

static void test_a_folder_that_is_none(void **state)
{
	static const struct fake_call calls[] = {
		{"fs create", "{\"id\":\"bak_1\",\"directory\":\"x\"}", NULL, 0,
		 0},
		{"fs release", "{}", NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	struct err e = {0};
	struct snapshot *sn;
	struct rig r;

	(void)state;
	begin(&r, calls);
	sn = hold(&r, "bak_1");
	assert_true(snapshot_create(sn, "/data", 1000, on_done, &e));
	loop_run(r.loop);
	assert_non_null(strstr(r.err.msg, "no absolute directory"));
	snapshot_let_go(sn);
	settle(&r);
	end(&r);
}

/* After a crash: what nobody has goes, what somebody has stays. */
static void test_leftovers(void **state)
{
	struct snapshot *sn;
	struct rig r;

	(void)state;
	begin(&r, healthy);
	sn = hold(&r, "bak_2");
	snapshots_start(r.snapshots);
	while (fake_programs_count("fs release") < 2)
		event_base_loop(loop_base(r.loop), EVLOOP_ONCE);
	settle(&r);
	assert_int_equal(fake_programs_count("fs release bak_1"), 1);
	assert_int_equal(fake_programs_count("fs release bak_2"), 0);
	assert_int_equal(fake_programs_count("fs release bak_3"), 1);
	snapshot_let_go(sn);
	end(&r);
}

/* ---- which hook */

static void on_choice(void *arg, const char *hook, const struct err *e)
{
	struct rig *r = arg;

	(void)str_copy(r->hook, sizeof(r->hook), hook != NULL ? hook : "");
	r->err = e != NULL ? *e : (struct err){0};
	loop_stop(r->loop);
}

static void choose(struct rig *r, const struct fake_call *calls,
		   const char *hook)
{
	struct err e = {0};

	begin(r, calls);
	assert_non_null(hook_choose(NULL, "/data", hook, on_choice, r, &e));
	loop_run(r->loop);
	end(r);
}

static void choose_scratch(struct rig *r, const struct fake_call *calls)
{
	struct err e = {0};

	begin(r, calls);
	assert_non_null(hook_choose_scratch(NULL, "/data", on_choice, r, &e));
	loop_run(r->loop);
	end(r);
}

static void test_the_first_that_can(void **state)
{
	static const struct fake_call calls[] = {
		{"list", "{\"hooks\":[\"a\",\"b\",\"c\",\"d\"]}", NULL, 0, 0},
		{"a probe",
		 "{\"contract\":1,\"can\":false,\"reason\":\"not there\"}",
		 NULL, 0, 0},
		{"b probe", "{\"contract\":1,\"can\":true,\"atomic\":false}",
		 NULL, 0, 0},
		{"c probe", "{\"contract\":2,\"can\":true,\"atomic\":true}",
		 NULL, 0, 0},
		{"d probe", "{\"contract\":1,\"can\":true,\"atomic\":true}",
		 NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	struct rig r;

	(void)state;
	choose(&r, calls, NULL);
	assert_string_equal(r.hook, "d");
	choose(&r, calls, "d");
	assert_string_equal(r.hook, "d");
	choose(&r, calls, "b");
	assert_string_equal(r.err.api, "snapshot_refused");
	assert_non_null(strstr(r.err.msg, "not atomic"));
	choose(&r, calls, "a");
	assert_non_null(strstr(r.err.msg, "not there"));
	choose(&r, calls, "c");
	assert_non_null(strstr(r.err.msg, "another version"));
}

static void test_none_can(void **state)
{
	static const struct fake_call nobody[] = {
		{"list", "{\"hooks\":[]}", NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	static const struct fake_call failing[] = {
		{"list", "{\"hooks\":[\"a\"]}", NULL, 0, 0},
		{"a probe", NULL, "it fell over", 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	static const struct fake_call away[] = {
		{"list", NULL, "no helper", 0, 0}, {NULL, NULL, NULL, 0, 0}};
	struct rig r;

	(void)state;
	choose(&r, nobody, NULL);
	assert_non_null(strstr(r.err.msg, "[hook NAME]"));
	choose(&r, failing, NULL);
	assert_non_null(strstr(r.err.msg, "it fell over"));
	choose(&r, away, NULL);
	assert_string_equal(r.err.msg, "no helper");
	assert_string_equal(r.err.api, "snapshot_refused");
}

/* Hooks for snapshots and those with folders do not stand in for one
 * another, nor does one's reason hide the other's. */
static void test_folders_or_snapshots(void **state)
{
	static const struct fake_call calls[] = {
		{"list", "{\"hooks\":[\"fs\",\"dirs\"]}", NULL, 0, 0},
		{"fs probe", "{\"contract\":1,\"can\":true,\"atomic\":true}",
		 NULL, 0, 0},
		{"dirs probe",
		 "{\"contract\":1,\"can\":true,\"atomic\":false,"
		 "\"scratch\":true}",
		 NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	static const struct fake_call unable[] = {
		{"list", "{\"hooks\":[\"dirs\",\"fs\"]}", NULL, 0, 0},
		{"fs probe",
		 "{\"contract\":1,\"can\":false,\"reason\":\"not there\"}",
		 NULL, 0, 0},
		{"dirs probe",
		 "{\"contract\":1,\"can\":false,\"scratch\":true,"
		 "\"reason\":\"no right\"}",
		 NULL, 0, 0},
		{NULL, NULL, NULL, 0, 0}};
	struct rig r;

	(void)state;
	choose_scratch(&r, calls);
	assert_string_equal(r.hook, "dirs");
	choose(&r, calls, NULL);
	assert_string_equal(r.hook, "fs");
	choose(&r, calls, "dirs");
	assert_non_null(strstr(r.err.msg, "gives folders"));
	choose_scratch(&r, unable);
	assert_string_equal(r.err.api, "snapshot_refused");
	assert_non_null(strstr(r.err.msg, "no right"));
	assert_non_null(strstr(r.err.msg, "[hook scratch]"));
	choose(&r, unable, NULL);
	assert_non_null(strstr(r.err.msg, "not there"));
}

static void test_choice_is_canceled(void **state)
{
	struct err e = {0};
	struct rig r;

	(void)state;
	begin(&r, healthy);
	hook_choice_cancel(NULL);
	hook_choice_cancel(hook_choose(NULL, "/data", NULL, on_choice, &r, &e));
	hook_choice_cancel(hook_choose(NULL, "/data", "fs", on_choice, &r, &e));
	assert_int_equal(fake_programs_count("ended"), 2);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_its_life),
		cmocka_unit_test(test_let_go),
		cmocka_unit_test(test_let_go_while_it_is_made),
		cmocka_unit_test(test_a_hook_that_fails),
		cmocka_unit_test(test_release_fails),
		cmocka_unit_test(test_two_of_one_id),
		cmocka_unit_test(test_a_folder_that_is_written_to),
		cmocka_unit_test(test_the_keeper_ends_while_it_is_written_to),
		cmocka_unit_test(test_a_folder_that_is_none),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_the_first_that_can),
		cmocka_unit_test(test_none_can),
		cmocka_unit_test(test_folders_or_snapshots),
		cmocka_unit_test(test_choice_is_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
