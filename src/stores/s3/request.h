/* request.h - one request to S3: signed, sent, repeated where that may help. */
#ifndef COFFER_STORES_S3_REQUEST_H
#define COFFER_STORES_S3_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "s3_int.h"
#include "sign.h"
#include "verdict.h"

struct s3_request;

/*
 * What to ask. All pointers are borrowed until done or cancel; the struct
 * itself is copied.
 */
struct s3_call {
	const char *method;
	const char *key; /* whole, with the pool's prefix; NULL: the bucket */
	const struct s3_pair *query; /* plain text */
	size_t nquery;

	const void *body; /* NULL: none; sent with PUT and POST only */
	size_t body_len;
	const unsigned char *sha256; /* of body; NULL: computed here */
	bool needs_md5; /* Content-MD5 over https too; over http always */
	bool is_new;	/* If-None-Match: * */

	uint64_t offset;
	size_t length; /* 0: no Range */
	char *buf;     /* for the object; NULL: the reply is kept as text */
	size_t cap;

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
};

/* Runs once, from the loop, never inside the start; the request is freed
 * already. e is NULL when it worked, else r->is_ambiguous still counts. */
typedef void s3_request_done_cb(void *arg, const struct s3_result *r,
				const struct err *e);

/* Starts it; arg is also check()'s. NULL with *e filled. */
struct s3_request *s3_request_start(struct s3_store *st,
				    const struct s3_call *call,
				    s3_request_done_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

/* done() and check() will not run. NULL is fine. Not inside check(). */
void s3_request_cancel(struct s3_request *r);

#endif
