/*
 * request.h - one request to S3: signed, sent, repeated where that may help.
 * What is asked is said in S3's own words: method, key, query, headers.
 */
#ifndef COFFER_S3_REQUEST_H
#define COFFER_S3_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct s3_client;
struct s3_fault;
struct s3_fields;
struct s3_request;

/* S3_PAIRS_MAX: parameters of a query. S3_HEADERS_MAX: headers of a call.
 * S3_FIELDS_MAX_BYTES: of the headers of an answer, when they are wanted. */
enum {
	S3_PAIRS_MAX = 16,
	S3_HEADERS_MAX = 512,
	S3_FIELDS_MAX_BYTES = 64 * 1024,
};

/* A parameter of a query, or a header: then its name is in lower case. */
struct s3_pair {
	const char *name;
	const char *value;
};

/*
 * What to ask. All pointers are borrowed until done or cancel; the struct
 * itself is copied.
 */
struct s3_call {
	const char *method; /* "HEAD" too */
	const char *key;    /* whole: the client's prefix is not put before it;
			     * NULL: the bucket */
	const struct s3_pair *query; /* plain text */
	size_t nquery;
	/* Besides those that every request has: "if-match", "content-type" (in
	 * the place of our own), "x-amz-meta-...". Values of printable bytes
	 * and spaces; all are signed. */
	const struct s3_pair *headers;
	size_t nheaders;

	const void *body; /* NULL: none; sent with PUT and POST only */
	size_t body_len;
	const unsigned char *sha256; /* of body; NULL: computed here */
	bool needs_md5; /* Content-MD5 over https too; over http always */
	bool is_new;	/* If-None-Match: * */

	uint64_t offset;
	size_t length; /* 0: no Range */
	char *buf;     /* for the object; NULL: the reply is kept as text */
	size_t cap;
	bool wants_fields; /* the headers of the answer, in the result */

	/*
	 * Looks at the text of a reply with status 2xx: false is a failure,
	 * told in *f, that is judged like any answer of the store. It may run
	 * several times, once per attempt. NULL: nothing to look at.
	 */
	bool (*check)(void *arg, const char *body, size_t len,
		      struct s3_fault *f);
};

struct s3_result {
	size_t got;	   /* bytes in call.buf */
	long status;	   /* of the last answer; 0: there was none */
	const char *code;  /* S3's word for the failure; "" is none */
	bool is_ambiguous; /* an earlier attempt may have been carried out */
	/* The headers of the last answer if they were wanted, else none; valid
	 * during done() alone. are_fields_cut: it had more of them than
	 * S3_FIELDS_MAX_BYTES, and not all are there. */
	const struct s3_fields *fields;
	bool are_fields_cut;
};

/* Runs once, from the loop, never inside the start; the request is freed
 * already. e is NULL when it worked, else r->is_ambiguous still counts. */
typedef void s3_request_done_cb(void *arg, const struct s3_result *r,
				const struct err *e);

/* Starts it; arg is also check()'s. NULL with *e filled. */
struct s3_request *s3_request_start(struct s3_client *st,
				    const struct s3_call *call,
				    s3_request_done_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

/* done() and check() will not run. NULL is fine. Not inside check(). */
void s3_request_cancel(struct s3_request *r);

#endif
