/* test_catalog_plans.c - plans: kept, listed, changed, deleted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "test_catalog_plan_rig.h"

static int setup(void **state)
{
	return rig_setup_with(state, "shop blog", "store attic");
}

static void test_rule_20_a_plan_is_kept(void **state)
{
	struct rig *r = *state;
	char text[] = "x", scope[] = "{\"databases\":[]}", timer[] = "{}";
	struct plan_record p = {.name = "Nightly",
				.is_enabled = true,
				.source_id = "SHOP",
				.pool_id = "Store",
				.strategy = "timer",
				.method = "logical",
				.retention_days = 9,
				.grace_seconds = 60,
				.next_due_at = 5000};

	p.remarks = p.options_json = text;
	p.scope_json = scope;
	p.timer_json = timer;
	assert_true(rig_add_plan(r, &p));
	assert_true(rig_get_plan(r, "nightly"));
	assert_true(id_has_prefix(r->a.plan.id, "plan"));
	assert_string_equal(r->a.plan.name, "Nightly");
	assert_string_equal(r->a.plan.remarks, "x");
	assert_true(r->a.plan.is_enabled);
	assert_true(id_has_prefix(r->a.plan.source_id, "src"));
	assert_true(id_has_prefix(r->a.plan.pool_id, "pool"));
	assert_string_equal(r->a.plan.source_name, "shop");
	assert_string_equal(r->a.plan.source_engine, "mysql");
	assert_string_equal(r->a.plan.source_region, "eu");
	assert_string_equal(r->a.plan.pool_name, "store");
	assert_string_equal(r->a.plan.strategy, "timer");
	assert_string_equal(r->a.plan.method, "logical");
	assert_string_equal(r->a.plan.scope_json, scope);
	assert_string_equal(r->a.plan.timer_json, "{}");
	assert_string_equal(r->a.plan.options_json, "x");
	assert_int_equal(r->a.plan.retention_days, 9);
	assert_int_equal(r->a.plan.grace_seconds, 60);
	assert_null(r->a.plan.expiry_held_reason);
	assert_int_equal(r->a.plan.next_due_at, 5000);
	assert_int_equal(r->a.plan.unmet_due_at, 0);
	assert_false(r->a.plan.is_running);
	assert_int_equal(r->a.plan.revision, 1);
	assert_true(r->a.plan.created_at > 0);
	assert_false(rig_create_plan(r, "NIGHTLY", 0));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	assert_false(rig_create_plan(r, "1st", 0));
	rig_refused(r, ERR_INVALID, "invalid_name");
}

static void test_a_plan_needs_source_and_pool(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {.name = "p",
				.source_id = "none",
				.pool_id = "store",
				.strategy = "manual",
				.method = "logical"};

	assert_false(rig_add_plan(r, &p));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_non_null(strstr(r->a.err.msg, "source"));
	(void)str_copy(p.source_id, ID_MAX, "shop");
	(void)str_copy(p.pool_id, ID_MAX, "none");
	assert_false(rig_add_plan(r, &p));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_non_null(strstr(r->a.err.msg, "pool"));
	assert_false(rig_get_plan(r, "p"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

/* All that create takes is another thing afterwards. */
static void test_rule_22_every_field_changes(void **state)
{
	struct rig *r = *state;
	char text[] = "new";
	struct plan_record p = {.name = "weekly",
				.source_id = "blog",
				.pool_id = "attic",
				.strategy = "manual",
				.method = "physical",
				.retention_days = 30,
				.grace_seconds = 5,
				.next_due_at = 77};

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_true(rig_create_plan(r, "taken", 1000));
	assert_true(rig_get_plan(r, "nightly"));
	(void)str_copy(p.id, ID_MAX, r->a.plan.id);
	p.remarks = p.scope_json = p.timer_json = p.options_json = text;
	assert_false(rig_update_plan(r, &p, 2));
	rig_refused(r, ERR_CONFLICT, "revision_changed");
	assert_true(rig_update_plan(r, &p, 1));
	assert_true(rig_get_plan(r, p.id));
	assert_string_equal(r->a.plan.name, "weekly");
	assert_false(r->a.plan.is_enabled);
	assert_string_equal(r->a.plan.source_name, "blog");
	assert_string_equal(r->a.plan.pool_name, "attic");
	assert_string_equal(r->a.plan.strategy, "manual");
	assert_string_equal(r->a.plan.method, "physical");
	assert_string_equal(r->a.plan.remarks, "new");
	assert_string_equal(r->a.plan.scope_json, "new");
	assert_string_equal(r->a.plan.timer_json, "new");
	assert_string_equal(r->a.plan.options_json, "new");
	assert_int_equal(r->a.plan.retention_days, 30);
	assert_int_equal(r->a.plan.grace_seconds, 5);
	assert_int_equal(r->a.plan.next_due_at, 77);
	assert_int_equal(r->a.plan.revision, 2);
	(void)str_copy(p.name, NAME_BUF, "TAKEN");
	assert_false(rig_update_plan(r, &p, 0));
	rig_refused(r, ERR_CONFLICT, "name_taken");
}

