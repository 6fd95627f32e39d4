/* bucket.h - the bucket of a source or a target, as its address tells it. */
#ifndef COFFER_SOURCES_OBJECTS_BUCKET_H
#define COFFER_SOURCES_OBJECTS_BUCKET_H

#include "s3/client.h"
#include "sources/address.h"

/* A client for the bucket, without any prefix: keys are whole. attempts: as in
 * s3_config, 0 for what outlasts a minute. NULL with *e filled: "internal", or
 * what is wrong with the address. */
struct s3_client *bucket_open(const struct source_env *env,
			      const struct source_address *a, unsigned attempts,
			      struct err *e) MUST_CHECK;

/*
 * What a failed request of the bucket, or of all of it, means for a backup or a
 * restore: *e is given the code "access_denied" where keys or permissions are
 * at fault, else "connection_failed"; "internal" stays as it is.
 */
void bucket_judge(struct err *e);

#endif
