/* memory.h - memory for libraries that cannot bear to get none. */
#ifndef COFFER_BASE_MEMORY_H
#define COFFER_BASE_MEMORY_H

#include <stddef.h>

#include "base/err.h"

/*
 * Lays aside MEMORY_RESERVE_BYTES that the others fall back on. Called once,
 * before any thread starts; without it, or when there is no memory for it,
 * there is no reserve.
 */
enum { MEMORY_RESERVE_BYTES = 1024 * 1024 };
void memory_keep_reserve(void);

/*
 * malloc() and realloc(); what is refused is tried again once the reserve was
 * let go, which is laid aside anew as soon as there is memory again. NULL:
 * there is still none. Thread-safe.
 *
 * For libevent (event_set_mem_functions): its HTTP server (2.1.12) takes a
 * NULL for memory when a request gets none for its headers, and loses headers.
 */
void *memory_try(size_t n) MUST_CHECK;
void *memory_resize(void *p, size_t n) MUST_CHECK;

/*
 * As memory_try(), but never NULL: the process ends instead, with status 71
 * (EX_OSERR of sysexits.h) and a line in the log.
 *
 * For jansson (json_set_alloc_funcs): its parser (2.14) loses a byte and writes
 * beyond its buffer when it cannot make a string longer. An end that the next
 * start recovers from is better than a heap in which anything may be wrong.
 */
void *memory_sure(size_t n) MUST_CHECK;

#endif
