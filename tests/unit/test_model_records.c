/* test_model_records.c - records: words, copies, ends, and no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/records.h"
#include "model/runs.h"

/* The n-th copy of a string fails; 0: none. */
static unsigned fail_at, strings_copied;

char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);

char *__wrap_strdup(const char *s)
{
	if (++strings_copied == fail_at)
		return NULL;
	return __real_strdup(s);
}

static char *own(const char *s)
{
	return __real_strdup(s);
}

static void test_words_lead_back(void **state)
{
	enum backup_status b;
	enum job_status j;
	enum job_kind k;

	(void)state;
	for (int i = 0; i < BACKUP_STATUS_COUNT; i++) {
		assert_true(backup_status_parse(
			backup_status_name((enum backup_status)i), &b));
		assert_int_equal(b, i);
	}
	for (int i = 0; i < JOB_STATUS_COUNT; i++) {
		assert_true(job_status_parse(
			job_status_name((enum job_status)i), &j));
		assert_int_equal(j, i);
	}
	for (int i = 0; i < JOB_KIND_COUNT; i++) {
		assert_true(
			job_kind_parse(job_kind_name((enum job_kind)i), &k));
		assert_int_equal(k, i);
	}
	assert_string_equal(backup_status_name(BACKUP_BACKING_UP),
			    "backing_up");
	assert_false(backup_status_parse("Completed", &b));
	assert_false(job_status_parse("", &j));
	assert_false(job_kind_parse("backups", &k));
	assert_string_equal(job_status_name(JOB_STATUS_COUNT), "?");
}

/* Rule 1: jobs before probes. */
static void test_rule_1_source_status(void **state)
{
	struct source_record r = {0};

	(void)state;
	assert_string_equal(source_status_name(&r), "unreachable");
	r.is_reachable = true;
	assert_string_equal(source_status_name(&r), "available");
	r.is_restoring = true;
	assert_string_equal(source_status_name(&r), "restoring");
	r.is_restoring = false;
	r.is_backing_up = true;
	r.is_reachable = false;
	assert_string_equal(source_status_name(&r), "backing_up");
}

static struct backup_record full_backup(void)
{
	struct backup_record r = {.name = "nightly", .row_count = 7};

	r.description = own("d");
	r.source_region = own("r");
	r.scope_json = own("null");
	r.options_json = own("{}");
	r.save_path = own("s3://b");
	r.counts_json = own("4");
	r.consistency_json = own("1");
	r.warnings_json = own("[]");
	r.error_json = own("2");
	r.phases_json = own("3");
	return r;
}

static void test_copies_own_their_strings(void **state)
{
	struct backup_record from = full_backup(), to = {0};

	(void)state;
	fail_at = 0;
	assert_true(backup_record_copy(&to, &from));
	assert_string_equal(to.name, "nightly");
	assert_int_equal(to.row_count, 7);
	assert_ptr_not_equal(to.description, from.description);
	backup_record_fini(&from);
	assert_string_equal(to.description, "d");
	assert_string_equal(to.source_region, "r");
	assert_string_equal(to.scope_json, "null");
	assert_string_equal(to.options_json, "{}");
	assert_string_equal(to.save_path, "s3://b");
	assert_string_equal(to.counts_json, "4");
	assert_string_equal(to.consistency_json, "1");
	assert_string_equal(to.warnings_json, "[]");
	assert_string_equal(to.error_json, "2");
	assert_string_equal(to.phases_json, "3");
	backup_record_fini(&to);
	assert_null(to.description);
	assert_int_equal(to.row_count, 0);
}

/* Whichever copy fails, nothing is left and nothing is freed twice. */
static void test_copies_without_memory(void **state)
{
	struct backup_record from = full_backup(), to = {0};

	(void)state;
	for (unsigned n = 1; n <= 10; n++) {
		strings_copied = 0;
		fail_at = n;
		assert_false(backup_record_copy(&to, &from));
		assert_null(to.description);
		assert_null(to.phases_json);
		assert_int_equal(to.row_count, 0);
	}
	fail_at = 0;
	assert_string_equal(from.phases_json, "3");
	backup_record_fini(&from);
}

static void test_sources_pools_restores(void **state)
{
	struct source_record s = {.remarks = own("m"),
				  .region = own("eu"),
				  .connection_json = own("{}"),
				  .secret = own("s"),
				  .reason = own("w")};
	struct pool_record p = {.remarks = own("m"),
				.config_json = own("{}"),
				.secret = own("k"),
				.capabilities_json = own("[]"),
				.reason = own("w")};
	struct restore_record r = {.request_json = own("{}"),
				   .error_json = own("e")};
	struct source_record s2 = {0};
	struct pool_record p2 = {0};
	struct restore_record r2 = {0};

	(void)state;
	assert_true(source_record_copy(&s2, &s));
	assert_true(pool_record_copy(&p2, &p));
	assert_true(restore_record_copy(&r2, &r));
	source_record_fini(&s);
	pool_record_fini(&p);
	restore_record_fini(&r);
	assert_string_equal(s2.secret, "s");
	assert_string_equal(s2.reason, "w");
	assert_string_equal(p2.secret, "k");
	assert_string_equal(p2.capabilities_json, "[]");
	assert_string_equal(r2.error_json, "e");
	source_record_fini(&s2);
	pool_record_fini(&p2);
	restore_record_fini(&r2);
}

static void test_jobs_end(void **state)
{
	struct job_record j = {
		.error_json = own("e"), .progress_json = own("p"), .fence = 3};

	(void)state;
	job_record_fini(&j);
	assert_null(j.error_json);
	assert_int_equal(j.fence, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_lead_back),
		cmocka_unit_test(test_rule_1_source_status),
		cmocka_unit_test(test_copies_own_their_strings),
		cmocka_unit_test(test_copies_without_memory),
		cmocka_unit_test(test_sources_pools_restores),
		cmocka_unit_test(test_jobs_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
