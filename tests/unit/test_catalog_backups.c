/* test_catalog_backups.c - backups: every intent and every refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "test_catalog_rig.h"

static int setup(void **state)
{
	return rig_setup_with(state, "shop blog", "store");
}

/* Begins one; the caller ends the copy. */
static struct backup_record begun(struct rig *r, const char *name,
				  const char *source)
{
	struct backup_record b = {0};

	if (!rig_begin_backup(r, name, source, "store"))
		fail_msg("%s: %s", name, r->a.err.msg);
	assert_true(backup_record_copy(&b, &r->a.backup));
	return b;
}

static void end(struct rig *r, struct backup_record *b, enum backup_status how)
{
	assert_true(rig_finish_backup(r, b, how));
	backup_record_fini(b);
}

static void test_rule_8_life(void **state)
{
	struct rig *r = *state;
	struct backup_record b = begun(r, "First", "SHOP");

	assert_true(id_has_prefix(b.id, "bak"));
	assert_true(id_has_prefix(b.job_id, "job"));
	assert_true(id_has_prefix(b.source_id, "src"));
	assert_true(id_has_prefix(b.pool_id, "pool"));
	assert_string_equal(b.server_id,
			    catalog_identity(r->catalog)->server_id);
	assert_string_equal(b.source_name, "shop");
	assert_string_equal(b.source_region, "eu");
	assert_string_equal(b.pool_name, "store");
	assert_string_equal(b.description, "by hand");
	assert_string_equal(b.scope_json, "null");
	assert_string_equal(b.trigger, "user");
	assert_int_equal(b.status, BACKUP_QUEUED);
	assert_true(b.fence > 0);
	assert_true(rig_get_job(r, b.job_id));
	assert_int_equal(r->a.job.kind, JOB_BACKUP);
	assert_int_equal(r->a.job.status, JOB_QUEUED);
	assert_string_equal(r->a.job.resource, b.id);
	assert_true(rig_start_backup(r, &b));
	assert_true(rig_get_backup(r, "FIRST"));
	assert_int_equal(r->a.backup.status, BACKUP_BACKING_UP);
	assert_string_equal(r->a.backup.save_path, "s3://b/p/");
	assert_true(r->a.backup.started_at > 0);
	assert_true(rig_finish_backup(r, &b, BACKUP_COMPLETED));
	assert_true(rig_get_backup(r, b.id));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_int_equal(r->a.backup.row_count, 7);
	assert_int_equal(r->a.backup.stored_bytes, 40);
	assert_string_equal(r->a.backup.save_path, "s3://b/p/");
	assert_true(r->a.backup.finished_at >= r->a.backup.started_at);
	/* Its objects are no leftovers, whatever was said. */
	assert_false(r->a.backup.has_leftovers);
	assert_true(rig_get_job(r, b.job_id));
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
	assert_string_equal(r->a.job_progress, "{\"percent\":100}");
	backup_record_fini(&b);
}

static void test_rule_5_names_fold_and_free(void **state)
{
	static const enum backup_status dead[] = {BACKUP_FAILED,
						  BACKUP_CANCELED};
	struct rig *r = *state;
	struct backup_record b;
	char id[ID_MAX];

	for (unsigned i = 0; i < 2; i++) {
		b = begun(r, "Nightly", "shop");
		assert_false(rig_begin_backup(r, "NIGHTLY", "blog", "store"));
		rig_refused(r, ERR_CONFLICT, "name_taken");
		end(r, &b, dead[i]);
		assert_false(rig_get_backup(r, "nightly"));
		rig_refused(r, ERR_NOT_FOUND, "not_found");
	}
	rig_make_backup(r, "nightly", "shop", "store");
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	assert_false(rig_begin_backup(r, "nighTLY", "blog", "store"));
	rig_refused(r, ERR_CONFLICT, "name_taken");
	assert_non_null(strstr(r->a.err.msg, id));
	assert_true(rig_delete_backup(r, "NIGHTLY"));
	b = begun(r, "nighTLY", "blog");
	end(r, &b, BACKUP_COMPLETED);
}

static void test_rule_5_bad_names(void **state)
{
	static const char *const bad[] = {"", "abc", "1abc", "a.bc", "a bc"};
	struct rig *r = *state;

	for (unsigned i = 0; i < 5; i++) {
		assert_false(rig_begin_backup(r, bad[i], "shop", "store"));
		rig_refused(r, ERR_INVALID, "invalid_name");
	}
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
}

static void test_rule_3_one_at_a_time(void **state)
{
	struct rig *r = *state;
	struct backup_record b = begun(r, "first", "shop");
	struct backup_record other = begun(r, "other", "blog");

	assert_false(rig_begin_backup(r, "second", "shop", "store"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, "backup first (bak_"));
	assert_non_null(strstr(r->a.err.msg, "queued"));
	assert_true(rig_start_backup(r, &b));
	assert_false(rig_begin_backup(r, "second", "shop", "store"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, "being made"));
	assert_non_null(strstr(r->a.err.msg, b.id));
	end(r, &b, BACKUP_FAILED);
	end(r, &other, BACKUP_COMPLETED);
	b = begun(r, "second", "shop");
	end(r, &b, BACKUP_CANCELED);
}

