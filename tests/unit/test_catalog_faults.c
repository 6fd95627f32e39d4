/*
 * test_catalog_faults.c - the disk fails: an fsync, a write, no space. The
 * calls that SQLite makes lead to functions of the test that fail on demand.
 */
#include "config.h" /* for syscall() */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "loop/loop.h"
#include "test_catalog_rig.h"

/* Set by a test, read on the catalog's thread. */
static atomic_int sync_error, write_error;
static atomic_uint syncs;

/* While it is closed the next sync says that it has come, and waits. */
static atomic_bool is_closed;
static sem_t came, gate;

int fdatasync(int fd);
int fsync(int fd);

/* In place of the C library's, for SQLite too. */
int fdatasync(int fd)
{
	syncs++;
	if (atomic_exchange(&is_closed, false)) {
		(void)sem_post(&came);
		while (sem_wait(&gate) != 0)
			continue;
	}
	if (sync_error != 0) {
		errno = sync_error;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	syncs++;
	if (sync_error != 0) {
		errno = sync_error;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

static ssize_t failing_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	if (write_error != 0) {
		errno = write_error;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

static int take_writes(void **state)
{
	sqlite3_vfs *vfs;

	(void)state;
	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	vfs = sqlite3_vfs_find(NULL);
	(void)vfs->xSetSystemCall(vfs, "pwrite",
				  (sqlite3_syscall_ptr)failing_pwrite);
	(void)vfs->xSetSystemCall(vfs, "pwrite64",
				  (sqlite3_syscall_ptr)failing_pwrite);
	return 0;
}

static int setup(void **state)
{
	sync_error = write_error = 0;
	return rig_setup(state);
}

static int teardown(void **state)
{
	sync_error = write_error = 0;
	return rig_teardown(state);
}

/* Every acknowledged change was synced: the test's own premise, too. */
static void test_rule_30_each_change_is_synced(void **state)
{
	struct rig *r = *state;
	unsigned before = syncs;

	assert_true(rig_create_source(r, "shop"));
	assert_true(syncs > before);
	before = syncs;
	assert_true(rig_create_source(r, "blog"));
	assert_true(syncs > before);
	before = syncs;
	assert_true(rig_get_source(r, "blog"));
	assert_int_equal(syncs, before);
}

static void test_rule_30_dead_after_a_failed_fsync(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "before"));
	sync_error = EIO;
	assert_false(rig_create_source(r, "during"));
	assert_int_equal(r->a.err.code, ERR_IO);
	assert_non_null(strstr(r->a.err.msg, "no more changes"));
	/* The disk says yes again; what it says is worth nothing now. */
	sync_error = 0;
	for (int i = 0; i < 3; i++) {
		assert_false(rig_create_source(r, "after"));
		assert_int_equal(r->a.err.code, ERR_IO);
		assert_non_null(strstr(r->a.err.msg, "start the server"));
	}
	assert_true(rig_get_source(r, "before"));
	assert_false(rig_get_source(r, "during"));
	rig_refused(r, ERR_NOT_FOUND, "not_found");
	/* Another process, another file: it is asked anew. */
	rig_close(r);
	rig_open(r);
	assert_true(rig_get_source(r, "before"));
	assert_true(rig_create_source(r, "after"));
}

/* The log of a dead file is what the next start needs: not touched. */
static void test_rule_30_dead_file_is_left_alone(void **state)
{
	struct rig *r = *state;
	char wal[128];
	unsigned before;

	(void)snprintf(wal, sizeof(wal), "%s-wal", r->path);
	assert_true(rig_create_source(r, "before"));
	sync_error = EIO;
	assert_false(rig_create_source(r, "during"));
	sync_error = 0;
	before = syncs;
	rig_close(r);
	assert_int_equal(syncs, before);
	assert_int_equal(access(wal, F_OK), 0);
	rig_open(r);
	assert_true(rig_get_source(r, "before"));
}

static void test_rule_28_disk_full(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "before"));
	write_error = ENOSPC;
	assert_false(rig_create_source(r, "during"));
	assert_int_equal(r->a.err.code, ERR_IO);
	assert_non_null(strstr(r->a.err.msg, "no space is left"));
	assert_true(rig_get_source(r, "before"));
	assert_false(rig_get_source(r, "during"));
	write_error = 0;
	assert_true(rig_create_source(r, "during"));
	assert_true(rig_get_source(r, "during"));
}

static void test_rule_28_writes_fail(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "before"));
	write_error = EIO;
	assert_false(rig_create_source(r, "during"));
	assert_int_equal(r->a.err.code, ERR_IO);
	assert_non_null(strstr(r->a.err.msg, "disk failed"));
	write_error = 0;
	assert_true(rig_get_source(r, "before"));
	assert_true(rig_create_source(r, "during"));
}

