/*
 * upload.h - one object on its way into a bucket: a single PUT, or parts that
 * become the object when all are there. Nobody sees it before it is whole.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
#ifndef COFFER_SOURCES_OBJECTS_UPLOAD_H
#define COFFER_SOURCES_OBJECTS_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct target;
struct object_facts;
struct partings;
struct upload;

enum upload_state {
	UPLOAD_WHOLE,	 /* one PUT, of all of it */
	UPLOAD_CREATE,	 /* the store is asked for the upload's id */
	UPLOAD_PARTS,	 /* parts go there, or more of them are waited for */
	UPLOAD_COMPLETE, /* all are there: the store makes the object */
	UPLOAD_TAG,	 /* which gets its tags */
	UPLOAD_ABORT,	 /* the store forgets the parts */
	UPLOAD_OVER,
	UPLOAD_STATE_COUNT,
};

struct upload_config {
	struct target *target;	    /* a reference is taken */
	struct partings *partings;  /* where it stays behind; or NULL */
	const char *key;	    /* whole, copied */
	struct object_facts *facts; /* what it holds is taken, once it began */
	/* From the loop: bytes of a part (len of them) were freed. */
	void (*freed)(void *arg, size_t len);
	/* From the loop: it is over, well or not; the last thing it does. */
	void (*over)(struct upload *u, void *arg, const struct err *e);
	void *arg;
};

/* Starts nothing that is seen. NULL with *e. */
struct upload *upload_new(const struct upload_config *c,
			  struct err *e) MUST_CHECK;

/* All of it at once. bytes (malloc()ed, or NULL with len 0) are taken, also on
 * failure. The errors that over() tells: "target_failed". */
bool upload_whole(struct upload *u, void *bytes, size_t len,
		  struct err *e) MUST_CHECK;

/* The next part, of at least 5 MiB but for the last one; taken, also on
 * failure. */
bool upload_part(struct upload *u, void *bytes, size_t len,
		 struct err *e) MUST_CHECK;

/* That was the last part: over() follows. */
void upload_finish(struct upload *u);

/* Frees one that is over; of one that is not, over() and freed() will not run,
 * and the store is made to forget its parts, after this returns. NULL is fine.
 */
void upload_drop(struct upload *u);

#endif
