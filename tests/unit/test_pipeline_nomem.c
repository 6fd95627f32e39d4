/*
 * test_pipeline_nomem.c - the n-th allocation fails, for all n: what loop and
 * pipeline make either works or says so, and nothing is left behind.
 *
 * The linker sends the program's own allocations here (--wrap); libevent and
 * curl are told to come here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"
#include "pipeline/budget.h"
#include "pipeline/frame.h"
#include "scarce_memory.h"
#include "test_pipeline_rig.h"

enum { ALLOCATIONS_MAX = 2000 };

static unsigned countdown; /* 0: nothing fails */

bool scarce_memory_refuses(void)
{
	return countdown > 0 && --countdown == 0;
}

/*
 * Runs it with the first, the second, ... allocation failing, until one run
 * needs fewer. It answers what its subject answered: true for success.
 */
static void torture(bool (*run)(void *arg, struct err *e), void *arg)
{
	unsigned refused = 0;

	for (unsigned n = 1;; n++) {
		struct err e = {0};
		bool ok, is_through;

		assert_true(n < ALLOCATIONS_MAX);
		countdown = n;
		ok = run(arg, &e);
		is_through = countdown > 0;
		countdown = 0;
		if (is_through) {
			assert_true(ok);
			break;
		}
		refused += !ok;
		if (!ok)
			assert_int_equal(e.code, ERR_NOMEM);
	}
	assert_true(refused > 0);
}

static bool make_loop(void *arg, struct err *e)
{
	struct loop *l = loop_new(e);

	(void)arg;
	loop_free(l);
	return l != NULL;
}

static void test_loop(void **state)
{
	(void)state;
	torture(make_loop, NULL);
}

static void nothing(void *arg)
{
	(void)arg;
}

static bool catch_signals(void *arg, struct err *e)
{
	static const struct loop_ops ops = {nothing, nothing};
	unsigned fail_at = countdown;
	struct loop *l;
	bool ok;

	(void)arg;
	countdown = 0;
	l = loop_new(e);
	assert_non_null(l);
	countdown = fail_at;
	ok = loop_catch_signals(l, &ops, NULL, e) && loop_start_watchdog(l, e);
	loop_free(l);
	return ok;
}

static void test_signals_and_watchdog(void **state)
{
	(void)state;
	assert_int_equal(setenv("WATCHDOG_USEC", "1000000", 1), 0);
	torture(catch_signals, NULL);
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
}

static bool make_workers(void *arg, struct err *e)
{
	struct workers *ws = workers_new(arg, "test", 2, e);

	workers_free(ws);
	return ws != NULL;
}

static void test_workers(void **state)
{
	torture(make_workers, *state);
}

static void never_done(void *arg, CURLcode result)
{
	(void)arg;
	(void)result;
	fail();
}

static bool make_transfer(void *arg, struct err *e)
{
	struct transfers *ts = transfers_new(arg, e);
	CURL *easy = NULL;
	struct transfer *t = NULL;

	if (ts != NULL) {
		easy = curl_easy_init();
		if (easy == NULL)
			(void)err_nomem(e, "the handle of this test");
		else
			t = transfers_start(ts, easy, never_done, NULL, e);
	}
	if (t != NULL)
		transfer_cancel(t);
	if (easy != NULL)
		curl_easy_cleanup(easy);
	transfers_free(ts);
	return t != NULL;
}

static void test_transfers(void **state)
{
	torture(make_transfer, *state);
}

static bool make_budget(void *arg, struct err *e)
{
	struct budget *b = budget_new(arg, 100, e);

	budget_free(b);
	return b != NULL;
}

static void test_budget(void **state)
{
	torture(make_budget, *state);
}

/* Frames have no err: their callers say what for. */
static bool make_frame(void *arg, struct err *e)
{
	struct frame *f = frame_new(4);
	struct item *it = item_new(0, ITEM_DATA, "table", "shop", "orders");
	bool ok = f != NULL && it != NULL && frame_reserve(f, 100);

	(void)arg;
	for (int i = 0; ok && i < 9; i++)
		ok = frame_add_span(f, it) != NULL;
	if (f != NULL)
		assert_int_equal(f->cap, f->cap > 4 ? 100 : 4);
	frame_free(f);
	if (it != NULL)
		assert_int_equal(it->refs, 1);
	item_unref(it);
	return ok || err_nomem(e, "a frame");
}

static void test_frames(void **state)
{
	(void)state;
	torture(make_frame, NULL);
}

static void not_done(void *arg, const struct err *e)
{
	(void)arg;
	(void)e;
	fail();
}

/* The parts are taken over, so they are destroyed on failure too. */
static bool make_pipeline(void *arg, struct err *e)
{
	struct rig r;
	struct pipeline_parts parts = {
		.nstages = 1, .link_bytes = 10, .idle_seconds = 1};

	rig_init(&r, arg, 1);
	parts.source = &r.source.base;
	parts.stages[0] = &r.stages[0].base;
	parts.sink = &r.sink.base;
	r.p = pipeline_new(arg, &parts, not_done, NULL, e);
	bool ok = r.p != NULL;
	rig_fini(&r);
	return ok;
}

static void test_pipelines(void **state)
{
	torture(make_pipeline, *state);
}

#define RIG_TEST(f)                                                            \
	cmocka_unit_test_setup_teardown(f, rig_loop_new, rig_loop_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_signals_and_watchdog),
		RIG_TEST(test_workers),
		RIG_TEST(test_transfers),
		RIG_TEST(test_budget),
		cmocka_unit_test(test_frames),
		RIG_TEST(test_pipelines),
	};

	event_set_mem_functions(__wrap_malloc, __wrap_realloc, free);
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, __wrap_malloc, free,
				 __wrap_realloc, __wrap_strdup,
				 __wrap_calloc) != CURLE_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
