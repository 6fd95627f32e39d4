/* test_catalog_due.c - rules 3, 19, 21: due times and what they queue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "effort.h"
#include "test_catalog_plan_rig.h"

enum { MANY_PLANS = 100000, VALGRIND_PLANS = 5000 };

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop blog", "store");
	r = *state;
	assert_true(rig_create_plan(r, "nightly", 1000));
	return 0;
}

/* What the plan sees as due; the rest is the test's to fill. */
static struct plan_decision decision(struct rig *r, int64_t run_due_at,
				     int64_t next_due_at)
{
	struct plan_decision d = {.run_due_at = run_due_at,
				  .next_due_at = next_due_at};

	assert_true(rig_get_plan(r, "nightly"));
	(void)str_copy(d.plan_id, ID_MAX, r->a.plan.id);
	d.expected_next_due_at = r->a.plan.next_due_at;
	return d;
}

/* The backup that was queued; the caller ends it. */
static struct backup_record queued(struct rig *r)
{
	struct backup_record b = {0};

	assert_true(r->a.backup.id[0] != '\0');
	assert_true(backup_record_copy(&b, &r->a.backup));
	return b;
}

static void end(struct rig *r, struct backup_record *b, enum backup_status how)
{
	assert_true(rig_start_backup(r, b));
	if (!rig_finish_backup(r, b, how))
		fail_msg("%s", r->a.err.msg);
	backup_record_fini(b);
}

static void test_rule_21_a_run_is_decided_once(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);

	assert_true(rig_decide(r, &d));
	assert_string_equal(r->a.backup.type, "automated");
	assert_string_equal(r->a.backup.trigger, "timer");
	assert_string_equal(r->a.backup.name, "nightly-19700101T000001Z");
	assert_string_equal(r->a.backup.plan_name, "nightly");
	assert_string_equal(r->a.backup.plan_id, d.plan_id);
	assert_int_equal(r->a.backup.due_at, 1000);
	assert_int_equal(r->a.backup.status, BACKUP_QUEUED);
	assert_true(r->a.backup.is_mine);
	assert_true(r->a.backup.fence > 0);
	assert_false(rig_decide(r, &d));
	rig_refused(r, ERR_CONFLICT, "conflict");
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.next_due_at, 2000);
	assert_int_equal(r->a.plan.unmet_due_at, 1000);
	assert_true(r->a.plan.is_running);
	assert_true(rig_runs(r, "nightly"));
	assert_int_equal(r->a.n, 1);
	assert_int_equal(r->a.runs[0].due_at, 1000);
	assert_string_equal(r->a.runs[0].decision, "run");
	assert_true(r->a.runs[0].backup_id[0] != '\0');
}

/* The clock was set back, and the plan was saved meanwhile: the instant comes
 * again, the run does not. */
static void test_rule_21_a_clock_set_back_runs_nothing_twice(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 5000, 6000);
	struct backup_record b;

	d.missed_first_at = 1000;
	d.missed_last_at = 4000;
	d.missed_count = 4;
	assert_true(rig_decide(r, &d));
	b = queued(r);
	end(r, &b, BACKUP_COMPLETED);
	for (int64_t again = 3000; again <= 5000; again += 2000) {
		rig_sql(r, "UPDATE plans SET next_due_at = 77");
		d = decision(r, again, 6000);
		assert_true(rig_decide(r, &d));
		assert_string_equal(r->a.backup.id, "");
		assert_true(rig_get_plan(r, "nightly"));
		assert_int_equal(r->a.plan.next_due_at, 6000);
		assert_int_equal(r->a.plan.unmet_due_at, 0);
	}
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backups"), 1);
	d = decision(r, 6000, 7000);
	assert_true(rig_decide(r, &d));
	assert_true(r->a.backup.id[0] != '\0');
}

static void test_rule_21_paused_plans_are_not_decided(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);

	rig_sql(r, "UPDATE plans SET enabled = 0");
	assert_true(rig_due(r, 10000));
	assert_int_equal(r->a.n, 0);
	assert_int_equal(r->a.total, 0);
	assert_false(rig_decide(r, &d));
	rig_refused(r, ERR_CONFLICT, "conflict");
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backups"), 0);
}

