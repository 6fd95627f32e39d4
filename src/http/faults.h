/* faults.h - everything that is wrong with one request, told at once. */
#ifndef COFFER_HTTP_FAULTS_H
#define COFFER_HTTP_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { FAULTS_MAX = 32, FAULT_WHERE_MAX = 160 };

/* where: a JSON pointer into the body (RFC 6901), or the bare name of a
 * parameter of the query. */
struct fault {
	char where[FAULT_WHERE_MAX];
	char code[ERR_API_MAX];
	char detail[ERR_MSG_MAX];
};

/* Zero it to begin with; faults_fini() ends it. */
struct faults {
	struct fault *list; /* in the order found, FAULTS_MAX at most */
	size_t n;
	size_t total;
	bool is_broken; /* no memory to keep one */
};

/* Adds one; text that is not UTF-8 must not be in it. */
void faults_add(struct faults *f, const char *where, const char *code,
		const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Adds what a rule of the model says, unless it had no memory to say it. */
void faults_add_err(struct faults *f, const char *where, const struct err *e);

/* The one that names the problem as a whole: a broken rule (422) before a
 * malformed request (400). Only when n > 0. */
const struct fault *faults_first(const struct faults *f);

/* The member "errors" of a problem; NULL when there is no memory. */
json_t *faults_json(const struct faults *f);

/* Frees what it holds and zeroes it. */
void faults_fini(struct faults *f);

#endif
