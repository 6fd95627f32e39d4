/* test_jobs_moments.c - cancel, stop, drop and crash in every turn of the loop:
 * whatever the moment, all ends, and nothing is kept that should not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "effort.h"
#include "jobs_house.h"
#include "pipeline/budget.h"

enum { TURNS = 50 };

enum kind { KIND_BACKUP, KIND_RESTORE, KIND_DELETE, KINDS };

/* So many reports of an end does the catalog refuse. */
static unsigned refusals;

struct catalog_op *__real_catalog_backup_finish(struct catalog *c,
						const struct backup_record *r,
						const char *progress_json,
						catalog_done_cb *done,
						void *arg, struct err *e);
struct catalog_op *__wrap_catalog_backup_finish(struct catalog *c,
						const struct backup_record *r,
						const char *progress_json,
						catalog_done_cb *done,
						void *arg, struct err *e);
struct catalog_op *__real_catalog_restore_finish(struct catalog *c,
						 const struct restore_record *r,
						 const char *progress_json,
						 catalog_done_cb *done,
						 void *arg, struct err *e);
struct catalog_op *__wrap_catalog_restore_finish(struct catalog *c,
						 const struct restore_record *r,
						 const char *progress_json,
						 catalog_done_cb *done,
						 void *arg, struct err *e);
struct catalog_op *__real_catalog_backup_swept(struct catalog *c,
					       const char *id,
					       const struct err *why,
					       catalog_done_cb *done, void *arg,
					       struct err *e);
struct catalog_op *__wrap_catalog_backup_swept(struct catalog *c,
					       const char *id,
					       const struct err *why,
					       catalog_done_cb *done, void *arg,
					       struct err *e);

static bool is_refused(struct err *e)
{
	if (refusals == 0)
		return false;
	refusals--;
	(void)err_set(e, ERR_IO, "internal", "the disk is full");
	return true;
}

struct catalog_op *__wrap_catalog_backup_finish(struct catalog *c,
						const struct backup_record *r,
						const char *progress_json,
						catalog_done_cb *done,
						void *arg, struct err *e)
{
	if (is_refused(e))
		return NULL;
	return __real_catalog_backup_finish(c, r, progress_json, done, arg, e);
}

struct catalog_op *__wrap_catalog_restore_finish(struct catalog *c,
						 const struct restore_record *r,
						 const char *progress_json,
						 catalog_done_cb *done,
						 void *arg, struct err *e)
{
	if (is_refused(e))
		return NULL;
	return __real_catalog_restore_finish(c, r, progress_json, done, arg, e);
}

struct catalog_op *__wrap_catalog_backup_swept(struct catalog *c,
					       const char *id,
					       const struct err *why,
					       catalog_done_cb *done, void *arg,
					       struct err *e)
{
	if (is_refused(e))
		return NULL;
	return __real_catalog_backup_swept(c, id, why, done, arg, e);
}

static void make_backup(struct house *h, const char *name)
{
	assert_true(house_backup(h, name, NULL));
	house_wait(h, h->backup.job_id);
	assert_true(house_read_backup(h, h->backup.id));
	assert_int_equal(h->backup.status, BACKUP_COMPLETED);
}

/* valgrind is some thirty times slower: a sample of the moments there. */
static int stride(void)
{
	return (int)effort(1, 5);
}

/* Fewer, where each takes long. It has no factor in common with KINDS, so that
 * every kind has its turn. */
static int long_stride(void)
{
	return (int)effort(1, 8);
}

static void turn(struct house *h, int turns)
{
	for (int i = 0; i < turns; i++)
		house_turn(h);
}

static struct house *prepare(enum kind kind)
{
	struct house *h = house_open(2);

	if (kind != KIND_BACKUP)
		make_backup(h, "first");
	return h;
}

static void ask(struct house *h, enum kind kind)
{
	if (kind == KIND_BACKUP)
		house_ask_backup(h, "first", NULL);
	else if (kind == KIND_RESTORE)
		house_ask_restore(h, "first", "{}");
	else
		house_ask_delete(h, "first");
}

