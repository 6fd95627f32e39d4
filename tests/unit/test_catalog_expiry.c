/* test_catalog_expiry.c - rule 14 over the tables, and who owns what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/events.h"
#include "catalog/expiry.h"
#include "test_catalog_plan_rig.h"

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop blog", "store");
	r = *state;
	assert_true(rig_create_plan(r, "nightly", 1000));
	return 0;
}

/* When everything that was made now has expired. */
static int64_t later(void)
{
	return clock_now_ms() + (RIG_RETENTION + 1) * (int64_t)RIG_DAY_MS;
}

static void change(struct rig *r, const char *id, const char *what)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE backups SET %s WHERE id = '%s'", what, id);
	rig_sql(r, sql);
}

/* The verdict on one of the plan's backups, that time; and that a pass says
 * the same. */
static void expect(struct rig *r, const char *id, int64_t now_ms,
		   const char *word)
{
	enum retention_verdict v = RETENTION_VERDICT_COUNT;
	bool is_going;

	assert_true(rig_expiry(r, "nightly", now_ms));
	for (size_t i = 0; i < r->a.n; i++)
		if (strcmp(r->a.ids[i], id) == 0)
			v = r->a.verdicts[i];
	assert_string_equal(retention_word(v), word);
	assert_true(rig_expire(r, now_ms, 500));
	is_going = false;
	for (size_t i = 0; i < r->a.n; i++)
		is_going |= strcmp(r->a.ids[i], id) == 0;
	assert_int_equal(is_going, strcmp(word, "goes") == 0);
	assert_true(rig_get_backup(r, id));
	assert_int_equal(r->a.backup.status,
			 is_going ? BACKUP_DELETING : BACKUP_COMPLETED);
}

static void test_rule_14_expired_ones_go(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX], second[ID_MAX];
	int64_t expires_at;

	rig_make_planned(r, "nightly", 7, first);
	rig_make_planned(r, "nightly", 7, second);
	assert_true(rig_get_backup(r, first));
	expires_at = r->a.backup.expires_at;
	assert_int_equal(expires_at - r->a.backup.finished_at,
			 RIG_RETENTION * (int64_t)RIG_DAY_MS);
	expect(r, first, expires_at - 1, "not_yet");
	expect(r, first, expires_at, "goes");
	expect(r, second, later(), "last");
	assert_true(rig_expire(r, later(), 500));
	assert_int_equal(r->a.n, 0);
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], first);
}

/* What was told live. */
static struct {
	unsigned n;
	char resources[4][ID_MAX], detail[512];
} heard;

static void on_event(void *arg, const struct event_record *r)
{
	(void)arg;
	if (heard.n == 4 || strcmp(r->kind, "backup") != 0)
		fail_msg("heard of %s", r->act);
	assert_string_equal(r->act, "backup.expired");
	assert_string_equal(r->result, "ok");
	assert_string_equal(r->who, "server");
	assert_true(r->id > 0);
	(void)str_copy(heard.resources[heard.n++], ID_MAX, r->resource);
	(void)str_copy(heard.detail, sizeof(heard.detail), r->detail);
}

static void on_log(void *arg, const char *text, const struct err *e)
{
	(void)e;
	(void)str_copy(heard.detail, sizeof(heard.detail), text);
	rig_on_done(arg, NULL);
}

/* The one job of kind expire and its log, into heard.detail. */
static void read_job(struct rig *r, char id[ID_MAX])
{
	const struct catalog_query q = {.kind = "expire"};
	struct err e = {0};

	assert_true(rig_list_jobs(r, &q));
	assert_int_equal(r->a.n, 1);
	(void)str_copy(id, ID_MAX, r->a.ids[0]);
	assert_true(rig_wait(
		r, catalog_job_read_log(r->catalog, id, on_log, r, &e)));
}