/* Rule 22: the running backup keeps the settings that it started with. */
static void test_rule_22_a_running_backup_keeps_its_settings(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {0};
	struct backup_record b = {0};

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_true(rig_execute(r, "nightly", NULL));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_true(rig_start_backup(r, &b));
	assert_true(rig_get_plan(r, "nightly"));
	assert_true(r->a.plan.is_running);
	assert_true(plan_record_copy(&p, &r->a.plan));
	p.retention_days = 1;
	(void)str_copy(p.name, NAME_BUF, "daily");
	(void)str_copy(p.source_id, ID_MAX, "blog");
	assert_true(rig_update_plan(r, &p, 0));
	assert_true(rig_finish_backup(r, &b, BACKUP_COMPLETED));
	assert_true(rig_get_backup(r, b.id));
	assert_string_equal(r->a.backup.source_name, "shop");
	assert_string_equal(r->a.backup.plan_name, "nightly");
	assert_int_equal(r->a.backup.expires_at - r->a.backup.finished_at,
			 (int64_t)RIG_RETENTION * RIG_DAY_MS);
	plan_record_fini(&p);
	backup_record_fini(&b);
}

/* What was due by another timer is owed no more. */
static void test_rule_21_a_new_timer_owes_nothing(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {0};
	char other[] = "{\"cycle\":\"hourly\"}";

	assert_true(rig_create_plan(r, "nightly", 1000));
	rig_run_next(r, "nightly");
	assert_true(rig_get_plan(r, "nightly"));
	assert_int_equal(r->a.plan.unmet_due_at, 1000);
	assert_true(plan_record_copy(&p, &r->a.plan));
	p.retention_days = 3;
	assert_true(rig_update_plan(r, &p, 0));
	assert_int_equal(r->a.plan.unmet_due_at, 1000);
	free(p.timer_json);
	p.timer_json = other;
	assert_true(rig_update_plan(r, &p, 0));
	assert_int_equal(r->a.plan.unmet_due_at, 0);
	p.timer_json = NULL;
	plan_record_fini(&p);
}

/* The scheduler has decided a due time since the caller read the plan: it is
 * not due again. */
static void test_rule_21_a_change_brings_no_due_time_back(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {0};

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_true(rig_get_plan(r, "nightly"));
	assert_true(plan_record_copy(&p, &r->a.plan));
	rig_run_next(r, "nightly");
	p.retention_days = 3;
	assert_true(rig_update_plan(r, &p, p.revision));
	assert_int_equal(r->a.plan.retention_days, 3);
	assert_int_equal(r->a.plan.next_due_at, 1000 + RIG_DAY_MS);
	/* A pause ends with a due time of its own. */
	p.is_enabled = false;
	assert_true(rig_update_plan(r, &p, 0));
	assert_int_equal(r->a.plan.next_due_at, 1000);
	plan_record_fini(&p);
}

