/* test_exchange_faults.c - conversations that fail at every call, and that
 * are canceled at every turn of the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/layout.h"
#include "test_manifest_rig.h"

enum { TURNS_MAX = 5000 };

enum talk { CLAIM, PUBLISH, FETCH, INDEX, REMOVE, TALKS };

static bool on_line(void *arg, const struct index_line *l, struct err *e)
{
	(void)arg;
	(void)e;
	assert_non_null(l->name);
	return true;
}

static struct exchange *begin(struct rig *r, enum talk talk, struct manifest *m)
{
	const struct exchange_env env = rig_env(r);
	char digest[SHA256_HEX_MAX];
	struct err e = {0};

	r->is_over = false;
	err_clear(&r->err);
	r->fake->matched = 0;
	switch (talk) {
	case CLAIM:
		fake_store_drop(r->fake, "coffer/v1/README.txt");
		return exchange_claim(&env, &rig_owner, rig_done, r, &e);
	case PUBLISH:
		return exchange_publish(&env, &r->m, digest, rig_done, r, &e);
	case FETCH:
		return exchange_fetch(
			&env,
			&(struct exchange_wanted){RIG_SOURCE, RIG_BACKUP, NULL},
			m, rig_done, r, &e);
	case INDEX:
		return exchange_index(&env, &r->m, on_line, rig_done, r, &e);
	case REMOVE:
	case TALKS:
		return exchange_remove(&env, RIG_SOURCE, RIG_BACKUP, rig_done,
				       r, &e);
	}
	return NULL;
}

/* A backup with part lists and some pieces of index, published. */
static void make(struct rig *r)
{
	struct manifest none = {0};

	rig_init(r, 4);
	r->npipes = 1;
	r->part_bytes = 1;
	r->frame_bytes = 4;
	r->puts_at_once = 8;
	r->level = 0;
	rig_make_items(r, 300, 80);
	rig_backup(r);
	assert_false(err_is(&r->err));
	rig_describe(r);
	assert_true(r->m.part_lists.n > 0);
	r->x = begin(r, PUBLISH, &none);
	rig_run(r);
	assert_false(err_is(&r->err));
}

static void expect_failure(struct rig *r, enum talk talk, unsigned at,
			   enum fake_mode mode)
{
	struct manifest m = {0};

	r->fake->fault_kinds = FAKE_ANY;
	r->fake->fault_at = at;
	r->fake->fault_mode = mode;
	r->fake->fault_code = ERR_TIMEOUT;
	r->x = begin(r, talk, &m);
	assert_non_null(r->x);
	rig_run(r);
	if (r->fake->matched >= at) {
		assert_int_equal(r->err.code, ERR_TIMEOUT);
		assert_string_equal(r->err.api, "store_failed");
	} else {
		assert_false(err_is(&r->err));
	}
	manifest_fini(&m);
}

static void test_every_call(void **state)
{
	struct rig r;

	(void)state;
	make(&r);
	for (enum talk talk = 0; talk < TALKS; talk++) {
		unsigned calls = 0;

		for (unsigned at = 1; at <= calls + 1; at++) {
			expect_failure(&r, talk, at, FAKE_FAIL);
			if (r.fake->matched >= at)
				calls = at;
			expect_failure(&r, talk, at, FAKE_REFUSE);
		}
		assert_true(calls >= 1);
	}
	rig_fini(&r);
}

static void test_canceled_at_every_turn(void **state)
{
	struct rig r;

	(void)state;
	make(&r);
	for (enum talk talk = 0; talk < TALKS; talk++) {
		bool is_over = false;

		for (unsigned n = 0; n < TURNS_MAX && !is_over; n++) {
			struct manifest m = {0};

			r.x = begin(&r, talk, &m);
			for (unsigned i = 0; i < n && !r.is_over; i++)
				rig_step(&r);
			is_over = r.is_over;
			exchange_cancel(r.x);
			r.x = NULL;
			assert_int_equal(fake_store_pending(r.fake), 0);
			rig_turns(&r, 3);
			assert_true(is_over == r.is_over);
			manifest_fini(&m);
		}
		assert_true(is_over);
	}
	rig_fini(&r);
}

static void test_stalled(void **state)
{
	struct rig r;

	(void)state;
	make(&r);
	r.fake->fault_kinds = FAKE_ANY;
	r.fake->fault_at = 1;
	r.fake->fault_mode = FAKE_STALL;
	for (enum talk talk = 0; talk < TALKS; talk++) {
		struct manifest m = {0};

		r.x = begin(&r, talk, &m);
		rig_turns(&r, 100);
		assert_false(r.is_over);
		exchange_cancel(r.x);
		r.x = NULL;
	}
	exchange_cancel(NULL);
	rig_fini(&r);
}

/* The manifest goes first, the owner last, whatever fails between. */
static void test_order_of_removal(void **state)
{
	struct rig r;
	struct manifest none = {0};

	(void)state;
	make(&r);
	r.x = begin(&r, CLAIM, &none);
	rig_run(&r);
	r.fake->fault_kinds = FAKE_LIST;
	r.fake->fault_at = 1;
	r.fake->fault_code = ERR_CONNECT;
	r.fake->fault_mode = FAKE_FAIL;
	r.x = begin(&r, REMOVE, &none);
	rig_run(&r);
	assert_int_equal(r.err.code, ERR_CONNECT);
	assert_null(fake_store_find(r.fake, RIG_FOLDER "manifest.json"));
	assert_non_null(fake_store_find(r.fake, RIG_FOLDER "owner.json"));
	r.fake->fault_kinds = FAKE_REMOVE;
	r.fake->fault_at = 2;
	r.x = begin(&r, REMOVE, &none);
	rig_run(&r);
	assert_int_equal(r.err.code, ERR_CONNECT);
	assert_non_null(fake_store_find(r.fake, RIG_FOLDER "owner.json"));
	r.fake->fault_at = 0;
	r.x = begin(&r, REMOVE, &none);
	rig_run(&r);
	assert_false(err_is(&r.err));
	assert_int_equal(r.fake->nobjects, 1);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call),
		cmocka_unit_test(test_canceled_at_every_turn),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_order_of_removal),
	};

	return cmocka_run_group_tests_name("exchange faults", tests, NULL,
					   NULL);
}
