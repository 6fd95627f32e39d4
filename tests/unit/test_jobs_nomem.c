/*
 * test_jobs_nomem.c - the n-th allocation fails, for all n, in a backup and in
 * a restore, plain and encrypted, and in runs of plans: each ends, nothing
 * incomplete is called complete, and nothing is kept that should not be.
 *
 * The linker sends the program's own allocations here (--wrap), those of all
 * threads, but not those of libraries. Threads take turns as they like, so the
 * n-th is not always the same one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "jobs/plans.h"
#include "jobs_house.h"

enum { ALLOCATIONS_MAX = 5000 };

static atomic_int countdown; /* 0 and below: nothing fails */

static bool fails(void)
{
	return atomic_load(&countdown) > 0 &&
	       atomic_fetch_sub(&countdown, 1) == 1;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

/* What was asked for; its callbacks need no memory. */
struct asked {
	bool is_answered, is_accepted, is_told;
	char id[ID_MAX];
};

static void on_backup(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct asked *a = arg;

	a->is_answered = true;
	a->is_accepted = e == NULL;
	if (e == NULL)
		memcpy(a->id, r->id, ID_MAX);
}

static void on_restore(void *arg, const struct restore_record *r,
		       const struct err *e)
{
	struct asked *a = arg;

	a->is_answered = true;
	a->is_accepted = e == NULL;
	if (e == NULL)
		memcpy(a->id, r->id, ID_MAX);
}

static void on_report(void *arg, const struct jobs_restore_report *r,
		      const struct err *e)
{
	struct asked *a = arg;

	assert_true((r == NULL) != (e == NULL));
	a->is_answered = true;
	a->is_told = r != NULL;
}

static bool is_idle(struct house *h)
{
	unsigned queued, running;

	jobs_load(h->jobs, &queued, &running);
	return queued + running == 0;
}

/* To its end, whatever that is. */
static void finish(struct house *h, struct asked *a)
{
	house_until(h, &a->is_answered);
	while (a->is_accepted && !is_idle(h))
		house_turn(h);
}

static void ask_backup(struct house *h, struct asked *a)
{
	struct backup_record r = {
		.name = "tried",
		.type = "manual",
		.trigger = "user",
		.method = "logical",
		.scope_json = (char[]){"{\"databases\":[{\"name\":\"db\"}]}"},
	};
	struct err e = {0};

	memcpy(r.source_id, h->source, ID_MAX);
	memcpy(r.pool_id, h->pool, ID_MAX);
	if (jobs_backup(h->jobs, &r, on_backup, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

static void ask_restore(struct house *h, struct asked *a)
{
	struct restore_record r = {
		.backup_id = "base",
		.request_json = (char[]){"{\"rename\":{\"db\":\"db2\"}}"},
	};
	struct err e = {0};

	memcpy(r.target_id, h->source, ID_MAX);
	if (jobs_restore(h->jobs, &r, on_restore, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

static void ask_report(struct house *h, struct asked *a)
{
	struct restore_record r = {.backup_id = "base"};
	struct err e = {0};

	memcpy(r.target_id, h->source, ID_MAX);
	if (jobs_restore_check(h->jobs, &r, on_report, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

static void restore_all(struct house *h, const char *backup)
{
	if (!house_restore(h, backup, "{}"))
		fail_msg("restore refused: %s", h->err.msg);
	house_settle(h);
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	assert_true(h->restore.verified);
}

/* What says that it is completed restores. */
static void check_backup(struct house *h, const struct asked *a)
{
	house_check_budget(h);
	if (!a->is_accepted)
		return;
	assert_true(house_read_backup(h, a->id));
	if (h->backup.status == BACKUP_COMPLETED) {
		assert_int_equal(h->backup.row_count, 6);
		restore_all(h, a->id);
		assert_true(house_delete(h, a->id));
		house_settle(h);
	} else {
		assert_int_equal(h->backup.status, BACKUP_FAILED);
	}
}

static void check_restore(struct house *h, const struct asked *a)
{
	house_check_budget(h);
	if (!a->is_accepted)
		return;
	assert_true(house_read_restore(h, a->id));
	if (h->restore.status == JOB_COMPLETED) {
		assert_true(h->restore.verified);
		assert_int_equal(h->restore.row_count, 6);
	} else {
		assert_int_equal(h->restore.status, JOB_FAILED);
		assert_false(h->restore.verified);
	}
}

static void torture(struct house *h,
		    void (*ask)(struct house *h, struct asked *a),
		    void (*check)(struct house *h, const struct asked *a))
{
	bool is_through = false;

	for (int n = 1; !is_through; n++) {
		struct asked a = {0};

		assert_in_range(n, 1, ALLOCATIONS_MAX);
		atomic_store(&countdown, n);
		ask(h, &a);
		finish(h, &a);
		is_through = atomic_exchange(&countdown, 0) > 0;
		check(h, &a);
	}
}

/* ---- encrypted */

static void check_sealed(struct house *h, const struct asked *a)
{
	if (a->is_accepted) {
		assert_true(house_read_backup(h, a->id));
		assert_true(h->backup.is_encrypted ||
			    h->backup.status == BACKUP_FAILED);
	}
	check_backup(h, a);
}

static void test_encrypted_backup(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	house_add_sealed_pool(h, "sealed");
	torture(h, ask_backup, check_sealed);
	house_close(h);
}

static void test_encrypted_restore(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	house_add_sealed_pool(h, "sealed");
	assert_true(house_backup(h, "base", NULL));
	house_settle(h);
	torture(h, ask_restore, check_restore);
	house_close(h);
}

/* ---- plans */

/* The plan as it is; and what its runs came to. */
static struct plan {
	char id[ID_MAX];
	int64_t next_due_at;
	bool is_read;
	unsigned completed;
	bool was_last; /* the last one that was asked for did */
} plan;

static void on_plan(void *arg, const struct plan_record *r, const struct err *e)
{
	struct plan *p = arg;

	assert_null(e);
	assert_false(r->is_running);
	memcpy(p->id, r->id, ID_MAX);
	p->next_due_at = r->next_due_at;
	p->is_read = true;
}

static void read_plan(struct house *h)
{
	struct err e = {0};

	plan.is_read = false;
	assert_non_null(
		catalog_plan_get(h->catalog, "nightly", on_plan, &plan, &e));
	house_until(h, &plan.is_read);
}

static void add_plan(struct house *h)
{
	struct plan_record r = {
		.name = "nightly",
		.is_enabled = true,
		.strategy = "timer",
		.method = "logical",
		.scope_json = (char[]){"{\"databases\":[{\"name\":\"db\"}]}"},
		.timer_json = (char[]){"{\"cycle\":\"daily\","
				       "\"at\":\"02:30\"}"},
		.retention_days = 7,
		.grace_seconds = 60,
		.next_due_at = 1000,
	};
	struct err e = {0};

	memset(&plan, 0, sizeof(plan));
	memcpy(r.source_id, h->source, ID_MAX);
	memcpy(r.pool_id, h->pool, ID_MAX);
	assert_non_null(
		catalog_plan_create(h->catalog, &r, on_plan, &plan, &e));
	house_until(h, &plan.is_read);
}

/* r is NULL, too, when nothing was to run. */
static void on_run(void *arg, const struct backup_record *r,
		   const struct err *e)
{
	struct asked *a = arg;

	assert_true(e != NULL || r != NULL);
	on_backup(arg, r, e);
	if (a->is_accepted)
		assert_string_equal(r->plan_id, plan.id);
}

static void ask_execute(struct house *h, struct asked *a)
{
	struct err e = {0};

	if (jobs_plan_execute(h->jobs, "nightly", "by hand", on_run, a, &e) ==
	    NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

static void ask_due(struct house *h, struct asked *a)
{
	struct plan_decision d = {
		.expected_next_due_at = plan.next_due_at,
		.next_due_at = plan.next_due_at + 1000,
		.run_due_at = plan.next_due_at,
	};
	struct err e = {0};

	memcpy(d.plan_id, plan.id, ID_MAX);
	if (jobs_plan_due(h->jobs, &d, on_run, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

/* A due time is decided if and only if its run was accepted. */
static void check_run(struct house *h, const struct asked *a)
{
	int64_t due_at = plan.next_due_at;

	plan.was_last = false;
	if (a->is_accepted) {
		assert_true(house_read_backup(h, a->id));
		plan.was_last = h->backup.status == BACKUP_COMPLETED;
		plan.completed += plan.was_last;
		if (h->backup.due_at != 0)
			due_at += 1000;
	}
	check_backup(h, a);
	read_plan(h);
	assert_int_equal(plan.next_due_at, due_at);
}

static void torture_plan(void (*ask)(struct house *h, struct asked *a))
{
	struct house *h = house_open(2);

	add_plan(h);
	torture(h, ask, check_run);
	assert_true(plan.was_last);
	assert_true(plan.next_due_at == 1000 || ask == ask_due);
	house_close(h);
}

static void test_execution_of_a_plan(void **state)
{
	(void)state;
	torture_plan(ask_execute);
}

static void test_due_run_of_a_plan(void **state)
{
	(void)state;
	torture_plan(ask_due);
	assert_true(plan.next_due_at > 1000);
}

static void test_backup(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	torture(h, ask_backup, check_backup);
	house_close(h);
}

static void test_restore(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	assert_true(house_backup(h, "base", NULL));
	house_settle(h);
	torture(h, ask_restore, check_restore);
	house_close(h);
}

/* It leaves nothing behind, whatever it came to. */
static void check_report(struct house *h, const struct asked *a)
{
	(void)a;
	house_check_budget(h);
	assert_true(is_idle(h));
	assert_int_equal(fake_source_facts()->alive, 0);
}

static void test_check_of_a_restore(void **state)
{
	struct house *h = house_open(2);
	struct asked a = {0};

	(void)state;
	assert_true(house_backup(h, "base", NULL));
	house_settle(h);
	torture(h, ask_report, check_report);
	ask_report(h, &a);
	finish(h, &a);
	assert_true(a.is_told);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_check_of_a_restore),
		cmocka_unit_test(test_encrypted_backup),
		cmocka_unit_test(test_encrypted_restore),
		cmocka_unit_test(test_execution_of_a_plan),
		cmocka_unit_test(test_due_run_of_a_plan),
	};

	log_setup(LOG_ERROR, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
