/* test_jobs_adopt.c - the reading of a pool (rule 17) that something cuts is
 * begun again by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/text.h"
#include "catalog/adopted.h"
#include "jobs/pools.h"
#include "jobs_house.h"

enum { TURNS = 12, LOOKS = 50 };

struct seen {
	bool is_answered, is_refused;
	char job[ID_MAX];
	size_t unread;
	/* the jobs that have read the pool */
	size_t jobs, completed, interrupted;
};

static void on_begun(void *arg, const struct job_record *r, const struct err *e)
{
	struct seen *s = arg;

	s->is_answered = true;
	s->is_refused = e != NULL;
	if (e == NULL)
		(void)str_copy(s->job, ID_MAX, r->id);
}

static void begin(struct house *h, struct seen *s)
{
	struct err e = {0};

	s->is_answered = false;
	assert_non_null(jobs_adopt(h->jobs, h->pool, on_begun, s, &e));
	house_until(h, &s->is_answered);
	assert_false(s->is_refused);
}

static void on_unread(void *arg, const char (*ids)[ID_MAX], size_t n,
		      const struct err *e)
{
	struct seen *s = arg;

	(void)ids;
	assert_null(e);
	s->unread = n;
	s->is_answered = true;
}

static void on_jobs(void *arg, const struct job_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct seen *s = arg;

	assert_null(e);
	s->jobs = page->n;
	s->completed = s->interrupted = 0;
	for (size_t i = 0; i < page->n; i++) {
		s->completed += list[i].status == JOB_COMPLETED;
		s->interrupted +=
			list[i].status == JOB_FAILED &&
			strstr(list[i].error_json, "\"interrupted\"") != NULL;
	}
	s->is_answered = true;
}

static void look(struct house *h, struct seen *s)
{
	const struct catalog_query q = {.kind = "adopt", .limit = 500};
	struct err e = {0};

	s->is_answered = false;
	assert_non_null(catalog_adopt_unread(h->catalog, on_unread, s, &e));
	house_until(h, &s->is_answered);
	s->is_answered = false;
	assert_non_null(catalog_job_list(h->catalog, &q, on_jobs, s, &e));
	house_until(h, &s->is_answered);
}

/* Until no pool waits to be read. */
static void settle(struct house *h, struct seen *s)
{
	int looks = 0;

	do {
		assert_in_range(++looks, 1, LOOKS);
		house_settle(h);
		look(h, s);
	} while (s->unread > 0);
	house_settle(h);
	look(h, s);
}

/* Bound, and the server dies before a job has begun. */
static void test_rule17_a_pool_is_read_after_a_crash(void **state)
{
	struct house *h = house_open(2);
	struct seen s = {0};

	(void)state;
	look(h, &s);
	assert_int_equal(s.unread, 1);
	assert_int_equal(s.jobs, 0);
	house_crash(h, 2);
	settle(h, &s);
	assert_int_equal(s.jobs, 1);
	assert_int_equal(s.completed, 1);
	/* and not once more */
	house_crash(h, 2);
	settle(h, &s);
	assert_int_equal(s.jobs, 1);
	house_close(h);
}

/* Whatever the job was at. */
static void test_rule30_crash_at_every_turn(void **state)
{
	(void)state;
	for (int turns = 0; turns < TURNS; turns++) {
		struct house *h = house_open(2);
		struct seen s = {0};

		assert_true(house_backup(h, "there", NULL));
		house_settle(h);
		begin(h, &s);
		for (int i = 0; i < turns; i++)
			house_turn(h);
		house_crash(h, 2);
		settle(h, &s);
		assert_int_equal(s.unread, 0);
		assert_int_equal(s.completed, 1);
		assert_int_equal(s.completed + s.interrupted, s.jobs);
		assert_in_range(s.jobs, 1, 2);
		if (turns == 0)
			assert_int_equal(s.interrupted, 1);
		house_close(h);
	}
}

static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

/* An orderly stop cuts it, too; who cancels it means it. */
static void test_stopped_goes_on_and_canceled_does_not(void **state)
{
	struct house *h = house_open(2);
	bool is_stopped = false;
	struct seen s = {0};
	struct err e = {0};

	(void)state;
	begin(h, &s);
	jobs_stop(h->jobs, on_stopped, &is_stopped);
	house_until(h, &is_stopped);
	look(h, &s);
	assert_int_equal(s.interrupted, 1);
	house_crash(h, 2);
	settle(h, &s);
	assert_int_equal(s.completed, 1);
	begin(h, &s);
	assert_true(jobs_cancel(h->jobs, s.job, &e));
	house_settle(h);
	house_crash(h, 2);
	settle(h, &s);
	assert_int_equal(s.jobs, 3);
	assert_int_equal(s.completed, 1);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule17_a_pool_is_read_after_a_crash),
		cmocka_unit_test(test_rule30_crash_at_every_turn),
		cmocka_unit_test(test_stopped_goes_on_and_canceled_does_not),
	};

	log_setup(LOG_ERROR, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
