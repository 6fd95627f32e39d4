/* test_catalog_drills.c - restore drills: queued, running, their verdicts, what
 * they leave, and the second clock of plans. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/drills.h"
#include "catalog/instances.h"
#include "test_catalog_plan_rig.h"

#define DRILL_OPTIONS "{\"drill\":{\"timer\":{\"cycle\":\"daily\"}}}"

static struct drill_record drill; /* that begin or decide gave */
static bool is_given;

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop", "store");
	r = *state;
	memset(&drill, 0, sizeof(drill));
	rig_make_backup(r, "first", "shop", "store");
	return 0;
}

static void on_drill(void *arg, const struct drill_record *d,
		     const struct err *e)
{
	is_given = d != NULL;
	if (d != NULL)
		drill = *d;
	rig_on_done(arg, e);
}

static bool begin(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_drill_begin(r->catalog, key, on_drill, r, &e));
}

static bool started(struct rig *r)
{
	struct err e = {0};

	(void)str_copy(drill.provider, sizeof(drill.provider), "local");
	return rig_wait(r, catalog_drill_started(r->catalog, &drill,
						 rig_on_done, r, &e));
}

static bool finish(struct rig *r, const struct drill_end *how)
{
	struct drill_end end = *how;
	struct err e = {0};

	end.drill = &drill;
	return rig_wait(
		r, catalog_drill_finish(r->catalog, &end, rig_on_done, r, &e));
}

static bool pass(struct rig *r)
{
	return finish(r, &(struct drill_end){.status = JOB_COMPLETED,
					     .has_verdict = true,
					     .is_sound = true,
					     .seconds = 7,
					     .rows = 42,
					     .is_destroyed = true});
}

static bool fail_with(struct rig *r, const char *api, bool has_verdict)
{
	struct err why = {0};

	(void)err_set(&why, ERR_REMOTE, api, "so it is");
	return finish(r, &(struct drill_end){.status = JOB_FAILED,
					     .has_verdict = has_verdict,
					     .is_destroyed = true,
					     .error = &why});
}

/* A member of last_drill_json of the only row. */
static bool tells(struct rig *r, const char *table, const char *member,
		  const char *value)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM %s WHERE"
		       " json_extract(last_drill_json, '$.%s') = %s",
		       table, member, value);
	return rig_sql_int(r, sql) == 1;
}

static void on_leftovers(void *arg, const struct source_record *list,
			 const struct catalog_page *page, const struct err *e)
{
	struct rig *r = arg;

	r->a.n = e == NULL ? page->n : 0;
	for (size_t i = 0; i < r->a.n; i++) {
		(void)str_copy(r->a.ids[i], ID_MAX, list[i].id);
		(void)str_copy(r->a.names[i], NAME_BUF, list[i].provisioned_by);
	}
	rig_on_done(r, e);
}

static size_t leftovers(struct rig *r)
{
	struct err e = {0};

	assert_true(rig_wait(r, catalog_instance_leftovers(
					r->catalog, on_leftovers, r, &e)));
	return r->a.n;
}

static bool swept(struct rig *r, const struct err *why)
{
	struct err e = {0};

	return rig_wait(r, catalog_instance_swept(r->catalog, drill.instance_id,
						  why, rig_on_done, r, &e));
}

/* --- drills that somebody asks for */

static void test_passed(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "FIRST"));
	assert_true(is_given);
	assert_int_equal(drill.job.kind, JOB_DRILL);
	assert_true(id_has_prefix(drill.instance_id, "src"));
	assert_string_equal(drill.plan_id, "");
	assert_false(rig_get_source(r, drill.instance_id));
	assert_true(started(r));
	assert_true(rig_get_job(r, drill.job.id));
	assert_int_equal(r->a.job.status, JOB_RUNNING);
	assert_int_equal(leftovers(r), 0);
	assert_true(pass(r));
	assert_true(rig_get_job(r, drill.job.id));
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
	assert_int_equal(leftovers(r), 0);
	assert_true(tells(r, "backups", "verdict", "'passed'"));
	assert_true(tells(r, "backups", "seconds", "7"));
	assert_true(tells(r, "backups", "rows", "42"));
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM drills"), 0);
}