/* A busy one that could not be written is not busy. */
static void test_rule_3_nothing_half_done(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	write_error = ENOSPC;
	assert_false(rig_begin_backup(r, "first", "shop", "store"));
	write_error = 0;
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.manual_backups, 0);
	assert_int_equal(r->a.usage.jobs[JOB_QUEUED], 0);
	assert_int_equal(r->a.usage.backups[BACKUP_QUEUED], 0);
	assert_true(rig_begin_backup(r, "first", "shop", "store"));
}

/* Lines of logs are lost then, and nothing else. */
static void test_log_lines_on_a_full_disk(void **state)
{
	struct rig *r = *state;

	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_pool(r, "store"));
	assert_true(rig_begin_backup(r, "first", "shop", "store"));
	write_error = ENOSPC;
	catalog_job_log(r->catalog, r->a.backup.job_id, 1, "lost");
	assert_true(rig_get_source(r, "shop"));
	write_error = 0;
	assert_true(rig_create_source(r, "blog"));
}

static void test_open_on_a_full_disk(void **state)
{
	struct rig *r = *state;
	struct err e = {0};

	rig_close(r);
	assert_int_equal(unlink(r->path), 0);
	write_error = ENOSPC;
	assert_false(rig_try_open(r, &e));
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, "no space is left"));
	write_error = 0;
	rig_open(r);
	assert_true(rig_create_source(r, "shop"));
}

static void on_written(void *arg, const struct source_record *s,
		       const struct err *e)
{
	bool *is_written = arg;

	assert_non_null(s);
	assert_null(e);
	*is_written = true;
}

/* Lists go on while the disk takes its time for a change, without it; which
 * is there as soon as it is answered. */
static void test_lists_wait_for_no_disk(void **state)
{
	struct source_record blog = {.name = "blog", .engine = "mysql"};
	struct catalog_query all = {0};
	struct rig *r = *state;
	bool is_written = false;
	struct err e = {0};

	assert_int_equal(sem_init(&came, 0, 0), 0);
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	assert_true(rig_create_source(r, "shop"));
	is_closed = true;
	assert_non_null(catalog_source_create(r->catalog, &blog, on_written,
					      &is_written, &e));
	while (sem_wait(&came) != 0)
		continue;
	/* Who waits for the disk here waits for ever. */
	(void)alarm(60);
	assert_true(rig_list_sources(r, &all));
	assert_int_equal(r->a.total, 1);
	assert_true(rig_count(r));
	assert_int_equal(r->a.usage.sources, 1);
	(void)alarm(0);
	assert_false(is_written);
	assert_int_equal(sem_post(&gate), 0);
	assert_true(rig_get_source(r, "blog"));
	assert_true(is_written);
	assert_true(rig_list_sources(r, &all));
	assert_int_equal(r->a.total, 2);
}

/* The kernel's own limit, without any function of the test between. */
static void fill_up(struct rig *r)
{
	struct rlimit limit = {.rlim_cur = 900000, .rlim_max = RLIM_INFINITY};
	struct err e = {0};
	char name[NAME_BUF];
	unsigned n = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	loop_free(r->loop);
	r->loop = loop_new(&e);
	rig_open(r);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		_exit(2);
	for (; n < 20000; n++) {
		(void)snprintf(name, sizeof(name), "s%u", n);
		if (!rig_create_source(r, name))
			break;
	}
	if (r->a.err.code != ERR_IO || n == 0 || n == 20000)
		_exit(3);
	/* All that was said to be there is there. */
	while (n-- > 0) {
		(void)snprintf(name, sizeof(name), "s%u", n);
		if (!rig_get_source(r, name))
			_exit(4);
	}
	_exit(0);
}

static void test_rule_28_file_size_limit(void **state)
{
	struct rig *r = *state;
	int status;
	pid_t child;

	rig_close(r);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		fill_up(r);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	rig_open(r);
	assert_true(rig_get_source(r, "s0"));
	assert_true(rig_create_source(r, "after"));
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_rule_30_each_change_is_synced),
		RIGGED(test_rule_30_dead_after_a_failed_fsync),
		RIGGED(test_rule_30_dead_file_is_left_alone),
		RIGGED(test_rule_28_disk_full),
		RIGGED(test_rule_28_writes_fail),
		RIGGED(test_rule_3_nothing_half_done),
		RIGGED(test_log_lines_on_a_full_disk),
		RIGGED(test_open_on_a_full_disk),
		RIGGED(test_lists_wait_for_no_disk),
		RIGGED(test_rule_28_file_size_limit),
	};

	return cmocka_run_group_tests(tests, take_writes, NULL);
}
