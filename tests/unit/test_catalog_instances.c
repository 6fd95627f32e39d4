/* test_catalog_instances.c - rule 24: sources that a provisioner makes, from
 * the restore that is accepted to the last of them. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/instances.h"
#include "test_catalog_rig.h"

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop", "store");
	r = *state;
	rig_make_backup(r, "first", "shop", "store");
	return 0;
}

static void on_restore(void *arg, const struct restore_record *s,
		       const struct err *e)
{
	struct rig *r = arg;

	restore_record_fini(&r->a.restore);
	if (e == NULL)
		assert_true(restore_record_copy(&r->a.restore, s));
	rig_on_done(r, e);
}

static bool begin(struct rig *r, const char *name)
{
	struct restore_record s = {.provider = "local"};
	struct err e = {0};

	(void)str_copy(s.backup_id, sizeof(s.backup_id), "first");
	(void)str_copy(s.target_name, sizeof(s.target_name), name);
	s.request_json = (char[]){"{\"provision\":{}}"};
	return rig_wait(
		r, catalog_restore_begin(r->catalog, &s, on_restore, r, &e));
}

static struct restore_record begun(struct rig *r, const char *name)
{
	struct restore_record s = {0};

	if (!begin(r, name))
		fail_msg("%s", r->a.err.msg);
	assert_true(restore_record_copy(&s, &r->a.restore));
	return s;
}

static bool finish(struct rig *r, const struct restore_record *s,
		   enum job_status status)
{
	struct restore_record end = *s;
	struct err e = {0};

	end.status = status;
	return rig_wait(r, catalog_restore_finish(r->catalog, &end, "{}",
						  rig_on_done, r, &e));
}

static void complete(struct rig *r, const struct restore_record *s)
{
	struct restore_record end = *s;

	end.connection_json = (char[]){"{\"host\":\"127.0.0.1\"}"};
	end.secret = (char[]){"made-password"};
	(void)str_copy(end.version, sizeof(end.version), "10.11.20-MariaDB");
	assert_true(finish(r, &end, JOB_COMPLETED));
}

static void on_leftovers(void *arg, const struct source_record *list,
			 const struct catalog_page *page, const struct err *e)
{
	struct rig *r = arg;

	r->a.n = e == NULL ? page->n : 0;
	for (size_t i = 0; i < r->a.n; i++)
		(void)str_copy(r->a.ids[i], ID_MAX, list[i].id);
	rig_on_done(r, e);
}

static size_t leftovers(struct rig *r)
{
	struct err e = {0};

	assert_true(rig_wait(r, catalog_instance_leftovers(
					r->catalog, on_leftovers, r, &e)));
	return r->a.n;
}

static bool swept(struct rig *r, const char *id, const struct err *why)
{
	struct err e = {0};

	return rig_wait(r, catalog_instance_swept(r->catalog, id, why,
						  rig_on_done, r, &e));
}

static void on_job(void *arg, const struct job_record *j, const struct err *e)
{
	struct rig *r = arg;

	memset(&r->a.job, 0, sizeof(r->a.job));
	if (e == NULL)
		r->a.job = *j;
	rig_on_done(r, e);
}

static bool doom(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_instance_doom(r->catalog, key, on_job, r, &e));
}

static bool destroyed(struct rig *r, const struct job_record *job,
		      enum job_status status, const char *why)
{
	struct job_record end = *job;
	struct err e = {0};

	end.status = status;
	end.error_json = NULL;
	end.progress_json = NULL;
	return rig_wait(r, catalog_instance_destroyed(r->catalog, &end, why,
						      rig_on_done, r, &e));
}

static void test_rule_24_a_good_end(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");
	struct err e = {0};

	assert_true(id_has_prefix(s.target_id, "src"));
	assert_string_equal(s.provider, "local");
	assert_string_equal(s.target_name, "copy");
	assert_true(rig_get_source(r, "COPY"));
	assert_string_equal(r->a.source.id, s.target_id);
	assert_string_equal(source_status_name(&r->a.source), "creating");
	assert_string_equal(r->a.source.provisioned_by, "local");
	assert_string_equal(r->a.source.engine, "mysql");
	assert_null(r->a.source.connection_json);
	assert_int_equal(leftovers(r), 0);
	assert_true(rig_list_sources(
		r, &(struct catalog_query){.status = "creating"}));
	assert_int_equal(r->a.n, 1);
	complete(r, &s);
	assert_true(rig_wait(r, catalog_source_get(r->catalog, "copy", true,
						   rig_on_source, r, &e)));
	assert_string_equal(source_status_name(&r->a.source), "available");
	assert_string_equal(r->a.source.secret, "made-password");
	assert_string_equal(r->a.source.connection_json,
			    "{\"host\":\"127.0.0.1\"}");
	assert_string_equal(r->a.source.version, "10.11.20-MariaDB");
	assert_string_equal(r->a.source.role, "primary");
	assert_false(r->a.source.is_creating);
	assert_int_equal(leftovers(r), 0);
	assert_true(rig_begin_backup(r, "second", "copy", "store"));
	assert_false(rig_files_hold(r, "made-password"));
	restore_record_fini(&s);
}

static void test_rule_24_a_bad_end(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");

	s.is_destroyed = true;
	assert_true(finish(r, &s, JOB_FAILED));
	assert_false(rig_get_source(r, "copy"));
	assert_true(rig_get_restore(r, s.id));
	assert_string_equal(r->a.restore.target_name, "copy");
	assert_int_equal(r->a.restore.status, JOB_FAILED);
	assert_int_equal(leftovers(r), 0);
	restore_record_fini(&s);
	s = begun(r, "copy"); /* the name is free again */
	restore_record_fini(&s);
}

