/* memory.h - memory for a library that cannot bear to get none. */
#ifndef COFFER_BASE_MEMORY_H
#define COFFER_BASE_MEMORY_H

#include <stddef.h>

#include "base/err.h"

/*
 * Lays aside MEMORY_RESERVE_BYTES that memory_sure() falls back on. Called
 * once, before any thread starts; without it, or when there is no memory for
 * it, there is no reserve.
 */
enum { MEMORY_RESERVE_BYTES = 1024 * 1024 };
void memory_keep_reserve(void);

/*
 * n bytes that the caller frees with free(), never NULL: what malloc() refuses
 * it gets once the reserve was let go, which is laid aside anew as soon as
 * there is memory again. When even that does not do, the process ends with
 * status 71 (EX_OSERR of sysexits.h) and a line in the log. Thread-safe.
 *
 * For jansson (json_set_alloc_funcs): its parser (2.14) loses a byte and writes
 * beyond its buffer when it cannot make a string longer. An end that the next
 * start recovers from is better than a heap in which anything may be wrong.
 */
void *memory_sure(size_t n) MUST_CHECK;

#endif
