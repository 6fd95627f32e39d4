/* page.h - one page of ListObjectsV2.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
#ifndef COFFER_STORES_S3_PAGE_H
#define COFFER_STORES_S3_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "xml.h"

struct s3_entry {
	size_t key_at; /* in keys.data, NUL-terminated */
	uint64_t size_bytes;
	int64_t modified_ms;
};

/* Zero it to begin with. */
struct s3_page {
	struct text keys;
	struct s3_entry *entries;
	size_t n;
	size_t cap;
	bool is_truncated;   /* there is another page */
	bool is_encoded;     /* only while it is read */
	struct text token;   /* of the next page */
	const char *refusal; /* why reading failed */
	bool is_nomem;	     /* it was for lack of memory */
};

/*
 * Reads a page, forgetting what p held. Every key must begin with prefix.
 * False, with f->message saying why, when it is no such page.
 */
bool s3_page_read(struct s3_page *p, const char *prefix, const char *bytes,
		  size_t len, struct s3_fault *f) MUST_CHECK;

/* Frees what p holds and zeroes it. */
void s3_page_fini(struct s3_page *p);

#endif
