/*
 * test_part_memory.c - the memory of parts: used again, and never more than the
 * part that is filled and those that are put. The linker sends malloc() and
 * free() here (--wrap).
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test_manifest_rig.h"

/* Nothing else has this size. */
enum { PART = 20001, LIVE_MAX = 16 };

static struct {
	pthread_mutex_t lock;
	void *live[LIVE_MAX];
	unsigned now, peak, made;
} parts = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local int spared;

/* What the store keeps is not the writer's, and an object of just that size
 * is a matter of which frame came first. */
void fake_spare(int change)
{
	spared += change;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

static void note(void *p)
{
	for (unsigned i = 0; i < LIVE_MAX; i++) {
		if (parts.live[i] != NULL)
			continue;
		parts.live[i] = p;
		parts.made++;
		if (++parts.now > parts.peak)
			parts.peak = parts.now;
		return;
	}
	abort();
}

void *__wrap_malloc(size_t size)
{
	void *p = __real_malloc(size);

	if (size != PART || p == NULL || spared > 0)
		return p;
	pthread_mutex_lock(&parts.lock);
	note(p);
	pthread_mutex_unlock(&parts.lock);
	return p;
}

void __wrap_free(void *p)
{
	pthread_mutex_lock(&parts.lock);
	for (unsigned i = 0; p != NULL && i < LIVE_MAX; i++) {
		if (parts.live[i] != p)
			continue;
		parts.live[i] = NULL;
		parts.now--;
	}
	pthread_mutex_unlock(&parts.lock);
	__real_free(p);
}

static void back_up(struct rig *r, unsigned puts)
{
	parts.peak = parts.made = 0;
	r->part_bytes = PART;
	r->frame_bytes = 8192;
	r->level = 0;
	r->puts_at_once = puts;
	rig_make_items(r, 200, 30000);
	rig_backup(r);
	assert_false(err_is(&r->err));
	rig_describe(r);
	rig_restore(r);
	assert_false(err_is(&r->err));
	assert_int_equal(r->got.len, r->m.plain_bytes);
	assert_true(r->m.part_count > 20);
}

/* Of a store that is the slower one: one put after the other needs two, of
 * several at least each that is within the share leaves its memory. */
static void test_used_again(void **state)
{
	(void)state;
	for (unsigned puts = 1; puts <= 4; puts++) {
		struct rig r;

		rig_init(&r, 20 + puts);
		r.fake->delay_ms = 3;
		back_up(&r, puts);
		assert_true(parts.peak <= puts + 1);
		assert_true(parts.made <= (puts == 1 ? 2 : r.m.part_count - 5));
		rig_fini(&r);
		assert_int_equal(parts.now, 0);
	}
}

/* A store that answers at once, in whatever order threads run. */
static void test_bounded(void **state)
{
	(void)state;
	for (unsigned puts = 1; puts <= 4; puts++) {
		struct rig r;

		rig_init(&r, 30 + puts);
		back_up(&r, puts);
		assert_in_range(parts.peak, 1, puts + 1);
		rig_fini(&r);
		assert_int_equal(parts.now, 0);
	}
}

/* Nothing to borrow: the share is all there is. */
static void test_within_the_share(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 40);
	r.share_bytes = budget_total(r.budget);
	r.fake->delay_ms = 3;
	back_up(&r, 4);
	assert_int_equal(parts.peak, 2);
	assert_true(parts.made < 4);
	rig_fini(&r);
	assert_int_equal(parts.now, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used_again),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_within_the_share),
	};

	return cmocka_run_group_tests_name("the memory of parts", tests, NULL,
					   NULL);
}
