/* path.h - paths and queries of requests. */
#ifndef COFFER_CTL_PATH_H
#define COFFER_CTL_PATH_H

#include "base/text.h"

/* Appends "/" and the segment, percent-encoded (RFC 3986). */
void path_segment(struct text *t, const char *segment);

/* Appends "?name=value" or "&name=value", encoded; value NULL: nothing. */
void path_query(struct text *t, const char *name, const char *value);

#endif