/* How many the filter finds. */
static uint64_t found(struct rig *r, struct catalog_query q)
{
	if (!rig_list_plans(r, &q))
		fail_msg("%s", r->a.err.msg);
	assert_int_equal(r->a.total, r->a.n);
	return r->a.total;
}

static void test_filters(void **state)
{
	struct rig *r = *state;
	struct plan_record p = {.name = "by-hand",
				.source_id = "blog",
				.pool_id = "attic",
				.strategy = "manual",
				.is_enabled = true,
				.method = "logical"};

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_true(rig_create_plan(r, "night2", 2000));
	assert_true(rig_add_plan(r, &p));
	assert_int_equal(found(r, (struct catalog_query){0}), 3);
	assert_int_equal(found(r, (struct catalog_query){.q = "NIGHT"}), 2);
	assert_int_equal(found(r, (struct catalog_query){.source = "shop"}), 2);
	assert_int_equal(found(r, (struct catalog_query){.source = "none"}), 0);
	assert_int_equal(found(r, (struct catalog_query){.pool = "attic"}), 1);
	assert_int_equal(found(r, (struct catalog_query){.strategy = "timer"}),
			 2);
	assert_int_equal(found(r, (struct catalog_query){.engine = "mysql"}),
			 3);
	assert_int_equal(found(r, (struct catalog_query){.engine = "redis"}),
			 0);
	assert_int_equal(found(r, (struct catalog_query){.q = "night",
							 .source = "shop",
							 .pool = "store",
							 .strategy = "timer",
							 .status = "active"}),
			 2);
}

/* The filter and plan_status_name() say the same of every plan there is. */
static void test_rule_21_status_filter_is_the_status(void **state)
{
	static const char *const words[] = {"active", "paused", "overdue",
					    "finished"};
	struct rig *r = *state;
	struct catalog_query all = {.limit = 500};
	unsigned counts[4] = {0};
	char ids[64][ID_MAX];
	size_t n;

	for (int i = 0; i < 32; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "p%d", i);
		assert_true(rig_create_plan(r, name, i & 1 ? 5000 : 0));
	}
	for (int i = 0; i < 32; i += 5) {
		char name[16];

		(void)snprintf(name, sizeof(name), "p%d", i);
		if (rig_execute(r, name, NULL))
			continue;
		rig_refused(r, ERR_CONFLICT, "source_busy");
	}
	rig_sql(r, "UPDATE plans SET"
		   " enabled = CAST(substr(name, 2) AS INTEGER) & 2 > 0,"
		   " unmet_due_at = CASE"
		   "  CAST(substr(name, 2) AS INTEGER) >> 2 & 3"
		   "  WHEN 0 THEN 0 WHEN 1 THEN 1000"
		   "  ELSE unixepoch() * 1000 END,"
		   " strategy = CASE CAST(substr(name, 2) AS INTEGER) & 16"
		   "  WHEN 0 THEN 'timer' ELSE 'manual' END");
	assert_true(rig_list_plans(r, &all));
	n = r->a.n;
	assert_int_equal(n, 32);
	memcpy(ids, r->a.ids, n * ID_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *word;

		assert_true(rig_get_plan(r, ids[i]));
		word = plan_status_name(&r->a.plan, clock_now_ms());
		for (int w = 0; w < 4; w++)
			counts[w] += strcmp(word, words[w]) == 0;
	}
	for (int w = 0; w < 4; w++) {
		assert_true(counts[w] > 0);
		assert_int_equal(
			found(r, (struct catalog_query){.status = words[w],
							.limit = 500}),
			counts[w]);
	}
	assert_int_equal(found(r, (struct catalog_query){.status = "odd"}), 0);
}

