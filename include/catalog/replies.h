/*
 * replies.h - Idempotency-Key: the first reply to a request is kept for 24 h
 * and given again. Rules of calls: catalog.h.
 */
#ifndef COFFER_CATALOG_REPLIES_H
#define COFFER_CATALOG_REPLIES_H

#include "catalog/catalog.h"

enum { REPLY_KEY_MAX = 255, REPLY_BODY_MAX = 256 * 1024 };

/* Strings are borrowed during the call. */
struct reply_record {
	const char *token_id, *key; /* whose key it is */
	const char *request_hash;   /* SHA-256 of method, path and body */
	int status;		    /* 0: still under way */
	const char *headers_json;   /* Location, ETag, Content-Type */
	const char *body;
};

typedef void catalog_reply_cb(void *arg, const struct reply_record *r,
			      const struct err *e);

/*
 * Claims the key for this request: done gets r NULL when it is new (the request
 * goes on), else the reply that was kept. "idempotency_key_reused" (422) when
 * the hash is another, "request_in_progress" (409) while the first is under
 * way. Older than 24 h counts as new; one that was under way when the server
 * died, too.
 */
struct catalog_op *catalog_reply_claim(struct catalog *c,
				       const struct reply_record *r,
				       catalog_reply_cb *done, void *arg,
				       struct err *e) MUST_CHECK;

/* Keeps the reply; a status of 500 or more, or 0, gives the key back. done
 * may be NULL. */
struct catalog_op *catalog_reply_keep(struct catalog *c,
				      const struct reply_record *r,
				      catalog_done_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

#endif
