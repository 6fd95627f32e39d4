/*
 * test_redis_load_nomem.c - the n-th allocation fails, for all n: a check, a
 * restore and a verification work or say so, and nothing is left behind.
 *
 * Those of the test's own server do not count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "scarce_memory.h"
#include "test_redis_load_rig.h"

enum { ALLOCATIONS_MAX = 2000 };

static unsigned countdown; /* 0: nothing fails */
static bool is_elsewhere;  /* in the test's own server */

bool scarce_memory_refuses(void)
{
	return countdown > 0 && !is_elsewhere && --countdown == 0;
}

static void watch(bool is_in)
{
	is_elsewhere = is_in;
}

static void verify(struct load_rig *r)
{
	unsigned n = countdown;

	countdown = 0;
	load_check(r); /* learns that expiries are told */
	load_restore(r);
	load_expect_success(r);
	load_hold(r);
	countdown = n;
	load_verify(r);
}

/* Runs it with the first, the second, ... allocation failing, until one run
 * needs fewer. */
static void torture(void (*run)(struct load_rig *r))
{
	unsigned refused = 0;
	bool is_through = false;
	struct load_rig r;

	load_init(&r);
	for (unsigned n = 1; !is_through; n++) {
		assert_true(n < ALLOCATIONS_MAX);
		load_again(&r);
		r.piece = 50; /* keys that lie in several frames */
		fake_redis_watch(r.fake, watch);
		countdown = n;
		run(&r);
		is_through = countdown > 0;
		countdown = 0;
		if (is_through)
			load_expect_success(&r);
		else if (err_is(&r.err))
			assert_int_equal(r.err.code, ERR_NOMEM);
		/* What is left out without a word is no backup. */
		if (run == load_restore && !err_is(&r.err)) {
			assert_int_equal(r.nkeys, 3);
			assert_int_equal(r.functions.len, 26);
		}
		refused += err_is(&r.err);
	}
	assert_true(refused > 5);
	load_fini(&r);
}

static void test_check(void **state)
{
	(void)state;
	torture(load_check);
}

static void test_restore(void **state)
{
	(void)state;
	torture(load_restore);
}

static void test_verify(void **state)
{
	(void)state;
	torture(verify);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_verify),
	};

	return scarce_memory_verdict(cmocka_run_group_tests(tests, NULL, NULL));
}