static void test_rule_21_missed_ones_are_merged_or_skipped(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 4000, 5000);
	struct backup_record b;

	d.is_catch_up = d.is_missed_merged = true;
	d.missed_first_at = 1000;
	d.missed_last_at = 3000;
	d.missed_count = 3;
	assert_true(rig_decide(r, &d));
	b = queued(r);
	assert_string_equal(b.trigger, "catch_up");
	assert_true(rig_runs(r, "nightly"));
	assert_int_equal(r->a.n, 2);
	assert_int_equal(r->a.runs[0].due_at, 4000);
	assert_string_equal(r->a.runs[1].decision, "merged");
	assert_int_equal(r->a.runs[1].due_at, 1000);
	assert_int_equal(r->a.runs[1].last_at, 3000);
	assert_int_equal(r->a.runs[1].count, 3);
	assert_string_equal(r->a.runs[1].backup_id, b.id);
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 1000);
	end(r, &b, BACKUP_COMPLETED);
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 0);
	/* missed: "skip" runs nothing, and owes nothing. */
	d = decision(r, 0, 9000);
	d.missed_first_at = 5000;
	d.missed_last_at = 8000;
	d.missed_count = 4;
	assert_true(rig_decide(r, &d));
	assert_string_equal(r->a.backup.id, "");
	assert_true(rig_runs(r, "nightly"));
	assert_string_equal(r->a.runs[0].decision, "skipped");
	assert_string_equal(r->a.runs[0].backup_id, "");
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 0);
	assert_int_equal(r->a.plan.next_due_at, 9000);
}

/* One that waits takes the next with it; one that runs does not. */
static void test_rule_21_a_run_is_merged_into_one_that_waits(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);
	struct backup_record first, second;

	assert_true(rig_decide(r, &d));
	first = queued(r);
	d = decision(r, 2000, 3000);
	assert_true(rig_decide(r, &d));
	assert_string_equal(r->a.backup.id, "");
	assert_true(rig_runs(r, "nightly"));
	assert_string_equal(r->a.runs[0].decision, "merged");
	assert_string_equal(r->a.runs[0].backup_id, first.id);
	assert_true(rig_start_backup(r, &first));
	d = decision(r, 3000, 4000);
	assert_true(rig_decide(r, &d));
	second = queued(r);
	assert_true(rig_finish_backup(r, &first, BACKUP_COMPLETED));
	/* What the second is for is still owed. */
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 3000);
	assert_string_equal(r->a.plan.last_backup_id, first.id);
	assert_string_equal(r->a.plan.last_status, "completed");
	end(r, &second, BACKUP_FAILED);
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 3000);
	assert_string_equal(r->a.plan.last_status, "failed");
	assert_true(r->a.plan.last_at > 0);
	backup_record_fini(&first);
}

static void test_rule_21_an_execution_makes_good(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);
	struct backup_record b;
	char id[ID_MAX];

	assert_true(rig_decide(r, &d));
	b = queued(r);
	end(r, &b, BACKUP_FAILED);
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 1000);
	rig_make_planned(r, "nightly", 7, id);
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 0);
	assert_string_equal(r->a.plan.last_backup_id, id);
}

static void test_rule_19_an_execution_is_automated(void **state)
{
	struct rig *r = *state;

	assert_true(rig_execute(r, "NIGHTLY", "before the move"));
	assert_string_equal(r->a.backup.type, "automated");
	assert_string_equal(r->a.backup.trigger, "user");
	assert_string_equal(r->a.backup.description, "before the move");
	assert_string_equal(r->a.backup.plan_name, "nightly");
	assert_int_equal(r->a.backup.due_at, 0);
	assert_false(rig_execute(r, "nightly", NULL));
	rig_refused(r, ERR_CONFLICT, "plan_busy");
	assert_non_null(strstr(r->a.err.msg, "nightly-"));
	assert_false(rig_execute(r, "none", NULL));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

/* Rule 7 counts manual ones only. */
static void test_rule_7_automated_ones_do_not_count(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	for (int i = 0; i < RIG_QUOTA + 3; i++)
		rig_make_planned(r, "nightly", 7, id);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
	assert_int_equal(r->a.usage.backups[BACKUP_COMPLETED], RIG_QUOTA + 3);
}

/* Within one second, too: the name gets a number. */
static void test_rule_5_automated_names_are_free_ones(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);
	struct backup_record b;

	rig_make_backup(r, "NIGHTLY-19700101T000001Z", "blog", "store");
	rig_make_backup(r, "nightly-19700101T000001Z-1", "blog", "store");
	assert_true(rig_decide(r, &d));
	b = queued(r);
	assert_string_equal(b.name, "nightly-19700101T000001Z-2");
	end(r, &b, BACKUP_COMPLETED);
}

/* Nobody overtakes a run that waits, and a busy source is no reason not to
 * wait. */