/* Everything is as if nothing had been asked for: all can be done again. */
static void check_alive(struct house *h)
{
	house_check_budget(h);
	make_backup(h, "another");
}

static void check_ended_backup(struct house *h, const char *id)
{
	assert_true(house_read_backup(h, id));
	assert_true(h->backup.status == BACKUP_COMPLETED ||
		    h->backup.status == BACKUP_CANCELED ||
		    h->backup.status == BACKUP_FAILED);
	if (h->backup.status == BACKUP_COMPLETED)
		assert_int_equal(house_objects(h), 5);
	else
		assert_true(h->backup.has_leftovers || house_objects(h) == 0);
}

static void test_rule12_cancel_backup_at_every_turn(void **state)
{
	unsigned canceled = 0;

	(void)state;
	for (int turns = 0; turns < TURNS; turns += stride()) {
		struct house *h = house_open(2);
		char id[ID_MAX], job[ID_MAX];
		struct err e = {0};
		bool is_canceled;

		assert_true(house_backup(h, "first", NULL));
		memcpy(id, h->backup.id, ID_MAX);
		memcpy(job, h->backup.job_id, ID_MAX);
		turn(h, turns);
		is_canceled = jobs_cancel(h->jobs, job, &e);
		house_wait(h, job);
		check_ended_backup(h, id);
		assert_int_equal(h->backup.status, is_canceled
							   ? BACKUP_CANCELED
							   : BACKUP_COMPLETED);
		canceled += is_canceled;
		check_alive(h);
		house_close(h);
	}
	assert_in_range(canceled, 5, TURNS);
}

static void test_cancel_restore_at_every_turn(void **state)
{
	(void)state;
	for (int turns = 0; turns < TURNS; turns += stride()) {
		struct house *h = prepare(KIND_RESTORE);
		struct err e = {0};
		bool is_canceled;

		assert_true(house_restore(h, "first", "{}"));
		turn(h, turns);
		is_canceled = jobs_cancel(h->jobs, h->restore.job_id, &e);
		house_wait(h, h->restore.job_id);
		assert_true(house_read_restore(h, h->restore.id));
		assert_int_equal(h->restore.status,
				 is_canceled ? JOB_CANCELED : JOB_COMPLETED);
		assert_int_equal(h->restore.verified, !is_canceled);
		check_alive(h);
		house_close(h);
	}
}

static void test_delete_cannot_be_canceled(void **state)
{
	struct house *h = prepare(KIND_DELETE);
	struct err e = {0};

	(void)state;
	assert_true(house_delete(h, "first"));
	assert_false(jobs_cancel(h->jobs, h->backup.job_id, &e));
	assert_string_equal(e.api, "job_not_cancelable");
	house_wait(h, h->backup.job_id);
	house_close(h);
}

/* Asked for and given up: it runs to its end, or it never was. */
static void test_give_up_at_every_turn(void **state)
{
	(void)state;
	for (int n = 0; n < KINDS * 30; n += long_stride()) {
		enum kind kind = (enum kind)(n % KINDS);
		struct house *h = prepare(kind);

		ask(h, kind);
		turn(h, n / KINDS);
		house_give_up(h);
		house_settle(h);
		if (house_read_backup(h, "first"))
			assert_int_equal(h->backup.status, BACKUP_COMPLETED);
		assert_false(h->backup.is_restoring);
		check_alive(h);
		house_close(h);
	}
}

static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

static void test_stop_at_every_turn(void **state)
{
	(void)state;
	for (int n = 0; n < KINDS * TURNS; n += long_stride()) {
		enum kind kind = (enum kind)(n % KINDS);
		struct house *h = prepare(kind);
		bool is_stopped = false;

		ask(h, kind);
		turn(h, n / KINDS);
		jobs_stop(h->jobs, on_stopped, &is_stopped);
		house_until(h, &is_stopped);
		turn(h, 5); /* for requests under way */
		house_check_budget(h);
		house_crash(h, 2);
		if (house_read_backup(h, "first"))
			assert_int_not_equal(h->backup.status,
					     BACKUP_BACKING_UP);
		house_close(h);
	}
}

