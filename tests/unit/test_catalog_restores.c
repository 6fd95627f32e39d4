/* test_catalog_restores.c - restores: every intent and every refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "test_catalog_rig.h"

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop copy", "store");
	r = *state;
	rig_make_backup(r, "first", "shop", "store");
	return 0;
}

static struct restore_record begun(struct rig *r, const char *target)
{
	struct restore_record s = {0};

	if (!rig_begin_restore(r, "FIRST", target))
		fail_msg("%s", r->a.err.msg);
	assert_true(restore_record_copy(&s, &r->a.restore));
	return s;
}

static bool start(struct rig *r, const struct restore_record *s)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_restore_started(r->catalog, s, rig_on_done, r, &e));
}

static bool finish(struct rig *r, struct restore_record *s,
		   enum job_status status)
{
	struct err e = {0};

	s->status = status;
	s->row_count = 70;
	s->verified = status == JOB_COMPLETED;
	return rig_wait(r, catalog_restore_finish(r->catalog, s, "{}",
						  rig_on_done, r, &e));
}

static void test_life(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "COPY");

	assert_true(id_has_prefix(s.id, "res"));
	assert_true(id_has_prefix(s.backup_id, "bak"));
	assert_true(id_has_prefix(s.target_id, "src"));
	assert_string_equal(s.target_name, "copy");
	assert_string_equal(s.request_json, "{\"overwrite\":true}");
	assert_int_equal(s.status, JOB_QUEUED);
	assert_true(start(r, &s));
	assert_true(rig_get_restore(r, s.id));
	assert_int_equal(r->a.restore.status, JOB_RUNNING);
	assert_true(r->a.restore.started_at > 0);
	assert_true(rig_get_source(r, "copy"));
	assert_true(r->a.source.is_restoring);
	assert_true(rig_get_backup(r, "first"));
	assert_true(r->a.backup.is_restoring);
	assert_true(finish(r, &s, JOB_COMPLETED));
	assert_true(rig_get_restore(r, s.id));
	assert_int_equal(r->a.restore.status, JOB_COMPLETED);
	assert_int_equal(r->a.restore.row_count, 70);
	assert_true(r->a.restore.verified);
	assert_true(r->a.restore.finished_at > 0);
	assert_true(rig_get_job(r, s.job_id));
	assert_int_equal(r->a.job.kind, JOB_RESTORE);
	assert_int_equal(r->a.job.status, JOB_COMPLETED);
	assert_true(rig_get_backup(r, "first"));
	assert_false(r->a.backup.is_restoring);
	assert_true(rig_get_source(r, "copy"));
	assert_false(r->a.source.is_restoring);
	restore_record_fini(&s);
}

static void test_rule_23_only_from_completed(void **state)
{
	struct rig *r = *state;
	struct backup_record b = {0};

	assert_true(rig_begin_backup(r, "second", "shop", "store"));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_false(rig_begin_restore(r, "second", "copy"));
	rig_refused(r, ERR_CONFLICT, "backup_not_completed");
	assert_true(rig_start_backup(r, &b));
	assert_false(rig_begin_restore(r, "second", "copy"));
	rig_refused(r, ERR_CONFLICT, "backup_not_completed");
	assert_true(rig_finish_backup(r, &b, BACKUP_FAILED));
	assert_false(rig_begin_restore(r, b.id, "copy"));
	rig_refused(r, ERR_CONFLICT, "backup_not_completed");
	assert_true(rig_delete_backup(r, "first"));
	(void)str_copy(b.id, ID_MAX, r->a.backup.id);
	assert_false(rig_begin_restore(r, b.id, "copy"));
	rig_refused(r, ERR_CONFLICT, "backup_not_completed");
	backup_record_fini(&b);
}

static void test_rule_23_no_delete_meanwhile(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");

	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(start(r, &s));
	assert_false(rig_delete_backup(r, "first"));
	rig_refused(r, ERR_CONFLICT, "backup_in_use");
	assert_true(finish(r, &s, JOB_FAILED));
	assert_true(rig_delete_backup(r, "first"));
	restore_record_fini(&s);
}

static void test_rule_3_target_busy(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");

	assert_false(rig_begin_restore(r, "first", "copy"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, s.id));
	assert_false(rig_begin_backup(r, "second", "copy", "store"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, s.id));
	/* The same backup into another target is no conflict. */
	assert_true(rig_begin_restore(r, "first", "shop"));
	assert_true(finish(r, &s, JOB_CANCELED));
	assert_true(rig_begin_backup(r, "second", "copy", "store"));
	assert_false(rig_begin_restore(r, "first", "copy"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, "backup second (bak_"));
	restore_record_fini(&s);
}

