/* test_buffer.c - the buffers that frames share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "pipeline/buffer.h"
#include "pipeline/frame.h"

static void test_given_back_is_taken_again(void **state)
{
	unsigned char *first, *second;

	(void)state;
	buffers_hold();
	first = buffer_take(FRAME_BYTES);
	assert_non_null(first);
	memset(first, 1, FRAME_BYTES);
	buffer_give(first, FRAME_BYTES);
	second = buffer_take(FRAME_BYTES);
	assert_ptr_equal(second, first);
	memset(second, 2, FRAME_BYTES);
	/* Never one buffer for two. */
	first = buffer_take(FRAME_BYTES);
	assert_non_null(first);
	assert_ptr_not_equal(second, first);
	buffer_give(first, FRAME_BYTES);
	buffer_give(second, FRAME_BYTES);
	buffers_drop();
}

static void test_other_sizes_are_not_kept(void **state)
{
	unsigned char *odd, *whole;

	(void)state;
	buffers_hold();
	odd = buffer_take(FRAME_BYTES / 2);
	assert_non_null(odd);
	buffer_give(odd, FRAME_BYTES / 2);
	whole = buffer_take(FRAME_BYTES);
	assert_non_null(whole);
	memset(whole, 1, FRAME_BYTES); /* the sanitizer's to judge */
	free(whole);		       /* plain memory all the same */
	odd = buffer_take(0);
	assert_non_null(odd);
	buffer_give(odd, 0);
	buffer_give(NULL, FRAME_BYTES);
	buffers_drop();
}

/* The sanitizer sees what is lost or freed twice. */
static void test_more_than_are_kept(void **state)
{
	unsigned char *all[BUFFER_KEEP_MAX + 2];

	(void)state;
	buffers_hold();
	buffers_hold();
	for (size_t i = 0; i < BUFFER_KEEP_MAX + 2; i++) {
		all[i] = buffer_take(FRAME_BYTES);
		assert_non_null(all[i]);
	}
	for (size_t i = 0; i < BUFFER_KEEP_MAX + 2; i++)
		buffer_give(all[i], FRAME_BYTES);
	buffers_drop();
	/* The other holder still finds them. */
	assert_ptr_equal(buffer_take(FRAME_BYTES), all[BUFFER_KEEP_MAX - 1]);
	buffer_give(all[BUFFER_KEEP_MAX - 1], FRAME_BYTES);
	buffers_drop();
}

/* With nobody there, a frame goes back to the system. */
static void test_nothing_is_kept_without_a_holder(void **state)
{
	struct frame *f = frame_new(FRAME_BYTES);

	(void)state;
	assert_non_null(f);
	memset(f->data, 1, FRAME_BYTES);
	frame_free(f);
	buffers_hold();
	f = frame_new(FRAME_BYTES);
	assert_non_null(f);
	memset(f->data, 1, FRAME_BYTES);
	frame_free(f);
	buffers_drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_back_is_taken_again),
		cmocka_unit_test(test_other_sizes_are_not_kept),
		cmocka_unit_test(test_more_than_are_kept),
		cmocka_unit_test(test_nothing_is_kept_without_a_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