static void test_sorts_are_whole(void **state)
{
	static const char *const sorts[] = {"created_at", "updated_at", "name",
					    "next_run", "last_run"};
	struct rig *r = *state;
	char after[1024], word[32];

	for (int i = 0; i < 25; i++) {
		(void)snprintf(word, sizeof(word), "p%d", i);
		assert_true(rig_create_plan(r, word, i % 3));
	}
	for (unsigned i = 0; i < 10; i++) {
		struct catalog_query q = {.limit = 7, .sort = word};
		size_t n = 0;

		(void)snprintf(word, sizeof(word), "%s%s", i % 2 ? "-" : "",
			       sorts[i / 2]);
		do {
			assert_true(rig_list_plans(r, &q));
			n += r->a.n;
			(void)str_copy(after, sizeof(after), r->a.next);
			q.after = after;
		} while (after[0] != '\0');
		assert_int_equal(n, 25);
	}
	assert_false(rig_list_plans(r, &(struct catalog_query){.sort = "x"}));
	rig_refused(r, ERR_INVALID, "invalid_sort");
}

static void test_rule_20_backups_outlive_their_plan(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	rig_make_planned(r, "nightly", 5, id);
	assert_true(rig_delete_plan(r, "nightly", false));
	assert_false(rig_get_plan(r, "nightly"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_true(rig_get_backup(r, id));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_string_equal(r->a.backup.plan_name, "nightly");
	assert_true(r->a.backup.expires_at > r->a.backup.finished_at);
	assert_false(rig_delete_plan(r, "nightly", false));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void hold(struct rig *r, const char *id)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE backups SET held = 1 WHERE id = '%s'", id);
	rig_sql(r, sql);
}

/* What is told is what goes; what is held or restored stays. */
static void test_rule_20_backups_go_with_their_plan(void **state)
{
	struct rig *r = *state;
	char free_id[ID_MAX], held_id[ID_MAX], used_id[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	rig_make_planned(r, "nightly", 5, free_id);
	rig_make_planned(r, "nightly", 5, held_id);
	rig_make_planned(r, "nightly", 5, used_id);
	hold(r, held_id);
	assert_true(rig_begin_restore(r, used_id, "blog"));
	assert_true(rig_would_delete_plan(r, "nightly"));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], free_id);
	assert_true(rig_delete_plan(r, "nightly", true));
	assert_true(rig_get_backup(r, free_id));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_true(rig_get_backup(r, held_id));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_true(rig_get_backup(r, used_id));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	/* Nobody holds a job for it: the next sweep finds it. */
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], free_id);
	assert_true(rig_swept(r, free_id, NULL));
	assert_false(rig_get_backup(r, free_id));
}

static void test_rule_20_a_busy_plan_stays(void **state)
{
	struct rig *r = *state;
	struct backup_record b = {0};

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_true(rig_execute(r, "nightly", NULL));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_false(rig_delete_plan(r, "nightly", true));
	rig_refused(r, ERR_CONFLICT, "plan_busy");
	assert_non_null(strstr(r->a.err.msg, b.name));
	assert_true(rig_finish_backup(r, &b, BACKUP_CANCELED));
	assert_true(rig_delete_plan(r, "nightly", true));
	backup_record_fini(&b);
}