static void test_begin_needs_source_and_pool(void **state)
{
	struct rig *r = *state;

	assert_false(rig_begin_backup(r, "first", "none", "store"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_non_null(strstr(r->a.err.msg, "source"));
	assert_false(rig_begin_backup(r, "first", "shop", "none"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_non_null(strstr(r->a.err.msg, "pool"));
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
	assert_int_equal(r->a.usage.jobs[JOB_QUEUED], 0);
}

static void test_rule_7_quota(void **state)
{
	struct rig *r = *state;
	struct backup_record b;
	char name[NAME_BUF];

	for (int i = 0; i < RIG_QUOTA - 1; i++) {
		(void)snprintf(name, sizeof(name), "backup-%d", i);
		b = begun(r, name, "shop");
		end(r, &b, BACKUP_COMPLETED);
	}
	/* Queued and running ones count too. */
	b = begun(r, "the-last", "shop");
	assert_false(rig_begin_backup(r, "too-much", "blog", "store"));
	rig_refused(r, ERR_CONFLICT, "quota_exceeded");
	assert_non_null(strstr(r->a.err.msg, "50"));
	assert_true(rig_start_backup(r, &b));
	assert_false(rig_begin_backup(r, "too-much", "blog", "store"));
	rig_refused(r, ERR_CONFLICT, "quota_exceeded");
	end(r, &b, BACKUP_CANCELED);
	b = begun(r, "the-last", "shop");
	end(r, &b, BACKUP_FAILED);
	rig_make_backup(r, "the-last", "shop", "store");
	assert_false(rig_begin_backup(r, "too-much", "blog", "store"));
	assert_true(rig_delete_backup(r, "backup-0"));
	b = begun(r, "enough", "blog");
	end(r, &b, BACKUP_COMPLETED);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, RIG_QUOTA);
	assert_int_equal(r->a.usage.backups[BACKUP_DELETING], 1);
	assert_int_equal(r->a.usage.backups[BACKUP_FAILED], 1);
}

static void on_begun(void *arg, const struct backup_record *b,
		     const struct err *e)
{
	(void)b;
	rig_on_done(arg, e);
}

static void test_rule_7_automated_do_not_count(void **state)
{
	struct rig *r = *state;
	struct backup_record b = {.name = "by-plan",
				  .type = "automated",
				  .trigger = "timer",
				  .method = "logical",
				  .source_id = "shop",
				  .pool_id = "store"};
	struct backup_record queued = {0};
	struct err e = {0};

	assert_true(rig_wait(
		r, catalog_backup_begin(r->catalog, &b, on_begun, r, &e)));
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
	assert_int_equal(r->a.usage.backups[BACKUP_QUEUED], 1);
	/* Nor does one give back at its end what it never took. */
	rig_make_backup(r, "by-hand", "blog", "store");
	assert_true(rig_get_backup(r, "by-plan"));
	assert_true(backup_record_copy(&queued, &r->a.backup));
	end(r, &queued, BACKUP_FAILED);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 1);
}

/* Whoever shows another fence, or comes when all is decided, changes nothing.*/
static void test_fences(void **state)
{
	struct rig *r = *state;
	struct backup_record b = begun(r, "first", "shop"), old;

	old = b;
	old.fence--;
	assert_false(rig_start_backup(r, &old));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_false(rig_finish_backup(r, &old, BACKUP_COMPLETED));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(rig_get_backup(r, b.id));
	assert_int_equal(r->a.backup.status, BACKUP_QUEUED);
	assert_true(rig_start_backup(r, &b));
	assert_false(rig_start_backup(r, &b));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(rig_finish_backup(r, &b, BACKUP_CANCELED));
	assert_false(rig_finish_backup(r, &b, BACKUP_COMPLETED));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(rig_get_backup(r, b.id));
	assert_int_equal(r->a.backup.status, BACKUP_CANCELED);
	backup_record_fini(&b);
}

/* Each claim has a greater one than all before. */
static void test_fences_rise(void **state)
{
	struct rig *r = *state;
	struct backup_record one = begun(r, "first", "shop");
	struct backup_record two = begun(r, "second", "blog");

	assert_true(two.fence > one.fence);
	end(r, &one, BACKUP_COMPLETED);
	end(r, &two, BACKUP_COMPLETED);
	rig_close(r);
	rig_open(r);
	one = begun(r, "third", "shop");
	assert_true(one.fence > 2);
	end(r, &one, BACKUP_FAILED);
}

static void test_a_backup_ends_in_an_end(void **state)
{
	struct rig *r = *state;
	struct backup_record b = begun(r, "first", "shop");

	assert_false(rig_finish_backup(r, &b, BACKUP_BACKING_UP));
	assert_int_equal(r->a.err.code, ERR_BUG);
	end(r, &b, BACKUP_COMPLETED);
}

static bool update(struct rig *r, const char *id, char *description, bool held,
		   int64_t revision)
{
	struct backup_record b = {.description = description, .held = held};
	struct err e = {0};

	(void)str_copy(b.id, ID_MAX, id);
	return rig_wait(r, catalog_backup_update(r->catalog, &b, revision,
						 on_begun, r, &e));
}

static void test_update(void **state)
{
	struct rig *r = *state;
	char text[] = "before the move", id[ID_MAX];

	rig_make_backup(r, "first", "shop", "store");
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	assert_true(update(r, id, text, false, 1));
	assert_true(rig_get_backup(r, id));
	assert_string_equal(r->a.backup.description, text);
	assert_int_equal(r->a.backup.revision, 2);
	assert_true(update(r, id, NULL, true, 0));
	assert_true(rig_get_backup(r, id));
	assert_string_equal(r->a.backup.description, text);
	assert_true(r->a.backup.held);
	assert_false(update(r, id, NULL, false, 1));
	rig_refused(r, ERR_CONFLICT, "revision_changed");
	assert_false(update(r, "bak_00000000000000000000000000", NULL, 0, 0));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void test_rule_13_delete(void **state)
{
	struct rig *r = *state;
	char id[ID_MAX], job[ID_MAX];

	rig_make_backup(r, "first", "shop", "store");
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	(void)str_copy(job, ID_MAX, r->a.backup.job_id);
	assert_true(rig_delete_backup(r, "first"));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_string_not_equal(r->a.backup.job_id, job);
	assert_true(r->a.backup.fence > 0);
	(void)str_copy(job, ID_MAX, r->a.backup.job_id);
	assert_true(rig_get_backup(r, id));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_string_equal(r->a.backup.job_id, job);
	assert_false(rig_delete_backup(r, id));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_false(update(r, id, NULL, true, 0));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 0);
	assert_true(rig_swept(r, id, NULL));
	assert_false(rig_get_backup(r, id));
	assert_true(rig_get_job(r, job));
	assert_int_equal(r->a.job.kind, JOB_DELETE);
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
	assert_false(rig_delete_backup(r, id));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void test_rule_13_delete_that_fails_is_swept_later(void **state)
{
	struct rig *r = *state;
	struct err why = {.code = ERR_REMOTE,
			  .api = "store_failed",
			  .msg = "the store said \"no\""};
	char id[ID_MAX], job[ID_MAX];

	rig_make_backup(r, "first", "shop", "store");
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	assert_true(rig_delete_backup(r, "first"));
	(void)str_copy(job, ID_MAX, r->a.backup.job_id);
	assert_true(rig_swept(r, id, &why));
	assert_true(rig_get_job(r, job));
	assert_int_equal(r->a.job.status, JOB_FAILED);
	assert_string_equal(r->a.job_error,
			    "{\"code\":\"store_failed\",\"detail\":"
			    "\"the store said \\\"no\\\"\",\"attempts\":[]}");
	assert_true(rig_get_backup(r, id));
	assert_int_equal(r->a.backup.status, BACKUP_DELETING);
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], id);
	assert_true(rig_swept(r, id, NULL));
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 0);
	assert_false(rig_get_backup(r, id));
}