static void test_drop_at_every_turn(void **state)
{
	(void)state;
	for (int n = 0; n < KINDS * TURNS; n += long_stride()) {
		enum kind kind = (enum kind)(n % KINDS);
		struct house *h = prepare(kind);

		ask(h, kind);
		turn(h, n / KINDS);
		house_close(h);
	}
}

static void wait_for_objects(struct house *h, unsigned n)
{
	for (int i = 0; i < 20000 && house_objects(h) != n; i++)
		house_turn(h);
	assert_int_equal(house_objects(h), n);
}

/* Rule 30: killed in any turn; the start fails it and sweeps. */
static void test_rule30_crash_at_every_turn(void **state)
{
	(void)state;
	for (int turns = 0; turns < TURNS; turns += long_stride()) {
		struct house *h = house_open(2);
		char id[ID_MAX];

		assert_true(house_backup(h, "first", NULL));
		memcpy(id, h->backup.id, ID_MAX);
		turn(h, turns);
		house_crash(h, 2);
		assert_true(house_read_backup(h, id));
		if (h->backup.status == BACKUP_COMPLETED) {
			assert_int_equal(house_objects(h), 5);
		} else {
			assert_int_equal(h->backup.status, BACKUP_FAILED);
			assert_non_null(
				strstr(h->backup.error_json, "interrupted"));
			wait_for_objects(h, 0);
		}
		check_alive(h);
		house_close(h);
	}
}

/* A deletion that is cut is finished by the sweep of the next start. */
static void test_rule30_crash_of_a_delete(void **state)
{
	(void)state;
	for (int turns = 0; turns < 20; turns += long_stride()) {
		struct house *h = prepare(KIND_DELETE);

		assert_true(house_delete(h, "first"));
		turn(h, turns);
		house_crash(h, 2);
		wait_for_objects(h, 0);
		check_alive(h);
		house_close(h);
	}
}

/* It is canceled while it waits for buffers, and they come before the catalog
 * has heard of the end. */
static void test_share_comes_too_late(void **state)
{
	(void)state;
	for (int n = 0; n < 2; n++) {
		enum kind kind = n == 0 ? KIND_BACKUP : KIND_RESTORE;
		struct house *h = prepare(kind);
		struct budget_share all = {0};
		const char *job;
		bool is_ours = false;
		struct err e = {0};

		budget_reserve(h->budget, &all, SIZE_MAX, on_stopped, &is_ours);
		house_until(h, &is_ours);
		ask(h, kind);
		house_until(h, &h->is_answered);
		h->is_answered = false;
		turn(h, 200);
		job = n == 0 ? h->backup.job_id : h->restore.job_id;
		assert_true(jobs_cancel(h->jobs, job, &e));
		budget_release(&all);
		house_wait(h, job);
		turn(h, 10);
		check_alive(h);
		house_close(h);
	}
}

/* The catalog cannot be told at first: the source is free in the end. */
static void test_end_is_told_again(void **state)
{
	(void)state;
	for (int n = 0; n < KINDS; n++) {
		struct house *h = prepare((enum kind)n);

		refusals = 1;
		ask(h, (enum kind)n);
		house_until(h, &h->is_answered);
		h->is_answered = false;
		house_wait(h, n == KIND_RESTORE ? h->restore.job_id
						: h->backup.job_id);
		assert_int_equal(refusals, 0);
		if (n == KIND_DELETE)
			assert_false(house_read_backup(h, "first"));
		else
			assert_true(house_read_backup(h, "first"));
		check_alive(h);
		house_close(h);
	}
}

