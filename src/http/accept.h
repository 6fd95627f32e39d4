/* accept.h - what a client says that it takes, or has already. */
#ifndef COFFER_HTTP_ACCEPT_H
#define COFFER_HTTP_ACCEPT_H

#include <stdbool.h>

/* Whether a header Accept-Encoding (NULL: none) lets gzip come: it is named, or
 * "*" is, and its weight is not 0 (RFC 9110, section 12.5.3). */
bool accept_gzip(const char *header);

/* Whether a header If-None-Match (NULL: none) names the tag (with its quotes),
 * weak or strong, or is "*" (RFC 9110, section 13.1.2). */
bool accept_has_tag(const char *header, const char *tag);

#endif
