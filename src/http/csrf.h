/* csrf.h - that a request which writes by a session comes from our own page. */
#ifndef COFFER_HTTP_CSRF_H
#define COFFER_HTTP_CSRF_H

#include <stdbool.h>

#include "base/err.h"

struct request;

/*
 * Of a request that came by a session and does more than read: it has the
 * header X-Coffer-Console: 1, which a page of another origin cannot send
 * without being asked back first (Fetch, CORS-unsafe request headers), and its
 * Origin, where it is sent, is ours. True for all others. False with *e
 * filled, "csrf".
 */
bool csrf_check(const struct request *r, struct err *e) MUST_CHECK;

/* Whether Origin, where it is sent, names the host that was asked; else it is
 * answered. */
bool csrf_check_origin(struct request *r) MUST_CHECK;

/* "https://console.example:8443" and what the header Host says. "null", which
 * a page without an origin sends, is nobody's. */
bool csrf_is_own(const char *origin, const char *host);

#endif
