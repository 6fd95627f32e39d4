#include "base/id.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

enum { THREADS = 8, PER_THREAD = 5000, ALL = THREADS * PER_THREAD };

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void has_prefix_and_26_digits(void **state)
{
	char id[ID_MAX];

	(void)state;
	id_new(id, "src");
	assert_memory_equal(id, "src_", 4);
	assert_int_equal(strlen(id), 30);
	assert_int_equal(strspn(id + 4, digits), 26);
	assert_true(id_is_shaped(id));
	assert_true(id_has_prefix(id, "src"));
	assert_false(id_has_prefix(id, "sr"));
	assert_false(id_has_prefix(id, "pool"));
	assert_false(id_has_prefix(id, "src_"));
	id_new(id, "plan");
	assert_int_equal(strlen(id), ID_MAX - 1);
	assert_true(id_has_prefix(id, "plan"));
}

/* The first ten digits are the milliseconds since 1970. */
static void begins_with_the_time(void **state)
{
	int64_t before = clock_now_ms(), made = 0;
	char id[ID_MAX];

	(void)state;
	id_new(id, "bak");
	for (unsigned i = 4; i < 14; i++)
		made = made * 32 + (strchr(digits, id[i]) - digits);
	assert_true(made >= before);
	assert_true(made <= clock_now_ms());
}

static void later_ids_are_greater(void **state)
{
	char last[ID_MAX], id[ID_MAX];

	(void)state;
	id_new(last, "job");
	for (unsigned i = 0; i < 100000; i++) {
		id_new(id, "job");
		assert_true(strcmp(last, id) < 0);
		memcpy(last, id, sizeof(last));
	}
}

/* The random part differs when the millisecond does. */
static void ids_cannot_be_guessed_from_the_time(void **state)
{
	char a[ID_MAX], b[ID_MAX];

	(void)state;
	id_new(a, "tok");
	do {
		id_new(b, "tok");
	} while (memcmp(a, b, 14) == 0);
	assert_memory_not_equal(a + 14, b + 14, 14);
}

static void *make_ids(void *arg)
{
	char(*ids)[ID_MAX] = arg;

	for (unsigned i = 0; i < PER_THREAD; i++)
		id_new(ids[i], "bak");
	return NULL;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void threads_get_ids_in_order_and_unique(void **state)
{
	char(*ids)[ID_MAX] = calloc(ALL, ID_MAX);
	pthread_t threads[THREADS];

	(void)state;
	assert_non_null(ids);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_ids,
						ids + i * PER_THREAD),
				 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 1; i < ALL; i++)
		if (i % PER_THREAD != 0)
			assert_true(strcmp(ids[i - 1], ids[i]) < 0);
	qsort(ids, ALL, ID_MAX, compare_ids);
	for (unsigned i = 1; i < ALL; i++)
		assert_true(strcmp(ids[i - 1], ids[i]) < 0);
	free(ids);
}

static void a_prefix_too_long_is_cut(void **state)
{
	char id[ID_MAX];

	(void)state;
	id_new(id, "database");
	assert_int_equal(strlen(id), ID_MAX - 1);
	assert_true(id_has_prefix(id, "data"));
}

static void shape_is_checked_to_the_end(void **state)
{
	static const char *const good[] = {
		"src_01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"plan_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
		"x_00000000000000000000000000",
	};
	static const char *const bad[] = {
		"",
		"src",
		"src_",
		"_01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"src_01ARZ3NDEKTSV4RRFFQ69G5FA",
		"src_01ARZ3NDEKTSV4RRFFQ69G5FAVX",
		"src_01ARZ3NDEKTSV4RRFFQ69G5FAV ",
		"src_01arz3ndektsv4rrffq69g5fav",
		"src_01ARZ3NDEKTSV4RRFFQ69G5FAI",
		"src_01ARZ3NDEKTSV4RRFFQ69G5FAU",
		"src_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
		"SRC_01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"s3c_01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"plans_01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"src__01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"nightly backup",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!id_is_shaped(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (id_is_shaped(bad[i]) || id_has_prefix(bad[i], "src"))
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_prefix_and_26_digits),
		cmocka_unit_test(begins_with_the_time),
		cmocka_unit_test(later_ids_are_greater),
		cmocka_unit_test(ids_cannot_be_guessed_from_the_time),
		cmocka_unit_test(threads_get_ids_in_order_and_unique),
		cmocka_unit_test(a_prefix_too_long_is_cut),
		cmocka_unit_test(shape_is_checked_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
