/* problem.h - failures as RFC 9457 problem documents. */
#ifndef COFFER_HTTP_PROBLEM_H
#define COFFER_HTTP_PROBLEM_H

#include <jansson.h>

#include "base/err.h"

struct faults;

/* The status that a code of the API always has; otherwise when it has none of
 * its own. */
int problem_status_of(const char *code, int otherwise);

/* The status for a failure: by its code of the API, else by what the caller
 * can do about it. */
int problem_status(const struct err *e);

/* A few words that a code always has. */
const char *problem_title(const char *code);

/* What a status is called ("Not Found"). */
const char *problem_phrase(int status);

/* One problem: what a reply with this status carries. Strings are borrowed. */
struct problem {
	int status;
	const char *code;
	const char *detail;
	const char *request_id;
	const struct faults *faults; /* or NULL */
};

/* The document. Returns it, caller releases; NULL when there is no memory. */
json_t *problem_json(const struct problem *p);

#endif
