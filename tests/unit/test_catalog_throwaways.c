/* test_catalog_throwaways.c - instances of restores: noted before they are
 * made, and found by whoever looks for what a crash has left. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/instances.h"
#include "catalog/throwaways.h"
#include "test_catalog_rig.h"

static const char instance[] = "src_0000000000000000000000000X";

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup_with(state, "shop copy", "store");
	r = *state;
	rig_make_backup(r, "first", "shop", "store");
	return 0;
}

static bool note(struct rig *r, const struct restore_record *s, int64_t fence)
{
	const struct throwaway t = {.instance_id = instance,
				    .job_id = s->job_id,
				    .fence = fence,
				    .provider = "local"};
	struct err e = {0};

	return rig_wait(
		r, catalog_throwaway_begin(r->catalog, &t, rig_on_done, r, &e));
}

static bool forget(struct rig *r)
{
	struct err e = {0};

	return rig_wait(r, catalog_throwaway_gone(r->catalog, instance,
						  rig_on_done, r, &e));
}

static void on_leftovers(void *arg, const struct source_record *list,
			 const struct catalog_page *page, const struct err *e)
{
	struct rig *r = arg;

	r->a.n = e == NULL ? page->n : 0;
	if (r->a.n > 0) {
		assert_string_equal(list[0].id, instance);
		assert_string_equal(list[0].provisioned_by, "local");
	}
	rig_on_done(r, e);
}

static size_t leftovers(struct rig *r)
{
	struct err e = {0};

	assert_true(rig_wait(r, catalog_instance_leftovers(
					r->catalog, on_leftovers, r, &e)));
	return r->a.n;
}

/* A restore that runs. */
static struct restore_record running(struct rig *r)
{
	struct restore_record s = {0};
	struct err e = {0};

	assert_true(rig_begin_restore(r, "first", "copy"));
	assert_true(restore_record_copy(&s, &r->a.restore));
	assert_false(note(r, &s, s.fence));
	rig_refused(r, ERR_CONFLICT, "interrupted"); /* it does not run yet */
	assert_true(rig_wait(r, catalog_restore_started(r->catalog, &s,
							rig_on_done, r, &e)));
	return s;
}

static void test_forgotten_when_it_is_gone(void **state)
{
	struct rig *r = *state;
	struct restore_record s = running(r);

	assert_true(note(r, &s, s.fence));
	assert_int_equal(leftovers(r), 0); /* it is at work */
	assert_true(forget(r));
	assert_true(rig_recover(r));
	assert_int_equal(leftovers(r), 0);
	restore_record_fini(&s);
}

static void test_found_after_a_crash(void **state)
{
	struct rig *r = *state;
	struct restore_record s = running(r);
	struct err e = {0};

	assert_true(note(r, &s, s.fence));
	assert_true(rig_recover(r));
	assert_int_equal(leftovers(r), 1);
	assert_true(
		rig_wait(r, catalog_instance_swept(r->catalog, instance, NULL,
						   rig_on_done, r, &e)));
	assert_int_equal(leftovers(r), 0);
	restore_record_fini(&s);
}

static void test_late_ones_make_nothing(void **state)
{
	struct rig *r = *state;
	struct restore_record s = running(r);

	assert_false(note(r, &s, s.fence + 1));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_true(rig_recover(r));
	assert_false(note(r, &s, s.fence));
	rig_refused(r, ERR_CONFLICT, "interrupted");
	assert_int_equal(leftovers(r), 0);
	restore_record_fini(&s);
}

#define RIGGED(t) cmocka_unit_test_setup_teardown(t, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_forgotten_when_it_is_gone),
		RIGGED(test_found_after_a_crash),
		RIGGED(test_late_ones_make_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
