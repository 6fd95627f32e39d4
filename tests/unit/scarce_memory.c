/* scarce_memory.c - allocations that fail when a test says so. */
#include "scarce_memory.h"

#include <stdatomic.h>
#include <stdio.h>

/* Weak: those that a program does not wrap are not there, nor asked for. */
#define WEAK __attribute__((weak))

WEAK void *__real_malloc(size_t size);
WEAK void *__real_calloc(size_t n, size_t size);
WEAK void *__real_realloc(void *p, size_t size);
WEAK void *__real_reallocarray(void *p, size_t n, size_t size);
WEAK char *__real_strdup(const char *s);
WEAK char *__real_strndup(const char *s, size_t len);

static atomic_bool was_refused;

static bool is_refused(void)
{
	if (!scarce_memory_refuses())
		return false;
	was_refused = true;
	return true;
}

int scarce_memory_verdict(int result)
{
	if (was_refused)
		return result;
	(void)fprintf(stderr, "no allocation was refused\n");
	return 1;
}

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return is_refused() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return is_refused() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
	return is_refused() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t len)
{
	return is_refused() ? NULL : __real_strndup(s, len);
}
