/*
 * verdict.h - what an attempt's outcome means: done, worth another attempt,
 * or an error with a text that says what to do. doc/reference/stores.md
 * has the table.
 */
#ifndef COFFER_S3_VERDICT_H
#define COFFER_S3_VERDICT_H

#include <curl/curl.h>

#include "base/err.h"
#include "reply.h"

enum s3_verdict {
	S3_SUCCEEDED,
	S3_RETRY,	      /* after a while */
	S3_RETRY_CLOCK,	      /* with the time that the store believes in */
	S3_WITHOUT_CONDITION, /* If-None-Match is not implemented */
	S3_FAILED,
};

/* How one attempt ended. */
struct s3_outcome {
	CURLcode result;
	const char *curl_text; /* curl's error buffer */
	bool was_connected;    /* a connection stood */
	bool met_forbidden;    /* an address that is not connected to */
	const struct s3_reply *reply;
	struct s3_fault *fault; /* filled with what the store said, if it did */
	uint64_t offset;	/* of the range that was asked for */
	size_t length;		/* 0: no range */
};

/*
 * Judges an attempt; *e (empty) is filled unless it succeeded: status, code
 * and message of the store, and what to do.
 */
enum s3_verdict s3_judge(const struct s3_outcome *o, struct err *e) MUST_CHECK;

/* The same for a fault that a body of 200 told; e as above. */
enum s3_verdict s3_judge_fault(long status, const struct s3_fault *f,
			       struct err *e) MUST_CHECK;

/*
 * How long to wait before attempt n + 1, when attempt n (from 1) failed:
 * first_ms doubled each time, at most 15 s, give or take a quarter as random
 * says (any number), and at least wait_s, which counts up to 30.
 */
unsigned s3_backoff_ms(unsigned first_ms, unsigned attempt, unsigned wait_s,
		       unsigned random);

#endif