static void test_rule_4_plans_and_automated_backups_go(void **state)
{
	struct rig *r = *state;
	struct backup_record failed = {0};
	char first[ID_MAX], second[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_true(rig_create_plan(r, "weekly", 1000));
	rig_make_planned(r, "nightly", 5, first);
	rig_make_planned(r, "weekly", 5, second);
	assert_true(rig_execute(r, "weekly", NULL));
	assert_true(backup_record_copy(&failed, &r->a.backup));
	assert_true(rig_start_backup(r, &failed));
	assert_true(rig_finish_backup(r, &failed, BACKUP_FAILED));
	rig_make_backup(r, "by-hand", "shop", "store");
	assert_true(rig_would_delete_source(r, "shop"));
	assert_int_equal(r->a.n, 5);
	assert_int_equal(r->a.nbackups, 3);
	assert_string_equal(r->a.names[0], "nightly");
	assert_string_equal(r->a.names[1], "weekly");
	assert_string_equal(r->a.ids[2], first);
	assert_string_equal(r->a.ids[3], second);
	assert_string_equal(r->a.ids[4], failed.id);
	assert_true(rig_get_source(r, "shop"));
	assert_true(rig_delete_source(r, "shop"));
	assert_false(rig_get_source(r, "shop"));
	assert_int_equal(found(r, (struct catalog_query){0}), 0);
	assert_true(rig_get_backup(r, first));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_true(rig_get_backup(r, second));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_true(rig_get_backup(r, failed.id));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_true(rig_get_backup(r, "by-hand"));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_string_equal(r->a.backup.source_name, "shop");
	backup_record_fini(&failed);
}

static void test_rule_4_a_hold_keeps_the_source(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	rig_make_planned(r, "nightly", 5, id);
	hold(r, id);
	assert_false(rig_delete_source(r, "shop"));
	rig_refused(r, ERR_CONFLICT, "backup_held");
	assert_non_null(strstr(r->a.err.msg, id));
	assert_true(rig_get_plan(r, "nightly"));
	assert_true(rig_get_backup(r, id));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
}

static void test_rule_4_a_restore_keeps_the_source(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	rig_make_planned(r, "nightly", 5, id);
	assert_true(rig_begin_restore(r, id, "blog"));
	assert_false(rig_delete_source(r, "shop"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(rig_get_plan(r, "nightly"));
}

/* A run that waits has no lock, and still keeps its source. */
static void test_rule_4_a_queued_run_keeps_the_source(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_plan(r, "nightly", 1000));
	rig_run_next(r, "nightly");
	assert_false(rig_delete_source(r, "shop"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
}

static void on_done(void *arg, const struct err *e)
{
	rig_on_done(arg, e);
}

static void test_rule_16_plans_keep_their_pool(void **state)
{
	struct rig *r = *state;
	struct err e = {0};

	assert_true(rig_create_plan(r, "nightly", 1000));
	assert_false(rig_wait(r, catalog_pool_delete(r->catalog, "store", NULL,
						     on_done, r, &e)));
	rig_refused(r, ERR_CONFLICT, "pool_in_use");
	assert_non_null(strstr(r->a.err.msg, "nightly"));
	assert_true(rig_delete_plan(r, "nightly", false));
	assert_true(rig_wait(r, catalog_pool_delete(r->catalog, "store", NULL,
						    on_done, r, &e)));
}

static void test_rule_18_sources_and_pools_tell_their_plans(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	(void)str_copy(id, ID_MAX, r->a.plan.id);
	assert_true(rig_get_source(r, "shop"));
	assert_non_null(strstr(r->a.source.plans_json, id));
	assert_non_null(strstr(r->a.source.plans_json, "\"nightly\""));
	assert_true(rig_get_pool(r, "store"));
	assert_non_null(strstr(r->a.pool.plans_json, id));
	assert_true(rig_get_pool(r, "attic"));
	assert_true(r->a.pool.plans_json == NULL ||
		    strcmp(r->a.pool.plans_json, "[]") == 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rule_20_a_plan_is_kept),
		TEST(test_a_plan_needs_source_and_pool),
		TEST(test_rule_22_every_field_changes),
		TEST(test_rule_22_a_running_backup_keeps_its_settings),
		TEST(test_rule_21_a_new_timer_owes_nothing),
		TEST(test_rule_21_a_change_brings_no_due_time_back),
		TEST(test_filters),
		TEST(test_rule_21_status_filter_is_the_status),
		TEST(test_sorts_are_whole),
		TEST(test_rule_20_backups_outlive_their_plan),
		TEST(test_rule_20_backups_go_with_their_plan),
		TEST(test_rule_20_a_busy_plan_stays),
		TEST(test_rule_4_plans_and_automated_backups_go),
		TEST(test_rule_4_a_hold_keeps_the_source),
		TEST(test_rule_4_a_restore_keeps_the_source),
		TEST(test_rule_4_a_queued_run_keeps_the_source),
		TEST(test_rule_16_plans_keep_their_pool),
		TEST(test_rule_18_sources_and_pools_tell_their_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