static void test_rule_3_runs_wait_their_turn(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);
	struct backup_record manual = {0}, run;

	assert_true(rig_begin_backup(r, "by-hand", "shop", "store"));
	assert_true(backup_record_copy(&manual, &r->a.backup));
	assert_true(rig_decide(r, &d));
	run = queued(r);
	assert_false(rig_start_backup(r, &run));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, "by-hand"));
	assert_true(rig_get_backup(r, run.id));
	assert_int_equal(r->a.backup.status, BACKUP_QUEUED);
	assert_true(rig_start_backup(r, &manual));
	assert_false(rig_start_backup(r, &run));
	assert_true(rig_finish_backup(r, &manual, BACKUP_COMPLETED));
	assert_false(rig_begin_backup(r, "second", "shop", "store"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, run.name));
	assert_non_null(strstr(r->a.err.msg, "queued"));
	assert_true(rig_start_backup(r, &run));
	assert_true(rig_get_source(r, "shop"));
	assert_true(r->a.source.is_backing_up);
	assert_false(rig_begin_backup(r, "second", "shop", "store"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, "being made"));
	assert_true(rig_finish_backup(r, &run, BACKUP_COMPLETED));
	assert_true(rig_begin_backup(r, "second", "shop", "store"));
	backup_record_fini(&manual);
	backup_record_fini(&run);
}

/* A restore takes a source whose run only waits; then the run waits on. */
static void test_rule_3_a_run_waits_for_a_restore(void **state)
{
	struct rig *r = *state;
	struct plan_decision d;
	struct backup_record run;

	rig_make_backup(r, "data", "shop", "store");
	d = decision(r, 1000, 2000);
	assert_true(rig_decide(r, &d));
	run = queued(r);
	assert_true(rig_begin_restore(r, "data", "shop"));
	assert_false(rig_start_backup(r, &run));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, "restore"));
	backup_record_fini(&run);
}

static void test_rule_21_an_interrupted_run_starts_again_once(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);
	struct backup_record first, again = {0};
	char id[ID_MAX];

	assert_true(rig_decide(r, &d));
	first = queued(r);
	assert_true(rig_start_backup(r, &first));
	assert_true(rig_recover(r));
	assert_true(rig_get_backup(r, first.id));
	assert_int_equal(r->a.backup.status, BACKUP_FAILED);
	assert_non_null(strstr(r->a.backup.error_json, "interrupted"));
	assert_true(rig_queued(r));
	assert_int_equal(r->a.n, 1);
	(void)str_copy(id, ID_MAX, r->a.ids[0]);
	assert_true(rig_get_backup(r, id));
	assert_true(backup_record_copy(&again, &r->a.backup));
	assert_string_equal(again.trigger, "catch_up");
	assert_int_equal(again.due_at, 1000);
	assert_string_equal(again.name, first.name);
	assert_true(rig_runs(r, "nightly"));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.runs[0].backup_id, again.id);
	assert_true(rig_start_backup(r, &again));
	assert_true(rig_recover(r));
	assert_true(rig_queued(r));
	assert_int_equal(r->a.n, 0);
	assert_true(rig_get_plan(r, "nightly"));
	assert_string_equal(r->a.plan.last_backup_id, again.id);
	assert_string_equal(r->a.plan.last_status, "failed");
	assert_int_equal(r->a.plan.unmet_due_at, 1000);
	assert_false(r->a.plan.is_running);
	backup_record_fini(&first);
	backup_record_fini(&again);
}

/* However often the server falls while a run only waits, it is not lost. */
static void test_rule_21_a_run_that_waited_is_not_spent(void **state)
{
	struct rig *r = *state;
	struct plan_decision d = decision(r, 1000, 2000);

	assert_true(rig_decide(r, &d));
	for (int i = 0; i < 3; i++) {
		assert_true(rig_recover(r));
		assert_true(rig_queued(r));
		assert_int_equal(r->a.n, 1);
	}
}

static void test_rule_21_what_nobody_wants_is_not_started_again(void **state)
{
	struct rig *r = *state;
	struct plan_decision d;

	assert_true(rig_execute(r, "nightly", NULL));
	assert_true(rig_recover(r));
	assert_true(rig_queued(r));
	assert_int_equal(r->a.n, 0);
	d = decision(r, 1000, 2000);
	assert_true(rig_decide(r, &d));
	rig_sql(r, "UPDATE plans SET enabled = 0");
	assert_true(rig_recover(r));
	assert_true(rig_queued(r));
	assert_int_equal(r->a.n, 0);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM jobs WHERE"
					" lock_key IS NOT NULL"),
			 0);
}

static void test_due_ones_come_in_order(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_plan(r, "later", 3000));
	assert_true(rig_create_plan(r, "first", 500));
	assert_true(rig_create_plan(r, "over", 0));
	assert_true(rig_due(r, 1000));
	assert_int_equal(r->a.n, 2);
	assert_string_equal(r->a.names[0], "first");
	assert_string_equal(r->a.names[1], "nightly");
	assert_int_equal(r->a.total, 3000);
	assert_true(rig_due(r, 3000));
	assert_int_equal(r->a.n, 3);
	assert_int_equal(r->a.total, 0);
	assert_true(rig_due(r, 1));
	assert_int_equal(r->a.n, 0);
	assert_int_equal(r->a.total, 500);
}

