/*
 * tags.h - tags of an object, as GET with "?tagging" gives them and as PUT
 * takes them. Pure.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
 */
#ifndef COFFER_S3_TAGS_H
#define COFFER_S3_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct s3_fields;
struct s3_fault;
struct text;

/* Fills *out (forgetting what it held) from a <Tagging>. False, with
 * f->message saying why, when it is none, or no memory was left. */
bool s3_tags_read(struct s3_fields *out, const char *bytes, size_t len,
		  struct s3_fault *f) MUST_CHECK;

/* Appends them as the header x-amz-tagging wants them: "a=1&b=%20". False: no
 * memory. */
bool s3_tags_encode(struct text *out, const struct s3_fields *tags) MUST_CHECK;

#endif
