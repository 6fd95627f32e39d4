/* test_catalog_recover.c - rule 30: after a crash at any moment. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "loop/loop.h"
#include "test_catalog_rig.h"

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop blog copy", "store");
	r = *state;
	rig_make_backup(r, "done", "shop", "store");
	rig_make_backup(r, "going", "shop", "store");
	rig_close(r);
	return 0;
}

/*
 * Runs in a process of its own that ends without a word to anybody, as kill
 * -9 does: locks and memory are gone, the files are as they are.
 */
static void crash_after(struct rig *r, void (*act)(struct rig *r))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct err e = {0};

		loop_free(r->loop);
		r->loop = loop_new(&e);
		rig_open(r);
		act(r);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	rig_open(r);
}

/* One of each: running, queued, restoring, deleting. */
static void make_busy(struct rig *r)
{
	struct backup_record b = {0};
	struct restore_record s = {0};

	assert_true(rig_begin_backup(r, "running", "shop", "store"));
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_true(rig_start_backup(r, &b));
	assert_true(rig_begin_backup(r, "waiting", "blog", "store"));
	assert_true(rig_begin_restore(r, "done", "copy"));
	assert_true(restore_record_copy(&s, &r->a.restore));
	assert_true(rig_delete_backup(r, "going"));
}

static void test_rule_30_interrupted_backups(void **state)
{
	struct rig *r = *state;
	struct backup_record late = {0};

	crash_after(r, make_busy);
	assert_true(rig_get_backup(r, "running"));
	assert_int_equal(r->a.backup.status, BACKUP_BACKING_UP);
	assert_true(backup_record_copy(&late, &r->a.backup));
	assert_true(rig_recover(r));
	assert_true(rig_get_backup(r, late.id));
	assert_int_equal(r->a.backup.status, BACKUP_FAILED);
	assert_true(r->a.backup.has_leftovers);
	assert_true(r->a.backup.finished_at > 0);
	assert_non_null(strstr(r->a.backup.error_json,
			       "{\"code\":\"interrupted\",\"detail\":\""));
	assert_true(rig_get_job(r, late.job_id));
	assert_int_equal(r->a.job.status, JOB_FAILED);
	assert_non_null(strstr(r->a.job_error, "\"interrupted\""));
	/* Whoever still reports on it comes too late. */
	assert_false(rig_finish_backup(r, &late, BACKUP_COMPLETED));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	backup_record_fini(&late);
	/* The names, the sources and the quota are free again. */
	rig_make_backup(r, "running", "shop", "store");
	rig_make_backup(r, "waiting", "blog", "store");
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 3);
	assert_int_equal(r->a.usage.backups[BACKUP_FAILED], 2);
}

static void test_rule_30_what_was_done_stays(void **state)
{
	struct rig *r = *state;

	crash_after(r, make_busy);
	assert_true(rig_recover(r));
	assert_true(rig_get_backup(r, "done"));
	assert_int_equal(r->a.backup.status, BACKUP_COMPLETED);
	assert_false(r->a.backup.is_restoring);
	assert_true(rig_get_source(r, "copy"));
	assert_false(r->a.source.is_restoring);
	assert_true(rig_list_restores(
		r, &(struct catalog_query){.status = "failed"}));
	assert_int_equal(r->a.n, 1);
	assert_true(
		rig_list_jobs(r, &(struct catalog_query){.status = "running"}));
	assert_int_equal(r->a.n, 0);
	assert_true(
		rig_list_jobs(r, &(struct catalog_query){.status = "queued"}));
	assert_int_equal(r->a.n, 0);
}

static void test_rule_30_leftovers_are_known(void **state)
{
	struct rig *r = *state;

	crash_after(r, make_busy);
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 0);
	assert_true(rig_recover(r));
	assert_true(rig_list_backups(
		r, &(struct catalog_query){.status = "deleting"}));
	assert_int_equal(r->a.n, 1);
	assert_string_equal(r->a.names[0], "going");
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 3);
}

/* Twice changes nothing more, and with nothing to do nothing happens. */
static void test_rule_30_recover_twice(void **state)
{
	struct rig *r = *state;

	crash_after(r, make_busy);
	assert_true(rig_recover(r));
	assert_true(rig_recover(r));
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 1);
	assert_int_equal(r->a.usage.backups[BACKUP_FAILED], 2);
	assert_int_equal(r->a.usage.jobs[JOB_FAILED], 4);
}

/* A quota that was wrong, for whatever reason, is right again. */
static void test_rule_7_recover_counts_anew(void **state)
{
	struct rig *r = *state;

	rig_sql(r, "UPDATE counters SET value = 4711"
		   " WHERE name = 'manual_backups'");
	rig_open(r);
	assert_true(rig_recover(r));
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 2);
}

/* Writes until it is killed; says each name that was acknowledged. */
static void write_until_killed(struct rig *r, int fd)
{
	char name[NAME_BUF];

	for (unsigned i = 0;; i++) {
		(void)snprintf(name, sizeof(name), "s%u", i);
		if (!rig_create_source(r, name) ||
		    write(fd, &i, sizeof(i)) != (ssize_t)sizeof(i))
			_exit(1);
	}
}

/* first: not before something was acknowledged. */
static unsigned kill_after(struct rig *r, useconds_t wait_us, bool first)
{
	unsigned last = 0, one, n = 0;
	int fds[2];
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct err e = {0};

		loop_free(r->loop);
		r->loop = loop_new(&e);
		rig_open(r);
		write_until_killed(r, fds[1]);
	}
	(void)close(fds[1]);
	if (first && read(fds[0], &one, sizeof(one)) == (ssize_t)sizeof(one))
		n++;
	(void)usleep(wait_us);
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (; read(fds[0], &one, sizeof(one)) == (ssize_t)sizeof(one); n++)
		last = one;
	(void)close(fds[0]);
	return n > 0 ? last + 1 : 0;
}

/* What was acknowledged is there, whenever the kill came. */
static void test_rule_30_nothing_acknowledged_is_lost(void **state)
{
	struct rig *r = *state;
	unsigned acknowledged, total = 0;
	char name[NAME_BUF];

	for (unsigned round = 0; round < 10; round++) {
		rig_sql(r, "DELETE FROM sources");
		acknowledged =
			kill_after(r, 40000 + 9000 * round, round % 2 != 0);
		total += acknowledged;
		rig_open(r);
		for (unsigned i = 0; i < acknowledged; i++) {
			(void)snprintf(name, sizeof(name), "s%u", i);
			if (!rig_get_source(r, name))
				fail_msg("%s is lost", name);
		}
		rig_close(r);
	}
	assert_true(total > 0);
	rig_open(r);
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_rule_30_interrupted_backups),
		RIGGED(test_rule_30_what_was_done_stays),
		RIGGED(test_rule_30_leftovers_are_known),
		RIGGED(test_rule_30_recover_twice),
		RIGGED(test_rule_7_recover_counts_anew),
		RIGGED(test_rule_30_nothing_acknowledged_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
