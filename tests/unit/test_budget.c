/* test_budget.c - who gets memory, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <event2/event.h>

#include "loop/loop.h"
#include "pipeline/budget.h"

enum { TOTAL = 100, JOBS = 5 };

struct job {
	struct budget_share share; /* first: what granted() is given */
	struct bench *b;
	char letter;
	bool releases; /* at once, in granted() */
	struct job *releases_other;
};

struct bench {
	struct loop *loop;
	struct budget *budget;
	struct job jobs[JOBS];
	char granted[64]; /* letters in order */
};

static int set_up(void **state)
{
	static struct bench b;
	struct err e = {0};

	memset(&b, 0, sizeof(b));
	b.loop = loop_new(&e);
	assert_non_null(b.loop);
	b.budget = budget_new(b.loop, TOTAL, &e);
	assert_non_null(b.budget);
	for (int i = 0; i < JOBS; i++) {
		b.jobs[i].b = &b;
		b.jobs[i].letter = (char)('a' + i);
	}
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < JOBS; i++)
		budget_release(&b->jobs[i].share);
	budget_free(b->budget);
	loop_free(b->loop);
	return 0;
}

static void granted(void *arg)
{
	struct job *j = arg;
	size_t n = strlen(j->b->granted);

	j->b->granted[n] = j->letter;
	if (j->releases)
		budget_release(&j->share);
	if (j->releases_other != NULL)
		budget_release(&j->releases_other->share);
}

static void reserve(struct bench *b, int i, size_t bytes)
{
	budget_reserve(b->budget, &b->jobs[i].share, bytes, granted,
		       &b->jobs[i]);
}

/* As many turns as could matter. */
static void settle(struct bench *b)
{
	for (int i = 0; i < 2 * JOBS; i++)
		(void)event_base_loop(loop_base(b->loop),
				      EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void test_granted_from_the_loop(void **state)
{
	struct bench *b = *state;

	reserve(b, 0, 60);
	assert_string_equal(b->granted, "");
	assert_true(b->jobs[0].share.is_waiting);
	settle(b);
	assert_string_equal(b->granted, "a");
	assert_false(b->jobs[0].share.is_waiting);
	assert_int_equal(b->jobs[0].share.bytes, 60);
	assert_int_equal(budget_total(b->budget), TOTAL);
}

/* The small one would fit, but it came later. */
static void test_first_come_first_served(void **state)
{
	struct bench *b = *state;

	reserve(b, 0, 60);
	reserve(b, 1, 60);
	reserve(b, 2, 10);
	settle(b);
	assert_string_equal(b->granted, "a");
	budget_release(&b->jobs[0].share);
	assert_string_equal(b->granted, "a");
	settle(b);
	assert_string_equal(b->granted, "abc");
}

static void test_what_exceeds_the_total_is_cut(void **state)
{
	struct bench *b = *state;

	reserve(b, 0, TOTAL + 1);
	reserve(b, 1, SIZE_MAX);
	settle(b);
	assert_string_equal(b->granted, "a");
	assert_int_equal(b->jobs[0].share.bytes, TOTAL);
	budget_release(&b->jobs[0].share);
	settle(b);
	assert_string_equal(b->granted, "ab");
}

static void test_leaving_the_queue_lets_the_next_in(void **state)
{
	struct bench *b = *state;

	reserve(b, 0, 60);
	reserve(b, 1, 60);
	reserve(b, 2, 30);
	settle(b);
	budget_release(&b->jobs[1].share);
	settle(b);
	assert_string_equal(b->granted, "ac");
}

static void test_released_before_it_was_told(void **state)
{
	struct bench *b = *state;

	reserve(b, 0, 60);
	budget_release(&b->jobs[0].share);
	settle(b);
	assert_string_equal(b->granted, "");
	budget_release(&b->jobs[0].share);
	budget_release(&b->jobs[1].share);
}

static void test_granted_may_release_itself_and_others(void **state)
{
	struct bench *b = *state;

	b->jobs[0].releases = true;
	b->jobs[0].releases_other = &b->jobs[1];
	reserve(b, 0, 60);
	reserve(b, 1, 10);
	reserve(b, 2, TOTAL);
	settle(b);
	assert_string_equal(b->granted, "ac");
}

static void granted_asks_again(void *arg)
{
	struct job *j = arg;

	granted(j);
	budget_release(&j->share);
	budget_reserve(j->b->budget, &j->share, 10, granted, j);
}

/* Who asks again queues behind those who wait. */
static void test_asking_again_goes_to_the_end(void **state)
{
	struct bench *b = *state;

	budget_reserve(b->budget, &b->jobs[0].share, 10, granted_asks_again,
		       &b->jobs[0]);
	reserve(b, 1, 10);
	reserve(b, 2, 10);
	settle(b);
	assert_string_equal(b->granted, "abca");
}

static void test_borrow_what_is_free(void **state)
{
	struct bench *b = *state;
	struct budget_share *s = &b->jobs[0].share;

	assert_false(budget_borrow(s, 1));
	reserve(b, 0, 60);
	assert_false(budget_borrow(s, 1));
	settle(b);
	assert_false(budget_borrow(s, 41));
	assert_true(budget_borrow(s, 30));
	assert_int_equal(s->borrowed, 30);
	assert_false(budget_borrow(s, 11));
	assert_true(budget_borrow(s, 10));
	budget_return(s, 40);
	assert_int_equal(s->borrowed, 0);
	assert_true(budget_borrow(s, 40));
}

static void test_no_loans_while_somebody_waits(void **state)
{
	struct bench *b = *state;
	struct budget_share *s = &b->jobs[0].share;

	reserve(b, 0, 60);
	settle(b);
	assert_true(budget_borrow(s, 20));
	reserve(b, 1, 40);
	assert_false(budget_borrow(s, 10));
	settle(b);
	assert_string_equal(b->granted, "a");
	budget_return(s, 19);
	settle(b);
	assert_string_equal(b->granted, "a");
	budget_return(s, 1);
	settle(b);
	assert_string_equal(b->granted, "ab");
}

static void test_release_gives_loans_back(void **state)
{
	struct bench *b = *state;

	reserve(b, 0, 60);
	settle(b);
	assert_true(budget_borrow(&b->jobs[0].share, 40));
	reserve(b, 1, TOTAL);
	budget_release(&b->jobs[0].share);
	settle(b);
	assert_string_equal(b->granted, "ab");
}

static void granted_frees_all(void *arg)
{
	struct job *j = arg;

	granted(j);
	budget_release(&j->share);
	budget_free(j->b->budget);
	j->b->budget = NULL;
}

static void test_granted_may_free_the_budget(void **state)
{
	struct bench *b = *state;

	budget_reserve(b->budget, &b->jobs[0].share, 10, granted_frees_all,
		       &b->jobs[0]);
	settle(b);
	assert_string_equal(b->granted, "a");
	budget_free(NULL);
}

#define BUDGET_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BUDGET_TEST(test_granted_from_the_loop),
		BUDGET_TEST(test_first_come_first_served),
		BUDGET_TEST(test_what_exceeds_the_total_is_cut),
		BUDGET_TEST(test_leaving_the_queue_lets_the_next_in),
		BUDGET_TEST(test_released_before_it_was_told),
		BUDGET_TEST(test_granted_may_release_itself_and_others),
		BUDGET_TEST(test_asking_again_goes_to_the_end),
		BUDGET_TEST(test_borrow_what_is_free),
		BUDGET_TEST(test_no_loans_while_somebody_waits),
		BUDGET_TEST(test_release_gives_loans_back),
		BUDGET_TEST(test_granted_may_free_the_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
