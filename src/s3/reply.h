/* reply.h - what a store answered, as it comes in. */
#ifndef COFFER_S3_REPLY_H
#define COFFER_S3_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "s3/fields.h"
#include "s3/xml.h"

enum {
	/* A page of 1,000 keys of 1,024 bytes, each byte encoded, fits. */
	S3_REPLY_MAX_BYTES = 6 * 1024 * 1024,
};

/* Where the body goes; set before the transfer starts. */
struct s3_landing {
	long wanted_status; /* 206 with a range, else 200; 0: any */
	char *buf;	    /* of the caller, for that status; NULL: text */
	size_t cap;
	bool wants_fields; /* headers are kept */
};

struct s3_reply {
	struct s3_landing landing;
	long status;	  /* 0: nothing came */
	int64_t date_ms;  /* of the Date header; 0: none */
	int64_t came_ms;  /* our time then */
	unsigned wait_s;  /* Retry-After; 0: none */
	uint64_t total;	  /* size of the whole object, of Content-Range */
	uint64_t from;	  /* where the range begins */
	bool has_range;	  /* Content-Range was there */
	size_t got;	  /* bytes in landing.buf */
	bool is_too_long; /* more than landing.cap or the bound of body */
	bool is_unasked;  /* a success of another kind than was wanted */
	struct text body; /* everything that does not go to landing.buf */
	char region[S3_REGION_MAX]; /* x-amz-bucket-region */
	struct s3_fields fields;    /* if wanted; names in lower case */
	bool are_fields_cut; /* there were more than S3_FIELDS_MAX_BYTES */
};

/* Makes ready for a new attempt; the memory of body and fields is kept. */
void s3_reply_reset(struct s3_reply *r, const struct s3_landing *landing);

/* Frees what it holds. */
void s3_reply_fini(struct s3_reply *r);

/* For CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION, with a struct
 * s3_reply as their data. */
size_t s3_reply_header(char *bytes, size_t size, size_t n, void *arg);
size_t s3_reply_body(char *bytes, size_t size, size_t n, void *arg);

#endif