/* A completed one that cannot be reached changes nothing. */
static void test_rule_24_completed_needs_a_connection(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");

	assert_false(finish(r, &s, JOB_COMPLETED));
	assert_int_equal(r->a.err.code, ERR_BUG);
	assert_true(rig_get_restore(r, s.id));
	assert_int_equal(r->a.restore.status, JOB_QUEUED);
	assert_true(rig_get_source(r, "copy"));
	assert_true(r->a.source.is_creating);
	restore_record_fini(&s);
}

static void test_rule_24_what_is_left_is_swept(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");
	struct err why = {0};

	assert_true(swept(r, s.target_id, NULL)); /* it is being made: stays */
	assert_true(rig_get_source(r, "copy"));
	s.leftover = (char[]){"the disk is gone"};
	assert_true(finish(r, &s, JOB_FAILED));
	s.leftover = NULL;
	assert_true(rig_get_source(r, "copy"));
	assert_string_equal(source_status_name(&r->a.source), "unreachable");
	assert_string_equal(r->a.source.reason, "the disk is gone");
	assert_int_equal(leftovers(r), 1);
	assert_string_equal(r->a.ids[0], s.target_id);
	(void)err_set(&why, ERR_REMOTE, "provisioner_failed", "still not");
	assert_true(swept(r, s.target_id, &why));
	assert_true(rig_get_source(r, "copy"));
	assert_string_equal(r->a.source.reason, "still not");
	assert_true(swept(r, s.target_id, NULL));
	assert_false(rig_get_source(r, "copy"));
	assert_true(swept(r, s.target_id, NULL)); /* twice is once */
	restore_record_fini(&s);
}

static void test_rule_24_a_sweep_leaves_whole_ones_alone(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");

	complete(r, &s);
	assert_true(swept(r, s.target_id, NULL));
	assert_true(rig_get_source(r, "shop"));
	assert_true(swept(r, r->a.source.id, NULL));
	assert_true(rig_get_source(r, "shop"));
	assert_true(rig_get_source(r, "copy"));
	assert_string_equal(source_status_name(&r->a.source), "available");
	restore_record_fini(&s);
}

