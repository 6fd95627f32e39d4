/*
 * test_catalog_nomem.c - the n-th allocation of the catalog's own code fails,
 * for all n until the call works: it fails the call, not the server.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scarce_memory.h"
#include "catalog/drills.h"
#include "catalog/instances.h"
#include "test_catalog_plan_rig.h"
#include "catalog/expiry.h"

static _Atomic long fail_at, allocations;

bool scarce_memory_refuses(void)
{
	return ++allocations == fail_at;
}

static void watch(const struct err *e, struct rig *r)
{
	fail_at = 0;
	rig_on_done(r, e);
}

static void on_source(void *arg, const struct source_record *s,
		      const struct err *e)
{
	(void)s;
	watch(e, arg);
}

static void on_backup(void *arg, const struct backup_record *b,
		      const struct err *e)
{
	(void)b;
	watch(e, arg);
}

static void on_backups(void *arg, const struct backup_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	(void)list;
	(void)page;
	watch(e, arg);
}

static void on_plan(void *arg, const struct plan_record *p, const struct err *e)
{
	(void)p;
	watch(e, arg);
}

static void on_plans(void *arg, const struct plan_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	(void)list;
	(void)page;
	watch(e, arg);
}

static void on_verdicts(void *arg, const struct backup_record *list,
			const enum retention_verdict *verdicts, size_t n,
			const struct err *e)
{
	(void)list;
	(void)verdicts;
	(void)n;
	watch(e, arg);
}

static void on_doomed(void *arg, const struct catalog_doomed *d,
		      const struct err *e)
{
	(void)d;
	watch(e, arg);
}

static void on_log(void *arg, const char *text, const struct err *e)
{
	(void)text;
	watch(e, arg);
}

static void on_done(void *arg, const struct err *e)
{
	watch(e, arg);
}

static struct catalog_op *create_source(struct rig *r, struct err *e)
{
	char text[] = "x";
	struct source_record s = {
		.name = "new", .remarks = text, .region = text, .secret = text};

	return catalog_source_create(r->catalog, &s, on_source, r, e);
}

static struct catalog_op *get_source(struct rig *r, struct err *e)
{
	return catalog_source_get(r->catalog, "shop", true, on_source, r, e);
}

static struct catalog_op *begin_backup(struct rig *r, struct err *e)
{
	char text[] = "x";
	struct backup_record b = {.name = "first",
				  .type = "manual",
				  .source_id = "shop",
				  .pool_id = "store",
				  .description = text};

	return catalog_backup_begin(r->catalog, &b, on_backup, r, e);
}

static struct catalog_op *list_backups(struct rig *r, struct err *e)
{
	struct catalog_query q = {
		.q = "e", .source = "shop", .limit = 2, .sort = "name"};

	return catalog_backup_list(r->catalog, &q, on_backups, r, e);
}

static struct catalog_op *bad_sort(struct rig *r, struct err *e)
{
	struct catalog_query q = {.sort = "colour"};

	return catalog_backup_list(r->catalog, &q, on_backups, r, e);
}

static struct catalog_op *sweepable(struct rig *r, struct err *e)
{
	return catalog_backup_sweepable(r->catalog, on_backups, r, e);
}

static struct catalog_op *recover(struct rig *r, struct err *e)
{
	return catalog_recover(r->catalog, on_done, r, e);
}

static struct catalog_op *read_log(struct rig *r, struct err *e)
{
	/* No such job: what an allocation changes is only the error. */
	return catalog_job_read_log(r->catalog, "job_none", on_log, r, e);
}

static struct catalog_op *create_plan(struct rig *r, struct err *e)
{
	char text[] = "x";
	struct plan_record p = {.name = "new",
				.source_id = "shop",
				.pool_id = "store",
				.strategy = "timer",
				.remarks = text,
				.timer_json = text};

	return catalog_plan_create(r->catalog, &p, on_plan, r, e);
}

static struct catalog_op *list_plans(struct rig *r, struct err *e)
{
	struct catalog_query q = {
		.q = "n", .source = "shop", .status = "overdue", .limit = 1};

	return catalog_plan_list(r->catalog, &q, on_plans, r, e);
}

static struct catalog_op *due_plans(struct rig *r, struct err *e)
{
	const struct plan_due_query q = {.until_ms = 5000};

	return catalog_plan_due(r->catalog, &q, on_plans, r, e);
}

/* Its plan is the only one. */
static struct catalog_op *decide(struct rig *r, struct err *e)
{
	struct plan_decision d = {.expected_next_due_at = 1000,
				  .next_due_at = 2000,
				  .run_due_at = 1000};

	(void)str_copy(d.plan_id, ID_MAX, "nightly");
	return catalog_plan_decide(r->catalog, &d, on_backup, r, e);
}