static void test_rule_13_refused_while_in_use(void **state)
{
	struct rig *r = *state;
	struct backup_record b = begun(r, "first", "shop");
	char id[ID_MAX];

	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(rig_start_backup(r, &b));
	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	end(r, &b, BACKUP_COMPLETED);
	assert_true(rig_get_backup(r, "first"));
	(void)str_copy(id, ID_MAX, r->a.backup.id);
	assert_true(update(r, id, NULL, true, 0));
	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_held");
	assert_true(update(r, id, NULL, false, 0));
	assert_true(rig_delete_backup(r, "first"));
}

static void test_leftovers_are_swept(void **state)
{
	struct rig *r = *state;
	struct backup_record b = begun(r, "first", "shop");
	char id[ID_MAX];

	(void)str_copy(id, ID_MAX, b.id);
	assert_true(rig_start_backup(r, &b));
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 0);
	end(r, &b, BACKUP_FAILED);
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], id);
	assert_true(rig_swept(r, id, NULL));
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 0);
	assert_true(rig_get_backup(r, id));
	assert_int_equal(r->a.backup.status, BACKUP_FAILED);
	assert_string_equal(r->a.backup.error_json,
			    "{\"code\":\"store_failed\"}");
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_rule_8_life),
		RIGGED(test_rule_5_names_fold_and_free),
		RIGGED(test_rule_5_bad_names),
		RIGGED(test_rule_3_one_at_a_time),
		RIGGED(test_begin_needs_source_and_pool),
		RIGGED(test_rule_7_quota),
		RIGGED(test_rule_7_automated_do_not_count),
		RIGGED(test_fences),
		RIGGED(test_fences_rise),
		RIGGED(test_a_backup_ends_in_an_end),
		RIGGED(test_update),
		RIGGED(test_rule_13_delete),
		RIGGED(test_rule_13_delete_that_fails_is_swept_later),
		RIGGED(test_rule_13_refused_while_in_use),
		RIGGED(test_leftovers_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
