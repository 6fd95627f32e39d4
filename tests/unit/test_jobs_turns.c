/* test_jobs_turns.c - what waits for what: a verification, however long, keeps
 * no backup from its turn, nor from its share of the buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/text.h"
#include "jobs/checks.h"
#include "jobs_house.h"
#include "pipeline/budget.h"

enum { FRAMES = 100, SMALL_PART_BYTES = 64, TURNS_MAX = 20000 };

struct asked {
	bool is_answered, is_refused;
	char job[ID_MAX];
};

static void on_job(void *arg, const struct job_record *r, const struct err *e)
{
	struct asked *a = arg;

	a->is_answered = true;
	a->is_refused = e != NULL;
	if (e == NULL)
		(void)str_copy(a->job, ID_MAX, r->id);
}

static void verify(struct house *h, const char *backup, struct asked *a)
{
	struct err e = {0};

	a->is_answered = false;
	assert_non_null(jobs_verify(h->jobs, backup, "all", on_job, a, &e));
	house_until(h, &a->is_answered);
	assert_false(a->is_refused);
}

static void on_granted(void *arg)
{
	*(bool *)arg = true;
}

/* Until the job is in that phase. */
static void until_phase(struct house *h, const char *job, const char *phase)
{
	struct job_progress p;

	for (int i = 0; i < TURNS_MAX; i++) {
		if (jobs_progress(h->jobs, job, &p) &&
		    strcmp(p.phase, phase) == 0)
			return;
		house_turn(h);
	}
	fail_msg("%s is not in phase %s", job, phase);
}

static bool is_queued(struct house *h, const char *job)
{
	struct job_progress p;

	assert_true(jobs_progress(h->jobs, job, &p));
	return strcmp(p.phase, "queued") == 0;
}

static void test_backups_do_not_wait_for_verifications(void **state)
{
	struct house *h = house_open(1);
	struct budget_share all = {0};
	struct asked first, second;
	bool is_ours = false;

	(void)state;
	assert_true(house_backup(h, "first", NULL));
	house_settle(h);
	assert_true(house_backup(h, "second", NULL));
	house_settle(h);
	budget_reserve(h->budget, &all, SIZE_MAX, on_granted, &is_ours);
	house_until(h, &is_ours);
	verify(h, "first", &first);
	verify(h, "second", &second);
	until_phase(h, first.job, "share");
	assert_true(is_queued(h, second.job)); /* one at a time */
	assert_true(house_backup(h, "third", NULL));
	until_phase(h, h->backup.job_id, "share");
	assert_true(is_queued(h, second.job));
	budget_release(&all);
	house_settle(h);
	assert_true(house_read_backup(h, "third"));
	assert_int_equal(h->backup.status, BACKUP_COMPLETED);
	for (int i = 0; i < 2; i++) {
		assert_true(house_read_backup(h, i == 0 ? "first" : "second"));
		assert_string_equal(h->backup.verify_status, "passed");
	}
	house_close(h);
}

/* In the middle of its parts it hands the buffers over, and goes on after. */
static void test_a_verification_shares_the_buffers(void **state)
{
	struct house *h = house_open(1);
	struct budget_share all = {0};
	struct job_progress p;
	struct asked a;
	bool is_ours = false;

	(void)state;
	fake_source_script()->frames = FRAMES;
	house_add_pool(h, "small", SMALL_PART_BYTES);
	assert_true(house_backup(h, "first", NULL));
	house_settle(h);
	assert_true(house_read_backup(h, "first"));
	assert_true(h->backup.part_count > FRAMES / 2);
	verify(h, "first", &a);
	do {
		house_turn(h);
		assert_true(jobs_progress(h->jobs, a.job, &p));
	} while (p.items_done == 0);
	budget_reserve(h->budget, &all, SIZE_MAX, on_granted, &is_ours);
	house_until(h, &is_ours);
	assert_true(jobs_progress(h->jobs, a.job, &p));
	assert_true(p.items_done < p.items_total);
	until_phase(h, a.job, "share");
	budget_release(&all);
	house_settle(h);
	assert_true(house_read_backup(h, "first"));
	assert_string_equal(h->backup.verify_status, "passed");
	house_check_budget(h);
	house_close(h);
}

/* It is canceled while it waits to go on. */
static void test_a_paused_verification_ends(void **state)
{
	struct house *h = house_open(1);
	struct budget_share all = {0};
	struct job_progress p;
	bool is_ours = false;
	struct err e = {0};
	struct asked a;

	(void)state;
	fake_source_script()->frames = FRAMES;
	house_add_pool(h, "small", SMALL_PART_BYTES);
	assert_true(house_backup(h, "first", NULL));
	house_settle(h);
	verify(h, "first", &a);
	do {
		house_turn(h);
		assert_true(jobs_progress(h->jobs, a.job, &p));
	} while (p.items_done == 0);
	budget_reserve(h->budget, &all, SIZE_MAX, on_granted, &is_ours);
	house_until(h, &is_ours);
	until_phase(h, a.job, "share");
	assert_true(jobs_cancel(h->jobs, a.job, &e));
	house_settle(h);
	assert_false(jobs_progress(h->jobs, a.job, &p));
	budget_release(&all);
	house_check_budget(h);
	assert_true(house_read_backup(h, "first"));
	assert_string_equal(h->backup.verify_status, "never");
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backups_do_not_wait_for_verifications),
		cmocka_unit_test(test_a_verification_shares_the_buffers),
		cmocka_unit_test(test_a_paused_verification_ends),
	};

	log_setup(LOG_ERROR, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
