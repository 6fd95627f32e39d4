/*
 * hostname.h - the names by which a server is asked: what stands in a request's
 * Host, and lists of names that may.
 */
#ifndef COFFER_BASE_HOSTNAME_H
#define COFFER_BASE_HOSTNAME_H

#include <stdbool.h>

#include "base/err.h"

enum { HOSTNAME_BUF = 256 }; /* RFC 1035, section 2.3.4: 255 bytes */

/*
 * The host of "name", "name:port", "1.2.3.4:port", "[::1]:port" (RFC 9110,
 * section 7.2): in lower case, without brackets, port and the dot at its end.
 * False: it is none, and *out is not to be used.
 */
bool hostname_of(const char *authority, char out[HOSTNAME_BUF]) MUST_CHECK;

/* Whether it is a literal of IPv4 or IPv6, as hostname_of() gives it. */
bool hostname_is_address(const char *host);

/* Whether the list is names with ',' between them, each as hostname_of() takes
 * it, or empty. Blanks around names are fine. */
bool hostname_list_is_right(const char *list);

/* Whether a list that is right holds the host, whatever its port there. */
bool hostname_list_has(const char *list, const char *host);

#endif
