/*
 * past.h - what a base (sources/tree_base.h) has of the objects of a listing.
 * Asked on the loop, some objects at a time, and answered by a worker, since
 * reading a base may sleep.
 *
 * An object is unchanged when ETag, size and time are those of the base. Of one
 * that was changed within a moment before it was read ("recent", see
 * object_facts.h) the time tells nothing, and what a backup could not read as a
 * whole is to be read again: both are as good as changed. So is what either of
 * the two tells out of order, which is that of the keys' bytes.
 */
#ifndef COFFER_SOURCES_OBJECTS_PAST_H
#define COFFER_SOURCES_OBJECTS_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct past;
struct tree_base;
struct workers;

enum { PAST_ASKED_MAX = 64 };

/* An object as it is listed now. */
struct past_object {
	const char *key;
	const char *etag; /* or NULL */
	uint64_t size;
	int64_t modified_ms;
};

/* A reference to base is taken. NULL: no memory. */
struct past *past_new(struct workers *w, struct tree_base *base) MUST_CHECK;

/* One more object for the next asking, copied; keys rise from one to the next.
 * At most PAST_ASKED_MAX, and none while one is under way. False: no memory. */
bool past_add(struct past *p, const struct past_object *o) MUST_CHECK;

/* Whether an asking is under way. */
bool past_is_busy(const struct past *p);

/* Asks of those that were added. done() runs from the loop, never inside this;
 * e: it failed. */
void past_ask(struct past *p, void (*done)(void *arg, const struct err *e),
	      void *arg);

/* The answers, in order, each once: the line for the index of one that is
 * unchanged (the parts that it lies in are needed then), caller frees; NULL: it
 * is to be read. When all are taken the next may be added. */
char *past_take(struct past *p);

/* The base could not be read to its end: what was not found in it is to be read
 * again. True once. */
bool past_has_failed(struct past *p);

/* Also while an asking is under way: done() will not run. NULL is fine. */
void past_free(struct past *p);

#endif