static struct catalog_op *preview(struct rig *r, struct err *e)
{
	return catalog_plan_expiry(r->catalog, "nightly", INT64_MAX / 2,
				   on_verdicts, r, e);
}

static struct catalog_op *expire(struct rig *r, struct err *e)
{
	const struct expiry_pass pass = {.now_ms = INT64_MAX / 2, .limit = 500};

	return catalog_backup_expire(r->catalog, &pass, on_backups, r, e);
}

static struct catalog_op *would_delete(struct rig *r, struct err *e)
{
	return catalog_source_would_delete(r->catalog, "shop", on_doomed, r, e);
}

static struct catalog_op *release_plan(struct rig *r, struct err *e)
{
	return catalog_plan_release(r->catalog, "nightly", on_plan, r, e);
}

static struct restore_record made; /* of begin_instance() */

static void on_restore(void *arg, const struct restore_record *s,
		       const struct err *e)
{
	if (e == NULL) {
		made = *s;
		made.request_json = made.error_json = NULL;
	}
	watch(e, arg);
}

static void on_sources(void *arg, const struct source_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	(void)list;
	(void)page;
	watch(e, arg);
}

static void on_job(void *arg, const struct job_record *j, const struct err *e)
{
	(void)j;
	watch(e, arg);
}

static struct catalog_op *begin_instance(struct rig *r, struct err *e)
{
	char text[] = "{}";
	struct restore_record s = {.backup_id = "one1",
				   .target_name = "copy",
				   .provider = "local",
				   .request_json = text};

	return catalog_restore_begin(r->catalog, &s, on_restore, r, e);
}

static struct catalog_op *finish_instance(struct rig *r, struct err *e)
{
	char text[] = "{}", secret[] = "x";
	struct restore_record s = made;

	s.status = JOB_COMPLETED;
	s.connection_json = text;
	s.secret = secret;
	return catalog_restore_finish(r->catalog, &s, "{}", on_done, r, e);
}

static struct catalog_op *leftovers(struct rig *r, struct err *e)
{
	return catalog_instance_leftovers(r->catalog, on_sources, r, e);
}

static struct catalog_op *doom_instance(struct rig *r, struct err *e)
{
	return catalog_instance_doom(r->catalog, "copy", on_job, r, e);
}

static struct drill_record drill; /* of begin_drill() */

static void on_drill(void *arg, const struct drill_record *d,
		     const struct err *e)
{
	if (d != NULL)
		drill = *d;
	watch(e, arg);
}

static struct catalog_op *begin_drill(struct rig *r, struct err *e)
{
	return catalog_drill_begin(r->catalog, "one1", on_drill, r, e);
}

static struct catalog_op *start_drill(struct rig *r, struct err *e)
{
	memcpy(drill.provider, "local", sizeof("local"));
	return catalog_drill_started(r->catalog, &drill, on_done, r, e);
}

static struct catalog_op *finish_drill(struct rig *r, struct err *e)
{
	struct err why = {.code = ERR_DAMAGED,
			  .api = "verification_failed",
			  .msg = "it differs"};
	const struct drill_end end = {.drill = &drill,
				      .status = JOB_FAILED,
				      .has_verdict = true,
				      .error = &why,
				      .progress_json = "{}"};

	return catalog_drill_finish(r->catalog, &end, on_done, r, e);
}

static struct catalog_op *decide_drill(struct rig *r, struct err *e)
{
	struct plan_decision d = {.expected_next_due_at = 0,
				  .run_due_at = 1000,
				  .next_due_at = 2000};

	memcpy(d.plan_id, "nightly", sizeof("nightly"));
	return catalog_drill_decide(r->catalog, &d, on_drill, r, e);
}

typedef struct catalog_op *call_fn(struct rig *r, struct err *e);

/* Once with the n-th allocation failing; true when it was not reached. */
static bool attempt(struct rig *r, call_fn *call, long n, enum err_code end)
{
	struct catalog_op *op;
	struct err e = {0};

	allocations = 0;
	fail_at = n;
	op = call(r, &e);
	if (op == NULL) {
		fail_at = 0;
		assert_int_equal(e.code, ERR_NOMEM);
		return false;
	}
	(void)rig_wait(r, op);
	if (allocations < n) {
		assert_int_equal(r->a.err.code, end);
		return true;
	}
	/* Refused for want of memory, or it could do without. */
	if (r->a.err.code != end)
		assert_int_equal(r->a.err.code, ERR_NOMEM);
	return false;
}

static int setup(void **state)
{
	fail_at = 0;
	return rig_setup_with(state, "shop", "store");
}

