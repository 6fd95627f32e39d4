/*
 * test_base_memory.c - what malloc() refuses, and the reserve that is behind
 * it. The linker sends malloc(), realloc() and free() here (--wrap).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

static struct {
	unsigned refuse; /* so many times */
	bool is_scarce;	 /* refuse until the reserve is given back */
	bool is_tight;	 /* refuse the reserve */
	void *kept;	 /* the reserve */
	unsigned keeps;
} heap;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

void *__wrap_malloc(size_t size)
{
	void *p;

	if (heap.is_scarce || (heap.refuse > 0 && heap.refuse-- > 0) ||
	    (heap.is_tight && size == MEMORY_RESERVE_BYTES))
		return NULL;
	p = __real_malloc(size);
	if (size == MEMORY_RESERVE_BYTES) {
		heap.kept = p;
		heap.keeps++;
	}
	return p;
}

void *__wrap_realloc(void *p, size_t size)
{
	if (heap.is_scarce || (heap.refuse > 0 && heap.refuse-- > 0))
		return NULL;
	return __real_realloc(p, size);
}

void __wrap_free(void *p)
{
	if (p != NULL && p == heap.kept) {
		heap.kept = NULL;
		heap.is_scarce = false;
	}
	__real_free(p);
}

static void give(size_t n)
{
	char *p = memory_sure(n);

	assert_non_null(p);
	memset(p, 1, n);
	free(p);
}

static void test_what_there_is(void **state)
{
	(void)state;
	memory_keep_reserve();
	assert_non_null(heap.kept);
	give(10);
	give(100000);
	assert_int_equal(heap.keeps, 1);
}

static void test_of_the_reserve(void **state)
{
	(void)state;
	memory_keep_reserve();
	heap.is_scarce = true;
	give(10);
	assert_null(heap.kept);
	/* There is memory again: it is laid aside anew, once. */
	heap.keeps = 0;
	give(10);
	give(10);
	assert_int_equal(heap.keeps, 1);
	assert_non_null(heap.kept);
}

static void test_resized(void **state)
{
	char *p = memory_try(3), *q;

	(void)state;
	assert_non_null(p);
	memcpy(p, "ab", 3);
	memory_keep_reserve();
	heap.is_scarce = true;
	q = memory_resize(p, 100);
	assert_non_null(q);
	assert_string_equal(q, "ab");
	assert_null(heap.kept);
	/* There is no reserve now: what was there stays. */
	heap.refuse = 1;
	assert_null(memory_resize(q, 1000));
	assert_string_equal(q, "ab");
	free(q);
}

static void test_refused(void **state)
{
	(void)state;
	memory_keep_reserve();
	heap.refuse = 2;
	assert_null(memory_try(10));
	give(10);
}

/* The reserve is tried for again until it is there. */
static void test_not_yet(void **state)
{
	(void)state;
	memory_keep_reserve();
	heap.is_scarce = true;
	give(10);
	heap.is_tight = true;
	give(10);
	give(10);
	assert_null(heap.kept);
	heap.is_tight = false;
	give(10);
	assert_non_null(heap.kept);
}

/* Nothing is left: it ends, and by itself. */
static void test_the_end(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	memory_keep_reserve();
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		heap.refuse = 2;
		free(memory_sure(10));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_OSERR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_there_is),
		cmocka_unit_test(test_of_the_reserve),
		cmocka_unit_test(test_resized),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_yet),
		cmocka_unit_test(test_the_end),
	};

	return cmocka_run_group_tests_name("memory that is sure", tests, NULL,
					   NULL);
}
