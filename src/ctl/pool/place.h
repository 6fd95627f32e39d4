/* place.h - a pool by its URL. */
#ifndef COFFER_CTL_POOL_PLACE_H
#define COFFER_CTL_POOL_PLACE_H

#include "base/err.h"
#include "stores/store.h"

/* Owned; place_fini() ends it. Zero it to begin with. */
struct place {
	struct store_config config; /* borrows the strings below */
	char *path;
	char *bucket, *prefix, *endpoint, *region, *ca_file;
	char *access_key, *secret_key;
};

/*
 * Reads
 * s3://BUCKET[/PREFIX][?endpoint=URL&region=R&path_style=false&ca_file=F],
 * file:///PATH, or a path. Values are percent-encoded where they must be.
 * Endpoint and region that are not told come from AWS_ENDPOINT_URL and
 * AWS_REGION, keys from credentials_file (unless NULL: as the AWS tools write
 * theirs, the section [default]) or from AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY. False with *e filled ("usage").
 */
bool place_read(struct place *p, const char *url, const char *credentials_file,
		struct err *e) MUST_CHECK;

/* Frees what it holds, wipes the secret, and zeroes it. */
void place_fini(struct place *p);

#endif