static void test_not_found(void **state)
{
	struct rig *r = *state;

	assert_false(rig_begin_restore(r, "none", "copy"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_false(rig_begin_restore(r, "first", "none"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_false(rig_get_restore(r, "none"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	assert_false(rig_get_job(r, "job_00000000000000000000000000"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
}

static void test_fences(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy"), old = s;

	old.fence++;
	assert_false(start(r, &old));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_false(finish(r, &old, JOB_COMPLETED));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_false(finish(r, &s, JOB_RUNNING));
	assert_int_equal(r->a.err.code, ERR_BUG);
	assert_true(finish(r, &s, JOB_FAILED));
	assert_false(finish(r, &s, JOB_COMPLETED));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(rig_get_restore(r, s.id));
	assert_int_equal(r->a.restore.status, JOB_FAILED);
	assert_false(r->a.restore.verified);
	restore_record_fini(&s);
}

static void test_list_filters(void **state)
{
	struct rig *r = *state;
	struct restore_record s = begun(r, "copy");
	char one[ID_MAX], two[ID_MAX];

	(void)str_copy(one, ID_MAX, s.id);
	assert_true(finish(r, &s, JOB_FAILED));
	assert_true(rig_begin_restore(r, "first", "shop"));
	(void)str_copy(two, ID_MAX, r->a.restore.id);
	assert_true(rig_list_restores(r, &(struct catalog_query){0}));
	assert_int_equal(r->a.n, 2);
	assert_string_equal(r->a.ids[0], two);
	assert_true(rig_list_restores(
		r, &(struct catalog_query){.target = "Copy"}));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], one);
	assert_true(rig_list_restores(
		r, &(struct catalog_query){.status = "queued"}));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.ids[0], two);
	assert_true(rig_list_restores(
		r, &(struct catalog_query){.backup = "first"}));
	assert_int_equal(r->a.n, 2);
	assert_true(rig_list_restores(
		r, &(struct catalog_query){.backup = "none"}));
	assert_int_equal(r->a.n, 0);
	assert_int_equal(r->a.total, 0);
	assert_true(rig_list_restores(
		r, &(struct catalog_query){.backup = s.backup_id}));
	assert_int_equal(r->a.total, 2);
	restore_record_fini(&s);
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

/* A folder is one restore's at a time, as a source is. */
static void test_folders(void **state)
{
	struct rig *r = *state;
	struct restore_record s = {0};

	assert_true(rig_begin_restore_into(r, "first", "/srv/a"));
	assert_true(restore_record_copy(&s, &r->a.restore));
	assert_string_equal(s.target_path, "/srv/a");
	assert_string_equal(s.target_id, "");
	assert_string_equal(s.target_name, "");
	assert_false(rig_begin_restore_into(r, "first", "/srv/a"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, s.id));
	assert_non_null(strstr(r->a.err.msg, "folder"));
	assert_true(rig_begin_restore_into(r, "first", "/srv/b"));
	assert_true(start(r, &s));
	assert_false(rig_begin_restore_into(r, "first", "/srv/a"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_true(finish(r, &s, JOB_FAILED));
	assert_true(rig_begin_restore_into(r, "first", "/srv/a"));
	assert_true(rig_get_restore(r, s.id));
	assert_string_equal(r->a.restore.target_path, "/srv/a");
	restore_record_fini(&s);
}

static void assert_busy(struct rig *r, const char *path, const char *writer)
{
	assert_false(rig_begin_restore_into(r, "first", path));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, writer));
}

static bool make_tree(struct rig *r, const char *name, const char *path)
{
	char json[64];
	struct source_record s = {.engine = "files",
				  .is_reachable = true,
				  .connection_json = json};
	struct err e = {0};

	(void)snprintf(json, sizeof(json), "{\"path\":\"%s\"}", path);
	(void)str_copy(s.name, sizeof(s.name), name);
	return rig_wait(
		r, catalog_source_create(r->catalog, &s, rig_on_source, r, &e));
}

/* Nor does another one write above it, or in it, or by another name. */
static void test_folders_in_folders(void **state)
{
	struct rig *r = *state;
	struct restore_record s = {0};

	assert_true(make_tree(r, "tree", "/srv/a/b"));
	assert_true(make_tree(r, "other", "/srv/c"));
	assert_true(rig_begin_restore_into(r, "first", "/srv/a/b/new"));
	assert_true(restore_record_copy(&s, &r->a.restore));
	assert_busy(r, "/srv/a", "/srv/a/b/new");
	assert_busy(r, "/srv/a/b", s.id);
	assert_busy(r, "/srv/a/b/new/x/y", s.id);
	assert_false(rig_begin_restore(r, "first", "tree"));
	rig_refused(r, ERR_CONFLICT, "source_busy");
	assert_non_null(strstr(r->a.err.msg, s.id));
	/* What only begins alike is another one. */
	assert_true(rig_begin_restore_into(r, "first", "/srv/a/b/new2"));
	assert_true(rig_begin_restore_into(r, "first", "/srv/a/b/ne"));
	assert_true(rig_begin_restore(r, "first", "other"));
	assert_busy(r, "/srv/c", r->a.restore.id);
	assert_busy(r, "/srv/c/d", "/srv/c/");
	assert_busy(r, "/", "/srv/");
	assert_true(start(r, &s));
	assert_true(finish(r, &s, JOB_COMPLETED));
	assert_true(rig_begin_restore_into(r, "first", "/srv/a/b/new"));
	restore_record_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_life),
		RIGGED(test_rule_23_only_from_completed),
		RIGGED(test_rule_23_no_delete_meanwhile),
		RIGGED(test_rule_3_target_busy),
		RIGGED(test_folders),
		RIGGED(test_folders_in_folders),
		RIGGED(test_not_found),
		RIGGED(test_fences),
		RIGGED(test_list_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
