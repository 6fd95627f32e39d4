/*
 * laying.h - what an archive tells becomes objects in a bucket: those that the
 * index has with the same key, size and digest, and no others.
 */
#ifndef COFFER_SOURCES_OBJECTS_LAYING_H
#define COFFER_SOURCES_OBJECTS_LAYING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/objects/load/unpack.h"

struct target;
struct laying;
struct load_item;
struct partings;

struct laying_config {
	struct target *target;	   /* borrowed for its life */
	struct partings *partings; /* or NULL */
	unsigned at_once;	   /* objects on their way, 0: as built in */
};

struct laying_facts {
	uint64_t made; /* objects that are there */
	uint64_t bytes;
};

/* NULL with *e. */
struct laying *laying_new(const struct laying_config *c,
			  struct err *e) MUST_CHECK;

/* Who is woken, from the loop, when laying_push() may go on, or
 * laying_is_through() may have become true, or something has failed; NULL:
 * nobody. */
void laying_watch(struct laying *l, void (*wake)(void *arg), void *arg);

/* An object of the index. One whose type is "superseded" comes as well, and is
 * not laid. */
bool laying_expect(struct laying *l, const struct load_item *item,
		   struct err *e) MUST_CHECK;

/* The next bytes of the archive; see unpack_push(). An object that the index
 * does not have so is "damaged_backup", and does not come to be. */
enum unpack_flow laying_push(struct laying *l, const unsigned char *bytes,
			     size_t len, size_t *used,
			     struct err *e) MUST_CHECK;

/* What went wrong with the target, "target_failed", or NULL. */
const struct err *laying_error(const struct laying *l);

/* Nothing is on its way. */
bool laying_is_through(const struct laying *l);

/* There is no more: the archive ended well, and all that was expected came.
 * "damaged_backup". */
bool laying_finish(const struct laying *l, struct err *e) MUST_CHECK;

struct laying_facts laying_facts(const struct laying *l);

/* Objects that are not whole do not come to be: the store is told so after
 * this returns. NULL is fine. */
void laying_free(struct laying *l);

#endif