/* Nothing of a refused call is left: the first that works is as if alone. */
static void torture(struct rig *r, call_fn *call, enum err_code end)
{
	long n = 1;

	while (!attempt(r, call, n, end))
		assert_true(++n < 1000);
	assert_true(n > 2);
}

static void test_create_source(void **state)
{
	struct rig *r = *state;

	torture(r, create_source, ERR_NONE);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.sources, 2);
}

static void test_get_source(void **state)
{
	torture(*state, get_source, ERR_NONE);
}

static void test_begin_backup(void **state)
{
	struct rig *r = *state;

	torture(r, begin_backup, ERR_NONE);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 1);
	assert_int_equal(r->a.usage.jobs[JOB_QUEUED], 1);
}

static void test_list_backups(void **state)
{
	struct rig *r = *state;

	rig_make_backup(r, "one1", "shop", "store");
	rig_make_backup(r, "one2", "shop", "store");
	rig_make_backup(r, "one3", "shop", "store");
	torture(r, list_backups, ERR_NONE);
	torture(r, bad_sort, ERR_INVALID);
}

static void test_sweep_and_recover(void **state)
{
	struct rig *r = *state;

	rig_make_backup(r, "one1", "shop", "store");
	assert_true(rig_delete_backup(r, "one1"));
	torture(r, recover, ERR_NONE);
	torture(r, sweepable, ERR_NONE);
	torture(r, read_log, ERR_NOT_FOUND);
}

static void test_plans(void **state)
{
	struct rig *r = *state;
	struct backup_record b = {0};

	assert_true(rig_create_plan(r, "nightly", 1000));
	torture(r, create_plan, ERR_NONE);
	torture(r, list_plans, ERR_NONE);
	torture(r, due_plans, ERR_NONE);
	torture(r, decide, ERR_NONE);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backups"), 1);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM plan_runs"), 1);
	assert_true(rig_queued(r));
	assert_true(rig_get_backup(r, "nightly-19700101T000001Z"));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_true(rig_start_backup(r, &b));
	torture(r, recover, ERR_NONE);
	assert_true(rig_queued(r));
	assert_int_equal(r->a.n, 1);
	backup_record_fini(&b);
}

static void test_retention(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX];

	assert_true(rig_create_plan(r, "nightly", 1000));
	for (int i = 0; i < 4; i++)
		rig_make_planned(r, "nightly", 7, id);
	torture(r, preview, ERR_NONE);
	torture(r, would_delete, ERR_NONE);
	torture(r, release_plan, ERR_NONE);
	torture(r, expire, ERR_NONE);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backups"
					" WHERE status = 'completed'"),
			 1);
}

static void test_instances(void **state)
{
	struct rig *r = *state;

	rig_make_backup(r, "one1", "shop", "store");
	torture(r, begin_instance, ERR_NONE);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM sources"), 2);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM restores"), 1);
	torture(r, finish_instance, ERR_NONE);
	assert_true(rig_get_source(r, "copy"));
	assert_false(r->a.source.is_creating);
	assert_true(r->a.source.has_secret);
	torture(r, leftovers, ERR_NONE);
	torture(r, doom_instance, ERR_NONE);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM jobs"
					" WHERE kind = 'delete'"),
			 1);
}

static void test_drills(void **state)
{
	struct rig *r = *state;

	rig_make_backup(r, "one1", "shop", "store");
	torture(r, begin_drill, ERR_NONE);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM drills"), 1);
	torture(r, start_drill, ERR_NONE);
	torture(r, finish_drill, ERR_NONE);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backups"
					" WHERE last_drill_json IS NOT NULL"),
			 1);
	torture(r, leftovers, ERR_NONE);
	assert_true(rig_create_plan(r, "nightly", 1000));
	torture(r, decide_drill, ERR_NONE);
	assert_int_equal(rig_sql_int(r, "SELECT next_drill_at FROM plans"),
			 2000);
}

/* Opening and closing: no half of a catalog is left behind. */
static void test_open(void **state)
{
	struct rig *r = *state;
	struct err e;
	long n = 0;

	rig_close(r);
	do {
		e = (struct err){0};
		allocations = 0;
		fail_at = ++n;
		(void)rig_try_open(r, &e);
		fail_at = 0;
		if (r->catalog == NULL)
			assert_int_equal(e.code, ERR_NOMEM);
		if (allocations >= n)
			rig_close(r);
	} while (allocations >= n && n < 1000);
	assert_non_null(r->catalog);
	assert_true(rig_get_source(r, "shop"));
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_create_source),
		RIGGED(test_get_source),
		RIGGED(test_begin_backup),
		RIGGED(test_list_backups),
		RIGGED(test_sweep_and_recover),
		RIGGED(test_instances),
		RIGGED(test_drills),
		RIGGED(test_open),
		RIGGED(test_plans),
		RIGGED(test_retention),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