/* It is the backup that is judged, not the provisioner. */
static void test_no_verdict_leaves_the_last_one(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first") && started(r) && pass(r));
	assert_true(begin(r, "first") && started(r));
	assert_true(fail_with(r, "provisioner_failed", false));
	assert_true(rig_get_job(r, drill.job.id));
	assert_int_equal(r->a.job.status, JOB_FAILED);
	assert_non_null(strstr(r->a.job_error, "provisioner_failed"));
	assert_true(tells(r, "backups", "verdict", "'passed'"));
	assert_true(begin(r, "first") && started(r));
	assert_true(fail_with(r, "verification_failed", true));
	assert_true(tells(r, "backups", "verdict", "'failed'"));
	assert_true(tells(r, "backups", "error.detail", "'so it is'"));
}

static void test_rule13_a_drilled_backup_stays(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first"));
	assert_false(begin(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(rig_get_backup(r, "first"));
	assert_true(r->a.backup.is_restoring);
	assert_true(started(r) && pass(r));
	assert_true(rig_delete_backup(r, "first"));
}

static void test_only_what_is_completed_and_readable(void **state)
{
	struct rig *r = *state;

	assert_true(rig_begin_backup(r, "second", "shop", "store"));
	assert_false(begin(r, "second"));
	rig_refused(r, ERR_CONFLICT, "backup_not_completed");
	assert_false(begin(r, "nothing"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	rig_sql(r, "UPDATE backups SET is_encrypted = 1");
	assert_false(begin(r, "first"));
	rig_refused(r, ERR_CONFLICT, "identity_missing");
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM drills"), 0);
}

static void test_late_reports_change_nothing(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first") && started(r) && pass(r));
	assert_false(fail_with(r, "verification_failed", true));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(tells(r, "backups", "verdict", "'passed'"));
	assert_false(started(r));
}

/* --- what is left */

static void test_what_a_crash_leaves_is_found(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first") && started(r));
	assert_true(rig_recover(r));
	assert_true(rig_get_job(r, drill.job.id));
	assert_int_equal(r->a.job.status, JOB_FAILED);
	assert_int_equal(leftovers(r), 1);
	assert_string_equal(r->a.ids[0], drill.instance_id);
	assert_string_equal(r->a.names[0], "local");
	assert_true(swept(r, &(struct err){.msg = "it will not"}));
	assert_int_equal(leftovers(r), 1);
	assert_true(swept(r, NULL));
	assert_int_equal(leftovers(r), 0);
	assert_true(rig_delete_backup(r, "first"));
}

/* No provisioner was asked for anything. */
static void test_one_that_waited_leaves_nothing(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first"));
	assert_true(rig_recover(r));
	assert_int_equal(leftovers(r), 0);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM drills"), 0);
}

static void test_what_a_provisioner_leaves_is_found(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first") && started(r));
	assert_true(finish(r, &(struct drill_end){.status = JOB_COMPLETED,
						  .has_verdict = true,
						  .is_sound = true}));
	assert_int_equal(leftovers(r), 1);
	assert_true(tells(r, "backups", "verdict", "'passed'"));
}

/* One that is being made is nobody's to sweep. */
static void test_one_that_runs_is_left_alone(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first") && started(r));
	assert_true(swept(r, NULL));
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM drills"), 1);
}

/* --- plans */

static void add_plan(struct rig *r, int64_t next_drill_at)
{
	struct plan_record p = {.name = "nightly",
				.is_enabled = true,
				.strategy = "manual",
				.method = "logical",
				.retention_days = 7,
				.grace_seconds = 60,
				.options_json = (char[]){DRILL_OPTIONS},
				.next_drill_at = next_drill_at};

	(void)str_copy(p.source_id, sizeof(p.source_id), "shop");
	(void)str_copy(p.pool_id, sizeof(p.pool_id), "store");
	assert_true(rig_add_plan(r, &p));
}

static void on_plans(void *arg, const struct plan_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	struct rig *r = arg;

	(void)list;
	r->a.n = e == NULL ? page->n : 0;
	r->a.total = e == NULL ? page->total : 0;
	rig_on_done(r, e);
}

static size_t due(struct rig *r, int64_t until_ms)
{
	const struct plan_due_query q = {.until_ms = until_ms};
	struct err e = {0};

	assert_true(rig_wait(
		r, catalog_drill_due(r->catalog, &q, on_plans, r, &e)));
	return r->a.n;
}

static bool decide(struct rig *r, int64_t expected, int64_t run, int64_t next)
{
	struct plan_decision d = {.expected_next_due_at = expected,
				  .run_due_at = run,
				  .next_due_at = next};
	struct err e = {0};

	assert_true(rig_get_plan(r, "nightly"));
	(void)str_copy(d.plan_id, ID_MAX, r->a.plan.id);
	return rig_wait(r,
			catalog_drill_decide(r->catalog, &d, on_drill, r, &e));
}

static void test_a_due_drill_is_decided_once(void **state)
{
	struct rig *r = *state;
	char newest[ID_MAX];

	add_plan(r, 1000);
	rig_make_planned(r, "nightly", 10, newest);
	rig_make_planned(r, "nightly", 11, newest);
	assert_int_equal(due(r, 999), 0);
	assert_int_equal(r->a.total, 1000);
	assert_int_equal(due(r, 1000), 1);
	assert_true(decide(r, 1000, 1000, 2000));
	assert_true(is_given);
	assert_string_equal(drill.job.resource, newest);
	assert_true(rig_get_plan(r, "nightly"));
	assert_string_equal(drill.plan_id, r->a.plan.id);
	assert_int_equal(r->a.plan.next_drill_at, 2000);
	assert_false(decide(r, 1000, 1000, 2000));
	rig_refused(r, ERR_CONFLICT, "conflict");
	assert_true(started(r) && pass(r));
	assert_true(tells(r, "plans", "verdict", "'passed'"));
	assert_true(tells(r, "backups", "verdict", "'passed'"));
}

/* One that waits still stands for those that come. */
static void test_no_drill_beside_another(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	add_plan(r, 1000);
	rig_make_planned(r, "nightly", 10, id);
	assert_true(decide(r, 1000, 1000, 2000));
	assert_true(decide(r, 2000, 2000, 3000));
	assert_false(is_given);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM drills"), 1);
	assert_true(decide(r, 3000, 0, 4000));
	assert_false(is_given);
}

static int64_t told(struct rig *r)
{
	return rig_sql_int(r, "SELECT count(*) FROM events"
			      " WHERE act = 'plan.drill_failed'");
}

static void test_without_a_backup_it_is_told_once(void **state)
{
	struct rig *r = *state;

	add_plan(r, 1000);
	assert_true(decide(r, 1000, 1000, 2000));
	assert_false(is_given);
	assert_true(decide(r, 2000, 2000, 3000));
	assert_int_equal(told(r), 1);
	assert_true(tells(r, "plans", "verdict", "'none'"));
	assert_true(tells(r, "plans", "error.code", "'no_backup'"));
}

static void test_an_encrypted_one_is_told(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	add_plan(r, 1000);
	rig_make_planned(r, "nightly", 10, id);
	rig_sql(r, "UPDATE backups SET is_encrypted = 1");
	assert_true(decide(r, 1000, 1000, 2000));
	assert_false(is_given);
	assert_true(tells(r, "plans", "error.code", "'identity_missing'"));
	assert_true(tells(r, "plans", "verdict", "'none'"));
}

static void test_what_fails_is_the_plans_news(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	add_plan(r, 1000);
	rig_make_planned(r, "nightly", 10, id);
	assert_true(decide(r, 1000, 1000, 2000) && started(r));
	assert_true(fail_with(r, "provisioner_failed", false));
	assert_int_equal(told(r), 1);
	assert_true(tells(r, "plans", "verdict", "'none'"));
	assert_true(tells(r, "plans", "error.code", "'provisioner_failed'"));
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backups"
					" WHERE last_drill_json IS NOT NULL"),
			 0);
	assert_true(decide(r, 2000, 2000, 3000) && started(r));
	assert_true(fail_with(r, "verification_failed", true));
	assert_int_equal(told(r), 2);
	assert_true(tells(r, "plans", "verdict", "'failed'"));
}

static void test_a_plan_tells_of_a_crash(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	add_plan(r, 1000);
	rig_make_planned(r, "nightly", 10, id);
	assert_true(decide(r, 1000, 1000, INT64_C(5000000000000)));
	assert_true(started(r));
	assert_true(rig_recover(r));
	assert_true(tells(r, "plans", "error.code", "'interrupted'"));
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.next_drill_at, INT64_C(5000000000000));
}

/* It was decided by a clock that was decades ahead. */
static void test_a_clock_that_was_ahead(void **state)
{
	struct rig *r = *state;

	add_plan(r, INT64_C(5000000000000));
	rig_sql(r, "UPDATE plans SET drill_decided_at = 4900000000000");
	assert_true(rig_recover(r));
	assert_true(rig_get_plan(r, "nightly"));
	assert_true(r->a.plan.next_drill_at < INT64_C(4900000000000));
}

static void test_paused_plans_do_not_drill(void **state)
{
	struct rig *r = *state;

	add_plan(r, 1000);
	rig_sql(r, "UPDATE plans SET enabled = 0");
	assert_int_equal(due(r, 5000), 0);
	assert_false(decide(r, 1000, 1000, 2000));
	rig_refused(r, ERR_CONFLICT, "conflict");
}

/* Rule 22: only another timer, or a pause, gives another due time. */
static void test_changes_of_a_plan(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {0};

	add_plan(r, 1000);
	assert_true(rig_get_plan(r, "nightly"));
	assert_true(plan_record_copy(&p, &r->a.plan));
	p.next_drill_at = 7000;
	p.retention_days = 9;
	assert_true(rig_update_plan(r, &p, 0));
	assert_int_equal(r->a.plan.next_drill_at, 1000);
	p.options_json[strlen("{\"drill\":{\"timer\":{\"cycle\":\"")] = 'D';
	assert_true(rig_update_plan(r, &p, 0));
	assert_int_equal(r->a.plan.next_drill_at, 7000);
	p.next_drill_at = 8000;
	p.is_enabled = false;
	assert_true(rig_update_plan(r, &p, 0));
	assert_int_equal(r->a.plan.next_drill_at, 8000);
	plan_record_fini(&p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_passed),
		TEST(test_no_verdict_leaves_the_last_one),
		TEST(test_rule13_a_drilled_backup_stays),
		TEST(test_only_what_is_completed_and_readable),
		TEST(test_late_reports_change_nothing),
		TEST(test_what_a_crash_leaves_is_found),
		TEST(test_one_that_waited_leaves_nothing),
		TEST(test_what_a_provisioner_leaves_is_found),
		TEST(test_one_that_runs_is_left_alone),
		TEST(test_a_due_drill_is_decided_once),
		TEST(test_no_drill_beside_another),
		TEST(test_without_a_backup_it_is_told_once),
		TEST(test_an_encrypted_one_is_told),
		TEST(test_what_fails_is_the_plans_news),
		TEST(test_a_plan_tells_of_a_crash),
		TEST(test_a_clock_that_was_ahead),
		TEST(test_paused_plans_do_not_drill),
		TEST(test_changes_of_a_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