static void test_queue_keeps_order(void **state)
{
	struct house *h = house_open(1);
	char jobs[3][ID_MAX];
	unsigned queued, running;
	struct job_progress p;
	struct err e = {0};

	(void)state;
	fake_source_script()->is_hanging = true;
	for (int i = 0; i < 3; i++) {
		char name[20];

		(void)snprintf(name, sizeof(name), "extra%d", i);
		house_add_source(h, name);
		assert_true(house_backup(h, name, NULL));
		memcpy(jobs[i], h->backup.job_id, ID_MAX);
	}
	turn(h, 5);
	jobs_load(h->jobs, &queued, &running);
	assert_int_equal(running, 1);
	assert_int_equal(queued, 2);
	assert_true(jobs_progress(h->jobs, jobs[1], &p));
	assert_string_equal(p.phase, "queued");
	assert_true(jobs_cancel(h->jobs, jobs[0], &e));
	house_wait(h, jobs[0]);
	turn(h, 5);
	assert_true(jobs_progress(h->jobs, jobs[1], &p));
	assert_string_not_equal(p.phase, "queued");
	assert_true(jobs_progress(h->jobs, jobs[2], &p));
	assert_string_equal(p.phase, "queued");
	/* one that never had its turn */
	assert_true(jobs_cancel(h->jobs, jobs[2], &e));
	house_wait(h, jobs[2]);
	assert_true(house_read_backup(h, h->backup.id));
	assert_int_equal(h->backup.status, BACKUP_CANCELED);
	assert_true(jobs_cancel(h->jobs, jobs[1], &e));
	house_wait(h, jobs[1]);
	house_close(h);
}

static void test_target_is_busy(void **state)
{
	struct house *h = prepare(KIND_RESTORE);

	(void)state;
	assert_true(house_restore(h, "first", "{}"));
	assert_false(house_restore(h, "first", "{}"));
	assert_string_equal(h->err.api, "source_busy");
	assert_false(house_delete(h, "first"));
	assert_string_equal(h->err.api, "backup_in_use");
	house_settle(h);
	assert_true(house_restore(h, "first", "{}"));
	house_settle(h);
	house_close(h);
}

/* What went wrong first is told, also when it is canceled while it pauses. */
static void test_first_error_is_kept(void **state)
{
	struct house *h = house_open(2);
	struct fake_script *s = fake_source_script();
	struct err e = {0};
	char job[ID_MAX];

	(void)state;
	s->fail_at_frame = 1;
	s->failures = 1;
	(void)err_set(&s->dump_err, ERR_TIMEOUT, "lock_not_obtained",
		      "session 7 holds it");
	house_set_retry(h, 3600);
	assert_true(house_backup(h, "first", NULL));
	memcpy(job, h->backup.job_id, ID_MAX);
	while (fake_source_facts()->dumps == 0 ||
	       fake_source_facts()->alive > 0)
		house_turn(h);
	turn(h, 50);
	house_check_budget(h); /* it keeps no buffers while it pauses */
	assert_true(jobs_cancel(h->jobs, job, &e));
	house_wait(h, job);
	assert_true(house_read_backup(h, h->backup.id));
	assert_int_equal(h->backup.status, BACKUP_CANCELED);
	assert_non_null(strstr(h->backup.error_json, "session 7"));
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule12_cancel_backup_at_every_turn),
		cmocka_unit_test(test_cancel_restore_at_every_turn),
		cmocka_unit_test(test_delete_cannot_be_canceled),
		cmocka_unit_test(test_give_up_at_every_turn),
		cmocka_unit_test(test_stop_at_every_turn),
		cmocka_unit_test(test_drop_at_every_turn),
		cmocka_unit_test(test_rule30_crash_at_every_turn),
		cmocka_unit_test(test_rule30_crash_of_a_delete),
		cmocka_unit_test(test_share_comes_too_late),
		cmocka_unit_test(test_end_is_told_again),
		cmocka_unit_test(test_queue_keeps_order),
		cmocka_unit_test(test_target_is_busy),
		cmocka_unit_test(test_first_error_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
