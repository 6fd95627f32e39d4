/* merge.h - JSON Merge Patch (RFC 7396) on what a client has read before. */
#ifndef COFFER_HTTP_MERGE_H
#define COFFER_HTTP_MERGE_H

#include <jansson.h>

#include "base/err.h"

/* Takes out of the patch the members that say what shown says anyway: a client
 * may send back the whole of what it has read. */
void merge_drop_echoes(json_t *patch, const json_t *shown);

/* Applies the patch to base in place; a null removes. False: no memory. */
bool merge_apply(json_t *base, json_t *patch) MUST_CHECK;

#endif