static void test_rule_14_an_expiry_is_seen(void **state)
{
	struct rig *r = *state;
	char ids[3][ID_MAX], job[ID_MAX];
	int64_t now_ms;

	memset(&heard, 0, sizeof(heard));
	catalog_event_listen(r->catalog, on_event, NULL);
	for (int i = 0; i < 3; i++)
		rig_make_planned(r, "nightly", 7, ids[i]);
	assert_true(rig_expire(r, clock_now_ms(), 500));
	assert_int_equal(r->a.n, 0); /* nothing goes, nothing is told */
	assert_int_equal(heard.n, 0);
	now_ms = clock_now_ms();
	assert_true(rig_expire(r, later(), 500));
	assert_int_equal(r->a.n, 2);
	assert_int_equal(heard.n, 2);
	assert_string_equal(heard.resources[0], ids[1]);
	assert_string_equal(heard.resources[1], ids[0]);
	assert_non_null(strstr(heard.detail, "its retention of 7 days was "
					     "over at "));
	assert_non_null(strstr(heard.detail, "(plan \"nightly\")"));
	read_job(r, job);
	assert_non_null(strstr(heard.detail, ids[0]));
	assert_non_null(strstr(heard.detail, ids[1]));
	assert_null(strstr(heard.detail, ids[2]));
	assert_true(rig_get_job(r, job));
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
	assert_true(r->a.job.finished_at >= now_ms);
	assert_non_null(strstr(r->a.job_progress, "\"items_done\":2"));
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM events"
					" WHERE kind = 'backup'"),
			 2);
	assert_true(rig_expire(r, later(), 500));
	assert_int_equal(heard.n, 2);
}

static void test_rule_14_the_last_completed_one_stays(void **state)
{
	struct rig *r = *state;
	struct backup_record failed = {0};
	char id[ID_MAX];

	rig_make_planned(r, "nightly", 7, id);
	/* A failed one counts for nothing. */
	assert_true(rig_execute(r, "nightly", NULL));
	assert_true(backup_record_copy(&failed, &r->a.backup));
	assert_true(rig_start_backup(r, &failed));
	assert_true(rig_finish_backup(r, &failed, BACKUP_FAILED));
	backup_record_fini(&failed);
	expect(r, id, later(), "last");
	/* One of another scope does not, either. */
	rig_make_backup(r, "by-hand", "blog", "store");
	expect(r, id, later(), "last");
	/* A manual one of the whole source is the newest then. */
	rig_make_backup(r, "by-hand2", "shop", "store");
	expect(r, id, later(), "goes");
}

/* What a verification found damaged may not restore: the newest that may is
 * kept beside it. */
static void test_rule_14_a_damaged_one_is_not_the_last(void **state)
{
	struct rig *r = *state;
	char old[ID_MAX], sound[ID_MAX], damaged[ID_MAX];

	rig_make_planned(r, "nightly", 7, old);
	rig_make_planned(r, "nightly", 7, sound);
	rig_make_planned(r, "nightly", 7, damaged);
	change(r, damaged, "verify_status = 'failed'");
	expect(r, sound, later(), "last");
	expect(r, damaged, later(), "last");
	assert_true(rig_get_backup(r, old));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
}

/* The same where those that stay have not expired yet. */
static void test_rule_14_damaged_ones_beside_sound_ones(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX], second[ID_MAX], third[ID_MAX];

	rig_make_planned(r, "nightly", 7, first);
	rig_make_planned(r, "nightly", 7, second);
	rig_make_planned(r, "nightly", 7, third);
	rig_sql(r, "UPDATE backups SET verify_status = 'failed'");
	change(r, first, "expires_at = 1");
	expect(r, first, clock_now_ms(), "goes");
	change(r, second, "verify_status = 'passed', expires_at = 1");
	expect(r, second, clock_now_ms(), "last");
	rig_make_planned(r, "nightly", 7, first);
	rig_make_planned(r, "nightly", 7, third);
	change(r, third, "verify_status = 'failed'");
	expect(r, second, clock_now_ms(), "goes");
}

