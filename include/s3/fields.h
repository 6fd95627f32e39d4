/*
 * fields.h - a list of names and values in one piece of memory: headers of an
 * answer, metadata, tags. Pure.
 */
#ifndef COFFER_S3_FIELDS_H
#define COFFER_S3_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Zero it to begin with; s3_fields_fini() at the end. */
struct s3_fields {
	struct text bytes; /* name, NUL, value, NUL, and so on */
};

/* Appends a copy of both. After an allocation failed bytes.is_broken is set,
 * and further adds do nothing. */
void s3_fields_add(struct s3_fields *f, const char *name, const char *value);

/* The value of the first one of that name; NULL: there is none. */
const char *s3_fields_get(const struct s3_fields *f, const char *name);

/*
 * The next one: *at is 0 to begin with, and kept for the next call. False:
 * that was the last. Names and values are borrowed until the next add.
 */
bool s3_fields_next(const struct s3_fields *f, size_t *at, const char **name,
		    const char **value) MUST_CHECK;

/* Forgets all, keeps the memory. */
void s3_fields_reset(struct s3_fields *f);

/* Frees what it holds and zeroes it. */
void s3_fields_fini(struct s3_fields *f);

#endif
