/* test_spool_nomem.c - the n-th allocation fails, for all n: the stream comes
 * whole, or fails and says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "scarce_memory.h"
#include "test_spool_rig.h"

enum { FRAMES = 180, ROOM = 64 * RIG_MIB, ALLOCATIONS_MAX = 5000 };

static atomic_uint countdown; /* 0: nothing fails; workers allocate, too */

bool scarce_memory_refuses(void)
{
	unsigned n = countdown;

	while (n > 0 && !atomic_compare_exchange_weak(&countdown, &n, n - 1))
		;
	return n == 1;
}

/* True: it came whole. */
static bool run(struct rig_house *h, unsigned n, struct err *e)
{
	struct rig_stream st;
	bool ok;

	rig_stream(&st, h, FRAMES);
	st.sink_takes = 0;
	st.item = item_new(0, ITEM_DATA, "table", "a", "b");
	assert_non_null(st.item);
	countdown = n;
	ok = rig_try_start(&st, e);
	if (ok) {
		rig_settle(&st);
		if (!st.is_over)
			rig_let(&st, RIG_NEVER);
		rig_run(&st);
		*e = st.err;
		ok = !err_is(e);
		assert_true(!ok || st.taken == FRAMES);
	}
	rig_stop(&st);
	return ok;
}

static void test_every_allocation(void **state)
{
	unsigned refused = 0;
	bool is_through = false;
	struct rig_house h;

	(void)state;
	rig_open(&h, ROOM);
	/* Each frame asks for the same: all of the first, some of the rest. */
	for (unsigned n = 1; !is_through; n += n < 120 ? 1 : 37) {
		struct err e = {0};
		bool ok;

		assert_true(n < ALLOCATIONS_MAX);
		ok = run(&h, n, &e);
		is_through = countdown > 0;
		countdown = 0;
		assert_true(!is_through || ok);
		assert_true(ok || e.code == ERR_NOMEM);
		refused += !ok;
	}
	assert_true(refused > 0 && rig_disk()->reads > 0);
	rig_close(&h);
}

static void test_a_spool(void **state)
{
	const struct spool_config c = {.folder = "/tmp", .max_bytes = 1};
	struct spool *s = NULL;

	(void)state;
	for (unsigned n = 1; s == NULL; n++) {
		struct err e = {0};

		countdown = n;
		s = spool_new(&c, &e);
		countdown = 0;
		assert_true(s != NULL || e.code == ERR_NOMEM);
	}
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_spool),
		cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