/* Page after page, also where many have the same due time: none twice, none
 * left out. */
static void test_due_ones_come_in_pages(void **state)
{
	struct rig *r = *state;
	char last[ID_MAX];

	rig_sql(r, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1"
		   " FROM n WHERE i < 1200)"
		   " INSERT INTO plans (id, name, name_key, source_id, pool_id,"
		   " strategy, method, retention_days, grace_seconds,"
		   " next_due_at, created_at, updated_at)"
		   " SELECT printf('plan_%026d', i), 'p' || i, 'p' || i,"
		   " p.source_id, p.pool_id, 'timer', 'logical', 7, 1,"
		   " CASE WHEN i > 1190 THEN 9000 + i ELSE 500 + i % 2 END,"
		   " 1, 1 FROM n, plans p");
	rig_sql(r, "UPDATE plans SET next_due_at = 2000"
		   " WHERE name = 'nightly'");
	assert_true(rig_due(r, 3000));
	assert_int_equal(r->a.n, 500);
	assert_string_equal(r->a.names[499], "p1000");
	assert_int_equal(r->a.total, 500);
	(void)str_copy(last, ID_MAX, r->a.ids[499]);
	assert_true(rig_due_after(r, 3000, 500, last));
	assert_int_equal(r->a.n, 500);
	assert_string_equal(r->a.names[0], "p1002");
	assert_string_equal(r->a.names[95], "p1"); /* the odd ones: 501 */
	(void)str_copy(last, ID_MAX, r->a.ids[499]);
	assert_true(rig_due_after(r, 3000, 501, last));
	assert_int_equal(r->a.n, 191);
	assert_string_equal(r->a.names[190], "nightly");
	assert_int_equal(r->a.total, 9000 + 1191);
}

#define PLANS(many)                                                            \
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1"             \
	" FROM n WHERE i < " many ")"                                          \
	" INSERT INTO plans (id, name, name_key, source_id, pool_id,"          \
	" strategy, method, retention_days, grace_seconds,"                    \
	" next_due_at, created_at, updated_at)"                                \
	" SELECT printf('plan_%026d', i), 'p' || i, 'p' || i,"                 \
	" p.source_id, p.pool_id, 'timer', 'logical', 7, 1,"                   \
	" 1000000 + (i * 7919) % 100003, 1, 1 FROM n, plans p"

/* A sort or a walk over all of them would take some 30 ms a time. Measured in
 * this process's own time, whatever else the machine does. */
static void test_due_is_a_look_up_among_100000(void **state)
{
	unsigned many = effort(MANY_PLANS, VALGRIND_PLANS);
	struct rig *r = *state;
	clock_t start;

	rig_sql(r, many == MANY_PLANS ? PLANS("100000") : PLANS("5000"));
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM plans"),
			 many + 1);
	start = clock();
	for (int i = 0; i < 200; i++) {
		assert_true(rig_due(r, 999999));
		assert_int_equal(r->a.n, 1);
		assert_in_range(r->a.total, 1000001,
				1000000 + 2 * MANY_PLANS / many);
	}
	assert_in_range((clock() - start) * 1000 / CLOCKS_PER_SEC, 0, 1500);
	assert_true(rig_due(r, 9000000));
	assert_int_equal(r->a.n, 500);
	/* The times are spread over 100,000 ms. */
	assert_in_range(r->a.total, 1000001,
			1000000 + 1000LL * MANY_PLANS / many);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rule_21_a_run_is_decided_once),
		TEST(test_rule_21_a_clock_set_back_runs_nothing_twice),
		TEST(test_rule_21_paused_plans_are_not_decided),
		TEST(test_rule_21_missed_ones_are_merged_or_skipped),
		TEST(test_rule_21_a_run_is_merged_into_one_that_waits),
		TEST(test_rule_21_an_execution_makes_good),
		TEST(test_rule_19_an_execution_is_automated),
		TEST(test_rule_7_automated_ones_do_not_count),
		TEST(test_rule_5_automated_names_are_free_ones),
		TEST(test_rule_3_runs_wait_their_turn),
		TEST(test_rule_3_a_run_waits_for_a_restore),
		TEST(test_rule_21_an_interrupted_run_starts_again_once),
		TEST(test_rule_21_a_run_that_waited_is_not_spent),
		TEST(test_rule_21_what_nobody_wants_is_not_started_again),
		TEST(test_due_ones_come_in_order),
		TEST(test_due_ones_come_in_pages),
		TEST(test_due_is_a_look_up_among_100000),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
