/* routes.h - every route: method, path, who may, what it takes, who answers. */
#ifndef COFFER_HTTP_ROUTES_H
#define COFFER_HTTP_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "http/auth.h"

struct request;

enum body_kind {
	BODY_NONE,     /* nothing, or an empty object */
	BODY_OPTIONAL, /* nothing (the body is NULL), or an object */
	BODY_REQUIRED, /* an object */
	BODY_MERGE,    /* an object, also as application/merge-patch+json */
};

struct route {
	const char *method;
	const char *path; /* "{...}" stands for one part, a "{path}" at the end
			   * for all that follow */
	enum role role;	  /* at least; ROLE_NONE: no token needed */
	enum body_kind body;
	const char *query; /* parameters, blanks between */
	void (*handle)(struct request *r);
	const char *act; /* what the audit log calls it; NULL: only reads */
};

/* All of them, *n. */
const struct route *routes_all(size_t *n);

/*
 * The route for a method and a path as sent (HEAD is GET). params receive the
 * parts that stand for "{...}", decoded; caller frees. NULL with *e filled:
 * "not_found", "method_not_allowed", "malformed" (bad escapes), no memory.
 */
const struct route *routes_find(const char *method, const char *path,
				char **params, struct err *e) MUST_CHECK;

/* "GET, HEAD, POST": what a path can be asked; "" for one that is not. */
void routes_allow(const char *path, char *out, size_t cap);

#endif
