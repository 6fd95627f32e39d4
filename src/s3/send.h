/* send.h - one attempt of a request as a handle of curl. */
#ifndef COFFER_S3_SEND_H
#define COFFER_S3_SEND_H

#include <curl/curl.h>

#include "digest.h"
#include "client_int.h"
#include "reply.h"
#include "s3/request.h"

/* One attempt; zeroed to begin with. It stays where it is until s3_send_fini:
 * curl points into it. */
struct s3_send {
	CURL *easy;
	struct curl_slist *headers;
	const char *body;
	size_t body_len;
	size_t sent; /* by curl's reading */
	char error[CURL_ERROR_SIZE];
	bool met_forbidden; /* an address, base/address.h */
};

/* How this attempt differs from others of the same call. */
struct s3_sending {
	const struct s3_call *call;
	const struct s3_digests *digests;
	bool is_new;   /* with If-None-Match */
	bool is_fresh; /* on a connection of its own */
};

/* Signs for now and fills *s; the reply goes to r. False with *e filled. */
bool s3_send_init(struct s3_send *s, const struct s3_client *st,
		  const struct s3_sending *what, struct s3_reply *r,
		  struct err *e) MUST_CHECK;

/* Frees what the attempt held; *s is zeroed again. */
void s3_send_fini(struct s3_send *s);

#endif