static void test_rule_14_what_keeps_one(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX], newest[ID_MAX], sql[160];

	rig_make_planned(r, "nightly", 7, id);
	rig_make_planned(r, "nightly", 7, newest);
	assert_true(rig_hold(r, id, true));
	expect(r, id, later(), "held");
	assert_true(rig_hold(r, id, false));
	(void)snprintf(sql, sizeof(sql),
		       "UPDATE backups SET depends_on_json = '[\"%s\"]'"
		       " WHERE id = '%s'",
		       id, newest);
	rig_sql(r, sql);
	expect(r, id, later(), "needed");
	assert_false(rig_delete_backup(r, id));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_non_null(strstr(r->a.err.msg, newest));
	change(r, newest, "depends_on_json = NULL");
	assert_true(rig_begin_restore(r, id, "blog"));
	expect(r, id, later(), "in_use");
	rig_sql(r, "UPDATE restores SET status = 'completed';"
		   "UPDATE jobs SET status = 'completed', lock_key = NULL");
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO jobs (id, kind, status, resource, fence,"
		       " created_at) VALUES ('job_x', 'verify', 'running',"
		       " '%s', 900, 1)",
		       id);
	rig_sql(r, sql);
	expect(r, id, later(), "in_use");
	assert_true(rig_get_backup(r, id));
	assert_true(r->a.backup.is_verifying);
	assert_false(rig_delete_backup(r, id));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_non_null(strstr(r->a.err.msg, "verified"));
	rig_sql(r, "UPDATE jobs SET status = 'completed'");
	expect(r, id, later(), "goes");
}

/* Rule 17: another server's is counted by nobody here, and goes by nobody. */
static void test_rule_14_foreign_ones_are_not_ours(void **state)
{
	struct rig *r = *state;
	char mine[ID_MAX], foreign[ID_MAX];

	rig_make_planned(r, "nightly", 7, mine);
	rig_make_planned(r, "nightly", 7, foreign);
	change(r, foreign, "server_id = 'srv_other', is_adopted = 1");
	assert_true(rig_get_backup(r, foreign));
	assert_false(r->a.backup.is_mine);
	assert_true(r->a.backup.is_adopted);
	expect(r, foreign, later(), "foreign");
	expect(r, mine, later(), "last");
	assert_false(rig_delete_backup(r, foreign));
	rig_refused(r, ERR_CONFLICT, "not_owner");
	assert_false(rig_hold(r, foreign, true));
	rig_refused(r, ERR_CONFLICT, "not_owner");
	assert_true(rig_get_backup(r, foreign));
	assert_false(r->a.backup.held);
	/* With the plan and the source goes only what is ours. */
	assert_true(rig_delete_plan(r, "nightly", true));
	assert_true(rig_get_backup(r, foreign));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_true(rig_get_backup(r, mine));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_true(rig_delete_source(r, "shop"));
	assert_true(rig_get_backup(r, foreign));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
}

/* An adopted backup whose scope nobody could read is no backup of all, and
 * none of the others' kind. */
static void test_rule_14_hidden_scopes_stand_alone(void **state)
{
	struct rig *r = *state;
	char whole[ID_MAX], hidden[ID_MAX], twin[ID_MAX];
	static const char what[] =
		"is_adopted = 1, is_encrypted = 1, warnings_json ="
		" '[{\"code\":\"scope_hidden\",\"detail\":\"\"}]'";

	rig_make_planned(r, "nightly", 7, whole);
	rig_make_planned(r, "nightly", 7, hidden);
	rig_make_planned(r, "nightly", 7, twin);
	change(r, hidden, what);
	change(r, twin, what);
	expect(r, whole, later(), "last");
	expect(r, hidden, later(), "last");
	expect(r, twin, later(), "last");
}

static void test_rule_14_a_pass_is_bounded(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	for (int i = 0; i < 8; i++)
		rig_make_planned(r, "nightly", 7, id);
	assert_true(rig_expire(r, later(), 3));
	assert_int_equal(r->a.n, 3);
	assert_true(rig_expire(r, later(), 3));
	assert_int_equal(r->a.n, 3);
	assert_true(rig_expire(r, later(), 3));
	assert_int_equal(r->a.n, 1);
	assert_true(rig_expire(r, later(), 3));
	assert_int_equal(r->a.n, 0);
	assert_true(rig_expiry(r, NULL, later()));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], id);
}

