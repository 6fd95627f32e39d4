/*
 * scarce_memory.h - allocations of the program under test that fail when its
 * test says so. Which functions are asked about is the linker's: --wrap=malloc
 * and so on, for each that the test names; libraries are not asked about,
 * unless they are told to come here.
 */
#ifndef COFFER_TESTS_UNIT_SCARCE_MEMORY_H
#define COFFER_TESTS_UNIT_SCARCE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* The test's own: asked before each allocation, on the thread that makes it.
 * True: there is no memory for it. */
bool scarce_memory_refuses(void);

/* What main() returns: result, or a failure if nothing was ever refused, for
 * then nothing was tested. */
int scarce_memory_verdict(int result);

/* What --wrap puts in the place of the C library's functions. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t len);

#endif
