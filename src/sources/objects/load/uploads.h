/*
 * uploads.h - the objects of a restore on their way into its bucket: one that
 * is filled, and several that go, within a bound of memory and of requests.
 */
#ifndef COFFER_SOURCES_OBJECTS_UPLOADS_H
#define COFFER_SOURCES_OBJECTS_UPLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct target;
struct object_facts;
struct partings;
struct uploads;

enum {
	/* An object that is longer goes in parts of at least this size. */
	UPLOADS_PART_BYTES = 8 * 1024 * 1024,
	/* S3 takes 10,000 parts of an object: of one above 78 GiB they are
	 * longer. */
	UPLOADS_PARTS_MAX = 10000,
	/* What is held at a time, but for one part that is longer. */
	UPLOADS_HELD_BYTES = 4 * UPLOADS_PART_BYTES,
	UPLOADS_DEFAULT = 8, /* at a time, if nobody says */
};

struct uploads_config {
	struct target *target;	   /* borrowed */
	struct partings *partings; /* or NULL */
	unsigned at_once;	   /* 0: UPLOADS_DEFAULT */
	void (*wake)(void *arg);   /* from the loop: ask again */
	void *arg;
};

/* NULL with *e. */
struct uploads *uploads_new(const struct uploads_config *c,
			    struct err *e) MUST_CHECK;

/* Whether an object of that size can be begun now; else wake() will run. */
bool uploads_have_room(const struct uploads *u, uint64_t size);

/* Begins one: uploads_have_room(), and the one before has ended. key is whole,
 * and copied; what facts hold is taken. */
bool uploads_begin(struct uploads *u, const char *key,
		   struct object_facts *facts, uint64_t size,
		   struct err *e) MUST_CHECK;

/* Takes the first *len bytes of these of its content, or fewer, and says how
 * many; none: wake() will run. */
bool uploads_add(struct uploads *u, const unsigned char *bytes, size_t *len,
		 struct err *e) MUST_CHECK;

/* All of it was added: it may become an object. */
bool uploads_end(struct uploads *u, struct err *e) MUST_CHECK;

/* It shall not become an object: it is dropped, see upload_drop(). */
void uploads_forget(struct uploads *u);

/* What has failed, "target_failed", or NULL. */
const struct err *uploads_error(const struct uploads *u);

/* Whether all that were ended are there. */
bool uploads_are_through(const struct uploads *u);

/* Objects that are there, and the bytes of them. */
uint64_t uploads_made(const struct uploads *u);
uint64_t uploads_made_bytes(const struct uploads *u);

/* Drops what is under way, see upload_drop(). NULL is fine. */
void uploads_free(struct uploads *u);

#endif
