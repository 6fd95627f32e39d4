/*
 * pages.h - lists a bucket, page by page, as the caller asks for them: so the
 * memory that it takes does not grow with the bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
#ifndef COFFER_S3_PAGES_H
#define COFFER_S3_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct s3_client;
struct s3_pages;

/* One object; the offsets are into keys.data of the page, where strings end
 * with a NUL. */
struct s3_entry {
	size_t key_at;	/* whole, with any prefix */
	size_t etag_at; /* as the store writes it, quotes included; may be "" */
	uint64_t size_bytes;
	int64_t modified_ms;
};

struct s3_page {
	struct text keys;
	struct s3_entry *entries; /* in the store's order */
	size_t n;
	size_t cap;
	bool is_truncated;   /* there is another page */
	bool is_encoded;     /* only while it is read */
	struct text token;   /* of the next page */
	const char *refusal; /* why reading failed */
	bool is_nomem;	     /* it was for lack of memory */
};

/* Runs once for each call of s3_pages_next(), from the loop, never inside it.
 * page: valid until the next call or s3_pages_free(), which is allowed here;
 * NULL with e. */
typedef void s3_page_cb(void *arg, const struct s3_page *page,
			const struct err *e);

/* A listing of all keys of the bucket that begin with prefix (copied; exact,
 * the client's own is not put before it). NULL: no memory. */
struct s3_pages *s3_pages_new(struct s3_client *c,
			      const char *prefix) MUST_CHECK;

/*
 * Asks for the next page, the first at first; at most max_keys of them, 0 is
 * 1,000, the most that S3 gives. Not while one is under way, nor after one that
 * was not is_truncated or failed. False with *e filled.
 */
bool s3_pages_next(struct s3_pages *p, unsigned max_keys, s3_page_cb *done,
		   void *arg, struct err *e) MUST_CHECK;

/* done() will not run any more. NULL is fine. */
void s3_pages_free(struct s3_pages *p);

#endif
