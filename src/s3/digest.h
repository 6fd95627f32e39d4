/* digest.h - SHA-256 and MD5 of a body, on a worker thread when it is long. */
#ifndef COFFER_S3_DIGEST_H
#define COFFER_S3_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

struct workers;
struct s3_digest; /* one under way */

/* What is wanted and, filled when done, what came out. */
struct s3_digests {
	bool wants_sha256;
	bool wants_md5;
	bool has_md5; /* false: this OpenSSL has none */
	unsigned char sha256[SHA256_LEN];
	unsigned char md5[MD5_LEN];
};

/* bytes are lent until done or cancel; *out is filled before done. */
struct s3_digest_body {
	const void *bytes;
	size_t len;
	struct s3_digests *out;
};

/* Runs once, from the loop, never inside the start. */
typedef void s3_digest_done_cb(void *arg, const struct err *e);

/* Computes *d here and now; for a body that is short. False: OpenSSL failed. */
bool s3_digest_now(struct s3_digests *d, const void *bytes, size_t len,
		   struct err *e) MUST_CHECK;

/* The same on a thread of ws, as b says. NULL with *e filled. */
struct s3_digest *s3_digest_start(struct workers *ws,
				  const struct s3_digest_body *b,
				  s3_digest_done_cb *done, void *arg,
				  struct err *e) MUST_CHECK;

/* done() will not run, bytes and d are not touched any more. */
void s3_digest_cancel(struct s3_digest *dg);

#endif