static void test_rule_14_the_brake(void **state)
{
	struct rig *r = *state;
	char first[ID_MAX], small[ID_MAX], more[ID_MAX];

	rig_make_planned(r, "nightly", 1000, first);
	rig_make_planned(r, "nightly", 500, small);
	assert_true(rig_get_plan(r, "nightly"));
	assert_null(r->a.plan.expiry_held_reason);
	rig_make_planned(r, "nightly", 249, small);
	assert_true(rig_get_plan(r, "nightly"));
	assert_non_null(r->a.plan.expiry_held_reason);
	assert_non_null(strstr(r->a.plan.expiry_held_reason, "249 rows"));
	assert_non_null(strstr(r->a.plan.expiry_held_reason, "500"));
	expect(r, first, later(), "braked");
	/* Nor is it got rid of with the plan, unless they go, too. */
	assert_false(rig_delete_plan(r, "nightly", false));
	rig_refused(r, ERR_CONFLICT, "expiry_held");
	/* Still measured by the one before; growing back releases nothing. */
	rig_make_planned(r, "nightly", 240, more);
	rig_make_planned(r, "nightly", 900, more);
	expect(r, first, later(), "braked");
	rig_make_planned(r, "nightly", 100, small);
	assert_true(rig_release(r, "nightly"));
	assert_null(r->a.plan.expiry_held_reason);
	/* Today's size is what counts from now on. */
	rig_make_planned(r, "nightly", 60, more);
	assert_true(rig_get_plan(r, "nightly"));
	assert_null(r->a.plan.expiry_held_reason);
	expect(r, first, later(), "goes");
	rig_make_planned(r, "nightly", 29, more);
	assert_true(rig_get_plan(r, "nightly"));
	assert_non_null(r->a.plan.expiry_held_reason);
}

/* What is not comparable is not compared. */
enum { HOUR_MS = 3600 * 1000 };

#define TEN_YEARS_MS (INT64_C(10) * 365 * RIG_DAY_MS)

/* A pass after which so many go. */
static void pass(struct rig *r, int64_t now_ms, int64_t ran_ms, size_t n)
{
	assert_true(rig_expire_after(r, now_ms, ran_ms, 500));
	assert_int_equal(r->a.n, n);
}

static bool is_held_for_the_clock(struct rig *r, const char *plan)
{
	const char *why;

	assert_true(rig_get_plan(r, plan));
	why = r->a.plan.expiry_held_reason;
	return why != NULL && strncmp(why, "the clock of the server", 23) == 0;
}

/* Two plans of three backups each; one of theirs has lost its plan. */
static int64_t before_the_jump(struct rig *r)
{
	char id[ID_MAX];
	int64_t now_ms;

	assert_true(rig_create_plan(r, "weekly", 1000));
	assert_true(rig_create_plan(r, "gone", 1000));
	rig_make_planned(r, "gone", 7, id);
	assert_true(rig_delete_plan(r, "gone", false));
	for (int i = 0; i < 3; i++) {
		rig_make_planned(r, "nightly", 7, id);
		rig_make_planned(r, "weekly", 7, id);
	}
	now_ms = clock_now_ms();
	pass(r, now_ms, 0, 0);
	return now_ms;
}