static void busy(struct rig *r)
{
	struct err e = {0};

	assert_false(rig_begin_backup(r, "second", "copy", "store"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_false(rig_begin_restore(r, "first", "copy"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_true(rig_get_source(r, "copy"));
	assert_false(
		rig_wait(r, catalog_source_update(r->catalog, &r->a.source, 0,
						  rig_on_source, r, &e)));
	rig_refused(r, ERR_CONFLICT, "source_busy");
}

static void test_rule_24_nobody_uses_what_is_not_whole(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");
	struct err e = {0};

	busy(r);
	assert_false(rig_wait(r, catalog_source_delete(r->catalog, "copy",
						       rig_on_done, r, &e)));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_false(doom(r, "copy"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_true(finish(r, &s, JOB_FAILED));
	busy(r);
	/* What cannot be destroyed can be forgotten at least. */
	assert_true(rig_wait(r, catalog_source_delete(r->catalog, "copy",
						      rig_on_done, r, &e)));
	restore_record_fini(&s);
}

static void test_rule_5_names(void **state)
{
	struct rig *r = *state;
	struct restore_record s;

	assert_false(begin(r, "SHOP"));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	assert_false(begin(r, "1shop"));
	rig_refused(r, ERR_INVALID, "invalid_name");
	assert_true(
		rig_list_jobs(r, &(struct catalog_query){.kind = "restore"}));
	assert_int_equal(r->a.n, 0);
	s = begun(r, "copy");
	assert_false(begin(r, "Copy"));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	restore_record_fini(&s);
	s = begun(r, "other");
	restore_record_fini(&s);
}

static void test_rule_30_a_crash(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");

	rig_close(r);
	rig_open(r);
	assert_int_equal(leftovers(r), 0); /* its job still seems to run */
	assert_true(rig_recover(r));
	assert_true(rig_get_restore(r, s.id));
	assert_int_equal(r->a.restore.status, JOB_FAILED);
	assert_non_null(strstr(r->a.restore.error_json, "interrupted"));
	assert_true(rig_get_source(r, "copy"));
	assert_string_equal(source_status_name(&r->a.source), "unreachable");
	assert_non_null(strstr(r->a.source.reason, "destroyed"));
	assert_int_equal(leftovers(r), 1);
	s.is_destroyed = true; /* whoever made it comes too late */
	assert_false(finish(r, &s, JOB_FAILED));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(swept(r, s.target_id, NULL));
	assert_false(rig_get_source(r, "copy"));
	restore_record_fini(&s);
}

static void test_destroying(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");
	struct job_record job;

	complete(r, &s);
	assert_false(doom(r, "shop"));
	rig_refused(r, ERR_CONFLICT, "not_provisioned");
	assert_false(doom(r, "none"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_true(doom(r, "copy"));
	job = r->a.job;
	assert_int_equal(job.kind, JOB_DELETE);
	assert_string_equal(job.source_id, s.target_id);
	assert_false(doom(r, "copy"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_false(rig_begin_backup(r, "second", "copy", "store"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_true(destroyed(r, &job, JOB_FAILED, "no such program"));
	assert_true(rig_get_source(r, "copy"));
	assert_string_equal(source_status_name(&r->a.source), "unreachable");
	assert_string_equal(r->a.source.reason, "no such program");
	assert_false(destroyed(r, &job, JOB_COMPLETED, NULL));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(doom(r, "copy"));
	job = r->a.job;
	assert_true(destroyed(r, &job, JOB_COMPLETED, NULL));
	assert_false(rig_get_source(r, "copy"));
	assert_true(rig_get_job(r, job.id));
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
	restore_record_fini(&s);
}

/* Its record goes last: a cut leaves it, to be destroyed once more. */
static void test_rule_30_a_crash_while_destroying(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");

	complete(r, &s);
	assert_true(doom(r, "copy"));
	rig_close(r);
	rig_open(r);
	assert_true(rig_recover(r));
	assert_true(rig_get_source(r, "copy"));
	assert_int_equal(leftovers(r), 0);
	assert_true(doom(r, "copy"));
	restore_record_fini(&s);
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_rule_24_a_good_end),
		RIGGED(test_rule_24_a_bad_end),
		RIGGED(test_rule_24_completed_needs_a_connection),
		RIGGED(test_rule_24_what_is_left_is_swept),
		RIGGED(test_rule_24_a_sweep_leaves_whole_ones_alone),
		RIGGED(test_rule_24_nobody_uses_what_is_not_whole),
		RIGGED(test_rule_5_names),
		RIGGED(test_rule_30_a_crash),
		RIGGED(test_destroying),
		RIGGED(test_rule_30_a_crash_while_destroying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
