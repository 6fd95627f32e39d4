/* bucket_form.h - a bucket of an S3 store as clients tell it: of pools and of
 * sources. */
#ifndef COFFER_HTTP_BUCKET_FORM_H
#define COFFER_HTTP_BUCKET_FORM_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"

struct form;

/* Where "secret_key" goes, and what may be kept of it ({"set":true}). */
struct bucket_secret {
	char **secret; /* filled with a copy when there is one */
	bool *has_secret;
	const char *old; /* or NULL */
	bool had_secret;
};

/* Reads "prefix": "" when there is none; NULL: told as a fault. */
typedef const char *bucket_prefix_fn(struct form *f);

/* Reads all members of it, but does not end the form. Faults are collected. The
 * object to be kept, without the secret; NULL: no memory. */
json_t *bucket_form_read(struct form *f, const struct bucket_secret *to,
			 bucket_prefix_fn *read_prefix) MUST_CHECK;

#endif
