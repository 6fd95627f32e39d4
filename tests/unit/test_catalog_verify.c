/* test_catalog_verify.c - verifications: queued, running, their verdicts. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "catalog/checks.h"
#include "loop/loop.h"
#include "test_catalog_rig.h"

static struct job_record job; /* that begin gave; without its texts */

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup(state);
	r = *state;
	memset(&job, 0, sizeof(job));
	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	rig_make_backup(r, "first", "shop", "store");
	return 0;
}

static void on_job(void *arg, const struct job_record *j, const struct err *e)
{
	assert_int_equal(j == NULL, e != NULL);
	if (j != NULL)
		job = *j;
	rig_on_done(arg, e);
}

static bool begin(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_verify_begin(r->catalog, key, "all", on_job, r, &e));
}

static bool started(struct rig *r, int64_t fence)
{
	struct err e = {0};

	return rig_wait(r, catalog_verify_started(r->catalog, job.id, fence,
						  rig_on_done, r, &e));
}

static bool finish(struct rig *r, const struct verify_end *how)
{
	struct verify_end v = *how;
	struct err e = {0};

	v.job_id = job.id;
	v.backup_id = job.resource;
	v.scope = v.scope != NULL ? v.scope : "all";
	if (v.fence == 0)
		v.fence = job.fence;
	return rig_wait(
		r, catalog_verify_finish(r->catalog, &v, rig_on_done, r, &e));
}

static int64_t number(struct rig *r, const char *what)
{
	char sql[200];
	int64_t n;

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM backups", what);
	rig_close(r);
	n = rig_sql_int(r, sql);
	rig_open(r);
	return n;
}

static void test_passed(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "FIRST"));
	assert_int_equal(job.kind, JOB_VERIFY);
	assert_int_equal(job.status, JOB_QUEUED);
	assert_true(id_has_prefix(job.resource, "bak"));
	assert_true(id_has_prefix(job.source_id, "src"));
	assert_true(id_has_prefix(job.pool_id, "pool"));
	assert_int_equal(number(r, "verify_status = 'never'"), 1);
	assert_true(started(r, job.fence));
	assert_true(rig_get_job(r, job.id));
	assert_int_equal(r->a.job.status, JOB_RUNNING);
	assert_true(
		finish(r, &(struct verify_end){.status = JOB_COMPLETED,
					       .has_verdict = true,
					       .is_sound = true,
					       .progress_json = "{\"x\":1}"}));
	assert_true(rig_get_job(r, job.id));
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
	assert_string_equal(r->a.job_progress, "{\"x\":1}");
	assert_int_equal(number(r, "verify_status = 'passed' AND"
				   " verify_scope = 'all' AND verified_at > 0"),
			 1);
}

static void test_failed(void **state)
{
	struct rig *r = *state;
	struct err why = {0};

	(void)err_set(&why, ERR_DAMAGED, "damaged_backup", "part 3 is gone");
	assert_true(begin(r, "first"));
	assert_true(started(r, job.fence));
	assert_true(finish(r, &(struct verify_end){.status = JOB_FAILED,
						   .has_verdict = true,
						   .scope = "sample",
						   .error = &why}));
	assert_true(rig_get_job(r, job.id));
	assert_int_equal(r->a.job.status, JOB_FAILED);
	assert_non_null(strstr(r->a.job_error, "damaged_backup"));
	assert_non_null(strstr(r->a.job_error, "part 3 is gone"));
	assert_int_equal(number(r, "verify_status = 'failed' AND"
				   " verify_scope = 'sample'"),
			 1);
}

/* A store that is away says nothing about a backup. */
static void test_no_verdict(void **state)
{
	struct rig *r = *state;
	struct err why = {0};

	assert_true(begin(r, "first"));
	assert_true(finish(r, &(struct verify_end){.status = JOB_COMPLETED,
						   .has_verdict = true,
						   .is_sound = true}));
	(void)err_set(&why, ERR_IO, "store_failed", "away");
	assert_true(begin(r, "first"));
	assert_true(finish(r, &(struct verify_end){.status = JOB_FAILED,
						   .scope = "sample",
						   .error = &why}));
	assert_int_equal(number(r, "verify_status = 'passed' AND"
				   " verify_scope = 'all'"),
			 1);
}

static void test_rule13_verified_backup_stays(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first"));
	assert_false(begin(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(started(r, job.fence));
	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(finish(r, &(struct verify_end){.status = JOB_CANCELED}));
	assert_true(rig_delete_backup(r, "first"));
	assert_false(begin(r, job.resource));
	rig_refused(r, ERR_CONFLICT, "backup_not_completed");
}

static void test_not_completed(void **state)
{
	struct rig *r = *state;

	assert_true(rig_begin_backup(r, "second", "shop", "store"));
	assert_false(begin(r, "second"));
	rig_refused(r, ERR_CONFLICT, "backup_not_completed");
	assert_false(begin(r, "third"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

/* A source is free while its backups are verified. */
static void test_rule3_source_stays_free(void **state)
{
	struct rig *r = *state;

	assert_true(begin(r, "first"));
	assert_true(rig_begin_backup(r, "second", "shop", "store"));
}

/* A job that was given up, or a server that crashed, reports too late. */
static void test_fence(void **state)
{
	struct rig *r = *state;
	struct job_record old;

	assert_true(begin(r, "first"));
	old = job;
	assert_false(started(r, job.fence + 1));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(rig_recover(r));
	assert_true(begin(r, "first")); /* nothing keeps it any more */
	job = old;
	assert_false(finish(r, &(struct verify_end){.status = JOB_COMPLETED,
						    .has_verdict = true,
						    .is_sound = true}));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_int_equal(number(r, "verify_status = 'never'"), 1);
}

#define RIGGED(t) cmocka_unit_test_setup_teardown(t, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_passed),
		RIGGED(test_failed),
		RIGGED(test_no_verdict),
		RIGGED(test_rule13_verified_backup_stays),
		RIGGED(test_not_completed),
		RIGGED(test_rule3_source_stays_free),
		RIGGED(test_fence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
