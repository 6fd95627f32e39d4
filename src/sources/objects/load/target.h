/*
 * target.h - the bucket that a restore goes into, and the prefix there.
 * Counted, since what undoes an upload outlives its load.
 */
#ifndef COFFER_SOURCES_OBJECTS_TARGET_H
#define COFFER_SOURCES_OBJECTS_TARGET_H

#include <stdbool.h>

#include "base/err.h"

struct target;
struct s3_client;
struct source_address;
struct source_env;

/* Copies what it needs; one reference is the caller's. front is put before each
 * key, NULL: nothing. No I/O. NULL with *e. */
struct target *target_new(const struct source_env *env,
			  const struct source_address *a, const char *front,
			  struct err *e) MUST_CHECK;

/* One reference more. Returns it. */
struct target *target_ref(struct target *b);

/* One reference less; requests must be over before the last one goes. NULL is
 * fine. */
void target_unref(struct target *b);

struct s3_client *target_client(const struct target *b);

/* "photos" or "photos/2026/": what a user types to confirm it. */
const char *target_place(const struct target *b);
const char *target_name(const struct target *b);

/* The key at the target of what the backup calls name; caller frees. NULL with
 * *e: no memory, or it would be longer than a key may be: "target_failed". */
char *target_key(const struct target *b, const char *name,
		 struct err *e) MUST_CHECK;

enum target_state { TARGET_ABSENT, TARGET_EMPTY, TARGET_FULL };

/* Runs once, from the loop. e: it could not be looked at, or made. */
typedef void target_look_cb(void *arg, enum target_state s,
			    const struct err *e);

/* Whether it is there, and whether something lies under the prefix. target_stop
 * ends it; NULL with *e filled. */
struct target_op *target_look(struct target *b, target_look_cb *done, void *arg,
			      struct err *e) MUST_CHECK;

/* Makes it; that we have it already is as good. Tells TARGET_EMPTY. */
struct target_op *target_make(struct target *b, target_look_cb *done, void *arg,
			      struct err *e) MUST_CHECK;

/* done will not run. NULL is fine. */
void target_stop(struct target_op *op);

#endif
