/*
 * test_manifest_nomem.c - the n-th allocation fails, for all n: a backup, a
 * restore, and each conversation with a store either works or says so, and
 * nothing is left behind.
 *
 * The linker sends the program's own allocations here (--wrap); the fake store
 * and the rig are spared, and so is jansson: 2.14 crashes without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scarce_memory.h"
#include "test_manifest_rig.h"

enum { ALLOCATIONS_MAX = 3000 };

static atomic_int countdown; /* 0 or less: nothing fails */
static _Thread_local int spared;

void fake_spare(int change)
{
	spared += change;
}

bool scarce_memory_refuses(void)
{
	return spared == 0 && atomic_load(&countdown) > 0 &&
	       atomic_fetch_sub(&countdown, 1) == 1;
}

static void small(struct rig *r)
{
	rig_init(r, 5);
	r->npipes = 2;
	r->part_bytes = 900;
	r->frame_bytes = 700;
	rig_make_items(r, 12, 3000);
}

/* Ends with the first run that needs fewer allocations. */
static void arm(int n)
{
	assert_true(n < ALLOCATIONS_MAX);
	atomic_store(&countdown, n);
}

static bool disarm(struct rig *r)
{
	bool is_reached = atomic_exchange(&countdown, 0) <= 0;

	/* One that fails may be made up for, but never with a wrong word. */
	if (err_is(&r->err) && r->err.code != ERR_NOMEM &&
	    r->err.code != ERR_BUG)
		fail_msg("%s: %s", r->err.api, r->err.msg);
	return is_reached;
}

static void test_backup(void **state)
{
	bool is_reached = true;

	(void)state;
	for (int n = 1; is_reached; n++) {
		struct rig r;

		small(&r);
		arm(n);
		rig_backup(&r);
		is_reached = disarm(&r);
		if (!err_is(&r.err)) {
			rig_describe(&r);
			rig_restore(&r);
			assert_false(err_is(&r.err));
			assert_int_equal(r.got_frames, r.nframes);
		}
		rig_fini(&r);
	}
}

static void test_restore(void **state)
{
	bool is_reached = true;
	struct rig r;

	(void)state;
	small(&r);
	rig_backup(&r);
	rig_describe(&r);
	for (int n = 1; is_reached; n++) {
		arm(n);
		rig_restore(&r);
		is_reached = disarm(&r);
		if (!err_is(&r.err))
			assert_int_equal(r.got.len, r.m.plain_bytes);
	}
	rig_fini(&r);
}

static bool on_line(void *arg, const struct index_line *l, struct err *e)
{
	(void)arg;
	(void)l;
	(void)e;
	return true;
}

typedef struct exchange *start_fn(struct rig *r, struct manifest *m,
				  struct err *e);

static struct exchange *start_claim(struct rig *r, struct manifest *m,
				    struct err *e)
{
	const struct exchange_env env = rig_env(r);

	(void)m;
	return exchange_claim(&env, &rig_owner, rig_done, r, e);
}

static struct exchange *start_publish(struct rig *r, struct manifest *m,
				      struct err *e)
{
	const struct exchange_env env = rig_env(r);
	char digest[SHA256_HEX_MAX];

	(void)m;
	return exchange_publish(&env, &r->m, digest, rig_done, r, e);
}

static struct exchange *start_fetch(struct rig *r, struct manifest *m,
				    struct err *e)
{
	const struct exchange_env env = rig_env(r);

	return exchange_fetch(
		&env, &(struct exchange_wanted){RIG_SOURCE, RIG_BACKUP, NULL},
		m, rig_done, r, e);
}

static struct exchange *start_index(struct rig *r, struct manifest *m,
				    struct err *e)
{
	const struct exchange_env env = rig_env(r);

	(void)m;
	return exchange_index(&env, &r->m, on_line, rig_done, r, e);
}

static struct exchange *start_remove(struct rig *r, struct manifest *m,
				     struct err *e)
{
	const struct exchange_env env = rig_env(r);

	(void)m;
	return exchange_remove(&env, RIG_SOURCE, RIG_BACKUP, rig_done, r, e);
}

/* What was published can be fetched, whatever happened meanwhile. */
static void expect_published(struct rig *r)
{
	struct manifest m = {0};
	struct err e = {0};

	r->is_over = false;
	r->x = start_fetch(r, &m, &e);
	rig_run(r);
	assert_false(err_is(&r->err));
	assert_string_equal(m.name, r->m.name);
	manifest_fini(&m);
}

static void torture(struct rig *r, start_fn *start)
{
	bool is_reached = true;

	for (int n = 1; is_reached; n++) {
		struct manifest m = {0};
		struct err e = {0};

		r->is_over = false;
		err_clear(&r->err);
		arm(n);
		r->x = start(r, &m, &e);
		if (r->x == NULL)
			rig_done(r, &e);
		rig_run(r);
		is_reached = disarm(r);
		if (err_is(&r->err))
			assert_null(m.name);
		else if (start == start_publish)
			expect_published(r);
		manifest_fini(&m);
	}
	assert_false(err_is(&r->err));
}

static void test_exchanges(void **state)
{
	struct rig r;

	(void)state;
	small(&r);
	rig_backup(&r);
	rig_describe(&r);
	torture(&r, start_claim);
	torture(&r, start_publish);
	torture(&r, start_fetch);
	torture(&r, start_index);
	torture(&r, start_remove);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_exchanges),
	};

	return scarce_memory_verdict(cmocka_run_group_tests_name(
		"manifest without memory", tests, NULL, NULL));
}
