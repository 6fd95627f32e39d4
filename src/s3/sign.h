/*
 * sign.h - AWS Signature Version 4 for S3, as pure functions.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 *
 * Path and query are encoded once, here; the same bytes go to the wire and
 * into the signature. S3 alone among AWS's services wants no second encoding
 * and no normalisation of the path: "a//b" and "a/../b" are keys.
 */
#ifndef COFFER_S3_SIGN_H
#define COFFER_S3_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "s3/request.h"

/* Those of a call and our own. */
enum { S3_SIGNED_MAX = S3_HEADERS_MAX + 8 };

struct s3_signing {
	const char *method;
	const char *path;  /* encoded */
	const char *query; /* of s3_query_encode(); "" when there is none */
	const struct s3_pair *headers; /* all are signed; "host" among them;
					* names in lower case, any order */
	size_t nheaders;
	const char *payload_hex; /* SHA-256 of the body */
	const char *date;	 /* "20261201T023000Z" */
	const char *region;
	const char *access_key;
	const char *secret_key;
};

/* Appends "/" and the key, each segment percent-encoded. */
void s3_path_encode(struct text *out, const char *key);

/* Appends the pairs (plain text) encoded and sorted, "a=1&b="; false when
 * there are more than S3_PAIRS_MAX of them or no memory. */
bool s3_query_encode(struct text *out, const struct s3_pair *pairs,
		     size_t npairs) MUST_CHECK;

/*
 * Appends the canonical request (for tests and for finding out why a store
 * says SignatureDoesNotMatch) and the value of the Authorization header.
 * False: out of memory, or more than S3_SIGNED_MAX headers.
 */
bool s3_sign(const struct s3_signing *in, struct text *canonical,
	     struct text *authorization) MUST_CHECK;

#endif