/* Until it is put right. */
static void test_rule_14_a_clock_far_ahead_expires_nothing(void **state)
{
	struct rig *r = *state;
	int64_t now_ms = before_the_jump(r), far_ms = now_ms + TEN_YEARS_MS;

	pass(r, now_ms + HOUR_MS, HOUR_MS, 0);
	assert_false(is_held_for_the_clock(r, "nightly"));
	pass(r, far_ms, 0, 0);
	assert_true(is_held_for_the_clock(r, "nightly"));
	assert_true(is_held_for_the_clock(r, "weekly"));
	assert_true(rig_expiry(r, "nightly", far_ms));
	assert_int_equal(r->a.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_not_equal(retention_word(r->a.verdicts[i]),
					"goes");
	pass(r, far_ms + 22 * HOUR_MS, 22 * HOUR_MS, 0);
	/* started anew, which is no hour that it ran */
	pass(r, far_ms + 30 * HOUR_MS, 0, 0);
	assert_true(is_held_for_the_clock(r, "nightly"));
	pass(r, now_ms + 2 * HOUR_MS, 0, 0);
	assert_false(is_held_for_the_clock(r, "nightly"));
	assert_false(is_held_for_the_clock(r, "weekly"));
	/* a doubt of later begins anew */
	pass(r, far_ms, 0, 0);
	pass(r, far_ms + 3 * HOUR_MS, 3 * HOUR_MS, 0);
	assert_true(is_held_for_the_clock(r, "nightly"));
}

/* Or it was right: the machine was off. */
static void test_rule_14_a_day_of_running_confirms_the_clock(void **state)
{
	struct rig *r = *state;
	int64_t late_ms = before_the_jump(r) + 60 * (int64_t)RIG_DAY_MS;

	pass(r, late_ms, 0, 0);
	for (int hour = 1; hour < 24; hour++)
		pass(r, late_ms + hour * HOUR_MS, HOUR_MS, 0);
	assert_true(is_held_for_the_clock(r, "nightly"));
	/* The newest of all three stays: it is one source and scope. */
	pass(r, late_ms + 24 * HOUR_MS, HOUR_MS, 6);
	assert_false(is_held_for_the_clock(r, "nightly"));
	pass(r, late_ms + 70 * HOUR_MS, 0, 0);
	assert_false(is_held_for_the_clock(r, "nightly"));
}

static void test_rule_14_a_release_lifts_the_doubt_of_a_plan(void **state)
{
	struct rig *r = *state;
	int64_t far_ms = before_the_jump(r) + TEN_YEARS_MS;

	pass(r, far_ms, 0, 0);
	assert_true(rig_release(r, "nightly"));
	pass(r, far_ms + HOUR_MS, HOUR_MS, 3);
	assert_false(is_held_for_the_clock(r, "nightly"));
	assert_true(is_held_for_the_clock(r, "weekly"));
	pass(r, far_ms + 2 * HOUR_MS, HOUR_MS, 0);
}

/* Two days off, or any time that the server ran for, is no reason to doubt;
 * nor does the end of a doubt let go of what shrank. */
static void test_rule_14_what_the_clock_may_do(void **state)
{
	struct rig *r = *state;
	int64_t now_ms = before_the_jump(r);
	int64_t week_ms = 8 * (int64_t)RIG_DAY_MS;

	pass(r, now_ms + 48 * HOUR_MS, 0, 0);
	assert_false(is_held_for_the_clock(r, "nightly"));
	rig_sql(r, "UPDATE plans SET expiry_held = 'it shrank'"
		   " WHERE name = 'weekly'");
	pass(r, now_ms + 48 * HOUR_MS + TEN_YEARS_MS, 0, 0);
	assert_false(is_held_for_the_clock(r, "weekly"));
	pass(r, now_ms + 48 * HOUR_MS + week_ms, week_ms, 4);
	assert_false(is_held_for_the_clock(r, "nightly"));
	assert_true(rig_get_plan(r, "weekly"));
	assert_string_equal(r->a.plan.expiry_held_reason, "it shrank");
}

static void test_rule_14_another_scope_is_no_shrinking(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {0};
	char id[ID_MAX], scope[] = "{\"databases\":[{\"name\":\"a\"}]}";

	rig_make_planned(r, "nightly", 1000, id);
	assert_true(rig_get_plan(r, "nightly"));
	assert_true(plan_record_copy(&p, &r->a.plan));
	p.scope_json = scope;
	assert_true(rig_update_plan(r, &p, 0));
	p.scope_json = NULL;
	rig_make_planned(r, "nightly", 3, id);
	assert_true(rig_get_plan(r, "nightly"));
	assert_null(r->a.plan.expiry_held_reason);
	rig_make_planned(r, "nightly", 1, id);
	assert_true(rig_get_plan(r, "nightly"));
	assert_non_null(r->a.plan.expiry_held_reason);
	plan_record_fini(&p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rule_14_expired_ones_go),
		TEST(test_rule_14_an_expiry_is_seen),
		TEST(test_rule_14_the_last_completed_one_stays),
		TEST(test_rule_14_a_damaged_one_is_not_the_last),
		TEST(test_rule_14_damaged_ones_beside_sound_ones),
		TEST(test_rule_14_what_keeps_one),
		TEST(test_rule_14_foreign_ones_are_not_ours),
		TEST(test_rule_14_hidden_scopes_stand_alone),
		TEST(test_rule_14_a_pass_is_bounded),
		TEST(test_rule_14_the_brake),
		TEST(test_rule_14_a_clock_far_ahead_expires_nothing),
		TEST(test_rule_14_a_day_of_running_confirms_the_clock),
		TEST(test_rule_14_a_release_lifts_the_doubt_of_a_plan),
		TEST(test_rule_14_what_the_clock_may_do),
		TEST(test_rule_14_another_scope_is_no_shrinking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
