/*
 * compare.h - one object of a bucket, read again and held against what the
 * index tells of it: content, size, what goes with it.
 */
#ifndef COFFER_SOURCES_OBJECTS_COMPARE_H
#define COFFER_SOURCES_OBJECTS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct target;
struct compare;
struct load_item;

/* An object that is longer is read in pieces of this size. */
enum { COMPARE_BYTES = 4 * 1024 * 1024 };

/* Runs once, from the loop. e: "verification_failed", naming the key and what
 * differs; or no memory. */
typedef void compare_done_cb(void *arg, const struct err *e);

/* The item's strings are copied. NULL with *e. */
struct compare *compare_start(struct target *b, const struct load_item *item,
			      compare_done_cb *done, void *arg,
			      struct err *e) MUST_CHECK;

/* done will not run. NULL is fine. */
void compare_cancel(struct compare *c);

#endif
